package functions

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed docs/getwhocan.md
var getWhoCanDoc string

// GetWhoCan lists who holds a scope on an entity, and why.
type GetWhoCan struct{ Sessions session.Source }

// Annotate describes the function.
func (f *GetWhoCan) Annotate(a infer.Annotator) {
	a.SetToken("index", "getWhoCan")
	a.Describe(f, getWhoCanDoc)
}

// GetWhoCanInput is what is asked.
type GetWhoCanInput struct {
	Organization *string               `pulumi:"organization,optional"`
	Scope        string                `pulumi:"scope"`
	Stack        *types.StackRef       `pulumi:"stack,optional"`
	Environment  *types.EnvironmentRef `pulumi:"environment,optional"`
	Account      *string               `pulumi:"account,optional"`
	Deployments  any                   `pulumi:"deployments,optional"`
	Indirect     *bool                 `pulumi:"indirect,optional"`
}

// Annotate describes the inputs.
func (in *GetWhoCanInput) Annotate(a infer.Annotator) {
	a.Describe(&in.Organization, organizationHelp)
	a.Describe(&in.Scope, "The scope, such as `environment:open` or `stack:write`.")
	a.Describe(&in.Stack, stackHelp)
	a.Describe(&in.Environment, environmentHelp)
	a.Describe(&in.Account, accountHelp)
	a.Describe(&in.Deployments, "Whose deployments are counted: `none` (default), `all`, which costs a call for each stack, or a list of stacks "+
		"as `project/stack`.")
	a.Describe(&in.Indirect, "Whether principals are counted that do not hold the scope and can come to use it by something that they may "+
		"do, such as editing a role, or that may open an environment that imports this one. This reads the whole organization, the deployments of all stacks included. Default: `false`.")
}

// GetWhoCanOutput is who.
type GetWhoCanOutput struct {
	Principals  []types.AccessPrincipal `pulumi:"principals"`
	Blocked     []types.AccessPrincipal `pulumi:"blocked"`
	Importers   types.Importers         `pulumi:"importers"`
	Deployments []string                `pulumi:"deployments"`
	Blind       []types.BlindSpot       `pulumi:"blind"`
}

// Annotate describes the outputs.
func (out *GetWhoCanOutput) Annotate(a infer.Annotator) {
	a.Describe(&out.Principals, "Everybody who holds the scope and can use it: users, service principals, teams, tokens, deployments if "+
		"asked for, custom agents and identities outside, each by name; and with `indirect` those who can come to use it.")
	a.Describe(&out.Blocked, "Those who hold the scope and may not open what the environment imports. They should not be able to use it; no documentation "+
		"says that the service checks each import.")
	a.Describe(&out.Importers, "What imports the environment. Only where the scope opens it: whoever opens one of these environments, or runs one of these "+
		"stacks, opens this one with their own rights. Empty for any other question.")
	a.Describe(&out.Deployments, "Whose deployments were counted: `all`, or stacks as `project/stack`. Empty when none were asked for.")
	a.Describe(&out.Blind, blindHelp)
}

// Invoke reads the organization and asks.
func (f *GetWhoCan) Invoke(
	ctx context.Context, req infer.FunctionRequest[GetWhoCanInput],
) (infer.FunctionResponse[GetWhoCanOutput], error) {
	var out infer.FunctionResponse[GetWhoCanOutput]
	in := req.Input
	asked, err := surveyFor(ctx, f.Sessions, in.Organization)
	if err != nil {
		return out, err
	}
	defer asked.done()
	s, current := asked.survey, asked.session
	question, err := newQuestion(ctx, current, in.Stack, in.Environment, in.Account)
	if err != nil {
		return out, err
	}
	unsure, err := askScope(ctx, current, in.Organization, question.Kind, in.Scope, &question.Options)
	if err != nil {
		return out, err
	}
	if out.Output.Deployments, err = askedDeployments(in.Deployments, &question.Options); err != nil {
		return out, err
	}
	ask := s.WhoCan
	if in.Indirect != nil && *in.Indirect {
		ask, out.Output.Deployments = s.WhoCanIndirect, []string{"all"}
	}
	answer, blind, err := ask(ctx, in.Scope, question)
	var importers graph.Importers
	if err == nil && graph.OpensImports(in.Scope) {
		var unread []graph.Blind
		importers, unread, err = s.Importers(ctx, question.Name)
		blind = append(slices.Clip(blind), unread...)
	}
	if err != nil {
		if blind = notYet(ctx, err); blind == nil {
			return out, err
		}
	}
	out.Output.Importers = types.ImportersOf(importers)
	out.Output.Principals = types.AccessPrincipalsOf(answer.Principals)
	out.Output.Blocked = types.AccessPrincipalsOf(answer.Blocked)
	out.Output.Blind = types.BlindSpotsOf(append(unsure, blind...))
	return out, nil
}

// askedDeployments reads whose deployments are counted, and says it as the answer does.
func askedDeployments(asked any, options *survey.Options) ([]string, error) {
	const form = "deployments: write none, all, or a list of stacks such as [payments/prod]"
	switch asked := asked.(type) {
	case nil:
		return []string{}, nil
	case string:
		switch asked {
		case "none":
			return []string{}, nil
		case "all":
			options.AllDeployments = true
			return []string{"all"}, nil
		}
	case []any:
		for i, element := range asked {
			stack, _ := element.(string)
			if project, name, ok := strings.Cut(stack, "/"); !ok || project == "" || name == "" || strings.Contains(name, "/") {
				return nil, fmt.Errorf("deployments[%d]: %v is not a stack; write it as project/stack", i, element)
			}
			options.Deployments = append(options.Deployments, stack)
		}
		slices.Sort(options.Deployments)
		options.Deployments = slices.Compact(options.Deployments)
		return append([]string{}, options.Deployments...), nil
	}
	return nil, fmt.Errorf("%s; it is %v", form, asked)
}

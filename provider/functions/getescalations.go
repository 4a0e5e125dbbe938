package functions

import (
	"context"
	_ "embed"
	"slices"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

//go:embed docs/getescalations.md
var getEscalationsDoc string

// GetEscalations lists how principals come to what they do not hold.
type GetEscalations struct{ Sessions session.Source }

// Annotate describes the function.
func (f *GetEscalations) Annotate(a infer.Annotator) {
	a.SetToken("index", "getEscalations")
	a.Describe(f, getEscalationsDoc)
}

// GetEscalationsInput is what is asked.
type GetEscalationsInput struct {
	Organization *string               `pulumi:"organization,optional"`
	Principal    *types.PrincipalRef   `pulumi:"principal,optional"`
	Scope        *string               `pulumi:"scope,optional"`
	Stack        *types.StackRef       `pulumi:"stack,optional"`
	Environment  *types.EnvironmentRef `pulumi:"environment,optional"`
	Account      *string               `pulumi:"account,optional"`
}

const atMostOne = " At most one of `stack`, `environment` and `account` is given."

// Annotate describes the inputs.
func (in *GetEscalationsInput) Annotate(a infer.Annotator) {
	a.Describe(&in.Organization, organizationHelp)
	a.Describe(&in.Principal, "Who is asked about. Default: everybody who is not an administrator.")
	a.Describe(&in.Scope, "The scope that is looked for, such as `environment:open`. Without an entity, it is looked for on all of them and in "+
		"the organization. Default: an administrator's rights, and what tells most of each entity: opening and writing environments, decrypting and "+
		"writing stacks, changing accounts.")
	a.Describe(&in.Stack, "The stack that is asked about."+atMostOne)
	a.Describe(&in.Environment, "The ESC environment that is asked about."+atMostOne)
	a.Describe(&in.Account, "The name of the Insights account that is asked about."+atMostOne)
}

// GetEscalationsOutput is how they come to it.
type GetEscalationsOutput struct {
	Escalations []types.Escalation `pulumi:"escalations"`
	Blind       []types.BlindSpot  `pulumi:"blind"`
}

// Annotate describes the outputs.
func (out *GetEscalationsOutput) Annotate(a infer.Annotator) {
	a.Describe(&out.Escalations, "The shortest way of each principal to each gain, the shortest first. Ways that gain several things by the same "+
		"acts are one.")
	a.Describe(&out.Blind, "What could not be read, and what the answer may lack because of it.")
}

// Invoke reads the organization and asks.
func (f *GetEscalations) Invoke(
	ctx context.Context, req infer.FunctionRequest[GetEscalationsInput],
) (infer.FunctionResponse[GetEscalationsOutput], error) {
	out := infer.FunctionResponse[GetEscalationsOutput]{Output: GetEscalationsOutput{Escalations: []types.Escalation{}}}
	in := req.Input
	asked, err := surveyFor(ctx, f.Sessions, in.Organization)
	if err != nil {
		return out, err
	}
	defer asked.done()
	s, current := asked.survey, asked.session
	options := survey.Options{Catalogue: current.Catalogue, Progress: wire.Log(ctx).InfoStatusf}
	question, unsure, err := in.question(ctx, current, &options)
	if err != nil {
		return out, err
	}
	of, claims, err := in.principal()
	if err != nil {
		return out, err
	}
	scope := ""
	if in.Scope != nil {
		scope = *in.Scope
	}
	options.Claims = claims
	found, blind, err := s.Escalations(ctx, of, scope, question, options)
	if err != nil {
		if blind = notYet(ctx, err); blind == nil {
			return out, err
		}
	}
	out.Output.Escalations = types.EscalationsOf(found)
	out.Output.Blind = types.BlindSpotsOf(append(unsure, blind...))
	return out, nil
}

// question is about the entity that is given, nil if there is none.
func (in GetEscalationsInput) question(
	ctx context.Context, current *session.Session, o *survey.Options,
) (*survey.Question, []graph.Blind, error) {
	if in.Stack == nil && in.Environment == nil && in.Account == nil {
		blind, err := in.askScopeOfAny(ctx, current, o)
		return nil, blind, err
	}
	q, err := newQuestion(ctx, current, in.Stack, in.Environment, in.Account)
	if err != nil || in.Scope == nil {
		return &q, nil, err
	}
	blind, err := askScope(ctx, current, in.Organization, q.Kind, *in.Scope, o)
	q.Catalogue = o.Catalogue
	return &q, blind, err
}

// askScopeOfAny is askScope where no entity is given: the scope may be one of any kind.
func (in GetEscalationsInput) askScopeOfAny(ctx context.Context, current *session.Session, o *survey.Options) ([]graph.Blind, error) {
	if in.Scope == nil || slices.ContainsFunc(access.Kinds(), func(kind access.EntityKind) bool { return current.Catalogue.Has(kind, *in.Scope) }) {
		return nil, nil
	}
	var blind []graph.Blind
	var refused error
	is := false
	for _, kind := range access.Kinds() {
		more, err := askScope(ctx, current, in.Organization, kind, *in.Scope, o)
		if refused = err; err == nil {
			is = true
			blind = append(blind, more...)
		}
	}
	if !is {
		return nil, refused
	}
	return slices.Compact(blind), nil
}

// principal is the one that is given, nil for all who are not administrators; claims are those of an identity outside.
func (in GetEscalationsInput) principal() (of *graph.PrincipalID, claims map[string]string, err error) {
	if in.Principal == nil {
		return nil, nil, nil
	}
	kind, name, claims, err := principalOf(*in.Principal)
	return &graph.PrincipalID{Kind: kind, Name: name}, claims, err
}

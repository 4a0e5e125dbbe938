package functions

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed docs/geteffectiveaccess.md
var getEffectiveAccessDoc string

// GetEffectiveAccess says what somebody may do on an entity, and why.
type GetEffectiveAccess struct{ Sessions session.Source }

// Annotate describes the function.
func (f *GetEffectiveAccess) Annotate(a infer.Annotator) {
	a.SetToken("index", "getEffectiveAccess")
	a.Describe(f, getEffectiveAccessDoc)
}

// GetEffectiveAccessInput is what is asked.
type GetEffectiveAccessInput struct {
	Organization *string               `pulumi:"organization,optional"`
	Principal    types.PrincipalRef    `pulumi:"principal"`
	Stack        *types.StackRef       `pulumi:"stack,optional"`
	Environment  *types.EnvironmentRef `pulumi:"environment,optional"`
	Account      *string               `pulumi:"account,optional"`
	Why          *string               `pulumi:"why,optional"`
}

// Annotate describes the inputs.
func (in *GetEffectiveAccessInput) Annotate(a infer.Annotator) {
	const oneEntity = " At most one of `stack`, `environment` and `account` is given; without any, the question is about the organization " +
		"itself, and scopes such as `team:create`."
	a.Describe(&in.Organization, organizationHelp)
	a.Describe(&in.Principal, "Who is asked about.")
	a.Describe(&in.Stack, "The stack that is asked about."+oneEntity)
	a.Describe(&in.Environment, "The ESC environment that is asked about."+oneEntity)
	a.Describe(&in.Account, "The name of the Insights account that is asked about."+oneEntity)
	a.Describe(&in.Why, "A scope, such as `environment:open`. Then `paths` are those to this scope alone, and where the principal does not hold it, "+
		"`missing` says what would give it.")
}

// GetEffectiveAccessOutput is what they may do.
type GetEffectiveAccessOutput struct {
	Scopes          []string             `pulumi:"scopes"`
	Permission      string               `pulumi:"permission"`
	PossibleScopes  []string             `pulumi:"possibleScopes"`
	MaxOpenDuration *string              `pulumi:"maxOpenDuration,optional"`
	MissingImports  []string             `pulumi:"missingImports"`
	Missing         []types.MissingGrant `pulumi:"missing"`
	Paths           []types.AccessPath   `pulumi:"paths"`
	Blind           []types.BlindSpot    `pulumi:"blind"`
}

// Annotate describes the outputs.
func (out *GetEffectiveAccessOutput) Annotate(a infer.Annotator) {
	a.Describe(&out.Scopes, "Everything that the principal may do on the entity for certain, sorted.")
	a.Describe(&out.PossibleScopes, "What the principal may possibly do besides, sorted: the paths say what is not documented or could not "+
		"be read.")
	a.Describe(&out.MissingImports, "Environments that this one imports and that the principal may not open. While there are any, it cannot "+
		"open this one either.")
	a.Describe(&out.Missing, "The smallest grants that would give the scope of `why`, one of each kind: a rule with this scope alone, an "+
		"assignment or a grant on the entity, a role that there is, a team to join. Empty where the principal holds the scope and can use it, and "+
		"without `why`.")
	a.Describe(&out.Blind, blindHelp)
	a.Describe(&out.Permission, "The strongest level that is wholly and certainly held: `view`, `read`, `open`, `write` or `admin`; `none` "+
		"where there is none. Further scopes may be held beside it.")
	a.Describe(&out.MaxOpenDuration, "How long the principal's opens of the environment last at the most. Absent where nothing bounds "+
		"them.")
	a.Describe(&out.Paths, "Every way by which the principal has access; with `why`, every way to that scope.")
}

// Invoke reads the organization and asks.
func (f *GetEffectiveAccess) Invoke(
	ctx context.Context, req infer.FunctionRequest[GetEffectiveAccessInput],
) (infer.FunctionResponse[GetEffectiveAccessOutput], error) {
	var out infer.FunctionResponse[GetEffectiveAccessOutput]
	in := req.Input
	asked, err := surveyFor(ctx, f.Sessions, in.Organization)
	if err != nil {
		return out, err
	}
	defer asked.done()
	s, current := asked.survey, asked.session
	question, err := newQuestion(ctx, current, in.Stack, in.Environment, in.Account)
	if in.Stack == nil && in.Environment == nil && in.Account == nil {
		question.Kind, err = access.Organization, nil
	}
	if err != nil {
		return out, err
	}
	var unsure []graph.Blind
	if in.Why != nil {
		question.Why = *in.Why
		if unsure, err = askScope(ctx, current, in.Organization, question.Kind, question.Why, &question.Options); err != nil {
			return out, fmt.Errorf("why: %w", err)
		}
	}
	kind, name, claims, err := principalOf(in.Principal)
	if err != nil {
		return out, err
	}
	question.Claims = claims
	held, blind, err := s.Effective(ctx, kind, name, question)
	if err != nil {
		if blind = notYet(ctx, err); blind == nil {
			return out, err
		}
		held.Level = access.None
	}
	out.Output = effectiveAccess(held, question.Why)
	out.Output.Blind = types.BlindSpotsOf(append(unsure, blind...))
	return out, nil
}

func effectiveAccess(held survey.Effective, why string) GetEffectiveAccessOutput {
	if why != "" {
		held.Paths = slices.DeleteFunc(slices.Clone(held.Paths), func(p graph.Path) bool { return !slices.Contains(p.Scopes, why) })
	}
	out := GetEffectiveAccessOutput{
		Scopes: append([]string{}, held.List()...), PossibleScopes: []string{}, Permission: string(held.Level),
		MissingImports: append([]string{}, held.MissingImports...), Missing: types.MissingGrantsOf(held.Missing),
		Paths: types.AccessPathsOf(held.Paths),
	}
	for _, scope := range slices.Sorted(maps.Keys(held.Possible)) {
		if !held.Has(scope) {
			out.PossibleScopes = append(out.PossibleScopes, scope)
		}
	}
	if bound := held.Scopes["environment:open"]; bound > 0 {
		text := timetext.FormatDuration(bound)
		out.MaxOpenDuration = &text
	}
	return out
}

// principalOf is the one principal that is given; claims are those of an identity outside, whose name is that of an issuer.
func principalOf(p types.PrincipalRef) (kind graph.Kind, name string, claims map[string]string, err error) {
	given := 0
	take := func(of graph.Kind, named *string) {
		if named != nil {
			given++
			kind, name = of, *named
		}
	}
	take(graph.UserKind, p.User)
	take(graph.TeamKind, p.Team)
	take(graph.TokenKind, p.Token)
	take(graph.AgentKind, p.Agent)
	if p.Deployment != nil {
		stack := p.Deployment.Project + "/" + p.Deployment.Stack
		take(graph.DeploymentKind, &stack)
	}
	if p.Outsider != nil {
		take(graph.OutsiderKind, &p.Outsider.Issuer)
		claims = map[string]string{}
		maps.Copy(claims, p.Outsider.Claims)
	}
	if given != 1 {
		return "", "", nil, errors.New("principal: give exactly one of user, team, token, deployment, agent and outsider")
	}
	return kind, name, claims, nil
}

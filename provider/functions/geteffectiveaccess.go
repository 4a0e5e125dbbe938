package functions

import (
	"context"
	_ "embed"
	"errors"
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
}

// Annotate describes the inputs.
func (in *GetEffectiveAccessInput) Annotate(a infer.Annotator) {
	a.Describe(&in.Organization, organizationHelp)
	a.Describe(&in.Principal, "Who is asked about.")
	a.Describe(&in.Stack, stackHelp)
	a.Describe(&in.Environment, environmentHelp)
	a.Describe(&in.Account, accountHelp)
}

// GetEffectiveAccessOutput is what they may do.
type GetEffectiveAccessOutput struct {
	Scopes          []string           `pulumi:"scopes"`
	Permission      string             `pulumi:"permission"`
	PossibleScopes  []string           `pulumi:"possibleScopes"`
	MaxOpenDuration *string            `pulumi:"maxOpenDuration,optional"`
	MissingImports  []string           `pulumi:"missingImports"`
	Paths           []types.AccessPath `pulumi:"paths"`
	Blind           []types.BlindSpot  `pulumi:"blind"`
}

// Annotate describes the outputs.
func (out *GetEffectiveAccessOutput) Annotate(a infer.Annotator) {
	a.Describe(&out.Scopes, "Everything that the principal may do on the entity for certain, sorted.")
	a.Describe(&out.PossibleScopes, "What the principal may possibly do besides, sorted: the paths say what is not documented or could not "+
		"be read.")
	a.Describe(&out.MissingImports, "Environments that this one imports and that the principal may not open. While there are any, it cannot "+
		"open this one either.")
	a.Describe(&out.Blind, blindHelp)
	a.Describe(&out.Permission, "The strongest level that is wholly and certainly held: `view`, `read`, `open`, `write` or `admin`; `none` "+
		"where there is none. Further scopes may be held beside it.")
	a.Describe(&out.MaxOpenDuration, "How long the principal's opens of the environment last at the most. Absent where nothing bounds "+
		"them.")
	a.Describe(&out.Paths, "Every way by which the principal has access.")
}

// Invoke reads the organization and asks.
func (f *GetEffectiveAccess) Invoke(
	ctx context.Context, req infer.FunctionRequest[GetEffectiveAccessInput],
) (infer.FunctionResponse[GetEffectiveAccessOutput], error) {
	var out infer.FunctionResponse[GetEffectiveAccessOutput]
	in := req.Input
	s, current, err := surveyFor(ctx, f.Sessions, in.Organization)
	if err != nil {
		return out, err
	}
	question, err := newQuestion(ctx, current, in.Stack, in.Environment, in.Account)
	if err != nil {
		return out, err
	}
	kind, name, err := principalOf(in.Principal)
	if err != nil {
		return out, err
	}
	held, blind, err := s.Effective(ctx, kind, name, question)
	if err != nil {
		if blind = notYet(ctx, err); blind == nil {
			return out, err
		}
		held.Level = access.None
	}
	out.Output = effectiveAccess(held)
	out.Output.Blind = types.BlindSpotsOf(blind)
	return out, nil
}

func effectiveAccess(held survey.Effective) GetEffectiveAccessOutput {
	out := GetEffectiveAccessOutput{
		Scopes: append([]string{}, held.List()...), PossibleScopes: []string{}, Permission: string(held.Level),
		MissingImports: append([]string{}, held.MissingImports...), Paths: types.AccessPathsOf(held.Paths),
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

// principalOf is the one principal that is given.
func principalOf(p types.PrincipalRef) (kind graph.Kind, name string, err error) {
	given := 0
	for _, one := range []struct {
		kind graph.Kind
		name *string
	}{{graph.UserKind, p.User}, {graph.TeamKind, p.Team}, {graph.TokenKind, p.Token}} {
		if one.name != nil {
			given++
			kind, name = one.kind, *one.name
		}
	}
	if given != 1 {
		return "", "", errors.New("principal: give exactly one of user, team and token")
	}
	return kind, name, nil
}

package functions

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
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
	MaxOpenDuration *string            `pulumi:"maxOpenDuration,optional"`
	Paths           []types.AccessPath `pulumi:"paths"`
}

// Annotate describes the outputs.
func (out *GetEffectiveAccessOutput) Annotate(a infer.Annotator) {
	a.Describe(&out.Scopes, "Everything that the principal may do on the entity, sorted.")
	a.Describe(&out.Permission, "The strongest level that is wholly held: `view`, `read`, `open`, `write` or `admin`; `none` "+
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
	s, _, err := surveyFor(ctx, f.Sessions, in.Organization)
	if err != nil {
		return out, err
	}
	entity, err := newEntityRef(in.Stack, in.Environment, in.Account)
	if err != nil {
		return out, err
	}
	ask, err := question(in.Principal)
	if err != nil {
		return out, err
	}
	target, err := s.target(ctx, entity)
	if err != nil {
		return out, err
	}
	index, err := s.read(ctx, false)
	if err != nil {
		return out, err
	}
	held, err := ask(index, target)
	if err != nil {
		return out, fmt.Errorf("organization %q has %w", s.organization, err)
	}
	out.Output = effectiveAccess(held, target)
	return out, nil
}

func effectiveAccess(held graph.Access, target graph.Target) GetEffectiveAccessOutput {
	out := GetEffectiveAccessOutput{
		Scopes: held.List(), Permission: string(held.Level(target.Kind)), Paths: types.AccessPathsOf(held.Paths),
	}
	if out.Scopes == nil {
		out.Scopes = []string{}
	}
	if bound := held.Scopes["environment:open"]; bound > 0 {
		text := types.FormatDuration(bound)
		out.MaxOpenDuration = &text
	}
	return out
}

// question is the one that a principal stands for.
func question(p types.PrincipalRef) (func(*graph.Index, graph.Target) (graph.Access, error), error) {
	type ask = func(*graph.Index, string, graph.Target) (graph.Access, bool)
	var asked ask
	var kind, name string
	given := 0
	for _, one := range []struct {
		kind string
		name *string
		ask  ask
	}{{"user", p.User, (*graph.Index).OfUser}, {"team", p.Team, (*graph.Index).OfTeam}, {"token", p.Token, (*graph.Index).OfToken}} {
		if one.name != nil {
			given++
			kind, name, asked = one.kind, *one.name, one.ask
		}
	}
	if given != 1 {
		return nil, errors.New("principal: give exactly one of user, team and token")
	}
	return func(index *graph.Index, target graph.Target) (graph.Access, error) {
		held, found := asked(index, name, target)
		if !found {
			return held, fmt.Errorf("no %s %q", kind, name)
		}
		return held, nil
	}, nil
}

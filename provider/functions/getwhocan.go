package functions

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
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
}

// Annotate describes the inputs.
func (in *GetWhoCanInput) Annotate(a infer.Annotator) {
	a.Describe(&in.Organization, organizationHelp)
	a.Describe(&in.Scope, "The scope, such as `environment:open` or `stack:write`.")
	a.Describe(&in.Stack, stackHelp)
	a.Describe(&in.Environment, environmentHelp)
	a.Describe(&in.Account, accountHelp)
}

// GetWhoCanOutput is who.
type GetWhoCanOutput struct {
	Principals []types.AccessPrincipal `pulumi:"principals"`
}

// Annotate describes the outputs.
func (out *GetWhoCanOutput) Annotate(a infer.Annotator) {
	a.Describe(&out.Principals, "Everybody who holds the scope: users, teams, tokens and deployments, each by name.")
}

// Invoke reads the organization and asks.
func (f *GetWhoCan) Invoke(
	ctx context.Context, req infer.FunctionRequest[GetWhoCanInput],
) (infer.FunctionResponse[GetWhoCanOutput], error) {
	var out infer.FunctionResponse[GetWhoCanOutput]
	in := req.Input
	s, current, err := surveyFor(ctx, f.Sessions, in.Organization)
	if err != nil {
		return out, err
	}
	entity, err := newEntityRef(in.Stack, in.Environment, in.Account)
	if err != nil {
		return out, err
	}
	if err := checkScope(current.Catalogue, entity.kind(), in.Scope); err != nil {
		return out, err
	}
	target, err := s.target(ctx, entity)
	if err != nil {
		return out, err
	}
	index, err := s.read(ctx, true)
	if err != nil {
		return out, err
	}
	out.Output.Principals = types.AccessPrincipalsOf(index.WhoCan(in.Scope, target))
	return out, nil
}

func checkScope(catalogue access.Catalogue, kind access.EntityKind, scope string) error {
	if catalogue.Has(kind, scope) {
		return nil
	}
	return fmt.Errorf("scope: %q is no scope of this kind of entity; the nearest are %s", scope,
		strings.Join(catalogue.Nearest(kind, scope), ", "))
}

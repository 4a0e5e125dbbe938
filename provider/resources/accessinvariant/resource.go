// Package accessinvariant is the resource AccessInvariant: who alone may hold a scope on some entities, evaluated at every run.
package accessinvariant

import (
	"context"
	_ "embed" // the page
	"errors"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed accessinvariant.md
var docs string

// Resource is the resource AccessInvariant. It creates nothing in the service.
type Resource struct {
	kit.Managed[Args, State, kit.None]
}

var _ infer.CustomResource[Args, State] = (*Resource)(nil)

// New returns the resource.
func New(sessions session.Source) *Resource {
	return &Resource{kit.New(sessions, kit.Spec[Args, State, kit.None]{
		Noun:   "access invariant",
		Name:   func(v State) string { return v.Scope },
		ID:     func(v State) string { return kit.JoinID(v.Organization, v.Scope) },
		IDForm: "organization/scope",

		Sets: []string{
			"environments", "stacks", "accounts",
			"allowed.users", "allowed.teams", "allowed.tokens", "allowed.deployments", "allowed.roles",
		},
		Rules: check,
		Diff:  diff,

		PreviewCreate: evaluate,
		Create:        create,
		Read:          read,
		PreviewUpdate: func(ctx context.Context, op kit.Op, _ State, desired Args) (State, error) {
			return evaluate(ctx, op, desired)
		},
		Update: func(ctx context.Context, op kit.Op, _ State, desired Args) (*State, error) {
			return create(ctx, op, desired)
		},
	})}
}

// Annotate describes the resource.
func (r *Resource) Annotate(a infer.Annotator) {
	a.SetToken("index", "AccessInvariant")
	a.Describe(r, docs)
}

// Args are the inputs of an AccessInvariant.
type Args struct {
	Organization *string                 `pulumi:"organization,optional" provider:"replaceOnChanges"`
	Scope        string                  `pulumi:"scope" provider:"replaceOnChanges"`
	Environments *[]string               `pulumi:"environments,optional"`
	Stacks       *[]string               `pulumi:"stacks,optional"`
	Accounts     *[]string               `pulumi:"accounts,optional"`
	Tags         *map[string]string      `pulumi:"tags,optional"`
	Allowed      types.AllowedPrincipals `pulumi:"allowed"`
	OnViolation  *types.OnViolation      `pulumi:"onViolation,optional"`

	IncludeIndirect *bool `pulumi:"includeIndirect,optional"`
}

// Annotate describes the inputs.
func (v *Args) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, kit.OrganizationHelp)
	a.Describe(&v.Scope, "The scope that is watched, such as `environment:open` or `stack:write`. It says which kind of entity this is about. "+
		"`environment:open` covers the opening of earlier revisions as well (`environment_version:open`).")
	a.Describe(&v.Environments, "The environments that are watched, as `project/environment`. Give exactly one of `environments`, `stacks`, `accounts` and `tags`.")
	a.Describe(&v.Stacks, "The stacks that are watched, as `project/stack`.")
	a.Describe(&v.Accounts, "The Insights accounts that are watched, by name.")
	a.Describe(&v.Tags, "Watches every entity of the scope's kind that has all of these tags, now and later.")
	a.Describe(&v.Allowed, "Who may hold the scope. Everybody else who does violates the invariant, whoever can with an approval included.")
	a.Describe(&v.OnViolation, "What to do when somebody else holds the scope: `error` (default) fails the preview and the update, and counts what could not be "+
		"read as well; `warn`; or `ignore`.")
	a.Describe(&v.IncludeIndirect, types.IncludeIndirectHelp)
}

// State is what an AccessInvariant outputs.
type State struct {
	Organization string `pulumi:"organization"`
	Args
	Violations []types.AccessViolation `pulumi:"violations"`
	Blind      []types.BlindSpot       `pulumi:"blind"`
}

// Annotate describes the outputs.
func (v *State) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, "The organization that is watched.")
	a.Describe(&v.Violations, "Who holds the scope and is not allowed to, at the last run. Empty under `onViolation: error`, where such a run fails.")
	a.Describe(&v.Blind, "What could not be read at the last run, and what it could hide.")
}

func create(ctx context.Context, op kit.Op, desired Args) (*State, error) {
	state, err := evaluate(ctx, op, desired)
	if err != nil {
		return nil, err
	}
	return &state, nil
}

// read evaluates again and never fails for what it finds: a refresh shows it in the outputs.
func read(ctx context.Context, op kit.Op, _ []string, _ kit.None, before kit.Before[Args, State]) (*kit.Found[Args, State], error) {
	if before.State.Scope == "" {
		return nil, errors.New("an AccessInvariant cannot be imported: nothing of it is in Pulumi Cloud; declare it in the program")
	}
	watched := before.State.Args
	watched.Organization = &before.State.Organization
	found, err := look(ctx, op, watched)
	if err != nil {
		return nil, err
	}
	return &kit.Found[Args, State]{Inputs: before.Inputs, State: stateOf(watched, found)}, nil
}

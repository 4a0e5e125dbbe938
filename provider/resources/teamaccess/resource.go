// Package teamaccess is the resource TeamAccess: what a team is granted.
package teamaccess

import (
	"context"
	_ "embed" // the page

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed teamaccess.md
var docs string

// Resource is the resource TeamAccess. It owns what a team is granted, whoever created the team.
type Resource struct {
	kit.Managed[Args, State, kit.None]
}

var _ infer.CustomResource[Args, State] = (*Resource)(nil)

// New returns the resource.
func New(sessions session.Source) *Resource {
	return &Resource{kit.New(sessions, kit.Spec[Args, State, kit.None]{
		Noun:   "access of team",
		Name:   func(v State) string { return v.Team },
		ID:     func(v State) string { return kit.JoinID(v.Organization, v.Team) },
		IDForm: "organization/team",

		Prepare: func(_ kit.Op, inputs property.Map) property.Map { return normalDurations(inputs) },
		Sets:    []string{"roleIds", "stacks", "environments", "accounts", "allow"},
		Rules:   check,
		Diff: func(_ context.Context, op kit.Op, before State, desired Args) (p.DiffResponse, error) {
			return diff(before, desired, op.Unknowns)
		},

		PreviewCreate: func(ctx context.Context, op kit.Op, desired Args) (State, error) {
			return desired.state(), reconcilerOf(op, State{}, desired).preview(ctx, op, false)
		},
		Create: create,
		Read:   readBack,
		PreviewUpdate: func(ctx context.Context, op kit.Op, before State, desired Args) (State, error) {
			return desired.state(), reconcilerOf(op, before, desired).preview(ctx, op, true)
		},
		Update:  update,
		Planned: plannedAccess,
		Delete:  remove,
	})}
}

// Annotate describes the resource.
func (r *Resource) Annotate(a infer.Annotator) {
	a.SetToken("index", "TeamAccess")
	a.Describe(r, docs)
}

const omittedAxisHelp = "Omitted: not managed; what this resource managed before is taken away."

// Args are the inputs of a TeamAccess. Lists are pointers because an empty one, which takes everything away, is
// not the same as none, which leaves alone what this resource never managed.
type Args struct {
	Organization *string                       `pulumi:"organization,optional" provider:"replaceOnChanges"`
	Team         string                        `pulumi:"team" provider:"replaceOnChanges"`
	RoleIDs      *[]string                     `pulumi:"roleIds,optional"`
	Stacks       *[]types.TeamStackGrant       `pulumi:"stacks,optional"`
	Environments *[]types.TeamEnvironmentGrant `pulumi:"environments,optional"`
	Accounts     *[]types.TeamAccountGrant     `pulumi:"accounts,optional"`
	Allow        *[]types.OptIn                `pulumi:"allow,optional"`
}

// Annotate describes the inputs.
func (v *Args) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, kit.OrganizationHelp)
	a.Describe(&v.Team, "The team's name. Changing it manages another team.")
	a.Describe(&v.RoleIDs, "The id of the custom role that the team holds, as the output `roleId` of a `Role` gives it; at most one, "+
		"because Pulumi Cloud keeps one role per team. Assigning it replaces the role that the team had, which is named first. Empty: "+
		"no role. "+omittedAxisHelp)
	a.Describe(&v.Stacks, "The team's grants on single stacks. Empty: none. "+omittedAxisHelp)
	a.Describe(&v.Environments, "The team's grants on single ESC environments. Empty: none. "+omittedAxisHelp)
	a.Describe(&v.Accounts, "The team's grants on single Insights accounts. Empty: none. "+omittedAxisHelp)
	a.Describe(&v.Allow, "Risks that are taken deliberately: `stackAdminForPeople`, to grant a team stack admin; `lockOut`, to take away "+
		"the role by which the caller administers the organization.")
}

// state is the state that the inputs ask for.
func (v Args) state() State {
	return State{Organization: ptr.Value(v.Organization), Team: v.Team, Args: v}
}

// State is what a TeamAccess outputs.
type State struct {
	Organization string `pulumi:"organization"`
	Team         string `pulumi:"team"`
	Args
}

// Annotate describes the outputs.
func (v *State) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, "The organization that the team belongs to.")
	a.Describe(&v.Team, "The team's name.")
	a.Describe(&v.RoleIDs, "The role that the team holds, where roles are managed.")
	a.Describe(&v.Stacks, "The team's grants on stacks, where they are managed.")
	a.Describe(&v.Environments, "The team's grants on environments, where they are managed.")
	a.Describe(&v.Accounts, "The team's grants on accounts, where they are managed.")
	a.Describe(&v.Allow, "Risks that are taken deliberately.")
}

// inputs are the inputs that ask for the state.
func (v State) inputs() Args {
	inputs := v.Args
	inputs.Organization, inputs.Team = &v.Organization, v.Team
	return inputs
}

// create makes the team's grants on the owned axes exactly the desired ones.
func create(ctx context.Context, op kit.Op, desired Args) (*State, error) {
	r := reconcilerOf(op, State{}, desired)
	return r.reached(r.run(ctx))
}

// update turns the actual grants into the desired ones, level by level.
func update(ctx context.Context, op kit.Op, before State, desired Args) (*State, error) {
	r := reconcilerOf(op, before, desired)
	done, err := r.run(ctx)
	if done.missing {
		return r.withoutTeam(ctx, err)
	}
	return r.reached(done, err)
}

// remove takes away everything on the owned axes and confirms it. Where the team was deleted, there is nothing to do. What the state
// knows may be all there is, and the look that confirms it says whether it was.
func remove(ctx context.Context, op kit.Op, state State) error {
	nothing := Args{Organization: &state.Organization, Team: state.Team, Allow: state.Allow}
	r := reconcilerOf(op, state, nothing)
	if r.takeBack(ctx, state) {
		return nil
	}
	done, err := r.run(ctx)
	switch {
	case done.missing:
		return kit.RequireSight(ctx, op.Session, state.Organization, err)
	case err != nil || !done.changed:
		return err
	}
	return r.confirm(ctx)
}

// readBack returns what the team is granted. An import owns all axes.
func readBack(
	ctx context.Context, op kit.Op, id []string, _ kit.None, before kit.Before[Args, State],
) (*kit.Found[Args, State], error) {
	inputs := before.Inputs
	if inputs.Team == "" {
		inputs = importedTeamAccess()
	}
	inputs.Organization, inputs.Team = &id[0], id[1]
	granter := granter{client: op.Session.Client, organization: id[0], team: id[1]}
	_, actual, err := granter.read(ctx)
	if err != nil {
		return nil, kit.Missing(err)
	}
	if before.Inputs.Team == "" {
		inputs = inputs.keepable(ctx, actual)
	}
	state, err := ownedState(inputs, before.State, actual)
	if err != nil {
		return nil, err
	}
	return &kit.Found[Args, State]{Inputs: inputs.withGrants(actual), State: state}, nil
}

// Package entityaccess is the resource EntityAccess: everything that is granted directly on one stack, environment or account.
package entityaccess

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

//go:embed entityaccess.md
var docs string

// Resource is the resource EntityAccess: who is granted access on one entity directly.
type Resource struct {
	kit.Managed[Args, State, kit.None]
}

var _ infer.CustomResource[Args, State] = (*Resource)(nil)

// New returns the resource.
func New(sessions session.Source) *Resource {
	return &Resource{kit.New(sessions, kit.Spec[Args, State, kit.None]{
		Noun:   "access on",
		Name:   func(v State) string { return v.entity().String() },
		ID:     idOf,
		IDForm: idForm,
		Split:  splitID,

		Prepare: func(_ kit.Op, inputs property.Map) property.Map { return normalDurations(inputs) },
		Sets:    []string{"users", "teams", "allow"},
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
			planned := desired.state()
			planned.EntityID, planned.Granted = before.EntityID, keepGrants(before.Granted)
			return planned, reconcilerOf(op, before, desired).preview(ctx, op, true)
		},
		Update:  update,
		Planned: plannedAccess,
		Delete:  remove,
	})}
}

// Annotate describes the resource.
func (r *Resource) Annotate(a infer.Annotator) {
	a.SetToken("index", "EntityAccess")
	a.Describe(r, docs)
}

const omittedAxisHelp = "Omitted: not managed; what this resource granted before is taken away."

// Args are the inputs of an EntityAccess. Lists are pointers because an empty one, which takes everything away, is not the same
// as none, which leaves alone what this resource never managed.
type Args struct {
	Organization *string                  `pulumi:"organization,optional" provider:"replaceOnChanges"`
	Stack        *types.StackRef          `pulumi:"stack,optional" provider:"replaceOnChanges"`
	Environment  *types.EnvironmentRef    `pulumi:"environment,optional" provider:"replaceOnChanges"`
	Account      *string                  `pulumi:"account,optional" provider:"replaceOnChanges"`
	Users        *[]types.EntityUserGrant `pulumi:"users,optional"`
	Teams        *[]types.EntityTeamGrant `pulumi:"teams,optional"`
	Mode         *types.EntityAccessMode  `pulumi:"mode,optional"`
	OnForeign    *types.OnForeign         `pulumi:"onForeign,optional"`
	Allow        *[]types.OptIn           `pulumi:"allow,optional"`
}

// Annotate describes the inputs.
func (v *Args) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, kit.OrganizationHelp)
	a.Describe(&v.Stack, "The stack whose grants are managed: exactly one of `stack`, `environment` and `account`. Changing it manages another one.")
	a.Describe(&v.Environment, "The ESC environment whose grants are managed. Changing it manages another one.")
	a.Describe(&v.Account, "The name of the Insights account whose grants are managed. Changing it manages another one.")
	a.Describe(&v.Users, "What people hold on it directly, the grant of its creator or owner included. Empty: nobody holds anything. "+omittedAxisHelp)
	a.Describe(&v.Teams, "What teams are granted on it, beside their roles. Empty: no team is granted anything. "+omittedAxisHelp)
	a.Describe(&v.Mode, "`enforce` (default) makes the grants what the program says; `report` changes nothing, neither when this resource is "+
		"deleted, and lists in `wouldRemove` and `wouldGrant` what differs.")
	a.Describe(&v.OnForeign, "What to do where an update would remove or replace a grant that this resource did not make, such as a creator's: "+
		"`warn` (default) names it at preview and removes it, `error` refuses.")
	a.Describe(&v.Allow, "Risks that are taken deliberately: `stackAdminForPeople`, to grant stack admin; `lockOut`, to take away the grant by "+
		"which the caller administers the entity.")
}

// State is what an EntityAccess outputs.
type State struct {
	Organization string `pulumi:"organization"`
	Args
	EntityID     string                    `pulumi:"entityId"`
	Granted      types.EntityGrants        `pulumi:"granted"`
	WouldRemove  []types.EntityGrantChange `pulumi:"wouldRemove"`
	WouldGrant   []types.EntityGrantChange `pulumi:"wouldGrant"`
	Unrecognized []string                  `pulumi:"unrecognized"`
}

// Annotate describes the outputs.
func (v *State) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, "The organization that the entity belongs to.")
	a.Describe(&v.Stack, "The stack whose grants are managed.")
	a.Describe(&v.Environment, "The environment whose grants are managed.")
	a.Describe(&v.Account, "The account whose grants are managed.")
	a.Describe(&v.Users, "What people hold on it directly, where that is managed; in mode `report`, what the program says.")
	a.Describe(&v.Teams, "What teams are granted on it, where that is managed; in mode `report`, what the program says.")
	a.Describe(&v.Mode, "Whether anything is changed.")
	a.Describe(&v.OnForeign, "What to do about grants that this resource did not make.")
	a.Describe(&v.Allow, "Risks that are taken deliberately.")
	a.Describe(&v.EntityID, "The service's id of the entity: one that is deleted and recreated under its name is another one.")
	a.Describe(&v.Granted, "The grants that this resource made, or found as the program says. Deleting it takes away those that are still as they "+
		"are recorded here.")
	a.Describe(&v.WouldRemove, "In mode `report`: the grants that would be removed or lowered. A refresh brings it up to date. Empty in mode `enforce`.")
	a.Describe(&v.WouldGrant, "In mode `report`: the grants that would be made or raised. Empty in mode `enforce`.")
	a.Describe(&v.Unrecognized, "Grants of principals of a kind that this version does not know. They are left as they are.")
}

// state is the state that the inputs ask for.
func (v Args) state() State {
	return State{
		Organization: ptr.Value(v.Organization), Args: v, Granted: keepGrants(types.EntityGrants{}),
		WouldRemove: []types.EntityGrantChange{}, WouldGrant: []types.EntityGrantChange{}, Unrecognized: []string{},
	}
}

// inputs are the inputs that ask for the state.
func (v State) inputs() Args {
	inputs := v.Args
	inputs.Organization = &v.Organization
	return inputs
}

func (v Args) reports() bool { return ptr.Value(v.Mode) == types.ReportAccess }

// keepGrants makes lists that the framework decoded to nil empty ones: it drops a nil from what it encodes.
func keepGrants(v types.EntityGrants) types.EntityGrants {
	return types.EntityGrants{Users: append([]types.EntityUserGrant{}, v.Users...), Teams: append([]types.EntityTeamGrant{}, v.Teams...)}
}

// Package permissionset is the resource PermissionSet: a named set of scopes that roles grant.
package permissionset

import (
	"context"
	_ "embed" // the page

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/records"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed permissionset.md
var docs string

// Resource is the resource PermissionSet. It owns a custom permission set: a named set of scopes that roles grant.
type Resource struct {
	kit.Managed[Args, State, cloud.Role]
}

var (
	_ infer.CustomResource[Args, State]       = (*Resource)(nil)
	_ infer.ExplicitDependencies[Args, State] = (*Resource)(nil)
)

// New returns the resource.
func New(sessions session.Source) *Resource {
	return &Resource{kit.New(sessions, kit.Spec[Args, State, cloud.Role]{
		Noun:   "permission set",
		Name:   func(v State) string { return v.Name },
		ID:     func(v State) string { return records.ID(v.Organization, v.PermissionSetID) },
		IDForm: records.IDForm,

		Sets:  []string{"scopes"},
		Rules: check,
		Diff:  kit.Compare(diff),

		PreviewCreate: previewCreate,
		Create:        create,
		Look:          records.Look,
		Read:          readBack,
		PreviewUpdate: previewUpdate,
		Update:        update,
		Planned:       plannedAccess,
		Remove:        remove,
		Stays:         ": run again",
	})}
}

// Annotate describes the resource.
func (r *Resource) Annotate(a infer.Annotator) {
	a.SetToken("index", "PermissionSet")
	a.Describe(r, docs)
}

// Args are the inputs of a PermissionSet.
type Args struct {
	Organization *string          `pulumi:"organization,optional"`
	Name         string           `pulumi:"name"`
	Description  *string          `pulumi:"description,optional"`
	EntityType   types.EntityType `pulumi:"entityType"`
	Scopes       []string         `pulumi:"scopes"`
}

// Annotate describes the inputs.
func (v *Args) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, kit.OrganizationHelp)
	a.Describe(&v.Name, "The permission set's name, unique among the organization's permission sets, the built-in ones included. It "+
		"can be changed in place.")
	a.Describe(&v.Description, "What the permission set is for.")
	a.Describe(&v.EntityType, "What the scopes are granted on. Changing it makes another permission set.")
	a.Describe(&v.Scopes, "Exactly the scopes that the permission set holds, all of its entity type. Order makes no difference, and a "+
		"misspelled scope is refused with the nearest names; one that is newer than this version is taken if the service lists it. Whoever holds a role with this permission set has a change at once.")
}

// State is what a PermissionSet outputs.
type State struct {
	Organization string `pulumi:"organization"`
	Args
	PermissionSetID string   `pulumi:"permissionSetId"`
	Unrecognized    []string `pulumi:"unrecognized"`
}

// Annotate describes the outputs.
func (v *State) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, "The organization that the permission set belongs to.")
	a.Describe(&v.Name, "The permission set's name.")
	a.Describe(&v.Description, "What the permission set is for.")
	a.Describe(&v.EntityType, "What the scopes are granted on.")
	a.Describe(&v.Scopes, "The scopes that the permission set holds.")
	a.Describe(&v.PermissionSetID, "The service's id of the permission set: what `permissionSet` of a rule takes.")
	a.Describe(&v.Unrecognized, "What the permission set was found to hold, at the last refresh, besides scopes, because somebody "+
		"edited it elsewhere: one line each. The next update overwrites it. Empty after every update.")
}

func check(ctx context.Context, op kit.Op, v Args) problem.List {
	problems := append(types.CheckName("name", v.Name), types.CheckOneOf("entityType", &v.EntityType)...)
	if len(problems) > 0 {
		return problems
	}
	return op.Session.CheckScopes(ctx, ptr.Value(v.Organization), v.checkScopes)
}

func (v Args) checkScopes(catalogue access.Catalogue) problem.List {
	return catalogue.CheckScopes(v.EntityType.Kind(), v.Scopes)
}

// readBack takes no other record for a custom permission set.
func readBack(
	_ context.Context, _ kit.Op, id []string, record cloud.Role, before kit.Before[Args, State],
) (*kit.Found[Args, State], error) {
	if err := refuseOtherRecords(record); err != nil {
		return nil, err
	}
	state := read(id[0], record, before.Inputs)
	inputs := state.Args
	inputs.Organization = &state.Organization
	return &kit.Found[Args, State]{Inputs: inputs, State: state}, nil
}

// WireDependencies keeps the id, which never changes, known in previews of updates.
func (r *Resource) WireDependencies(f infer.FieldSelector, _ *Args, state *State) {
	if state.PermissionSetID != "" {
		f.OutputField(&state.PermissionSetID).AlwaysKnown()
	}
}

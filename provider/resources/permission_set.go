package resources

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/records"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// PermissionSet owns a custom permission set: a named set of scopes that roles grant.
type PermissionSet struct {
	kit.Managed[PermissionSetArgs, PermissionSetState, cloud.Role]
}

var (
	_ infer.CustomResource[PermissionSetArgs, PermissionSetState]       = (*PermissionSet)(nil)
	_ infer.ExplicitDependencies[PermissionSetArgs, PermissionSetState] = (*PermissionSet)(nil)
)

// NewPermissionSet returns the resource.
func NewPermissionSet(sessions session.Source) *PermissionSet {
	return &PermissionSet{kit.New(sessions, kit.Spec[PermissionSetArgs, PermissionSetState, cloud.Role]{
		Noun:   "permission set",
		Name:   func(v PermissionSetState) string { return v.Name },
		ID:     func(v PermissionSetState) string { return records.ID(v.Organization, v.PermissionSetID) },
		IDForm: records.IDForm,

		Sets:  []string{"scopes"},
		Rules: checkPermissionSet,
		Diff:  kit.Compare(diffPermissionSet),

		PreviewCreate: previewSet,
		Create:        createSet,
		Look:          records.Look,
		Read:          readSetBack,
		PreviewUpdate: previewSetUpdate,
		Update:        updateSet,
		Remove:        removeSet,
		Stays:         ": run again",
	})}
}

// Annotate describes the resource.
func (r *PermissionSet) Annotate(a infer.Annotator) {
	a.SetToken("index", "PermissionSet")
	a.Describe(r, permissionSetDocs)
}

// PermissionSetArgs are the inputs of a PermissionSet.
type PermissionSetArgs struct {
	Organization *string          `pulumi:"organization,optional"`
	Name         string           `pulumi:"name"`
	Description  *string          `pulumi:"description,optional"`
	EntityType   types.EntityType `pulumi:"entityType"`
	Scopes       []string         `pulumi:"scopes"`
}

// Annotate describes the inputs.
func (v *PermissionSetArgs) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, organizationHelp)
	a.Describe(&v.Name, "The permission set's name, unique among the organization's permission sets, the built-in ones included. It "+
		"can be changed in place.")
	a.Describe(&v.Description, "What the permission set is for.")
	a.Describe(&v.EntityType, "What the scopes are granted on. Changing it makes another permission set.")
	a.Describe(&v.Scopes, "Exactly the scopes that the permission set holds, all of its entity type. Order makes no difference, and a "+
		"misspelled scope is refused with the nearest names. Whoever holds a role with this permission set has a change at once.")
}

// PermissionSetState is what a PermissionSet outputs.
type PermissionSetState struct {
	Organization string `pulumi:"organization"`
	PermissionSetArgs
	PermissionSetID string   `pulumi:"permissionSetId"`
	Unrecognized    []string `pulumi:"unrecognized"`
}

// Annotate describes the outputs.
func (v *PermissionSetState) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, "The organization that the permission set belongs to.")
	a.Describe(&v.Name, "The permission set's name.")
	a.Describe(&v.Description, "What the permission set is for.")
	a.Describe(&v.EntityType, "What the scopes are granted on.")
	a.Describe(&v.Scopes, "The scopes that the permission set holds.")
	a.Describe(&v.PermissionSetID, "The service's id of the permission set: what `permissionSet` of a rule takes.")
	a.Describe(&v.Unrecognized, "What the permission set was found to hold, at the last refresh, besides scopes, because somebody "+
		"edited it elsewhere: one line each. The next update overwrites it. Empty after every update.")
}

func checkPermissionSet(_ context.Context, op kit.Op, v PermissionSetArgs) problem.List {
	problems := append(types.CheckName("name", v.Name), types.CheckOneOf("entityType", &v.EntityType)...)
	if len(problems) > 0 {
		return problems
	}
	return op.Session.Catalogue.CheckScopes(v.EntityType.Kind(), v.Scopes)
}

func previewSet(ctx context.Context, op kit.Op, want PermissionSetArgs) (PermissionSetState, error) {
	state := wantedSet(want)
	records.WarnTaken(ctx, op.Session, state.Organization, cloud.PurposeSet, "permission set", state.Name)
	return state, nil
}

func createSet(ctx context.Context, op kit.Op, want PermissionSetArgs) (*PermissionSetState, error) {
	state := wantedSet(want)
	details, err := setDetails(state.Scopes)
	if err != nil {
		return nil, err
	}
	created, err := op.Session.Client.CreateRole(context.WithoutCancel(ctx), state.Organization, cloud.RoleInput{
		Name: state.Name, Description: text(state.Description), ResourceType: string(state.EntityType.Kind()),
		Purpose: cloud.PurposeSet, Details: details,
	})
	if err != nil {
		return nil, setExists(ctx, op.Session.Client, state, err)
	}
	state.PermissionSetID = created.ID
	return &state, nil
}

// readSetBack takes no other record for a custom permission set.
func readSetBack(
	_ context.Context, _ kit.Op, id []string, record cloud.Role, before kit.Before[PermissionSetArgs, PermissionSetState],
) (*kit.Found[PermissionSetArgs, PermissionSetState], error) {
	if err := refuseOtherRecords(record); err != nil {
		return nil, err
	}
	state := readSet(id[0], record, before.Inputs)
	inputs := state.PermissionSetArgs
	inputs.Organization = &state.Organization
	return &kit.Found[PermissionSetArgs, PermissionSetState]{Inputs: inputs, State: state}, nil
}

func plannedSet(before PermissionSetState, want PermissionSetArgs) PermissionSetState {
	next := wantedSet(want)
	next.Organization, next.PermissionSetID = before.Organization, before.PermissionSetID
	return next
}

// previewSetUpdate names what everybody loses and gets whose role grants the set, and leaves the gains for the previews of
// those roles.
func previewSetUpdate(
	ctx context.Context, op kit.Op, before PermissionSetState, want PermissionSetArgs,
) (PermissionSetState, error) {
	next := plannedSet(before, want)
	kit.WarnRemovals(ctx, fmt.Sprintf("permission set %q: an update would take from everybody whose role grants it:", before.Name),
		takenFromSet(before, next, op.Unknowns))
	if gained := takenFromSet(next, before, op.Unknowns); len(gained) > 0 {
		kit.NoteGains(ctx, fmt.Sprintf("permission set %q: an update would give everybody whose role grants it:", before.Name), gained)
		op.Session.Widened.Store(before.PermissionSetID, gained)
	}
	return next, nil
}

// updateSet changes scopes, name and description in one call.
func updateSet(
	ctx context.Context, op kit.Op, before PermissionSetState, want PermissionSetArgs,
) (*PermissionSetState, error) {
	next := plannedSet(before, want)
	change, err := setChange(before, next)
	if err != nil {
		return nil, err
	}
	_, err = op.Session.Client.UpdateRole(context.WithoutCancel(ctx), next.Organization, next.PermissionSetID, change)
	if err != nil {
		return nil, kit.Missing(setExists(ctx, op.Session.Client, next, err))
	}
	return &next, nil
}

// removeSet does not take a set out of the roles that grant it: the error names them.
func removeSet(ctx context.Context, op kit.Op, state PermissionSetState, _ cloud.Role) error {
	err := op.Session.Client.DeleteRole(context.WithoutCancel(ctx), state.Organization, state.PermissionSetID)
	return setInUse(ctx, op.Session.Client, state, err)
}

// WireDependencies keeps the id, which never changes, known in previews of updates.
func (r *PermissionSet) WireDependencies(f infer.FieldSelector, _ *PermissionSetArgs, state *PermissionSetState) {
	if state.PermissionSetID != "" {
		f.OutputField(&state.PermissionSetID).AlwaysKnown()
	}
}

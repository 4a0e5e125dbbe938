package resources

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// PermissionSet owns a custom permission set: a named set of scopes that roles grant.
type PermissionSet struct{ Sessions session.Source }

var (
	_ infer.CustomCheck[PermissionSetArgs]                              = (*PermissionSet)(nil)
	_ infer.CustomDiff[PermissionSetArgs, PermissionSetState]           = (*PermissionSet)(nil)
	_ infer.CustomCreate[PermissionSetArgs, PermissionSetState]         = (*PermissionSet)(nil)
	_ infer.CustomRead[PermissionSetArgs, PermissionSetState]           = (*PermissionSet)(nil)
	_ infer.CustomUpdate[PermissionSetArgs, PermissionSetState]         = (*PermissionSet)(nil)
	_ infer.CustomDelete[PermissionSetState]                            = (*PermissionSet)(nil)
	_ infer.ExplicitDependencies[PermissionSetArgs, PermissionSetState] = (*PermissionSet)(nil)
)

// Annotate describes the resource.
func (r *PermissionSet) Annotate(a infer.Annotator) {
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
	Organization    string           `pulumi:"organization"`
	Name            string           `pulumi:"name"`
	Description     *string          `pulumi:"description,optional"`
	EntityType      types.EntityType `pulumi:"entityType"`
	Scopes          []string         `pulumi:"scopes"`
	PermissionSetID string           `pulumi:"permissionSetId"`
	Unrecognized    []string         `pulumi:"unrecognized"`
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

// Check validates the inputs and puts the scopes in canonical order.
func (r *PermissionSet) Check(
	ctx context.Context, req infer.CheckRequest,
) (infer.CheckResponse[PermissionSetArgs], error) {
	resp, err := checkInputs(ctx, r.Sessions, req, []string{"scopes"}, checkPermissionSet)
	return resp, err
}

func checkPermissionSet(current *session.Session, v PermissionSetArgs) []access.Problem {
	problems := append(plainName("name", v.Name), types.CheckOneOf("entityType", &v.EntityType)...)
	if len(problems) > 0 {
		return problems
	}
	return current.Catalogue.CheckScopes(v.EntityType.Kind(), v.Scopes)
}

// Diff compares what is wanted with what is there. The default would not see what the console added besides scopes.
func (r *PermissionSet) Diff(
	ctx context.Context, req infer.DiffRequest[PermissionSetArgs, PermissionSetState],
) (infer.DiffResponse, error) {
	return diffPermissionSet(req.State, req.Inputs, wire.UnknownInputs(ctx)), nil
}

// Create makes the permission set.
func (r *PermissionSet) Create(
	ctx context.Context, req infer.CreateRequest[PermissionSetArgs],
) (infer.CreateResponse[PermissionSetState], error) {
	state := wantedSet(req.Inputs)
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.CreateResponse[PermissionSetState]{}, err
	}
	if req.DryRun {
		warnTakenRole(ctx, current, state.Organization, cloud.PurposeSet, "permission set", state.Name)
		return infer.CreateResponse[PermissionSetState]{Output: state}, nil
	}
	details, err := setDetails(state.Scopes)
	if err != nil {
		return infer.CreateResponse[PermissionSetState]{}, err
	}
	made, err := current.Client.CreateRole(context.WithoutCancel(ctx), state.Organization, cloud.RoleInput{
		Name: state.Name, Description: text(state.Description), ResourceType: string(state.EntityType.Kind()),
		Purpose: cloud.PurposeSet, Details: details,
	})
	if err != nil {
		return infer.CreateResponse[PermissionSetState]{}, setExists(ctx, current.Client, state, err)
	}
	state.PermissionSetID = made.ID
	return infer.CreateResponse[PermissionSetState]{ID: rolePulumiID(state.Organization, made.ID), Output: state}, nil
}

// Read answers what the permission set holds now.
func (r *PermissionSet) Read(
	ctx context.Context, req infer.ReadRequest[PermissionSetArgs, PermissionSetState],
) (infer.ReadResponse[PermissionSetArgs, PermissionSetState], error) {
	gone := infer.ReadResponse[PermissionSetArgs, PermissionSetState]{}
	id, err := splitID(req.ID, 2, roleIDForm)
	if err != nil {
		return gone, err
	}
	current, err := r.Sessions(ctx)
	if err != nil {
		return gone, err
	}
	record, err := current.Client.Role(ctx, id[0], id[1])
	if err != nil {
		return gone, requireSight(ctx, current, id[0], err)
	}
	if err := refuseOtherRecords(record); err != nil {
		return gone, err
	}
	state := readSet(id[0], record, req.Inputs)
	return infer.ReadResponse[PermissionSetArgs, PermissionSetState]{
		ID: rolePulumiID(id[0], record.ID), State: state, Inputs: PermissionSetArgs{
			Organization: &state.Organization, Name: state.Name, Description: state.Description,
			EntityType: state.EntityType, Scopes: state.Scopes,
		},
	}, nil
}

// Update changes scopes, name and description in one call.
func (r *PermissionSet) Update(
	ctx context.Context, req infer.UpdateRequest[PermissionSetArgs, PermissionSetState],
) (infer.UpdateResponse[PermissionSetState], error) {
	next := wantedSet(req.Inputs)
	next.Organization, next.PermissionSetID = req.State.Organization, req.State.PermissionSetID
	out := infer.UpdateResponse[PermissionSetState]{Output: next}
	if req.DryRun {
		warnRemovals(ctx, fmt.Sprintf("permission set %q: an update would take from everybody whose role grants it:", req.State.Name),
			takenFromSet(req.State, next, wire.UnknownInputs(ctx)))
		return out, r.previewGains(ctx, req.State, next)
	}
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.UpdateResponse[PermissionSetState]{}, err
	}
	change, err := setChange(req.State, next)
	if err != nil {
		return infer.UpdateResponse[PermissionSetState]{}, err
	}
	_, err = current.Client.UpdateRole(context.WithoutCancel(ctx), next.Organization, next.PermissionSetID, change)
	if cloud.IsNotFound(err) {
		if sight := requireSight(ctx, current, next.Organization, err); sight != nil {
			return infer.UpdateResponse[PermissionSetState]{}, sight
		}
		return infer.UpdateResponse[PermissionSetState]{}, fmt.Errorf("permission set %q was deleted outside Pulumi: run "+
			"`pulumi refresh`, then `pulumi up` makes it again: %w", req.State.Name, err)
	}
	return out, setExists(ctx, current.Client, next, err)
}

// previewGains names what everybody gets whose role grants the set, and leaves it for the previews of those roles.
func (r *PermissionSet) previewGains(ctx context.Context, from, to PermissionSetState) error {
	gained := takenFromSet(to, from, wire.UnknownInputs(ctx))
	if len(gained) == 0 {
		return nil
	}
	noteGains(ctx, fmt.Sprintf("permission set %q: an update would give everybody whose role grants it:", from.Name), gained)
	current, err := r.Sessions(ctx)
	if err == nil {
		current.Widened.Store(from.PermissionSetID, gained)
	}
	return err
}

// Delete deletes the permission set, and confirms it. One that roles grant is not taken out of them: the error names them.
func (r *PermissionSet) Delete(
	ctx context.Context, req infer.DeleteRequest[PermissionSetState],
) (infer.DeleteResponse, error) {
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.DeleteResponse{}, err
	}
	state, client := req.State, current.Client
	_, err = client.Role(ctx, state.Organization, state.PermissionSetID)
	if err := requireSight(ctx, current, state.Organization, err); err != nil {
		return infer.DeleteResponse{}, err
	}
	if err := client.DeleteRole(context.WithoutCancel(ctx), state.Organization, state.PermissionSetID); err != nil {
		return infer.DeleteResponse{}, setInUse(ctx, client, state, err)
	}
	_, err = client.Role(ctx, state.Organization, state.PermissionSetID)
	switch {
	case cloud.IsNotFound(err):
		return infer.DeleteResponse{}, nil
	case err != nil:
		return infer.DeleteResponse{}, fmt.Errorf("permission set %q was deleted, but reading back whether it is gone failed: %w",
			state.Name, err)
	}
	return infer.DeleteResponse{}, fmt.Errorf("permission set %q is still there after it was deleted: run again", state.Name)
}

// WireDependencies keeps the id, which never changes, known in previews of updates.
func (r *PermissionSet) WireDependencies(f infer.FieldSelector, _ *PermissionSetArgs, state *PermissionSetState) {
	if state.PermissionSetID != "" {
		f.OutputField(&state.PermissionSetID).AlwaysKnown()
	}
}

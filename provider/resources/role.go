package resources

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Role owns a custom role, and everything that it grants.
type Role struct{ Sessions session.Source }

var (
	_ infer.CustomCheck[RoleArgs]                     = (*Role)(nil)
	_ infer.CustomDiff[RoleArgs, RoleState]           = (*Role)(nil)
	_ infer.CustomCreate[RoleArgs, RoleState]         = (*Role)(nil)
	_ infer.CustomRead[RoleArgs, RoleState]           = (*Role)(nil)
	_ infer.CustomUpdate[RoleArgs, RoleState]         = (*Role)(nil)
	_ infer.CustomDelete[RoleState]                   = (*Role)(nil)
	_ infer.ExplicitDependencies[RoleArgs, RoleState] = (*Role)(nil)
)

// Annotate describes the resource.
func (r *Role) Annotate(a infer.Annotator) {
	a.Describe(r, roleDocs)
}

// RoleArgs are the inputs of a Role.
type RoleArgs struct {
	Organization *string        `pulumi:"organization,optional"`
	Name         string         `pulumi:"name"`
	Description  *string        `pulumi:"description,optional"`
	Access       types.Access   `pulumi:"access"`
	Allow        *[]types.OptIn `pulumi:"allow,optional"`
}

// Annotate describes the inputs.
func (v *RoleArgs) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, kit.OrganizationHelp)
	a.Describe(&v.Name, "The role's name, unique among the organization's roles. It can be changed in place.")
	a.Describe(&v.Description, "What the role is for.")
	a.Describe(&v.Access, "What the role grants. At least one rule or scope is needed: a role that grants nothing is not made.")
	a.Describe(&v.Allow, "Risks that are taken deliberately: `openOnAll`, to let holders open every environment; "+
		"`stackAdminForPeople`, which a component hands down with the rest, for a role that people hold; "+
		"`lockOut`, to take from the role what makes it the caller's last way to administer the organization.")
}

// RoleState is what a Role outputs.
type RoleState struct {
	Organization string            `pulumi:"organization"`
	Name         string            `pulumi:"name"`
	Description  *string           `pulumi:"description,optional"`
	Access       types.Access      `pulumi:"access"`
	Allow        *[]types.OptIn    `pulumi:"allow,optional"`
	RoleID       string            `pulumi:"roleId"`
	Scopes       []string          `pulumi:"scopes"`
	Unrecognized []string          `pulumi:"unrecognized"`
	PolicyID     string            `pulumi:"policyId"`
	EntityIDs    map[string]string `pulumi:"entityIds"`
	SetIDs       map[string]string `pulumi:"setIds"`
}

// Annotate describes the outputs.
func (v *RoleState) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, "The organization that the role belongs to.")
	a.Describe(&v.Name, "The role's name.")
	a.Describe(&v.Description, "What the role is for.")
	a.Describe(&v.Access, "What the role grants.")
	a.Describe(&v.Allow, "Risks that are taken deliberately.")
	a.Describe(&v.RoleID, "The service's id of the role: what `roleId` and `roleIds` of other resources take.")
	a.Describe(&v.Scopes, "Every scope that the role grants on something, sorted: a summary for people. What custom permission sets "+
		"hold is not in it.")
	a.Describe(&v.Unrecognized, "What the role was found to grant, at the last refresh, that `access` cannot express, because somebody "+
		"edited it elsewhere: one line each. The next update overwrites it. Empty after every update.")
	a.Describe(&v.PolicyID, "The service's id of the policy that holds the role's rules; empty when the role holds them itself.")
	a.Describe(&v.EntityIDs, "The ids that the names in the rules stood for, by kind and name.")
	a.Describe(&v.SetIDs, "The ids of the organization's built-in permission sets, by identifier.")
}

// roleSets are the inputs in which neither order nor duplicates make a difference.
var roleSets = []string{
	"access.stacks", "access.stacks[].scopes", "access.environments", "access.environments[].scopes",
	"access.accounts", "access.accounts[].scopes", "access.scopes", "allow",
}

// Check validates the inputs and puts the rules in canonical order.
func (r *Role) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[RoleArgs], error) {
	resp, err := checkInputs(ctx, r.Sessions, req, roleSets, checkRole)
	keepList(&resp.Inputs.Allow)
	return resp, err
}

// Diff compares what is wanted with what is there. The default compares inputs as texts: it would see neither what was
// granted in the console, nor that two ways of writing a rule are one.
func (r *Role) Diff(ctx context.Context, req infer.DiffRequest[RoleArgs, RoleState]) (infer.DiffResponse, error) {
	return diffRole(req.State, req.Inputs, wire.UnknownInputs(ctx))
}

// Create makes the role and the policy that holds its rules, in one call.
func (r *Role) Create(ctx context.Context, req infer.CreateRequest[RoleArgs]) (infer.CreateResponse[RoleState], error) {
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.CreateResponse[RoleState]{}, err
	}
	if req.DryRun {
		warnTakenRole(ctx, current, ptr.Value(req.Inputs.Organization), cloud.PurposeRole, "role", req.Inputs.Name)
		noteMissing(ctx, current, req.Inputs, nil)
		return infer.CreateResponse[RoleState]{Output: wantedRole(req.Inputs)}, nil
	}
	w := roleWriter{client: current.Client, organization: ptr.Value(req.Inputs.Organization)}
	state, err := w.create(ctx, req.Inputs)
	if state.RoleID == "" {
		return infer.CreateResponse[RoleState]{}, err
	}
	return infer.CreateResponse[RoleState]{ID: rolePulumiID(w.organization, state.RoleID), Output: state}, err
}

// Read answers what the role grants now, by the names that its entities have today.
func (r *Role) Read(
	ctx context.Context, req infer.ReadRequest[RoleArgs, RoleState],
) (infer.ReadResponse[RoleArgs, RoleState], error) {
	gone := infer.ReadResponse[RoleArgs, RoleState]{}
	id, err := kit.SplitID(req.ID, 2, roleIDForm)
	if err != nil {
		return gone, err
	}
	current, err := r.Sessions(ctx)
	if err != nil {
		return gone, err
	}
	reader := roleReading{session: current, organization: id[0], before: req.State}
	live, err := reader.read(ctx, id[1])
	if err != nil {
		return gone, kit.RequireSight(ctx, current, id[0], err)
	}
	imported := req.State.RoleID == ""
	if imported {
		if err := live.refuseUnstatable(ctx); err != nil {
			return gone, err
		}
	}
	inputs := live.inputs(req.Inputs, imported)
	return infer.ReadResponse[RoleArgs, RoleState]{
		ID: rolePulumiID(id[0], live.role.ID), Inputs: inputs, State: live.state(inputs),
	}, nil
}

// Update changes the rules, the name and the description in place.
func (r *Role) Update(
	ctx context.Context, req infer.UpdateRequest[RoleArgs, RoleState],
) (infer.UpdateResponse[RoleState], error) {
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.UpdateResponse[RoleState]{}, err
	}
	if req.DryRun {
		noteMissing(ctx, current, req.Inputs, req.State.EntityIDs)
		err := errors.Join(warnRevoked(ctx, req.State, req.Inputs, wire.UnknownInputs(ctx)),
			previewLockOut(ctx, current, req.State, req.Inputs, wire.UnknownInputs(ctx)),
			refuseWidened(current, req.State, req.Inputs, wire.UnknownInputs(ctx)))
		return infer.UpdateResponse[RoleState]{Output: plannedRole(req.State, req.Inputs)}, err
	}
	w := roleWriter{client: current.Client, organization: req.State.Organization}
	reached, err := w.update(ctx, current, req.State, req.Inputs)
	return infer.UpdateResponse[RoleState]{Output: reached}, err
}

// Delete deletes the role and its policy, and confirms it. A role that is gone is done; one that somebody holds is not
// taken away from them.
func (r *Role) Delete(ctx context.Context, req infer.DeleteRequest[RoleState]) (infer.DeleteResponse, error) {
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.DeleteResponse{}, err
	}
	return infer.DeleteResponse{}, deleteRole(ctx, current, req.State)
}

// WireDependencies keeps the ids that never change known in previews of updates. At the preview of a create there are
// none yet.
func (r *Role) WireDependencies(f infer.FieldSelector, _ *RoleArgs, state *RoleState) {
	if state.RoleID != "" {
		f.OutputField(&state.RoleID).AlwaysKnown()
		f.OutputField(&state.PolicyID).AlwaysKnown()
	}
}

// noteMissing looks names up at preview and says which are not there. Environments that are not there come with the same update, from a
// component whose children another process of this provider may plan, or are misspelled; stacks and accounts come from
// elsewhere. It never fails, and it asks only for names that have no known id.
func noteMissing(ctx context.Context, current *session.Session, want RoleArgs, known map[string]string) {
	names := unresolved(completeNames(want.Access.Unbounded()), known)
	if len(names) == 0 || ptr.Value(want.Organization) == "" {
		return
	}
	found, err := (&directory{client: current.Client, organization: *want.Organization}).find(ctx, names, nil)
	if err != nil {
		wire.Log(ctx).Warningf("role %q: whether what it names exists could not be read: %v", want.Name, err)
		return
	}
	var coming, missing []string
	for _, ref := range unresolved(names, found.keyed()) {
		declared, _ := current.Program.DeclaresEnvironment(*want.Organization, ref.Project, ref.Name)
		switch {
		case ref.Kind != access.Environment:
			missing = append(missing, ref.String())
		case !declared:
			coming = append(coming, ref.String())
		}
	}
	if len(coming) > 0 {
		wire.Log(ctx).Info(kit.Bulleted(fmt.Sprintf("role %q takes the ids of these environments once this update has created them:", want.Name), coming))
	}
	if len(missing) > 0 {
		wire.Log(ctx).Info(kit.Bulleted(fmt.Sprintf("role %q names what is not there yet, or not visible to this token. A role "+
			"holds ids, so it has to be created after these:", want.Name), missing))
	}
}

// warnRevoked names at preview what holders of the role would lose.
func warnRevoked(ctx context.Context, state RoleState, want RoleArgs, unknowns []string) error {
	if wire.Touches("access", unknowns) {
		return nil
	}
	lines, gained, err := revoked(state, want)
	if err != nil {
		return err
	}
	for _, line := range state.Unrecognized {
		lines = append(lines, "granted elsewhere, as no rule can say: "+line)
	}
	kit.WarnRemovals(ctx, fmt.Sprintf("role %q: an update would take from its holders", state.Name), lines)
	kit.NoteGains(ctx, fmt.Sprintf("role %q: an update would give its holders", state.Name), gained)
	return nil
}

// deleteRole looks first, because the answer to a delete does not tell a role that is gone from one that the caller may
// not see any more.
func deleteRole(ctx context.Context, current *session.Session, state RoleState) error {
	client := current.Client
	_, err := client.Role(ctx, state.Organization, state.RoleID)
	if err := kit.RequireSight(ctx, current, state.Organization, err); err != nil {
		return err
	}
	if err := client.DeleteRole(context.WithoutCancel(ctx), state.Organization, state.RoleID); err != nil {
		return roleHeld(ctx, client, state, err)
	}
	_, err = client.Role(ctx, state.Organization, state.RoleID)
	switch {
	case cloud.IsNotFound(err):
		return nil
	case err != nil:
		return fmt.Errorf("role %q was deleted, but reading back whether it is gone failed: %w", state.Name, err)
	}
	return fmt.Errorf("role %q is still there after it was deleted: run again, and if it stays, delete it in the console", state.Name)
}

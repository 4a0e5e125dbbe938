package resources

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// OrganizationSettings owns those of an organization's settings that are set, and no others.
type OrganizationSettings struct{ Sessions session.Source }

var (
	_ infer.CustomCheck[OrganizationSettingsArgs]                             = (*OrganizationSettings)(nil)
	_ infer.CustomDiff[OrganizationSettingsArgs, OrganizationSettingsState]   = (*OrganizationSettings)(nil)
	_ infer.CustomCreate[OrganizationSettingsArgs, OrganizationSettingsState] = (*OrganizationSettings)(nil)
	_ infer.CustomRead[OrganizationSettingsArgs, OrganizationSettingsState]   = (*OrganizationSettings)(nil)
	_ infer.CustomUpdate[OrganizationSettingsArgs, OrganizationSettingsState] = (*OrganizationSettings)(nil)
	_ infer.CustomDelete[OrganizationSettingsState]                           = (*OrganizationSettings)(nil)
)

// Annotate describes the resource.
func (r *OrganizationSettings) Annotate(a infer.Annotator) {
	a.Describe(r, organizationSettingsDocs)
}

// ManagedSettings are the settings that can be managed. One that is omitted is not managed.
type ManagedSettings struct {
	DefaultStackPermission       *types.DefaultStackPermission       `pulumi:"defaultStackPermission,optional"`
	DefaultEnvironmentPermission *types.DefaultEnvironmentPermission `pulumi:"defaultEnvironmentPermission,optional"`
	DefaultAccountPermission     *types.DefaultAccountPermission     `pulumi:"defaultAccountPermission,optional"`
	MembersCanCreateStacks       *bool                               `pulumi:"membersCanCreateStacks,optional"`
	MembersCanCreateTeams        *bool                               `pulumi:"membersCanCreateTeams,optional"`
	MembersCanCreateAccounts     *bool                               `pulumi:"membersCanCreateAccounts,optional"`
	MembersCanTransferStacks     *bool                               `pulumi:"membersCanTransferStacks,optional"`
	MembersCanDeleteStacks       *bool                               `pulumi:"membersCanDeleteStacks,optional"`
	MaxAccessTokenExpiry         *string                             `pulumi:"maxAccessTokenExpiry,optional"`
	DefaultRoleID                *string                             `pulumi:"defaultRoleId,optional"`
	DefaultDeploymentRoleID      *string                             `pulumi:"defaultDeploymentRoleId,optional"`
}

// Annotate describes the settings.
func (v *ManagedSettings) Annotate(a infer.Annotator) {
	a.Describe(&v.DefaultStackPermission, "What members hold on every stack, now and later. It reaches holders of the built-in "+
		"Member role and every team token, not holders of a custom role.")
	a.Describe(&v.DefaultEnvironmentPermission, "What members hold on every ESC environment, now and later. It reaches holders "+
		"of the built-in Member role and every team token, not holders of a custom role.")
	a.Describe(&v.DefaultAccountPermission, "What members hold on every Insights account, now and later. It reaches holders of "+
		"the built-in Member role and every team token, not holders of a custom role.")
	a.Describe(&v.MembersCanCreateStacks, "Whether members may create stacks. Who creates one administers it for good.")
	a.Describe(&v.MembersCanCreateTeams, "Whether members may create teams.")
	a.Describe(&v.MembersCanCreateAccounts, "Whether members may create Insights accounts.")
	a.Describe(&v.MembersCanTransferStacks, "Whether members may transfer stacks to other organizations.")
	a.Describe(&v.MembersCanDeleteStacks, "Whether members may delete stacks.")
	a.Describe(&v.MaxAccessTokenExpiry, "The longest that an access token may live, in whole days: `1d` to `3650d`. Tokens that "+
		"would live longer cannot be created any more, and existing ones stop working; a preview names the machine tokens among them.")
	a.Describe(&v.DefaultRoleID, "The id of the role that new members get: the output `roleId` of a `Role`. Members keep the role "+
		"that they have.")
	a.Describe(&v.DefaultDeploymentRoleID, "The id of the role of deployments whose stack names none: the output `roleId` of a `Role`.")
}

// OrganizationSettingsArgs are the inputs of OrganizationSettings.
type OrganizationSettingsArgs struct {
	ManagedSettings
	Organization *string          `pulumi:"organization,optional"`
	Allow        *[]types.OptIn   `pulumi:"allow,optional"`
	OnForeign    *types.OnForeign `pulumi:"onForeign,optional"`
}

// Annotate describes the inputs.
func (v *OrganizationSettingsArgs) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, kit.OrganizationHelp)
	a.Describe(&v.OnForeign, types.OnForeignHelp)
	a.Describe(&v.Allow, "Risks that are taken deliberately: `lockOut`, to change what the caller's own token depends on so that "+
		"it stops working, or can change these settings no more; `loosenDefaults`, to put back what members hold on every environment although "+
		"environments that are protected from deletion or need an approval would be open to more people.")
}

// OrganizationSettingsState is what OrganizationSettings outputs.
type OrganizationSettingsState struct {
	ManagedSettings
	Organization string            `pulumi:"organization"`
	Allow        *[]types.OptIn    `pulumi:"allow,optional"`
	OnForeign    *types.OnForeign  `pulumi:"onForeign,optional"`
	Previous     map[string]string `pulumi:"previous"`
	Written      map[string]string `pulumi:"written"`
}

// Annotate describes the outputs.
func (v *OrganizationSettingsState) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, "The organization.")
	a.Describe(&v.Allow, "Risks that are taken deliberately.")
	a.Describe(&v.OnForeign, "What to do where an update would replace a value that this resource did not write.")
	a.Describe(&v.Previous, "What each setting was before it was managed, by property; empty text where none was set. A setting that "+
		"leaves the program, and every one when the resource is deleted, is put back to it, unless it is no longer what this resource wrote. "+
		"Kept until the setting reads back restored. Empty after an import.")
	a.Describe(&v.Written, "What this resource last wrote, by property. A setting with another value was changed by somebody else since: it "+
		"is not put back.")
}

// Check validates the inputs.
func (r *OrganizationSettings) Check(
	ctx context.Context, req infer.CheckRequest,
) (infer.CheckResponse[OrganizationSettingsArgs], error) {
	resp, err := checkInputs(ctx, r.Sessions, req, []string{"allow"}, checkOrganizationSettings)
	keepList(&resp.Inputs.Allow)
	return resp, err
}

// Diff compares what is wanted with what is there. The default compares texts: it would take `2160h` for another expiry
// than `90d`.
func (r *OrganizationSettings) Diff(
	ctx context.Context, req infer.DiffRequest[OrganizationSettingsArgs, OrganizationSettingsState],
) (infer.DiffResponse, error) {
	return diffSettings(req.State, req.Inputs, wire.UnknownInputs(ctx)), nil
}

// Create records what the settings are, and sets those that are given.
func (r *OrganizationSettings) Create(
	ctx context.Context, req infer.CreateRequest[OrganizationSettingsArgs],
) (infer.CreateResponse[OrganizationSettingsState], error) {
	organization := ptr.Value(req.Inputs.Organization)
	out := infer.CreateResponse[OrganizationSettingsState]{ID: organization, Output: OrganizationSettingsState{
		ManagedSettings: req.Inputs.ManagedSettings, Organization: organization, Allow: req.Inputs.Allow, OnForeign: req.Inputs.OnForeign,
		Previous: map[string]string{}, Written: map[string]string{},
	}}
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.CreateResponse[OrganizationSettingsState]{}, err
	}
	w := settingsWriter{session: current, organization: organization, unknowns: wire.UnknownInputs(ctx), preview: req.DryRun}
	before := OrganizationSettingsState{Organization: organization}
	if req.DryRun {
		return out, w.foresee(ctx, before, req.Inputs)
	}
	out.Output, err = w.write(ctx, before, req.Inputs)
	return out, err
}

// Read answers what the managed settings are now; at an import, all of them.
func (r *OrganizationSettings) Read(
	ctx context.Context, req infer.ReadRequest[OrganizationSettingsArgs, OrganizationSettingsState],
) (infer.ReadResponse[OrganizationSettingsArgs, OrganizationSettingsState], error) {
	none := infer.ReadResponse[OrganizationSettingsArgs, OrganizationSettingsState]{}
	id, err := kit.SplitID(req.ID, 1, "organization")
	if err != nil {
		return none, err
	}
	current, err := r.Sessions(ctx)
	if err != nil {
		return none, err
	}
	live, err := current.Client.Organization(ctx, id[0])
	if err != nil {
		return none, err // an organization is not gone because a token does not see it
	}
	now := liveSettings(live)
	if req.State.Organization != "" { // a refresh
		now = now.only(req.State.managed())
	}
	state := OrganizationSettingsState{
		ManagedSettings: now.settings(req.Inputs.ManagedSettings), Organization: id[0], Allow: req.Inputs.Allow,
		OnForeign: req.Inputs.OnForeign, Previous: kit.Recorded(req.State.Previous), Written: kit.Recorded(req.State.Written),
	}
	return infer.ReadResponse[OrganizationSettingsArgs, OrganizationSettingsState]{
		ID: id[0], State: state, Inputs: OrganizationSettingsArgs{
			ManagedSettings: state.ManagedSettings, Organization: &state.Organization, Allow: state.Allow, OnForeign: state.OnForeign,
		},
	}, nil
}

// Update sets what is given, records what newly given settings were, and puts back those that are given no more.
func (r *OrganizationSettings) Update(
	ctx context.Context, req infer.UpdateRequest[OrganizationSettingsArgs, OrganizationSettingsState],
) (infer.UpdateResponse[OrganizationSettingsState], error) {
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.UpdateResponse[OrganizationSettingsState]{}, err
	}
	w := settingsWriter{session: current, organization: req.State.Organization, unknowns: wire.UnknownInputs(ctx), preview: req.DryRun}
	if req.DryRun {
		next := OrganizationSettingsState{
			ManagedSettings: req.Inputs.ManagedSettings, Organization: req.State.Organization, Allow: req.Inputs.Allow,
			OnForeign: req.Inputs.OnForeign, Previous: kit.Recorded(req.State.Previous), Written: kit.Recorded(req.State.Written),
		}
		return infer.UpdateResponse[OrganizationSettingsState]{Output: next}, w.foresee(ctx, req.State, req.Inputs)
	}
	reached, err := w.write(ctx, req.State, req.Inputs)
	return infer.UpdateResponse[OrganizationSettingsState]{Output: reached}, err
}

// Delete puts back what the settings were before they were managed, where they still are what this resource wrote.
func (r *OrganizationSettings) Delete(
	ctx context.Context, req infer.DeleteRequest[OrganizationSettingsState],
) (infer.DeleteResponse, error) {
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.DeleteResponse{}, err
	}
	w := settingsWriter{session: current, organization: req.State.Organization, deleting: true}
	_, err = w.write(ctx, req.State, OrganizationSettingsArgs{Allow: req.State.Allow})
	return infer.DeleteResponse{}, err
}

// foresee refuses what would lock the caller out, and names what an update would stop from working. What cannot be read is
// left to the up.
func (w *settingsWriter) foresee(
	ctx context.Context, state OrganizationSettingsState, want OrganizationSettingsArgs,
) error {
	if w.organization == "" {
		return nil // not known yet
	}
	live, err := w.session.Client.Organization(ctx, w.organization)
	if err != nil {
		wire.Log(ctx).Warningf("organization %q: what an update would change could not be read: %v", w.organization, err)
		return nil
	}
	changes, left := w.changes(liveSettings(live), state, want)
	w.warnLeft(ctx, left)
	if err := w.foreign(ctx, liveSettings(live), changes, state, want); err != nil {
		return err
	}
	if refused := asLockOut(w.refuseLockOut(ctx, live, changes, want.Allow)); refused != nil {
		return refused
	}
	if err := w.refuseLoosening(ctx, liveSettings(live), changes, want, false); err != nil {
		return err
	}
	w.warn(ctx, live, changes)
	return nil
}

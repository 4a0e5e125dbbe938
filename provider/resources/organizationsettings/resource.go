// Package organizationsettings is the resource OrganizationSettings: those of an organization's settings that a program sets.
package organizationsettings

import (
	"context"
	_ "embed" // the page

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed organizationsettings.md
var docs string

// Resource owns those of an organization's settings that are set, and no others.
type Resource struct {
	kit.Managed[Args, State, kit.None]
}

var _ infer.CustomResource[Args, State] = (*Resource)(nil)

// New returns the resource.
func New(sessions session.Source) *Resource {
	return &Resource{kit.New(sessions, kit.Spec[Args, State, kit.None]{
		Noun:   "settings of organization",
		Name:   func(v State) string { return v.Organization },
		ID:     func(v State) string { return v.Organization },
		IDForm: "organization",

		Sets:  []string{"allow"},
		Rules: check,
		Diff:  kit.Compare(diff),

		PreviewCreate: func(ctx context.Context, op kit.Op, want Args) (State, error) {
			return preview(ctx, op, unmanaged(want), want)
		},
		Create: func(ctx context.Context, op kit.Op, want Args) (*State, error) {
			return write(ctx, op, unmanaged(want), want)
		},
		Read:          read,
		Planned:       plannedAccess,
		PreviewUpdate: preview,
		Update:        write,
		Delete:        restore,
	})}
}

// Annotate describes the resource.
func (r *Resource) Annotate(a infer.Annotator) {
	a.SetToken("index", "OrganizationSettings")
	a.Describe(r, docs)
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
	PermissionMode               *types.PermissionMode               `pulumi:"permissionMode,optional"`
}

// Annotate describes the settings.
func (v *ManagedSettings) Annotate(a infer.Annotator) {
	a.Describe(&v.DefaultStackPermission, "What members hold on every stack, now and later. It reaches holders of the built-in "+
		"Member role and, unless the organization is restricted, every team token, not holders of another role.")
	a.Describe(&v.DefaultEnvironmentPermission, "What members hold on every ESC environment, now and later. It reaches holders "+
		"of the built-in Member role and, unless the organization is restricted, every team token, not holders of another role.")
	a.Describe(&v.DefaultAccountPermission, "What members hold on every Insights account, now and later. It reaches holders of "+
		"the built-in Member role and, unless the organization is restricted, every team token, not holders of another role.")
	a.Describe(&v.MembersCanCreateStacks, "Whether members may create stacks. Who creates one administers it for good.")
	a.Describe(&v.MembersCanCreateTeams, "Whether members may create teams.")
	a.Describe(&v.MembersCanCreateAccounts, "Whether members may create Insights accounts.")
	a.Describe(&v.MembersCanTransferStacks, "Whether members may transfer stacks to other organizations.")
	a.Describe(&v.MembersCanDeleteStacks, "Whether members may delete stacks.")
	a.Describe(&v.MaxAccessTokenExpiry, "The longest that an access token may live, in whole days: `1d` to `3650d`. Tokens that "+
		"would live longer cannot be created any more, and existing ones stop working; a preview names the machine tokens among them.")
	a.Describe(&v.DefaultRoleID, "The id of the role that new members get: the output `roleId` of a `Role`, or the id of the built-in Reader, "+
		"Builder, Maintainer or Member. Members who follow the default role, and organization tokens without a role, get it at once; a preview "+
		"names them, and what they gain and lose. Members with a role of their own keep it.")
	a.Describe(&v.DefaultDeploymentRoleID, "The id of the role of deployments whose stack names none: the output `roleId` of a `Role`.")
	a.Describe(&v.PermissionMode, "How strictly the organization limits what it runs on its behalf. A preview of a change to `restricted` names "+
		"the deployments and the team tokens that it stops. An organization that was created restricted stays so.")
}

// Args are the inputs of OrganizationSettings.
type Args struct {
	ManagedSettings
	Organization *string          `pulumi:"organization,optional"`
	Allow        *[]types.OptIn   `pulumi:"allow,optional"`
	OnForeign    *types.OnForeign `pulumi:"onForeign,optional"`
}

// Annotate describes the inputs.
func (v *Args) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, kit.OrganizationHelp)
	a.Describe(&v.OnForeign, types.OnForeignHelp)
	a.Describe(&v.Allow, "Risks that are taken deliberately: `lockOut`, to change what the caller's own token depends on so that "+
		"it stops working, or can change these settings no more; `loosenDefaults`, to put back what members hold on every environment although "+
		"environments that are protected from deletion or need an approval would be open to more people.")
}

// State is what OrganizationSettings outputs.
type State struct {
	Organization string `pulumi:"organization"`
	Args
	Previous map[string]string `pulumi:"previous"`
	Written  map[string]string `pulumi:"written"`
}

// Annotate describes the outputs.
func (v *State) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, "The organization.")
	a.Describe(&v.Allow, "Risks that are taken deliberately.")
	a.Describe(&v.OnForeign, "What to do where an update would replace a value that this resource did not write.")
	a.Describe(&v.Previous, "What each setting was before it was managed, by property; empty text where none was set. A setting that "+
		"leaves the program, and every one when the resource is deleted, is put back to it, unless it is no longer what this resource wrote. "+
		"Kept until the setting reads back restored. Empty after an import.")
	a.Describe(&v.Written, "What this resource last wrote, by property. A setting with another value was changed by somebody else since: it "+
		"is not put back.")
}

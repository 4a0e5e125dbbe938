// Package role is the resource Role: a custom role, and everything that it grants.
package role

import (
	"context"
	_ "embed" // the page
	"fmt"

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

//go:embed role.md
var docs string

// Resource owns a custom role, and everything that it grants.
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
		Noun:   "role",
		Name:   func(v State) string { return v.Name },
		ID:     func(v State) string { return records.ID(v.Organization, v.RoleID) },
		IDForm: records.IDForm,

		Sets: []string{
			"access.stacks", "access.stacks[].scopes", "access.environments", "access.environments[].scopes",
			"access.accounts", "access.accounts[].scopes", "access.scopes", "allow",
		},
		Rules: check,
		Diff:  diff,

		PreviewCreate: previewCreate,
		Create: func(ctx context.Context, op kit.Op, want Args) (*State, error) {
			if err := decideScopes(ctx, op, ptr.Value(want.Organization), want); err != nil {
				return nil, err
			}
			return writerOf(op, ptr.Value(want.Organization)).create(ctx, want)
		},
		Look:          records.Look,
		Read:          read,
		PreviewUpdate: previewUpdate,
		Update: func(ctx context.Context, op kit.Op, before State, want Args) (*State, error) {
			if err := decideScopes(ctx, op, before.Organization, want); err != nil {
				return nil, err
			}
			if err := refuseOwnLockOut(ctx, op.Session, before, want); err != nil {
				return nil, err
			}
			return writerOf(op, before.Organization).update(ctx, before, want)
		},
		Planned: plannedAccess,
		Remove: func(ctx context.Context, op kit.Op, state State, _ cloud.Role) error {
			err := op.Session.Client.DeleteRole(context.WithoutCancel(ctx), state.Organization, state.RoleID)
			return explainHeld(ctx, op.Session.Client, state, err)
		},
		Seen:  seen,
		Stays: ": run again, and if it stays, delete it in the console",
	})}
}

// Annotate describes the resource.
func (r *Resource) Annotate(a infer.Annotator) {
	a.SetToken("index", "Role")
	a.Describe(r, docs)
}

// Args are the inputs of a Role.
type Args struct {
	Organization *string        `pulumi:"organization,optional"`
	Name         string         `pulumi:"name"`
	Description  *string        `pulumi:"description,optional"`
	Access       types.Access   `pulumi:"access"`
	Allow        *[]types.OptIn `pulumi:"allow,optional"`
}

// Annotate describes the inputs.
func (v *Args) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, kit.OrganizationHelp)
	a.Describe(&v.Name, "The role's name, unique among the organization's roles. It can be changed in place.")
	a.Describe(&v.Description, "What the role is for.")
	a.Describe(&v.Access, "What the role grants. At least one rule or scope is needed: a role that grants nothing is not made.")
	a.Describe(&v.Allow, "Risks that are taken deliberately: `openOnAll`, to let holders open every environment; "+
		"`stackAdminForPeople`, which a component hands down with the rest, for a role that people hold; "+
		"`lockOut`, to take from the role what makes it the caller's last way to administer the organization.")
}

// State is what a Role outputs.
type State struct {
	Organization string `pulumi:"organization"`
	Args
	RoleID       string            `pulumi:"roleId"`
	Scopes       []string          `pulumi:"scopes"`
	Unrecognized []string          `pulumi:"unrecognized"`
	PolicyID     string            `pulumi:"policyId"`
	EntityIDs    map[string]string `pulumi:"entityIds"`
	SetIDs       map[string]string `pulumi:"setIds"`
}

// Annotate describes the outputs.
func (v *State) Annotate(a infer.Annotator) {
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

// WireDependencies keeps the ids that never change known in previews of updates. At the preview of a create there are
// none yet.
func (r *Resource) WireDependencies(f infer.FieldSelector, _ *Args, state *State) {
	if state.RoleID != "" {
		f.OutputField(&state.RoleID).AlwaysKnown()
		f.OutputField(&state.PolicyID).AlwaysKnown()
	}
}

func check(ctx context.Context, op kit.Op, v Args) problem.List {
	problems := types.CheckName("name", v.Name)
	problems = append(problems, op.Session.CheckScopes(ctx, ptr.Value(v.Organization), v.checkAccess)...)
	return append(problems, types.CheckOptIns("Role", ptr.Value(v.Allow))...)
}

func (v Args) checkAccess(catalogue access.Catalogue) problem.List {
	rules, malformed := v.Access.Rules()
	options := access.CheckOptions{Catalogue: catalogue}
	for _, optIn := range ptr.Value(v.Allow) {
		options.Allow = append(options.Allow, access.Allow(optIn))
	}
	return append(malformed, rules.Check(options)...).Under("access")
}

func decideScopes(ctx context.Context, op kit.Op, organization string, want Args) error {
	return op.Session.DecideScopes(ctx, fmt.Sprintf("role %q", want.Name), organization, want.checkAccess)
}

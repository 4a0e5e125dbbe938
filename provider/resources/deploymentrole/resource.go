// Package deploymentrole is the resource DeploymentRole: the role and the cloud logins of a stack's deployments.
package deploymentrole

import (
	"context"
	_ "embed" // the page

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed deploymentrole.md
var docs string

// Resource owns the role and the OIDC configuration in one stack's deployment settings, and nothing else in them.
type Resource struct {
	kit.Managed[Args, State, kit.None]
}

var _ infer.CustomResource[Args, State] = (*Resource)(nil)

// New returns the resource.
func New(sessions session.Source) *Resource {
	return &Resource{kit.New(sessions, kit.Spec[Args, State, kit.None]{
		Noun:   "deployment settings of stack",
		Name:   func(v State) string { return v.Project + "/" + v.Stack },
		ID:     func(v State) string { return kit.JoinID(v.Organization, v.Project, v.Stack) },
		IDForm: "organization/project/stack",

		Sets:  []string{"oidc.aws.policyArns"},
		Rules: check,
		Diff:  kit.Compare(diff),

		PreviewCreate: previewCreate,
		Create:        create,
		Read:          read,
		PreviewUpdate: previewUpdate,
		Update:        update,
		Planned:       plannedAccess,
		Delete: func(ctx context.Context, op kit.Op, state State) error {
			return writerOf(op, state).restore(ctx)
		},
	})}
}

// Annotate describes the resource.
func (r *Resource) Annotate(a infer.Annotator) {
	a.SetToken("index", "DeploymentRole")
	a.Describe(r, docs)
}

// Args are the inputs of a DeploymentRole.
type Args struct {
	Organization *string               `pulumi:"organization,optional"`
	Project      string                `pulumi:"project"`
	Stack        string                `pulumi:"stack"`
	RoleID       *string               `pulumi:"roleId,optional"`
	OIDC         *types.DeploymentOIDC `pulumi:"oidc,optional"`
	OnForeign    *types.OnForeign      `pulumi:"onForeign,optional"`
}

const (
	roleHelp = "The id of the role that the stack's deployments run with: the output `roleId` of a `Role`. Omitted, no role " +
		"is set, and the organization's default deployment role applies, if it has one."
	oidcHelp = "The cloud logins of the stack's deployments. Omitted, there are none."
)

// Annotate describes the inputs.
func (v *Args) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, kit.OrganizationHelp)
	a.Describe(&v.Project, "The stack's project. Changing it moves to another stack's settings.")
	a.Describe(&v.Stack, "The stack's name, without organization and project. The stack must exist. Changing it moves to another "+
		"stack's settings.")
	a.Describe(&v.RoleID, roleHelp)
	a.Describe(&v.OIDC, oidcHelp)
	a.Describe(&v.OnForeign, types.OnForeignHelp)
}

// State is what a DeploymentRole outputs.
type State struct {
	Organization string `pulumi:"organization"`
	Args
	Unrecognized []string                  `pulumi:"unrecognized"`
	Previous     *types.DeploymentPrevious `pulumi:"previous,optional"`
	Written      map[string]string         `pulumi:"written"`
}

// Annotate describes the outputs.
func (v *State) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, "The organization that the stack belongs to.")
	a.Describe(&v.Project, "The stack's project.")
	a.Describe(&v.Stack, "The stack's name.")
	a.Describe(&v.RoleID, "The id of the role that the stack's deployments run with.")
	a.Describe(&v.OIDC, "The cloud logins of the stack's deployments.")
	a.Describe(&v.Unrecognized, "OIDC configuration that was found at the last refresh and cannot be given here, because somebody set it "+
		"elsewhere: one line each. The next update removes it. Empty after every update.")
	a.Describe(&v.OnForeign, "What to do where an update would replace a value that this resource did not write.")
	a.Describe(&v.Previous, "What was there before this resource was created, apart from what is the same as this resource wrote; deleting it "+
		"puts that back, where it still is what this resource wrote. Absent after an import.")
	a.Describe(&v.Written, "What this resource last wrote, or found at its import: the id of the role, and for each cloud a digest of the login. "+
		"What is another by then was changed by somebody else: a delete leaves it.")
}

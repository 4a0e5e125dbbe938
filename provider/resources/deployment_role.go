package resources

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// DeploymentRole owns the role and the OIDC configuration in one stack's deployment settings, and nothing else in them.
type DeploymentRole struct {
	kit.Managed[DeploymentRoleArgs, DeploymentRoleState, kit.None]
}

var _ infer.CustomResource[DeploymentRoleArgs, DeploymentRoleState] = (*DeploymentRole)(nil)

// NewDeploymentRole returns the resource.
func NewDeploymentRole(sessions session.Source) *DeploymentRole {
	return &DeploymentRole{kit.New(sessions, kit.Spec[DeploymentRoleArgs, DeploymentRoleState, kit.None]{
		Noun:   "deployment settings of stack",
		Name:   func(v DeploymentRoleState) string { return v.Project + "/" + v.Stack },
		ID:     func(v DeploymentRoleState) string { return kit.JoinID(v.Organization, v.Project, v.Stack) },
		IDForm: "organization/project/stack",

		Sets:  []string{"oidc.aws.policyArns"},
		Rules: checkDeploymentRole,
		Diff:  kit.Compare(diffDeployment),

		PreviewCreate: previewDeployment,
		Create:        createDeployment,
		Read:          readDeploymentRole,
		PreviewUpdate: previewDeploymentUpdate,
		Update:        updateDeployment,
		Delete: func(ctx context.Context, op kit.Op, state DeploymentRoleState) error {
			return deploymentWriterOf(op, state).restore(ctx)
		},
	})}
}

// Annotate describes the resource.
func (r *DeploymentRole) Annotate(a infer.Annotator) {
	a.SetToken("index", "DeploymentRole")
	a.Describe(r, deploymentRoleDocs)
}

// DeploymentRoleArgs are the inputs of a DeploymentRole.
type DeploymentRoleArgs struct {
	Organization *string               `pulumi:"organization,optional"`
	Project      string                `pulumi:"project"`
	Stack        string                `pulumi:"stack"`
	RoleID       *string               `pulumi:"roleId,optional"`
	OIDC         *types.DeploymentOIDC `pulumi:"oidc,optional"`
	OnForeign    *types.OnForeign      `pulumi:"onForeign,optional"`
}

const (
	deploymentRoleHelp = "The id of the role that the stack's deployments run with: the output `roleId` of a `Role`. Omitted, no role " +
		"is set, and the organization's default deployment role applies, if it has one."
	deploymentOIDCHelp = "The cloud logins of the stack's deployments. Omitted, there are none."
)

// Annotate describes the inputs.
func (v *DeploymentRoleArgs) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, kit.OrganizationHelp)
	a.Describe(&v.Project, "The stack's project. Changing it moves to another stack's settings.")
	a.Describe(&v.Stack, "The stack's name, without organization and project. The stack must exist. Changing it moves to another "+
		"stack's settings.")
	a.Describe(&v.RoleID, deploymentRoleHelp)
	a.Describe(&v.OIDC, deploymentOIDCHelp)
	a.Describe(&v.OnForeign, types.OnForeignHelp)
}

// DeploymentRoleState is what a DeploymentRole outputs.
type DeploymentRoleState struct {
	Organization string `pulumi:"organization"`
	DeploymentRoleArgs
	Unrecognized []string                  `pulumi:"unrecognized"`
	Previous     *types.DeploymentPrevious `pulumi:"previous,optional"`
	Written      map[string]string         `pulumi:"written"`
}

// Annotate describes the outputs.
func (v *DeploymentRoleState) Annotate(a infer.Annotator) {
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

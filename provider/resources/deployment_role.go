package resources

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
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

func checkDeploymentRole(_ context.Context, _ kit.Op, v DeploymentRoleArgs) problem.List {
	problems := append(types.CheckName("project", v.Project), types.CheckName("stack", v.Stack)...)
	problems = append(problems, types.CheckOneOf("onForeign", v.OnForeign)...)
	problems = append(problems, types.CheckRoleID("roleId", v.RoleID)...)
	if v.OIDC != nil {
		problems.AddUnder("oidc", v.OIDC.Check())
	}
	return problems
}

func deploymentWriterOf(op kit.Op, state DeploymentRoleState) *deploymentWriter {
	return &deploymentWriter{session: op.Session, state: state}
}

func previewDeployment(ctx context.Context, op kit.Op, want DeploymentRoleArgs) (DeploymentRoleState, error) {
	state := wantedDeployment(want)
	planned := state
	planned.Previous = &types.DeploymentPrevious{} // so that it shows as an output that comes
	if kit.JoinID(state.Organization, state.Project, state.Stack) == "" {
		return planned, nil
	}
	return planned, deploymentWriterOf(op, state).warnReplaced(ctx)
}

func createDeployment(ctx context.Context, op kit.Op, want DeploymentRoleArgs) (*DeploymentRoleState, error) {
	w := deploymentWriterOf(op, wantedDeployment(want))
	err := w.create(ctx)
	return kit.Reached(w.state, err)
}

func readDeploymentRole(
	ctx context.Context, op kit.Op, id []string, _ kit.None, before kit.Before[DeploymentRoleArgs, DeploymentRoleState],
) (*kit.Found[DeploymentRoleArgs, DeploymentRoleState], error) {
	state := DeploymentRoleState{Organization: id[0], Previous: before.State.Previous}
	state.Project, state.Stack = id[1], id[2]
	imported, w := before.State.Stack == "", deploymentWriterOf(op, state)
	live, err := w.read(ctx, before.State)
	switch {
	case cloud.IsNotFound(err) && imported:
		return nil, w.nothingToImport(ctx)
	case err != nil:
		return nil, kit.Missing(err)
	}
	now := readDeployment(state, live, before.Inputs)
	now.OnForeign, now.Written = before.State.OnForeign, kit.Recorded(before.State.Written)
	if imported { // what exists counts as this resource's
		now.Written = now.written()
	}
	return &kit.Found[DeploymentRoleArgs, DeploymentRoleState]{Inputs: now.inputs(), State: now}, nil
}

func nextDeployment(before DeploymentRoleState, want DeploymentRoleArgs) DeploymentRoleState {
	next := wantedDeployment(want)
	next.Organization, next.Previous, next.Written = before.Organization, before.Previous, kit.Recorded(before.Written)
	return next
}

// previewDeploymentUpdate names what was set elsewhere and would be removed.
func previewDeploymentUpdate(
	ctx context.Context, op kit.Op, before DeploymentRoleState, want DeploymentRoleArgs,
) (DeploymentRoleState, error) {
	next := nextDeployment(before, want)
	theirs := setByOthers(before, next)
	if len(theirs) > 0 && next.OnForeign.Refuses() {
		return next, refuseForeign(next, theirs)
	}
	w := deploymentWriterOf(op, next)
	kit.WarnRemovals(ctx, fmt.Sprintf("deployment settings of stack %s: an update would remove, as it was set elsewhere:", w.stack()), theirs)
	if next.RoleID != nil && *next.RoleID != next.Written[rolePart] {
		if live, err := w.settings(ctx); err == nil { // the update reports the error
			w.warnPullRequests(ctx, live)
		}
	}
	return next, nil
}

func updateDeployment(
	ctx context.Context, op kit.Op, before DeploymentRoleState, want DeploymentRoleArgs,
) (*DeploymentRoleState, error) {
	w := deploymentWriterOf(op, nextDeployment(before, want))
	w.before, w.state.Written = before.Written, w.state.written()
	err := w.update(ctx)
	return kit.Reached(w.state, err)
}

// warnPullRequests says that the role is given to previews of pull requests as well, where the stack has them: what operations a
// cloud login admits does not narrow the role.
func (w *deploymentWriter) warnPullRequests(ctx context.Context, live cloud.DeploymentSettings) {
	if live.PullRequests && w.state.RoleID != nil {
		wire.Log(ctx).Warningf("deployment settings of stack %s: pull requests start previews of it, and those run with this role as well: "+
			"whoever can open a pull request can run code with what the role allows. The operations of a cloud login narrow the login, not the "+
			"role. Give the role no more than a preview may have, or turn previewPullRequests off", w.stack())
	}
}

// warnReplaced shows at preview what somebody else has set and an update would replace. It fails only where that is not to be.
func (w *deploymentWriter) warnReplaced(ctx context.Context) error {
	live, err := w.settings(ctx)
	if cloud.IsNotFound(err) {
		err = w.stackExists(ctx)
	}
	if err != nil {
		wire.Log(ctx).Warningf("deployment settings of stack %s: what an update would change could not be read: %v", w.stack(), err)
		return nil
	}
	w.warnPullRequests(ctx, live)
	theirs := w.replaced(ctx, live)
	if len(theirs) > 0 && w.state.OnForeign.Refuses() {
		return refuseForeign(w.state, theirs)
	}
	kit.WarnRemovals(ctx, fmt.Sprintf("deployment settings of stack %s: an update would replace, and a later destroy put back:", w.stack()), theirs)
	return nil
}

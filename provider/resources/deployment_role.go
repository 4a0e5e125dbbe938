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
type DeploymentRole struct{ Sessions session.Source }

var (
	_ infer.CustomCheck[DeploymentRoleArgs]                       = (*DeploymentRole)(nil)
	_ infer.CustomDiff[DeploymentRoleArgs, DeploymentRoleState]   = (*DeploymentRole)(nil)
	_ infer.CustomCreate[DeploymentRoleArgs, DeploymentRoleState] = (*DeploymentRole)(nil)
	_ infer.CustomRead[DeploymentRoleArgs, DeploymentRoleState]   = (*DeploymentRole)(nil)
	_ infer.CustomUpdate[DeploymentRoleArgs, DeploymentRoleState] = (*DeploymentRole)(nil)
	_ infer.CustomDelete[DeploymentRoleState]                     = (*DeploymentRole)(nil)
)

// Annotate describes the resource.
func (r *DeploymentRole) Annotate(a infer.Annotator) {
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
	Organization string                    `pulumi:"organization"`
	Project      string                    `pulumi:"project"`
	Stack        string                    `pulumi:"stack"`
	RoleID       *string                   `pulumi:"roleId,optional"`
	OIDC         *types.DeploymentOIDC     `pulumi:"oidc,optional"`
	OnForeign    *types.OnForeign          `pulumi:"onForeign,optional"`
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

const deploymentIDForm = "organization/project/stack"

func deploymentID(organization, project, stack string) string {
	if organization == "" || project == "" || stack == "" {
		return "" // not known yet
	}
	return organization + "/" + project + "/" + stack
}

// Check validates the inputs.
func (r *DeploymentRole) Check(
	ctx context.Context, req infer.CheckRequest,
) (infer.CheckResponse[DeploymentRoleArgs], error) {
	resp, err := checkInputs(ctx, r.Sessions, req, []string{"oidc.aws.policyArns"}, checkDeploymentRole)
	return resp, err
}

func checkDeploymentRole(_ *session.Session, v DeploymentRoleArgs) problem.List {
	problems := append(types.CheckName("project", v.Project), types.CheckName("stack", v.Stack)...)
	problems = append(problems, types.CheckOneOf("onForeign", v.OnForeign)...)
	problems = append(problems, types.CheckRoleID("roleId", v.RoleID)...)
	if v.OIDC != nil {
		problems.AddUnder("oidc", v.OIDC.Check())
	}
	return problems
}

// Diff compares what is wanted with what is there. The default compares inputs as texts: it would see neither what was
// set in the console, nor that two ways of writing a duration are one.
func (r *DeploymentRole) Diff(
	ctx context.Context, req infer.DiffRequest[DeploymentRoleArgs, DeploymentRoleState],
) (infer.DiffResponse, error) {
	return diffDeployment(req.State, req.Inputs, wire.UnknownInputs(ctx)), nil
}

// Create records what is there, and sets role and logins.
func (r *DeploymentRole) Create(
	ctx context.Context, req infer.CreateRequest[DeploymentRoleArgs],
) (infer.CreateResponse[DeploymentRoleState], error) {
	state := wantedDeployment(req.Inputs)
	out := infer.CreateResponse[DeploymentRoleState]{
		ID: deploymentID(state.Organization, state.Project, state.Stack), Output: state,
	}
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.CreateResponse[DeploymentRoleState]{}, err
	}
	w := deploymentWriter{session: current, state: state}
	if req.DryRun {
		out.Output.Previous = &types.DeploymentPrevious{} // so that it shows as an output that comes
		if out.ID == "" {
			return out, nil
		}
		return out, w.warnReplaced(ctx)
	}
	err = w.create(ctx)
	out.Output = w.state
	return out, err
}

// Read answers what is set now.
func (r *DeploymentRole) Read(
	ctx context.Context, req infer.ReadRequest[DeploymentRoleArgs, DeploymentRoleState],
) (infer.ReadResponse[DeploymentRoleArgs, DeploymentRoleState], error) {
	gone := infer.ReadResponse[DeploymentRoleArgs, DeploymentRoleState]{}
	id, err := kit.SplitID(req.ID, 3, deploymentIDForm)
	if err != nil {
		return gone, err
	}
	current, err := r.Sessions(ctx)
	if err != nil {
		return gone, err
	}
	state := DeploymentRoleState{Organization: id[0], Project: id[1], Stack: id[2], Previous: req.State.Previous}
	w := deploymentWriter{session: current, state: state}
	live, err := w.read(ctx, req.State)
	if cloud.IsNotFound(err) && req.State.Stack == "" {
		return gone, w.nothingToImport(ctx)
	}
	if err != nil {
		return gone, kit.RequireSight(ctx, current, id[0], err)
	}
	now := readDeployment(state, live, req.Inputs)
	now.OnForeign, now.Written = req.State.OnForeign, kit.Recorded(req.State.Written)
	if req.State.Stack == "" { // an import: what is there counts as this resource's
		now.Written = now.written()
	}
	return infer.ReadResponse[DeploymentRoleArgs, DeploymentRoleState]{
		ID: deploymentID(id[0], id[1], id[2]), Inputs: now.inputs(), State: now,
	}, nil
}

// Update sets role and logins, and removes what is not wanted.
func (r *DeploymentRole) Update(
	ctx context.Context, req infer.UpdateRequest[DeploymentRoleArgs, DeploymentRoleState],
) (infer.UpdateResponse[DeploymentRoleState], error) {
	next := wantedDeployment(req.Inputs)
	next.Organization, next.Previous, next.Written = req.State.Organization, req.State.Previous, kit.Recorded(req.State.Written)
	if req.DryRun {
		if theirs := setByOthers(req.State, next); len(theirs) > 0 && next.OnForeign.Refuses() {
			return infer.UpdateResponse[DeploymentRoleState]{}, refuseForeign(next, theirs)
		}
		kit.WarnRemovals(ctx, fmt.Sprintf("deployment settings of stack %s/%s: an update would remove, as it was set elsewhere:",
			next.Project, next.Stack), setByOthers(req.State, next))
		if next.RoleID != nil && *next.RoleID != next.Written[rolePart] {
			r.warnPullRequests(ctx, next)
		}
		return infer.UpdateResponse[DeploymentRoleState]{Output: next}, nil
	}
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.UpdateResponse[DeploymentRoleState]{}, err
	}
	next.Written = next.written()
	w := deploymentWriter{session: current, state: next, before: req.State.Written}
	return infer.UpdateResponse[DeploymentRoleState]{Output: next}, w.update(ctx)
}

// Delete puts back what was there before in place of what this resource wrote, and confirms it. Settings that are gone are done.
func (r *DeploymentRole) Delete(
	ctx context.Context, req infer.DeleteRequest[DeploymentRoleState],
) (infer.DeleteResponse, error) {
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.DeleteResponse{}, err
	}
	w := deploymentWriter{session: current, state: req.State}
	return infer.DeleteResponse{}, w.restore(ctx)
}

// warnPullRequests reads the settings for what their pull requests would get. It never fails.
func (r *DeploymentRole) warnPullRequests(ctx context.Context, state DeploymentRoleState) {
	current, err := r.Sessions(ctx)
	if err != nil {
		return // the update says it
	}
	w := deploymentWriter{session: current, state: state}
	if live, err := w.settings(ctx); err == nil {
		w.warnPullRequests(ctx, live)
	}
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

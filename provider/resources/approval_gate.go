package resources

import (
	"context"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/approval"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// ApprovalGate owns one approval rule on an environment.
type ApprovalGate struct{ Sessions session.Source }

var (
	_ infer.CustomCheck[ApprovalGateArgs]                     = (*ApprovalGate)(nil)
	_ infer.CustomDiff[ApprovalGateArgs, ApprovalGateState]   = (*ApprovalGate)(nil)
	_ infer.CustomCreate[ApprovalGateArgs, ApprovalGateState] = (*ApprovalGate)(nil)
	_ infer.CustomRead[ApprovalGateArgs, ApprovalGateState]   = (*ApprovalGate)(nil)
	_ infer.CustomUpdate[ApprovalGateArgs, ApprovalGateState] = (*ApprovalGate)(nil)
	_ infer.CustomDelete[ApprovalGateState]                   = (*ApprovalGate)(nil)

	_ infer.ExplicitDependencies[ApprovalGateArgs, ApprovalGateState] = (*ApprovalGate)(nil)
)

// Annotate describes the resource.
func (r *ApprovalGate) Annotate(a infer.Annotator) {
	a.Describe(r, approvalGateDocs)
}

// ApprovalGateArgs are the inputs of an ApprovalGate.
type ApprovalGateArgs struct {
	Organization              *string          `pulumi:"organization,optional" provider:"replaceOnChanges"`
	Project                   string           `pulumi:"project" provider:"replaceOnChanges"`
	Environment               string           `pulumi:"environment" provider:"replaceOnChanges"`
	Name                      *string          `pulumi:"name,optional"`
	Action                    types.GateAction `pulumi:"action" provider:"replaceOnChanges"`
	Approvers                 types.Approvers  `pulumi:"approvers"`
	RequiredApprovals         *int             `pulumi:"requiredApprovals,optional"`
	AllowSelfApproval         *bool            `pulumi:"allowSelfApproval,optional"`
	RequireReapprovalOnChange *bool            `pulumi:"requireReapprovalOnChange,optional"`
	Enabled                   *bool            `pulumi:"enabled,optional"`
	Requesters                *[]string        `pulumi:"requesters,optional"`
	TakeOver                  *bool            `pulumi:"takeOver,optional"`
}

// Annotate describes the inputs.
func (v *ApprovalGateArgs) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, organizationHelp)
	a.Describe(&v.Project, "The project of the environment that is guarded. Changing it makes another gate.")
	a.Describe(&v.Environment, "The name of the environment that is guarded. It must exist. Changing it makes another gate.")
	a.Describe(&v.Name, "The gate's name, for people. Default: the action and the environment, such as `open payments/prod`.")
	a.Describe(&v.Action, "What needs the approval. Changing it makes another gate; for both, make two gates.")
	a.Describe(&v.Approvers, types.ApproversHelp)
	a.Describe(&v.RequiredApprovals, types.RequiredApprovalsHelp)
	a.Describe(&v.AllowSelfApproval, types.AllowSelfApprovalHelp)
	a.Describe(&v.RequireReapprovalOnChange, types.ReapprovalHelp)
	a.Describe(&v.Enabled, types.GateEnabledHelp)
	a.Describe(&v.Requesters, "Logins of those who will ask. They are not counted among who could approve, and none of them may be named "+
		"as an approver. It is used for that check alone: whoever may do what is guarded can ask.")
	a.Describe(&v.TakeOver, "Whether to take over a gate that is exactly the same and exists already, instead of failing. It goes with "+
		"`gates` of `Environment`, which creates the gate first, and with the resource option `deletedWith`, after which a gate can outlive a "+
		"deletion that failed. Default: false.")
}

// ApprovalGateState is what an ApprovalGate outputs.
type ApprovalGateState struct {
	Organization              string           `pulumi:"organization"`
	Project                   string           `pulumi:"project"`
	Environment               string           `pulumi:"environment"`
	Name                      string           `pulumi:"name"`
	Action                    types.GateAction `pulumi:"action"`
	Approvers                 types.Approvers  `pulumi:"approvers"`
	RequiredApprovals         int              `pulumi:"requiredApprovals"`
	AllowSelfApproval         bool             `pulumi:"allowSelfApproval"`
	RequireReapprovalOnChange bool             `pulumi:"requireReapprovalOnChange"`
	Enabled                   bool             `pulumi:"enabled"`
	Requesters                *[]string        `pulumi:"requesters,optional"`
	GateID                    string           `pulumi:"gateId"`
	Unrecognized              []string         `pulumi:"unrecognized"`
}

// Annotate describes the outputs.
func (v *ApprovalGateState) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, "The organization that the gate belongs to.")
	a.Describe(&v.Project, "The project of the environment that is guarded.")
	a.Describe(&v.Environment, "The name of the environment that is guarded.")
	a.Describe(&v.Name, "The gate's name.")
	a.Describe(&v.Action, "What needs the approval.")
	a.Describe(&v.Approvers, types.ApproversHelp)
	a.Describe(&v.RequiredApprovals, "How many people must approve.")
	a.Describe(&v.AllowSelfApproval, "Whether people may approve what they asked for themselves.")
	a.Describe(&v.RequireReapprovalOnChange, "Whether a request that is changed after it was approved needs its approvals again.")
	a.Describe(&v.Enabled, "Whether the gate is in force.")
	a.Describe(&v.Requesters, "Logins of those who will ask.")
	a.Describe(&v.GateID, "The service's id of the gate.")
	a.Describe(&v.Unrecognized, "What was found in the gate at the last refresh and cannot be given here, because somebody set it "+
		"elsewhere: one line each. The next update removes it. Empty after every update.")
}

// Check validates the inputs: a rule that nobody could ever satisfy is refused where that shows without asking anybody.
func (r *ApprovalGate) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[ApprovalGateArgs], error) {
	return checkInputs(ctx, r.Sessions, req, []string{"approvers.teams", "approvers.users", "requesters"}, checkGate)
}

func checkGate(current *session.Session, v ApprovalGateArgs) []access.Problem {
	problems := append(types.CheckEnvironmentName("project", v.Project), types.CheckEnvironmentName("environment", v.Environment)...)
	if v.Name != nil && *v.Name == "" {
		problems = append(problems, access.Problem{Path: "name", Reason: "must not be empty: leave it out for the default"})
	}
	if v.Action != types.GateOpen && v.Action != types.GateUpdate {
		problems = append(problems, access.Problem{Path: "action", Reason: fmt.Sprintf("%q is not an action: use open or update", v.Action)})
	}
	return append(problems, approval.Check(
		current.Catalogue, v.Approvers, ptr.Or(v.RequiredApprovals, 1), list(v.Requesters))...)
}

// Diff compares what is wanted with what is there. The default compares inputs as they were written, and knows neither the
// defaults nor what somebody set in the console.
func (r *ApprovalGate) Diff(
	ctx context.Context, req infer.DiffRequest[ApprovalGateArgs, ApprovalGateState],
) (infer.DiffResponse, error) {
	unknowns := wire.UnknownInputs(ctx)
	diff := diffGate(req.State, req.Inputs, unknowns)
	properties := certainReplacements(diff, unknowns)
	if len(properties) == 0 || !req.State.Enabled {
		return diff, nil
	}
	current, err := r.Sessions(ctx)
	if err != nil {
		return diff, err
	}
	g := gateKeeper{session: current, organization: req.State.Organization}
	return diff, g.refuseToLeave(ctx, req.State, "a change of "+strings.Join(properties, ", ")+" would replace it")
}

// Create makes the gate, unless it could never be satisfied or would stop deployments for good.
func (r *ApprovalGate) Create(
	ctx context.Context, req infer.CreateRequest[ApprovalGateArgs],
) (infer.CreateResponse[ApprovalGateState], error) {
	state := wantedGate(req.Inputs)
	out := infer.CreateResponse[ApprovalGateState]{Output: state}
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.CreateResponse[ApprovalGateState]{}, err
	}
	g := gateKeeper{session: current, organization: state.Organization, unknowns: wire.UnknownInputs(ctx), preview: req.DryRun}
	if err := g.sensible(ctx, state); err != nil {
		return infer.CreateResponse[ApprovalGateState]{}, err
	}
	if req.DryRun {
		g.warnTakenGate(ctx, state.gate(), ptr.Or(req.Inputs.TakeOver, false))
		g.warnUnknownApprovers(ctx, state)
		g.warnWaysAround(ctx, state)
		if !ptr.Or(req.Inputs.TakeOver, false) {
			g.noteOrderOfDeletion(ctx, state)
		}
		return out, nil
	}
	made, err := g.create(ctx, state.gate(), ptr.Or(req.Inputs.TakeOver, false))
	if err != nil {
		return infer.CreateResponse[ApprovalGateState]{}, err
	}
	out.ID, out.Output = gateID(state.Organization, made.ID), gateState(state.Organization, made, req.Inputs)
	return out, nil
}

// Read answers what is there now.
func (r *ApprovalGate) Read(
	ctx context.Context, req infer.ReadRequest[ApprovalGateArgs, ApprovalGateState],
) (infer.ReadResponse[ApprovalGateArgs, ApprovalGateState], error) {
	gone := infer.ReadResponse[ApprovalGateArgs, ApprovalGateState]{}
	id, err := splitID(req.ID, 2, "organization/id")
	if err != nil {
		return gone, err
	}
	current, err := r.Sessions(ctx)
	if err != nil {
		return gone, err
	}
	live, err := current.Client.Gate(ctx, id[0], id[1])
	if err != nil {
		return gone, requireSight(ctx, current, id[0], err)
	}
	state := gateState(id[0], live, req.Inputs)
	return infer.ReadResponse[ApprovalGateArgs, ApprovalGateState]{
		ID: req.ID, State: state, Inputs: gateInputs(state, req.Inputs),
	}, nil
}

// Update puts the whole gate in place of the one that is there.
func (r *ApprovalGate) Update(
	ctx context.Context, req infer.UpdateRequest[ApprovalGateArgs, ApprovalGateState],
) (infer.UpdateResponse[ApprovalGateState], error) {
	next := wantedGate(req.Inputs)
	next.GateID = req.State.GateID
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.UpdateResponse[ApprovalGateState]{}, err
	}
	g := gateKeeper{session: current, organization: next.Organization, unknowns: wire.UnknownInputs(ctx), preview: req.DryRun}
	if err := g.sensible(ctx, next); err != nil {
		return infer.UpdateResponse[ApprovalGateState]{}, err
	}
	if req.DryRun {
		g.warnLoosened(ctx, req.State, next)
		if !sameApprovers(req.State.Approvers, next.Approvers) {
			g.warnUnknownApprovers(ctx, next)
		}
		g.warnWaysAround(ctx, next)
		return infer.UpdateResponse[ApprovalGateState]{Output: next}, nil
	}
	if next.gate().Same(req.State.gate()) && len(req.State.Unrecognized) == 0 {
		return infer.UpdateResponse[ApprovalGateState]{Output: next}, nil // what differs is nothing that the service knows of
	}
	made, err := current.Client.UpdateGate(context.WithoutCancel(ctx), next.Organization, next.GateID, next.gate())
	if err != nil {
		return infer.UpdateResponse[ApprovalGateState]{}, g.explainMissing(ctx, req.State, err)
	}
	return infer.UpdateResponse[ApprovalGateState]{Output: gateState(next.Organization, made, req.Inputs)}, nil
}

// Delete deletes the gate and confirms it. One that is gone is done.
func (r *ApprovalGate) Delete(ctx context.Context, req infer.DeleteRequest[ApprovalGateState]) (infer.DeleteResponse, error) {
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.DeleteResponse{}, err
	}
	organization, id := req.State.Organization, req.State.GateID
	// It looks first, because the answer to a delete does not tell a gate that is gone from one that is out of sight.
	live, err := current.Client.Gate(ctx, organization, id)
	if err := requireSight(ctx, current, organization, err); err != nil {
		return infer.DeleteResponse{}, err
	}
	if live.Enabled {
		g := gateKeeper{session: current, organization: organization}
		if err := g.refuseToLeave(ctx, req.State, "was not deleted"); err != nil {
			return infer.DeleteResponse{}, err
		}
	}
	if err := current.Client.DeleteGate(context.WithoutCancel(ctx), organization, id); err != nil {
		return infer.DeleteResponse{}, err
	}
	_, err = current.Client.Gate(ctx, organization, id)
	switch {
	case cloud.IsNotFound(err):
		if live.ID != "" {
			current.Program.GateDeleted(organization, live)
		}
		return infer.DeleteResponse{}, nil
	case err != nil:
		return infer.DeleteResponse{}, fmt.Errorf("gate %q was deleted, but reading back whether it is gone failed: %w", req.State.Name, err)
	}
	return infer.DeleteResponse{}, fmt.Errorf("gate %q is still there after it was deleted: the caller may see it, but not delete it. "+
		"Use a token with the scope change_gate:delete", req.State.Name)
}

// WireDependencies keeps what an update never changes known in its preview, and shows defaults as what they are.
func (r *ApprovalGate) WireDependencies(f infer.FieldSelector, args *ApprovalGateArgs, state *ApprovalGateState) {
	f.OutputField(&state.Organization).DependsOn(f.InputField(&args.Organization))
	f.OutputField(&state.Project).DependsOn(f.InputField(&args.Project))
	f.OutputField(&state.Environment).DependsOn(f.InputField(&args.Environment))
	f.OutputField(&state.Name).DependsOn(
		f.InputField(&args.Name), f.InputField(&args.Action), f.InputField(&args.Project), f.InputField(&args.Environment))
	f.OutputField(&state.Action).DependsOn(f.InputField(&args.Action))
	f.OutputField(&state.Approvers).DependsOn(f.InputField(&args.Approvers))
	f.OutputField(&state.RequiredApprovals).DependsOn(f.InputField(&args.RequiredApprovals))
	f.OutputField(&state.AllowSelfApproval).DependsOn(f.InputField(&args.AllowSelfApproval))
	f.OutputField(&state.RequireReapprovalOnChange).DependsOn(f.InputField(&args.RequireReapprovalOnChange))
	f.OutputField(&state.Enabled).DependsOn(f.InputField(&args.Enabled))
	f.OutputField(&state.Requesters).DependsOn(f.InputField(&args.Requesters))
	organization, project := f.InputField(&args.Organization), f.InputField(&args.Project)
	f.OutputField(&state.GateID).DependsOn(organization.Computed(), project.Computed())
	f.OutputField(&state.Unrecognized).AlwaysKnown()
}

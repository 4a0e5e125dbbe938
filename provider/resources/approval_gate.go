package resources

import (
	"context"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/approval"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/protection"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// ApprovalGate owns one approval rule on an environment.
type ApprovalGate struct {
	kit.Managed[ApprovalGateArgs, ApprovalGateState, cloud.Gate]
}

var (
	_ infer.CustomResource[ApprovalGateArgs, ApprovalGateState]       = (*ApprovalGate)(nil)
	_ infer.ExplicitDependencies[ApprovalGateArgs, ApprovalGateState] = (*ApprovalGate)(nil)
)

// NewApprovalGate returns the resource.
func NewApprovalGate(sessions session.Source) *ApprovalGate {
	return &ApprovalGate{kit.New(sessions, kit.Spec[ApprovalGateArgs, ApprovalGateState, cloud.Gate]{
		Noun:   "gate",
		Name:   func(v ApprovalGateState) string { return v.Name },
		ID:     func(v ApprovalGateState) string { return gateID(v.Organization, v.GateID) },
		IDForm: "organization/id",

		Sets:  []string{"approvers.teams", "approvers.users", "requesters"},
		Rules: checkGate,
		Diff:  compareGate,

		PreviewCreate: previewGate,
		Create:        createGate,
		Look: func(ctx context.Context, op kit.Op, id []string) (cloud.Gate, error) {
			return op.Session.Client.Gate(ctx, id[0], id[1])
		},
		Read:          readGate,
		PreviewUpdate: previewGateUpdate,
		Update:        updateGate,
		Remove:        removeGate,
		Stays:         ": the caller may see it, but not delete it. Use a token with the scope change_gate:delete",
		Removed: func(op kit.Op, state ApprovalGateState, live cloud.Gate) {
			if live.ID != "" {
				op.Session.Program.GateDeleted(state.Organization, live)
			}
		},
	})}
}

// Annotate describes the resource.
func (r *ApprovalGate) Annotate(a infer.Annotator) {
	a.SetToken("index", "ApprovalGate")
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

// checkGate refuses a rule that nobody could ever satisfy, where that shows without asking anybody.
func checkGate(_ context.Context, op kit.Op, v ApprovalGateArgs) problem.List {
	problems := append(types.CheckEnvironmentName("project", v.Project), types.CheckEnvironmentName("environment", v.Environment)...)
	if v.Name != nil && *v.Name == "" {
		problems.Add("name", "must not be empty: leave it out for the default")
	}
	if v.Action != types.GateOpen && v.Action != types.GateUpdate {
		problems.Add("action", "%q is not an action: use open or update", v.Action)
	}
	return append(problems, approval.Check(
		op.Session.Catalogue, v.Approvers, ptr.Or(v.RequiredApprovals, 1), ptr.Value(v.Requesters))...)
}

// compareGate refuses a replacement that would leave a protected environment without its gate.
func compareGate(ctx context.Context, op kit.Op, before ApprovalGateState, want ApprovalGateArgs) (p.DiffResponse, error) {
	diff := diffGate(before, want, op.Unknowns)
	properties := protection.CertainReplacements(diff, op.Unknowns)
	if len(properties) == 0 || !before.Enabled {
		return diff, nil
	}
	doing := "a change of " + strings.Join(properties, ", ") + " would replace it"
	return diff, keeperOf(op, before.Organization, false).refuseToLeave(ctx, before, doing)
}

func keeperOf(op kit.Op, organization string, preview bool) gateKeeper {
	return gateKeeper{session: op.Session, organization: organization, unknowns: op.Unknowns, preview: preview}
}

// previewGate refuses a gate that could never be satisfied or would stop deployments for good.
func previewGate(ctx context.Context, op kit.Op, want ApprovalGateArgs) (ApprovalGateState, error) {
	state, takesOver := wantedGate(want), ptr.Value(want.TakeOver)
	g := keeperOf(op, state.Organization, true)
	if err := g.sensible(ctx, state); err != nil {
		return ApprovalGateState{}, err
	}
	g.warnTakenGate(ctx, state.gate(), takesOver)
	g.warnUnknownApprovers(ctx, state)
	g.warnWaysAround(ctx, state)
	if !takesOver {
		g.noteOrderOfDeletion(ctx, state)
	}
	return state, nil
}

func createGate(ctx context.Context, op kit.Op, want ApprovalGateArgs) (*ApprovalGateState, error) {
	state := wantedGate(want)
	g := keeperOf(op, state.Organization, false)
	if err := g.sensible(ctx, state); err != nil {
		return nil, err
	}
	created, err := g.create(ctx, state.gate(), ptr.Value(want.TakeOver))
	if err != nil {
		return nil, err
	}
	state = gateState(state.Organization, created, want)
	return &state, nil
}

func readGate(
	_ context.Context, _ kit.Op, id []string, live cloud.Gate, before kit.Before[ApprovalGateArgs, ApprovalGateState],
) (*kit.Found[ApprovalGateArgs, ApprovalGateState], error) {
	state := gateState(id[0], live, before.Inputs)
	return &kit.Found[ApprovalGateArgs, ApprovalGateState]{Inputs: gateInputs(state, before.Inputs), State: state}, nil
}

func plannedGate(before ApprovalGateState, want ApprovalGateArgs) ApprovalGateState {
	next := wantedGate(want)
	next.GateID = before.GateID
	return next
}

func previewGateUpdate(
	ctx context.Context, op kit.Op, before ApprovalGateState, want ApprovalGateArgs,
) (ApprovalGateState, error) {
	next := plannedGate(before, want)
	g := keeperOf(op, next.Organization, true)
	if err := g.sensible(ctx, next); err != nil {
		return ApprovalGateState{}, err
	}
	g.warnLoosened(ctx, before, next)
	if !sameApprovers(before.Approvers, next.Approvers) {
		g.warnUnknownApprovers(ctx, next)
	}
	g.warnWaysAround(ctx, next)
	return next, nil
}

// updateGate puts the whole gate in place of the one that is there.
func updateGate(ctx context.Context, op kit.Op, before ApprovalGateState, want ApprovalGateArgs) (*ApprovalGateState, error) {
	next := plannedGate(before, want)
	if err := keeperOf(op, next.Organization, false).sensible(ctx, next); err != nil {
		return nil, err
	}
	if next.gate().Same(before.gate()) && len(before.Unrecognized) == 0 {
		return &next, nil // what differs is nothing that the service knows of
	}
	updated, err := op.Session.Client.UpdateGate(context.WithoutCancel(ctx), next.Organization, next.GateID, next.gate())
	if err != nil {
		return nil, kit.Missing(err)
	}
	next = gateState(next.Organization, updated, want)
	return &next, nil
}

// removeGate leaves a gate in force that guards a protected environment.
func removeGate(ctx context.Context, op kit.Op, state ApprovalGateState, live cloud.Gate) error {
	if live.Enabled {
		if err := keeperOf(op, state.Organization, false).refuseToLeave(ctx, state, "was not deleted"); err != nil {
			return err
		}
	}
	return op.Session.Client.DeleteGate(context.WithoutCancel(ctx), state.Organization, state.GateID)
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

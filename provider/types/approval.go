package types

import (
	"github.com/pulumi/pulumi-go-provider/infer"
)

// GateAction is what of an environment an approval gate guards.
type GateAction string

// Actions that can be gated.
const (
	GateOpen   GateAction = "open"
	GateUpdate GateAction = "update"
)

// Values lists the actions.
func (GateAction) Values() []infer.EnumValue[GateAction] {
	return []infer.EnumValue[GateAction]{
		{Name: "Open", Value: GateOpen, Description: "Opening the environment, directly or by importing it. Deployments that open it need an approval too, and fail without."},
		{Name: "Update", Value: GateUpdate, Description: "Changing the environment's definition. A change is submitted as a draft, approved, and applied."},
	}
}

// Approvers are who may approve: anyone of these.
type Approvers struct {
	Teams      []string `pulumi:"teams,optional" list:"set"`
	Users      []string `pulumi:"users,optional" list:"set"`
	Permission *string  `pulumi:"permission,optional"`
}

// Annotate describes the approvers.
func (v *Approvers) Annotate(a infer.Annotator) {
	a.Describe(v, "Who may approve: anyone of these. Machine tokens never do.")
	a.Describe(&v.Teams, "Names of teams, whose members may approve.")
	a.Describe(&v.Users, "Logins of people who may approve.")
	a.Describe(&v.Permission, "A scope on the environment, such as `environment:write`: whoever holds it may approve.")
}

// Approval is a gate as components take it, for an action and an environment that they know.
type Approval struct {
	Approvers                 Approvers `pulumi:"approvers"`
	RequiredApprovals         *int      `pulumi:"requiredApprovals,optional"`
	AllowSelfApproval         *bool     `pulumi:"allowSelfApproval,optional"`
	RequireReapprovalOnChange *bool     `pulumi:"requireReapprovalOnChange,optional"`
	Enabled                   *bool     `pulumi:"enabled,optional"`
}

// EnvironmentGate is a gate as an environment is told of it.
type EnvironmentGate struct {
	Action                    GateAction `pulumi:"action"`
	Approvers                 Approvers  `pulumi:"approvers"`
	RequiredApprovals         *int       `pulumi:"requiredApprovals,optional"`
	AllowSelfApproval         *bool      `pulumi:"allowSelfApproval,optional"`
	RequireReapprovalOnChange *bool      `pulumi:"requireReapprovalOnChange,optional"`
	Enabled                   *bool      `pulumi:"enabled,optional"`
}

// Annotate describes the gate.
func (v *EnvironmentGate) Annotate(a infer.Annotator) {
	a.Describe(v, "A gate on the environment, as an `ApprovalGate` with the default name declares it.")
	a.Describe(&v.Action, "What needs the approval.")
	a.Describe(&v.Approvers, ApproversHelp)
	a.Describe(&v.RequiredApprovals, RequiredApprovalsHelp)
	a.Describe(&v.AllowSelfApproval, AllowSelfApprovalHelp)
	a.Describe(&v.RequireReapprovalOnChange, ReapprovalHelp)
	a.Describe(&v.Enabled, GateEnabledHelp)
}

// Approval is the gate without its action.
func (v EnvironmentGate) Approval() Approval {
	return Approval{
		Approvers: v.Approvers, RequiredApprovals: v.RequiredApprovals, AllowSelfApproval: v.AllowSelfApproval,
		RequireReapprovalOnChange: v.RequireReapprovalOnChange, Enabled: v.Enabled,
	}
}

// On is the gate for an approval of an action.
func (v Approval) On(action GateAction) EnvironmentGate {
	return EnvironmentGate{
		Action: action, Approvers: v.Approvers, RequiredApprovals: v.RequiredApprovals, AllowSelfApproval: v.AllowSelfApproval,
		RequireReapprovalOnChange: v.RequireReapprovalOnChange, Enabled: v.Enabled,
	}
}

// Help texts of a gate's properties, for the resource and the block.
const (
	ApproversHelp         = "Who may approve."
	RequiredApprovalsHelp = "How many people must approve, at least 1. Default: 1. A gate that not enough people could ever satisfy is refused."
	AllowSelfApprovalHelp = "Whether people may approve what they asked for themselves. Default: false."
	ReapprovalHelp        = "Whether a request that is changed after it was approved needs its approvals again. Default: true."
	GateEnabledHelp       = "Whether the gate is in force. Default: true. One that is not lets everything pass."
)

// Annotate describes the block.
func (v *Approval) Annotate(a infer.Annotator) {
	a.Describe(v, "An approval that an action on an environment needs.")
	a.Describe(&v.Approvers, ApproversHelp)
	a.Describe(&v.RequiredApprovals, RequiredApprovalsHelp)
	a.Describe(&v.AllowSelfApproval, AllowSelfApprovalHelp)
	a.Describe(&v.RequireReapprovalOnChange, ReapprovalHelp)
	a.Describe(&v.Enabled, GateEnabledHelp)
}

// Required is how many approvals are needed.
func (v Approval) Required() int {
	if v.RequiredApprovals == nil {
		return 1
	}
	return *v.RequiredApprovals
}

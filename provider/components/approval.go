package components

import (
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// Blocks that ask for approvals, and the outputs that name the gates made for them.
const (
	openApproval   = "openApproval"
	updateApproval = "updateApproval"

	openApprovalHelp = "The approval that opening the environment needs, directly or by importing it. Deployments need one too. The " +
		"block itself must be known at preview."
	updateApprovalHelp = "The approval that changing the environment's definition needs, this program's changes included: an up submits a " +
		"draft, and a later one finds it applied. The block itself must be known at preview."
	openGateHelp   = "The service's id of the gate on opening the environment, if there is one."
	updateGateHelp = "The service's id of the gate on changing the environment, if there is one."
)

const approvalGateToken = "leastprivilege:index:ApprovalGate"

type approvalGateChild struct {
	pulumi.CustomResourceState
	GateID pulumi.StringOutput `pulumi:"gateId"`
}

func checkApprovals(current *session.Session, in property.Map) []access.Problem {
	var problems []access.Problem
	for _, block := range []string{openApproval, updateApproval} {
		if given := valueOf[types.Approval](in, block); given != nil {
			problems = append(problems, types.Under(block, given.Check(current.Catalogue))...)
		}
	}
	return problems
}

// gateOn is an approval gate of a component's: what it guards, and under which conditions.
type gateOn struct {
	organization         *out[string]
	project, environment out[string]
	action               types.GateAction
	approval             *out[types.Approval]
	requesters           *out[[]string]    // who will ask, if that is known
	after                []pulumi.Resource // what must be there first
}

// gate registers a gate for an approval that is asked for.
func (f Factory) gate(ctx *pulumi.Context, name string, parent pulumi.Resource, in gateOn) (*approvalGateChild, error) {
	asked := *in.approval
	props := properties{
		"project":           in.project,
		"environment":       in.environment,
		"action":            known(string(in.action)),
		"approvers":         pulumix.Apply(asked, func(a types.Approval) types.Approvers { return a.Approvers }),
		"requiredApprovals": pulumix.Apply(asked, func(a types.Approval) *int { return a.RequiredApprovals }),
		"allowSelfApproval": pulumix.Apply(asked, func(a types.Approval) *bool { return a.AllowSelfApproval }),
		"requireReapprovalOnChange": pulumix.Apply(asked, func(a types.Approval) *bool {
			return a.RequireReapprovalOnChange
		}),
		"enabled": pulumix.Apply(asked, func(a types.Approval) *bool { return a.Enabled }),
	}
	setIf(props, "organization", in.organization)
	setIf(props, "requesters", in.requesters)
	return register(ctx, f.Package, parent, approvalGateToken, name, props, &approvalGateChild{}, pulumi.DependsOn(in.after))
}

// optionalGate does the same if an approval is asked for, and returns the service's id of the gate.
func (f Factory) optionalGate(ctx *pulumi.Context, name string, parent pulumi.Resource, in gateOn) (out[*string], error) {
	if in.approval == nil {
		return known[*string](nil), nil
	}
	child, err := f.gate(ctx, name, parent, in)
	return present(pulumix.MustConvertTyped[string](child.GateID)), err
}

// gates registers the approvals that are asked for, once there is something to guard.
func (f Factory) gates(
	ctx *pulumi.Context, name string, parent, environment pulumi.Resource, in lockedEnvironmentArgs,
) (open, update out[*string], err error) {
	on := gateOn{
		organization: in.organization, project: in.project, environment: in.name, after: []pulumi.Resource{environment},
	}
	on.action, on.approval = types.GateOpen, in.openApproval
	if open, err = f.optionalGate(ctx, name+"-open", parent, on); err != nil {
		return open, update, err
	}
	on.action, on.approval = types.GateUpdate, in.updateApproval
	update, err = f.optionalGate(ctx, name+"-update", parent, on)
	return open, update, err
}

// Package approvalgate registers the approval gates of components. Start at [Gate.Register].
package approvalgate

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

const token = "leastprivilege:index:ApprovalGate"

type Child struct {
	pulumi.CustomResourceState
	GateID  pulumi.StringOutput `pulumi:"gateId"`
	Project pulumi.StringOutput `pulumi:"project"`
}

// Gate is an approval gate: what it guards, and under which conditions.
type Gate struct {
	Organization         *kit.Out[string]
	Project, Environment kit.Out[string]
	Action               types.GateAction
	Approval             *kit.Out[types.Approval]
	Requesters           *kit.Out[[]string] // who will ask, if that is known
	After                []pulumi.Resource  // what must be there first
	// Guarded is the environment if the component makes it: then the environment makes the gate first, and deletes it with itself.
	Guarded   pulumi.Resource
	Protected bool // Pulumi refuses to delete it
}

func (in Gate) options() []pulumi.ResourceOption {
	options := []pulumi.ResourceOption{pulumi.DependsOn(in.After)}
	if in.Guarded != nil {
		options = append(options, pulumi.DeletedWith(in.Guarded))
	}
	if in.Protected {
		options = append(options, pulumi.Protect(true))
	}
	return options
}

// Register registers the gate.
func (in Gate) Register(c *kit.Construction, name string) (*Child, error) {
	asked := *in.Approval
	props := kit.Properties{
		"project":           in.Project,
		"environment":       in.Environment,
		"action":            kit.Known(string(in.Action)),
		"approvers":         pulumix.Apply(asked, func(a types.Approval) types.Approvers { return a.Approvers }),
		"requiredApprovals": pulumix.Apply(asked, func(a types.Approval) *int { return a.RequiredApprovals }),
		"allowSelfApproval": pulumix.Apply(asked, func(a types.Approval) *bool { return a.AllowSelfApproval }),
		"requireReapprovalOnChange": pulumix.Apply(asked, func(a types.Approval) *bool {
			return a.RequireReapprovalOnChange
		}),
		"enabled": pulumix.Apply(asked, func(a types.Approval) *bool { return a.Enabled }),
	}
	kit.SetIf(props, "organization", in.Organization)
	kit.SetIf(props, "requesters", in.Requesters)
	if in.Guarded != nil {
		props["takeOver"] = pulumi.Bool(true)
	}
	return kit.Register(c, token, name, props, &Child{}, in.options()...)
}

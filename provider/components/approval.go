package components

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/approval"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// Blocks that ask for approvals, and the outputs that name the gates made for them.
const (
	openApproval   = "openApproval"
	updateApproval = "updateApproval"
)

const approvalGateToken = "leastprivilege:index:ApprovalGate"

type approvalGateChild struct {
	pulumi.CustomResourceState
	GateID  pulumi.StringOutput `pulumi:"gateId"`
	Project pulumi.StringOutput `pulumi:"project"`
}

func checkApprovals(current *session.Session, in property.Map) problem.List {
	var problems problem.List
	for _, block := range []string{openApproval, updateApproval} {
		if given := valueOf[types.Approval](in, block); given != nil {
			problems.AddUnder(block, approval.CheckBlock(current.Catalogue, *given))
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
	// guarded is the environment where the component makes it itself: it makes the gate first and deletes it with itself.
	guarded   pulumi.Resource
	protected bool // Pulumi refuses to delete it
}

func (in gateOn) options() []pulumi.ResourceOption {
	options := []pulumi.ResourceOption{pulumi.DependsOn(in.after)}
	if in.guarded != nil {
		options = append(options, pulumi.DeletedWith(in.guarded))
	}
	if in.protected {
		options = append(options, pulumi.Protect(true))
	}
	return options
}

// register registers the gate.
func (in gateOn) register(c *Construction, name string) (*approvalGateChild, error) {
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
	if in.guarded != nil {
		props["takeOver"] = pulumi.Bool(true)
	}
	return register(c, approvalGateToken, name, props, &approvalGateChild{}, in.options()...)
}

// environmentGates are the gates of a component's environment. Outputs that lead to the environment wait for standing, so
// that who is given access to it gets it once the gates stand.
type environmentGates struct {
	openID, updateID out[*string]
	standing         out[bool]
}

// guarded is an output of the environment that waits until the gates stand. It stays known at preview.
func (g environmentGates) guarded(output pulumi.StringOutput) out[string] {
	return pulumix.Apply2(pulumix.MustConvertTyped[string](output), g.standing, func(value string, _ bool) string { return value })
}

// registerGates registers the approvals that are asked for, once there is something to guard.
func (in environmentParts) registerGates(c *Construction, environment pulumi.Resource) (environmentGates, error) {
	made := environmentGates{openID: known[*string](nil), updateID: known[*string](nil), standing: known(true)}
	for _, one := range []struct {
		action   types.GateAction
		block    string
		approval *out[types.Approval]
		id       *out[*string]
	}{{types.GateOpen, openApproval, in.OpenApproval, &made.openID}, {types.GateUpdate, updateApproval, in.UpdateApproval, &made.updateID}} {
		if one.approval == nil {
			continue
		}
		child, err := gateOn{
			organization: in.Organization, project: in.Project, environment: in.Name, action: one.action, approval: one.approval,
			after: []pulumi.Resource{environment}, guarded: environment,
			protected: deletionIsProtected(in.given) && inForce(in.given, one.block),
		}.register(c, childName(c.Name, string(one.action)))
		if err != nil {
			return made, err
		}
		*one.id = present(pulumix.MustConvertTyped[string](child.GateID))
		made.standing = pulumix.Apply2(made.standing, pulumix.MustConvertTyped[string](child.Project), func(bool, string) bool { return true })
	}
	return made, nil
}

// gatesOfEnvironment are the gates as an input of the environment, nil for none.
func (in environmentParts) gatesOfEnvironment() *out[[]types.EnvironmentGate] {
	if in.OpenApproval == nil && in.UpdateApproval == nil {
		return nil
	}
	gates := pulumix.Apply2(maybe(in.OpenApproval), maybe(in.UpdateApproval), func(open, update *types.Approval) []types.EnvironmentGate {
		var gates []types.EnvironmentGate
		if open != nil {
			gates = append(gates, open.On(types.GateOpen))
		}
		if update != nil {
			gates = append(gates, update.On(types.GateUpdate))
		}
		return gates
	})
	return &gates
}

// deletionIsProtected reports whether the environment is protected from deletion, as it is by default.
func deletionIsProtected(given property.Map) bool {
	protected := valueOf[bool](given, "deletionProtected")
	return protected == nil || *protected
}

// inForce reports whether a gate is enabled, as far as that is known.
func inForce(given property.Map, block string) bool {
	approval := valueOf[types.Approval](given, block)
	return approval == nil || approval.Enabled == nil || *approval.Enabled
}

// warnAboutApproval says at preview what takes effect without the approval that changes of the definition need.
func (in environmentParts) warnAboutApproval(c *Construction) error {
	text := notGuarded(in.given)
	if !c.Context.DryRun() || text == "" {
		return nil
	}
	return c.Warn(text)
}

// notGuarded says what of a component with an approval of updates takes effect without it; "" where that is nothing.
func notGuarded(given property.Map) string {
	if !has(given, updateApproval) || !inForce(given, updateApproval) {
		return ""
	}
	if !slices.ContainsFunc(clouds, func(one cloud) bool { return createsIdentity(blockAt(given, one.name())) }) {
		return ""
	}
	return "updateApproval guards the definition, and the tags that come with it. The lock, the policies and roles that you give the cloud " +
		"identity, and the approvers themselves take effect with the update, without an approval: what widens there is wider at once. What the " +
		"live definition's logins and its reads from AWS's stores need, and the policies and roles that came with it, are kept until the new " +
		"definition is live; what you take from policies and roles while you leave the definition as it is, is gone at once. Review such a change of this program with the same care, or bring the cloud identity " +
		"(create: false) from a program that few may change"
}

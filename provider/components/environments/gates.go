package environments

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/approval"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/approvalgate"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/cloudlogin"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// Blocks of inputs that require approvals.
const (
	openApproval   = "openApproval"
	updateApproval = "updateApproval"
)

func checkApprovals(current kit.Checking, in property.Map) problem.List {
	var problems problem.List
	for _, block := range []string{openApproval, updateApproval} {
		if given := kit.ValueOf[types.Approval](in, block); given != nil {
			problems.AddUnder(block, approval.CheckBlock(current.Catalogue, *given))
		}
	}
	return problems
}

// madeGates are the gates of a component's environment. Outputs that name the environment wait for them, so that access that is
// granted by these outputs is granted once the gates exist.
type madeGates struct {
	openID, updateID kit.Out[*string]
	standing         kit.Out[bool]
}

// guarded is an output of the environment that waits until the gates exist. It stays known at preview.
func (g madeGates) guarded(output pulumi.StringOutput) kit.Out[string] {
	return pulumix.Apply2(pulumix.MustConvertTyped[string](output), g.standing, func(value string, _ bool) string { return value })
}

// registerGates registers a gate for each approval that the program requires, after the environment.
func (in Environment) registerGates(c *kit.Construction, environment pulumi.Resource) (madeGates, error) {
	made := madeGates{openID: kit.Known[*string](nil), updateID: kit.Known[*string](nil), standing: kit.Known(true)}
	for _, one := range []struct {
		action   types.GateAction
		block    string
		approval *kit.Out[types.Approval]
		id       *kit.Out[*string]
	}{{types.GateOpen, openApproval, in.OpenApproval, &made.openID}, {types.GateUpdate, updateApproval, in.UpdateApproval, &made.updateID}} {
		if one.approval == nil {
			continue
		}
		child, err := approvalgate.Gate{
			Organization: in.Organization, Project: in.Project, Environment: in.Name, Action: one.action, Approval: one.approval,
			After: []pulumi.Resource{environment}, Guarded: environment,
			Protected: deletionIsProtected(in.Given) && inForce(in.Given, one.block),
		}.Register(c, kit.ChildName(c.Name, string(one.action)))
		if err != nil {
			return made, err
		}
		*one.id = kit.Present(pulumix.MustConvertTyped[string](child.GateID))
		made.standing = pulumix.Apply2(made.standing, pulumix.MustConvertTyped[string](child.Project), func(bool, string) bool { return true })
	}
	return made, nil
}

// gatesInput are the gates as an input of the environment, nil for none.
func (in Environment) gatesInput() *kit.Out[[]types.EnvironmentGate] {
	if in.OpenApproval == nil && in.UpdateApproval == nil {
		return nil
	}
	gates := pulumix.Apply2(kit.Maybe(in.OpenApproval), kit.Maybe(in.UpdateApproval), func(open, update *types.Approval) []types.EnvironmentGate {
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
	return kit.IsTrueOr(given, "deletionProtected", true)
}

// inForce reports whether a gate is enabled, as far as that is known.
func inForce(given property.Map, block string) bool {
	approval := kit.ValueOf[types.Approval](given, block)
	return approval == nil || ptr.Or(approval.Enabled, true)
}

// warnAboutApproval names at preview what takes effect without the approval that changes of the definition need.
func (in Environment) warnAboutApproval(c *kit.Construction) error {
	text := notGuarded(in.Given)
	if !c.Context.DryRun() || text == "" {
		return nil
	}
	return c.Warn(text)
}

// notGuarded names what of a component with an approval of updates takes effect without it, "" for nothing.
func notGuarded(given property.Map) string {
	if !kit.Has(given, updateApproval) || !inForce(given, updateApproval) {
		return ""
	}
	if !slices.ContainsFunc(cloudlogin.Clouds, func(one cloudlogin.Cloud) bool { return cloudlogin.CreatesIdentity(kit.BlockAt(given, one.Name())) }) {
		return ""
	}
	return "updateApproval guards the definition, and the tags that come with it. The lock, the policies and roles that you give the cloud " +
		"identity, and the approvers themselves take effect with the update, without an approval: what widens there is wider at once. What the " +
		"live definition's logins and its reads from AWS's stores need, and the policies and roles that came with it, are kept until the new " +
		"definition is live; what you take from policies and roles while you leave the definition as it is, is removed at once. Review such a change of this program with the same care, or bring the cloud identity " +
		"(create: false) from a program that few may change"
}

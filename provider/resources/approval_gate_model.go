package resources

import (
	"slices"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/approval"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

func gateID(organization, id string) string { return kit.JoinID(organization, id) }

// gateName is the one that a gate has: where none is given, what it guards.
func gateName(v ApprovalGateArgs) string {
	if v.Name != nil {
		return *v.Name
	}
	return string(v.Action) + " " + v.Project + "/" + v.Environment
}

// wantedGate is the state that the inputs ask for.
func wantedGate(v ApprovalGateArgs) ApprovalGateState {
	return ApprovalGateState{
		Organization: text(v.Organization), Project: v.Project, Environment: v.Environment, Name: gateName(v),
		Action: v.Action, Approvers: v.Approvers, RequiredApprovals: ptr.Or(v.RequiredApprovals, 1),
		AllowSelfApproval:         ptr.Or(v.AllowSelfApproval, false),
		RequireReapprovalOnChange: ptr.Or(v.RequireReapprovalOnChange, true), Enabled: ptr.Or(v.Enabled, true),
		Requesters: v.Requesters, Unrecognized: []string{},
	}
}

// gate is the state as the service is told it.
func (v ApprovalGateState) gate() cloud.Gate {
	g := cloud.Gate{
		Name: v.Name, Enabled: v.Enabled, Project: v.Project, Environment: v.Environment, Action: string(v.Action),
		Rule: cloud.ApprovalRule{
			RequiredApprovals: v.RequiredApprovals, AllowSelfApproval: v.AllowSelfApproval,
			ReapprovalOnChange: v.RequireReapprovalOnChange, Teams: v.Approvers.Teams, Users: v.Approvers.Users,
		},
	}
	if v.Approvers.Permission != nil {
		g.Rule.Permission = []string{*v.Approvers.Permission}
	}
	return g
}

// gateState is what the service holds. Logins are in the user's own spelling where they are given already.
func gateState(organization string, live cloud.Gate, given ApprovalGateArgs) ApprovalGateState {
	state := ApprovalGateState{
		Organization: organization, Project: live.Project, Environment: live.Environment, Name: live.Name,
		Action: types.GateAction(live.Action), RequiredApprovals: live.Rule.RequiredApprovals,
		AllowSelfApproval: live.Rule.AllowSelfApproval, RequireReapprovalOnChange: live.Rule.ReapprovalOnChange,
		Enabled: live.Enabled, Requesters: given.Requesters, GateID: live.ID, Unrecognized: append([]string{}, live.Unrecognized...),
	}
	for _, login := range live.Rule.Users {
		if at := logins.Index(given.Approvers.Users, login); at >= 0 {
			login = given.Approvers.Users[at]
		}
		state.Approvers.Users = append(state.Approvers.Users, login)
	}
	state.Approvers.Teams = slices.Clone(live.Rule.Teams)
	slices.Sort(state.Approvers.Teams)
	slices.Sort(state.Approvers.Users)
	for i, scope := range slices.Sorted(slices.Values(live.Rule.Permission)) {
		if i == 0 {
			state.Approvers.Permission = &scope
			continue
		}
		state.Unrecognized = append(state.Unrecognized, "whoever holds "+scope+" may approve as well")
	}
	return state
}

// gateInputs are the inputs that a gate amounts to. What the inputs before leave to the default, and is so, stays out.
func gateInputs(state ApprovalGateState, before ApprovalGateArgs) ApprovalGateArgs {
	now := ApprovalGateArgs{
		Organization: &state.Organization, Project: state.Project, Environment: state.Environment, Action: state.Action,
		Approvers: state.Approvers, Requesters: before.Requesters, TakeOver: before.TakeOver,
	}
	byDefault := wantedGate(now)
	now.Name = unlessSame(before.Name, state.Name, byDefault.Name)
	now.RequiredApprovals = unlessSame(before.RequiredApprovals, state.RequiredApprovals, byDefault.RequiredApprovals)
	now.AllowSelfApproval = unlessSame(before.AllowSelfApproval, state.AllowSelfApproval, byDefault.AllowSelfApproval)
	now.RequireReapprovalOnChange = unlessSame(
		before.RequireReapprovalOnChange, state.RequireReapprovalOnChange, byDefault.RequireReapprovalOnChange)
	now.Enabled = unlessSame(before.Enabled, state.Enabled, byDefault.Enabled)
	return now
}

// unlessSame is what was read; nil where nothing was given and the service has the default.
func unlessSame[T comparable](given *T, read, byDefault T) *T {
	if given == nil && read == byDefault {
		return nil
	}
	return &read
}

func diffGate(state ApprovalGateState, want ApprovalGateArgs, unknowns []string) p.DiffResponse {
	wanted := wantedGate(want)
	d := kit.NewDifferences(unknowns)
	d.Add("organization", wanted.Organization != state.Organization, p.UpdateReplace)
	d.Add("project", wanted.Project != state.Project, p.UpdateReplace)
	d.Add("environment", wanted.Environment != state.Environment, p.UpdateReplace)
	d.Add("action", wanted.Action != state.Action, p.UpdateReplace)
	d.Add("name", wanted.Name != state.Name, p.Update)
	d.Add("approvers", !sameApprovers(wanted.Approvers, state.Approvers), p.Update)
	d.Add("requiredApprovals", wanted.RequiredApprovals != state.RequiredApprovals, p.Update)
	d.Add("allowSelfApproval", wanted.AllowSelfApproval != state.AllowSelfApproval, p.Update)
	d.Add("requireReapprovalOnChange", wanted.RequireReapprovalOnChange != state.RequireReapprovalOnChange, p.Update)
	d.Add("enabled", wanted.Enabled != state.Enabled, p.Update)
	d.Add("requesters", !logins.SameSet(list(wanted.Requesters), list(state.Requesters)), p.Update)
	d.AddOutput("unrecognized", len(state.Unrecognized) > 0, p.Delete)
	return d.Response()
}

func sameApprovers(a, b types.Approvers) bool {
	teams := func(v types.Approvers) []string { return slices.Compact(slices.Sorted(slices.Values(v.Teams))) }
	return slices.Equal(teams(a), teams(b)) && text(a.Permission) == text(b.Permission) &&
		slices.EqualFunc(approval.Distinct(a.Users), approval.Distinct(b.Users), strings.EqualFold)
}

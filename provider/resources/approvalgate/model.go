package approvalgate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

func id(organization, id string) string { return kit.JoinID(organization, id) }

// nameOf is the one that a gate has: where none is given, what it guards.
func nameOf(v Args) string {
	if v.Name != nil {
		return *v.Name
	}
	return string(v.Action) + " " + v.Project + "/" + v.Environment
}

// wanted is the state that the inputs ask for.
func wanted(v Args) State {
	return State{
		Organization: ptr.Value(v.Organization), Project: v.Project, Environment: v.Environment, Name: nameOf(v),
		Action: v.Action, Approvers: v.Approvers, RequiredApprovals: ptr.Or(v.RequiredApprovals, 1),
		AllowSelfApproval:         ptr.Or(v.AllowSelfApproval, false),
		RequireReapprovalOnChange: ptr.Or(v.RequireReapprovalOnChange, true), Enabled: ptr.Or(v.Enabled, true),
		Requesters: v.Requesters, Unrecognized: []string{},
	}
}

// GateOf is what the service is told of a gate, defaults included.
func GateOf(v Args) cloud.Gate { return wanted(v).gate() }

// gate is the state as the service is told it.
func (v State) gate() cloud.Gate {
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

// stateOf is what the service holds. Logins are in the user's own spelling where they are given already. A gate that was turned to
// something else than its environment is shown as that, and the next update turns it back.
func stateOf(organization string, live cloud.Gate, given Args) State {
	if !live.OnEnvironment() && given.Project != "" {
		live.Project, live.Environment, live.Action = given.Project, given.Environment, string(given.Action)
	}
	state := State{
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

// inputsOf are the inputs that a gate amounts to. What the inputs before leave to the default, and is so, stays out.
func inputsOf(state State, before Args) Args {
	now := Args{
		Organization: &state.Organization, Project: state.Project, Environment: state.Environment, Action: state.Action,
		Approvers: state.Approvers, Requesters: before.Requesters, TakeOver: before.TakeOver,
	}
	byDefault := wanted(now)
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

// read is what the service holds, and the inputs that it amounts to.
func read(
	ctx context.Context, _ kit.Op, id []string, live cloud.Gate, before kit.Before[Args, State],
) (*kit.Found[Args, State], error) {
	state := stateOf(id[0], live, before.Inputs)
	if state.foreign() {
		wire.Log(ctx).Warning(errForeign(state).Error())
	}
	return &kit.Found[Args, State]{Inputs: inputsOf(state, before.Inputs), State: state}, nil
}

// foreign reports whether the gate was imported and guards something else than an environment.
func (v State) foreign() bool { return v.Project == "" }

// errForeign says why such a gate is left as it is.
func errForeign(v State) error {
	return fmt.Errorf("gate %q: %s. An ApprovalGate is about an environment: it shows this gate, and never changes or deletes it. Take it out "+
		"of the state with `pulumi state delete`", v.Name, strings.Join(v.Unrecognized, "; "))
}

func (v State) path() string { return v.Project + "/" + v.Environment }

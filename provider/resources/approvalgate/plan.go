package approvalgate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/approval"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/membership"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/protection"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// compare refuses a replacement that would leave a protected environment without its gate, or delete a gate on something else.
func compare(ctx context.Context, op kit.Op, before State, want Args) (p.DiffResponse, error) {
	diff := diff(before, want, op.Unknowns)
	properties := protection.CertainReplacements(diff, op.Unknowns)
	switch {
	case len(properties) > 0 && before.foreign():
		return diff, errForeign(before)
	case len(properties) == 0 || !before.Enabled:
		return diff, nil
	}
	doing := "a change of " + strings.Join(properties, ", ") + " would replace it"
	return diff, keeperOf(op, before.Organization, false).refuseToLeave(ctx, before, doing)
}

func diff(state State, want Args, unknowns []string) p.DiffResponse {
	wanted := wanted(want)
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
	d.Add("requesters", !logins.SameSet(ptr.Value(wanted.Requesters), ptr.Value(state.Requesters)), p.Update)
	d.AddOutput("unrecognized", len(state.Unrecognized) > 0, p.Delete)
	return d.Response()
}

func sameApprovers(a, b types.Approvers) bool {
	teams := func(v types.Approvers) []string { return slices.Compact(slices.Sorted(slices.Values(v.Teams))) }
	return slices.Equal(teams(a), teams(b)) && ptr.Value(a.Permission) == ptr.Value(b.Permission) &&
		slices.EqualFunc(approval.Distinct(a.Users), approval.Distinct(b.Users), strings.EqualFold)
}

func planned(before State, want Args) State {
	next := wanted(want)
	next.GateID = before.GateID
	return next
}

// previewCreate refuses a gate that could never be satisfied or would stop deployments for good.
func previewCreate(ctx context.Context, op kit.Op, want Args) (State, error) {
	state, takesOver := wanted(want), ptr.Value(want.TakeOver)
	g := keeperOf(op, state.Organization, true)
	if err := g.refuseHarmful(ctx, state); err != nil {
		return State{}, err
	}
	g.warnTaken(ctx, state.gate(), takesOver)
	g.warnUnknownApprovers(ctx, state)
	g.warnWaysAround(ctx, state)
	if !takesOver {
		g.noteOrderOfDeletion(ctx, state)
	}
	return state, nil
}

func previewUpdate(ctx context.Context, op kit.Op, before State, want Args) (State, error) {
	next := planned(before, want)
	g := keeperOf(op, next.Organization, true)
	if err := g.refuseHarmful(ctx, next); err != nil {
		return State{}, err
	}
	g.warnLoosened(ctx, op, before, next)
	if !sameApprovers(before.Approvers, next.Approvers) {
		g.warnUnknownApprovers(ctx, next)
	}
	g.warnWaysAround(ctx, next)
	return next, nil
}

// warnTaken looks for the very same gate, which create refuses unless it takes it over.
func (g keeper) warnTaken(ctx context.Context, want cloud.Gate, takesOver bool) {
	if takesOver || g.organization == "" || !kit.AllGiven(ctx, "project", "environment", "name", "action", "approvers") {
		return
	}
	for gate, err := range g.session.Client.Gates(ctx, g.organization, want.Project, want.Environment) {
		if err != nil {
			return
		}
		if gate.Same(want) {
			kit.WarnTaken(ctx, g.session, fmt.Sprintf("this gate, %q on environment %s, which takeOver: true takes over,", gate.Name, want.Project+"/"+want.Environment),
				id(g.organization, gate.ID))
		}
	}
}

// noteOrderOfDeletion says at preview that a destroy deletes the gate before its environment, where nothing keeps it. A gate that takes
// over is one of a component, or of a user who was told: it is deleted with the environment.
func (g keeper) noteOrderOfDeletion(ctx context.Context, want State) {
	if !want.Enabled || g.unknown("enabled", "organization", "project", "environment") {
		return
	}
	declared, protected := g.session.Program.DeclaresEnvironment(g.organization, want.Project, want.Environment)
	if !declared || protected {
		return
	}
	wire.Log(ctx).Infof("gate %q: a destroy deletes it before environment %s, which then needs no approval until it is deleted too. To have "+
		"both deleted at once, give the gate the resource option deletedWith with the environment and set takeOver: true; or set deletionProtected on the "+
		"environment", want.Name, want.path())
}

// warnUnknownApprovers names at preview the approvers who are no members of the organization, or are spelled in another way:
// the service refuses a gate with either. It never fails.
func (g keeper) warnUnknownApprovers(ctx context.Context, want State) {
	if len(want.Approvers.Users) == 0 || g.unknown("approvers", "organization") {
		return
	}
	people, err := membership.Members(ctx, g.session.Client, g.organization)
	if err != nil {
		wire.Log(ctx).Warningf("gate %q: whether its approvers are members of organization %s could not be read: %v", want.Name,
			g.organization, err)
		return
	}
	for _, login := range want.Approvers.Users {
		switch member := people.Spelling(login); {
		case member == "":
			wire.Log(ctx).Warningf("gate %q: approver %q is not a member of organization %s, and the service refuses the gate", want.Name,
				login, g.organization)
		case member != login:
			wire.Log(ctx).Warningf("gate %q: approver %q is spelled %q by the service, which refuses another spelling", want.Name, login, member)
		}
	}
}

// warnLoosened names at preview what an update would give away. It never fails.
func (g keeper) warnLoosened(ctx context.Context, op kit.Op, state, next State) {
	var lines []string
	if state.Enabled && !next.Enabled && !g.unknown("enabled") {
		lines = append(lines, "put the gate out of force: what it guards needs no approval any more")
	}
	// An approver that is not known yet is decoded as the empty text, which is nobody's.
	removed := removedApprovers(state.Approvers, next.Approvers)
	if g.unknown("approvers") {
		kit.WarnUndecided(ctx, op, fmt.Sprintf("gate %q on environment %s: its approvers", state.Name, state.path()), []string{"approvers"}, removed)
	} else {
		for _, one := range removed {
			lines = append(lines, "remove "+one+" from the approvers")
		}
	}
	for _, line := range state.Unrecognized {
		lines = append(lines, "change that "+line)
	}
	kit.WarnRemovals(ctx, fmt.Sprintf("gate %q on environment %s: an update would", state.Name, state.path()), lines)
}

func removedApprovers(before, after types.Approvers) []string {
	var lines []string
	for _, team := range before.Teams {
		if !slices.Contains(after.Teams, team) {
			lines = append(lines, "team "+team)
		}
	}
	for _, login := range before.Users {
		if logins.Index(after.Users, login) < 0 {
			lines = append(lines, login)
		}
	}
	if before.Permission != nil && ptr.Value(before.Permission) != ptr.Value(after.Permission) {
		lines = append(lines, "holders of "+*before.Permission)
	}
	return lines
}

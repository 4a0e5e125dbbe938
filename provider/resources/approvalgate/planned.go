package approvalgate

import (
	"context"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

// plannedAccess is whether the action needs an approval, and whose. It takes access from nobody: who may open with an approval may open. Of
// approvers that are not known yet, only the update can tell; until then the gate is one that nobody can satisfy alone.
func plannedAccess(_ context.Context, op kit.Op, before *State, want Args) (string, graph.Changes) {
	organization := ptr.Value(want.Organization)
	unknown := func(what string) graph.Change {
		return graph.Change{Unknown: []graph.Blind{{What: what, Hides: "who may open it without an approval of others"}}}
	}
	if op.Unknown("project", "environment") {
		return organization, graph.Changes{unknown("the environment of the gate " + nameOf(want))}
	}
	if op.Unknown("enabled") {
		return organization, graph.Changes{unknown("whether the gate on environment " + want.Project + "/" + want.Environment + " is in force")}
	}
	change := graph.Change{Resource: func(t graph.Resource) graph.Resource {
		if t.Kind != access.Environment || t.Name != want.Project+"/"+want.Environment {
			return t
		}
		if before != nil && before.Enabled {
			t = ungated(t, before.GateID, string(before.Action))
		}
		if ptr.Or(want.Enabled, true) {
			t = gated(t, graphGate(GateOf(want)))
		}
		return t
	}}
	if op.Unknown("approvers", "requiredApprovals", "allowSelfApproval") {
		change.Unknown = unknown("the approvers of the gate on environment " + want.Project + "/" + want.Environment).Unknown
	}
	return organization, graph.Changes{change}
}

// explains reports whether a preview says who gains and who loses access. A gate on an environment that the update creates takes it from nobody.
func explains(op kit.Op, _ *State, want Args) bool {
	_, created := op.Session.Planned.Changes(ptr.Value(want.Organization)).Created(access.Environment, want.Project+"/"+want.Environment)
	return !created
}

func gated(t graph.Resource, gate graph.Gate) graph.Resource {
	t.Gates = append(slices.Clone(t.Gates), gate)
	if !slices.Contains(t.Gated, gate.Action) {
		t.Gated = append(slices.Clone(t.Gated), gate.Action)
	}
	return t
}

// ungated is the environment without a gate. The action needs no approval then, if no other gate asks for one.
func ungated(t graph.Resource, id, action string) graph.Resource {
	at := slices.IndexFunc(t.Gates, func(gate graph.Gate) bool { return gate.ID == id })
	if at < 0 {
		return t // it was deleted, or cannot be read
	}
	t.Gates = slices.Delete(slices.Clone(t.Gates), at, at+1)
	if !slices.ContainsFunc(t.Gates, func(other graph.Gate) bool { return other.Action == action }) {
		t.Gated = slices.DeleteFunc(slices.Clone(t.Gated), func(gated string) bool { return gated == action })
	}
	return t
}

func graphGate(gate cloud.Gate) graph.Gate {
	return graph.Gate{
		ID: gate.ID, Action: gate.Action, Approvals: gate.Rule.RequiredApprovals, SelfApproval: gate.Rule.AllowSelfApproval,
		Teams: gate.Rule.Teams, Users: gate.Rule.Users, PermissionsOn: gate.Rule.Permission,
	}
}

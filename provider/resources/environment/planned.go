package environment

import (
	"context"
	"maps"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

// plannedAccess is what the update changes of who has access to the environment. Whoever creates one owns it. What a new definition imports
// could keep some out who hold the access; nobody is taken for kept out before that is so.
func plannedAccess(ctx context.Context, op kit.Op, before *State, desired Args) (string, graph.Changes) {
	organization, name := ptr.Value(desired.Organization), desired.path()
	change := graph.Change{}
	unknown := func(what string) {
		change.Unknown = append(change.Unknown, graph.Blind{What: what + " of environment " + name, Hides: "who may open it"})
	}
	if op.Unknown("organization", "project", "name") {
		unknown("the name")
		return organization, graph.Changes{change}
	}
	if op.Unknown("tags") {
		unknown("the tags")
	}
	if before == nil {
		created := graph.Resource{Entity: access.Entity{Kind: access.Environment, ID: graph.PlannedID(name)}, Name: name}
		created.Tags = maps.Clone(desired.Tags)
		if created.Tags == nil {
			created.Tags = map[string]string{}
		}
		if caller, err := op.Session.Client.CurrentUser(ctx); err == nil && caller.Token == nil {
			created.Owner = caller.Login
		} else {
			unknown("the owner")
		}
		for _, gate := range desired.Gates {
			created.Gated = append(created.Gated, string(gate.Action))
		}
		change.Creates = &created
		return organization, graph.Changes{change}
	}
	tags := plannedTags(*before, desired)
	redefined := op.Unknown("definition") || ptr.Value(before.Definition) != ptr.Value(desired.Definition)
	change.Resource = func(t graph.Resource) graph.Resource {
		if t.Kind != access.Environment || t.Name != name {
			return t
		}
		t.Tags = tags(t.Tags)
		if redefined {
			t.Imports, t.Unclear = nil, ""
		}
		return t
	}
	return organization, graph.Changes{change}
}

// plannedTags returns the tags after the update: those that are given, or without those that this resource wrote before.
func plannedTags(before State, desired Args) func(map[string]string) map[string]string {
	return func(now map[string]string) map[string]string {
		if desired.Tags != nil {
			return maps.Clone(desired.Tags)
		}
		left := maps.Clone(now)
		for _, name := range before.WrittenTags {
			delete(left, name)
		}
		return left
	}
}

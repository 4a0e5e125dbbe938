package environment

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
)

// plannedAccess is what the update changes of who has access to the environment. Its creator owns it.
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
		change.Creates = plannedEnvironment(ctx, op, desired, unknown)
		definition, blind := plannedDefinition(op, desired)
		change.Defines, change.Unknown = &graph.Defined{Environment: name, Definition: definition}, append(change.Unknown, blind...)
		return organization, graph.Changes{change}
	}
	tags := plannedTags(*before, desired)
	change.Resource = func(t graph.Resource) graph.Resource {
		if t.Kind == access.Environment && t.Name == name {
			t.Tags = tags(t.Tags)
		}
		return t
	}
	if op.Unknown("definition") || ptr.Value(before.Definition) != ptr.Value(desired.Definition) {
		definition, blind := plannedDefinition(op, desired)
		if waits(ctx, op, *before) {
			definition = graph.Definition{Unclear: fmt.Sprintf("the definition of environment %s changes once that is approved", name)}
		}
		change.Defines, change.Unknown = &graph.Defined{Environment: name, Definition: definition}, append(change.Unknown, blind...)
	}
	return organization, graph.Changes{change}
}

// plannedEnvironment is an environment that does not exist yet.
func plannedEnvironment(ctx context.Context, op kit.Op, desired Args, unknown func(what string)) *graph.Resource {
	name := desired.path()
	created := graph.Resource{Entity: access.Entity{Kind: access.Environment, ID: graph.PlannedID(name)}, Name: name}
	if created.Tags = maps.Clone(desired.Tags); created.Tags == nil {
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
	return &created
}

// plannedDefinition is what the update writes. What is not known yet keeps nobody out.
func plannedDefinition(op kit.Op, desired Args) (graph.Definition, []graph.Blind) {
	if op.Unknown("definition") {
		return graph.Definition{Unclear: fmt.Sprintf("the definition of environment %s is not known yet", desired.path())}, nil
	}
	return survey.DefinitionOf(desired.path(), ptr.Value(desired.Definition))
}

// waits reports whether a new definition waits for an approval, or may.
func waits(ctx context.Context, op kit.Op, before State) bool {
	if op.Session.Known != nil {
		return before.ChangeRequestID != nil || slices.ContainsFunc(op.Session.Known.Environments, func(t graph.Resource) bool {
			return t.Name == before.path() && slices.Contains(t.Gated, cloud.GateUpdate)
		})
	}
	metadata, err := op.Session.Client.EnvironmentMetadata(ctx, before.Organization, before.Project, before.Name)
	return err != nil || before.ChangeRequestID != nil || slices.Contains(metadata.GatedActions, cloud.GateUpdate)
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

// explains reports whether a preview says who gains access: by other tags, or by other imports. Who may open an environment that is new says
// what grants it.
func explains(op kit.Op, before *State, desired Args) bool {
	return before != nil && (op.Unknown("tags") || !maps.Equal(before.Tags, desired.Tags) || importsDiffer(op, *before, desired))
}

// importsDiffer reports whether opening the environment may take something else than before.
func importsDiffer(op kit.Op, before State, desired Args) bool {
	if op.Unknown("definition") {
		return true
	}
	imports := func(definition *string) ([]graph.Reference, string) {
		read, _ := survey.DefinitionOf(desired.path(), ptr.Value(definition))
		return read.Imports, read.UnclearImports(desired.path())
	}
	had, unclearBefore := imports(before.Definition)
	has, unclear := imports(desired.Definition)
	return !slices.Equal(had, has) || unclearBefore != unclear
}

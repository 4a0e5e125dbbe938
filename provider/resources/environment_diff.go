package resources

import (
	"maps"

	p "github.com/pulumi/pulumi-go-provider"
)

// diffEnvironment says what differs between an environment and what is wanted of it. Tags and protection that are not
// given are not managed: an environment that was read as having none needs no change to be left alone.
func diffEnvironment(state EnvironmentState, want EnvironmentArgs, unknowns []string) p.DiffResponse {
	d := newDifferences(unknowns)
	d.add("organization", text(want.Organization) != state.Organization, p.UpdateReplace)
	d.add("project", want.Project != state.Project, p.UpdateReplace)
	d.add("name", want.Name != state.Name, p.UpdateReplace)
	d.add("definition", text(want.Definition) != text(state.Definition), p.Update)
	switch {
	case want.Tags == nil:
		d.add("tags", len(state.Tags) > 0 || len(state.WrittenTags) > 0, p.Delete)
	case state.Tags == nil:
		d.add("tags", true, p.Add)
	default:
		d.add("tags", !maps.Equal(want.Tags, state.Tags), p.Update)
	}
	const protection = "deletionProtected"
	switch {
	case want.DeletionProtected == nil:
		d.add(protection, state.DeletionProtected != nil && *state.DeletionProtected, p.Delete)
	case state.DeletionProtected == nil:
		d.add(protection, true, p.Add)
	default:
		d.add(protection, *want.DeletionProtected != *state.DeletionProtected, p.Update)
	}
	d.add("gates", !sameGates(want.Gates, state.Gates), p.Update)
	if state.ChangeRequestID != nil {
		d.found["changeRequestId"] = p.PropertyDiff{Kind: p.Delete}
	}
	return d.response()
}

package environment

import (
	"context"
	"fmt"
	"maps"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/protection"
)

// compare refuses the replacement of an environment that is protected from deletion.
func compare(ctx context.Context, op kit.Op, before State, desired Args) (p.DiffResponse, error) {
	diff := diff(before, desired, op.Unknowns)
	return diff, refuseReplacement(ctx, op, before, protection.CertainReplacements(diff, op.Unknowns))
}

// diff compares an environment with the desired one. Tags and protection that are not given are not managed: an
// environment that was read as having none needs no change to be left alone.
func diff(state State, desired Args, unknowns []string) p.DiffResponse {
	d := kit.NewDifferences(unknowns)
	d.Add(kit.OrganizationProperty, ptr.Value(desired.Organization) != state.Organization, p.UpdateReplace)
	d.Add("project", desired.Project != state.Project, p.UpdateReplace)
	d.Add("name", desired.Name != state.Name, p.UpdateReplace)
	d.Add("definition", ptr.Value(desired.Definition) != ptr.Value(state.Definition), p.Update)
	switch {
	case desired.Tags == nil:
		d.Add("tags", len(state.Tags) > 0 || len(state.WrittenTags) > 0, p.Delete)
	case state.Tags == nil:
		d.Add("tags", true, p.Add)
	default:
		d.Add("tags", !maps.Equal(desired.Tags, state.Tags), p.Update)
	}
	const protection = "deletionProtected"
	switch {
	case desired.DeletionProtected == nil:
		d.Add(protection, ptr.Value(state.DeletionProtected), p.Delete)
	case state.DeletionProtected == nil:
		d.Add(protection, true, p.Add)
	default:
		d.Add(protection, *desired.DeletionProtected != *state.DeletionProtected, p.Update)
	}
	d.Add("gates", !sameGates(desired.Gates, state.Gates), p.Update)
	d.AddOutput("changeRequestId", state.ChangeRequestID != nil, p.Delete)
	return d.Response()
}

// refuseReplacement fails the preview of a replacement of an environment that is protected from deletion.
func refuseReplacement(ctx context.Context, op kit.Op, state State, properties []string) error {
	if len(properties) == 0 {
		return nil
	}
	if !ptr.Value(state.DeletionProtected) {
		protected, err := protection.Of(ctx, op.Session, state.Organization, state.Project, state.Name)
		if err != nil {
			return fmt.Errorf("environment %q would be replaced, and whether it is protected from deletion could not be read: %w",
				state.path(), err)
		}
		if !protected {
			return nil
		}
	}
	return fmt.Errorf("%s: environment %q is protected from deletion, and a change of this would replace it: nothing was changed. Put the old "+
		"value back. To have an environment of another name, declare a second one, move its users there, and then take this one down: "+
		"set deletionProtected to false, run `pulumi up`, and remove it", strings.Join(properties, ", "), state.path())
}

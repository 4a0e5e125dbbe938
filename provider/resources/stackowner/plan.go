package stackowner

import (
	"context"
	"fmt"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// planned is the state before an update, which also takes over stacks that were not there before.
func planned(before State, want Args) State {
	next := wanted(want)
	next.Organization, next.Stacks = before.Organization, before.Stacks
	return next
}

// plan says what an update would change, once all inputs are known.
func (r *reconciler) plan(ctx context.Context, op kit.Op) (State, error) {
	if len(op.Unknowns) > 0 {
		return r.state, nil
	}
	return r.state, r.preview(ctx)
}

// preview names what an update would take from whom. What cannot be read is left to the update.
func (r *reconciler) preview(ctx context.Context) error {
	planned := *r
	if err := planned.look(ctx); err != nil {
		wire.Log(ctx).Warningf("what an update would change of the ownership of stacks could not be read: %v", err)
		return nil
	}
	var owners, grants []string
	for _, stack := range planned.state.outOfLine(planned.state.Stacks) {
		if !logins.Same(stack.Owner, r.state.Owner) {
			owners = append(owners, fmt.Sprintf("%s, which belongs to %s", nameOf(stack), stack.Owner))
		}
		for _, g := range r.state.unwanted(stack.Grants) {
			grants = append(grants, grantLine(stack, g))
		}
	}
	kit.WarnRemovals(ctx, "an update would remove these direct grants; they cannot be given back:", grants)
	if len(owners) > 0 {
		wire.Log(ctx).Info(kit.Bulleted(fmt.Sprintf("an update would make %s the owner of:", r.state.Owner), owners))
	}
	return planned.refuseLockOut(ctx)
}

// diff says what differs. Moving to other stacks gives those of before back first: the two may overlap.
func diff(state State, want Args, unknowns []string) p.DiffResponse {
	d := kit.NewDifferences(unknowns)
	d.Add("organization", ptr.Value(want.Organization) != state.Organization, p.UpdateReplace)
	d.Add("project", ptr.Value(want.Project) != ptr.Value(state.Project), p.UpdateReplace)
	d.Add("stack", ptr.Value(want.Stack) != ptr.Value(state.Stack), p.UpdateReplace)
	d.Add("tags", !sameTags(want.Tags, state.Tags), p.UpdateReplace)
	replaces := len(d.Found) > 0
	d.Add("owner", !logins.Same(want.Owner, state.Owner), p.Update)
	d.Add("keep", !logins.SameSet(ptr.Value(want.Keep), ptr.Value(state.Keep)), p.Update)
	d.AddOutput("stacks", len(unknowns) == 0 && len(wanted(want).outOfLine(state.Stacks)) > 0, p.Update)
	response := d.Response()
	response.DeleteBeforeReplace = replaces
	return response
}

package ownership

import (
	"context"
	"fmt"
	"maps"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// planned is the state before an update, which also takes over entities that were not there before.
func planned(before, want State) State {
	want.Organization, want.Entities = before.Organization, before.Entities
	return want
}

// plan says what an update would change, and what cannot be told yet.
func (r *reconciler) plan(ctx context.Context, op kit.Op) error {
	if op.Unknown("organization", "project", r.kind.Noun(), "tags") {
		wire.Log(ctx).Warningf("which %s are meant is not known yet, so what an update takes away there cannot be told: every direct grant of people "+
			"whom keep does not name", r.kind.plural())
		return nil
	}
	if len(op.Unknowns) > 0 {
		return r.sayUndecided(ctx, op)
	}
	return r.preview(ctx)
}

// sayUndecided names the grants that an update may take away, because whose stay, or who is to be the owner, is not known yet.
func (r *reconciler) sayUndecided(ctx context.Context, op kit.Op) error {
	inputs, about := []string{"keep", "owner"}, "direct grants on "+r.kind.plural()
	planned := *r
	if err := planned.look(ctx); err != nil {
		if isUnlisted(err) {
			return err
		}
		kit.WarnUnreadable(ctx, op, about, inputs, err)
		return nil
	}
	known := State{Keep: new(kit.KnownElements(op, "keep", ptr.Value(r.state.Keep)))}
	var mayGo []string
	for _, one := range planned.state.Entities {
		for _, g := range known.unwanted(one.Grants) {
			mayGo = append(mayGo, grantLine(one, g))
		}
	}
	kit.WarnUndecided(ctx, op, about, inputs, mayGo)
	return nil
}

// preview names what an update would take from whom. What cannot be read is left to the update, but for what an update would
// stop at.
func (r *reconciler) preview(ctx context.Context) error {
	planned := *r
	if err := planned.look(ctx); err != nil {
		if isUnlisted(err) {
			return err
		}
		wire.Log(ctx).Warningf("what an update would change of the ownership of %s could not be read: %v", r.kind.plural(), err)
		return nil
	}
	var owners, grants, owed []string
	for _, one := range planned.state.outOfLine(planned.state.Entities) {
		if !logins.Same(one.Owner, r.state.Owner) {
			owners = append(owners, fmt.Sprintf("%s, which belongs to %s", one.path(), one.Owner))
		}
		for _, g := range r.state.unwanted(one.Grants) {
			grants = append(grants, grantLine(one, g))
		}
		for _, g := range r.state.owed(one) {
			owed = append(owed, grantLine(one, g))
		}
	}
	kit.WarnRemovals(ctx, r.kind.WouldRemove, grants)
	kit.NoteGains(ctx, "an update would give back what a change of the owner took before:", owed)
	if len(owners) > 0 {
		wire.Log(ctx).Info(kit.Bulleted(fmt.Sprintf("an update would make %s the owner of:", r.state.Owner), owners))
	}
	return planned.refuse(ctx)
}

// diff says what differs. Moving to other entities gives those of before back first: the two may overlap.
func (k Kind) diff(state, want State, unknowns []string) p.DiffResponse {
	d := kit.NewDifferences(unknowns)
	d.Add("organization", want.Organization != state.Organization, p.UpdateReplace)
	d.Add("project", ptr.Value(want.Project) != ptr.Value(state.Project), p.UpdateReplace)
	d.Add(k.Noun(), ptr.Value(want.Name) != ptr.Value(state.Name), p.UpdateReplace)
	d.Add("tags", !sameTags(want.Tags, state.Tags), p.UpdateReplace)
	replaces := len(d.Found) > 0
	d.Add("owner", !logins.Same(want.Owner, state.Owner), p.Update)
	d.Add("keep", !logins.SameSet(ptr.Value(want.Keep), ptr.Value(state.Keep)), p.Update)
	d.AddOutput(k.plural(), len(unknowns) == 0 && len(want.outOfLine(state.Entities)) > 0, p.Update)
	response := d.Response()
	response.DeleteBeforeReplace = replaces
	return response
}

func sameTags(a, b map[string]string) bool { return len(a) == len(b) && maps.Equal(a, b) }

package ownership

import (
	"context"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/parallel"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// read reads the entities that are selected today, whatever was there before.
func (k Kind) read(ctx context.Context, op kit.Op, id string, before State) (State, error) {
	selection, err := k.parseID(id)
	if err != nil {
		return State{}, err
	}
	imported := before.Owner == ""
	before.Selection = selection
	r := k.reconciler(op, before)
	if err := r.look(ctx); err != nil {
		return State{}, kit.Missing(err)
	}
	if imported {
		r.adopt()
	}
	return r.state, nil
}

// look finds the entities that are selected now, and reads owner and grants of each. What is known of one from before
// stays with it, by its id.
func (r *reconciler) look(ctx context.Context) error {
	found, err := r.selected(ctx)
	if err != nil {
		return err
	}
	if err := r.sight(ctx, found); err != nil {
		return err
	}
	entities := make([]Owned, len(found))
	err = parallel.Each(ctx, len(found), readers, func(ctx context.Context, i int) (err error) {
		entities[i], err = r.calls.Read(ctx, r.before(found[i]))
		if r.state.Name == nil && cloud.IsNotFound(err) { // it was deleted since it was listed, if this token would see it
			entities[i], err = Owned{}, kit.RequireSight(ctx, r.session, r.state.Organization, err)
		}
		return err
	})
	if err != nil {
		return err
	}
	r.state.Entities = slices.DeleteFunc(entities, func(one Owned) bool { return one.ID == "" })
	for i := range r.state.Entities {
		r.settleOwed(ctx, &r.state.Entities[i])
	}
	return nil
}

func (r *reconciler) selected(ctx context.Context) ([]Owned, error) {
	of := r.state
	if of.Name == nil {
		return r.calls.Many(ctx, ptr.Value(of.Project), of.Tags)
	}
	one, err := r.calls.One(ctx, ptr.Value(of.Project), *of.Name)
	if cloud.IsNotFound(err) {
		return nil, fmt.Errorf("%w\n  %s %q of project %q does not exist in organization %q, or is not visible to this token",
			err, r.kind.title(), *of.Name, ptr.Value(of.Project), of.Organization)
	}
	return []Owned{one}, err
}

// before is what is known of an entity, under the name that it has now.
func (r *reconciler) before(found Owned) Owned {
	found.Removed = []types.DirectGrant{}
	if at := slices.IndexFunc(r.state.Entities, func(one Owned) bool { return one.ID == found.ID }); at >= 0 {
		known := r.state.Entities[at]
		found.PreviousOwner, found.Removed, found.Owed = known.PreviousOwner, known.Removed, known.Owed
	}
	return found
}

// sight holds that the entities which a selection does not show any more are not just hidden from this token.
func (r *reconciler) sight(ctx context.Context, found []Owned) error {
	if r.state.Name != nil {
		return nil
	}
	for _, known := range r.state.Entities {
		if slices.ContainsFunc(found, func(one Owned) bool { return one.ID == known.ID }) {
			continue
		}
		_, err := r.calls.One(ctx, known.Project, known.Name)
		if err := kit.RequireSight(ctx, r.session, r.state.Organization, err); err != nil {
			return err
		}
	}
	return nil
}

// adopt makes what is there what is wanted: an import changes nothing. The owner is the one whom most entities have.
func (r *reconciler) adopt() {
	owned, keep := map[string]int{}, []string{}
	for _, one := range r.state.Entities {
		owned[one.Owner]++
		if best := owned[r.state.Owner]; owned[one.Owner] > best {
			r.state.Owner = one.Owner
		}
		for _, g := range one.Grants {
			if logins.Index(keep, g.Login) < 0 {
				keep = append(keep, g.Login)
			}
		}
	}
	wire.SortSet(keep)
	r.state.Keep = &keep
}

// readers is how many entities are read at a time: each takes a call or two.
const readers = 8

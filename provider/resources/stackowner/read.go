package stackowner

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// read reads the stacks that are selected today, whatever was there before.
func read(
	ctx context.Context, op kit.Op, id []string, _ kit.None, before kit.Before[Args, State],
) (*kit.Found[Args, State], error) {
	state, err := parseID(id[1])
	if err != nil {
		return nil, err
	}
	state.Owner, state.Keep, state.Allow, state.Stacks = before.State.Owner, before.State.Keep, before.State.Allow, before.State.Stacks
	r := reconcilerFor(op, state)
	if err := r.look(ctx); err != nil {
		return nil, kit.Missing(err)
	}
	if before.State.Owner == "" {
		r.adopt()
	}
	return &kit.Found[Args, State]{Inputs: r.state.inputs(), State: r.state}, nil
}

// look finds the stacks that are selected now, and reads owner and grants of each. What is known of a stack from before
// stays with it, by its id.
func (r *reconciler) look(ctx context.Context) error {
	found, err := r.selected(ctx)
	if err != nil {
		return err
	}
	if err := r.sight(ctx, found); err != nil {
		return err
	}
	stacks := make([]types.OwnedStack, len(found))
	group, all := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for i, stack := range found {
		group.Go(func() (err error) {
			stacks[i], err = r.read(all, r.before(stack))
			if r.state.Stack == nil && cloud.IsNotFound(err) {
				stacks[i], err = types.OwnedStack{}, nil // it was deleted since it was listed
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	r.state.Stacks = slices.DeleteFunc(stacks, func(s types.OwnedStack) bool { return s.StackID == "" })
	return nil
}

func (r *reconciler) selected(ctx context.Context) ([]cloud.Stack, error) {
	client, of := r.session.Client, r.state
	if of.Stack == nil {
		return client.TaggedStacks(ctx, of.Organization, ptr.Value(of.Project), of.Tags)
	}
	one, err := client.Stack(ctx, of.Organization, ptr.Value(of.Project), *of.Stack)
	if cloud.IsNotFound(err) {
		return nil, fmt.Errorf("%w\n  Stack %q of project %q does not exist in organization %q, or is not visible to this token",
			err, *of.Stack, ptr.Value(of.Project), of.Organization)
	}
	return []cloud.Stack{one}, err
}

// before is what is known of a stack.
func (r *reconciler) before(stack cloud.Stack) types.OwnedStack {
	known := types.OwnedStack{Removed: []types.DirectGrant{}}
	if at := slices.IndexFunc(r.state.Stacks, func(s types.OwnedStack) bool { return s.StackID == stack.ID }); at >= 0 {
		known = r.state.Stacks[at]
	}
	known.Project, known.Stack, known.StackID = stack.Project, stack.Name, stack.ID
	return known
}

func (r *reconciler) read(ctx context.Context, stack types.OwnedStack) (types.OwnedStack, error) {
	owner, err := r.session.Client.StackOwner(ctx, r.state.Organization, stack.Project, stack.Stack)
	if err != nil {
		return stack, err
	}
	stack.Owner = owner
	return r.readGrants(ctx, stack)
}

func (r *reconciler) readGrants(ctx context.Context, stack types.OwnedStack) (types.OwnedStack, error) {
	grants, err := r.session.Client.Collaborators(ctx, r.state.Organization, stack.Project, stack.Stack)
	stack.Grants = directGrants(grants)
	return stack, err
}

// sight holds that the stacks which a selection does not show any more are not just hidden from this token.
func (r *reconciler) sight(ctx context.Context, found []cloud.Stack) error {
	if r.state.Stack != nil {
		return nil
	}
	for _, stack := range r.state.Stacks {
		if slices.ContainsFunc(found, func(s cloud.Stack) bool { return s.ID == stack.StackID }) {
			continue
		}
		_, err := r.session.Client.Stack(ctx, r.state.Organization, stack.Project, stack.Stack)
		if err := kit.RequireSight(ctx, r.session, r.state.Organization, err); err != nil {
			return err
		}
	}
	return nil
}

// adopt makes what is there what is wanted: an import changes nothing. The owner is the one whom most stacks have.
func (r *reconciler) adopt() {
	owned, keep := map[string]int{}, []string{}
	for _, stack := range r.state.Stacks {
		owned[stack.Owner]++
		if best := owned[r.state.Owner]; owned[stack.Owner] > best {
			r.state.Owner = stack.Owner
		}
		for _, g := range stack.Grants {
			if logins.Index(keep, g.Login) < 0 {
				keep = append(keep, g.Login)
			}
		}
	}
	wire.SortSet(keep)
	r.state.Keep = &keep
}

// readers is how many stacks are read at a time: each takes two calls.
const readers = 8

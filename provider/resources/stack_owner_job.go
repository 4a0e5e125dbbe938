package resources

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// ownerJob leads stacks to an owner. Its state says what is there, and what was done.
type ownerJob struct {
	session *session.Session
	state   StackOwnerState
}

// readers is how many stacks are read at a time: each takes two calls.
const readers = 8

// look finds the stacks that are selected now, and reads owner and grants of each. What is known of a stack from before
// stays with it, by its id.
func (j *ownerJob) look(ctx context.Context) error {
	found, err := j.selected(ctx)
	if err != nil {
		return err
	}
	if err := j.sight(ctx, found); err != nil {
		return err
	}
	stacks := make([]types.OwnedStack, len(found))
	group, all := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for i, stack := range found {
		group.Go(func() (err error) {
			stacks[i], err = j.read(all, j.before(stack))
			if j.state.Stack == nil && cloud.IsNotFound(err) {
				stacks[i], err = types.OwnedStack{}, nil // it was deleted since it was listed
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	j.state.Stacks = slices.DeleteFunc(stacks, func(s types.OwnedStack) bool { return s.StackID == "" })
	return nil
}

func (j *ownerJob) selected(ctx context.Context) ([]cloud.Stack, error) {
	client, of := j.session.Client, j.state
	if of.Stack == nil {
		return client.TaggedStacks(ctx, of.Organization, text(of.Project), of.Tags)
	}
	one, err := client.Stack(ctx, of.Organization, text(of.Project), *of.Stack)
	if cloud.IsNotFound(err) {
		return nil, fmt.Errorf("%w\n  Stack %q of project %q does not exist in organization %q, or is not visible to this token",
			err, *of.Stack, text(of.Project), of.Organization)
	}
	return []cloud.Stack{one}, err
}

// before is what is known of a stack.
func (j *ownerJob) before(stack cloud.Stack) types.OwnedStack {
	known := types.OwnedStack{Removed: []types.DirectGrant{}}
	if at := slices.IndexFunc(j.state.Stacks, func(s types.OwnedStack) bool { return s.StackID == stack.ID }); at >= 0 {
		known = j.state.Stacks[at]
	}
	known.Project, known.Stack, known.StackID = stack.Project, stack.Name, stack.ID
	return known
}

func (j *ownerJob) read(ctx context.Context, stack types.OwnedStack) (types.OwnedStack, error) {
	owner, err := j.session.Client.StackOwner(ctx, j.state.Organization, stack.Project, stack.Stack)
	if err != nil {
		return stack, err
	}
	stack.Owner = owner
	return j.readGrants(ctx, stack)
}

func (j *ownerJob) readGrants(ctx context.Context, stack types.OwnedStack) (types.OwnedStack, error) {
	grants, err := j.session.Client.Collaborators(ctx, j.state.Organization, stack.Project, stack.Stack)
	stack.Grants = directGrants(grants)
	return stack, err
}

// sight holds that the stacks which a selection does not show any more are not just hidden from this token.
func (j *ownerJob) sight(ctx context.Context, found []cloud.Stack) error {
	if j.state.Stack != nil {
		return nil
	}
	for _, stack := range j.state.Stacks {
		if slices.ContainsFunc(found, func(s cloud.Stack) bool { return s.ID == stack.StackID }) {
			continue
		}
		_, err := j.session.Client.Stack(ctx, j.state.Organization, stack.Project, stack.Stack)
		if err := requireSight(ctx, j.session, j.state.Organization, err); err != nil {
			return err
		}
	}
	return nil
}

// adopt makes what is there what is wanted: an import changes nothing. The owner is the one whom most stacks have.
func (j *ownerJob) adopt() {
	owned, keep := map[string]int{}, []string{}
	for _, stack := range j.state.Stacks {
		owned[stack.Owner]++
		if best := owned[j.state.Owner]; owned[stack.Owner] > best {
			j.state.Owner = stack.Owner
		}
		for _, g := range stack.Grants {
			if logins.Index(keep, g.Login) < 0 {
				keep = append(keep, g.Login)
			}
		}
	}
	wire.SortSet(keep)
	j.state.Keep = &keep
}

// preview names what an update would take from whom. What cannot be read is left to the up.
func (j *ownerJob) preview(ctx context.Context) error {
	planned := *j
	if err := planned.look(ctx); err != nil {
		wire.Log(ctx).Warningf("what an update would change of the ownership of stacks could not be read: %v", err)
		return nil
	}
	var owners, grants []string
	for _, stack := range planned.state.outOfLine(planned.state.Stacks) {
		if !logins.Same(stack.Owner, j.state.Owner) {
			owners = append(owners, fmt.Sprintf("%s, which belongs to %s", stackName(stack), stack.Owner))
		}
		for _, g := range j.state.unwanted(stack.Grants) {
			grants = append(grants, grantLine(stack, g))
		}
	}
	warnRemovals(ctx, "an update would remove these direct grants; they cannot be given back:", grants)
	if len(owners) > 0 {
		wire.Log(ctx).Info(bulleted(fmt.Sprintf("an update would make %s the owner of:", j.state.Owner), owners))
	}
	return planned.refuseLockOut(ctx)
}

// run reads the stacks, and settles each that is not as wanted.
func (j *ownerJob) run(ctx context.Context) error {
	if err := j.look(ctx); err != nil {
		return err
	}
	if err := j.refuseLockOut(ctx); err != nil {
		return err
	}
	todo, done := len(j.state.outOfLine(j.state.Stacks)), 0
	for i := range j.state.Stacks {
		stack := &j.state.Stacks[i]
		if len(j.state.outOfLine([]types.OwnedStack{*stack})) == 0 {
			continue
		}
		err := context.Cause(ctx)
		if err == nil {
			err = j.settle(context.WithoutCancel(ctx), stack) // a cancel stops between stacks, not within one
		}
		if err != nil {
			return j.stopped(err, done, todo)
		}
		done++
		progress(ctx, "settled the ownership of %d of %d stacks", done, todo)
	}
	return nil
}

// stopped keeps what was done. A first call that was refused did nothing, and leaves nothing to keep.
func (j *ownerJob) stopped(err error, done, todo int) error {
	if done == 0 && todo == 1 && !errors.Is(err, cloud.ErrUnknownOutcome) && len(removedLines(j.state)) == 0 && !j.took() {
		return err
	}
	return partly(fmt.Errorf("stopped after %d of %d stacks: %w", done, todo, err))
}

// took tells whether any stack changed its owner.
func (j *ownerJob) took() bool {
	return slices.ContainsFunc(j.state.Stacks, func(s types.OwnedStack) bool { return s.PreviousOwner != nil })
}

// settle gives one stack its owner, and then takes what others hold on it, the caller's own last. It reads back.
func (j *ownerJob) settle(ctx context.Context, stack *types.OwnedStack) error {
	if err := j.transfer(ctx, stack); err != nil {
		return err
	}
	unwanted := j.state.unwanted(stack.Grants)
	if len(unwanted) == 0 {
		return nil
	}
	for _, g := range j.ownLast(ctx, unwanted) {
		err := j.session.Client.RemoveCollaborator(ctx, j.state.Organization, stack.Project, stack.Stack, g.Login)
		if err != nil {
			return fmt.Errorf("removing %s: %w", grantLine(*stack, g), err)
		}
		stack.Removed = append(stack.Removed, g)
		stack.Grants = slices.DeleteFunc(stack.Grants, func(other types.DirectGrant) bool { return other == g })
	}
	after, err := j.readGrants(ctx, *stack)
	if err != nil {
		return fmt.Errorf("direct grants on stack %s were removed, but reading back whether they are gone failed: %w", stackName(*stack), err)
	}
	*stack = after
	if left := j.state.unwanted(stack.Grants); len(left) > 0 {
		return fmt.Errorf("%s is still there after it was removed: run `pulumi up` again", grantLine(*stack, left[0]))
	}
	return nil
}

// transfer changes the owner. Whose the stack was is noted before: the answer may be lost.
func (j *ownerJob) transfer(ctx context.Context, stack *types.OwnedStack) error {
	if logins.Same(stack.Owner, j.state.Owner) {
		return nil
	}
	noted := stack.PreviousOwner
	if noted == nil {
		owner := stack.Owner
		stack.PreviousOwner = &owner
	}
	err := j.session.Client.SetStackOwner(ctx, j.state.Organization, stack.Project, stack.Stack, j.state.Owner)
	if err == nil {
		stack.Owner = j.state.Owner
		return nil
	}
	if !errors.Is(err, cloud.ErrUnknownOutcome) {
		stack.PreviousOwner = noted
	}
	if cloud.IsNotFound(err) {
		return fmt.Errorf("%w\n  owner: %q is no member of organization %q, or stack %s is gone: only a member can own a stack",
			err, j.state.Owner, j.state.Organization, stackName(*stack))
	}
	return err
}

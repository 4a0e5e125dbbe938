package stackowner

import (
	"context"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// caller is who makes the calls, "" when that cannot be read.
func (r *reconciler) caller(ctx context.Context) string {
	caller, err := r.session.Client.CurrentUser(ctx)
	if err != nil {
		return ""
	}
	return caller.Login
}

// ownLast puts the caller's own grant at the end: without it the others could perhaps not be removed. It asks only where
// there is an order to choose.
func (r *reconciler) ownLast(ctx context.Context, grants []types.DirectGrant) []types.DirectGrant {
	if len(grants) < 2 {
		return grants
	}
	caller := r.caller(ctx)
	own := func(g types.DirectGrant) int {
		if logins.Same(g.Login, caller) {
			return 1
		}
		return 0
	}
	sorted := slices.Clone(grants)
	slices.SortStableFunc(sorted, func(a, b types.DirectGrant) int { return own(a) - own(b) })
	return sorted
}

// refuseLockOut refuses to take a caller's own admin grant. Administrators of the organization keep access whatever
// becomes of grants. Anybody else may hold admin through a role or team as well, which the service does not tell: they
// insist.
func (r *reconciler) refuseLockOut(ctx context.Context) error {
	if slices.Contains(ptr.Value(r.state.Allow), types.OptIn("lockOut")) {
		return nil
	}
	taken := map[string]types.OwnedStack{} // by login
	for _, stack := range r.state.Stacks {
		for _, g := range r.state.unwanted(stack.Grants) {
			if administersStack(g) {
				taken[g.Login] = stack
			}
		}
	}
	if len(taken) == 0 {
		return nil
	}
	seen, err := r.session.Client.Organization(ctx, r.state.Organization)
	if err != nil || seen.IsAdmin() {
		return err
	}
	caller, err := r.session.Client.CurrentUser(ctx)
	if err != nil {
		return err
	}
	for login, stack := range taken {
		if logins.Same(login, caller.Login) {
			return fmt.Errorf("refused: this would remove the caller's own grant, of %s on stack %s, and with it perhaps the right to "+
				"change it again. Add %q to keep, run with an organization administrator's token, or insist with allow: [lockOut]",
				login, nameOf(stack), login)
		}
	}
	return nil
}

// giveBack returns every stack whose owner was changed, unless somebody else has decided about it since.
func (r *reconciler) giveBack(ctx context.Context) error {
	for _, stack := range r.state.Stacks {
		if stack.PreviousOwner == nil || logins.Same(*stack.PreviousOwner, r.state.Owner) {
			continue
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if err := r.giveBackOne(context.WithoutCancel(ctx), stack); err != nil {
			return err
		}
	}
	return nil
}

func (r *reconciler) giveBackOne(ctx context.Context, stack types.OwnedStack) error {
	client, organization, previous := r.session.Client, r.state.Organization, *stack.PreviousOwner
	owner, err := client.StackOwner(ctx, organization, stack.Project, stack.Stack)
	if err != nil {
		return kit.RequireSight(ctx, r.session, organization, err)
	}
	log := wire.Log(ctx)
	switch {
	case logins.Same(owner, previous):
		return nil
	case !logins.Same(owner, r.state.Owner):
		log.Warningf("stack %s belongs to %s by now, so it stays there and does not go back to %s", nameOf(stack), owner, previous)
		return nil
	}
	err = client.SetStackOwner(ctx, organization, stack.Project, stack.Stack, previous)
	if cloud.IsNotFound(err) {
		log.Warningf("stack %s stays with %s: %s, who owned it before, is not a member of organization %q any more",
			nameOf(stack), owner, previous, organization)
		return nil
	}
	return err
}

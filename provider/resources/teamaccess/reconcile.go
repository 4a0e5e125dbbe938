package teamaccess

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/lockout"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/membership"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// reconciler makes what one team is granted the desired access.
type reconciler struct {
	granter
	session  *session.Session
	desired  Args
	scope    Args      // desired, with an empty list on each axis that this resource managed before and manages no more
	ownRoles []string  // roles that this resource assigned before
	handed   *[]string // what is left to other resources of the program
}

func reconcilerOf(op kit.Op, before State, desired Args) reconciler {
	return reconciler{
		granter: granter{client: op.Session.Client, organization: ptr.Value(desired.Organization), team: desired.Team},
		session: op.Session, desired: desired, scope: desired.keeping(before), ownRoles: ptr.Value(before.RoleIDs),
		handed: &[]string{},
	}
}

// result is what a run of the reconciler did.
type result struct {
	grants  grantSet // what the team is granted afterwards
	changed bool     // something was done
	missing bool     // there is no such team, or the caller does not see it
}

// preview says what an update would take away. A team that does not exist yet, or whose name is not known yet, has nothing.
// Exists says that the resource was created before, so that the team should exist.
func (r reconciler) preview(ctx context.Context, op kit.Op, exists bool) error {
	if r.team == "" || r.organization == "" || op.Unknown("team", kit.OrganizationProperty) {
		return nil
	}
	owned := ownedBy(r.scope)
	team, actual, err := r.look(ctx, owned)
	if cloud.IsNotFound(err) {
		if exists {
			wire.Log(ctx).Warningf("team %q cannot be found now; unless this update creates it, nothing can be granted to it", r.team)
		}
		return nil
	}
	if err != nil {
		return err
	}
	desired, err := grantsOfInputs(r.scope)
	if err != nil {
		return err
	}
	if owned.roles {
		// An unknown role id is one that this update creates: it replaces whatever role the team holds now.
		r.warnForeignRoles(ctx, foreignRoles(actual.roles, desired.roles, r.ownRoles))
	}
	steps := plan(actual, desired, owned.known(op))
	if _, err := r.refuseLockOut(ctx, team, actual, steps); err != nil {
		return err
	}
	taken, given := describeGrants(actual, steps)
	kit.WarnRemovals(ctx, fmt.Sprintf("team %q: an update would take away", r.team), taken)
	r.sayHanded(ctx)
	r.sayUndecided(ctx, op, actual)
	if exists {
		kit.NoteGains(ctx, fmt.Sprintf("team %q: an update would give", r.team), given)
	}
	return nil
}

// run plans and applies.
func (r reconciler) run(ctx context.Context) (result, error) {
	owned := ownedBy(r.scope)
	team, actual, err := r.look(ctx, owned)
	if cloud.IsNotFound(err) {
		return result{missing: true}, membership.NoTeam(r.team, "TeamAccess", err)
	}
	if err != nil {
		return result{}, err
	}
	desired, err := grantsOfInputs(r.scope)
	if err != nil {
		return result{}, err
	}
	steps := plan(actual, desired, owned)
	taken, err := r.refuseLockOut(ctx, team, actual, steps)
	if err != nil {
		return result{}, err
	}
	r.sayHanded(ctx)
	r.warnForeignRoles(ctx, foreignRoles(taken, desired.roles, r.ownRoles))
	reached, err := r.apply(ctx, actual, steps)
	return result{grants: reached, changed: !sameGrants(actual, reached)}, err
}

// reached is the state after a run, nil when it failed and changed nothing.
func (r reconciler) reached(done result, err error) (*State, error) {
	if err != nil && !done.changed {
		return nil, err
	}
	state := r.state(done.grants)
	return &state, err
}

// state is what the resource keeps after the team was granted this. An axis that the program does not name stays in it as
// long as something is left there.
func (r reconciler) state(grants grantSet) State {
	return r.scope.withGrants(grants).withoutEmptied(r.desired).state()
}

// refuseLockOut returns the roles that the steps take from the team, unless that locks the caller out.
func (r reconciler) refuseLockOut(
	ctx context.Context, team cloud.Team, actual grantSet, steps []grantStep,
) ([]string, error) {
	taken, given := takenRoles(actual, steps)
	return taken, lockout.Refuse(ctx, r.session, r.organization,
		lockout.Loss{Team: team, Taken: taken, Given: given, From: lockout.EveryMember, Allow: ptr.Value(r.desired.Allow)})
}

// takeBack takes away what the state says that the team holds, reads what is left, and reports whether that is nothing. Only for
// administrators, who are locked out by no revocation, it needs no look before; where no role goes, nobody is asked who the caller is.
// Whatever it meets is left to a run that looks.
func (r reconciler) takeBack(ctx context.Context, state State) bool {
	if len(r.ownRoles) == 0 {
		return false
	}
	administers, err := r.session.Administers(ctx, r.organization)
	if err != nil || !administers {
		return false
	}
	known, err := grantsOfInputs(state.inputs())
	if err != nil {
		return false
	}
	owned := ownedBy(r.scope)
	known = r.withoutHanded(ctx, known, owned)
	steps := plan(known, grantSet{}, owned)
	if len(steps) == 0 {
		return false
	}
	if _, err := r.apply(ctx, known, steps); err != nil {
		return false
	}
	_, left, err := r.look(ctx, owned)
	if err != nil || len(plan(left, grantSet{}, owned)) > 0 {
		return false
	}
	r.sayHanded(ctx)
	r.session.Program.TeamRead(r.organization, r.team)
	return true
}

// confirm reads back whether nothing is left on the owned axes.
func (r reconciler) confirm(ctx context.Context) error {
	owned := ownedBy(r.scope)
	_, actual, err := r.look(ctx, owned)
	if err != nil {
		return kit.RequireSight(ctx, r.session, r.organization, err)
	}
	left := plan(actual, grantSet{}, owned)
	if len(left) == 0 {
		return nil
	}
	return fmt.Errorf("team %q still holds %s after it was revoked (%d left in all): run again, or look for who grants it",
		r.team, left[0], len(left))
}

// withoutTeam ends an update of a team that was not found. When nothing is to be granted, nothing is missing; else the state
// says that the team holds nothing, and the error what to do, until the team is recreated or this resource is removed.
func (r reconciler) withoutTeam(ctx context.Context, err error) (*State, error) {
	if sight := kit.RequireSight(ctx, r.session, r.organization, err); sight != nil {
		return nil, sight
	}
	state := r.state(grantSet{})
	desired, malformed := grantsOfInputs(r.desired)
	if malformed == nil && len(desired.entities) == 0 && len(desired.roles) == 0 {
		return &state, nil
	}
	return &state, errors.Join(err, malformed)
}

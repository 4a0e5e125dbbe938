package resources

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// teamAccessJob leads one team to what is wanted.
type teamAccessJob struct {
	teamGranter
	session  *session.Session
	want     TeamAccessArgs
	scope    TeamAccessArgs // want, with the axes besides that this resource managed before: nothing is wanted on those
	ownRoles []string       // roles that this resource assigned before
	exists   bool           // the resource was created before, so the team should be there
}

// reachedGrants is what a team is granted after a job.
type reachedGrants struct {
	grants  teamGrants
	changed bool // something was done
	missing bool // there is no such team, or the caller does not see it
}

// preview names what an update would take away. A team that is not there yet, or whose name is not known yet, has nothing.
func (j teamAccessJob) preview(ctx context.Context) error {
	unknowns := wire.UnknownInputs(ctx)
	if j.team == "" || j.organization == "" || wire.Touches("team", unknowns) || wire.Touches("organization", unknowns) {
		return nil
	}
	owned := ownedBy(j.scope)
	live, current, err := j.read(ctx, owned.roles)
	if cloud.IsNotFound(err) {
		if j.exists {
			wire.Log(ctx).Warningf("team %q cannot be found now; unless this update creates it, nothing can be granted to it", j.team)
		}
		return nil
	}
	if err != nil {
		return err
	}
	wanted, err := grantsOfInputs(j.scope)
	if err != nil {
		return err
	}
	if owned.roles {
		// An unknown role id is one that this update creates: whatever the team holds now is replaced by it.
		j.nameForeignRoles(ctx, foreignRoles(current.roles, wanted.roles, j.ownRoles))
	}
	// What holds an unknown cannot be compared yet.
	owned.roles = owned.roles && !wire.Touches("roleIds", unknowns)
	owned.stacks = owned.stacks && !wire.Touches("stacks", unknowns)
	owned.environments = owned.environments && !wire.Touches("environments", unknowns)
	owned.accounts = owned.accounts && !wire.Touches("accounts", unknowns)
	steps := planTeamAccess(current, wanted, owned)
	if _, err := j.refuseLockOut(ctx, live, current, steps); err != nil {
		return err
	}
	taken, given := changedGrants(current, steps)
	warnRemovals(ctx, fmt.Sprintf("team %q: an update would take away", j.team), taken)
	if j.exists {
		noteGains(ctx, fmt.Sprintf("team %q: an update would give", j.team), given)
	}
	return nil
}

// state is what the resource keeps after the team was granted this. An axis that the program does not name stays in it as
// long as something is left there.
func (j teamAccessJob) state(g teamGrants) TeamAccessState {
	return stateOfTeamAccess(j.scope.withGrants(g).withoutEmptied(j.want))
}

// run plans and applies.
func (j teamAccessJob) run(ctx context.Context) (reachedGrants, error) {
	owned := ownedBy(j.scope)
	live, current, err := j.read(ctx, owned.roles)
	if cloud.IsNotFound(err) {
		return reachedGrants{missing: true}, errTeamMissing(j.team, err)
	}
	if err != nil {
		return reachedGrants{}, err
	}
	wanted, err := grantsOfInputs(j.scope)
	if err != nil {
		return reachedGrants{}, err
	}
	steps := planTeamAccess(current, wanted, owned)
	taken, err := j.refuseLockOut(ctx, live, current, steps)
	if err != nil {
		return reachedGrants{}, err
	}
	j.nameForeignRoles(ctx, foreignRoles(taken, wanted.roles, j.ownRoles))
	reached, err := j.apply(ctx, current, steps)
	return reachedGrants{grants: reached, changed: !sameGrants(current, reached)}, err
}

// refuseLockOut returns the roles that the steps take from the team, if that is not a lock-out.
func (j teamAccessJob) refuseLockOut(
	ctx context.Context, live cloud.Team, current teamGrants, steps []grantStep,
) ([]string, error) {
	taken, given := takenRoles(current, steps)
	return taken, refuseLockOut(ctx, j.session, j.organization,
		roleLoss{team: live, taken: taken, given: given, from: everyMember, allow: list(j.want.Allow)})
}

// confirm reads back whether nothing is left on the owned axes.
func (j teamAccessJob) confirm(ctx context.Context) error {
	owned := ownedBy(j.scope)
	_, current, err := j.read(ctx, owned.roles)
	if err != nil {
		return requireSight(ctx, j.session, j.organization, err)
	}
	left := planTeamAccess(current, teamGrants{}, owned)
	if len(left) == 0 {
		return nil
	}
	return fmt.Errorf("team %q still holds %s after it was revoked (%d left in all): run again, or look for who grants it",
		j.team, left[0], len(left))
}

// teamGone ends an update of a team that is not there. When nothing was to be granted, nothing is missing; else the state
// says that the team holds nothing, and the error what to do, until the team is recreated or this resource is removed.
func (j teamAccessJob) teamGone(
	ctx context.Context, want TeamAccessArgs, err error,
) (infer.UpdateResponse[TeamAccessState], error) {
	if sight := requireSight(ctx, j.session, j.organization, err); sight != nil {
		return infer.UpdateResponse[TeamAccessState]{}, sight
	}
	out := infer.UpdateResponse[TeamAccessState]{Output: j.state(teamGrants{})}
	wanted, malformed := grantsOfInputs(want)
	if malformed == nil && len(wanted.entities) == 0 && len(wanted.roles) == 0 {
		return out, nil
	}
	return out, partly(errors.Join(err, malformed))
}

package teamaccess

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/teamgrants"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// progressEvery bounds how often the status line of a long run changes.
const progressEvery = 10

// granter makes the calls that change what one team is granted.
type granter struct {
	client       *cloud.Client
	organization string
	team         string
}

// read returns what the team is granted. Its record names its roles: the service leaves roleIds out where there are none.
func (g granter) read(ctx context.Context) (cloud.Team, grantSet, error) {
	team, err := g.client.Team(ctx, g.organization, g.team)
	if err != nil {
		return team, grantSet{}, err
	}
	grants, err := grantsOfTeam(team)
	return team, grants, err
}

// apply carries the steps out one by one and returns what the team is granted then, also when it fails. After a refusal
// nothing more is given, but what is to be taken away is: a grant that cannot be made does not keep another one in force.
func (g granter) apply(ctx context.Context, grants grantSet, steps []grantStep) (grantSet, error) {
	var failed error
	for i, step := range steps {
		if err := context.Cause(ctx); err != nil {
			return grants, errors.Join(failed, fmt.Errorf("stopped after %d of %d changes to the access of team %q; run again to finish: %w",
				i, len(steps), g.team, err))
		}
		if failed != nil && !step.takes() {
			continue
		}
		// A cancel stops between calls: a call that was cut off would leave its outcome unknown.
		reached, err := g.applyOne(context.WithoutCancel(ctx), grants, step)
		grants = reached
		if err != nil {
			failed = errors.Join(failed, err)
			if errors.Is(err, cloud.ErrUnknownOutcome) {
				return grants, failed // the service cannot be reached
			}
			continue
		}
		if done := i + 1; len(steps) > 1 && (done%progressEvery == 0 || done == len(steps)) {
			kit.Progress(ctx, "granted %d of %d", done, len(steps))
		}
	}
	return grants, failed
}

// applyOne makes one call. When it fails, the actual grants decide whether it was done: a call that was repeated after its
// answer was lost is refused because its first try succeeded.
func (g granter) applyOne(ctx context.Context, grants grantSet, step grantStep) (grantSet, error) {
	err := g.call(ctx, step)
	if err == nil {
		return step.after(grants), nil
	}
	_, actual, readErr := g.read(ctx)
	if readErr != nil {
		return grants, g.explain(step, err)
	}
	if step.inEffect(actual) {
		return actual, nil
	}
	return actual, g.explain(step, err)
}

func (g granter) explain(step grantStep, err error) error {
	verb := map[grantAction]string{
		addGrant: "granting", editGrant: "changing to", removeGrant: "revoking", assignRole: "assigning", removeRole: "removing",
	}[step.action]
	hint := ""
	if cloud.IsNotFound(err) && (step.action == addGrant || step.action == editGrant) {
		hint = fmt.Sprintf("\n  Does %s exist? Check its name, or create it first; the team may also have been deleted", step.key)
	}
	return fmt.Errorf("%s %s, team %q: %w%s", verb, step, g.team, err, hint)
}

func (g granter) call(ctx context.Context, step grantStep) error {
	switch step.action {
	case assignRole:
		return g.client.AssignTeamRole(ctx, g.organization, g.team, step.role)
	case removeRole:
		return g.client.RemoveTeamRole(ctx, g.organization, g.team, step.role)
	case removeGrant:
		return g.grants().Revoke(ctx, step.key)
	case editGrant:
		return g.grants().Edit(ctx, step.key, step.level)
	default:
		return g.grants().Add(ctx, step.key, step.level)
	}
}

func (g granter) grants() teamgrants.Team {
	return teamgrants.Team{Client: g.client, Organization: g.organization, Name: g.team}
}

// foreignRoles are the roles that somebody else assigned and that the steps would take from the team.
func foreignRoles(actual, desired, own []string) []string {
	return slices.DeleteFunc(slices.Clone(actual), func(id string) bool {
		return slices.Contains(desired, id) || slices.Contains(own, id)
	})
}

// warnForeignRoles warns of roles that somebody else assigned and that the team loses. It never fails: a role whose name cannot
// be read is named by its id.
func (g granter) warnForeignRoles(ctx context.Context, ids []string) {
	for _, id := range ids {
		name := id
		if role, err := g.client.Role(ctx, g.organization, id); err == nil {
			name = fmt.Sprintf("%q (%s)", role.Name, id)
		}
		wire.Log(ctx).Warningf("team %q holds the role %s, which this resource did not assign: it is taken away or replaced, "+
			"because roleIds is owned whole (a team holds one role). Leave roleIds out to keep it", g.team, name)
	}
}

// takenRoles are the roles that the team holds now and not any more when the steps are done; given are the new ones.
func takenRoles(actual grantSet, steps []grantStep) (taken, given []string) {
	end := actual
	for _, step := range steps {
		if step.action == assignRole || step.action == removeRole {
			end = step.after(end)
		}
	}
	return foreignRoles(actual.roles, end.roles, nil), foreignRoles(end.roles, actual.roles, nil)
}

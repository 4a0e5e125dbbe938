package entityaccess

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/entitygrants"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// reconciler makes what is granted on one entity the desired access.
type reconciler struct {
	entity
	session *session.Session
	before  State
	given   Args // what the program says
	desired Args // given, at preview without what is not known yet
	unknown []string
	admin   bool // the caller administers the organization
	// recreated says that the entity is another one than the state's: nothing on it was granted by this resource.
	recreated bool
	aims      aims     // once it has looked
	handed    []string // what is left to other resources of the program
}

func reconcilerOf(op kit.Op, before State, desired Args) *reconciler {
	return &reconciler{
		entity:  entity{client: op.Session.Client, organization: ptr.Value(desired.Organization), ref: desired.entity()},
		session: op.Session, before: before, given: desired, desired: desired, unknown: op.Unknowns,
	}
}

// granted are the grants that this resource made before, as the state records them.
func (r *reconciler) granted() types.EntityGrants {
	if r.recreated {
		return keepGrants(types.EntityGrants{})
	}
	return keepGrants(r.before.Granted)
}

// scope are the axes to read: those that the program names, and those on which this resource granted something.
func (r *reconciler) scope() axes {
	return r.desired.axes().or(axes{len(r.before.Granted.Users) > 0, len(r.before.Granted.Teams) > 0})
}

// aim decides what a run makes of the grants.
func (r *reconciler) aim() error {
	desired, err := r.desired.grants()
	if err != nil {
		return err
	}
	own, err := grantsOf(r.granted().Users, r.granted().Teams)
	if err != nil {
		return fmt.Errorf("what the state records as granted on %s cannot be read: %w", r.ref, err)
	}
	r.aims = aims{kind: r.ref.Kind, desired: desired, own: own, named: r.desired.axes()}
	return nil
}

// plan returns the steps to the desired access, whoever makes them.
func (r *reconciler) plan(now grants) []step {
	return r.aims.plan(now, func(grant) bool { return false })
}

// look reads what is granted, once it is certain that the service tells.
func (r *reconciler) look(ctx context.Context) (actual, error) {
	seen, err := r.client.Organization(ctx, r.organization)
	if err != nil {
		return actual{}, err
	}
	r.admin = seen.IsAdmin()
	if err := entitygrants.RequireListing(r.organization, seen, r.ref.String()); err != nil {
		return actual{}, err
	}
	now, err := r.read(ctx, r.scope())
	if err = r.findRenamed(ctx, now, err); err != nil {
		return now, err
	}
	r.recreated = r.before.EntityID != "" && r.before.EntityID != now.id
	if err := r.aim(); err != nil {
		return now, err
	}
	return now, r.handOver(ctx, now)
}

// decide returns the steps to the desired access, unless they are refused.
func (r *reconciler) decide(ctx context.Context, now actual) ([]step, error) {
	if err := r.checkSets(now).Err(); err != nil {
		return nil, err
	}
	if err := r.refuseKeepers(ctx); err != nil {
		return nil, err
	}
	steps := r.plan(now.grants)
	if r.desired.reports() {
		return steps, nil
	}
	if err := r.refuseForeign(steps, now.names()); err != nil {
		return nil, err
	}
	if takes, _ := split(steps); len(takes) > 0 {
		who, err := r.callerOf(ctx, now)
		if err != nil {
			return nil, err
		}
		steps = r.aims.plan(now.grants, who.mine)
		if err := r.refuseLockOut(ctx, who, now, steps); err != nil {
			return nil, err
		}
	}
	return steps, r.findPeople(ctx, steps)
}

// checkSets refuses permission sets that cannot be assigned on the entity.
func (r *reconciler) checkSets(now actual) problem.List {
	var problems problem.List
	problems = append(problems, r.checkTeamSets(now.grants)...)
	for i, one := range ptr.Value(r.given.Users) {
		id, aimed := ptr.Value(one.PermissionSet), r.aims.desired[personal(one.User)]
		if id == "" || aimed.held.sets != id || now.grants.holds(aimed) {
			continue
		}
		at := slices.IndexFunc(now.sets, func(set cloud.PermissionSet) bool { return set.ID == id })
		path := fmt.Sprintf("users[%d].permissionSet", i)
		switch {
		case at < 0:
			problems.Add(path, "%q (of %s) is not a permission set that can be assigned on a %s: give the permissionSetId of a PermissionSet "+
				"whose entityType is %s", id, one.User, r.ref.Kind.Noun(), r.ref.Kind)
		case now.sets[at].DefaultIdentifier != "":
			problems.Add(path, "%q (of %s) is the built-in permission set %q: use permission for it", id, one.User, now.sets[at].Name)
		}
	}
	return problems
}

// checkTeamSets refuses permission sets of teams that are not held yet, and changes of how long they open: the service has no call
// for either. Nothing is granted on an entity that does not exist yet.
func (r *reconciler) checkTeamSets(now grants) problem.List {
	var problems problem.List
	for i, one := range ptr.Value(r.given.Teams) {
		at := fmt.Sprintf("teams[%d]", i)
		if one.PermissionSet == nil || wire.Touches(at, r.unknown) {
			continue
		}
		if aimed, err := heldByTeam(one); err == nil && now.holds(grant{who: ofTeam(one.Team), held: aimed}) {
			continue
		}
		problems.Add(at+".permissionSet", "team %q does not hold %q on %s as it is declared, and the service has no call that grants "+
			"a team a custom permission set on one entity: one that is there can only be kept or taken away. Use permission, or give the team a "+
			"Role with a rule for it (permissionSet in its access)", one.Team, *one.PermissionSet, r.ref)
	}
	return problems
}

// preview says what an update would change. Exists says that the resource was created before, so that the entity should exist.
func (r *reconciler) preview(ctx context.Context, op kit.Op, exists bool) error {
	if r.organization == "" || r.ref.Name == "" || op.Unknown("stack", "environment", "account", kit.OrganizationProperty) {
		return nil
	}
	var open []undecided
	r.desired, open = r.desired.decided(op.Unknowns)
	now, err := r.look(ctx)
	if isMissing(err) {
		if exists {
			wire.Log(ctx).Warningf("%s cannot be found now; unless this update creates it, nothing can be granted on it", r.ref)
		}
		return r.checkTeamSets(nil).Err()
	}
	if err != nil {
		return err
	}
	left := map[bool][]grant{}
	for _, axis := range open {
		left[axis.team] = r.aims.leave(now.grants, axis)
	}
	steps, err := r.decide(ctx, now)
	if err != nil {
		return err
	}
	r.say(ctx, now, steps, exists)
	r.sayMissingTeams(ctx, steps)
	for _, axis := range open {
		r.sayUndecided(ctx, op, now, axis, left[axis.team])
	}
	return nil
}

// say tells what the steps change, and what stays for other reasons.
func (r *reconciler) say(ctx context.Context, now actual, steps []step, exists bool) {
	takes, gives := split(steps)
	would := "an update would"
	if r.desired.reports() {
		would = "mode report changes nothing; mode enforce would"
	}
	kit.WarnRemovals(ctx, fmt.Sprintf("%s: %s take away", r.ref, would), lines(takes, now.names()))
	if exists || r.desired.reports() {
		kit.NoteGains(ctx, fmt.Sprintf("%s: %s give", r.ref, would), lines(gives, now.names()))
	}
	r.sayLeft(ctx, now)
}

// sayLeft names the grants that stay although nobody asked for them.
func (r *reconciler) sayLeft(ctx context.Context, now actual) {
	if r.recreated {
		wire.Log(ctx).Warningf("%s was deleted and recreated since this resource changed its grants: those that are on it now were made by others", r.ref)
	}
	var left []string
	for _, one := range r.aims.changedSince(now.grants) {
		left = append(left, fmt.Sprintf("%s: %s", one, now.names().text(one.held)))
	}
	r.sayHanded(ctx)
	kit.WarnRemovals(ctx, fmt.Sprintf("%s: left as it is, because somebody else has changed it since this resource granted it:", r.ref), left)
	r.sayOthers(ctx, now)
}

// sayOthers names the grants that are not understood.
func (r *reconciler) sayOthers(ctx context.Context, now actual) {
	kit.WarnRemovals(ctx, fmt.Sprintf("%s: held by principals of a kind that this version does not know, and left as it is; look at who holds it "+
		"in the console:", r.ref), now.others)
}

// reached is the state that the grants amount to after a run.
func (r *reconciler) reached(now actual) State {
	state := r.desired.state()
	state.EntityID, state.Unrecognized = now.id, now.others
	own := grants{} // what is in effect, and is desired or was granted before
	for who, one := range now.grants {
		if r.aims.own.holds(one) || r.aims.named.of(who) && r.aims.desired.holds(one) {
			own[who] = one
		}
	}
	state.Granted = own.recorded(types.EntityGrants{Users: ptr.Value(r.desired.Users)})
	state.Users, state.Teams = axisOf(now.grants, own, r.desired.Users, false, users), axisOf(now.grants, own, r.desired.Teams, true, teams)
	return state
}

// axisOf is an axis of the state: all that is there where the program names the axis, else what is left of this resource's own;
// nil for nothing.
func axisOf[T any](now, own grants, desired *[]T, team bool, write func(grants, *[]T) []T) *[]T {
	of := now.onAxis(team)
	if desired == nil {
		if of = own.onAxis(team); len(of) == 0 {
			return nil
		}
	}
	written := write(of, desired)
	return &written
}

func users(g grants, before *[]types.EntityUserGrant) []types.EntityUserGrant { return g.users(before) }

func teams(g grants, _ *[]types.EntityTeamGrant) []types.EntityTeamGrant { return g.teams() }

// reported is the state of mode report: what the program says, and how the service differs.
func (r *reconciler) reported(now actual, steps []step) State {
	state := r.desired.state()
	state.EntityID, state.Unrecognized, state.Granted = now.id, now.others, r.granted()
	takes, gives := split(steps)
	state.WouldRemove, state.WouldGrant = changes(takes, now.names()), changes(gives, now.names())
	return state
}

// run plans and applies. It returns nil exactly when nothing was changed and it failed.
func (r *reconciler) run(ctx context.Context) (*State, error) {
	now, err := r.look(ctx)
	if err != nil {
		return nil, err
	}
	steps, err := r.decide(ctx, now)
	if err != nil {
		return nil, err
	}
	if r.desired.reports() {
		r.say(ctx, now, steps, true)
		state := r.reported(now, steps)
		return &state, nil
	}
	r.sayLeft(ctx, now)
	after, changed, err := r.apply(ctx, now, steps)
	if err == nil {
		after, err = r.confirm(ctx, after, steps)
	}
	if err != nil && !changed {
		return nil, err
	}
	state := r.reached(after)
	return &state, kit.Partial(err)
}

// looks bounds how often confirm reads what is granted.
const looks = 3

// confirm reads back whether what was taken away, or lowered, is gone. What a stack's collaborator holds beside the assignments shows
// then, and is taken away in the other way.
func (r *reconciler) confirm(ctx context.Context, now actual, steps []step) (actual, error) {
	takes, _ := split(steps)
	if len(takes) == 0 {
		return now, nil
	}
	for look := 1; ; look++ {
		after, err := r.read(context.WithoutCancel(ctx), r.scope())
		if err != nil {
			return now, fmt.Errorf("grants on %s were taken away, but reading back whether they are gone failed: %w", r.ref, err)
		}
		left := r.left(after.grants, takes)
		if now = after; len(left) == 0 {
			return now, nil
		}
		if look == looks || !slices.ContainsFunc(slices.Concat(takes, left), func(s step) bool { return s.from.collaborator }) {
			return now, fmt.Errorf("%s: still there after it was taken away: %s. Run `pulumi up` again, or look for who grants it",
				r.ref, strings.Join(lines(left, now.names()), "; "))
		}
		if now, _, err = r.apply(ctx, now, left); err != nil {
			return now, err
		}
	}
}

// left are the steps that are still to be taken about those from whom something was to be taken.
func (r *reconciler) left(now grants, takes []step) []step {
	left := r.plan(now)
	left = slices.DeleteFunc(left, func(s step) bool {
		raises := s.from != nil && s.to != nil && s.to.held.lowers(r.ref.Kind, s.from.held)
		return s.from == nil || raises || !slices.ContainsFunc(takes, func(of step) bool { return of.from.who == s.from.who })
	})
	for i := range left {
		left[i].beside = left[i].from.collaborator
	}
	return left
}

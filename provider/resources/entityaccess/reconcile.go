package entityaccess

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
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
	desired Args
	admin   bool // the caller administers the organization
	// recreated says that the entity is another one than the state's: nothing on it was granted by this resource.
	recreated bool
}

func reconcilerOf(op kit.Op, before State, desired Args) *reconciler {
	return &reconciler{
		entity:  entity{client: op.Session.Client, organization: ptr.Value(desired.Organization), ref: desired.entity()},
		session: op.Session, before: before, desired: desired,
	}
}

// granted are the grants that this resource made before, as the state records them.
func (r *reconciler) granted() types.EntityGrants {
	if r.recreated {
		return keepGrants(types.EntityGrants{})
	}
	return keepGrants(r.before.Granted)
}

// own are the grants that this resource made before.
func (r *reconciler) own() grants { return grantsOf(r.granted().Users, r.granted().Teams) }

// scope are the axes to read: those that the program names, and those on which this resource granted something.
func (r *reconciler) scope() axes {
	return r.desired.axes().or(axes{len(r.before.Granted.Users) > 0, len(r.before.Granted.Teams) > 0})
}

func (r *reconciler) aims() aims {
	return aims{kind: r.ref.Kind, desired: r.desired.grants(), own: r.own(), named: r.desired.axes()}
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
	r.recreated = err == nil && r.before.EntityID != "" && r.before.EntityID != now.id
	return now, err
}

// decide returns the steps to the desired access, unless they are refused.
func (r *reconciler) decide(ctx context.Context, now actual, a aims) ([]step, error) {
	if err := r.checkSets(now, a).Err(); err != nil {
		return nil, err
	}
	steps := a.plan(now.grants, func(grant) bool { return false })
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
		steps = a.plan(now.grants, who.mine)
		if err := r.refuseLockOut(ctx, who, now, steps); err != nil {
			return nil, err
		}
	}
	return steps, r.findPeople(ctx, steps)
}

// checkSets refuses permission sets that cannot be assigned on the entity.
func (r *reconciler) checkSets(now actual, a aims) problem.List {
	var problems problem.List
	for i, one := range ptr.Value(r.desired.Users) {
		id, aimed := ptr.Value(one.PermissionSet), a.desired[personal(one.User)]
		if id == "" || aimed.held.sets != id || now.grants.holds(aimed) {
			continue
		}
		at := slices.IndexFunc(now.sets, func(set cloud.PermissionSet) bool { return set.ID == id })
		path := fmt.Sprintf("users[%d].permissionSet", i)
		switch {
		case at < 0:
			problems.Add(path, "%q (of %s) is not a permission set that can be assigned on a %s: give the permissionSetId of a PermissionSet "+
				"whose entityType is %s", id, one.User, a.kind.Noun(), a.kind)
		case now.sets[at].DefaultIdentifier != "":
			problems.Add(path, "%q (of %s) is the built-in permission set %q: use permission for it", id, one.User, now.sets[at].Name)
		}
	}
	return problems
}

// preview says what an update would change. Exists says that the resource was created before, so that the entity should exist.
func (r *reconciler) preview(ctx context.Context, op kit.Op, exists bool) error {
	if r.organization == "" || r.ref.Name == "" || op.Unknown("stack", "environment", "account", kit.OrganizationProperty) {
		return nil
	}
	now, err := r.look(ctx)
	if isMissing(err) {
		if exists {
			wire.Log(ctx).Warningf("%s cannot be found now; unless this update creates it, nothing can be granted on it", r.ref)
		}
		return nil
	}
	if err != nil {
		return err
	}
	known := r.aims()
	if op.Unknown("users") {
		known.leave(now.grants, false)
	}
	if op.Unknown("teams") {
		known.leave(now.grants, true)
	}
	steps, err := r.decide(ctx, now, known)
	if err != nil {
		return err
	}
	r.say(ctx, now, steps, exists)
	return nil
}

// leave makes an axis one on which nothing changes: what is desired there is not known yet.
func (a *aims) leave(now grants, team bool) {
	a.desired, a.own = maps.Clone(a.desired), maps.Clone(a.own)
	for _, of := range []grants{a.desired, a.own} {
		maps.DeleteFunc(of, func(who principal, _ grant) bool { return who.team == team })
	}
	maps.Copy(a.desired, now.onAxis(team))
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
	for _, one := range r.aims().changedSince(now.grants) {
		left = append(left, fmt.Sprintf("%s: %s", one, now.names().text(one.held)))
	}
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
	aims := r.aims()
	own := grants{} // what is in effect, and is desired or was granted before
	for who, one := range now.grants {
		if aims.own.holds(one) || aims.named.of(who) && aims.desired.holds(one) {
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
	steps, err := r.decide(ctx, now, r.aims())
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
	left := r.aims().plan(now, func(grant) bool { return false })
	left = slices.DeleteFunc(left, func(s step) bool {
		raises := s.from != nil && s.to != nil && s.to.held.lowers(r.ref.Kind, s.from.held)
		return s.from == nil || raises || !slices.ContainsFunc(takes, func(of step) bool { return of.from.who == s.from.who })
	})
	for i := range left {
		left[i].beside = left[i].from.collaborator
	}
	return left
}

func create(ctx context.Context, op kit.Op, desired Args) (*State, error) {
	state, err := reconcilerOf(op, State{}, desired).run(ctx)
	if isMissing(err) {
		err = fmt.Errorf("%w: create it first, and let this resource depend on it", err)
	}
	return state, err
}

func update(ctx context.Context, op kit.Op, before State, desired Args) (*State, error) {
	state, err := reconcilerOf(op, before, desired).run(ctx)
	if isMissing(err) {
		return nil, kit.Missing(err)
	}
	return state, err
}

// remove takes away what this resource granted and what still is so.
func remove(ctx context.Context, op kit.Op, state State) error {
	nothing := state.inputs()
	nothing.Users, nothing.Teams = nil, nil
	r := reconcilerOf(op, state, nothing)
	if state.reports() {
		if len(r.own()) > 0 {
			wire.Log(ctx).Warningf("%s: what this resource granted stays, because its mode is report", r.ref)
		}
		return nil
	}
	_, err := r.run(ctx)
	if isMissing(err) {
		return kit.RequireSight(ctx, op.Session, state.Organization, err)
	}
	return err
}

// readBack returns what is granted. An import manages both axes, and what it finds counts as granted by it.
func readBack(
	ctx context.Context, op kit.Op, id []string, _ kit.None, before kit.Before[Args, State],
) (*kit.Found[Args, State], error) {
	imported, inputs := before.State.EntityID == "", before.Inputs
	if imported {
		inputs = Args{Users: &[]types.EntityUserGrant{}, Teams: &[]types.EntityTeamGrant{}}
	}
	inputs = inputs.on(id)
	r := reconcilerOf(op, before.State, inputs)
	now, err := r.look(ctx)
	if isMissing(err) {
		return nil, kit.Missing(err)
	}
	if err != nil {
		return nil, err
	}
	if inputs.reports() {
		steps := r.aims().plan(now.grants, func(grant) bool { return false })
		r.say(ctx, now, steps, true)
		return &kit.Found[Args, State]{Inputs: inputs, State: r.reported(now, steps)}, nil
	}
	state := r.reached(now)
	if imported {
		state.Granted = now.grants.recorded(types.EntityGrants{})
		state.Allow = allowed(r.ref.Kind, now.grants)
	} else {
		state.Granted = r.granted()
	}
	r.sayOthers(ctx, now)
	found := state.inputs()
	if inputs.Users == nil {
		found.Users = nil
	}
	if inputs.Teams == nil {
		found.Teams = nil
	}
	return &kit.Found[Args, State]{Inputs: found, State: state}, nil
}

// allowed are the risks that the inputs of an import take, because they are taken already.
func allowed(kind access.EntityKind, now grants) *[]types.OptIn {
	for _, one := range now {
		if kind == access.Stack && one.held.sets == "" && one.held.Level == access.Admin {
			return &[]types.OptIn{types.OptIn(access.AllowStackAdminForPeople)}
		}
	}
	return nil
}

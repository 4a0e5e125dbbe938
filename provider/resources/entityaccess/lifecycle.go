package entityaccess

import (
	"context"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

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
		if len(state.Granted.Users)+len(state.Granted.Teams) > 0 {
			wire.Log(ctx).Warningf("%s: what this resource granted stays, because its mode is report", r.ref)
		}
		return nil
	}
	_, err := r.run(ctx)
	if at, renamed := renamedTo(ctx, err); renamed {
		nothing.Stack = at
		_, err = reconcilerOf(op, state, nothing).run(ctx)
	}
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
	if at, renamed := renamedTo(ctx, err); renamed {
		inputs.Stack = at
		r = reconcilerOf(op, before.State, inputs)
		now, err = r.look(ctx)
	}
	if isMissing(err) {
		return nil, kit.Missing(err)
	}
	if err != nil {
		return nil, err
	}
	if imported {
		r.leaveUnwritable(ctx, now)
		inputs = r.desired
	}
	if inputs.reports() {
		steps := r.plan(now.grants)
		r.say(ctx, now, steps, true)
		return &kit.Found[Args, State]{Inputs: inputs, State: r.reported(now, steps)}, nil
	}
	state := r.reached(now)
	if imported {
		state.Granted = types.EntityGrants{Users: append([]types.EntityUserGrant{}, ptr.Value(state.Users)...),
			Teams: append([]types.EntityTeamGrant{}, ptr.Value(state.Teams)...)}
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

// leaveUnwritable leaves an axis of an import out on which somebody holds what no program can say: inputs that the check refuses could not
// be kept.
func (r *reconciler) leaveUnwritable(ctx context.Context, now actual) {
	unwritable := map[bool][]string{}
	for _, one := range now.grants.sorted() {
		if one.held.sets == "" && !slices.Contains(access.Levels(r.ref.Kind), one.held.Level) {
			unwritable[one.who.team] = append(unwritable[one.who.team], fmt.Sprintf("%s: %s", one, now.names().text(one.held)))
		}
	}
	for team, lines := range unwritable {
		axis := "users"
		if team {
			axis, r.desired.Teams = "teams", nil
		} else {
			r.desired.Users = nil
		}
		kit.WarnRemovals(ctx, fmt.Sprintf("%s: %s are not managed by this import, because these grants cannot be written in a program. Change them in the "+
			"console, then set %[2]s:", r.ref, axis), lines)
	}
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

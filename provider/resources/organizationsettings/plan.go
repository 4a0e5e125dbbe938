package organizationsettings

import (
	"context"
	"slices"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/lockout"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// unmanaged is the state before anything is managed.
func unmanaged(want Args) State {
	return State{Organization: ptr.Value(want.Organization)}
}

func preview(ctx context.Context, op kit.Op, before State, want Args) (State, error) {
	next := State{
		Organization: before.Organization, Args: want,
		Previous: kit.Recorded(before.Previous), Written: kit.Recorded(before.Written),
	}
	w := writerOf(op, before)
	w.preview = true
	return next, w.foresee(ctx, before, want)
}

// foresee refuses what would lock the caller out, and names what an update would stop from working. What it cannot read, it
// leaves to the update.
func (w *writer) foresee(ctx context.Context, state State, want Args) error {
	if w.organization == "" {
		return nil // not known yet
	}
	live, err := w.session.Client.Organization(ctx, w.organization)
	if err != nil {
		wire.Log(ctx).Warningf("organization %q: what an update would change could not be read: %v", w.organization, err)
		return nil
	}
	now := w.live(ctx, live, state)
	changes, left := w.changes(ctx, now, state, want)
	w.warnLeft(ctx, left)
	if err := w.foreign(ctx, now, changes, state, want); err != nil {
		return err
	}
	if err := w.refuseMode(live, changes); err != nil {
		return err
	}
	if refused := lockout.AsRefusal(w.refuseLockOut(ctx, live, changes, want.Allow)); refused != nil {
		return refused
	}
	if err := w.refuseLoosening(ctx, now, changes, want, false); err != nil {
		return err
	}
	w.warn(ctx, live, changes)
	return nil
}

func check(ctx context.Context, op kit.Op, v Args) problem.List {
	if organization, err := op.Session.OrganizationOr(v.Organization); err == nil {
		for property := range v.wanted() {
			op.Session.Program.Declare(wire.URN(ctx), "setting", organization, property)
		}
	}
	problems := types.CheckOptIns("OrganizationSettings", ptr.Value(v.Allow))
	problems = append(problems, types.CheckOneOf("onForeign", v.OnForeign)...)
	problems = append(problems, types.CheckOneOf(defaultStackSetting, v.DefaultStackPermission)...)
	problems = append(problems, types.CheckOneOf(defaultEnvironmentSetting, v.DefaultEnvironmentPermission)...)
	problems = append(problems, types.CheckOneOf(defaultAccountSetting, v.DefaultAccountPermission)...)
	problems = append(problems, types.CheckOneOf(permissionModeSetting, v.PermissionMode)...)
	if v.MaxAccessTokenExpiry != nil {
		if _, err := timetext.ParseDays(*v.MaxAccessTokenExpiry); err != nil {
			problems.AddReason(tokenExpirySetting, err.Error())
		}
	}
	for _, role := range []struct {
		path string
		id   *string
	}{{defaultRoleSetting, v.DefaultRoleID}, {deploymentRoleSetting, v.DefaultDeploymentRoleID}} {
		if role.id == nil {
			continue
		}
		problems = append(problems, types.CheckBareID(role.path, *role.id)...)
		if *role.id == "" {
			problems.Add(role.path, "must not be empty: leave it out, and this setting is not managed")
		}
	}
	return problems
}

// diff says what differs between the settings and what is wanted of them. An unknown input counts as a difference.
func diff(state State, want Args, unknowns []string) p.DiffResponse {
	d := kit.NewDifferences(unknowns)
	d.Add(kit.OrganizationProperty, ptr.Value(want.Organization) != state.Organization, p.UpdateReplace)
	d.Add("allow", !slices.Equal(ptr.Value(want.Allow), ptr.Value(state.Allow)), p.Update)
	d.Add("onForeign", want.OnForeign.Refuses() != state.OnForeign.Refuses(), p.Update)
	have, wanted, managed := state.wanted(), want.wanted(), state.managed()
	for _, s := range knownSettings {
		before, was := have[s.property]
		after, is := wanted[s.property]
		leaves := !is && slices.Contains(managed, s.property)
		d.Add(s.property, leaves || (is && (!was || before != after)), kit.ChangeKind(was || leaves, is))
	}
	return d.Response()
}

package organizationsettings

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/records"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// writer writes the settings of one organization.
type writer struct {
	session      *session.Session
	organization string
	unknowns     []string // paths of inputs that are not known, in a preview
	deleting     bool     // the resource is deleted, and others beside it may be
	preview      bool
}

// changes are the settings to write: those that differ from the inputs, and those to restore, which the inputs no longer set and which
// still are what this resource wrote. At preview, settings that are not known yet are left out. left has a line for each setting that
// somebody else changed since, which is not restored.
func (w *writer) changes(ctx context.Context, live settings, state State, want Args) (changes settings, left []string) {
	after := want.wanted()
	for _, property := range slices.Sorted(maps.Keys(state.Previous)) {
		previous := state.Previous[property]
		switch _, wanted := after[property]; {
		case wanted || live[property] == previous || wire.Touches(property, w.unknowns):
		case w.session.Program.DeclaredBesides(wire.URN(ctx), "setting", w.organization, property):
			left = append(left, fmt.Sprintf("%s is %s, and another resource of this program sets it; before it was %s", property,
				kit.SettingText(live[property]), kit.SettingText(previous)))
		case live[property] == state.Written[property]:
			after[property] = previous
		default:
			left = append(left, fmt.Sprintf("%s is %s, and this resource wrote %s; before it was %s", property,
				kit.SettingText(live[property]), kit.SettingText(state.Written[property]), kit.SettingText(previous)))
		}
	}
	maps.DeleteFunc(after, func(property, value string) bool {
		return live[property] == value || wire.Touches(property, w.unknowns)
	})
	return after, left
}

func (w *writer) warnLeft(ctx context.Context, left []string) {
	kit.WarnRemovals(ctx, fmt.Sprintf("organization %q: not put back, because somebody else has changed it since, or another resource of this program sets it:", w.organization), left)
}

// foreign names the values that this resource did not write and that the changes replace. With onForeign error it refuses.
func (w *writer) foreign(ctx context.Context, live, changes settings, state State, want Args) error {
	var lines []string
	for _, property := range slices.Sorted(maps.Keys(want.wanted())) {
		after, changed := changes[property]
		written, ours := state.Written[property]
		if !changed || (ours && live[property] == written) {
			continue
		}
		lines = append(lines, fmt.Sprintf("%s is %s, and would be %s", property, w.valueText(ctx, property, live[property]), after))
	}
	switch {
	case len(lines) == 0:
	case want.OnForeign.Refuses():
		return errors.New(kit.Bulleted(fmt.Sprintf("organization %q: refused by onForeign, because these settings were not written by this resource, "+
			"but in the console or by another program. Leave them out, set them to what they are, or allow their replacement with onForeign: warn:",
			w.organization), lines))
	case len(state.Written) > 0:
		kit.WarnRemovals(ctx, fmt.Sprintf("organization %q: an update would replace what somebody else has set since:", w.organization), lines)
	case w.preview:
		wire.Log(ctx).Info(kit.Bulleted(fmt.Sprintf("organization %q: an update would replace these settings, and a later destroy put them back:",
			w.organization), lines))
	}
	return nil
}

// valueText is a setting for people: a role with its name, where it can be read.
func (w *writer) valueText(ctx context.Context, property, value string) string {
	if value == "" || (property != defaultRoleSetting && property != deploymentRoleSetting) {
		return kit.SettingText(value)
	}
	role, err := w.session.Client.Role(ctx, w.organization, value)
	if err != nil {
		return "the role with the id " + value
	}
	return fmt.Sprintf("the role %q (%s)", role.Name, value)
}

// write sets and restores. The state that it returns says what is there, also when it fails.
func (w *writer) write(ctx context.Context, state State, want Args) (State, error) {
	organization, err := w.session.Client.Organization(ctx, w.organization)
	if err != nil {
		return state, err
	}
	live := w.live(ctx, organization, state)
	changes, left := w.changes(ctx, live, state, want)
	if err := w.foreign(ctx, live, changes, state, want); err != nil {
		return state, err
	}
	if err := w.refuseMode(organization, changes); err != nil {
		return state, err
	}
	if err := w.refuseLockOut(ctx, organization, changes, want.Allow); err != nil {
		return state, err
	}
	if err := w.dropGoneRoles(ctx, changes, want); err != nil {
		return state, err
	}
	if err := w.refuseLoosening(ctx, live, changes, want, w.deleting); err != nil {
		return state, err
	}
	reached := State{
		Organization: w.organization, Args: want,
		Previous: nextRecord(state, want, live), Written: want.wanted(),
	}
	w.warnLeft(ctx, left)
	w.warnRestricted(ctx, organization, changes)
	after, err := w.apply(ctx, live, changes)
	// What was to be put back and does not read so is not forgotten: the next update, or a destroy, puts it back.
	for property, previous := range state.Previous {
		_, wanted := want.wanted()[property]
		if _, putBack := changes[property]; putBack && !wanted && after[property] != changes[property] {
			reached.Previous[property], reached.Written[property] = previous, state.Written[property]
		}
	}
	reached.ManagedSettings = after.only(slices.Collect(maps.Keys(want.wanted()))).settings(want.ManagedSettings)
	return reached, err
}

// nextRecord is what the settings that are wanted were before they were managed.
func nextRecord(state State, want Args, live settings) map[string]string {
	record := map[string]string{}
	managed := state.managed()
	for property := range want.wanted() {
		if previous, ok := state.Previous[property]; ok {
			record[property] = previous
		} else if !slices.Contains(managed, property) {
			record[property] = foundBefore(property, live[property], want.wanted()[property])
		}
	}
	return record
}

// foundBefore is what a setting was before it was managed. A role of deployments that is the wanted one already may be this
// program's own, from an earlier time: it could then never be deleted if it were put back.
func foundBefore(property, live, wanted string) string {
	if property == deploymentRoleSetting && live == wanted {
		return ""
	}
	return live
}

// apply makes the changes, and returns what is there then. A failure after which something may have been done is one that
// keeps the state.
func (w *writer) apply(ctx context.Context, live, changes settings) (settings, error) {
	now := maps.Clone(live)
	if len(changes) == 0 {
		return now, nil
	}
	patched := false
	for i, step := range w.steps(ctx, live, changes) {
		var after settings
		var err error
		if _, role := step[defaultRoleSetting]; role {
			after, err = w.roleStep(ctx, now, step)
		} else {
			after, err = w.patchStep(ctx, now, step)
			patched = true
		}
		if err != nil && i > 0 {
			err = kit.PartialSettled(err)
		}
		if err != nil {
			return after, keepIfUnknown(err)
		}
		now = after
	}
	if !patched {
		return w.readBack(ctx, now)
	}
	return now, nil
}

// roleStep sets the default role.
func (w *writer) roleStep(ctx context.Context, now, step settings) (settings, error) {
	role := step[defaultRoleSetting]
	if err := w.setDefaultRole(ctx, role); err != nil {
		return now, w.badRole(ctx, defaultRoleSetting, role, w.explainCeiling(now, err))
	}
	return now.with(step), nil
}

// patchStep writes settings in one call, and holds that they read back as they were written. The default role, which it does not write, is as
// it was: the built-in Member may read back as no role of its own.
func (w *writer) patchStep(ctx context.Context, now, step settings) (settings, error) {
	after, err := w.patch(ctx, step)
	if err != nil {
		return now, w.explainMode(step, w.badRole(ctx, deploymentRoleSetting, step[deploymentRoleSetting], err))
	}
	if after[defaultRoleSetting] == "" {
		after[defaultRoleSetting] = now[defaultRoleSetting]
	}
	for property, value := range step {
		if after[property] != value {
			return after, kit.PartialSettled(fmt.Errorf("organization %q: %s was written as %q, but reads back as %q: run `pulumi up` again",
				w.organization, property, value, after[property]))
		}
	}
	return after, nil
}

// readBack reads the settings after the default role alone was set.
func (w *writer) readBack(ctx context.Context, now settings) (settings, error) {
	organization, err := w.session.Client.Organization(ctx, w.organization)
	if err != nil {
		return now, kit.PartialSettled(err)
	}
	after := liveSettings(organization)
	if now[defaultRoleSetting] != "" {
		after[defaultRoleSetting] = now[defaultRoleSetting]
	}
	return after, nil
}

// patch writes settings in one call.
func (w *writer) patch(ctx context.Context, changes settings) (settings, error) {
	change := cloud.OrganizationChange{}
	for _, s := range knownSettings {
		if value, ok := changes[s.property]; ok && s.change != nil {
			if err := s.change(&change, value); err != nil {
				return nil, fmt.Errorf("invalid setting: %w", err)
			}
		}
	}
	after, err := w.session.Client.UpdateOrganization(context.WithoutCancel(ctx), w.organization, change)
	return liveSettings(after), err
}

// setDefaultRole makes a role the default. None is the built-in Member, which is found by its identifier.
func (w *writer) setDefaultRole(ctx context.Context, id string) error {
	if id == "" {
		roles, err := w.session.Client.Roles(ctx, w.organization, cloud.PurposeRole)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(roles, func(r cloud.Role) bool { return r.DefaultIdentifier == memberIdentifier })
		if at < 0 {
			return fmt.Errorf("organization %q: the built-in Member role, which was the default before, is not among its roles: "+
				"set the default role in the console", w.organization)
		}
		id = roles[at].ID
	}
	return w.session.Client.SetDefaultRole(context.WithoutCancel(ctx), w.organization, id)
}

// keepIfUnknown keeps the state, and with it the record, when a write may have been carried out: the next one would take
// what this one wrote for what was there before.
func keepIfUnknown(err error) error {
	if errors.Is(err, cloud.ErrUnknownOutcome) {
		return kit.PartialSettled(err)
	}
	return err
}

// badRole explains a refusal by the role that was to be set: the service says no more than that something is invalid.
func (w *writer) badRole(ctx context.Context, property, id string, err error) error {
	if !errors.Is(err, cloud.ErrInvalid) || id == "" {
		return err
	}
	return records.ExplainRole(ctx, w.session.Client, w.organization, property, id, err)
}

// dropGoneRoles makes a role that was set before and was deleted none, and says so: it cannot be put back.
func (w *writer) dropGoneRoles(ctx context.Context, changes settings, want Args) error {
	wanted := want.wanted()
	for _, property := range []string{defaultRoleSetting, deploymentRoleSetting} {
		if _, given := wanted[property]; given || changes[property] == "" {
			continue
		}
		_, err := w.session.Client.Role(ctx, w.organization, changes[property])
		if cloud.IsNotFound(err) {
			wire.Log(ctx).Warningf("organization %q: the role %s, which %s was before, is gone: none is set",
				w.organization, changes[property], property)
			changes[property] = ""
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func writerOf(op kit.Op, state State) *writer {
	return &writer{session: op.Session, organization: state.Organization, unknowns: op.Unknowns}
}

// write sets the settings that are given, records what newly given settings were, and restores those that are no longer given.
func write(ctx context.Context, op kit.Op, before State, want Args) (*State, error) {
	return kit.Reached(writerOf(op, before).write(ctx, before, want))
}

// read reads what the managed settings are now; at an import, all of them. An organization that is not found was not
// deleted: it is not visible to this token.
func read(
	ctx context.Context, op kit.Op, id []string, _ kit.None, before kit.Before[Args, State],
) (*kit.Found[Args, State], error) {
	live, err := op.Session.Client.Organization(ctx, id[0])
	if err != nil {
		return nil, err
	}
	now := writerOf(op, before.State).live(ctx, live, before.State)
	switch {
	case before.State.Organization != "": // a refresh
		now = now.only(before.State.managed())
	case live.PermissionMode == "": // the organization has no modes to choose from
		delete(now, permissionModeSetting)
	}
	inputs := before.Inputs
	inputs.ManagedSettings, inputs.Organization = now.settings(before.Inputs.ManagedSettings), &id[0]
	return &kit.Found[Args, State]{Inputs: inputs, State: State{
		Organization: id[0], Args: inputs,
		Previous: kit.Recorded(before.State.Previous), Written: kit.Recorded(before.State.Written),
	}}, nil
}

// restore restores what the settings were before they were managed, where they still are what this resource wrote.
func restore(ctx context.Context, op kit.Op, state State) error {
	w := writerOf(op, state)
	w.deleting = true
	_, err := w.write(ctx, state, Args{Allow: state.Allow})
	return err
}

package role

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/records"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

func previewCreate(ctx context.Context, op kit.Op, want Args) (State, error) {
	records.WarnTaken(ctx, op.Session, ptr.Value(want.Organization), cloud.PurposeRole, "role", want.Name)
	noteMissing(ctx, op.Session, want, nil)
	return wanted(want), nil
}

// previewUpdate names what holders of the role lose and get, and refuses what the update would refuse.
func previewUpdate(ctx context.Context, op kit.Op, before State, want Args) (State, error) {
	noteMissing(ctx, op.Session, want, before.EntityIDs)
	return planned(before, want), errors.Join(
		warnRevoked(ctx, before, want, op.Unknowns),
		warnUndecided(ctx, op, before, want),
		previewLockOut(ctx, op.Session, before, want, op.Unknowns),
		refuseWidened(op.Session, before, want, op.Unknowns))
}

// noteMissing looks names up at preview and tells which do not exist. A missing environment is created by the same update, from a
// component whose children another process of this provider may plan, or is misspelled; stacks and accounts are created
// elsewhere. It never fails, and it looks up only names that have no known id.
func noteMissing(ctx context.Context, current *session.Session, want Args, known map[string]string) {
	names := unresolved(completeNames(want.Access.Unbounded()), known)
	if len(names) == 0 || ptr.Value(want.Organization) == "" {
		return
	}
	found, err := (&directory{client: current.Client, organization: *want.Organization}).find(ctx, names, nil)
	if err != nil {
		wire.Log(ctx).Warningf("role %q: whether what it names exists could not be read: %v", want.Name, err)
		return
	}
	var coming, missing []string
	for _, ref := range unresolved(names, found.keyed()) {
		declared, _ := current.Program.DeclaresEnvironment(*want.Organization, ref.Project, ref.Name)
		switch {
		case ref.Kind != access.Environment:
			missing = append(missing, ref.String())
		case !declared:
			coming = append(coming, ref.String())
		}
	}
	if len(coming) > 0 {
		wire.Log(ctx).Info(kit.Bulleted(fmt.Sprintf("role %q takes the ids of these environments once this update has created them:", want.Name), coming))
	}
	if len(missing) > 0 {
		wire.Log(ctx).Info(kit.Bulleted(fmt.Sprintf("role %q names what is not there yet, or not visible to this token. A role "+
			"holds ids, so it has to be created after these:", want.Name), missing))
	}
}

// warnRevoked names at preview what holders of the role would lose.
func warnRevoked(ctx context.Context, state State, want Args, unknowns []string) error {
	if wire.Touches("access", unknowns) {
		return nil
	}
	lines, gained, err := revoked(state, want)
	if err != nil {
		return err
	}
	for _, line := range state.Unrecognized {
		lines = append(lines, "granted elsewhere, as no rule can say: "+line)
	}
	kit.WarnRemovals(ctx, fmt.Sprintf("role %q: an update would take from its holders", state.Name), lines)
	kit.NoteGains(ctx, fmt.Sprintf("role %q: an update would give its holders", state.Name), gained)
	return nil
}

// warnUndecided names at preview what holders of the role may lose, because part of the rules is not known yet.
func warnUndecided(ctx context.Context, op kit.Op, state State, want Args) error {
	if !op.Unknown("access") {
		return nil
	}
	known := want
	known.Access.Stacks = kit.KnownElements(op, "access.stacks", want.Access.Stacks)
	known.Access.Environments = kit.KnownElements(op, "access.environments", want.Access.Environments)
	known.Access.Accounts = kit.KnownElements(op, "access.accounts", want.Access.Accounts)
	known.Access.Scopes = kit.KnownElements(op, "access.scopes", want.Access.Scopes)
	if op.Unknown("access.organization") {
		known.Access.Organization = nil
	}
	lines, _, err := revoked(state, known)
	if err != nil {
		return err
	}
	kit.WarnUndecided(ctx, op, fmt.Sprintf("role %q: its rules", state.Name), []string{"access"}, lines)
	return nil
}

// planned is the state after an update.
func planned(state State, want Args) State {
	next := wanted(want)
	next.Organization = state.Organization
	next.RoleID, next.PolicyID, next.EntityIDs, next.SetIDs = state.RoleID, state.PolicyID, state.EntityIDs, state.SetIDs
	return next
}

// diff compares what the rules mean, not their text: two ways of writing a rule are one, and a drift shows.
func diff(_ context.Context, op kit.Op, state State, want Args) (p.DiffResponse, error) {
	d := kit.NewDifferences(op.Unknowns)
	d.Add(kit.OrganizationProperty, ptr.Value(want.Organization) != state.Organization, p.UpdateReplace)
	d.Add("name", want.Name != state.Name, p.Update)
	d.Add("description", ptr.Value(want.Description) != ptr.Value(state.Description), p.Update)
	d.Add("allow", !slices.Equal(ptr.Value(state.Allow), ptr.Value(want.Allow)), p.Update)
	if op.Unknown("access") {
		d.Add("access", true, p.Update)
	} else {
		changed, err := changedAccess(state, want)
		if err != nil {
			return p.DiffResponse{}, err
		}
		for _, property := range changed {
			d.Add("access."+property, true, p.Update)
		}
	}
	d.AddOutput("unrecognized", len(state.Unrecognized) > 0, p.Delete)
	return d.Response(), nil
}

// changedAccess are the properties of the access that do not mean the same as in the state.
func changedAccess(state State, want Args) ([]string, error) {
	have, need, err := canonicalAccesses(state.Access, want.Access, state.inline())
	if err != nil {
		return nil, err
	}
	var changed []string
	for _, of := range ruleKinds {
		if !reflect.DeepEqual(have.Rules(of.kind), need.Rules(of.kind)) {
			changed = append(changed, of.property)
		}
	}
	if have.Organization != need.Organization {
		changed = append(changed, "organization")
	}
	if !slices.Equal(have.Scopes, need.Scopes) {
		changed = append(changed, "scopes")
	}
	return changed, nil
}

// refuseWidened refuses, at preview, a role that stops granting a permission set in the same update in which the set gets
// more. The set is written first, because roles hold its id: its holders would have what is added for a moment, and keep it
// when the role's update fails.
func refuseWidened(current *session.Session, state State, want Args, unknowns []string) error {
	if wire.Touches("access", unknowns) {
		return nil
	}
	have, need, err := canonicalAccesses(state.Access, want.Access, state.inline())
	if err != nil {
		return err
	}
	for _, of := range ruleKinds {
		cover := newRuleCover(of.kind, need.Rules(of.kind))
		for _, rule := range have.Rules(of.kind) {
			added, widened := current.Widened.Load(rule.PermissionSet)
			if !widened {
				continue
			}
			kept, _ := cover.on(rule.Selector)
			missing := slices.DeleteFunc(slices.Clone(added.([]string)), func(scope string) bool { _, held := kept[scope]; return held })
			if _, composed := kept[setText(rule.PermissionSet)]; composed || len(missing) == 0 {
				continue
			}
			return fmt.Errorf("role %q would stop granting the permission set %s on %s in the same update in which the set gets %s: until "+
				"the role is changed, its holders would have that too\n  Update twice: first take the set out of the role, then add to the set",
				state.Name, rule.PermissionSet, selectorText(of.noun, rule.Selector), shortlist.Of(missing, 5))
		}
	}
	return nil
}

// wanted is the state that the inputs ask for, without what the service chooses.
func wanted(want Args) State {
	return State{
		Organization: ptr.Value(want.Organization), Args: want, Scopes: flatScopes(want.Access.Unbounded()),
		Unrecognized: []string{}, EntityIDs: map[string]string{}, SetIDs: map[string]string{},
	}
}

// flatScopes is never nil: a required output that is absent from state makes it unreadable.
func flatScopes(rules access.Access) []string { return append([]string{}, rules.FlatScopes()...) }

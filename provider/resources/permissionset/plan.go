package permissionset

import (
	"context"
	"fmt"
	"slices"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/records"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

func wanted(want Args) State {
	state := State{Organization: ptr.Value(want.Organization), Args: want, Unrecognized: []string{}}
	state.Scopes = append([]string{}, want.Scopes...)
	return state
}

func planned(before State, want Args) State {
	next := wanted(want)
	next.Organization, next.PermissionSetID = before.Organization, before.PermissionSetID
	return next
}

func previewCreate(ctx context.Context, op kit.Op, want Args) (State, error) {
	state := wanted(want)
	records.WarnTaken(ctx, op.Session, state.Organization, cloud.PurposeSet, "permission set", state.Name)
	return state, nil
}

// previewUpdate names what everybody loses and gets whose role grants the set, and leaves the gains for the previews of
// those roles.
func previewUpdate(ctx context.Context, op kit.Op, before State, want Args) (State, error) {
	next := planned(before, want)
	kit.WarnRemovals(ctx, fmt.Sprintf("permission set %q: an update would take from everybody whose role grants it:", before.Name),
		taken(before, next, op.Unknowns))
	kit.WarnUndecided(ctx, op, fmt.Sprintf("permission set %q: its scopes", before.Name), []string{"scopes"},
		taken(before, State{Args: Args{Scopes: kit.KnownElements(op, "scopes", want.Scopes)}}, nil))
	if gained := taken(next, before, op.Unknowns); len(gained) > 0 {
		kit.NoteGains(ctx, fmt.Sprintf("permission set %q: an update would give everybody whose role grants it:", before.Name), gained)
		op.Session.Widened.Store(before.PermissionSetID, gained)
	}
	return next, nil
}

// scopeSet is the one form of all lists that mean the same.
func scopeSet(scopes []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(scopes)))
}

func sameScopes(a, b []string) bool { return slices.Equal(scopeSet(a), scopeSet(b)) }

// diff says what differs. An unknown input counts as a difference.
func diff(state State, want Args, unknowns []string) p.DiffResponse {
	d := kit.NewDifferences(unknowns)
	d.Add(kit.OrganizationProperty, ptr.Value(want.Organization) != state.Organization, p.UpdateReplace)
	d.Add("entityType", want.EntityType != state.EntityType, p.UpdateReplace)
	d.Add("name", want.Name != state.Name, p.Update)
	d.Add("description", ptr.Value(want.Description) != ptr.Value(state.Description), p.Update)
	d.Add("scopes", !sameScopes(want.Scopes, state.Scopes), p.Update)
	d.AddOutput("unrecognized", len(state.Unrecognized) > 0, p.Delete)
	response := d.Response()
	// Within an organization, a name is taken as long as the old permission set has it.
	if _, retyped := d.Found["entityType"]; retyped && want.Name == state.Name {
		response.DeleteBeforeReplace = true
	}
	return response
}

// changes are what turns one state into another.
func changes(from, to State) (cloud.RoleChange, error) {
	change := cloud.RoleChange{}
	if from.Name != to.Name || ptr.Value(from.Description) != ptr.Value(to.Description) {
		change.Name, change.Description = &to.Name, new(ptr.Value(to.Description))
	}
	if sameScopes(from.Scopes, to.Scopes) && len(from.Unrecognized) == 0 {
		return change, nil
	}
	details, err := encode(to.Scopes)
	change.Details = details
	return change, err
}

// taken are the scopes that the set would not hold any more.
func taken(from, to State, unknowns []string) []string {
	if wire.Touches("scopes", unknowns) {
		return nil
	}
	return slices.DeleteFunc(scopeSet(from.Scopes), func(scope string) bool { return slices.Contains(to.Scopes, scope) })
}

package resources

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/records"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

func wantedSet(want PermissionSetArgs) PermissionSetState {
	state := PermissionSetState{Organization: text(want.Organization), PermissionSetArgs: want, Unrecognized: []string{}}
	state.Scopes = append([]string{}, want.Scopes...)
	return state
}

// scopeSet is the one form of all lists that mean the same.
func scopeSet(scopes []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(scopes)))
}

func sameScopes(a, b []string) bool { return slices.Equal(scopeSet(a), scopeSet(b)) }

// setDetails are scopes as the service holds them.
func setDetails(scopes []string) (json.RawMessage, error) {
	return access.MarshalDescriptor(access.Allowed{Permissions: scopeSet(scopes)})
}

// readSet is the state that a record amounts to: as the inputs write it, wherever that means the same.
func readSet(organization string, record cloud.Role, before PermissionSetArgs) PermissionSetState {
	state := PermissionSetState{
		Organization: organization, PermissionSetID: record.ID, Unrecognized: []string{},
		PermissionSetArgs: PermissionSetArgs{
			Name: record.Name, Description: before.Description, Scopes: []string{},
			EntityType: types.EntityTypeOf(access.EntityKind(record.ResourceType)),
		},
	}
	if text(before.Description) != record.Description {
		state.Description = &record.Description
	}
	descriptor, err := access.ParseDescriptor(record.Details)
	allowed, ok := descriptor.(access.Allowed)
	switch {
	case err != nil:
		state.Unrecognized = append(state.Unrecognized, fmt.Sprintf("the whole of it: %v", err))
	case !ok:
		state.Unrecognized = append(state.Unrecognized, "the whole of it: it is not a list of scopes")
	default:
		state.Scopes = append(state.Scopes, scopeSet(allowed.Permissions)...)
		if allowed.MaxOpenDuration != 0 {
			state.Unrecognized = append(state.Unrecognized,
				"opening lasts at most "+timetext.FormatDuration(allowed.MaxOpenDuration))
		}
	}
	if sameScopes(before.Scopes, state.Scopes) {
		state.Scopes = append([]string{}, before.Scopes...)
	}
	return state
}

// refuseOtherRecords keeps records that are no custom permission sets from being taken over as one.
func refuseOtherRecords(record cloud.Role) error {
	switch {
	case record.DefaultIdentifier != "":
		return fmt.Errorf("%q is built in: Pulumi Cloud owns it, and it cannot be changed. Grant it by `permission` in a rule, or make a "+
			"custom permission set", record.Name)
	case record.Purpose != cloud.PurposeSet:
		return fmt.Errorf("%s (%q) is a %s, not a permission set: import a role as leastprivilege:index:Role", record.ID, record.Name,
			record.Purpose)
	case record.ResourceType == string(access.Organization):
		return fmt.Errorf("%q holds organization-level scopes: name them in `access.scopes` of a role", record.Name)
	}
	return nil
}

// diffPermissionSet says what differs. An unknown input counts as a difference.
func diffPermissionSet(state PermissionSetState, want PermissionSetArgs, unknowns []string) p.DiffResponse {
	d := kit.NewDifferences(unknowns)
	d.Add(organizationProperty, text(want.Organization) != state.Organization, p.UpdateReplace)
	d.Add("entityType", want.EntityType != state.EntityType, p.UpdateReplace)
	d.Add("name", want.Name != state.Name, p.Update)
	d.Add("description", text(want.Description) != text(state.Description), p.Update)
	d.Add("scopes", !sameScopes(want.Scopes, state.Scopes), p.Update)
	d.AddOutput("unrecognized", len(state.Unrecognized) > 0, p.Delete)
	response := d.Response()
	// Within an organization, a name is taken as long as the old permission set has it.
	if _, retyped := d.Found["entityType"]; retyped && want.Name == state.Name {
		response.DeleteBeforeReplace = true
	}
	return response
}

// setChange is what leads from one state to another.
func setChange(from, to PermissionSetState) (cloud.RoleChange, error) {
	change := cloud.RoleChange{}
	if from.Name != to.Name || text(from.Description) != text(to.Description) {
		change.Name, change.Description = &to.Name, new(text(to.Description))
	}
	if sameScopes(from.Scopes, to.Scopes) && len(from.Unrecognized) == 0 {
		return change, nil
	}
	details, err := setDetails(to.Scopes)
	change.Details = details
	return change, err
}

// takenFromSet are the scopes that the set would not hold any more.
func takenFromSet(from, to PermissionSetState, unknowns []string) []string {
	if wire.Touches("scopes", unknowns) {
		return nil
	}
	return slices.DeleteFunc(scopeSet(from.Scopes), func(scope string) bool { return slices.Contains(to.Scopes, scope) })
}

// setExists says what to do about a name that is taken.
func setExists(ctx context.Context, client *cloud.Client, state PermissionSetState, err error) error {
	if !errors.Is(err, cloud.ErrConflict) {
		return err
	}
	sets, listErr := client.Roles(ctx, state.Organization, cloud.PurposeSet)
	if listErr != nil {
		return fmt.Errorf("%w\n  Which permission set has the name %q could not be read: %w", err, state.Name, listErr)
	}
	at := slices.IndexFunc(sets, func(set cloud.Role) bool { return set.Name == state.Name })
	switch {
	case at < 0:
		return fmt.Errorf("%w\n  A permission set named %q exists already, and is not visible to this token: choose another name, or have "+
			"an organization administrator look for it", err, state.Name)
	case sets[at].DefaultIdentifier != "":
		return fmt.Errorf("%w\n  %q is the name of a built-in permission set: choose another one", err, state.Name)
	}
	return fmt.Errorf("%w\n  Permission set %q exists already. Take it over with `pulumi import leastprivilege:index:PermissionSet NAME "+
		"%s`, or choose another name", err, state.Name, records.ID(state.Organization, sets[at].ID))
}

// setInUse names the roles that grant a permission set which cannot be deleted.
func setInUse(ctx context.Context, client *cloud.Client, state PermissionSetState, err error) error {
	if !errors.Is(err, cloud.ErrConflict) {
		return err
	}
	users, listErr := setUsers(ctx, client, state)
	if listErr != nil {
		return fmt.Errorf("%w\n  Which roles grant permission set %q could not be read: %w", err, state.Name, listErr)
	}
	if len(users) == 0 {
		return fmt.Errorf("%w\n  No role or policy that this token sees grants permission set %q: have an organization administrator "+
			"look for what does", err, state.Name)
	}
	return fmt.Errorf("%w\n  Permission set %q is granted by %s. Take it out of them (in the program, where it makes them, or in the "+
		"console), then run again", err, state.Name, shortlist.Of(users, 20))
}

// setUsers are the roles that grant a permission set, through the policies behind them or by themselves, and the policies
// that are behind no role: two calls.
func setUsers(ctx context.Context, client *cloud.Client, state PermissionSetState) ([]string, error) {
	policies, err := client.Roles(ctx, state.Organization, cloud.PurposePolicy)
	if err != nil {
		return nil, err
	}
	roles, err := client.Roles(ctx, state.Organization, cloud.PurposeRole)
	if err != nil {
		return nil, err
	}
	var users []string
	direct := composing(policies, state.PermissionSetID)
	shown := map[string]bool{}
	for _, role := range roles {
		ids := composedBy(role)
		through := slices.ContainsFunc(direct, func(policy cloud.Role) bool { return slices.Contains(ids, policy.ID) })
		if through || slices.Contains(ids, state.PermissionSetID) {
			users = append(users, "role "+role.Name)
		}
		for _, id := range ids {
			shown[id] = true
		}
	}
	for _, policy := range direct {
		if !shown[policy.ID] {
			users = append(users, fmt.Sprintf("policy %s (%s)", policy.Name, policy.ID))
		}
	}
	slices.Sort(users)
	return slices.Compact(users), nil
}

// composing are the records that compose another one.
func composing(records []cloud.Role, id string) []cloud.Role {
	return slices.DeleteFunc(slices.Clone(records), func(r cloud.Role) bool { return !slices.Contains(composedBy(r), id) })
}

// composedBy are the ids that a record composes; none, when its details cannot be read.
func composedBy(record cloud.Role) []string {
	tree, err := access.ParseDescriptor(record.Details)
	if err != nil {
		return nil
	}
	return access.Composed(tree)
}

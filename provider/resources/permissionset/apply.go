package permissionset

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/records"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
)

func create(ctx context.Context, op kit.Op, want Args) (*State, error) {
	state := wanted(want)
	if err := decideScopes(ctx, op, state.Organization, want); err != nil {
		return nil, err
	}
	details, err := encode(state.Scopes)
	if err != nil {
		return nil, err
	}
	created, err := op.Session.Client.CreateRole(context.WithoutCancel(ctx), state.Organization, cloud.RoleInput{
		Name: state.Name, Description: ptr.Value(state.Description), ResourceType: string(state.EntityType.Kind()),
		Purpose: cloud.PurposeSet, Details: details,
	})
	if err != nil {
		return nil, explainConflict(ctx, op.Session.Client, state, err, func(id string) string { return kit.TakeOver(ctx, op.Session, id) })
	}
	state.PermissionSetID = created.ID
	return &state, nil
}

// update changes scopes, name and description in one call.
func update(ctx context.Context, op kit.Op, before State, want Args) (*State, error) {
	next := planned(before, want)
	if err := decideScopes(ctx, op, next.Organization, want); err != nil {
		return nil, err
	}
	change, err := changes(before, next)
	if err != nil {
		return nil, err
	}
	_, err = op.Session.Client.UpdateRole(context.WithoutCancel(ctx), next.Organization, next.PermissionSetID, change)
	if err != nil {
		return nil, kit.Missing(explainConflict(ctx, op.Session.Client, next, err, func(id string) string {
			return "It has the id " + id + ": choose another name"
		}))
	}
	return &next, nil
}

func decideScopes(ctx context.Context, op kit.Op, organization string, want Args) error {
	return op.Session.DecideScopes(ctx, fmt.Sprintf("permission set %q", want.Name), organization, want.checkScopes)
}

// remove does not take a set out of the roles that grant it: the error names them.
func remove(ctx context.Context, op kit.Op, state State, _ cloud.Role) error {
	err := op.Session.Client.DeleteRole(context.WithoutCancel(ctx), state.Organization, state.PermissionSetID)
	return explainInUse(ctx, op.Session.Client, state, err)
}

// explainConflict says what to do about a name that is taken; advise does so for the permission set of an id.
func explainConflict(ctx context.Context, client *cloud.Client, state State, err error, advise func(id string) string) error {
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
	return fmt.Errorf("%w\n  Permission set %q exists already. %s", err, state.Name, advise(records.ID(state.Organization, sets[at].ID)))
}

// explainInUse names the roles that grant a permission set which cannot be deleted.
func explainInUse(ctx context.Context, client *cloud.Client, state State, err error) error {
	if !errors.Is(err, cloud.ErrConflict) {
		return err
	}
	users, listErr := users(ctx, client, state)
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

// users are the roles that grant a permission set, through the policies behind them or by themselves, and the policies
// that are behind no role: two calls.
func users(ctx context.Context, client *cloud.Client, state State) ([]string, error) {
	policies, err := client.Roles(ctx, state.Organization, cloud.PurposePolicy)
	if err != nil {
		return nil, err
	}
	roles, err := client.Roles(ctx, state.Organization, cloud.PurposeRole)
	if err != nil {
		return nil, err
	}
	users := unreadable(roles, policies)
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

// unreadable are the records of which it cannot be told whether they grant a permission set.
func unreadable(roles, policies []cloud.Role) []string {
	var out []string
	for noun, records := range map[string][]cloud.Role{"role": roles, "policy": policies} {
		for _, record := range records {
			if _, err := access.ParseDescriptor(record.Details); err != nil {
				out = append(out, fmt.Sprintf("perhaps %s %s, whose permissions cannot be read", noun, record.Name))
			}
		}
	}
	return out
}

// composing are the records that compose another one.
func composing(records []cloud.Role, id string) []cloud.Role {
	return slices.DeleteFunc(slices.Clone(records), func(r cloud.Role) bool { return !slices.Contains(composedBy(r), id) })
}

// composedBy are the ids that a record composes, as far as its details can be read: [unreadable] names those that cannot.
func composedBy(record cloud.Role) []string {
	tree, err := access.ParseDescriptor(record.Details)
	if err != nil {
		return nil
	}
	return access.Composed(tree)
}

package role

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/lockout"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// refuseOwnLockOut refuses new rules after which the caller could not hand out access any more: the caller holds this role,
// the role stops administering, and nothing else that the caller holds does. It asks nothing while a role keeps, or never
// had, what it takes.
func refuseOwnLockOut(ctx context.Context, current *session.Session, state State, want Args) error {
	if !administers(state.Access) || administers(want.Access) || slices.Contains(ptr.Value(want.Allow), types.OptIn("lockOut")) {
		return nil
	}
	seen, err := current.Client.Organization(ctx, state.Organization)
	if err != nil || seen.IsAdmin() {
		return err
	}
	caller, err := current.Client.CurrentUser(ctx)
	if err != nil {
		return err
	}
	held, err := heldRoles(ctx, current.Client, state, caller)
	if err != nil || !slices.Contains(held, state.RoleID) {
		return err
	}
	others := slices.DeleteFunc(held, func(id string) bool { return id == state.RoleID })
	roles := lockout.Roles{Client: current.Client, Organization: state.Organization}
	if keeps, err := roles.Administer(ctx, others); err != nil || keeps {
		return err
	}
	return &lockout.Error{Text: fmt.Sprintf("refused: %s may hand out access in organization %q (%s) only by role %q, and these rules would "+
		"take it away: you could not undo it. Have an organization administrator do it, or insist with allow: [lockOut]",
		caller.Login, state.Organization, strings.Join(lockout.Administering, ", "), state.Name)}
}

// previewLockOut refuses the same at preview. It asks only when the rules are known, and leaves to the update what it cannot read.
func previewLockOut(ctx context.Context, current *session.Session, state State, want Args, unknowns []string) error {
	if wire.Touches("access", unknowns) || wire.Touches("allow", unknowns) {
		return nil
	}
	return lockout.AsRefusal(refuseOwnLockOut(ctx, current, state, want))
}

// administers reports whether rules let their holders hand out access.
func administers(in types.Access) bool {
	scopes := in.Unbounded().FlatScopes()
	return !slices.ContainsFunc(lockout.Administering, func(scope string) bool { return !slices.Contains(scopes, scope) })
}

// heldRoles are the roles that the caller holds, as far as the API tells: those of the caller's teams, and this one if it
// was given to the caller's user or token.
func heldRoles(ctx context.Context, client *cloud.Client, state State, caller cloud.User) ([]string, error) {
	var held []string
	users, err := client.RoleUsers(ctx, state.Organization, state.RoleID)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(users, func(user cloud.UserInfo) bool { return user.Login == caller.Login }) {
		held = append(held, state.RoleID)
	}
	if caller.Token != nil {
		tokens, err := client.RoleTokens(ctx, state.Organization, state.RoleID)
		if err != nil {
			return nil, err
		}
		if slices.Contains(tokens, caller.Token.Name) {
			held = append(held, state.RoleID)
		}
	}
	teams, err := client.Teams(ctx, state.Organization)
	if err != nil {
		return nil, err
	}
	for _, team := range teams {
		mine := team.CallerRole == cloud.TeamRoleMember || team.CallerRole == cloud.TeamRoleAdmin ||
			(caller.Token != nil && caller.Token.Team == team.Name)
		if !mine {
			continue
		}
		whole, err := client.Team(ctx, state.Organization, team.Name) // entries of the list may lack their roles
		if err != nil {
			return nil, err
		}
		held = append(held, whole.RoleIDs...)
	}
	return held, nil
}

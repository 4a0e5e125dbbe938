// Package lockout refuses changes after which whoever makes them could not hand out access any more.
package lockout

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/membership"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// Administering are the scopes without which nobody can hand out access again. Pulumi Cloud asks for both to assign a
// role to a team.
var Administering = []string{"role:update", "team:update"}

// Loss is a change after which some caller does not hold some roles any more.
type Loss struct {
	Team  cloud.Team
	Taken []string                // ids of roles
	Given []string                // ids of roles that the same people get instead
	From  func(login string) bool // who is concerned, among the team's members
	Allow []types.OptIn
}

// EveryMember is the From of a Loss that concerns the whole team.
func EveryMember(string) bool { return true }

// Refuse refuses a change that would take away the caller's own last way to administer the organization.
//
// Organization administrators keep theirs whatever happens to a team, so the question is real only for callers who
// administer through a role of this team. A role that a caller holds directly is not looked at: the API does not tell a
// caller's own role by id. Such a caller insists with the opt-in.
func Refuse(ctx context.Context, current *session.Session, organization string, loss Loss) error {
	if len(loss.Taken) == 0 || slices.Contains(loss.Allow, types.OptIn("lockOut")) {
		return nil
	}
	administers, err := current.Administers(ctx, organization)
	if err != nil || administers {
		return err
	}
	caller, err := current.Client.CurrentUser(ctx)
	if err != nil || !loss.concerns(caller) {
		return err
	}
	roles := Roles{Client: current.Client, Organization: organization}
	takes, err := roles.Administer(ctx, loss.Taken)
	if err != nil || !takes {
		return err
	}
	keeps, err := roles.Administer(ctx, loss.Given)
	if err != nil || keeps {
		return err
	}
	keeps, err = roles.otherTeams(ctx, loss.Team.Name)
	if err != nil || keeps {
		return err
	}
	return fmt.Errorf("refused: %s may hand out access in organization %q (%s) only by a role of team %q, and this would take "+
		"it away: you could not undo it. Have an organization administrator do it, or insist with allow: [lockOut]",
		caller.Login, organization, strings.Join(Administering, ", "), loss.Team.Name)
}

func (l Loss) concerns(caller cloud.User) bool {
	if caller.Token != nil && caller.Token.Team == l.Team.Name {
		return l.From(caller.Login)
	}
	at := membership.Index(l.Team.Members, caller.Login)
	return at >= 0 && l.From(l.Team.Members[at].Login)
}

// Roles asks what roles grant.
type Roles struct {
	Client       *cloud.Client
	Organization string
}

// Administer reports whether one of the roles can hand out access.
func (r Roles) Administer(ctx context.Context, ids []string) (bool, error) {
	return r.GrantAll(ctx, ids, Administering)
}

// GrantAll reports whether one of the roles grants all of some organization-level scopes.
func (r Roles) GrantAll(ctx context.Context, ids, scopes []string) (bool, error) {
	for _, id := range ids {
		granted, err := r.granted(ctx, id, access.Entity{Kind: access.Organization})
		if err != nil {
			return false, fmt.Errorf("whether role %q administers the organization could not be decided: %w", id, err)
		}
		if !slices.ContainsFunc(scopes, func(scope string) bool { return !granted.Has(scope) }) {
			return true, nil
		}
	}
	return false, nil
}

// handingOut are the scopes on entities that let their holder hand out access there: any of them is enough. None of the built-in
// sets of environments has one for access, and what only Admin holds of them is environment:delete.
var handingOut = map[access.EntityKind][]string{
	access.Stack: {"stack_access:update"}, access.Environment: {"environment_access:update", "environment:delete"},
	access.Account: {"insights_account_access:update"},
}

// HandOut reports whether one of the permission sets lets its holder hand out access on an entity.
func (r Roles) HandOut(ctx context.Context, ids []string, on access.Entity) (bool, error) {
	for _, id := range ids {
		granted, err := r.granted(ctx, id, on)
		if err != nil {
			return false, fmt.Errorf("whether permission set %q lets its holder hand out access could not be decided: %w", id, err)
		}
		if slices.ContainsFunc(handingOut[on.Kind], granted.Has) {
			return true, nil
		}
	}
	return false, nil
}

// granted is what a record grants on an entity.
func (r Roles) granted(ctx context.Context, id string, on access.Entity) (access.Granted, error) {
	var failed error
	granted := access.Granted{}
	if descriptor, ok := r.descriptor(ctx, id, &failed); ok {
		granted = access.Evaluate(descriptor, on, func(record string) (access.Descriptor, bool) { return r.descriptor(ctx, record, &failed) })
	}
	return granted, failed
}

// descriptor reads a record. One that was deleted grants nothing; any other failure is kept in failed.
func (r Roles) descriptor(ctx context.Context, id string, failed *error) (access.Descriptor, bool) {
	record, err := r.Client.Role(ctx, r.Organization, id)
	if cloud.IsNotFound(err) {
		return nil, false
	}
	if err != nil {
		*failed = err
		return nil, false
	}
	descriptor, err := access.ParseDescriptor(record.Details)
	if err != nil {
		*failed = err
	}
	return descriptor, err == nil
}

// otherTeams reports whether the caller administers through another team.
func (r Roles) otherTeams(ctx context.Context, team string) (bool, error) {
	teams, err := r.Client.Teams(ctx, r.Organization)
	if err != nil {
		return false, err
	}
	for _, other := range teams {
		if other.Name == team || (other.CallerRole != cloud.TeamRoleMember && other.CallerRole != cloud.TeamRoleAdmin) {
			continue
		}
		whole, err := r.Client.Team(ctx, r.Organization, other.Name) // entries of the list may lack their roles
		if err != nil {
			return false, err
		}
		if keeps, err := r.Administer(ctx, whole.RoleIDs); err != nil || keeps {
			return keeps, err
		}
	}
	return false, nil
}

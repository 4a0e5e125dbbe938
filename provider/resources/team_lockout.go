package resources

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// administering are the scopes without which nobody can hand out access again. Pulumi Cloud asks for both to assign a
// role to a team.
var administering = []string{"role:update", "team:update"}

// roleLoss is a change after which some caller does not hold some roles any more.
type roleLoss struct {
	team  cloud.Team
	taken []string                // ids of roles
	given []string                // ids of roles that the same people get instead
	from  func(login string) bool // who is concerned, among the team's members
	allow []types.OptIn
}

func everyMember(string) bool { return true }

// refuseLockOut refuses a change that would take away the caller's own last way to administer the organization.
//
// Organization administrators keep theirs whatever happens to a team, so the question is real only for callers who
// administer through a role of this team. A role that a caller holds directly is not looked at: the API does not tell a
// caller's own role by id. Such a caller insists with the opt-in.
func refuseLockOut(ctx context.Context, current *session.Session, organization string, loss roleLoss) error {
	if len(loss.taken) == 0 || slices.Contains(loss.allow, types.OptIn("lockOut")) {
		return nil
	}
	seen, err := current.Client.Organization(ctx, organization)
	if err != nil || seen.IsAdmin() {
		return err
	}
	caller, err := current.Client.CurrentUser(ctx)
	if err != nil || !loss.concerns(caller) {
		return err
	}
	roles := roleReader{client: current.Client, organization: organization}
	takes, err := roles.administer(ctx, loss.taken)
	if err != nil || !takes {
		return err
	}
	keeps, err := roles.administer(ctx, loss.given)
	if err != nil || keeps {
		return err
	}
	keeps, err = roles.otherTeams(ctx, loss.team.Name)
	if err != nil || keeps {
		return err
	}
	return fmt.Errorf("refused: %s may hand out access in organization %q (%s) only by a role of team %q, and this would take "+
		"it away: you could not undo it. Have an organization administrator do it, or insist with allow: [lockOut]",
		caller.Login, organization, strings.Join(administering, ", "), loss.team.Name)
}

func (l roleLoss) concerns(caller cloud.User) bool {
	if caller.Token != nil && caller.Token.Team == l.team.Name {
		return l.from(caller.Login)
	}
	at := indexMember(l.team.Members, caller.Login)
	return at >= 0 && l.from(l.team.Members[at].Login)
}

// roleReader asks what roles grant.
type roleReader struct {
	client       *cloud.Client
	organization string
}

// administer reports whether one of the roles can hand out access.
func (r roleReader) administer(ctx context.Context, ids []string) (bool, error) {
	return r.grantAll(ctx, ids, administering)
}

// grantAll reports whether one of the roles grants all of some organization-level scopes.
func (r roleReader) grantAll(ctx context.Context, ids, scopes []string) (bool, error) {
	for _, id := range ids {
		var failed error
		granted := access.Granted{}
		if descriptor, ok := r.descriptor(ctx, id, &failed); ok {
			granted = access.Evaluate(descriptor, access.Entity{Kind: access.Organization},
				func(record string) (access.Descriptor, bool) { return r.descriptor(ctx, record, &failed) })
		}
		if failed != nil {
			return false, fmt.Errorf("whether role %q administers the organization could not be decided: %w", id, failed)
		}
		if !slices.ContainsFunc(scopes, func(scope string) bool { return !granted.Has(scope) }) {
			return true, nil
		}
	}
	return false, nil
}

// descriptor reads a record. One that is gone grants nothing; any other failure is kept in failed.
func (r roleReader) descriptor(ctx context.Context, id string, failed *error) (access.Descriptor, bool) {
	record, err := r.client.Role(ctx, r.organization, id)
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
func (r roleReader) otherTeams(ctx context.Context, team string) (bool, error) {
	teams, err := r.client.Teams(ctx, r.organization)
	if err != nil {
		return false, err
	}
	for _, other := range teams {
		if other.Name == team || (other.CallerRole != teamRoleMember && other.CallerRole != cloud.TeamRoleAdmin) {
			continue
		}
		whole, err := r.client.Team(ctx, r.organization, other.Name) // entries of the list may lack their roles
		if err != nil {
			return false, err
		}
		if keeps, err := r.administer(ctx, whole.RoleIDs); err != nil || keeps {
			return keeps, err
		}
	}
	return false, nil
}

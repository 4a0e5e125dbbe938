package survey

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// Follower has the organization's default role, and no role of its own.
type Follower struct {
	Kind      graph.Kind
	Name      string
	Suspended bool // a member who has it again once restored
}

// ScopeChange is what the holders of a role gain and lose on every entity of a kind; on the organization itself for
// access.Organization.
type ScopeChange struct {
	Kind         access.EntityKind
	Gained, Lost []string // scopes, sorted
}

// RoleChange is what another default role means.
type RoleChange struct {
	Before, After string // names of the roles
	Followers     []Follower
	Scopes        []ScopeChange // of the kinds on which something changes
	// Unclear are the parts of either role that were not compared, one line each.
	Unclear []string
}

// DefaultRoleChange compares the organization's default role with another one ("" is the built-in Member), and says who follows it.
// after are the settings of the organization then. It makes the calls for the settings, the roles, the rosters and the organization's
// tokens.
func (s *Survey) DefaultRoleChange(
	ctx context.Context, o Options, role string, after graph.Settings,
) (RoleChange, []graph.Blind, error) {
	settings, err := s.readSettings(ctx)
	if err != nil {
		return RoleChange{}, nil, err
	}
	return s.roleChange(ctx, o, settings, settings.DefaultRoleID, role, after)
}

// DeploymentRoleChange compares the organization's default role of deployments with another one. Nobody follows it: deployments of stacks
// without a role of their own have it.
func (s *Survey) DeploymentRoleChange(ctx context.Context, o Options, role string, after graph.Settings) (RoleChange, []graph.Blind, error) {
	settings, err := s.readSettings(ctx)
	if err != nil {
		return RoleChange{}, nil, err
	}
	change, blind, err := s.roleChange(ctx, o, settings, settings.DefaultDeploymentRoleID, role, after)
	change.Followers = nil
	return change, blind, err
}

func (s *Survey) roleChange(
	ctx context.Context, o Options, settings cloud.Organization, from, role string, after graph.Settings,
) (RoleChange, []graph.Blind, error) {
	organization := s.bare(o, settings)
	organization.DefaultRole = from
	var blind []graph.Blind
	add := func(parts ...func(context.Context, Options, *graph.Organization) ([]graph.Blind, error)) error {
		for _, part := range parts {
			more, err := part(ctx, o, &organization)
			if err != nil {
				return err
			}
			blind = append(blind, more...)
		}
		return nil
	}
	if err := add(s.addRecords, s.addMembers, s.addTokens, s.addReferred); err != nil {
		return RoleChange{}, nil, err
	}
	organization.DefaultRole = role
	if err := add(s.addReferred); err != nil { // the new one may be on no list, as the old one
		return RoleChange{}, nil, err
	}
	old, desired := cmp.Or(from, organization.MemberRole), cmp.Or(role, organization.MemberRole)
	out := RoleChange{
		Before: roleName(organization, old), After: roleName(organization, desired),
		Followers: followers(organization), Unclear: uncompared(organization, old, desired),
	}
	held := func(id string, settings graph.Settings, kind access.EntityKind) graph.Access {
		of := organization
		of.Defaults, of.MembersCan = settings.Defaults, settings.MembersCan
		of.Users, of.Teams = []graph.User{{Login: "follower", Role: id}}, nil
		granted, _ := graph.NewIndex(of).OfUser("follower", graph.Resource{Entity: access.Entity{Kind: kind}})
		return granted
	}
	for _, kind := range access.Kinds() {
		before, later := held(old, graph.Settings{Defaults: organization.Defaults, MembersCan: organization.MembersCan}, kind), held(desired, after, kind)
		change := ScopeChange{Kind: kind, Gained: beyond(later, before), Lost: beyond(before, later)}
		if len(change.Gained)+len(change.Lost) > 0 {
			out.Scopes = append(out.Scopes, change)
		}
	}
	if !settings.IsAdmin() {
		blind = append(blind, shortLists(settings.UserRole)...)
	}
	return out, distinct(blind), nil
}

// beyond are the scopes that one access has, certainly or possibly, and another does not certainly have, or for a shorter time.
func beyond(one, other graph.Access) []string {
	var scopes []string
	for _, held := range []map[string]time.Duration{one.Scopes, one.Possible} {
		for scope, limit := range held {
			otherLimit, has := other.Scopes[scope]
			if !has || otherLimit != 0 && (limit == 0 || limit > otherLimit) {
				scopes = append(scopes, scope)
			}
		}
	}
	slices.Sort(scopes)
	return slices.Compact(scopes)
}

func roleName(o graph.Organization, id string) string {
	return cmp.Or(o.Records[id].Name, id, "Member")
}

// followers are the members and the tokens without a role of their own. Service principals never have the default role.
func followers(o graph.Organization) []Follower {
	var all []Follower
	for _, user := range o.Users {
		if user.FollowsDefault && !user.Service && !user.Admin {
			all = append(all, Follower{graph.UserKind, user.Login, user.Suspended})
		}
	}
	for _, token := range o.Tokens {
		if token.Team == "" && token.Role == "" && !token.Admin {
			all = append(all, Follower{Kind: graph.TokenKind, Name: token.Name})
		}
	}
	slices.SortFunc(all, func(a, b Follower) int {
		return cmp.Or(-strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Name, b.Name))
	})
	return all
}

// uncompared are the parts of roles that do not grant the same on every entity, or that cannot be read.
func uncompared(o graph.Organization, ids ...string) []string {
	var lines []string
	for _, id := range ids {
		record, found := o.Records[id]
		switch {
		case !found:
			lines = append(lines, fmt.Sprintf("what the role %s grants, which could not be read", roleName(o, id)))
		case record.Unreadable != "":
			lines = append(lines, record.Unreadable)
		case selects(o, id, map[string]bool{}):
			lines = append(lines, fmt.Sprintf("what the role %s grants on single entities, or by tags", record.Name))
		}
	}
	return lines
}

// selects reports whether a record, or one that it composes, grants something under a condition.
func selects(o graph.Organization, id string, seen map[string]bool) bool {
	record, found := o.Records[id]
	if seen[id] {
		return false
	}
	seen[id] = true
	if !found || record.Unreadable != "" {
		return true
	}
	for part := range access.Walk(record.Descriptor) {
		switch part := part.(type) {
		case access.Allowed, access.Group:
		case access.Compose:
			if slices.ContainsFunc(part.IDs, func(id string) bool { return selects(o, id, seen) }) {
				return true
			}
		default:
			return true
		}
	}
	return false
}

// bare is an organization with its settings alone.
func (s *Survey) bare(o Options, settings cloud.Organization) graph.Organization {
	return graph.Organization{
		Login: s.organization, Catalogue: o.Catalogue, Restricted: settings.PermissionMode == cloud.PermissionModeRestricted,
		Defaults: graph.Defaults{
			Stack:       settings.DefaultStackPermission.Level(),
			Environment: access.Level(settings.DefaultEnvironmentPermission),
			Account:     settings.DefaultAccountPermission.Level(),
		},
		MembersCan: graph.MembersCan{
			CreateStacks: settings.MembersCanCreateStacks, CreateTeams: settings.MembersCanCreateTeams, CreateAccounts: settings.MembersCanCreateAccounts,
			DeleteStacks: settings.MembersCanDeleteStacks, TransferStacks: settings.MembersCanTransferStacks,
		},
		DefaultRole: settings.DefaultRoleID, DefaultDeploymentRole: settings.DefaultDeploymentRoleID,
	}
}

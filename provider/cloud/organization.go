package cloud

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"time"
)

// User is the caller.
type User struct {
	Login         string             `json:"githubLogin" answer:"text"` // the Pulumi login, whatever the identity provider
	Name          string             `json:"name"`
	Organizations []UserOrganization `json:"organizations"`
	Token         *TokenInfo         `json:"tokenInfo,omitempty"` // set when the caller is a machine token
}

// UserOrganization is an organization that the caller belongs to, with the caller's role there.
type UserOrganization struct {
	Login string `json:"githubLogin"`
	Role  string `json:"role"`
}

// TokenInfo describes the machine token that makes the calls.
type TokenInfo struct {
	Name         string `json:"name"`
	Organization string `json:"organization,omitempty"`
	Team         string `json:"team,omitempty"`
}

// Is reports whether the machine token is one of a list.
func (t TokenInfo) Is(token Token) bool { return token.Name == t.Name }

// Organization is the part of an organization's metadata that access depends on.
type Organization struct {
	ID       string               `json:"id" answer:"id"`
	Kind     string               `json:"kind"`
	UserRole string               `json:"userRole" answer:"text"` // the caller's role: member, admin, ...
	Features OrganizationFeatures `json:"features"`

	DefaultStackPermission       StackPermission   `json:"defaultStackPermission" answer:"value"`
	DefaultEnvironmentPermission string            `json:"defaultEnvironmentPermission" answer:"value"` // none, read, open, write or admin
	DefaultAccountPermission     AccountPermission `json:"defaultAccountPermission" answer:"value"`
	DefaultRoleID                string            `json:"defaultRoleId"`            // of new members; "" is the built-in Member
	DefaultDeploymentRoleID      string            `json:"defaultDeploymentRoleId"`  // "" is none
	MaxAccessTokenExpiryDays     int               `json:"maxAccessTokenExpiryDays"` // 0 means no policy
	MemberCount                  int               `json:"memberCount"`
	PermissionMode               string            `json:"permissionMode"` // PermissionModeRestricted, or another that has the defaults
	MembersCanCreateStacks       bool              `json:"membersCanCreateStacks" answer:"value"`
	MembersCanCreateTeams        bool              `json:"membersCanCreateTeams" answer:"value"`
	MembersCanCreateAccounts     bool              `json:"membersCanCreateAccounts" answer:"value"`
	MembersCanTransferStacks     bool              `json:"membersCanTransferStacks" answer:"value"`
	MembersCanDeleteStacks       bool              `json:"membersCanDeleteStacks" answer:"value"`
}

// OrganizationFeatures says what the organization's edition includes.
type OrganizationFeatures struct {
	CustomRoles bool `json:"customRolesEnabled"`
	// UserAssignments says that single people can hold permission sets on single entities.
	UserAssignments bool `json:"entityUserAssignmentsEnabled"`
	// StoredDefaultRole says that members who follow the default role have a stored one, and not the computed Member.
	StoredDefaultRole bool `json:"staticDefaultRolesEnabled"`
	// PermissionModes says that administrators can change the permission mode.
	PermissionModes bool `json:"permissionModeEnabled"`
}

// The permission modes. In the restricted one team tokens have none of the organization's defaults, and deployments run only as what
// their stack selects.
const (
	PermissionModePermissive = "permissive"
	PermissionModeRestricted = "restricted"
)

// IsAdmin reports whether the caller administers the organization, and therefore sees everything in it.
func (o Organization) IsAdmin() bool { return o.UserRole == "admin" }

// Member is a member of an organization.
type Member struct {
	User UserInfo `json:"user" answer:"value"`
	Role string   `json:"role" answer:"text"` // built-in role: member, admin, billing-manager
	// OrganizationRole is the effective role. Its id lives in a space of its own; compare names.
	OrganizationRole struct {
		Name string `json:"name"`
	} `json:"fgaRole" answer:"value"`
	VirtualAdmin bool `json:"virtualAdmin"` // admin by the identity provider
	Suspended    bool `json:"suspended"`    // keeps the membership, and has no access
	// FollowsDefaultRole says that the member has no role of their own, but the organization's default role, whatever it is.
	FollowsDefaultRole bool      `json:"followsDefaultRole"`
	Created            time.Time `json:"created"`
}

// UserInfo names a person or a machine identity.
type UserInfo struct {
	Login string `json:"githubLogin" answer:"value"`
	Name  string `json:"name"`
	// ServicePrincipalKind is set for identities of automation that are listed next to people.
	ServicePrincipalKind string `json:"servicePrincipalKind,omitempty"`
}

// CurrentUser returns who the token belongs to.
func (c *Client) CurrentUser(ctx context.Context) (User, error) {
	return get[User](ctx, c, call{method: http.MethodGet, path: []string{"user"}, object: "the caller"})
}

// Organization returns an organization's metadata as the caller sees it.
func (c *Client) Organization(ctx context.Context, organization string) (Organization, error) {
	return get[Organization](ctx, c, call{
		method: http.MethodGet, path: []string{"orgs", organization, "metadata"},
		object: quoted("organization", organization),
	})
}

// OrganizationChange is what to change of an organization's settings; nil fields stay as they are.
type OrganizationChange struct {
	DefaultStackPermission       *StackPermission   `json:"setDefaultStackPermission,omitempty"`
	DefaultEnvironmentPermission *string            `json:"setDefaultEnvironmentPermission,omitempty"`
	DefaultAccountPermission     *AccountPermission `json:"setDefaultAccountPermission,omitempty"`
	DefaultDeploymentRoleID      *string            `json:"setDefaultDeploymentRoleId,omitempty"`  // "" clears it
	MaxAccessTokenExpiryDays     *int               `json:"setMaxAccessTokenExpiryDays,omitempty"` // 0 clears it
	MembersCanCreateStacks       *bool              `json:"setMembersCanCreateStacks,omitempty"`
	MembersCanCreateTeams        *bool              `json:"setMembersCanCreateTeams,omitempty"`
	MembersCanCreateAccounts     *bool              `json:"setMembersCanCreateAccounts,omitempty"`
	MembersCanTransferStacks     *bool              `json:"setMembersCanTransferStacks,omitempty"`
	MembersCanDeleteStacks       *bool              `json:"setMembersCanDeleteStacks,omitempty"`
	PermissionMode               *string            `json:"setPermissionMode,omitempty"`
}

// UpdateOrganization changes settings, and returns all of them as they are then. The default role is set with
// SetDefaultRole.
func (c *Client) UpdateOrganization(
	ctx context.Context, organization string, change OrganizationChange,
) (Organization, error) {
	return get[Organization](ctx, c, call{
		method: http.MethodPatch, path: []string{"orgs", organization}, body: change,
		object: "settings of " + quoted("organization", organization),
	})
}

// SetDefaultRole makes a role the one that new members get.
func (c *Client) SetDefaultRole(ctx context.Context, organization, roleID string) error {
	return c.send(ctx, roleCall(http.MethodPatch, organization, roleID, "default"))
}

// Members lists the organization's members, as the identity provider knows them.
func (c *Client) Members(ctx context.Context, organization string) iter.Seq2[Member, error] {
	return c.roster(ctx, organization, url.Values{"type": {"backend"}})
}

// MembersAndSuspended lists the organization's members, and those whose membership is suspended.
func (c *Client) MembersAndSuspended(ctx context.Context, organization string) iter.Seq2[Member, error] {
	return c.roster(ctx, organization, url.Values{"type": {"backend"}, "includeSuspended": {"true"}})
}

// Seats lists the organization's members as Pulumi Cloud itself knows them: up to 50, and with people whom the identity
// provider does not list.
func (c *Client) Seats(ctx context.Context, organization string) iter.Seq2[Member, error] {
	return c.roster(ctx, organization, url.Values{"type": {"frontend"}})
}

// ServicePrincipals lists the identities of automation that belong to the organization, but those that act for a team.
func (c *Client) ServicePrincipals(ctx context.Context, organization string) iter.Seq2[Member, error] {
	return c.roster(ctx, organization, url.Values{"type": {"service-principal"}})
}

func (c *Client) roster(ctx context.Context, organization string, query url.Values) iter.Seq2[Member, error] {
	return pages(ctx, c, call{
		method: http.MethodGet, path: []string{"orgs", organization, "members"},
		query: query, object: "members of " + quoted("organization", organization),
	}, func(p struct {
		Members           []Member `json:"members" answer:"key"`
		ContinuationToken string   `json:"continuationToken"`
	},
	) ([]Member, string) {
		return p.Members, p.ContinuationToken
	})
}

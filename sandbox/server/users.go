package server

import (
	"net/http"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

func (s *org) userRoutes() []route {
	return []route{
		{pattern: "GET /api/user", handle: rest.Plain((*call).currentUser)},
		{pattern: "GET /api/user/organizations/default", handle: rest.Plain((*call).defaultOrganization)},
		{pattern: "POST /api/user/organizations/{orgName}/default", handle: rest.Plain((*call).NoContent)},
		{pattern: "GET /api/user/stacks", handle: rest.AnswerOn(paged("maxResults"), (*call).listUserStacks)},
		{pattern: "GET /api/capabilities", handle: rest.Plain((*call).capabilities), open: true},
		{pattern: "GET /api/cli/version", handle: rest.Plain((*call).cliVersion), open: true},
	}
}

type organizationSummary struct {
	Login     string `json:"githubLogin"`
	Name      string `json:"name"`
	AvatarURL string `json:"avatarUrl"`
	Role      string `json:"role"`
}

type currentUser struct {
	userInfo
	ID            string                `json:"id"`
	Email         string                `json:"email"`
	HasMFA        bool                  `json:"hasMFA"`
	Identities    []string              `json:"identities"`
	Organizations []organizationSummary `json:"organizations"`
	OrgManaged    bool                  `json:"isOrgManaged"`
	MultiOrg      bool                  `json:"isManagedByMultiOrg"`
	TokenInfo     *tokenInfo            `json:"tokenInfo,omitempty"`
}

// tokenInfo is there when the caller is a machine.
type tokenInfo struct {
	Name         string `json:"name"`
	Organization string `json:"organization"`
	Team         string `json:"team"`
}

func (c *call) currentUser() error {
	org := c.s.state.Organization.Login
	info := c.s.userInfo(c.caller.login)
	me := currentUser{
		userInfo: info, ID: c.caller.token.Principal, Email: info.Email, Identities: []string{"Pulumi"},
		Organizations: []organizationSummary{{Login: org, Name: org, AvatarURL: avatar(org), Role: c.callerRole()}},
	}
	if t := c.caller.token; t.Kind != state.PersonalToken {
		me.TokenInfo = &tokenInfo{Name: t.Name, Organization: org, Team: t.Team}
	}
	return c.OK(me)
}

// callerRole is the caller's organization role in the built-in vocabulary, which knows no custom roles.
func (c *call) callerRole() string {
	if c.caller.user != nil {
		return c.s.legacyRole(c.caller.user.RoleID)
	}
	if c.s.rules().isAdmin(c.caller) {
		return state.RoleAdmin
	}
	return state.RoleMember
}

func (c *call) defaultOrganization() error {
	return c.OK(map[string]any{"GitHubLogin": c.s.state.Organization.Login, "Messages": []string{}})
}

// capabilities announces none: every optional behaviour of the CLI stays off.
func (c *call) capabilities() error { return c.OK(map[string]any{"capabilities": []string{}}) }

// cliVersion is so old that no CLI warns of a newer one.
func (c *call) cliVersion() error {
	const old = "3.0.0"
	return c.JSON(http.StatusOK, map[string]string{"latestVersion": old, "oldestWithoutWarning": old, "latestDevVersion": old})
}

package server

import (
	"net/http"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/stacks"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

func userRoutes() []core.Route {
	return []core.Route{
		{Pattern: "GET /api/user", Handle: rest.Plain(currentUser)},
		{Pattern: "GET /api/user/organizations/default", Handle: rest.Plain(defaultOrganization)},
		{Pattern: "POST /api/user/organizations/{orgName}/default", Handle: rest.Plain((*core.Call).NoContent)},
		{Pattern: "GET /api/user/stacks", Handle: rest.AnswerOn(core.Paged("maxResults"), stacks.ListUserStacks)},
		{Pattern: "GET /api/capabilities", Handle: rest.Plain(capabilities), Open: true},
		{Pattern: "GET /api/cli/version", Handle: rest.Plain(cliVersion), Open: true},
	}
}

type organizationSummary struct {
	Login     string `json:"githubLogin"`
	Name      string `json:"name"`
	AvatarURL string `json:"avatarUrl"`
	Role      string `json:"role"`
}

type currentUserAnswer struct {
	core.UserInfo
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

func currentUser(c *core.Call) error {
	org := c.Org.State.Organization.Login
	info := c.Org.UserInfo(c.Caller.Login)
	me := currentUserAnswer{
		UserInfo: info, ID: c.Caller.Token.Principal, Email: info.Email, Identities: []string{"Pulumi"},
		Organizations: []organizationSummary{{Login: org, Name: org, AvatarURL: core.Avatar(org), Role: callerRole(c)}},
	}
	if t := c.Caller.Token; t.Kind != state.PersonalToken {
		me.TokenInfo = &tokenInfo{Name: t.Name, Organization: org, Team: t.Team}
	}
	return c.OK(me)
}

// callerRole is the caller's organization role in the built-in vocabulary, which knows no custom roles.
func callerRole(c *core.Call) string {
	if c.Caller.User != nil {
		return c.Org.LegacyRole(c.Org.State.RoleOf(c.Caller.User))
	}
	if c.Org.Rules().IsAdmin(c.Caller) {
		return state.RoleAdmin
	}
	return state.RoleMember
}

func defaultOrganization(c *core.Call) error {
	return c.OK(map[string]any{"GitHubLogin": c.Org.State.Organization.Login, "Messages": []string{}})
}

// capabilities announces none: every optional behaviour of the CLI stays off.
func capabilities(c *core.Call) error { return c.OK(map[string]any{"capabilities": []string{}}) }

// cliVersion is so old that no CLI warns of a newer one.
func cliVersion(c *core.Call) error {
	const old = "3.0.0"
	return c.JSON(http.StatusOK, map[string]string{"latestVersion": old, "oldestWithoutWarning": old, "latestDevVersion": old})
}

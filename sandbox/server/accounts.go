package server

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

func (s *Server) accountRoutes() []route {
	const one = " /api/preview/insights/{orgName}/accounts/{accountName}"
	return []route{
		{pattern: "GET /api/preview/insights/{orgName}/accounts", handle: (*call).listAccounts},
		{pattern: "GET" + one, handle: (*call).getAccount},
		{pattern: "POST" + one, handle: (*call).createAccount},
		{pattern: "PATCH" + one, handle: (*call).updateAccount},
		{pattern: "DELETE" + one, handle: (*call).deleteAccount},
		{pattern: "POST" + one + "/ownership", handle: (*call).reassignAccount},
		{pattern: "GET" + one + "/tags", handle: (*call).getAccountTags},
		{pattern: "PUT" + one + "/tags", handle: (*call).setAccountTags},
		{pattern: "GET" + one + "/teams", handle: (*call).listAccountTeams},
		{pattern: "PATCH" + one + "/teams/{teamName}", handle: (*call).upsertAccountTeam},
	}
}

type wireAccount struct {
	ID            string   `json:"id"`
	Name          string   `json:"name"`
	Provider      string   `json:"provider"`
	Environment   string   `json:"providerEnvRef,omitempty"`
	OwnedBy       userInfo `json:"ownedBy"`
	ScanScheduled bool     `json:"scheduledScanEnabled"`
}

func (s *Server) wireAccount(a *account) wireAccount {
	return wireAccount{
		ID: a.ID, Name: a.Name, Provider: a.Provider, Environment: a.Environment, OwnedBy: s.userInfo(a.Owner),
	}
}

func (c *call) listAccounts() error {
	size, err := c.pageSize("count")
	if err != nil {
		return err
	}
	reach, err := c.reachOf(c.Query("roleID"))
	if err != nil {
		return err
	}
	may, parent := c.s.deciderFor(c.caller), c.Query("parent")
	accounts, next, err := rest.KeyPage(c.s.st.accountNames(), c.Query("continuationToken"), size, func(name string) (wireAccount, bool, error) {
		a := c.s.st.Accounts[name]
		seen := (parent == "" || parent == a.Parent) && may.can("insights_account:read", accountEntity(a)) &&
			reach(accountEntity(a), "insights_account:read")
		return c.s.wireAccount(a), seen, nil
	})
	if err != nil {
		return err
	}
	answer := map[string]any{"accounts": orNone(accounts)}
	if next != "" {
		answer["nextToken"] = next
	}
	return c.OK(answer)
}

func (c *call) getAccount() error {
	a, err := c.accountWith("insights_account:read")
	if err != nil {
		return err
	}
	return c.OK(c.s.wireAccount(a))
}

func (c *call) createAccount() error {
	if err := c.requireOrg("insights_account:create"); err != nil {
		return err
	}
	var req struct {
		Provider    string `json:"provider"`
		Environment string `json:"environment"`
	}
	if err := c.Decode(&req); err != nil {
		return err
	}
	name := c.Param("accountName")
	if !validName(name) || !slices.Contains(accountProviders, req.Provider) || req.Environment == "" {
		return rest.BadRequest("an account needs a name, a provider and an environment")
	}
	if _, taken := c.s.st.Accounts[name]; taken {
		return rest.Conflict("account '%s' already exists", name)
	}
	if err := c.checkStackConfig(&stackConfig{Environment: req.Environment}); err != nil {
		return err
	}
	c.s.addAccount(name, req.Provider, req.Environment, c.caller.login)
	c.audit("cloud-account-created", "Created account %s", name)
	return c.NoContent()
}

// updateAccount gives an account another environment with its credentials.
func (c *call) updateAccount() error {
	a, err := c.accountWith("insights_account:update")
	if err != nil {
		return err
	}
	var req struct {
		Environment string `json:"environment"`
	}
	if err := c.Decode(&req); err != nil {
		return err
	}
	if err := c.checkStackConfig(&stackConfig{Environment: req.Environment}); err != nil {
		return err
	}
	a.Environment = req.Environment
	c.audit("cloud-account-updated", "Updated account %s", a.Name)
	return c.NoContent()
}

func (c *call) deleteAccount() error {
	a, err := c.accountWith("insights_account:delete")
	if err != nil {
		return err
	}
	c.s.removeAccount(a)
	c.audit("cloud-account-deleted", "Deleted account %s", a.Name)
	return c.NoContent()
}

func (c *call) reassignAccount() error {
	a, err := c.accountWith("insights_account_access:update")
	if err != nil {
		return err
	}
	login, err := c.newOwner()
	if err != nil {
		return err
	}
	before := c.s.userInfo(a.Owner)
	a.Owner = login
	return c.OK(before)
}

type accountTag struct {
	Name     string    `json:"name"`
	Value    string    `json:"value"`
	Created  time.Time `json:"created"`
	Modified time.Time `json:"modified"`
}

func (c *call) getAccountTags() error {
	a, err := c.accountWith("insights_account:read")
	if err != nil {
		return err
	}
	tags := map[string]accountTag{}
	for name, value := range a.Tags {
		tags[name] = accountTag{Name: name, Value: value, Created: a.Created, Modified: a.Created}
	}
	return c.OK(map[string]any{"tags": tags})
}

func (c *call) setAccountTags() error {
	a, err := c.accountWith("insights_account:update")
	if err != nil {
		return err
	}
	if a.Parent != "" {
		return rest.Forbidden("tags must be managed on the parent account")
	}
	var req struct {
		Tags map[string]string `json:"tags"`
	}
	if err := c.Decode(&req); err != nil {
		return err
	}
	a.Tags = orEmpty(maps.Clone(req.Tags))
	return c.NoContent()
}

func (c *call) listAccountTeams() error {
	a, err := c.accountWith("insights_account_access:read")
	if err != nil {
		return err
	}
	teams := []entityTeam{}
	for _, name := range sortedKeys(c.s.st.Teams) {
		t := c.s.st.Teams[name]
		if level, granted := t.Accounts[a.Name]; granted {
			teams = append(teams, c.entityTeam(t, level))
		}
	}
	return c.OK(map[string]any{"accountName": a.Name, "teams": teams})
}

func (c *call) upsertAccountTeam() error {
	a, err := c.accountWith("insights_account_access:update")
	if err != nil {
		return err
	}
	t, err := c.visibleTeam()
	if err != nil {
		return err
	}
	if a.Parent != "" {
		return rest.Forbidden("permissions must be managed on the parent account")
	}
	var req struct {
		Permissions json.RawMessage `json:"permissions"`
	}
	if err := c.Decode(&req); err != nil {
		return err
	}
	level, err := numericPermission(req.Permissions, 0, 1, 2, 3)
	if err != nil {
		return err
	}
	put(t.Accounts, a.Name, level)
	c.audit("team-updated", "Changed the permission of team %s on account %s", t.Name, a.Name)
	return c.NoContent()
}

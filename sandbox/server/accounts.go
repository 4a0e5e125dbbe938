package server

import (
	"maps"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

func (s *org) accountRoutes() []route {
	const one = " /api/preview/insights/{orgName}/accounts/{accountName}"
	return []route{
		{pattern: "GET /api/preview/insights/{orgName}/accounts", handle: rest.AnswerOn(paged("count"), (*call).listAccounts)},
		{pattern: "GET" + one, handle: rest.AnswerOn(onAccount("insights_account:read"), (*call).getAccount)},
		{pattern: "POST" + one, handle: inOrg("insights_account:create", rest.Do((*call).createAccount))},
		{pattern: "PATCH" + one, handle: rest.DoOn(onAccount("insights_account:update"), (*call).updateAccount)},
		{pattern: "DELETE" + one, handle: rest.ActOn(onAccount("insights_account:delete"), (*call).deleteAccount)},
		{pattern: "POST" + one + "/ownership", handle: rest.JSONOn(onAccount("insights_account_access:update"), (*call).reassignAccount)},
		{pattern: "GET" + one + "/tags", handle: rest.AnswerOn(onAccount("insights_account:read"), (*call).getAccountTags)},
		{pattern: "PUT" + one + "/tags", handle: rest.DoOn((*call).taggedAccount, (*call).setAccountTags)},
		{pattern: "GET" + one + "/teams", handle: rest.AnswerOn(onAccount("insights_account_access:read"), (*call).listAccountTeams)},
		{pattern: "PATCH" + one + "/teams/{teamName}", handle: rest.DoOn((*call).accountTeam, (*call).upsertAccountTeam)},
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

func (s *org) wireAccount(a *state.Account) wireAccount {
	return wireAccount{
		ID: a.ID, Name: a.Name, Provider: a.Provider, Environment: a.Environment, OwnedBy: s.userInfo(a.Owner),
	}
}

func (c *call) listAccounts(size int) (map[string]any, error) {
	reach, err := c.reachOf(c.Query("roleID"))
	if err != nil {
		return nil, err
	}
	may, parent := c.s.rules().deciderFor(c.caller), c.Query("parent")
	accounts, next, err := rest.KeyPage(state.AccountKind.Names(c.s.state), c.Query("continuationToken"), size, func(name string) (wireAccount, bool, error) {
		a := c.s.state.Accounts[name]
		seen := (parent == "" || parent == a.Parent) && may.can("insights_account:read", accountEntity(a)) &&
			reach(accountEntity(a), "insights_account:read")
		return c.s.wireAccount(a), seen, nil
	})
	if err != nil {
		return nil, err
	}
	answer := map[string]any{"accounts": rest.OrNone(accounts)}
	if next != "" {
		answer["nextToken"] = next
	}
	return answer, nil
}

func (c *call) getAccount(a *state.Account) (wireAccount, error) {
	return c.s.wireAccount(a), nil
}

type createAccountRequest struct {
	Provider    string `json:"provider"`
	Environment string `json:"environment"`
}

func (c *call) createAccount(req createAccountRequest) error {
	name := c.Param("accountName")
	if !rest.ValidName(name) || !slices.Contains(state.AccountProviders, req.Provider) || req.Environment == "" {
		return rest.BadRequest("an account needs a name, a provider and an environment")
	}
	if _, taken := c.s.state.Accounts[name]; taken {
		return rest.Conflict("account '%s' already exists", name)
	}
	if err := c.checkStackConfig(&stackConfig{Environment: req.Environment}); err != nil {
		return err
	}
	c.s.state.AddAccount(name, req.Provider, req.Environment, c.caller.login, c.s.now())
	c.audit("cloud-account-created", "Created account %s", name)
	return c.NoContent()
}

type updateAccountRequest struct {
	Environment string `json:"environment"`
}

// updateAccount gives an account another environment with its credentials.
func (c *call) updateAccount(a *state.Account, req updateAccountRequest) error {
	if err := c.checkStackConfig(&stackConfig{Environment: req.Environment}); err != nil {
		return err
	}
	a.Environment = req.Environment
	c.audit("cloud-account-updated", "Updated account %s", a.Name)
	return c.NoContent()
}

func (c *call) deleteAccount(a *state.Account) error {
	state.AccountKind.Remove(c.s.state, a)
	c.audit("cloud-account-deleted", "Deleted account %s", a.Name)
	return c.NoContent()
}

func (c *call) reassignAccount(a *state.Account, next userInfo) (userInfo, error) {
	login, err := c.newOwner(next)
	if err != nil {
		return userInfo{}, err
	}
	before := c.s.userInfo(a.Owner)
	a.Owner = login
	return before, nil
}

type accountTag struct {
	Name     string    `json:"name"`
	Value    string    `json:"value"`
	Created  time.Time `json:"created"`
	Modified time.Time `json:"modified"`
}

func (c *call) getAccountTags(a *state.Account) (map[string]any, error) {
	tags := map[string]accountTag{}
	for name, value := range a.Tags {
		tags[name] = accountTag{Name: name, Value: value, Created: a.Created, Modified: a.Created}
	}
	return map[string]any{"tags": tags}, nil
}

// taggedAccount finds an account whose tags the caller may set.
func (c *call) taggedAccount() (*state.Account, error) {
	a, err := c.accountWith("insights_account:update")
	if err == nil && a.Parent != "" {
		return nil, rest.Forbidden("tags must be managed on the parent account")
	}
	return a, err
}

type setAccountTagsRequest struct {
	Tags map[string]string `json:"tags"`
}

func (c *call) setAccountTags(a *state.Account, req setAccountTagsRequest) error {
	a.Tags = rest.OrEmpty(maps.Clone(req.Tags))
	return c.NoContent()
}

func (c *call) listAccountTeams(a *state.Account) (map[string]any, error) {
	teams := []entityTeam{}
	for _, name := range rest.SortedKeys(c.s.state.Teams) {
		t := c.s.state.Teams[name]
		if level, granted := t.Accounts[a.Name]; granted {
			teams = append(teams, c.entityTeam(t, level))
		}
	}
	return map[string]any{"accountName": a.Name, "teams": teams}, nil
}

// accountTeam is an account and a team that gets a permission on it.
type accountTeam struct {
	account *state.Account
	team    *state.Team
}

func (c *call) accountTeam() (of accountTeam, err error) {
	if of.account, err = c.accountWith("insights_account_access:update"); err != nil {
		return of, err
	}
	if of.team, err = c.visibleTeam(); err != nil {
		return of, err
	}
	if of.account.Parent != "" {
		return of, rest.Forbidden("permissions must be managed on the parent account")
	}
	return of, nil
}

func (c *call) upsertAccountTeam(of accountTeam, req permissionsRequest) error {
	level, err := numericPermission(req.Permissions, 0, 1, 2, 3)
	if err != nil {
		return err
	}
	put(of.team.Accounts, of.account.Name, level)
	c.audit("team-updated", "Changed the permission of team %s on account %s", of.team.Name, of.account.Name)
	return c.NoContent()
}

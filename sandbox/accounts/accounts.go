// Package accounts serves the Insights accounts of an organization, their tags, owners and teams; see [Routes].
package accounts

import (
	"maps"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/stacks"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/teams"
)

func Routes() []core.Route {
	const one = " /api/preview/insights/{orgName}/accounts/{accountName}"
	return []core.Route{
		{Pattern: "GET /api/preview/insights/{orgName}/accounts", Handle: rest.AnswerOn(core.Paged("count"), listAccounts)},
		{Pattern: "GET" + one, Handle: rest.AnswerOn(core.OnAccount("insights_account:read"), getAccount)},
		{Pattern: "POST" + one, Handle: core.InOrg("insights_account:create", rest.Do(createAccount))},
		{Pattern: "PATCH" + one, Handle: rest.DoOn(core.OnAccount("insights_account:update"), updateAccount)},
		{Pattern: "DELETE" + one, Handle: rest.ActOn(core.OnAccount("insights_account:delete"), deleteAccount)},
		{Pattern: "POST" + one + "/ownership", Handle: rest.JSONOn(core.OnAccount("insights_account_access:update"), reassignAccount)},
		{Pattern: "GET" + one + "/tags", Handle: rest.AnswerOn(core.OnAccount("insights_account:read"), getAccountTags)},
		{Pattern: "PUT" + one + "/tags", Handle: rest.DoOn(taggedAccount, setAccountTags)},
		{Pattern: "GET" + one + "/teams", Handle: rest.AnswerOn(core.OnAccount("insights_account_access:read"), listAccountTeams)},
		{Pattern: "PATCH" + one + "/teams/{teamName}", Handle: rest.DoOn(teamOnAccount, upsertAccountTeam)},
	}
}

type wireAccount struct {
	ID            string        `json:"id"`
	Name          string        `json:"name"`
	Provider      string        `json:"provider"`
	Environment   string        `json:"providerEnvRef,omitempty"`
	OwnedBy       core.UserInfo `json:"ownedBy"`
	ScanScheduled bool          `json:"scheduledScanEnabled"`
}

func showAccount(s *core.Org, a *state.Account) wireAccount {
	return wireAccount{
		ID: a.ID, Name: a.Name, Provider: a.Provider, Environment: a.Environment, OwnedBy: s.UserInfo(a.Owner),
	}
}

func listAccounts(c *core.Call, size int) (map[string]any, error) {
	reach, err := stacks.ReachOf(c, c.Query("roleID"))
	if err != nil {
		return nil, err
	}
	may, parent := c.Org.Rules().For(c.Caller), c.Query("parent")
	accounts, next, err := rest.KeyPage(state.AccountKind.Names(c.Org.State), c.Query("continuationToken"), size, func(name string) (wireAccount, bool, error) {
		a := c.Org.State.Accounts[name]
		seen := (parent == "" || parent == a.Parent) && may.Can("insights_account:read", authz.Account(a)) &&
			reach(authz.Account(a), "insights_account:read")
		return showAccount(c.Org, a), seen, nil
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

func getAccount(c *core.Call, a *state.Account) (wireAccount, error) {
	return showAccount(c.Org, a), nil
}

type createAccountRequest struct {
	Provider    string `json:"provider"`
	Environment string `json:"environment"`
}

func createAccount(c *core.Call, req createAccountRequest) error {
	name := c.Param("accountName")
	if !rest.ValidName(name) || !slices.Contains(state.AccountProviders, req.Provider) || req.Environment == "" {
		return rest.BadRequest("an account needs a name, a provider and an environment")
	}
	if _, taken := c.Org.State.Accounts[name]; taken {
		return rest.Conflict("account '%s' already exists", name)
	}
	if err := stacks.CheckStackConfig(c, &stacks.StackConfig{Environment: req.Environment}); err != nil {
		return err
	}
	c.Org.State.AddAccount(name, req.Provider, req.Environment, c.Caller.Login, c.Org.Now())
	c.Audit("cloud-account-created", "Created account %s", name)
	return c.NoContent()
}

type updateAccountRequest struct {
	Environment string `json:"environment"`
}

// updateAccount gives an account another environment with its credentials.
func updateAccount(c *core.Call, a *state.Account, req updateAccountRequest) error {
	if err := stacks.CheckStackConfig(c, &stacks.StackConfig{Environment: req.Environment}); err != nil {
		return err
	}
	a.Environment = req.Environment
	c.Audit("cloud-account-updated", "Updated account %s", a.Name)
	return c.NoContent()
}

func deleteAccount(c *core.Call, a *state.Account) error {
	state.AccountKind.Remove(c.Org.State, a)
	c.Audit("cloud-account-deleted", "Deleted account %s", a.Name)
	return c.NoContent()
}

func reassignAccount(c *core.Call, a *state.Account, next core.UserInfo) (core.UserInfo, error) {
	login, err := stacks.NewOwner(c, next)
	if err != nil {
		return core.UserInfo{}, err
	}
	before := c.Org.UserInfo(a.Owner)
	delete(a.Assigned, a.Owner)
	delete(a.Assigned, login)
	a.Owner = login
	return before, nil
}

type accountTag struct {
	Name     string    `json:"name"`
	Value    string    `json:"value"`
	Created  time.Time `json:"created"`
	Modified time.Time `json:"modified"`
}

func getAccountTags(c *core.Call, a *state.Account) (map[string]any, error) {
	tags := map[string]accountTag{}
	for name, value := range a.Tags {
		tags[name] = accountTag{Name: name, Value: value, Created: a.Created, Modified: a.Created}
	}
	return map[string]any{"tags": tags}, nil
}

// taggedAccount finds an account whose tags the caller may set.
func taggedAccount(c *core.Call) (*state.Account, error) {
	a, err := c.AccountWith("insights_account:update")
	if err == nil && a.Parent != "" {
		return nil, rest.Forbidden("tags must be managed on the parent account")
	}
	return a, err
}

type setAccountTagsRequest struct {
	Tags map[string]string `json:"tags"`
}

func setAccountTags(c *core.Call, a *state.Account, req setAccountTagsRequest) error {
	a.Tags = rest.OrEmpty(maps.Clone(req.Tags))
	return c.NoContent()
}

func listAccountTeams(c *core.Call, a *state.Account) (map[string]any, error) {
	granted := []teams.EntityTeam{}
	for _, name := range rest.SortedKeys(c.Org.State.Teams) {
		t := c.Org.State.Teams[name]
		if level, has := t.Accounts[a.Name]; has {
			granted = append(granted, teams.ShowEntityTeam(c, t, level))
		}
	}
	return map[string]any{"accountName": a.Name, "teams": granted}, nil
}

// accountTeam is an account and a team that gets a permission on it.
type accountTeam struct {
	account *state.Account
	team    *state.Team
}

func teamOnAccount(c *core.Call) (of accountTeam, err error) {
	if of.account, err = c.AccountWith("insights_account_access:update"); err != nil {
		return of, err
	}
	if of.team, err = c.VisibleTeam(); err != nil {
		return of, err
	}
	if of.account.Parent != "" {
		return of, rest.Forbidden("permissions must be managed on the parent account")
	}
	return of, nil
}

func upsertAccountTeam(c *core.Call, of accountTeam, req teams.PermissionsRequest) error {
	level, err := teams.NumericPermission(req.Permissions, 0, 1, 2, 3)
	if err != nil {
		return err
	}
	teams.Put(of.team.Accounts, of.account.Name, level)
	c.Audit("team-updated", "Changed the permission of team %s on account %s", of.team.Name, of.account.Name)
	return c.NoContent()
}

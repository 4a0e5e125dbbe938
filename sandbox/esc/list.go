package esc

import (
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// wireEnvironment is an environment in a list (OrgEnvironment in the service's document).
type wireEnvironment struct {
	ID           string            `json:"id"`
	Organization string            `json:"organization"`
	Project      string            `json:"project"`
	Name         string            `json:"name"`
	Created      string            `json:"created"`
	Modified     string            `json:"modified"`
	DeletedAt    string            `json:"deletedAt,omitempty"`
	OwnedBy      core.UserInfo     `json:"ownedBy"`
	Links        core.Links        `json:"links"`
	Settings     wireSettings      `json:"settings"`
	Tags         map[string]string `json:"tags"`
	// Referrers is deprecated at the service, and always zero.
	Referrers wireReferrerCounts `json:"referrerMetadata"`
}

type wireSettings struct {
	DeletionProtected bool `json:"deletionProtected"`
}

type wireReferrerCounts struct {
	Environments int `json:"environmentReferrerCount"`
	Stacks       int `json:"stackReferrerCount"`
	Accounts     int `json:"insightsAccountReferrerCount"`
}

type WireEnvironments struct {
	Environments []wireEnvironment `json:"environments"`
	NextToken    string            `json:"nextToken,omitempty"`
}

func showEnvironment(s *core.Org, e *state.Environment) wireEnvironment {
	wire := wireEnvironment{
		ID:           e.ID,
		Organization: s.State.Organization.Login,
		Project:      e.Project,
		Name:         e.Name,
		Created:      e.Created.Format(time.RFC3339Nano),
		Modified:     e.Modified.Format(time.RFC3339Nano),
		OwnedBy:      s.UserInfo(e.OwnedBy),
		Links:        s.ConsoleLink("esc", e.Project, e.Name),
		Settings:     wireSettings{DeletionProtected: e.DeletionProtected},
		Tags:         rest.OrEmpty(e.Tags),
	}
	if !e.DeletedAt.IsZero() {
		wire.DeletedAt = e.DeletedAt.Format(time.RFC3339Nano)
	}
	return wire
}

// listEnvironments answers with what the caller may see, and nothing of the rest, not even how much it is.
func listEnvironments(c *core.Call) error {
	if organization := c.Query("organization"); organization != "" && organization != c.Org.State.Organization.Login {
		return rest.NotFound("Organization '%s' not found", organization)
	}
	size, err := c.PageSize("maxResults")
	if err != nil {
		return err
	}
	may := c.Org.Rules().For(c.Caller)
	entries, next, err := rest.KeyPage(state.EnvironmentKind.Names(c.Org.State), c.Query("continuationToken"), size, func(key string) (*state.Environment, bool, error) {
		e := c.Org.State.Environments[key]
		seen, err := listed(c, may, e)
		return e, seen, err
	})
	if err != nil {
		return err
	}
	return answerEnvironments(c, entries, next)
}

// listed reports whether a list shows an environment: to the caller, and with roleID to holders of that role.
func listed(c *core.Call, may authz.Decider, e *state.Environment) (bool, error) {
	if !may.Can("environment:read", authz.Environment(e)) {
		return false, nil
	}
	role := c.Query("roleID")
	if role == "" {
		return true, nil
	}
	if _, found := c.Org.State.Record(role); !found {
		return false, rest.NotFound("Role '%s' not found", role)
	}
	return c.Org.Rules().ScopesOfRole(role, authz.Environment(e)).Has("environment:read"), nil
}

func pageOfEnvironments(c *core.Call, all []*state.Environment) error {
	size, err := c.PageSize("maxResults")
	if err != nil {
		return err
	}
	entries, next, err := rest.Page(all, c.Query("continuationToken"), size)
	if err != nil {
		return err
	}
	return answerEnvironments(c, entries, next)
}

func answerEnvironments(c *core.Call, entries []*state.Environment, next string) error {
	answer := WireEnvironments{Environments: make([]wireEnvironment, 0, len(entries)), NextToken: next}
	for _, e := range entries {
		answer.Environments = append(answer.Environments, showEnvironment(c.Org, e))
	}
	return c.OK(answer)
}

// listDeletedEnvironments answers with the newest first.
func listDeletedEnvironments(c *core.Call) error {
	deleted := c.Org.State.History.Deleted
	newestFirst := make([]*state.Environment, 0, len(deleted))
	for i := len(deleted) - 1; i >= 0; i-- {
		newestFirst = append(newestFirst, deleted[i])
	}
	return pageOfEnvironments(c, newestFirst)
}

type restoreEnvironmentRequest struct {
	Project   string `json:"project"`
	Name      string `json:"name"`
	DeletedAt string `json:"deletionTimestamp"`
}

// restoreEnvironment restores a deleted environment under its own id, without the grants that were on it.
func restoreEnvironment(c *core.Call, request restoreEnvironmentRequest) error {
	index := deletedEnvironment(c.Org.State, request.Project, request.Name, request.DeletedAt)
	if index < 0 {
		return rest.NotFound("Deleted environment '%s' not found", state.EntityKey(request.Project, request.Name))
	}
	e := c.Org.State.History.Deleted[index]
	if _, taken := c.Org.State.Environments[e.Path()]; taken {
		// The document knows no 409 here.
		return rest.BadRequest("an environment %s already exists", e.Path())
	}
	c.Org.State.History.Deleted = append(c.Org.State.History.Deleted[:index], c.Org.State.History.Deleted[index+1:]...)
	e.DeletedAt = time.Time{}
	state.EnvironmentKind.Put(c.Org.State, e)
	c.Audit("environment-restored", "Restored environment %s", e.Path())
	return c.NoContent()
}

// deletedEnvironment is the position of the latest deletion of that name, or of the one at deletedAt if it is given;
// -1 if there is none.
func deletedEnvironment(st *state.State, project, name, deletedAt string) int {
	for i := len(st.History.Deleted) - 1; i >= 0; i-- {
		e := st.History.Deleted[i]
		if e.Project == project && e.Name == name && (deletedAt == "" || sameTime(deletedAt, e.DeletedAt)) {
			return i
		}
	}
	return -1
}

func sameTime(written string, t time.Time) bool {
	parsed, err := time.Parse(time.RFC3339Nano, written)
	return err == nil && parsed.Equal(t)
}

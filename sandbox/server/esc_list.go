package server

import (
	"time"

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
	OwnedBy      userInfo          `json:"ownedBy"`
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

type wireEnvironments struct {
	Environments []wireEnvironment `json:"environments"`
	NextToken    string            `json:"nextToken,omitempty"`
}

func (s *org) wireEnvironment(e *state.Environment) wireEnvironment {
	wire := wireEnvironment{
		ID:           e.ID,
		Organization: s.state.Organization.Login,
		Project:      e.Project,
		Name:         e.Name,
		Created:      e.Created.Format(time.RFC3339Nano),
		Modified:     e.Modified.Format(time.RFC3339Nano),
		OwnedBy:      s.userInfo(e.OwnedBy),
		Settings:     wireSettings{DeletionProtected: e.DeletionProtected},
		Tags:         rest.OrEmpty(e.Tags),
	}
	if !e.DeletedAt.IsZero() {
		wire.DeletedAt = e.DeletedAt.Format(time.RFC3339Nano)
	}
	return wire
}

// listEnvironments answers with what the caller may see, and nothing of the rest, not even how much it is.
func (c *call) listEnvironments() error {
	if organization := c.Query("organization"); organization != "" && organization != c.s.state.Organization.Login {
		return rest.NotFound("Organization '%s' not found", organization)
	}
	size, err := c.pageSize("maxResults")
	if err != nil {
		return err
	}
	may := c.s.rules().deciderFor(c.caller)
	entries, next, err := rest.KeyPage(state.EnvironmentKind.Names(c.s.state), c.Query("continuationToken"), size, func(key string) (*state.Environment, bool, error) {
		e := c.s.state.Environments[key]
		seen, err := c.listed(may, e)
		return e, seen, err
	})
	if err != nil {
		return err
	}
	return c.answerEnvironments(entries, next)
}

// listed tells whether a list shows an environment: to the caller, and with roleID to holders of that role.
func (c *call) listed(may decider, e *state.Environment) (bool, error) {
	if !may.can("environment:read", environmentEntity(e)) {
		return false, nil
	}
	role := c.Query("roleID")
	if role == "" {
		return true, nil
	}
	if _, found := c.s.state.Record(role); !found {
		return false, rest.NotFound("Role '%s' not found", role)
	}
	return c.s.rules().scopesOfRole(role, environmentEntity(e)).Has("environment:read"), nil
}

func (c *call) pageOfEnvironments(all []*state.Environment) error {
	size, err := c.pageSize("maxResults")
	if err != nil {
		return err
	}
	entries, next, err := rest.Page(all, c.Query("continuationToken"), size)
	if err != nil {
		return err
	}
	return c.answerEnvironments(entries, next)
}

func (c *call) answerEnvironments(entries []*state.Environment, next string) error {
	answer := wireEnvironments{Environments: make([]wireEnvironment, 0, len(entries)), NextToken: next}
	for _, e := range entries {
		answer.Environments = append(answer.Environments, c.s.wireEnvironment(e))
	}
	return c.OK(answer)
}

// listDeletedEnvironments answers with the newest first.
func (c *call) listDeletedEnvironments() error {
	deleted := c.s.state.History.Deleted
	newestFirst := make([]*state.Environment, 0, len(deleted))
	for i := len(deleted) - 1; i >= 0; i-- {
		newestFirst = append(newestFirst, deleted[i])
	}
	return c.pageOfEnvironments(newestFirst)
}

type restoreEnvironmentRequest struct {
	Project   string `json:"project"`
	Name      string `json:"name"`
	DeletedAt string `json:"deletionTimestamp"`
}

// restoreEnvironment brings a deleted environment back under its own id; the grants on it stay gone.
func (c *call) restoreEnvironment(request restoreEnvironmentRequest) error {
	index := deletedEnvironment(c.s.state, request.Project, request.Name, request.DeletedAt)
	if index < 0 {
		return rest.NotFound("Deleted environment '%s' not found", state.EntityKey(request.Project, request.Name))
	}
	e := c.s.state.History.Deleted[index]
	if _, taken := c.s.state.Environments[e.Path()]; taken {
		// The document knows no 409 here.
		return rest.BadRequest("an environment %s already exists", e.Path())
	}
	c.s.state.History.Deleted = append(c.s.state.History.Deleted[:index], c.s.state.History.Deleted[index+1:]...)
	e.DeletedAt = time.Time{}
	state.EnvironmentKind.Put(c.s.state, e)
	c.audit("environment-restored", "Restored environment %s", e.Path())
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

// Package assignments serves what single people and teams hold on one stack, environment or account; see [Routes].
package assignments

import (
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// Routes are the endpoints of entity assignments. Both name the entity in the body, so what the caller may do is checked after the
// body was read.
func Routes() []core.Route {
	return []core.Route{
		{Pattern: "POST /api/orgs/{orgName}/assignments/list", Handle: rest.JSON(list)},
		{Pattern: "POST /api/orgs/{orgName}/assignments/update", Handle: rest.JSON(update)},
	}
}

// instance names an entity as the service has it: by the context expression of its type, and its id.
type instance struct {
	Context struct {
		Type string `json:"__type"`
	} `json:"context"`
	ID string `json:"id"`
}

type permissionSet struct {
	ID                string `json:"id"`
	Name              string `json:"name"`
	ResourceType      string `json:"resourceType"`
	DefaultIdentifier string `json:"defaultIdentifier,omitempty"`
}

type assignedTeam struct {
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
}

// principal has either.
type principal struct {
	User *core.UserInfo `json:"user,omitempty"`
	Team *assignedTeam  `json:"team,omitempty"`
}

type assignment struct {
	Principal     principal     `json:"principal"`
	PermissionSet permissionSet `json:"permissionSet"`
	Source        string        `json:"source"`
}

const (
	sourceAssignment = "assignment"
	sourceTeam       = "team"
)

type assignments struct {
	Assignments []assignment    `json:"assignments"`
	Available   []permissionSet `json:"availablePermissionSets"`
}

func list(c *core.Call, of instance) (assignments, error) {
	on, err := find(c, of, reading)
	if err != nil {
		return assignments{}, err
	}
	answer := assignments{Assignments: []assignment{}, Available: available(c.Org.State, on.Kind)}
	held := c.Org.State.DirectOn(on.ID)
	for _, login := range rest.SortedKeys(held) {
		if shown, ok := ofUser(c.Org, login, held[login]); ok {
			answer.Assignments = append(answer.Assignments, shown)
		}
	}
	for _, name := range rest.SortedKeys(c.Org.State.Teams) {
		t := c.Org.State.Teams[name]
		if set, ok := c.Org.State.Record(c.Org.State.TeamSet(t, on.Kind, on.key)); ok {
			answer.Assignments = append(answer.Assignments, assignment{
				Principal: principal{Team: &assignedTeam{Name: t.Name, DisplayName: t.DisplayName}}, PermissionSet: show(set), Source: sourceTeam,
			})
		}
	}
	return answer, nil
}

func ofUser(s *core.Org, login, set string) (assignment, bool) {
	r, ok := s.State.Record(set)
	if !ok {
		return assignment{}, false
	}
	user := s.Principal(login)
	return assignment{Principal: principal{User: &user}, PermissionSet: show(r), Source: sourceAssignment}, true
}

func show(r *state.Record) permissionSet {
	return permissionSet{ID: r.ID, Name: r.Name, ResourceType: r.ResourceType, DefaultIdentifier: r.DefaultIdentifier}
}

// available are the permission sets that can be assigned on a kind of entity.
func available(st *state.State, kind access.EntityKind) []permissionSet {
	sets := []permissionSet{}
	for _, r := range st.Records() {
		if r.IsSetOf(kind) {
			sets = append(sets, show(r))
		}
	}
	return sets
}

type updateRequest struct {
	instance
	UserID string `json:"userId"` // an id, or a login
	SetID  string `json:"permissionSetId"`
}

type updated struct {
	Assignment *assignment `json:"assignment,omitempty"`
}

// update gives one person a permission set on an entity, in place of what the person had there, or takes it away.
func update(c *core.Call, req updateRequest) (updated, error) {
	on, err := find(c, req.instance, granting)
	if err != nil {
		return updated{}, err
	}
	login, err := person(c.Org, on, req)
	if err != nil {
		return updated{}, err
	}
	had := c.Org.State.DirectOf(on.ID, login) != ""
	if req.SetID == "" {
		c.Org.State.Assign(on.ID, login, "")
		if had {
			c.Audit(event(on.Kind, "removed"), "Took the assignment of %s on %s away", login, on)
		}
		return updated{}, nil
	}
	set, ok := c.Org.State.Record(req.SetID)
	if !ok || !set.IsSetOf(on.Kind) {
		return updated{}, rest.BadRequest("'%s' is not a permission set of the resource type '%s'", req.SetID, on.Kind)
	}
	c.Org.State.Assign(on.ID, login, set.ID)
	what := "added"
	if had {
		what = "permissions-changed"
	}
	c.Audit(event(on.Kind, what), "Assigned %s to %s on %s", set.Name, login, on)
	shown, _ := ofUser(c.Org, login, set.ID)
	return updated{Assignment: &shown}, nil
}

// person is whom the request names. A machine, or somebody who left, can only be revoked.
func person(s *core.Org, on entity, req updateRequest) (string, error) {
	for login, u := range s.State.Users {
		if login == req.UserID || u.ID == req.UserID {
			return login, nil
		}
	}
	if req.SetID == "" && s.State.DirectOf(on.ID, req.UserID) != "" {
		return req.UserID, nil
	}
	return "", rest.NotFound("User '%s' not found", req.UserID)
}

// event is the audit event of a direct grant. The service documents those of stacks; the others are named after them.
func event(kind access.EntityKind, what string) string {
	names := map[access.EntityKind]string{access.Environment: "environment", access.Account: "cloud-account"}
	if name, ok := names[kind]; ok {
		return name + "-user-" + what
	}
	return "stack-collaborator-" + what
}

// entity is what a request names.
type entity struct {
	access.Entity
	key string // its name
}

func (e entity) String() string { return e.Kind.Noun() + " " + e.key }

var kinds = map[string]access.EntityKind{
	"PermissionExpressionStack": access.Stack, "PermissionExpressionEnvironment": access.Environment,
	"PermissionExpressionInsightsAccount": access.Account,
}

// need says which scopes a call takes on each kind of entity: any of them is enough. None of the built-in permission sets of
// environments has a scope for access, so Admin is told by environment:delete.
type need map[access.EntityKind][]string

var (
	reading = need{
		access.Stack: {"stack_access:read"}, access.Environment: {"environment_access:read", "environment:delete"},
		access.Account: {"insights_account_access:read"},
	}
	granting = need{
		access.Stack: {"stack_access:update"}, access.Environment: {"environment_access:update", "environment:delete"},
		access.Account: {"insights_account_access:update"},
	}
	seeing = map[access.EntityKind]string{
		access.Stack: "stack:read", access.Environment: "environment:read", access.Account: "insights_account:read",
	}
)

// find finds the entity, and refuses callers who lack what the call needs. One that the caller may not see is not found.
func find(c *core.Call, of instance, scopes need) (entity, error) {
	kind, ok := kinds[of.Context.Type]
	if !ok {
		return entity{}, rest.BadRequest("invalid context '%s'", of.Context.Type)
	}
	e, ok := lookup(c.Org.State, kind, of.ID)
	if !ok || !c.Can(seeing[kind], e) {
		return entity{}, rest.NotFound("%s '%s' not found", strings.ToUpper(kind.Noun()[:1])+kind.Noun()[1:], of.ID)
	}
	on := entity{Entity: e, key: c.Org.State.KeyOf(of.ID)}
	if !slices.ContainsFunc(scopes[kind], func(scope string) bool { return c.Can(scope, e) }) {
		c.Audit(refusals[kind], "%s was refused: it needs %s on %s", c.Caller.Login, scopes[kind][0], on)
		return entity{}, rest.Forbidden("you need the permission '%s' on %s '%s'", scopes[kind][0], kind.Noun(), on.key)
	}
	return on, nil
}

var refusals = map[access.EntityKind]string{
	access.Stack: "auth-failure-stack-permission", access.Environment: "auth-failure-environment", access.Account: "auth-failure-cloud-account",
}

func lookup(st *state.State, kind access.EntityKind, id string) (access.Entity, bool) {
	switch kind {
	case access.Stack:
		if v, ok := state.StackKind.ByID(st, id); ok {
			return authz.Stack(v), true
		}
	case access.Environment:
		if v, ok := state.EnvironmentKind.ByID(st, id); ok {
			return authz.Environment(v), true
		}
	case access.Account:
		if v, ok := state.AccountKind.ByID(st, id); ok {
			return authz.Account(v), true
		}
	case access.Organization, access.Team: // nothing is assigned on them
	}
	return access.Entity{}, false
}

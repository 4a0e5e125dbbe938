package cloud

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
)

// Assignment is a permission set that a person holds on one entity.
type Assignment struct {
	Login string
	SetID string
}

// TeamAssignment is a permission set that a team holds on one entity by its grant there.
type TeamAssignment struct {
	Team  string
	SetID string
}

// PermissionSet is one that can be assigned on a kind of entity.
type PermissionSet struct {
	ID                string `json:"id" answer:"id"`
	Name              string `json:"name"`
	ResourceType      string `json:"resourceType"`
	DefaultIdentifier string `json:"defaultIdentifier"` // of a built-in set, such as environment-write; else ""
}

// EntityAssignments is everything that is granted directly on one entity.
type EntityAssignments struct {
	Users []Assignment
	Teams []TeamAssignment
	Sets  []PermissionSet // that can be assigned there
	// Others are the permission sets that are held by principals of a kind that is not known here.
	Others []PermissionSet
}

// Assignments lists the permission sets that single people hold on an entity, by the entity's id. Grants of teams are
// left out; an organization without [OrganizationFeatures.UserAssignments] has none.
func (c *Client) Assignments(ctx context.Context, organization string, kind access.EntityKind, id string) ([]Assignment, error) {
	found, err := c.EntityAssignments(ctx, organization, kind, id)
	return found.Users, err
}

type wireAssignment struct {
	Principal struct {
		User *UserInfo `json:"user"`
		Team *struct {
			Name string `json:"name" answer:"text"`
		} `json:"team"`
	} `json:"principal" answer:"value"`
	Set PermissionSet `json:"permissionSet" answer:"value"`
}

// EntityAssignments lists what people and teams hold on an entity, by the entity's id, and the permission sets that can be
// assigned there.
func (c *Client) EntityAssignments(ctx context.Context, organization string, kind access.EntityKind, id string) (EntityAssignments, error) {
	in := assignmentCall(organization, kind, id, "list")
	in.body, in.reads = entityInstance(kind, id), true
	list, err := get[struct {
		Assignments []wireAssignment `json:"assignments" answer:"key"`
		Sets        []PermissionSet  `json:"availablePermissionSets"`
	}](ctx, c, in)
	found := EntityAssignments{Sets: list.Sets}
	for _, one := range list.Assignments {
		switch {
		case one.Principal.User != nil:
			found.Users = append(found.Users, Assignment{Login: one.Principal.User.Login, SetID: one.Set.ID})
		case one.Principal.Team != nil:
			found.Teams = append(found.Teams, TeamAssignment{Team: one.Principal.Team.Name, SetID: one.Set.ID})
		default:
			found.Others = append(found.Others, one.Set)
		}
	}
	return found, err
}

// Assign gives a person a permission set on an entity, in place of what the person was assigned there.
func (c *Client) Assign(ctx context.Context, organization string, kind access.EntityKind, id, login, setID string) error {
	in := assignmentCall(organization, kind, id, "update")
	body := entityInstance(kind, id)
	body["userId"], body["permissionSetId"] = login, setID
	in.body = body
	_, err := write(ctx, c, in, func(now struct {
		Assignment wireAssignment `json:"assignment" answer:"key"`
	}) error {
		if now.Assignment.Principal.User == nil {
			return errors.New("it is about nobody")
		}
		about := now.Assignment.Principal.User.Login
		if logins.Same(about, login) {
			about = login
		}
		return errors.Join(other("user", login, about), other("permission set", setID, now.Assignment.Set.ID))
	})
	return err
}

// Unassign takes from a person what was assigned on an entity, the grant of its creator included. One that is not found is done. The
// service answers nothing that a proxy could not answer, so the assignments are read back.
func (c *Client) Unassign(ctx context.Context, organization string, kind access.EntityKind, id, login string) error {
	in := assignmentCall(organization, kind, id, "update")
	body := entityInstance(kind, id)
	body["userId"] = login
	in.body = body
	return c.confirmed(ctx, in, func(ctx context.Context, _ response) (bool, error) {
		left, err := c.Assignments(ctx, organization, kind, id)
		return !slices.ContainsFunc(left, func(a Assignment) bool { return logins.Same(a.Login, login) }), err
	})
}

// entityInstance names an entity in a request.
func entityInstance(kind access.EntityKind, id string) map[string]any {
	contexts := map[access.EntityKind]string{
		access.Stack: "PermissionExpressionStack", access.Environment: "PermissionExpressionEnvironment",
		access.Account: "PermissionExpressionInsightsAccount",
	}
	return map[string]any{"context": map[string]string{"__type": contexts[kind]}, "id": id}
}

func assignmentCall(organization string, kind access.EntityKind, id, what string) call {
	return call{
		method: http.MethodPost, path: []string{"orgs", organization, "assignments", what},
		object: "assignments on " + quoted(string(kind), id),
	}
}

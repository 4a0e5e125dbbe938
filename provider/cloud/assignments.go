package cloud

import (
	"context"
	"net/http"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// Assignment is a permission set that a person holds on one entity.
type Assignment struct {
	Login string
	SetID string
}

// Assignments lists the permission sets that single people hold on an entity, by the entity's id. Grants of teams are
// left out; an organization without [OrganizationFeatures.UserAssignments] has none.
func (c *Client) Assignments(ctx context.Context, organization string, kind access.EntityKind, id string) ([]Assignment, error) {
	contexts := map[access.EntityKind]string{
		access.Stack: "PermissionExpressionStack", access.Environment: "PermissionExpressionEnvironment",
		access.Account: "PermissionExpressionInsightsAccount",
	}
	list, err := get[struct {
		Assignments []struct {
			Principal struct {
				User *UserInfo `json:"user"`
			} `json:"principal"`
			Set struct {
				ID string `json:"id"`
			} `json:"permissionSet"`
		} `json:"assignments" answer:"key"`
	}](ctx, c, call{
		method: http.MethodPost, path: []string{"orgs", organization, "assignments", "list"},
		body:   map[string]any{"context": map[string]string{"__type": contexts[kind]}, "id": id},
		object: "assignments on " + quoted(string(kind), id), reads: true,
	})
	var found []Assignment
	for _, assignment := range list.Assignments {
		if assignment.Principal.User != nil {
			found = append(found, Assignment{Login: assignment.Principal.User.Login, SetID: assignment.Set.ID})
		}
	}
	return found, err
}

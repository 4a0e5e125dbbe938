package cloud

import (
	"context"
	"net/http"
)

// Collaborator is a grant that somebody holds on a stack directly, not through a team or a role.
type Collaborator struct {
	User       UserInfo        `json:"user"`
	Permission StackPermission `json:"permission"`
}

// Collaborators lists the direct grants on a stack, that of its creator included.
func (c *Client) Collaborators(ctx context.Context, organization, project, stack string) ([]Collaborator, error) {
	found, err := get[struct {
		Users []Collaborator `json:"users"`
	}](ctx, c, collaboratorCall(http.MethodGet, organization, project, stack))
	return found.Users, err
}

func collaboratorCall(method, organization, project, stack string, rest ...string) call {
	in := stackCall(method, organization, project, stack, append([]string{"collaborators"}, rest...)...)
	in.object = "direct grants on " + in.object
	return in
}

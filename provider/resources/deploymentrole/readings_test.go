package deploymentrole_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const readingsSeed = `
organization: acme
users: [{login: ana, role: admin}, {login: bo, role: starts}]
roles: [{name: starts, scopes: ["stack_deployment:create", "stack:read"]}]
stacks: [{project: payments, stack: prod, owner: ana}, {project: web, stack: prod, owner: ana}]
environments:
- {project: payments, environment: prod, definition: "values: {a: 1}", owner: ana}
- {project: payments, environment: other, definition: "values: {a: 1}", owner: ana}
`

// A role for a deployment reaches its own stack and environment, and nothing else, whatever the service makes of the role beside the
// stack's own token and whoever starts the run; and the answer about who can says so.
func TestDeploymentRolesHoldUnderEveryReading(t *testing.T) {
	t.Parallel()
	for _, reading := range []string{authz.RoleCaps, authz.RoleAdded, authz.RoleReplaces} {
		t.Run(reading, func(t *testing.T) {
			t.Parallel()
			w := resourcetest.On(t, servertest.Start(t, server.Options{Seed: []byte(readingsSeed), DeploymentRole: reading}))
			role := w.Resource("Role")
			require.NoError(t, role.Up(resourcetest.RoleInputs(map[string]any{
				"stacks":       []any{resourcetest.OnStack("payments", "prod", "write")},
				"environments": []any{map[string]any{"project": "payments", "environment": "prod", "permission": "open"}},
			})))
			require.NoError(t, w.Resource("DeploymentRole").Up(map[string]any{
				"project": "payments", "stack": "prod", "roleId": role.State.Get("roleId").AsString(),
			}))
			for _, starter := range []string{"", "bo", "ana"} {
				run := w.TokenFor(servertest.Identity{Deployment: &servertest.Deployment{Project: "payments", Stack: "prod", StartedBy: starter}})
				for call, want := range map[[2]string]bool{
					{"POST", "/api/esc/environments/acme/payments/prod/open?duration=1h"}:  true,
					{"POST", "/api/esc/environments/acme/payments/other/open?duration=1h"}: false,
					{"PATCH", "/api/stacks/acme/payments/prod/tags"}:                       true,
					{"PATCH", "/api/stacks/acme/web/prod/tags"}:                            false,
				} {
					var body any // to open an environment takes none
					if call[0] == http.MethodPatch {
						body = map[string]any{"a": "b"}
					}
					status, answer := w.Call(run, call[0], call[1], body)
					assert.Equal(t, want, status < http.StatusMultipleChoices, "started by %q: %v: %d %s", starter, call, status, answer)
				}
			}
			for environment, want := range map[string]bool{"payments/prod": true, "payments/other": false} {
				answer, blind, err := survey.Of(w.Client(w.Token), "acme").WhoCan(t.Context(), "environment:open", survey.Question{
					Kind: access.Environment, Name: environment, Options: survey.Options{Deployments: []string{"payments/prod", "web/prod"}},
				})
				require.NoError(t, err)
				assert.Empty(t, blind)
				named := slices.ContainsFunc(answer.Principals, func(p graph.Principal) bool {
					return p.Kind == graph.DeploymentKind && p.Name == "payments/prod"
				})
				assert.Equal(t, want, named, environment)
				assert.False(t, slices.ContainsFunc(answer.Principals, func(p graph.Principal) bool { return p.Name == "web/prod" }))
			}
		})
	}
}

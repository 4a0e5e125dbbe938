package functions_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/integration"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/functions"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// accessSeed has one way to access of each sort.
const accessSeed = `
organization: acme
settings: {defaultEnvironmentPermission: %s, defaultDeploymentRole: %s}
users: [{login: ana, role: admin}, {login: bo}, {login: cy, role: openers}, {login: di, role: nothing}, {login: ed}, {login: flo}]
roles:
  - {name: openers, scopes: ["environment:read", "environment:open", "environment_version:read", "environment_version:open"]}
  - {name: nothing, scopes: ["team:read"]}
  - name: tagged
    details:
      __type: PermissionDescriptorGroup
      entries:
        - __type: PermissionDescriptorCondition
          condition:
            __type: PermissionExpressionEqual
            left: {__type: PermissionExpressionTag, context: {__type: PermissionExpressionEnvironment}, key: tier}
            right: {__type: PermissionLiteralExpressionString, value: production}
          subNode: {__type: PermissionDescriptorAllow, permissions: ["environment:read", "environment:open", "environment_version:open"]}
teams:
  - {name: operators, members: [di], role: tagged}
  - {name: guests, members: [ed]}
  - {name: idle, members: [flo]}
stacks: [{project: payments, stack: prod, owner: bo}, {project: web, stack: prod, owner: ana}]
environments:
  - {project: payments, environment: prod, definition: "values: {a: b}", owner: ana, tags: {tier: production}}
  - {project: payments, environment: dev, definition: "values: {a: b}", owner: flo, tags: {tier: development}}
grants:
  - {team: guests, project: payments, environment: prod, permission: open, maxOpenDuration: 1h}
  - {user: flo, project: payments, stack: prod, permission: write}
`

func organized(t *testing.T, environments, deployments string) (*servertest.Running, integration.Server) {
	t.Helper()
	sandbox := servertest.Start(t, server.Options{
		Organization: "acme", Seed: fmt.Appendf(nil, accessSeed, environments, deployments),
	})
	return sandbox, serveOn(t, sandbox, time.Now,
		func(sessions session.Source) infer.InferredFunction {
			return infer.Function(&functions.GetWhoCan{Sessions: sessions})
		},
		func(sessions session.Source) infer.InferredFunction {
			return infer.Function(&functions.GetEffectiveAccess{Sessions: sessions})
		})
}

func environmentRef(name string) property.Value {
	return object(map[string]any{"project": "payments", "environment": name})
}

// whoCan are the principals that hold a scope, as "kind name".
func whoCan(t *testing.T, served integration.Server, args map[string]any) []string {
	t.Helper()
	answer, err := invoke(served, "getWhoCan", args)
	require.NoError(t, err)
	require.Empty(t, answer.Failures)
	found := []string{}
	for _, principal := range answer.Return.Get("principals").AsArray().All {
		p := principal.AsMap()
		found = append(found, p.Get("kind").AsString()+" "+p.Get("name").AsString())
		assert.NotZero(t, p.Get("paths").AsArray().Len(), "%v has no path", p)
	}
	return found
}

// machine makes a machine token by the API and returns its value.
func machine(t *testing.T, sandbox *servertest.Running, path string, body map[string]any) string {
	t.Helper()
	body["description"], body["expires"] = "", 0
	status, answer := sandbox.Call(sandbox.Token, http.MethodPost, "/api/orgs/acme/"+path+"tokens", body)
	require.Equal(t, http.StatusOK, status, string(answer))
	var made struct {
		Value string `json:"tokenValue"`
	}
	require.NoError(t, json.Unmarshal(answer, &made))
	return made.Value
}

// roleID finds a role by name.
func roleID(t *testing.T, sandbox *servertest.Running, name string) string {
	t.Helper()
	status, answer := sandbox.Call(sandbox.Token, http.MethodGet, "/api/orgs/acme/roles?uxPurpose=role", nil)
	require.Equal(t, http.StatusOK, status)
	var list struct{ Roles []struct{ ID, Name string } }
	require.NoError(t, json.Unmarshal(answer, &list))
	for _, role := range list.Roles {
		if role.Name == name {
			return role.ID
		}
	}
	t.Fatalf("no role %s", name)
	return ""
}

// Whoever is listed can open the environment when they try, and whoever is not is refused, whatever the defaults are.
func TestGetWhoCanAgreesWithTrying(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ environments, deployments string }{{"none", `""`}, {"read", "openers"}, {"open", `""`}, {"write", "nothing"}} {
		t.Run(c.environments, func(t *testing.T) {
			t.Parallel()
			sandbox, served := organized(t, c.environments, c.deployments)
			who := map[string]string{
				"token robot":  machine(t, sandbox, "", map[string]any{"name": "robot", "admin": true}),
				"token plain":  machine(t, sandbox, "", map[string]any{"name": "plain", "admin": false}),
				"token opener": machine(t, sandbox, "", map[string]any{"name": "opener", "admin": false, "roleID": roleID(t, sandbox, "openers")}),
				"token ops":    machine(t, sandbox, "teams/operators/", map[string]any{"name": "ops"}),
				"token idler":  machine(t, sandbox, "teams/idle/", map[string]any{"name": "idler"}),
			}
			for _, login := range []string{"ana", "bo", "cy", "di", "ed", "flo"} {
				who["user "+login] = sandbox.TokenFor(servertest.Identity{User: login})
			}
			for _, team := range []string{"operators", "guests", "idle"} {
				who["team "+team] = sandbox.TokenFor(servertest.Identity{Team: team})
			}
			for _, project := range []string{"payments", "web"} {
				who["deployment "+project+"/prod"] = sandbox.TokenFor(servertest.Identity{
					Deployment: &servertest.Deployment{Project: project, Stack: "prod"},
				})
			}
			for _, environment := range []string{"prod", "dev"} {
				listed := whoCan(t, served, map[string]any{"scope": "environment:open", "environment": environmentRef(environment), "deployments": "all"})
				for principal, token := range who {
					status, answer := sandbox.Call(token, http.MethodPost, "/api/esc/environments/acme/payments/"+environment+"/open?duration=1h", nil)
					assert.Equal(t, status == http.StatusOK, slices.Contains(listed, principal), "%s opens %s: %d %s; listed: %s",
						principal, environment, status, answer, strings.Join(listed, ", "))
				}
			}
		})
	}
}

func TestGetWhoCanOfStacks(t *testing.T) {
	t.Parallel()
	_, served := organized(t, "none", `""`)
	stack := object(map[string]any{"project": "payments", "stack": "prod"})
	assert.Equal(t, []string{"user ana", "user bo", "user flo", "deployment payments/prod"},
		whoCan(t, served, map[string]any{"scope": "stack:write", "stack": stack, "deployments": "all"}))
	assert.Equal(t, []string{"user ana", "user bo", "deployment payments/prod"},
		whoCan(t, served, map[string]any{"scope": "stack:delete", "stack": stack, "deployments": []string{"payments/prod"}}), "flo may write only")
}

func TestGetEffectiveAccess(t *testing.T) {
	t.Parallel()
	sandbox, served := organized(t, "none", `""`)
	for name, c := range map[string]struct {
		args            map[string]any
		permission, via string
		bound           string
	}{
		"an administrator": {map[string]any{"principal": object(map[string]any{"user": "ana"}), "environment": environmentRef("prod")}, "admin", "organization role Admin; owner of the entity", ""},
		"by a team's role": {map[string]any{"principal": object(map[string]any{"user": "di"}), "environment": environmentRef("prod")}, "none", "team operators > role tagged > environments: {tags: {tier: production}, scopes: [environment:open, environment:read, environment_version:open]}", ""},
		"by a grant":       {map[string]any{"principal": object(map[string]any{"user": "ed"}), "environment": environmentRef("prod")}, "open", "team guests > grant on the entity: open", "1h"},
		"a team":           {map[string]any{"principal": object(map[string]any{"team": "guests"}), "environment": environmentRef("prod")}, "open", "team guests > grant on the entity: open", "1h"},
		"an owner":         {map[string]any{"principal": object(map[string]any{"user": "flo"}), "environment": environmentRef("dev")}, "admin", "owner of the entity", ""},
		"nothing":          {map[string]any{"principal": object(map[string]any{"user": "bo"}), "environment": environmentRef("prod")}, "none", "", ""},
		"a creator": {
			map[string]any{"principal": object(map[string]any{"user": "bo"}), "stack": object(map[string]any{"project": "payments", "stack": "prod"})},
			"admin", "organization role Member; collaborator of the stack: admin", "",
		},
	} {
		answer, err := invoke(served, "getEffectiveAccess", c.args)
		require.NoError(t, err, name)
		assert.Equal(t, c.permission, answer.Return.Get("permission").AsString(), name)
		var via []string
		for _, path := range answer.Return.Get("paths").AsArray().All {
			var parts []string
			for _, part := range path.AsMap().Get("via").AsArray().All {
				parts = append(parts, part.AsString())
			}
			via = append(via, strings.Join(parts, " > "))
		}
		assert.Equal(t, c.via, strings.Join(via, "; "), name)
		if bound := answer.Return.Get("maxOpenDuration"); c.bound == "" {
			assert.True(t, bound.IsNull(), name)
		} else {
			assert.Equal(t, c.bound, bound.AsString(), name)
		}
	}
	for _, call := range sandbox.Requests().List {
		assert.False(t, call.Writes(), "%s %s", call.Method, call.Path)
	}
}

func TestInvalidAccessQuestionsAreRefused(t *testing.T) {
	t.Parallel()
	sandbox, served := organized(t, "none", `""`)
	prod, bo := environmentRef("prod"), object(map[string]any{"user": "bo"})
	sandbox.Reset()
	for want, ask := range map[string]func() error{
		"give exactly one of stack, environment and account": func() error {
			_, err := invoke(served, "getWhoCan", map[string]any{"scope": "stack:read", "environment": prod, "account": "aws"})
			return err
		},
		`scope: "environment:opne" is not a valid scope`: func() error {
			_, err := invoke(served, "getWhoCan", map[string]any{"scope": "environment:opne", "environment": prod})
			return err
		},
		`"stack:read" is not a valid scope of this kind`: func() error {
			_, err := invoke(served, "getWhoCan", map[string]any{"scope": "stack:read", "environment": prod})
			return err
		},
		"principal: give exactly one": func() error {
			_, err := invoke(served, "getEffectiveAccess", map[string]any{"principal": object(map[string]any{"user": "bo", "team": "idle"}), "environment": prod})
			return err
		},
		"give exactly one of stack": func() error {
			_, err := invoke(served, "getEffectiveAccess", map[string]any{"principal": bo, "environment": prod, "account": "aws"})
			return err
		},
	} {
		assert.ErrorContains(t, ask(), want)
	}
	assert.Equal(t, map[string]int{scopesRoute: 1}, sandbox.Requests().Routes, "bad questions fail before any call, but the one about an unknown scope")
	_, err := invoke(served, "getEffectiveAccess", map[string]any{"principal": object(map[string]any{"user": "zed"}), "environment": prod})
	assert.ErrorContains(t, err, `organization "acme" has no user "zed"`)
	_, err = invoke(served, "getWhoCan", map[string]any{"scope": "environment:open", "environment": environmentRef("none")})
	assert.ErrorContains(t, err, "404")
}

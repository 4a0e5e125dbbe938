package components_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const guardSeed = `
organization: acme
users: [{login: ana, role: admin}, {login: bo}, {login: cy}, {login: di}, {login: ed}]
roles: [{name: openers, scopes: ["environment:read", "environment:open"]}, {name: managers, scopes: ["team:read", "team:update"]}]
teams: [{name: oncall, members: [bo]}, {name: robots, members: []}, {name: leads, members: [ed]}]
`

// guarded is a program with one component that has an environment, and its guard.
func guarded(kind string, inputs map[string]any) enginetest.Declared {
	all := map[string]any{"project": "payments", "name": "prod", "deletionProtected": false}
	switch kind {
	case "ReadOnlyCloudAccess":
		all["lock"] = map[string]any{"users": []string{"di"}}
		all["aws"] = map[string]any{"create": false, "roleArn": "arn:aws:iam::123456789012:role/r"}
	case "SecretStoreEnvironment":
		all["aws"] = map[string]any{"create": false, "roleArn": "arn:aws:iam::123456789012:role/r"}
		all["secrets"] = map[string]any{"awsSecretsManager": map[string]any{
			"region": "eu-west-1", "get": map[string]any{"p": map[string]any{"secretId": "a/b"}},
		}}
	}
	for name, value := range inputs {
		all[name] = value
	}
	return enginetest.Declared{Type: kind, Name: "x", Inputs: all}
}

// unexpected are the unexpected openers of the component, as "kind name".
func unexpected(e *enginetest.Engine, kind string) []string {
	names := []string{}
	for _, one := range e.Constructed(kind, "x").Get("unexpectedOpeners").AsArray().All {
		names = append(names, one.AsMap().Get("kind").AsString()+" "+one.AsMap().Get("name").AsString())
	}
	return names
}

var guardedKinds = []string{"ProductionEnvironment", "SecretStoreEnvironment", "ReadOnlyCloudAccess"}

func forGuardedKinds(t *testing.T, test func(t *testing.T, kind string, sandbox *servertest.Running, e *enginetest.Engine)) {
	t.Helper()
	for _, kind := range guardedKinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			sandbox := servertest.Start(t, server.Options{Seed: []byte(guardSeed)})
			test(t, kind, sandbox, enginetest.New(t, sandbox, servertest.NewWatcher(nil)))
		})
	}
}

// letIn gives cy the role that opens every environment, beside the program.
func letIn(t *testing.T, sandbox *servertest.Running) {
	t.Helper()
	status, answer := sandbox.Call(sandbox.Token, http.MethodPatch, "/api/orgs/acme/teams/oncall", map[string]any{"memberAction": "add", "member": "cy"})
	require.Less(t, status, 300, string(answer))
	status, answer = sandbox.Call(sandbox.Token, http.MethodPatch, "/api/orgs/acme/teams/oncall", map[string]any{
		"addEnvironmentPermission": map[string]any{"projectName": "payments", "envName": "prod", "permission": "open"},
	})
	require.Less(t, status, 300, string(answer))
}

func TestGuardReportsUnexpectedOpenersAtEveryRun(t *testing.T) {
	t.Parallel()
	forGuardedKinds(t, func(t *testing.T, kind string, sandbox *servertest.Running, e *enginetest.Engine) {
		program := guarded(kind, map[string]any{"allowedOpeners": map[string]any{"users": []string{"bo"}, "roles": []string{"Admin"}}})
		require.NoError(t, e.Preview(program))
		require.True(t, e.Constructed(kind, "x").Get("unexpectedOpeners").IsComputed(), "unknown while the environment does not exist")
		require.NoError(t, e.Up(program))
		require.Empty(t, unexpected(e, kind))

		letIn(t, sandbox)
		e.Restart()
		require.NoError(t, e.Preview(program), "a preview never fails")
		assert.ElementsMatch(t, []string{"user cy", "team oncall"}, unexpected(e, kind))
		require.NoError(t, e.Up(program), "it warns by default")
		assert.ElementsMatch(t, []string{"user cy", "team oncall"}, unexpected(e, kind))
	})
}

func TestGuardFailsTheUpdateOnly(t *testing.T) {
	t.Parallel()
	forGuardedKinds(t, func(t *testing.T, kind string, sandbox *servertest.Running, e *enginetest.Engine) {
		program := guarded(kind, map[string]any{
			"allowedOpeners": map[string]any{"users": []string{"bo"}, "roles": []string{"Admin"}}, "onUnexpectedOpener": "error",
		})
		require.NoError(t, e.Up(program))
		letIn(t, sandbox)
		e.Restart()
		require.NoError(t, e.Preview(program))
		err := e.Up(program)
		require.ErrorContains(t, err, "user cy: team oncall, grant on the entity: open")
		require.NotContains(t, err.Error(), "user bo")
		assert.ErrorContains(t, err, fmt.Sprintf("%s %q", kind, "x"))
	})
}

// A person who may manage teams can join the one that opens the environment: that counts with includeIndirect alone.
func TestGuardCountsActsWithIncludeIndirect(t *testing.T) {
	t.Parallel()
	forGuardedKinds(t, func(t *testing.T, kind string, sandbox *servertest.Running, e *enginetest.Engine) {
		program := func(indirect bool) enginetest.Declared {
			return guarded(kind, map[string]any{
				"allowedOpeners":     map[string]any{"teams": []string{"oncall"}, "roles": []string{"Admin"}},
				"onUnexpectedOpener": "error", "includeIndirect": indirect,
			})
		}
		require.NoError(t, e.Up(program(true)))
		letIn(t, sandbox)
		_, roles := sandbox.Call(sandbox.Token, http.MethodGet, "/api/orgs/acme/roles?uxPurpose=role", nil)
		var list struct{ Roles []struct{ ID, Name string } }
		require.NoError(t, json.Unmarshal(roles, &list))
		for _, role := range list.Roles {
			if role.Name == "managers" {
				status, answer := sandbox.Call(sandbox.Token, http.MethodPost, "/api/orgs/acme/teams/leads/roles/"+role.ID, nil)
				require.Less(t, status, 300, string(answer))
			}
		}
		e.Restart()
		require.NoError(t, e.Up(program(false)))
		require.NoError(t, e.Preview(program(true)), "a preview never fails")
		require.Equal(t, []string{"user ed"}, unexpected(e, kind))
		require.ErrorContains(t, e.Up(program(true)), "user ed: join team oncall, team oncall, grant on the entity: open")
	})
}

// What the program's own lock says to use the environment is expected.
func TestGuardExpectsTheUsersOfTheLock(t *testing.T) {
	t.Parallel()
	sandbox := servertest.Start(t, server.Options{Seed: []byte(guardSeed)})
	e := enginetest.New(t, sandbox, servertest.NewWatcher(nil))
	letInDi := guarded("ReadOnlyCloudAccess", map[string]any{
		"allowedOpeners": map[string]any{"roles": []string{"Admin"}}, "onUnexpectedOpener": "error",
	})
	require.NoError(t, e.Up(letInDi))
	sandbox.Call(sandbox.Token, http.MethodPatch, "/api/orgs/acme/teams/robots", map[string]any{"memberAction": "add", "member": "di"})
	status, answer := sandbox.Call(sandbox.Token, http.MethodPatch, "/api/orgs/acme/teams/robots", map[string]any{
		"addEnvironmentPermission": map[string]any{"projectName": "payments", "envName": "prod", "permission": "open"},
	})
	require.Less(t, status, 300, string(answer))
	e.Restart()
	err := e.Up(letInDi)
	require.ErrorContains(t, err, "team robots", "a token of the team could open it")
	require.NotContains(t, err.Error(), "user di")
}

func TestGuardIsAbsentWithoutAllowedOpeners(t *testing.T) {
	t.Parallel()
	forGuardedKinds(t, func(t *testing.T, kind string, sandbox *servertest.Running, e *enginetest.Engine) {
		require.NoError(t, e.Up(guarded(kind, nil)))
		_, given := e.Constructed(kind, "x").GetOk("unexpectedOpeners")
		require.True(t, !given || e.Constructed(kind, "x").Get("unexpectedOpeners").IsNull())
	})
}

// A token that is not an administrator's sees only a part of the organization. Nothing that it cannot see is taken for a no.
func TestGuardFailsOnWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	sandbox := servertest.Start(t, server.Options{Seed: []byte(guardSeed)})
	status, answer := sandbox.Call(sandbox.Token, http.MethodPatch, "/api/orgs/acme/teams/oncall", map[string]any{"memberAction": "add", "member": "cy"})
	require.Less(t, status, 300, string(answer))
	e := enginetest.NewAs(t, sandbox, sandbox.TokenFor(servertest.Identity{User: "bo"}), servertest.NewWatcher(nil))
	err := e.Up(guarded("ProductionEnvironment", map[string]any{
		"allowedOpeners": map[string]any{"users": []string{"ana", "bo"}, "roles": []string{"Admin"}}, "onUnexpectedOpener": "error",
	}))
	require.ErrorContains(t, err, "is not known")
}

func TestGuardChecksItsInputs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		inputs map[string]property.Value
		reason string
	}{
		{map[string]property.Value{"onUnexpectedOpener": text("error")}, "has no effect without allowedOpeners"},
		{map[string]property.Value{"includeIndirect": property.New(true)}, "has no effect without allowedOpeners"},
		{map[string]property.Value{"allowedOpeners": object(inputs{"deployments": texts("prod")})}, `"prod" is not a valid name; write it as project/name`},
		{map[string]property.Value{"allowedOpeners": object(inputs{"users": texts("")})}, "the name is empty"},
	} {
		in := map[string]property.Value{"project": text("payments"), "name": text("prod")}
		for name, value := range c.inputs {
			in[name] = value
		}
		_, err := newEngine(t).construct("ProductionEnvironment", in, true)
		failure, _ := rpcerror.FromError(err)
		require.Len(t, failure.InputPropertiesErrors(), 1)
		assert.Contains(t, failure.InputPropertiesErrors()[0].Reason, c.reason)
	}
}

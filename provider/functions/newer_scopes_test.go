package functions_test

import (
	"fmt"
	"net/http"
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

const scopesRoute = "GET /api/orgs/{orgName}/roles/scopes"

// newerWorld knows environment:close and gadget:turn, which this version does not, and has the people of accessSeed.
func newerWorld(t *testing.T) (*servertest.Running, integration.Server) {
	t.Helper()
	sandbox := servertest.Start(t, server.Options{
		Organization: "acme", Seed: fmt.Appendf(nil, accessSeed, "none", `""`), Scopes: []string{"environment:close", "gadget:turn"},
	})
	return sandbox, serveOn(t, sandbox, time.Now,
		func(sessions session.Source) infer.InferredFunction {
			return infer.Function(&functions.GetWhoCan{Sessions: sessions})
		},
		func(sessions session.Source) infer.InferredFunction {
			return infer.Function(&functions.GetEffectiveAccess{Sessions: sessions})
		},
		func(sessions session.Source) infer.InferredFunction {
			return infer.Function(&functions.GetEscalations{Sessions: sessions})
		})
}

// scopeQuestions are questions about a scope on payments/prod, by function.
var scopeQuestions = map[string]func(scope string) map[string]any{
	"getWhoCan": func(scope string) map[string]any {
		return map[string]any{"scope": scope, "environment": environmentRef("prod")}
	},
	"getEffectiveAccess": func(scope string) map[string]any {
		return map[string]any{"principal": object(map[string]any{"user": "di"}), "environment": environmentRef("prod"), "why": scope}
	},
	"getEscalations": func(scope string) map[string]any {
		return map[string]any{"scope": scope, "environment": environmentRef("prod")}
	},
	"getEscalations of any entity": func(scope string) map[string]any { return map[string]any{"scope": scope} },
}

func functionOf(question string) string {
	if question == "getEscalations of any entity" {
		return "getEscalations"
	}
	return question
}

func blindSpots(answer property.Map) []string {
	var what []string
	for _, one := range answer.Get("blind").AsArray().All {
		what = append(what, one.AsMap().Get("what").AsString())
	}
	return what
}

// A question about a scope that is newer than this version is answered if the service lists it, and the service is asked once; a misspelled
// one is refused with the nearest names; and while the list cannot be read the answer says that it cannot tell.
func TestQuestionsAboutNewerScopes(t *testing.T) {
	t.Parallel()
	for name, question := range scopeQuestions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sandbox, served := newerWorld(t)
			function := functionOf(name)
			sandbox.Fault(servertest.Fault{Match: scopesRoute, Status: http.StatusForbidden, Times: 20})
			for _, scope := range []string{"environment:close", "environment:clos"} {
				answer, err := invoke(served, function, question(scope))
				require.NoError(t, err)
				require.NotEmpty(t, blindSpots(answer.Return), "it cannot tell")
				assert.Contains(t, blindSpots(answer.Return)[0], "does not know the scope "+scope+", and whether the service lists it could not be read")
			}
			_, err := invoke(served, function, question("Environment Close"))
			require.ErrorContains(t, err, "is not a valid scope", "what cannot be a scope is refused")

			sandbox.Call(sandbox.Token, http.MethodDelete, "/_sandbox/faults", nil)
			sandbox.Reset()
			for range 2 {
				answer, err := invoke(served, function, question("environment:close"))
				require.NoError(t, err)
				assert.Empty(t, blindSpots(answer.Return))
			}
			assert.Equal(t, 1, sandbox.Requests().Routes[scopesRoute], "the list is read once")
			_, err = invoke(served, function, question("environment:clos"))
			require.ErrorContains(t, err, "is not a valid scope")
			sandbox.Reset()
			_, err = invoke(served, function, question("environment:open"))
			require.NoError(t, err)
			assert.Zero(t, sandbox.Requests().Routes[scopesRoute], "known scopes are not asked for")
		})
	}
}

// Whoever holds everything holds a newer scope, and whoever is granted it by a role does; nobody else is said to.
func TestNewerScopesAreHeldByWhomTheyAreGranted(t *testing.T) {
	t.Parallel()
	sandbox, served := newerWorld(t)
	asks := map[string]any{"scope": "environment:close", "environment": environmentRef("prod")}
	assert.Equal(t, []string{"user ana"}, whoCan(t, served, asks))
	status, answer := sandbox.Call(sandbox.Token, http.MethodPost, "/api/orgs/acme/roles", map[string]any{
		"name": "closers", "description": "", "resourceType": "global", "uxPurpose": "role",
		"details": map[string]any{"__type": "PermissionDescriptorAllow", "permissions": []string{"environment:close"}},
	})
	require.Less(t, status, 300, string(answer))
	status, answer = sandbox.Call(sandbox.Token, http.MethodPost, "/api/orgs/acme/teams/idle/roles/"+roleID(t, sandbox, "closers"), nil)
	require.Less(t, status, 300, string(answer))
	served = serveOn(t, sandbox, time.Now, func(sessions session.Source) infer.InferredFunction {
		return infer.Function(&functions.GetWhoCan{Sessions: sessions})
	})
	found := whoCan(t, served, asks)
	assert.ElementsMatch(t, []string{"user ana", "user flo", "team idle"}, found)
}

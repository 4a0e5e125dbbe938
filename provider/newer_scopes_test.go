package provider_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// componentsWithScope are inputs of components that name a scope: every block that does.
var componentsWithScope = map[string]struct {
	component string
	inputs    func(scope string) map[string]any
}{
	"ScopedTeam": {"ScopedTeam", func(scope string) map[string]any {
		return map[string]any{"name": "x", "members": []string{"bo"}, "access": opening(scope)}
	}},
	"TieredAccess": {"TieredAccess", func(scope string) map[string]any {
		rights := map[string]any{"environmentScopes": []string{"environment:read", scope}}
		return map[string]any{
			"tiers": []any{map[string]any{"name": "dev", "people": rights, "automation": rights}}, "teams": []any{map[string]any{"name": "x", "members": []string{"bo"}}},
		}
	}},
	"DeploymentRoleAssignment": {"DeploymentRoleAssignment", func(scope string) map[string]any {
		return map[string]any{"project": "payments", "stack": "dev", "access": opening(scope)}
	}},
	"BreakGlass": {"BreakGlass", func(scope string) map[string]any { return breakGlass(opening(scope), "environment:read") }},
	"BreakGlass approvers": {"BreakGlass", func(scope string) map[string]any {
		return breakGlass(opening("environment:read"), scope)
	}},
	"ProductionEnvironment approvers": {"ProductionEnvironment", func(scope string) map[string]any {
		return map[string]any{
			"project": "payments", "name": "new", "deletionProtected": false,
			"aws":          map[string]any{"create": false, "roleArn": "arn:aws:iam::123456789012:role/r"},
			"openApproval": map[string]any{"approvers": map[string]any{"permission": scope}},
		}
	}},
}

func opening(scope string) map[string]any {
	return map[string]any{"environments": []any{map[string]any{"project": "payments", "environment": "dev", "scopes": []string{"environment:read", scope}}}}
}

func breakGlass(access map[string]any, permission string) map[string]any {
	approvers := map[string]any{"users": []string{"ana"}}
	if permission != "environment:read" {
		approvers = map[string]any{"permission": permission}
	}
	return map[string]any{"name": "x", "members": []any{}, "access": access, "maxOpenDuration": "1h", "approvers": approvers}
}

// Components treat a scope that this version does not know as their children do: a preview accepts it with a warning while the service's
// list cannot be read, an update fails before anything is made, and once it can be read the list decides.
func TestNewerScopesOfComponents(t *testing.T) {
	t.Parallel()
	for name, c := range componentsWithScope {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sandbox := servertest.Start(t, server.Options{Seed: []byte(resourcetest.Estate), Scopes: []string{"environment:close"}})
			e := enginetest.New(t, sandbox, servertest.NewWatcher(nil))
			declared := func(scope string) enginetest.Declared {
				return enginetest.Declared{Type: c.component, Name: t.Name(), Inputs: c.inputs(scope)}
			}
			sandbox.Fault(servertest.Fault{Match: "GET /api/orgs/{orgName}/roles/scopes", Status: http.StatusForbidden, Times: 1000})
			for _, scope := range []string{"environment:close", "environment:clos"} {
				require.NoError(t, e.Preview(declared(scope)))
				said := e.Said(c.component, t.Name())
				assert.Contains(t, said, "could not be asked")
				assert.Contains(t, said, scope+", on the environment")
			}
			assert.Contains(t, reasonsOf(t, e.Preview(declared("Environment Open"))), "is not a scope")

			before := sandbox.State()
			refused := reasonsOf(t, e.Up(declared("environment:close")))
			assert.Contains(t, refused, "additionalScopes")
			assert.Contains(t, refused, "could not be asked")
			assert.Equal(t, string(before), string(sandbox.State()), "nothing was made")

			sandbox.Call(sandbox.Token, http.MethodDelete, "/_sandbox/faults", nil)
			assert.Contains(t, reasonsOf(t, e.Preview(declared("environment:clos"))), "nearest are environment:close")
			require.NoError(t, e.Up(declared("environment:close")))
			assert.NotContains(t, e.Said(c.component, t.Name()), "could not be asked")
		})
	}
}

// reasonsOf are the reasons for which a run refused inputs.
func reasonsOf(t *testing.T, err error) string {
	t.Helper()
	require.Error(t, err)
	all := []error{err}
	if joined, is := err.(interface{ Unwrap() []error }); is {
		all = joined.Unwrap()
	}
	text := err.Error()
	for _, one := range all {
		text += fmt.Sprint(detailsOf(one))
	}
	return text
}

// An invariant about a scope that this version does not know asks the service for it. While it cannot be asked, the invariant cannot be
// told to hold; once it can, the list decides, and who holds the scope is found.
func TestNewerScopesOfAccessInvariant(t *testing.T) {
	t.Parallel()
	for name, watched := range map[string]map[string]any{
		"by name": {"environments": []any{"payments/dev"}}, "by tags": {"tags": map[string]any{"tier": "dev"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := strings.Replace(resourcetest.Estate, "environment: dev,", "environment: dev, tags: {tier: dev},", 1)
			sandbox := servertest.Start(t, server.Options{Seed: []byte(seed), Scopes: []string{"environment:close"}})
			e := enginetest.New(t, sandbox, servertest.NewWatcher(nil))
			invariant := func(scope string, on string) enginetest.Declared {
				inputs := map[string]any{"scope": scope, "allowed": map[string]any{}, "onViolation": on}
				maps.Copy(inputs, watched)
				return enginetest.Declared{Type: "AccessInvariant", Name: t.Name(), Inputs: inputs}
			}
			sandbox.Fault(servertest.Fault{Match: "GET /api/orgs/{orgName}/roles/scopes", Status: http.StatusForbidden, Times: 1000})
			for _, scope := range []string{"environment:close", "environment:clos"} {
				require.NoError(t, e.Preview(invariant(scope, "warn")))
				said := e.Said("AccessInvariant", t.Name())
				assert.NotContains(t, said, "nothing is watched")
				assert.Contains(t, said, "does not know the scope "+scope)
				assert.Contains(t, reasonsOf(t, e.Preview(invariant(scope, "error"))), "does not know the scope "+scope)
				assert.Contains(t, reasonsOf(t, e.Up(invariant(scope, "error"))), "does not know the scope "+scope)
			}

			sandbox.Call(sandbox.Token, http.MethodDelete, "/_sandbox/faults", nil)
			assert.Contains(t, reasonsOf(t, e.Preview(invariant("environment:clos", "warn"))), "nearest are environment:close")
			assert.NotContains(t, reasonsOf(t, e.Up(invariant("environment:close", "error"))), "does not know the scope")
			require.NoError(t, e.Up(invariant("environment:close", "warn")))
			assert.Contains(t, e.Said("AccessInvariant", t.Name()), "user ana")
		})
	}
}

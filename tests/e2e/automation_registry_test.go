package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// checkRegistryPlatform holds what the example platform promises whose products, payments and ledger, share a registry.
func (l language) checkRegistryPlatform(t *testing.T, source string) {
	seed, err := os.ReadFile(filepath.Join(source, "organization.yaml"))
	require.NoError(t, err)
	a := l.newAutomated(t, string(seed), source)
	a.checkLifecycle(func() {
		assert.ElementsMatch(t, []any{"payments-developers", "ledger-developers", "operators", "auditors"}, a.outputs()["teams"])
		assert.Equal(t, a.named("TeamAccess", "operators").Inputs["roleIds"], a.named("TeamAccess", "auditors").Inputs["roleIds"],
			"both teams hold the role that the first one owns")
		a.checkRegistryTrust()
		a.checkRegistryAccess()
	})
}

// checkRegistryTrust: the registry's role admits the build environments that import it, and the lock of production admits
// no other.
func (a *automated) checkRegistryTrust() {
	policies := a.outputs()["trustPolicies"].(map[string]any)
	assert.Len(a.t, policies, 3)
	accounts := map[string]string{
		"platform/registry": "345678901234", "payments/prod": "123456789012", "ledger/prod": "210987654321",
	}
	for _, c := range []struct {
		policy, root, current string
		admitted              bool
	}{
		{"platform/registry", "payments/build", "platform/registry", true},
		{"platform/registry", "ledger/build", "platform/registry", true},
		{"platform/registry", "platform/registry", "platform/registry", true},
		{"platform/registry", "payments/dev", "platform/registry", false},
		{"platform/registry", "payments/build", "payments/build", false},
		{"payments/prod", "payments/prod", "payments/prod", true},
		{"payments/prod", "payments/build", "payments/prod", false},
		{"payments/prod", "payments/dev", "payments/dev", false},
		{"payments/prod", "ledger/prod", "ledger/prod", false},
		{"ledger/prod", "ledger/prod", "ledger/prod", true},
		{"ledger/prod", "payments/prod", "payments/prod", false},
	} {
		project, _, _ := strings.Cut(c.current, "/")
		subject := "pulumi:environments:pulumi.organization.login:acme:rootEnvironment.name:" + c.root +
			":currentEnvironment.name:" + c.current
		admitted, reason := admits(a.t, policies[c.policy].(string), accounts[c.policy],
			oidc.DefaultIssuer(a.sandbox.URL), subject, oidc.ESCAudience(oidc.AWS, "acme", project))
		assert.Equal(a.t, c.admitted, admitted, "%s: %s through %s: %s", c.policy, c.root, c.current, reason)
	}
}

// checkRegistryAccess: developers open what is theirs, and nobody opens production.
func (a *automated) checkRegistryAccess() {
	for _, c := range []struct {
		login, environment string
		opens              bool
	}{
		{"bo", "payments/dev", true},
		{"bo", "payments/staging", true},
		{"bo", "payments/prod", false},
		{"bo", "ledger/dev", false},
		{"cy", "ledger/dev", true},
		{"cy", "ledger/prod", false},
		{"di", "payments/dev", false},
		{"di", "payments/prod", false},
	} {
		token := a.sandbox.TokenFor(servertest.Identity{User: c.login})
		status, answer := a.sandbox.Call(token, http.MethodPost, "/api/esc/environments/acme/"+c.environment+"/open?duration=1h", nil)
		assert.Equal(a.t, c.opens, status == http.StatusOK, "%s opens %s: %d %s", c.login, c.environment, status, answer)
	}
}

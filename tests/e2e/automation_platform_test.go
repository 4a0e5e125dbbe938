package e2e

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// checkPlatform holds what the example platform promises, of the products payments and orders: developers work in dev and
// read the rest; operators of every product hold one role; a locked tier is opened by its own deployments only; and the
// directory, made of the outputs of all of them, can be read by other programs.
func checkPlatform(a *automated) {
	t := a.t
	defer a.attachTrustPolicies()()
	bo := a.sandbox.TokenFor(servertest.Identity{User: "bo"})
	assert.Equal(t, http.StatusOK, a.opens(bo, "payments/dev"))
	for _, environment := range []string{"payments/staging", "payments/prod", "orders/dev", "orders/prod"} {
		assert.NotEqual(t, http.StatusOK, a.opens(bo, environment), "bo, who builds payments and watches orders, opens %s", environment)
	}
	for _, product := range []string{"payments", "orders"} {
		for _, tier := range []string{"staging", "prod"} {
			deployment := a.sandbox.TokenFor(servertest.Identity{
				Deployment: &servertest.Deployment{Project: product, Stack: tier, Operation: "update"},
			})
			assert.Equal(t, http.StatusOK, a.opens(deployment, product+"/"+tier))
			assert.NotEqual(t, http.StatusOK, a.opens(deployment, otherTier(product, tier)))
		}
	}

	var roles []string
	for _, team := range []string{"payments-operators", "orders-operators"} {
		var held struct {
			Roles []struct {
				Name string `json:"name"`
			} `json:"roles"`
		}
		require.NoError(t, json.Unmarshal(a.call(http.MethodGet, "/api/orgs/acme/teams/"+team+"/roles", nil), &held))
		for _, role := range held.Roles {
			roles = append(roles, role.Name)
		}
	}
	assert.Equal(t, []string{"watch-production", "watch-production"}, roles)

	directory := string(a.call(http.MethodGet, "/api/esc/environments/acme/platform/directory", nil))
	for _, known := range []string{"payments-developers", "orders-operators", a.environmentID("payments", "prod")} {
		assert.Contains(t, directory, known)
	}
}

// attachTrustPolicies makes the AWS roles that the program expects, with the trust policies that it exports, and returns
// what takes them away again.
func (a *automated) attachTrustPolicies() func() {
	a.t.Helper()
	policies, _ := a.outputs()["trustPolicies"].(map[string]any)
	accounts := map[string]string{"payments": "123456789012", "orders": "210987654321"}
	var arns []string
	for role, policy := range policies {
		product, _, _ := strings.Cut(role, "-")
		arn := "arn:aws:iam::" + accounts[product] + ":role/" + role
		a.sandbox.RegisterAWSRole(arn, policy.(string))
		arns = append(arns, arn)
	}
	require.Len(a.t, arns, 4, "a trust policy for each locked tier of each product: %v", policies)
	return func() {
		for _, arn := range arns {
			address := a.sandbox.URL + "/_sandbox/clouds/aws/roles?arn=" + url.QueryEscape(arn)
			request, err := http.NewRequestWithContext(a.t.Context(), http.MethodDelete, address, nil)
			require.NoError(a.t, err)
			answer, err := http.DefaultClient.Do(request)
			require.NoError(a.t, err)
			require.NoError(a.t, answer.Body.Close())
			require.Less(a.t, answer.StatusCode, http.StatusBadRequest)
		}
	}
}

func otherTier(product, tier string) string {
	if tier == "prod" {
		return product + "/staging"
	}
	return product + "/prod"
}

// opens is the status of opening an environment.
func (a *automated) opens(token, environment string) int {
	a.t.Helper()
	return a.status(token, http.MethodPost, "/api/esc/environments/acme/"+environment+"/open")
}

func (a *automated) environmentID(project, name string) string {
	a.t.Helper()
	for _, r := range a.state() {
		if r.Type == "leastprivilege:index:Environment" && r.Inputs["project"] == project && r.Inputs["name"] == name {
			id, _ := r.Outputs["environmentId"].(string)
			return id
		}
	}
	require.Fail(a.t, "no such environment", "%s/%s", project, name)
	return ""
}

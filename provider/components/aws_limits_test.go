package components_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// AWS's limits, each at its edge and one past it.
func TestAWSLimits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		property   string
		good, past []property.Value
	}{
		{"roleName", []property.Value{text(strings.Repeat("r", 64))}, []property.Value{text(strings.Repeat("r", 65))}},
		{
			"sessionName",
			[]property.Value{text("ab"), text(strings.Repeat("s", 64)), text(strings.Repeat("s", 64) + "${context.pulumi.user.login}")},
			[]property.Value{text("a"), text(strings.Repeat("s", 65)), text(strings.Repeat("s", 65) + "${context.pulumi.user.login}"), text("a b"), text("a/${x}")},
		},
		{
			"duration",
			[]property.Value{text("15m"), text("12h")},
			[]property.Value{text("14m59s"), text("12h1s"), text("0s"), text("15m0.5s")},
		},
		{"trustPolicyLimit", []property.Value{property.New(4096.0)}, []property.Value{property.New(4097.0), property.New(-1.0)}},
	} {
		for _, component := range []string{"ProductionEnvironment", "DeploymentRoleAssignment"} {
			try := func(value property.Value) error {
				_, err := newEngine(t).construct(component, awsInputs(component, map[string]property.Value{
					"accountId": text("123456789012"), c.property: value,
				}), false)
				return err
			}
			for _, value := range c.good {
				assert.NoError(t, try(value), "%s: %s %v", component, c.property, value)
			}
			for _, value := range c.past {
				err := try(value)
				if assert.Error(t, err, "%s: %s %v", component, c.property, value) {
					assert.Contains(t, strings.Join(problemsOf(t, err), "\n"), "aws."+c.property+":", "%s: %v", component, value)
				}
			}
		}
	}
}

// problemsOf are what is wrong with inputs, each with its path.
func problemsOf(t *testing.T, err error) []string {
	t.Helper()
	converted, ok := rpcerror.FromError(err)
	require.True(t, ok, err)
	var problems []string
	for _, detail := range converted.InputPropertiesErrors() {
		problems = append(problems, detail.PropertyPath+": "+detail.Reason)
	}
	return problems
}

// awsInputs are those of a component with a login to AWS.
func awsInputs(component string, aws map[string]property.Value) map[string]property.Value {
	if component == "DeploymentRoleAssignment" {
		return map[string]property.Value{
			"project": text("payments"), "stack": text("prod"), "roleId": text("role-9"),
			"oidc": object(map[string]property.Value{"aws": object(aws)}),
		}
	}
	return prodEnvironment(aws)
}

// A lock whose trust policy has just as many characters as the account allows, and one with one more.
func TestTrustPolicyLimitOfComponents(t *testing.T) {
	t.Parallel()
	construct := func(limit, roots, last int) (string, error) {
		allowed := []property.Value{}
		for i := range roots {
			allowed = append(allowed, text(fmt.Sprintf("payments/application-%02d", i)))
		}
		allowed = append(allowed, text("payments/"+strings.Repeat("a", last)))
		inputs := prodEnvironment(map[string]property.Value{"accountId": text("123456789012")})
		if limit != 2048 {
			inputs["aws"] = object(map[string]property.Value{"accountId": text("123456789012"), "trustPolicyLimit": property.New(float64(limit))})
		}
		inputs["lock"] = object(map[string]property.Value{"allowedRoots": list(allowed...)})
		answer, err := newEngine(t).construct("ProductionEnvironment", inputs, false)
		if err != nil {
			return "", err
		}
		return answer.State.Get("awsTrustPolicy").AsString(), nil
	}
	for limit, roots := range map[int]int{2048: 9, 4096: 23} {
		policy, err := construct(limit, roots, 1)
		require.NoError(t, err)
		spare := limit - len(policy)
		require.Positive(t, spare)
		policy, err = construct(limit, roots, 1+spare)
		require.NoError(t, err)
		assert.Len(t, policy, limit)
		_, err = construct(limit, roots, 2+spare)
		require.Error(t, err)
		assert.Regexp(t, fmt.Sprintf(`^\[lock: the trust policy has %d characters .* AWS allows %d`, limit+1, limit), problemsOf(t, err))
	}
}

// The trust policy of a role that the user brings has to admit the login, and nobody who resembles it.
func TestBroughtTrustPolicy(t *testing.T) {
	t.Parallel()
	policy := func(operator, subject, audience string) property.Value {
		return text(fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity",
			"Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/api.pulumi.com/oidc"},
			"Condition":{"%s":{"api.pulumi.com/oidc:sub":["%s"],"api.pulumi.com/oidc:aud":"%s"}}}}`, operator, subject, audience))
	}
	beside := func(statement string) property.Value {
		exact := policy("StringEquals", prodSubject, "aws:acme").AsString()
		first := strings.TrimSuffix(strings.TrimPrefix(exact, `{"Version":"2012-10-17","Statement":`), "}")
		return text(`{"Version":"2012-10-17","Statement":[` + first + `,` + statement + `]}`)
	}
	const deployment = "pulumi:deploy:org:acme:project:payments:stack:prod:operation:update:scope:write"
	for _, c := range []struct {
		component, name, want string
		policy                property.Value
	}{
		{"ProductionEnvironment", "exact", "", policy("StringEquals", prodSubject, "aws:acme")},
		{"ProductionEnvironment", "another audience", "aws.trustPolicy: does not admit", policy("StringEquals", prodSubject, "acme")},
		{"ProductionEnvironment", "wildcard", "aws.trustPolicy: also admits", policy("StringLike", strings.Replace(prodSubject, "payments/prod", "payments/*", 1), "aws:acme")},
		{"ProductionEnvironment", "everybody beside it", "aws.trustPolicy: statement 2 of 2 trusts everybody", beside(`{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}`)},
		{"ProductionEnvironment", "any subject from any address beside it", "aws.trustPolicy: statement 2 of 2 does not compare", beside(`{"Effect":"Allow",
			"Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/api.pulumi.com/oidc"},"Action":"sts:AssumeRoleWithWebIdentity",
			"Condition":{"StringLike":{"api.pulumi.com/oidc:sub":"pulumi:environments:*"},"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}}`)},
		{"ProductionEnvironment", "empty", "aws.trustPolicy: ", text("")},
		{"ProductionEnvironment", "no policy", "aws.trustPolicy: ", text("{")},
		{"ProductionEnvironment", "unknown", "", unknown()},
		{"DeploymentRoleAssignment", "exact", "", policy("StringEquals", deployment, "acme")},
		{"DeploymentRoleAssignment", "wildcard", "oidc.aws.trustPolicy: also admits", policy("StringLike", strings.Replace(deployment, "update", "*", 1), "acme")},
		{"DeploymentRoleAssignment", "another operation", "not among `operations`", policy("StringEquals", deployment+`","`+strings.Replace(deployment, "update", "destroy", 1), "acme")},
		{"DeploymentRoleAssignment", "an environment's", "oidc.aws.trustPolicy: does not admit", policy("StringEquals", prodSubject, "acme")},
	} {
		t.Run(c.component+" "+c.name, func(t *testing.T) {
			t.Parallel()
			inputs := awsInputs(c.component, map[string]property.Value{
				"create": property.New(false), "roleArn": text("arn:aws:iam::123456789012:role/r"), "trustPolicy": c.policy,
			})
			if c.component == "DeploymentRoleAssignment" {
				block := inputs["oidc"].AsMap().Set("operations", list(text("update")))
				inputs["oidc"] = property.New(block)
			}
			_, err := newEngine(t).construct(c.component, inputs, c.name == "unknown")
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			assert.Contains(t, strings.Join(problemsOf(t, err), "\n"), c.want)
		})
	}
	// What it is for is not known yet, so nothing is said of it.
	inputs := awsInputs("ProductionEnvironment", map[string]property.Value{
		"create": property.New(false), "roleArn": text("arn:aws:iam::123456789012:role/r"), "trustPolicy": policy("StringEquals", prodSubject, "aws:acme"),
	})
	inputs["name"] = unknown()
	_, err := newEngine(t).construct("ProductionEnvironment", inputs, true)
	require.NoError(t, err)
}

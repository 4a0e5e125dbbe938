package components_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func secretStores(aws map[string]property.Value) map[string]property.Value {
	inputs := prodEnvironment(aws)
	inputs["secrets"] = object(map[string]property.Value{
		"awsSecretsManager": object(map[string]property.Value{
			"region": text("eu-west-1"),
			"get":    object(map[string]property.Value{"password": object(map[string]property.Value{"secretId": text("payments/db"), "versionStage": text("AWSPREVIOUS")})}),
		}),
		"awsParameterStore": object(map[string]property.Value{
			"region": text("eu-west-1"),
			"get":    object(map[string]property.Value{"host": object(map[string]property.Value{"name": text("/app/host"), "decrypt": property.New(true)})}),
		}),
	})
	return inputs
}

const storesPolicy = `{"Version":"2012-10-17","Statement":[{"Sid":"ReadSecrets","Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:payments/db-??????"},` +
	`{"Sid":"ReadParameters","Effect":"Allow","Action":["ssm:GetParameter","ssm:GetParameters"],"Resource":"arn:aws:ssm:eu-west-1:123456789012:parameter/app/host"}]}`

// The role that is created has the policy beside its own ones, and owns both whole.
func TestSecretStoresOfACreatedRole(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	answer, err := e.construct("SecretStoreEnvironment", secretStores(map[string]property.Value{
		"accountId": text("123456789012"), "inlinePolicies": object(map[string]property.Value{"own": text("{}")}),
	}), false)
	require.NoError(t, err)
	assert.Equal(t, storesPolicy, answer.State.Get("awsPolicy").AsString())
	policy := e.child("aws:iam/rolePolicy:RolePolicy", "x/leastprivilege-secrets/").Inputs
	assert.Equal(t, storesPolicy, policy.Get("policy").AsString())
	assert.Equal(t, "leastprivilege-secrets", policy.Get("name").AsString())
	owned := e.child("aws:iam/rolePoliciesExclusive:RolePoliciesExclusive", "x").Inputs
	assert.Equal(t, list(text("leastprivilege-secrets"), text("own")), owned.Get("policyNames"))
	assert.Equal(t, `values:
  aws:
    login:
      fn::open::aws-login:
        oidc:
          duration: 1h
          roleArn: arn:aws:iam::123456789012:role/made
          sessionName:
            fn::join:
              - '-'
              - fn::split:
                  - ':'
                  - pulumi-${context.pulumi.user.login}
          subjectAttributes:
            - rootEnvironment.name
            - currentEnvironment.name
    parameters:
      fn::open::aws-parameter-store:
        get:
          host:
            decrypt: true
            name: /app/host
        login: ${aws.login}
        region: eu-west-1
    secrets:
      fn::open::aws-secrets:
        get:
          password:
            secretId: payments/db
            versionStage: AWSPREVIOUS
        login: ${aws.login}
        region: eu-west-1
  environmentVariables:
    AWS_ACCESS_KEY_ID: ${aws.login.accessKeyId}
    AWS_SECRET_ACCESS_KEY: ${aws.login.secretAccessKey}
    AWS_SESSION_TOKEN: ${aws.login.sessionToken}
`, e.child("leastprivilege:index:Environment", "x").Inputs.Get("definition").AsString())
}

// A role that exists needs no AWS plugin; the policy is for the user to attach, and says the role's account and partition.
func TestSecretStoresOfARoleThatExists(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	elsewhere := strings.NewReplacer("arn:aws:", "arn:aws-us-gov:", "eu-west-1", "us-gov-west-1")
	in := secretStores(map[string]property.Value{"create": property.New(false), "roleArn": text("arn:aws-us-gov:iam::210987654321:role/r")})
	_, err := e.construct("SecretStoreEnvironment", in, true)
	assert.Contains(t, failedPaths(t, err), "secrets.awsSecretsManager.region", "a region of another partition")
	in["secrets"] = replaced(in["secrets"], elsewhere)
	answer, err := e.construct("SecretStoreEnvironment", in, false)
	require.NoError(t, err)
	want := strings.ReplaceAll(elsewhere.Replace(storesPolicy), "123456789012", "210987654321")
	assert.Equal(t, want, answer.State.Get("awsPolicy").AsString())
	assert.Equal(t, []string{"leastprivilege:index:Environment x", "leastprivilege:index:LoginTransition x", "leastprivilege:index:SecretStoreEnvironment x"}, e.childNames())
}

// An account that is not known yet leaves the policy unknown, and everything that is known is still checked.
func TestSecretStoresAtPreview(t *testing.T) {
	t.Parallel()
	inputs := secretStores(map[string]property.Value{"create": property.New(false), "roleArn": unknown()})
	answer, err := newEngine(t).construct("SecretStoreEnvironment", inputs, true)
	require.NoError(t, err)
	assert.True(t, answer.State.Get("awsPolicy").HasComputed())
	for change, want := range map[string]func(map[string]property.Value){
		"secrets: name at least one store":                  func(in map[string]property.Value) { in["secrets"] = object(nil) },
		"secrets.awsParameterStore: needs the login to AWS": func(in map[string]property.Value) { delete(in, "aws") },
		"secrets.awsSecretsManager.get.password.secretId: ": func(in map[string]property.Value) {
			in["secrets"] = object(map[string]property.Value{"awsSecretsManager": object(map[string]property.Value{
				"region": text("eu-west-1"), "get": object(map[string]property.Value{"password": object(map[string]property.Value{"secretId": text("*")})}),
			})})
		},
		"secrets: decides which resources exist": func(in map[string]property.Value) { in["secrets"] = unknown() },
	} {
		changed := maps.Clone(inputs)
		want(changed)
		_, err := newEngine(t).construct("SecretStoreEnvironment", changed, true)
		require.Error(t, err, change)
		assert.True(t, slices.ContainsFunc(problemsOf(t, err), func(p string) bool { return strings.HasPrefix(p, change) }), "%s: %v", change, problemsOf(t, err))
	}
}

// replaced is a value with something else in its texts.
func replaced(v property.Value, by *strings.Replacer) property.Value {
	switch {
	case v.IsString():
		return text(by.Replace(v.AsString()))
	case v.IsArray():
		elements := []property.Value{}
		for _, element := range v.AsArray().All {
			elements = append(elements, replaced(element, by))
		}
		return list(elements...)
	case v.IsMap():
		fields := inputs{}
		for name, field := range v.AsMap().All {
			fields[name] = replaced(field, by)
		}
		return object(fields)
	}
	return v
}

// All inline policies of a role count together, the one that the component writes included.
func TestInlinePoliciesCountTogether(t *testing.T) {
	t.Parallel()
	policy := func(length int) property.Value {
		return object(inputs{"a": text(strings.Repeat("x", length/2) + " \n "), "b": text(strings.Repeat("y", length-length/2))})
	}
	aws := func(length int) inputs {
		return inputs{"accountId": text("123456789012"), "inlinePolicies": policy(length)}
	}
	_, err := newEngine(t).construct("ProductionEnvironment", prodEnvironment(aws(10240)), true)
	require.NoError(t, err)
	_, err = newEngine(t).construct("ProductionEnvironment", prodEnvironment(aws(10241)), true)
	assert.Contains(t, failedPaths(t, err), "aws.inlinePolicies")
	_, err = newEngine(t).construct("SecretStoreEnvironment", secretStores(aws(10240)), true)
	assert.Contains(t, failedPaths(t, err), "aws.inlinePolicies")
}

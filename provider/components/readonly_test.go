package components_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const awsReadOnly = "arn:aws:iam::aws:policy/ReadOnlyAccess"

// readOnly is access of bo and cy to payments/prod-look, through the given logins.
func readOnly(logins inputs) inputs {
	in := inputs{"project": text("payments"), "name": text("prod"), "lock": object(inputs{"users": list(text("bo"), text("cy"))})}
	for name, value := range logins {
		in[name] = value
	}
	return in
}

// The role has one policy, every session is narrowed to it and named after the person, and each user has a subject.
func TestReadOnlyAWS(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	answer, err := e.construct("ReadOnlyCloudAccess", readOnly(inputs{"aws": object(inputs{
		"accountId": text("123456789012"), "permissionsBoundary": text("arn:aws:iam::123456789012:policy/boundary"), "roleName": text("look"),
	})}), false)
	require.NoError(t, err)
	role := e.child("aws:iam/role:Role", "x").Inputs
	assertAdmitsOnly(t, role.Get("assumeRolePolicy").AsString(), prodSubject+":pulumi.user.login:bo", "aws:acme")
	assertAdmitsOnly(t, role.Get("assumeRolePolicy").AsString(), prodSubject+":pulumi.user.login:cy", "aws:acme")
	assert.Equal(t, text("arn:aws:iam::123456789012:policy/boundary"), role.Get("permissionsBoundary"))
	managed := e.child("aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive", "x").Inputs
	assert.Equal(t, list(text(awsReadOnly)), managed.Get("policyArns"))
	assert.Equal(t, list(), e.child("aws:iam/rolePoliciesExclusive:RolePoliciesExclusive", "x").Inputs.Get("policyNames"))
	definition := e.child("leastprivilege:index:Environment", "x").Inputs.Get("definition").AsString()
	for _, line := range []string{"  - ${context.pulumi.user.login}\n", "policyArns:\n            - " + awsReadOnly + "\n", "- pulumi.user.login\n"} {
		assert.Contains(t, definition, line)
	}
	assert.Equal(t, object(inputs{"environments": list(object(inputs{
		"project": text("payments"), "environment": text("prod"), "permission": text("open"),
	}))}), withoutNulls(answer.State.Get("access")))
	assert.Equal(t, 2, answer.State.Get("subjects").AsArray().Len())
}

// withoutNulls drops what is absent.
func withoutNulls(v property.Value) property.Value {
	switch {
	case v.IsMap():
		fields := inputs{}
		for name, field := range v.AsMap().All {
			if !field.IsNull() {
				fields[name] = withoutNulls(field)
			}
		}
		return object(fields)
	case v.IsArray():
		elements := []property.Value{}
		for _, element := range v.AsArray().All {
			elements = append(elements, withoutNulls(element))
		}
		return list(elements...)
	}
	return v
}

// A role that exists is narrowed down to reading as well, in the part of AWS that it is in.
func TestReadOnlyAWSThatExists(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	_, err := e.construct("ReadOnlyCloudAccess", readOnly(inputs{"aws": object(inputs{
		"create": property.New(false), "roleArn": text("arn:aws-us-gov:iam::123456789012:role/admin"), "policy": text("ViewOnlyAccess"),
	})}), false)
	require.NoError(t, err)
	definition := e.child("leastprivilege:index:Environment", "x").Inputs.Get("definition").AsString()
	assert.Contains(t, definition, "policyArns:\n            - arn:aws-us-gov:iam::aws:policy/job-function/ViewOnlyAccess\n")
	assert.Empty(t, slices.DeleteFunc(e.childNames(), func(name string) bool { return !strings.HasPrefix(name, "aws:") }))
}

// Azure's identity is Reader at each scope, Google's service account is viewer of the project, and both have a subject for
// each user.
func TestReadOnlyAzureAndGoogle(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	_, err := e.construct("ReadOnlyCloudAccess", readOnly(inputs{
		"azure": object(inputs{"resourceGroupName": text("pulumi"), "scopes": list(text(azureGroup), text(azureGroup+"-2"), text(azureGroup))}),
		"gcp":   object(createdGCP(nil)),
	}), false)
	require.NoError(t, err)
	var scopes []string
	credentials := 0
	for _, name := range e.childNames() {
		if child, is := strings.CutPrefix(name, assignmentToken+" "); is {
			inputs := e.child(assignmentToken, child).Inputs
			scopes = append(scopes, inputs.Get("scope").AsString())
			assert.True(t, strings.HasSuffix(inputs.Get("roleDefinitionId").AsString(), "/"+azureReader), "%v", inputs)
		}
		if strings.HasPrefix(name, credentialToken+" ") {
			credentials++
		}
	}
	slices.Sort(scopes)
	assert.Equal(t, []string{azureGroup, azureGroup + "-2"}, scopes)
	assert.Equal(t, 2, credentials)
	assert.Equal(t, text("roles/viewer"), e.child(gcpMemberToken, "x-viewer").Inputs.Get("role"))
	assert.Equal(t, 2, e.child(gcpBindingToken, "x").Inputs.Get("members").AsArray().Len())
}

func TestBadReadOnlyInputs(t *testing.T) {
	t.Parallel()
	aws := object(inputs{"accountId": text("123456789012")})
	azure := func(more inputs) property.Value {
		in := inputs{"resourceGroupName": text("pulumi"), "scopes": list(text(azureGroup))}
		for name, value := range more {
			in[name] = value
		}
		return object(in)
	}
	with := func(in inputs, name string, value property.Value) inputs {
		in[name] = value
		return in
	}
	users := func(names ...string) property.Value {
		var all []property.Value
		for _, name := range names {
			all = append(all, text(name))
		}
		return object(inputs{"users": list(all...)})
	}
	tests := []struct {
		name, path string
		inputs     inputs
		preview    bool
	}{
		{"no login", "aws", readOnly(nil), false},
		{"no users", "lock.users", with(readOnly(inputs{"aws": aws}), "lock", object(inputs{})), false},
		{"no user", "lock.users", with(readOnly(inputs{"aws": aws}), "lock", users()), false},
		{"a login of one letter", "lock.users[0]", with(readOnly(inputs{"aws": aws}), "lock", users("b")), false},
		{"a login of 65 letters", "lock.users[1]", with(readOnly(inputs{"aws": aws}), "lock", users("bo", strings.Repeat("b", 65))), false},
		{"a policy that writes", "aws.policy", readOnly(inputs{"aws": object(inputs{"accountId": text("123456789012"), "policy": text("AdministratorAccess")})}), false},
		{"no way to the provider", "aws.oidcProviderArn", readOnly(inputs{"aws": object(inputs{})}), false},
		{"no scopes", "azure.scopes", readOnly(inputs{"azure": object(inputs{"resourceGroupName": text("pulumi")})}), false},
		{"a scope", "azure.scopes[1]", readOnly(inputs{"azure": azure(inputs{"scopes": list(text(azureGroup), text("pulumi"))})}), false},
		{"scopes of one that exists", "azure.scopes", readOnly(inputs{"azure": object(inputs{
			"create": property.New(false), "clientId": text(azureClient), "tenantId": text(azureTenant), "subscriptionId": text(azureSubscription), "scopes": list(),
		})}), false},
		{"unknown scopes", "azure.scopes", readOnly(inputs{"azure": azure(inputs{"scopes": unknown()})}), true},
		{"unknown users of Azure", "lock.users", with(readOnly(inputs{"azure": azure(nil)}), "lock", object(inputs{"users": unknown()})), true},
		{"no project", "gcp.project", readOnly(inputs{"gcp": object(inputs{"projectNumber": text("1"), "workloadPoolId": text("pulumi")})}), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t)
			_, err := e.construct("ReadOnlyCloudAccess", test.inputs, test.preview)
			require.Error(t, err)
			assert.Equal(t, []string{test.path}, slices.Compact(failedPaths(t, err)), "%v", err)
			assert.Empty(t, e.childNames(), "a child was registered")
		})
	}
}

func TestGoodReadOnlyInputs(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]inputs{
		"a login of 64":  {"users": list(text(strings.Repeat("b", 64)))},
		"unknown users":  {"users": unknown()},
		"an unknown one": {"users": list(unknown(), text("bo"))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := readOnly(inputs{"aws": object(inputs{"accountId": text("123456789012")}), "lock": object(in)})
			_, err := newEngine(t).construct("ReadOnlyCloudAccess", in, true)
			require.NoError(t, err)
		})
	}
}

// What would bring credentials that may change things is refused, with the user's path, before anything exists.
func TestReadOnlyRefusesForeignCredentials(t *testing.T) {
	t.Parallel()
	call := func(function string, arguments property.Value) property.Value {
		return object(inputs{function: arguments})
	}
	none := object(inputs{})
	for path, more := range map[string]inputs{
		"values.admin":                                  {"values": object(inputs{"admin": call("fn::open::aws-login", none)})},
		"values.a[0].b":                                 {"values": object(inputs{"a": list(object(inputs{"b": call("fn::open::vault-login", none)}))})},
		"values.long":                                   {"values": object(inputs{"long": call("fn::open", object(inputs{"provider": text("azure-login"), "inputs": none}))})},
		"values.external":                               {"values": object(inputs{"external": call("fn::open::external", none)})},
		"values.keys":                                   {"values": object(inputs{"keys": call("fn::rotate::aws-iam", object(inputs{"inputs": none}))})},
		"environmentVariables.TOKEN":                    {"environmentVariables": object(inputs{"TOKEN": call("fn::open::oidc", none)})},
		"environmentVariables.ARM_CLIENT_SECRET":        {"environmentVariables": object(inputs{"ARM_CLIENT_SECRET": secret(text("x"))})},
		"environmentVariables.GOOGLE_CREDENTIALS":       {"environmentVariables": object(inputs{"GOOGLE_CREDENTIALS": text("x")})},
		"environmentVariables.AWS_PROFILE":              {"environmentVariables": object(inputs{"AWS_PROFILE": text("admin")})},
		"values.environmentVariables.AWS_SESSION_TOKEN": {"values": object(inputs{"environmentVariables": object(inputs{"AWS_SESSION_TOKEN": text("x")})})},
		"values.files.AWS_CONFIG_FILE":                  {"values": object(inputs{"files": object(inputs{"AWS_CONFIG_FILE": text("x")})})},
		"pulumiConfig.aws:accessKey":                    {"pulumiConfig": object(inputs{"aws:accessKey": text("x")})},
		"pulumiConfig.gcp:credentials":                  {"pulumiConfig": object(inputs{"gcp:credentials": text("x")})},
	} {
		e := newEngine(t)
		more["aws"] = object(inputs{"accountId": text("123456789012")})
		_, err := e.construct("ReadOnlyCloudAccess", readOnly(more), true)
		require.Error(t, err, path)
		assert.Contains(t, failedPaths(t, err), path)
		assert.Empty(t, e.children)
	}
	_, err := newEngine(t).construct("ReadOnlyCloudAccess", readOnly(inputs{
		"aws":                  object(inputs{"accountId": text("123456789012")}),
		"values":               object(inputs{"region": text("eu-west-1"), "s": call("fn::open::aws-secrets", object(inputs{"region": text("eu-west-1")}))}),
		"environmentVariables": object(inputs{"AWS_REGION": text("eu-west-1"), "EDITOR": text("vi")}),
		"pulumiConfig":         object(inputs{"aws:region": text("eu-west-1"), "app:size": property.New(3.0)}),
	}), true)
	require.NoError(t, err)
}

// What ESC refuses fails before anything exists, with the path as the user wrote it, and shows no secret.
func TestDefinitionsAreCheckedWithTheUsersPaths(t *testing.T) {
	t.Parallel()
	for path, more := range map[string]inputs{
		"imports[1]":                             {"imports": list(text("a/b"), text("a/b/c"))},
		"values.x":                               {"values": object(inputs{"x": text("${nope}")})},
		"environmentVariables.X":                 {"environmentVariables": object(inputs{"X": text("${nope}")})},
		"environmentVariables.AWS_ACCESS_KEY_ID": {"environmentVariables": object(inputs{"AWS_ACCESS_KEY_ID": secret(text("hunter2"))})},
		"values.aws.login":                       {"values": object(inputs{"aws": object(inputs{"login": text("x")})})},
		"environmentVariables":                   {"values": object(inputs{"environmentVariables": object(inputs{"A": text("x")})}), "environmentVariables": object(inputs{"B": text("x")})},
	} {
		e := newEngine(t)
		more["aws"] = object(inputs{"accountId": text("123456789012")})
		_, err := e.construct("ProductionEnvironment", guardedEnvironment(more), true)
		require.Error(t, err, path)
		assert.Contains(t, failedPaths(t, err), path, "%v", err)
		assert.NotContains(t, err.Error(), "hunter2")
		assert.Empty(t, e.children)
	}
	// A secret may hold anything, and what is unknown is checked later.
	_, err := newEngine(t).construct("ProductionEnvironment", guardedEnvironment(inputs{
		"values": object(inputs{"b": object(inputs{"fn::secret": text("${x")}), "c": unknown(), "d": text("${nope}")}),
	}), true)
	require.NoError(t, err)
	e := newEngine(t)
	_, err = e.construct("ProductionEnvironment", guardedEnvironment(inputs{"values": object(inputs{"a": secret(text("pa${ss"))})}), false)
	require.NoError(t, err)
	assert.Contains(t, e.child("leastprivilege:index:Environment", "x").Inputs.Get("definition").AsString(), "fn::fromBase64")
}

// The OIDC provider that is created is an output, for the account's other logins.
func TestReadOnlyOutputsItsOIDCProvider(t *testing.T) {
	t.Parallel()
	made, err := newEngine(t).construct("ReadOnlyCloudAccess", readOnly(inputs{"aws": object(inputs{"createOidcProvider": property.New(true)})}), false)
	require.NoError(t, err)
	assert.Equal(t, "arn:aws:iam::123456789012:oidc-provider/api.pulumi.com/oidc", made.State.Get("awsOidcProviderArn").AsString())
}

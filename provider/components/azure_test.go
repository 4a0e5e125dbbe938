package components_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

const (
	azureClient       = "11111111-1111-4111-8111-111111111111"
	azureTenant       = "22222222-2222-4222-8222-222222222222"
	azureSubscription = "33333333-3333-4333-8333-333333333333"
	azurePrincipal    = "44444444-4444-4444-8444-444444444444"
	azureGroup        = "/subscriptions/" + azureSubscription + "/resourceGroups/pulumi"
	azureIdentityID   = azureGroup + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/made"
	azureReader       = "acdd72a7-3385-48ef-bd42-f606fba81ae7"

	identityToken   = "azure-native:managedidentity:UserAssignedIdentity"
	credentialToken = "azure-native:managedidentity:FederatedIdentityCredential"
	assignmentToken = "azure-native:authorization:RoleAssignment"
)

// azureEnvironment is payments/prod with an azure block, and a lock unless it is null.
func azureEnvironment(azure inputs, lock property.Value) inputs {
	return environmentWith("azure", azure, lock)
}

func existingAzure() inputs {
	return inputs{
		"create": property.New(false), "clientId": text(azureClient), "tenantId": text(azureTenant), "subscriptionId": text(azureSubscription),
	}
}

func createdAzure(assignments ...property.Value) inputs {
	in := inputs{"resourceGroupName": text("pulumi")}
	if len(assignments) > 0 {
		in["roleAssignments"] = list(assignments...)
	}
	return in
}

func assignment(scope property.Value, role string) property.Value {
	return object(inputs{"scope": scope, "roleDefinitionId": text(role)})
}

// The identity, a credential for each exact subject, and the role assignments are children from the official package.
func TestCreatedAzureIdentity(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	azure := createdAzure(assignment(text(azureGroup), azureReader))
	azure["identityName"], azure["location"] = text("payments-prod"), text("westeurope")
	azure["tags"] = object(inputs{"team": text("payments")})
	answer, err := e.construct("ProductionEnvironment", azureEnvironment(azure, object(inputs{"allowedRoots": list(text("payments/app"))})), false)
	require.NoError(t, err)

	identity := e.child(identityToken, "x")
	assert.Equal(t, property.NewMap(inputs{
		"resourceGroupName": text("pulumi"), "resourceName": text("payments-prod"), "location": text("westeurope"),
		"tags": object(inputs{"team": text("payments")}),
	}), identity.Inputs)
	assert.Equal(t, "3.16.0", identity.RegisterRPC.GetVersion())
	assert.Contains(t, identity.RegisterRPC.GetParent(), "leastprivilege:index:ProductionEnvironment::x")

	appSubject := strings.Replace(prodSubject, "rootEnvironment.name:payments/prod", "rootEnvironment.name:payments/app", 1)
	want, err := oidc.AzureFederatedCredentials(oidc.AzureTrust{Subjects: []string{prodSubject, appSubject}, Audience: "azure:acme"})
	require.NoError(t, err)
	var previous string
	for i, name := range []string{"x-payments/prod", "x-payments/app"} {
		credential := e.child(credentialToken, name)
		assert.Equal(t, property.NewMap(inputs{
			"resourceGroupName": text("pulumi"), "resourceName": text("made"),
			"federatedIdentityCredentialResourceName": text(want[i].Name), "issuer": text(want[i].Issuer),
			"subject": text(want[i].Subject), "audiences": list(text("azure:acme")),
		}), credential.Inputs)
		if previous != "" {
			assert.Contains(t, strings.Join(credential.RegisterRPC.GetDependencies(), " "), previous, "Azure refuses concurrent writes")
		}
		previous = credentialToken + "::" + name
	}

	names := e.childNames()
	assignments := 0
	for _, name := range names {
		child, isAssignment := strings.CutPrefix(name, assignmentToken+" ")
		if !isAssignment {
			continue
		}
		assignments++
		got := e.child(assignmentToken, child).Inputs
		assert.Equal(t, text(azureGroup), got.Get("scope"))
		assert.Equal(t, text("/subscriptions/"+azureSubscription+"/providers/Microsoft.Authorization/roleDefinitions/"+azureReader), got.Get("roleDefinitionId"))
		assert.Equal(t, text(azurePrincipal), got.Get("principalId"))
		assert.Equal(t, text("ServicePrincipal"), got.Get("principalType"))
		assert.Regexp(t, `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`, got.Get("roleAssignmentName").AsString())
	}
	assert.Equal(t, 1, assignments)
	assert.Len(t, names, 7, "%v", names) // with the environment, what decides its trust, and the component itself

	assert.Equal(t, azureClient, answer.State.Get("azureClientId").AsString())
	assert.JSONEq(t, asJSON(t, want), answer.State.Get("azureFederatedCredentials").AsString())
	environment := e.child("leastprivilege:index:Environment", "x")
	assert.Contains(t, strings.Join(environment.RegisterRPC.GetDependencies(), " "), previous, "the login works only when its last credential is there")
	for _, id := range []string{"clientId: " + azureClient, "tenantId: " + azureTenant, "subscriptionId: " + azureSubscription} {
		assert.Contains(t, environment.Inputs.Get("definition").AsString(), id)
	}
	assert.Contains(t, environment.Inputs.Get("definition").AsString(), "        oidc: true\n        subjectAttributes:\n          - rootEnvironment.name\n          - currentEnvironment.name\n")
}

// azureChildren are the types and names of the children that Azure's plugin makes.
func (e *engine) azureChildren() []string {
	return slices.DeleteFunc(e.childNames(), func(name string) bool { return !strings.HasPrefix(name, "azure-native:") })
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return string(data)
}

// A program that brings its identity needs no Azure plugin, and gets the credentials to attach to it.
func TestExistingAzureIdentity(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	answer, err := e.construct("ProductionEnvironment", azureEnvironment(existingAzure(), property.Value{}), false)
	require.NoError(t, err)
	assert.Empty(t, e.azureChildren())
	assert.Equal(t, azureClient, answer.State.Get("azureClientId").AsString())
	var credentials []oidc.AzureFederatedCredential
	require.NoError(t, json.Unmarshal([]byte(answer.State.Get("azureFederatedCredentials").AsString()), &credentials))
	require.Len(t, credentials, 1)
	assert.Equal(t, prodSubject, credentials[0].Subject)
	assert.Equal(t, []string{"azure:acme"}, credentials[0].Audiences)
	assert.Equal(t, oidc.PulumiCloudIssuer, credentials[0].Issuer)
}

// A deployment's credentials are one for each operation, and its settings hold the login beside that of another cloud.
func TestAzureDeployments(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	answer, err := e.construct("DeploymentRoleAssignment", inputs{
		"project": text("payments"), "stack": unknown(), "roleId": text("role-9"),
		"oidc": object(inputs{"operations": list(text("update"), text("preview"), text("update")), "azure": object(createdAzure())}),
	}, true)
	require.NoError(t, err)
	assert.Equal(t, []string{credentialToken + " x-preview", credentialToken + " x-update", identityToken + " x"}, e.azureChildren(), "which children there are is known though the stack is not")
	assert.True(t, e.child(credentialToken, "x-update").Inputs.Get("subject").IsComputed())
	assert.True(t, answer.State.Get("azureFederatedCredentials").IsComputed())

	e = newEngine(t)
	answer, err = e.construct("DeploymentRoleAssignment", inputs{
		"project": text("payments"), "stack": text("prod"), "roleId": text("role-9"),
		"oidc": object(inputs{
			"aws":   object(inputs{"create": property.New(false), "roleArn": text("arn:aws:iam::123456789012:role/deploy")}),
			"azure": object(existingAzure()),
		}),
	}, false)
	require.NoError(t, err)
	logins := e.child("leastprivilege:index:DeploymentRole", "x").Inputs.Get("oidc").AsMap()
	assert.Equal(t, object(inputs{"clientId": text(azureClient), "tenantId": text(azureTenant), "subscriptionId": text(azureSubscription)}), logins.Get("azure"))
	assert.Equal(t, "arn:aws:iam::123456789012:role/deploy", logins.Get("aws").AsMap().Get("roleArn").AsString())
	var credentials []oidc.AzureFederatedCredential
	require.NoError(t, json.Unmarshal([]byte(answer.State.Get("azureFederatedCredentials").AsString()), &credentials))
	require.Len(t, credentials, 4)
	assert.Equal(t, "pulumi:deploy:org:acme:project:payments:stack:prod:operation:preview:scope:write", credentials[0].Subject)
	assert.Equal(t, []string{"acme"}, credentials[0].Audiences)
}

// The order in which assignments and roots are given makes no other children, and duplicates make none.
func TestAzureChildrenDoNotDependOnOrder(t *testing.T) {
	t.Parallel()
	other := azureGroup + "-2"
	full := "/subscriptions/" + azureSubscription + "/providers/Microsoft.Authorization/roleDefinitions/" + azureReader
	children := func(lock property.Value, assignments ...property.Value) map[string]property.Map {
		e := newEngine(t)
		_, err := e.construct("ProductionEnvironment", azureEnvironment(createdAzure(assignments...), lock), false)
		require.NoError(t, err)
		found := map[string]property.Map{}
		for _, name := range e.azureChildren() {
			found[name] = e.children[name].Inputs
		}
		return found
	}
	roots := func(names ...property.Value) property.Value {
		return object(inputs{"allowedRoots": list(names...), "users": list(text("bo"))})
	}
	a, b := assignment(text(azureGroup), azureReader), assignment(text(other), azureReader)
	want := children(roots(text("p/a"), text("p/b")), a, b)
	assert.Len(t, want, 1+3+2)
	assert.Contains(t, want, credentialToken+" x-payments/prod/bo")
	assert.Equal(t, want, children(roots(text("p/b"), text("p/a"), text("p/b")), b, a, a, b))
	same := children(roots(text("p/a"), text("p/b")), assignment(text(strings.ToUpper(azureGroup)), full), b, a)
	assert.Len(t, same, len(want), "Azure's ids know no case, and a role is one by GUID or by id")
}

// What is not known does not keep children from being planned, and a secret is in no child's name.
func TestAzureChildrenOfUnknownsAndSecrets(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	azure := createdAzure(assignment(unknown(), azureReader), assignment(text(azureGroup), azureReader))
	_, err := e.construct("ProductionEnvironment", azureEnvironment(azure, object(inputs{"allowedRoots": list(unknown(), text("p/a"))})), true)
	require.NoError(t, err)
	assert.Equal(t, []string{
		assignmentToken + " x-1", assignmentToken + " x-2",
		credentialToken + " x-1", credentialToken + " x-2", credentialToken + " x-3",
		identityToken + " x",
	}, e.azureChildren())
	assert.True(t, e.child(assignmentToken, "x-2").Inputs.Get("scope").IsComputed())
	assert.True(t, e.child(credentialToken, "x-1").Inputs.Get("subject").IsComputed())

	e = newEngine(t)
	azure = createdAzure(assignment(secret(text(azureGroup)), azureReader), assignment(secret(text(azureGroup)), azureReader))
	_, err = e.construct("ProductionEnvironment", azureEnvironment(azure, object(inputs{"users": list(secret(text("hidden")), secret(text("hidden")))})), false)
	require.NoError(t, err)
	assert.NotContains(t, strings.Join(e.childNames(), " "), "hidden")
	assert.Len(t, e.azureChildren(), 3)
	assert.True(t, e.child(credentialToken, "x-1").Inputs.Get("subject").HasSecrets())
	assert.True(t, e.child(assignmentToken, "x-1").Inputs.Get("scope").HasSecrets())
}

func TestBadAzureInputs(t *testing.T) {
	t.Parallel()
	with := func(azure inputs, name string, value property.Value) inputs {
		azure[name] = value
		return azure
	}
	without := func(azure inputs, name string) inputs {
		delete(azure, name)
		return azure
	}
	environment := func(azure inputs) inputs { return azureEnvironment(azure, property.Value{}) }
	deployment := func(oidc inputs) inputs {
		return inputs{"project": text("p"), "stack": text("s"), "roleId": text("r"), "oidc": object(oidc)}
	}
	long := strings.Repeat("n", 250)
	tests := []struct {
		name, path string
		inputs     inputs
		preview    bool
	}{
		{"no resource group", "azure.resourceGroupName", environment(inputs{}), false},
		{"a resource group's id", "azure.resourceGroupName", environment(inputs{"resourceGroupName": text(azureGroup)}), false},
		{"client id of one to create", "azure.clientId", environment(with(createdAzure(), "clientId", text(azureClient))), false},
		{"no client", "azure.clientId", environment(without(existingAzure(), "clientId")), false},
		{"no tenant", "azure.tenantId", environment(without(existingAzure(), "tenantId")), false},
		{"no subscription", "azure.subscriptionId", environment(without(existingAzure(), "subscriptionId")), false},
		{"a name for a client", "azure.clientId", environment(with(existingAzure(), "clientId", text("payments"))), false},
		{"a domain for a tenant", "azure.tenantId", environment(with(createdAzure(), "tenantId", text("acme.example"))), false},
		{"roles of one that exists", "azure.roleAssignments", environment(with(existingAzure(), "roleAssignments", list())), false},
		{"tags of one that exists", "azure.tags", environment(with(existingAzure(), "tags", object(inputs{}))), false},
		{"identity name", "azure.identityName", environment(with(createdAzure(), "identityName", text("-x"))), false},
		{"long identity name", "azure.identityName", environment(with(createdAzure(), "identityName", text(strings.Repeat("n", 129)))), false},
		{"scope", "azure.roleAssignments[1].scope", environment(createdAzure(assignment(text(azureGroup), azureReader), assignment(text("pulumi"), azureReader))), false},
		{"role", "azure.roleAssignments[0].roleDefinitionId", environment(createdAzure(assignment(text(azureGroup), "Reader"))), false},
		{"unknown block", "azure", inputs{"project": text("p"), "name": text("e"), "azure": unknown()}, true},
		{"unknown create", "azure.create", environment(inputs{"create": unknown()}), true},
		{"unknown assignments", "azure.roleAssignments", environment(with(createdAzure(), "roleAssignments", unknown())), true},
		{"unknown lock", "lock", azureEnvironment(createdAzure(), unknown()), true},
		{"unknown users", "lock.users", azureEnvironment(createdAzure(), object(inputs{"users": unknown()})), true},
		{"unknown roots", "lock.allowedRoots", azureEnvironment(createdAzure(), object(inputs{"allowedRoots": unknown()})), true},
		{"21 subjects", "lock", azureEnvironment(existingAzure(), object(inputs{"allowedRoots": manyRoots(20)})), false},
		{"a subject over 600", "name", inputs{"project": text(long), "name": text("e" + long), "azure": object(existingAzure())}, false},
		{"deployment without group", "oidc.azure.resourceGroupName", deployment(inputs{"azure": object(inputs{})}), false},
		{"deployment's client", "oidc.azure.clientId", deployment(inputs{"azure": object(with(existingAzure(), "clientId", text("x")))}), false},
		{"unknown operations", "oidc.operations", deployment(inputs{"azure": object(createdAzure()), "operations": unknown()}), true},
		{"unknown operation", "oidc.operations[0]", deployment(inputs{"azure": object(createdAzure()), "operations": list(unknown())}), true},
		{"a deployment's subject over 600", "stack", with(deployment(inputs{"azure": object(existingAzure())}), "stack", text(strings.Repeat("s", 540))), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t)
			component := "ProductionEnvironment"
			if _, ok := test.inputs["stack"]; ok {
				component = "DeploymentRoleAssignment"
			}
			_, err := e.construct(component, test.inputs, test.preview)
			require.Error(t, err)
			assert.Equal(t, []string{test.path}, failedPaths(t, err), "%v", err)
			assert.Empty(t, e.childNames(), "a child was registered")
		})
	}
}

// Azure's limits at their edge, and what need not be known for an identity that exists.
func TestGoodAzureInputs(t *testing.T) {
	t.Parallel()
	// The fixed part of the subject, and the name of the environment twice.
	subject := len("pulumi:environments:pulumi.organization.login:acme:rootEnvironment.name:p/:currentEnvironment.name:p/")
	longest := strings.Repeat("n", (oidc.MaxAzureSubject-subject)/2)
	for name, in := range map[string]inputs{
		"20 subjects":           azureEnvironment(createdAzure(), object(inputs{"allowedRoots": manyRoots(19)})),
		"a subject near 600":    {"project": text("p"), "name": text(longest), "azure": object(existingAzure())},
		"unknown lock":          azureEnvironment(existingAzure(), unknown()),
		"unknown client":        azureEnvironment(inputs{"create": property.New(false), "clientId": unknown(), "tenantId": unknown(), "subscriptionId": unknown()}, property.Value{}),
		"unknown group":         azureEnvironment(inputs{"resourceGroupName": unknown()}, property.Value{}),
		"unknown project":       {"project": unknown(), "name": text("e"), "azure": object(createdAzure())},
		"a management group":    azureEnvironment(createdAzure(assignment(text("/providers/Microsoft.Management/managementGroups/acme"), azureReader)), property.Value{}),
		"one secret of a vault": azureEnvironment(createdAzure(assignment(text(azureGroup+"/providers/Microsoft.KeyVault/vaults/v/secrets/s"), azureReader)), property.Value{}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t)
			_, err := e.construct("ProductionEnvironment", in, true)
			require.NoError(t, err)
			if name == "20 subjects" {
				assert.Equal(t, 20, strings.Count(fmt.Sprint(e.childNames()), credentialToken))
			}
		})
	}
}

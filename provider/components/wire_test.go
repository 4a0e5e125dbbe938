package components_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is said about a value nested in a component's inputs must reach the child that the value goes to. Each case
// puts one value deep into the inputs and looks for it on the wire.
func TestNestedMarksReachChildren(t *testing.T) {
	t.Parallel()
	scopedTeam := func(project property.Value) map[string]property.Value {
		return map[string]property.Value{
			"name": text("payments"),
			"access": object(map[string]property.Value{"stacks": list(object(map[string]property.Value{
				"project": project, "stack": text("dev"), "permission": text("read"),
			}))}),
		}
	}
	environment := func(leaf property.Value) map[string]property.Value {
		return map[string]property.Value{
			"project": text("payments"), "name": text("prod"),
			"values": object(map[string]property.Value{"database": object(map[string]property.Value{"password": leaf})}),
		}
	}
	deployment := func(arn property.Value) map[string]property.Value {
		return map[string]property.Value{
			"project": text("payments"), "stack": text("prod"), "roleId": text("role-9"),
			"oidc": object(map[string]property.Value{"aws": object(map[string]property.Value{
				"create": property.New(false), "roleArn": arn,
			})}),
		}
	}
	stores := func(id property.Value) map[string]property.Value {
		inputs := prodEnvironment(map[string]property.Value{"create": property.New(false), "roleArn": text("arn:aws:iam::123456789012:role/r")})
		inputs["secrets"] = object(map[string]property.Value{"awsSecretsManager": object(map[string]property.Value{
			"region": text("eu-west-1"),
			"get":    object(map[string]property.Value{"password": object(map[string]property.Value{"secretId": id})}),
		})})
		return inputs
	}
	azure := func(client property.Value) map[string]property.Value {
		return map[string]property.Value{
			"project": text("payments"), "name": text("prod"), "azure": object(map[string]property.Value{
				"create": property.New(false), "clientId": client, "tenantId": text(azureTenant), "subscriptionId": text(azureSubscription),
			}),
		}
	}
	google := func(account property.Value) map[string]property.Value {
		in := existingGCP()
		in["serviceAccount"] = account
		return gcpEnvironment(in, property.Value{})
	}
	googleDeployment := func(account property.Value) map[string]property.Value {
		in := google(account)
		return map[string]property.Value{
			"project": text("payments"), "stack": text("prod"), "roleId": text("role-9"), "oidc": object(inputs{"gcp": in["gcp"]}),
		}
	}
	azureDeployment := func(client property.Value) map[string]property.Value {
		in := azure(client)
		return map[string]property.Value{
			"project": text("payments"), "stack": text("prod"), "roleId": text("role-9"),
			"oidc": object(map[string]property.Value{"azure": in["azure"]}),
		}
	}
	trust := func(name property.Value) map[string]property.Value {
		return map[string]property.Value{
			"provider": text("github"), "team": text("payments"),
			"repositories": list(object(map[string]property.Value{"repository": name, "branches": list(text("main"))})),
		}
	}
	teamToken := func(life property.Value) map[string]property.Value {
		return map[string]property.Value{
			"name": text("payments"), "roleId": text("role-9"), "token": object(map[string]property.Value{"expiresIn": life}),
		}
	}
	baseline := func(level property.Value) map[string]property.Value {
		return map[string]property.Value{"defaults": object(map[string]property.Value{"stackPermission": level})}
	}
	vault := func(name property.Value) map[string]property.Value {
		return vaultEnvironment(existingAzure(), text(azureVault), inputs{"password": name})
	}
	googleSecrets := func(name property.Value) map[string]property.Value {
		return googleStore(existingGCP(), inputs{"password": name})
	}
	tests := []struct {
		name, component, token, property, value string
		inputs                                  func(property.Value) map[string]property.Value
	}{
		{
			name: "ScopedTeam", component: "ScopedTeam", inputs: scopedTeam, value: "payments",
			token: "leastprivilege:index:Role", property: "access",
		},
		{
			name: "ScopedTeam token", component: "ScopedTeam", inputs: teamToken, value: "30d",
			token: "leastprivilege:index:MachineToken", property: "expiresIn",
		},
		{
			name: "OrganizationBaseline", component: "OrganizationBaseline", inputs: baseline, value: "read",
			token: "leastprivilege:index:OrganizationSettings", property: "defaultStackPermission",
		},
		{
			name: "ProductionEnvironment", component: "ProductionEnvironment", inputs: environment, value: "hunter2",
			token: "leastprivilege:index:Environment", property: "definition",
		},
		{
			name: "SecretStoreEnvironment", component: "SecretStoreEnvironment", inputs: stores, value: "payments/db",
			token: "leastprivilege:index:Environment", property: "definition",
		},
		{
			name: "DeploymentRoleAssignment", component: "DeploymentRoleAssignment", inputs: deployment,
			value: "arn:aws:iam::123456789012:role/payments",
			token: "leastprivilege:index:DeploymentRole", property: "oidc",
		},
		{
			name: "ProductionEnvironment, azure", component: "ProductionEnvironment", inputs: azure, value: azureClient,
			token: "leastprivilege:index:Environment", property: "definition",
		},
		{
			name: "ProductionEnvironment, gcp", component: "ProductionEnvironment", inputs: google, value: gcpMadeAccount,
			token: "leastprivilege:index:Environment", property: "definition",
		},
		{
			name: "DeploymentRoleAssignment, gcp", component: "DeploymentRoleAssignment", inputs: googleDeployment, value: gcpMadeAccount,
			token: "leastprivilege:index:DeploymentRole", property: "oidc",
		},
		{
			name: "ReadOnlyCloudAccess", component: "ReadOnlyCloudAccess", token: "leastprivilege:index:Environment", property: "definition",
			value: "arn:aws:iam::123456789012:role/payments",
			inputs: func(arn property.Value) map[string]property.Value {
				return readOnly(inputs{"aws": object(inputs{"create": property.New(false), "roleArn": arn})})
			},
		},
		{
			name: "ReadOnlyCloudAccess, users", component: "ReadOnlyCloudAccess", token: "aws:iam/role:Role", property: "assumeRolePolicy",
			value: "bo",
			inputs: func(user property.Value) map[string]property.Value {
				in := readOnly(inputs{"aws": object(inputs{"accountId": text("123456789012")})})
				in["lock"] = object(inputs{"users": list(user)})
				return in
			},
		},
		{
			name: "SecretStoreEnvironment, azureKeyVault", component: "SecretStoreEnvironment", inputs: vault, value: "db-password",
			token: "leastprivilege:index:Environment", property: "definition",
		},
		{
			name: "SecretStoreEnvironment, googleSecretManager", component: "SecretStoreEnvironment", inputs: googleSecrets, value: "db-password",
			token: "leastprivilege:index:Environment", property: "definition",
		},
		{
			name: "DeploymentRoleAssignment, azure", component: "DeploymentRoleAssignment", inputs: azureDeployment, value: azureClient,
			token: "leastprivilege:index:DeploymentRole", property: "oidc",
		},
		{
			name: "CiTrust", component: "CiTrust", inputs: trust, value: "acme/app",
			token: "leastprivilege:index:OidcIssuer", property: "policies",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			t.Run("secret", func(t *testing.T) {
				t.Parallel()
				e := newEngine(t)
				_, err := e.construct(test.component, test.inputs(secret(text(test.value))), false)
				require.NoError(t, err)
				got := e.child(test.token, "x").Inputs.Get(test.property)
				assert.True(t, got.HasSecrets(), "%s arrived in the clear: %v", test.property, got)
				assert.False(t, got.HasComputed())
			})
			t.Run("unknown", func(t *testing.T) {
				t.Parallel()
				e := newEngine(t)
				_, err := e.construct(test.component, test.inputs(unknown()), true)
				require.NoError(t, err)
				got := e.child(test.token, "x").Inputs.Get(test.property)
				assert.True(t, got.HasComputed(), "%s arrived as known: %v", test.property, got)
			})
			t.Run("known with dependency", func(t *testing.T) {
				t.Parallel()
				e := newEngine(t)
				_, err := e.construct(test.component, test.inputs(dependent(text(test.value))), false)
				require.NoError(t, err)
				child := e.child(test.token, "x")
				got := child.Inputs.Get(test.property)
				assert.False(t, got.HasComputed())
				assert.False(t, got.HasSecrets())
				assert.Contains(t, child.RegisterRPC.GetDependencies(), string(upstream))
			})
		})
	}
}

// A secret leaf of values is a secret in the environment as well, not only in Pulumi's state.
func TestSecretLeavesBecomeSecretsOfTheEnvironment(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	_, err := e.construct("ProductionEnvironment", map[string]property.Value{
		"project": text("payments"), "name": text("prod"),
		"values": object(map[string]property.Value{
			"plain":  text("p"),
			"nested": object(map[string]property.Value{"list": list(secret(text("s3cret")), secret(property.New(7.0)))}),
		}),
		"environmentVariables": object(map[string]property.Value{"TOKEN": secret(text("t0ken"))}),
	}, false)
	require.NoError(t, err)
	definition := e.child("leastprivilege:index:Environment", "x").Inputs.Get("definition")
	require.True(t, definition.Secret())
	assert.Equal(t, `values:
  nested:
    list:
      - fn::secret: s3cret
      - fn::fromJSON:
          fn::secret: "7"
  plain: p
  environmentVariables:
    TOKEN:
      fn::secret: t0ken
`, definition.AsString())
}

// Without this, the engine would start a second plugin for the children, with a configuration of its own.
func TestChildrenCarryTheVersionOfThePlugin(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	_, err := e.construct("ScopedTeam", map[string]property.Value{
		"name": text("payments"), "roleId": text("role-9"),
	}, false)
	require.NoError(t, err)
	for _, token := range []string{"leastprivilege:index:Team", "leastprivilege:index:TeamAccess"} {
		child := e.child(token, "x").RegisterRPC
		assert.Equal(t, testVersion, child.GetVersion(), token)
		assert.Equal(t, testDownload, child.GetPluginDownloadURL(), token)
		assert.Contains(t, child.GetParent(), "leastprivilege:index:ScopedTeam::x", token)
	}
}

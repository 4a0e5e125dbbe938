package provider_test

import (
	"encoding/json"
	"regexp"
	"testing"

	pschema "github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider"
)

func inferred(t *testing.T) pschema.PackageSpec {
	t.Helper()
	plugin, err := provider.New()
	require.NoError(t, err)
	text, err := provider.Schema(t.Context(), plugin)
	require.NoError(t, err)
	var spec pschema.PackageSpec
	require.NoError(t, json.Unmarshal(text, &spec))
	return spec
}

// Whatever a user can write or read is described.
func TestEverythingIsDescribed(t *testing.T) {
	t.Parallel()
	spec := inferred(t)
	described := 0
	check := func(what, description string) {
		described++
		assert.NotEmpty(t, description, "%s has no description", what)
	}
	properties := func(what string, of map[string]pschema.PropertySpec) {
		for name, property := range of {
			check(what+"."+name, property.Description)
		}
	}
	for token, resource := range spec.Resources {
		check(token, resource.Description)
		properties(token, resource.Properties)
		properties(token+" (input)", resource.InputProperties)
	}
	for token, function := range spec.Functions {
		check(token, function.Description)
		properties(token, function.Inputs.Properties)
		properties(token+" (output)", function.ReturnType.ObjectTypeSpec.Properties)
	}
	for token, typ := range spec.Types {
		check(token, typ.Description)
		properties(token, typ.Properties)
		for _, value := range typ.Enum {
			check(token+" "+value.Name, value.Description)
		}
	}
	properties("configuration", spec.Config.Variables)
	assert.Greater(t, described, 150)
}

// The tokens are the contract; a Go rename must not change them.
func TestTokens(t *testing.T) {
	t.Parallel()
	spec := inferred(t)
	for _, name := range []string{
		"Role", "Team", "TeamAccess", "Environment", "DeploymentRole", "OidcIssuer", "OrganizationSettings", "PermissionSet", "MachineToken",
		"OrganizationBaseline", "ScopedTeam", "ProductionEnvironment", "DeploymentRoleAssignment", "CiTrust",
	} {
		assert.Contains(t, spec.Resources, "leastprivilege:index:"+name)
	}
	for _, name := range []string{
		"escSubjects", "deploymentSubjects", "awsTrustPolicy", "azureFederatedCredentials", "gcpWorkloadIdentity", "lintTrustPolicy",
	} {
		assert.Contains(t, spec.Functions, "leastprivilege:index:"+name)
	}
	for token := range spec.Types {
		assert.Regexp(t, `^leastprivilege:index:[A-Z][a-z]+([A-Z][a-z]+)*$`, token)
	}
}

// What decides which children exist is plain in every SDK; everything else takes outputs, inside lists and maps too.
func TestComponentInputsTakeOutputs(t *testing.T) {
	t.Parallel()
	for token, resource := range inferred(t).Resources {
		if !resource.IsComponent {
			continue
		}
		for name, property := range resource.InputProperties {
			assert.Equal(t, name == "existing" || name == "unmanagedMembers", property.Plain, "%s.%s", token, name)
			for _, element := range []*pschema.TypeSpec{property.Items, property.AdditionalProperties} {
				if element != nil {
					assert.False(t, element.Plain, "elements of %s.%s", token, name)
				}
			}
		}
	}
}

// A role's id has one name in every place that takes or gives one.
func TestIdsOfRolesHaveOneName(t *testing.T) {
	t.Parallel()
	spec, found := inferred(t), 0
	check := func(where string, properties map[string]pschema.PropertySpec) {
		for name, property := range properties {
			if regexp.MustCompile(`(?i)^the ids? of (the|a) (custom )?role`).MatchString(property.Description) {
				found++
				assert.Regexp(t, `[rR]oleIds?$`, name, "%s.%s", where, name)
			}
		}
	}
	for token, resource := range spec.Resources {
		check(token, resource.Properties)
		check(token, resource.InputProperties)
	}
	for token, typ := range spec.Types {
		check(token, typ.Properties)
	}
	assert.Greater(t, found, 20)
}

package provider_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	pschema "github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

func inferred(t testing.TB) pschema.PackageSpec {
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
		"Role", "Team", "TeamAccess", "EntityAccess", "StackOwner", "EnvironmentOwner", "Environment", "DeploymentRole", "OidcIssuer", "OrganizationSettings", "PermissionSet", "MachineToken",
		"OrganizationBaseline", "ScopedTeam", "ProductionEnvironment", "DeploymentRoleAssignment", "CiTrust",
	} {
		assert.Contains(t, spec.Resources, "leastprivilege:index:"+name)
	}
	for _, name := range []string{
		"escSubjects", "deploymentSubjects", "awsTrustPolicy", "azureFederatedCredentials", "gcpWorkloadIdentity", "lintTrustPolicy",
		"escSubjectsV2", "vaultJwtRole", "snowflakeSecurityIntegration",
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

// The opt-ins that a resource or component knows are in one table, its description names exactly those, and it refuses others.
func TestEveryAllowIsInTheTable(t *testing.T) {
	t.Parallel()
	found := 0
	for token, resource := range inferred(t).Resources {
		name := token[strings.LastIndex(token, ":")+1:]
		allow, takes := resource.InputProperties["allow"]
		known := types.OptIns(name)
		assert.Equal(t, takes, len(known) > 0, name)
		if !takes {
			continue
		}
		found++
		for _, value := range types.OptIn("").Values() {
			described := strings.Contains(allow.Description, "`"+string(value.Value)+"`")
			assert.Equal(t, slices.Contains(known, value.Value), described, "%s describes %s", name, value.Value)
			refused := len(types.CheckOptIns(name, []types.OptIn{value.Value})) > 0
			assert.Equal(t, !slices.Contains(known, value.Value), refused, "%s and %s", name, value.Value)
		}
		assert.Equal(t, "allow[1]", types.CheckOptIns(name, []types.OptIn{known[0], "everything"})[0].Path)
	}
	assert.Greater(t, found, 10)
}

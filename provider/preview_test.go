package provider_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/blang/semver"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration"
	presource "github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const previewSeed = `
organization: acme
users: [{login: ana, role: admin}, {login: bo}]
teams: [{name: payments, members: [bo]}]
stacks: [{project: payments, stack: prod, owner: ana}]
environments: [{project: payments, environment: prod, definition: "values: {}", owner: ana}]
`

// previewed are inputs of every resource, all of them known. Those which select something select what exists.
var previewed = map[string]map[string]any{
	"AccessInvariant": {
		"scope": "environment:open", "environments": []string{"payments/prod"}, "allowed": map[string]any{"users": []string{"bo"}, "roles": []string{"Admin"}},
	},
	"ApprovalGate":   {"project": "payments", "environment": "prod", "action": "open", "approvers": map[string]any{"teams": []string{"payments"}}},
	"DeploymentRole": {"project": "payments", "stack": "prod", "roleId": "0"},
	"EntityAccess":   {"stack": map[string]any{"project": "payments", "stack": "prod"}, "users": []string{}},
	"Environment":    {"project": "payments", "name": "new", "definition": "values: {}"},
	"LoginTransition": {
		"project": "payments", "name": "prod", "needs": map[string]any{"aws.login": "{}"}, "subjects": []string{"one"}, "awsReads": "{}",
	},
	"MachineToken":         {"name": "ci", "team": "payments", "expiresIn": "30d"},
	"OidcIssuer":           {"name": "ci", "url": "https://token.actions.githubusercontent.com"},
	"OrganizationSettings": {"defaultStackPermission": "none"},
	"PermissionSet":        {"name": "lookers", "entityType": "stack", "scopes": []string{"stack:read"}},
	"Role":                 {"name": "lookers", "access": map[string]any{"scopes": []string{"audit_logs:read"}}},
	"StackOwner":           {"project": "payments", "stack": "prod", "owner": "bo"},
	"EnvironmentOwner":     {"project": "payments", "environment": "prod", "owner": "bo"},
	"Team":                 {"name": "new", "members": []string{"bo"}},
	"TeamMembers":          {"team": "payments", "members": []string{"bo"}},
	"TeamAccess":           {"team": "payments", "roleIds": []string{}},
}

// certain are the outputs that follow from the inputs of a create, whatever the service does.
var certain = map[string][]string{"ApprovalGate": {"unrecognized"}, "LoginTransition": {"trustedSubjects", "permittedAwsReads"}, "Team": {"kind"}}

// previewing serves the whole provider, with a sandbox behind it.
func previewing(t testing.TB) integration.Server {
	t.Helper()
	sandbox := servertest.Start(t, server.Options{Organization: "acme", Seed: []byte(previewSeed)})
	plugin, err := provider.New()
	require.NoError(t, err)
	served, err := integration.NewServer(t.Context(), "leastprivilege", semver.MustParse("0.1.0"), integration.WithProvider(plugin))
	require.NoError(t, err)
	require.NoError(t, served.Configure(p.ConfigureRequest{Args: resourcetest.Object(map[string]any{
		"apiUrl": sandbox.URL, "accessToken": sandbox.Token, "organization": "acme",
	})}))
	return served
}

// What the preview of a create answers is what is certain: no id, and no output that is not an input. The engine would
// otherwise run what depends on it, such as a function that reads the object, before there is anything to read.
func TestPreviewOfCreateKnowsInputsAlone(t *testing.T) {
	t.Parallel()
	served, spec := previewing(t), inferred(t)
	for _, token := range slices.Sorted(maps.Keys(spec.Resources)) {
		if spec.Resources[token].IsComponent {
			continue
		}
		name := string(tokens.Type(token).Name())
		t.Run(name, func(t *testing.T) {
			require.Contains(t, previewed, name, "every resource is previewed here")
			urn := presource.NewURN("dev", "platform", "", tokens.Type(token), "x")
			checked, err := served.Check(p.CheckRequest{Urn: urn, Inputs: resourcetest.Object(previewed[name])})
			require.NoError(t, err)
			require.Empty(t, checked.Failures)
			made, err := served.Create(p.CreateRequest{Urn: urn, Properties: checked.Inputs, DryRun: true})
			require.NoError(t, err)
			assert.Empty(t, made.ID, "an id says that the object can be read")
			for output := range spec.Resources[token].Properties {
				value, given := made.Properties.GetOk(output)
				if _, input := checked.Inputs.GetOk(output); input || !given || value.IsNull() || slices.Contains(certain[name], output) {
					continue
				}
				assert.True(t, value.IsComputed(), "%s is known as %v", output, value)
			}
		})
	}
}

// An input that is not known yet is an output that is not known yet. What depends on the output would otherwise take it for absent.
func TestPreviewOfCreateKeepsUnknownInputs(t *testing.T) {
	t.Parallel()
	served, spec := previewing(t), inferred(t)
	tried := 0
	for _, token := range slices.Sorted(maps.Keys(spec.Resources)) {
		resource := spec.Resources[token]
		if resource.IsComponent {
			continue
		}
		name := string(tokens.Type(token).Name())
		urn := presource.NewURN("dev", "platform", "", tokens.Type(token), "x")
		for _, input := range slices.Sorted(maps.Keys(resource.InputProperties)) {
			if _, output := resource.Properties[input]; !output {
				continue
			}
			given := resourcetest.Object(previewed[name]).Set(input, property.New(property.Computed))
			checked, err := served.Check(p.CheckRequest{Urn: urn, Inputs: given})
			require.NoError(t, err)
			if len(checked.Failures) > 0 {
				continue // of what is given beside it
			}
			tried++
			made, err := served.Create(p.CreateRequest{Urn: urn, Properties: checked.Inputs, DryRun: true})
			require.NoError(t, err, "%s.%s", name, input)
			assert.True(t, made.Properties.Get(input).IsComputed(), "%s.%s is %v", name, input, made.Properties.Get(input))
		}
	}
	assert.Greater(t, tried, 80)
}

package components_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// setsOf are the sets among the inputs of each component, read from the constructors.
func setsOf(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, one := range components.Definitions {
		sets, err := one.Sets()
		require.NoError(t, err, one.Name())
		all[one.Name()] = sets
	}
	require.Len(t, all, len(components.All(kit.Host{})))
	return all
}

func someApproval() property.Value {
	return object(inputs{"approvers": object(inputs{"teams": texts("ops", "security"), "users": texts("ana", "zoe")})})
}

func entityRules(kind string, names ...string) property.Value {
	var rules []property.Value
	for _, name := range names {
		rule := inputs{"scopes": texts(kind+":read", kind+":write")}
		if rule[kind] = text(name); kind == "account" {
			rule["scopes"] = texts("insights_account:read", "insights_account:delete")
		} else {
			rule["project"] = text("web")
		}
		rules = append(rules, object(rule))
	}
	return list(rules...)
}

func someAccess(more inputs) property.Value {
	access := inputs{
		"stacks": entityRules("stack", "dev", "prod"), "environments": entityRules("environment", "dev", "prod"),
		"accounts": entityRules("account", "dev", "prod"), "scopes": texts("audit_logs:read", "team:read"),
	}
	maps.Copy(access, more)
	return object(access)
}

func withSets() map[string][]inputs {
	lock := object(inputs{"allowedRoots": texts("payments/app", "web/app"), "users": texts("bo", "cy")})
	approvals := inputs{"openApproval": someApproval(), "updateApproval": someApproval(), "lock": lock}
	aws := object(inputs{
		"createOidcProvider": property.New(true), "oidcAudiences": texts("acme", "aws:other"),
		"managedPolicyArns": texts("arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"),
		"policyArns":        texts("arn:aws:iam::aws:policy/C", "arn:aws:iam::aws:policy/D"),
	})
	azure := object(createdAzure(assignment(text(azureGroup), azureReader), assignment(text(azureGroup+"2"), azureReader)))
	gcp := object(createdGCP(inputs{"roles": texts("roles/viewer", "roles/browser")}))
	clouds := inputs{"aws": aws, "azure": azure, "gcp": gcp}
	environment := func(more ...inputs) inputs {
		in := inputs{"project": text("payments"), "name": text("prod"), "allowedOpeners": object(inputs{
			"users": texts("bo", "di"), "teams": texts("a", "b"), "tokens": texts("ci", "ops/ci"),
			"deployments": texts("payments/prod", "web/prod"), "roles": texts("one", "two"),
		})}
		for _, part := range more {
			maps.Copy(in, part)
		}
		return in
	}
	keys := texts("arn:aws:kms:eu-west-1:123456789012:key/11111111-1111-4111-8111-111111111111", "arn:aws:kms:eu-west-1:123456789012:key/22222222-2222-4222-8222-222222222222")
	stores := inputs{"aws": object(inputs{"accountId": text("123456789012")}), "secrets": object(inputs{
		"awsSecretsManager": object(inputs{"region": text("eu-west-1"), "kmsKeyArns": keys, "get": object(inputs{"p": object(inputs{"secretId": text("a/b")})})}),
		"awsParameterStore": object(inputs{"region": text("eu-west-1"), "kmsKeyArns": keys, "get": object(inputs{"h": object(inputs{"name": text("/a/b"), "decrypt": property.New(true)})})}),
	})}
	repository := func(name string) property.Value {
		return object(inputs{"repository": text(name), "branches": texts("main", "next"), "environments": texts("prod", "dev"), "tags": texts("v1", "v2")})
	}
	rights := func() property.Value {
		return object(inputs{
			"stackScopes": texts("stack:read", "stack:write"), "environmentScopes": texts("environment:read", "environment:write"),
			"accountScopes": texts("insights_account:read", "insights_account:delete"),
		})
	}
	tier := func(name string) property.Value {
		return object(inputs{"name": text(name), "people": rights(), "automation": rights()})
	}
	members := inputs{"members": texts("bo", "cy"), "admins": texts("di", "eve"), "tiers": texts("one", "two")}
	return map[string][]inputs{
		"OrganizationBaseline": {{"allow": texts("lockOut", "lockOut")}},
		"ScopedTeam":           {{"name": text("web"), "members": texts("bo", "cy"), "admins": texts("di", "eve"), "allow": texts("lockOut", "openOnAll"), "access": someAccess(nil)}},
		"BreakGlass": {emergency(inputs{
			"members": list(memberUntil("bo", 3600e9), memberUntil("cy", 7200e9)), "access": someAccess(nil), "allow": texts("lockOut", "openOnAll"),
			"approvers": object(inputs{"teams": texts("ops", "security"), "users": texts("ana", "zoe")}),
		})},
		"ProductionEnvironment": {environment(approvals, clouds)},
		"SecretStoreEnvironment": {environment(approvals, clouds, inputs{"secrets": object(inputs{"googleSecretManager": object(inputs{"get": object(inputs{"p": object(inputs{"name": text("db")})})})})}),
			environment(stores)},
		"ReadOnlyCloudAccess": {environment(approvals, inputs{
			"azure": object(inputs{"resourceGroupName": text("pulumi"), "scopes": texts(azureGroup, azureGroup+"2")}),
		})},
		"DeploymentRoleAssignment": {{
			"project": text("payments"), "stack": text("prod"), "access": someAccess(nil), "allow": texts("lockOut", "openOnAll"),
			"oidc": object(inputs{"operations": texts("preview", "update"), "aws": aws, "azure": azure, "gcp": gcp}),
		}},
		"CiTrust": {
			{"provider": text("github"), "team": text("web"), "repositories": list(repository("acme/a"), repository("acme/b")), "thumbprints": texts(strings.Repeat("a", 64), strings.Repeat("b", 64)), "allow": texts("bareWildcardSubject", "wildcardInClaim")},
			{"provider": text("gitlab"), "team": text("web"), "projects": list(object(inputs{"project": text("acme/a"), "branches": texts("main", "next"), "tags": texts("v1", "v2"), "environments": texts("prod", "dev")}))},
			{"provider": text("github"), "team": text("web"), "repositories": list(object(inputs{"repository": text("acme/a"), "branches": texts("main"),
				"workflows": texts("acme/wf/.github/workflows/a.yml@refs/heads/main", "acme/wf/.github/workflows/b.yml@refs/heads/main")}))},
			{"provider": text("azureDevOps"), "url": text("https://vstoken.dev.azure.com/0a1b2c3d-1111-4222-8333-444455556666"), "team": text("web"), "azurePipelines": list(object(inputs{
				"projectId": text("0a1b2c3d-1111-4222-8333-444455556666"), "pipelineId": text("7"), "branches": texts("main", "next"), "tags": texts("v1", "v2")}))},
			{"provider": text("bitbucket"), "url": text("https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc"), "team": text("web"),
				"bitbucketRepositories": list(object(inputs{"repositoryUuid": text("0a1b2c3d-1111-4222-8333-444455556666"), "branches": texts("main", "next"), "environments": texts("0a1b2c3d-1111-4222-8333-444455556666", "0a1b2c3d-1111-4222-8333-444455556667")}))},
			{"provider": text("buildkite"), "team": text("web"), "buildkitePipelines": list(object(inputs{
				"organization": text("acme"), "pipeline": text("app"), "branches": texts("main", "next"), "tags": texts("v1", "v2")}))},
			{"provider": text("circleci"), "url": text("https://oidc.circleci.com/org/0a1b2c3d-1111-4222-8333-444455556666"), "team": text("web"), "circleProjects": list(object(inputs{
				"projectId": text("0a1b2c3d-1111-4222-8333-444455556666"), "branches": texts("main", "next"), "tags": texts("v1", "v2"), "contexts": texts("0a1b2c3d-1111-4222-8333-444455556666", "0a1b2c3d-1111-4222-8333-444455556667")}))},
		},
		"TieredAccess": {{
			"tiers": list(tier("one"), tier("two")), "allow": texts("lockOut", "stackAdminForPeople"),
			"teams": list(tieredTeam("a", members), tieredTeam("b", members)),
		}},
	}
}

// mixed are inputs whose sets are in another order; an element may be there twice, unless it stands for a thing of its own name.
func mixed(t *rapid.T, value property.Value, path string, sets []string) property.Value {
	switch {
	case value.IsMap():
		fields := value.AsMap()
		for name, field := range fields.AllStable {
			fields = fields.Set(name, mixed(t, field, strings.TrimPrefix(path+"."+name, "."), sets))
		}
		return property.New(fields)
	case value.IsArray():
		var elements []property.Value
		for _, element := range value.AsArray().All {
			elements = append(elements, mixed(t, element, path+"[]", sets))
		}
		if slices.Contains(sets, path) {
			if len(elements) > 0 && !slices.Contains([]string{"teams", "tiers", "members"}, path) || path == "members" && elements[0].IsString() {
				elements = append(elements, rapid.SampledFrom(elements).Draw(t, "twice in "+path))
			}
			elements = rapid.Permutation(elements).Draw(t, path)
		}
		return list(elements...)
	}
	return value
}

// TestOrderAndDuplicatesMakeNoDifference is the law of sets: whatever order they are written in, and however often one element
// is, a component and its children are the same. Every set of every component is among what is tried.
func TestOrderAndDuplicatesMakeNoDifference(t *testing.T) {
	t.Parallel()
	given := withSets()
	for component, sets := range setsOf(t) {
		tried := map[string]bool{}
		for _, in := range given[component] {
			note(tried, property.New(property.NewMap(in)), "")
			t.Run(component, func(t *testing.T) {
				t.Parallel()
				sandbox := servertest.Start(t, server.Options{Seed: []byte(setsSeed)})
				client, err := cloud.New(cloud.Config{Token: "pul-token", HTTP: &http.Client{Transport: sandbox.Standing("acme", "payments/prod")}})
				require.NoError(t, err)
				want, wanted := childrenOf(t, client, component, in)
				another := rapid.Custom(func(rt *rapid.T) property.Value { return mixed(rt, property.New(property.NewMap(in)), "", sets) })
				for seed := range 8 { // each is a program of its own over gRPC, so there are few
					mixed := another.Example(seed)
					got, answered := childrenOf(t, client, component, maps.Collect(mixed.AsMap().All))
					require.Equal(t, want, got, "%v", mixed)
					require.Equal(t, wanted, answered, "%v", mixed)
				}
			})
		}
		for _, set := range sets {
			require.True(t, tried[set], "%s: nothing tries the set %s", component, set)
		}
	}
}

// note records the paths of lists with several elements.
func note(tried map[string]bool, value property.Value, path string) {
	switch {
	case value.IsMap():
		for name, field := range value.AsMap().All {
			note(tried, field, strings.TrimPrefix(path+"."+name, "."))
		}
	case value.IsArray():
		tried[path] = tried[path] || value.AsArray().Len() > 1
		for _, element := range value.AsArray().All {
			note(tried, element, path+"[]")
		}
	}
}

// setsSeed has what guards look at.
const setsSeed = `
organization: acme
users: [{login: ana, role: admin}, {login: bo}, {login: cy}]
teams: [{name: ops, members: [bo, cy]}]
environments: [{project: payments, environment: prod, owner: ana}]
grants: [{team: ops, project: payments, environment: prod, permission: open}]
`

// childrenOf is what a component makes: each child with its inputs, and the component's own outputs.
func childrenOf(t *testing.T, client *cloud.Client, component string, in inputs) (map[string]property.Map, property.Map) {
	t.Helper()
	e := newEngineOn(t, client)
	answer, err := e.construct(component, in, false)
	if err != nil {
		require.NoError(t, err, "%v", failedPaths(t, err))
	}
	children := map[string]property.Map{}
	for name, child := range e.children {
		children[name] = plainOf(property.New(child.Inputs)).AsMap()
	}
	return children, plainOf(property.New(answer.State)).AsMap()
}

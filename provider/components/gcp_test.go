package components_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

const (
	gcpMadeAccount = "made@acme-prod.iam.gserviceaccount.com"
	gcpPool        = "projects/123456789012/locations/global/workloadIdentityPools/pulumi"
	gcpPrincipal   = "principal://iam.googleapis.com/" + gcpPool + "/subject/"

	gcpPoolToken     = "gcp:iam/workloadIdentityPool:WorkloadIdentityPool"
	gcpProviderToken = "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"
	gcpAccountToken  = "gcp:serviceaccount/account:Account"
	gcpBindingToken  = "gcp:serviceaccount/iAMBinding:IAMBinding"
	gcpMemberToken   = "gcp:projects/iAMMember:IAMMember"
)

// gcpEnvironment is payments/prod with a gcp block, and a lock unless it is null.
func gcpEnvironment(gcp inputs, lock property.Value) inputs { return environmentWith("gcp", gcp, lock) }

func existingGCP() inputs {
	return inputs{
		"create": property.New(false), "projectNumber": text("123456789012"), "workloadPoolId": text("pulumi"),
		"providerId": text("payments-prod"), "serviceAccount": text(gcpMadeAccount),
	}
}

func createdGCP(more inputs) inputs {
	in := inputs{"project": text("acme-prod"), "projectNumber": text("123456789012"), "workloadPoolId": text("pulumi")}
	for name, value := range more {
		in[name] = value
	}
	return in
}

func (e *engine) gcpChildren() []string {
	return slices.DeleteFunc(e.childNames(), func(name string) bool { return !strings.HasPrefix(name, "gcp:") })
}

// The pool, its provider, the service account, one principal for each subject and the roles are children from the official
// package.
func TestCreatedGoogleIdentity(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	answer, err := e.construct("ProductionEnvironment", gcpEnvironment(createdGCP(inputs{
		"createPool": property.New(true), "tokenLifetime": text("30m"),
		"roles": list(text("roles/viewer"), text("roles/storage.admin"), text("roles/viewer")),
	}), object(inputs{"allowedRoots": list(text("payments/app"))})), false)
	require.NoError(t, err)
	assert.Equal(t, []string{
		gcpPoolToken + " x", gcpProviderToken + " x", gcpMemberToken + " x-storage.admin", gcpMemberToken + " x-viewer",
		gcpAccountToken + " x", gcpBindingToken + " x",
	}, sorted(e.gcpChildren(), gcpPoolToken, gcpProviderToken, gcpMemberToken, gcpAccountToken, gcpBindingToken))

	pool := e.child(gcpPoolToken, "x")
	assert.Equal(t, text("pulumi"), pool.Inputs.Get("workloadIdentityPoolId"))
	assert.Equal(t, text("acme-prod"), pool.Inputs.Get("project"))
	assert.Equal(t, "9.37.0", pool.RegisterRPC.GetVersion())
	assert.Contains(t, pool.RegisterRPC.GetParent(), "leastprivilege:index:ProductionEnvironment::x")

	app := strings.Replace(prodSubject, "rootEnvironment.name:payments/prod", "rootEnvironment.name:payments/app", 1)
	want, err := oidc.GoogleWorkloadIdentityFor(oidc.GoogleTrust{Subjects: []string{prodSubject, app}, Audience: "gcp:acme", Pool: gcpPool})
	require.NoError(t, err)
	provider := e.child(gcpProviderToken, "x")
	assert.Equal(t, property.NewMap(inputs{
		"project": text("acme-prod"), "workloadIdentityPoolId": text("pulumi"), "workloadIdentityPoolProviderId": text("payments-prod"),
		"displayName": text("Pulumi payments/prod"), "description": provider.Inputs.Get("description"),
		"oidc":               object(inputs{"issuerUri": text("https://api.pulumi.com/oidc"), "allowedAudiences": list(text("gcp:acme"))}),
		"attributeMapping":   object(inputs{"google.subject": text(want.AttributeMapping["google.subject"])}),
		"attributeCondition": text(want.AttributeCondition),
	}), provider.Inputs)
	assert.Contains(t, strings.Join(provider.RegisterRPC.GetDependencies(), " "), gcpPoolToken, "a provider needs its pool")

	account := e.child(gcpAccountToken, "x").Inputs
	assert.Equal(t, text("payments-prod"), account.Get("accountId"))
	assert.Equal(t, text("acme-prod"), account.Get("project"))
	binding := e.child(gcpBindingToken, "x").Inputs
	assert.Equal(t, property.NewMap(inputs{
		"serviceAccountId": text("projects/acme-prod/serviceAccounts/" + gcpMadeAccount), "role": text("roles/iam.workloadIdentityUser"),
		"members": list(text(want.Principals[0].Member), text(want.Principals[1].Member)),
	}), binding)
	assert.Equal(t, property.NewMap(inputs{
		"project": text("acme-prod"), "role": text("roles/viewer"), "member": text("serviceAccount:" + gcpMadeAccount),
	}), e.child(gcpMemberToken, "x-viewer").Inputs)

	environment := e.child("leastprivilege:index:Environment", "x")
	definition := environment.Inputs.Get("definition").AsString()
	for _, line := range []string{
		"project: 123456789012", "workloadPoolId: pulumi", "providerId: payments-prod", "serviceAccount: " + gcpMadeAccount, "tokenLifetime: 30m",
		"- rootEnvironment.name\n            - currentEnvironment.name\n", "CLOUDSDK_CORE_PROJECT: acme-prod",
	} {
		assert.Contains(t, definition, line)
	}
	assert.Contains(t, strings.Join(environment.RegisterRPC.GetDependencies(), " "), gcpBindingToken, "nobody can log in before the binding is there")

	assert.Equal(t, text(gcpMadeAccount), unmarked(answer.State.Get("gcpServiceAccount")))
	assert.Equal(t, text(want.AttributeCondition), unmarked(answer.State.Get("gcpAttributeCondition")))
	assert.Equal(t, 2, answer.State.Get("gcpPrincipals").AsArray().Len())
	var document oidc.GoogleWorkloadIdentity
	require.NoError(t, json.Unmarshal([]byte(answer.State.Get("gcpWorkloadIdentityProvider").AsString()), &document))
	assert.Equal(t, want.OIDC, document.OIDC)
	assert.Equal(t, want.AttributeMapping, document.AttributeMapping)
}

func unmarked(v property.Value) property.Value { return v.WithDependencies(nil) }

// sorted puts names in the order of the tokens that they start with.
func sorted(names []string, tokens ...string) []string {
	slices.SortStableFunc(names, func(a, b string) int {
		rank := func(name string) int {
			return slices.IndexFunc(tokens, func(token string) bool { return strings.HasPrefix(name, token+" ") })
		}
		return rank(a) - rank(b)
	})
	return names
}

// An identity that exists takes no plugin, and what it must be is output.
func TestExistingGoogleIdentity(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	answer, err := e.construct("ProductionEnvironment", gcpEnvironment(existingGCP(), object(inputs{"users": list(text("bo"))})), false)
	require.NoError(t, err)
	assert.Empty(t, e.gcpChildren())
	subject := prodSubject + ":pulumi.user.login:bo"
	assert.Equal(t, text("assertion.sub == '"+subject+"'"), unmarked(answer.State.Get("gcpAttributeCondition")))
	assert.Equal(t, list(text(gcpPrincipal+strings.TrimPrefix(subject, "pulumi:environments:pulumi.organization.login:"))), unmarked(answer.State.Get("gcpPrincipals")))
	definition := e.child("leastprivilege:index:Environment", "x").Inputs.Get("definition").AsString()
	assert.Contains(t, definition, "- pulumi.user.login")
	assert.NotContains(t, definition, "CLOUDSDK_CORE_PROJECT", "gcloud wants the project's id, which was not given")
}

func TestDeploymentsOfGoogle(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	in := inputs{"project": text("payments"), "stack": text("prod"), "roleId": text("role-9"), "oidc": object(inputs{
		"operations": list(text("update"), text("preview")), "gcp": object(createdGCP(inputs{"tokenLifetime": text("20m")})),
	})}
	answer, err := e.construct("DeploymentRoleAssignment", in, false)
	require.NoError(t, err)
	login := e.child("leastprivilege:index:DeploymentRole", "x").Inputs.Get("oidc").AsMap().Get("gcp")
	assert.Equal(t, object(inputs{
		"projectId": text("123456789012"), "workloadPoolId": text("pulumi"), "providerId": text("deploy-payments-prod"),
		"serviceAccount": text(gcpMadeAccount), "tokenLifetime": text("20m"),
	}), login)
	provider := e.child(gcpProviderToken, "x").Inputs
	assert.Equal(t, object(inputs{"issuerUri": text("https://api.pulumi.com/oidc"), "allowedAudiences": list(text("acme"))}), provider.Get("oidc"))
	assert.Equal(t, list(
		text(gcpPrincipal+"pulumi:deploy:org:acme:project:payments:stack:prod:operation:preview:scope:write"),
		text(gcpPrincipal+"pulumi:deploy:org:acme:project:payments:stack:prod:operation:update:scope:write"),
	), unmarked(answer.State.Get("gcpPrincipals")))
	assert.Contains(t, strings.Join(e.child("leastprivilege:index:DeploymentRole", "x").RegisterRPC.GetDependencies(), " "), gcpBindingToken)
}

// Without a gcp block nothing is said of Google.
func TestNoGoogleIdentity(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	answer, err := e.construct("ProductionEnvironment", inputs{"project": text("p"), "name": text("e")}, false)
	require.NoError(t, err)
	for _, name := range []string{"gcpServiceAccount", "gcpWorkloadIdentityProvider", "gcpAttributeCondition"} {
		assert.True(t, answer.State.Get(name).IsNull(), name)
	}
	assert.Empty(t, e.gcpChildren())
}

// What is not known does not keep children from being planned, and a secret is in no child's name.
func TestGoogleChildrenOfUnknownsAndSecrets(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	_, err := e.construct("ProductionEnvironment", gcpEnvironment(createdGCP(inputs{
		"roles": list(unknown(), text("roles/viewer")),
	}), unknown()), true)
	require.NoError(t, err)
	assert.Contains(t, e.gcpChildren(), gcpMemberToken+" x-1")
	assert.Contains(t, e.gcpChildren(), gcpMemberToken+" x-2")
	assert.True(t, e.child(gcpBindingToken, "x").Inputs.Get("members").IsComputed())
	assert.True(t, e.child(gcpMemberToken, "x-2").Inputs.Get("role").IsComputed())

	e = newEngine(t)
	_, err = e.construct("ProductionEnvironment", gcpEnvironment(createdGCP(inputs{
		"roles": list(secret(text("roles/hidden")), secret(text("roles/hidden"))),
	}), object(inputs{"users": list(secret(text("hidden")))})), false)
	require.NoError(t, err)
	assert.NotContains(t, strings.Join(e.childNames(), " "), "hidden")
	assert.True(t, e.child(gcpBindingToken, "x").Inputs.Get("members").HasSecrets())
	assert.True(t, e.child(gcpProviderToken, "x").Inputs.Get("attributeCondition").HasSecrets())
	assert.True(t, e.child(gcpMemberToken, "x-1").Inputs.Get("role").HasSecrets())
}

func TestBadGoogleInputs(t *testing.T) {
	t.Parallel()
	with := func(gcp inputs, name string, value property.Value) inputs {
		gcp[name] = value
		return gcp
	}
	without := func(gcp inputs, name string) inputs {
		delete(gcp, name)
		return gcp
	}
	environment := func(gcp inputs) inputs { return gcpEnvironment(gcp, property.Value{}) }
	deployment := func(gcp inputs) inputs {
		return inputs{"project": text("p"), "stack": text("s"), "roleId": text("r"), "oidc": object(inputs{"gcp": object(gcp)})}
	}
	tests := []struct {
		name, path string
		inputs     inputs
		preview    bool
	}{
		{"no project", "gcp.project", environment(without(createdGCP(nil), "project")), false},
		{"no number", "gcp.projectNumber", environment(without(createdGCP(nil), "projectNumber")), false},
		{"no pool", "gcp.workloadPoolId", environment(without(createdGCP(nil), "workloadPoolId")), false},
		{"an id for the number", "gcp.projectNumber", environment(createdGCP(inputs{"projectNumber": text("acme-prod")})), false},
		{"the number for an id", "gcp.project", environment(createdGCP(inputs{"project": text("123456789012")})), false},
		{"a pool's whole name", "gcp.workloadPoolId", environment(createdGCP(inputs{"workloadPoolId": text(gcpPool)})), false},
		{"a long provider", "gcp.providerId", environment(createdGCP(inputs{"providerId": text(strings.Repeat("p", 33))})), false},
		{"a long account", "gcp.serviceAccountId", environment(createdGCP(inputs{"serviceAccountId": text(strings.Repeat("p", 31))})), false},
		{"an account to create", "gcp.serviceAccount", environment(createdGCP(inputs{"serviceAccount": text(gcpMadeAccount)})), false},
		{"a role's title", "gcp.roles[1]", environment(createdGCP(inputs{"roles": list(text("roles/viewer"), text("Viewer"))})), false},
		{"a long lifetime", "gcp.tokenLifetime", environment(createdGCP(inputs{"tokenLifetime": text("13h")})), false},
		{"no lifetime", "gcp.tokenLifetime", environment(createdGCP(inputs{"tokenLifetime": text("soon")})), false},
		{"no provider that exists", "gcp.providerId", environment(without(existingGCP(), "providerId")), false},
		{"no account that exists", "gcp.serviceAccount", environment(without(existingGCP(), "serviceAccount")), false},
		{"not an account", "gcp.serviceAccount", environment(with(existingGCP(), "serviceAccount", text("bo@acme.example"))), false},
		{"roles of one that exists", "gcp.roles", environment(with(existingGCP(), "roles", list())), false},
		{"a pool for what exists", "gcp.createPool", environment(with(existingGCP(), "createPool", property.New(true))), false},
		{"an id for what exists", "gcp.serviceAccountId", environment(with(existingGCP(), "serviceAccountId", text("deploy"))), false},
		{"unknown block", "gcp", inputs{"project": text("p"), "name": text("e"), "gcp": unknown()}, true},
		{"unknown create", "gcp.create", environment(createdGCP(inputs{"create": unknown()})), true},
		{"unknown pool", "gcp.createPool", environment(createdGCP(inputs{"createPool": unknown()})), true},
		{"unknown roles", "gcp.roles", environment(createdGCP(inputs{"roles": unknown()})), true},
		{"a subject over 127", "name", googleSubjectOf(128), false},
		{"a condition over 4096", "lock", gcpEnvironment(existingGCP(), object(inputs{"allowedRoots": manyRoots(40)})), false},
		{"deployment without project", "oidc.gcp.project", deployment(without(createdGCP(nil), "project")), false},
		{"deployment's account", "oidc.gcp.serviceAccount", deployment(with(existingGCP(), "serviceAccount", text("x"))), false},
		{"unknown roles of a deployment", "oidc.gcp.roles", deployment(createdGCP(inputs{"roles": unknown()})), true},
		{"a deployment's subject over 127", "stack", with(deployment(existingGCP()), "stack", text(strings.Repeat("s", 70))), false},
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
			assert.Equal(t, []string{test.path}, slices.Compact(failedPaths(t, err)), "%v", err)
			assert.Empty(t, e.childNames(), "a child was registered")
		})
	}
}

// googleSubjectOf is an environment whose google.subject has that many bytes.
func googleSubjectOf(length int) inputs {
	fixed := len("acme:rootEnvironment.name:payments/prod:currentEnvironment.name:payments/prod:pulumi.user.login:")
	return gcpEnvironment(existingGCP(), object(inputs{"users": list(text(strings.Repeat("u", length-fixed)))}))
}

// Google's limits at their edge, and what need not be known.
func TestGoodGoogleInputs(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]inputs{
		"a subject of 127": googleSubjectOf(127),
		"unknown lock":     gcpEnvironment(createdGCP(nil), unknown()),
		"unknown account":  gcpEnvironment(inputs{"create": property.New(false), "projectNumber": unknown(), "workloadPoolId": unknown(), "providerId": unknown(), "serviceAccount": unknown()}, property.Value{}),
		"unknown project":  gcpEnvironment(createdGCP(inputs{"project": unknown(), "projectNumber": unknown()}), property.Value{}),
		"unknown name":     {"project": text("p"), "name": unknown(), "gcp": object(createdGCP(nil))},
		"an unknown role":  gcpEnvironment(createdGCP(inputs{"roles": list(unknown())}), property.Value{}),
		"no roles":         gcpEnvironment(createdGCP(inputs{"roles": list()}), property.Value{}),
		"twelve hours":     gcpEnvironment(createdGCP(inputs{"tokenLifetime": text("12h")}), property.Value{}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := newEngine(t).construct("ProductionEnvironment", in, true)
			require.NoError(t, err)
		})
	}
}

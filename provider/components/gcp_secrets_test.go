package components_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	gcpSecretMemberToken = "gcp:secretmanager/secretIamMember:SecretIamMember"
	gcpSecretAccessor    = "roles/secretmanager.secretAccessor"
)

// googleStore reads secrets of Google Secret Manager, by the names that it gives them.
func googleStore(gcp, secrets inputs) inputs {
	in := gcpEnvironment(gcp, property.Value{})
	get := inputs{}
	for key, name := range secrets {
		get[key] = object(inputs{"name": name})
	}
	in["secrets"] = object(inputs{"googleSecretManager": object(inputs{"get": object(get)})})
	return in
}

func (e *engine) secretMembers() []string {
	var names []string
	for _, name := range e.gcpChildren() {
		if of, found := strings.CutPrefix(name, gcpSecretMemberToken+" "); found {
			names = append(names, of)
		}
	}
	return names
}

// The service account that is created is a member of each secret that is named, and of no other, and the environment reads those.
func TestGoogleStoreOfACreatedIdentity(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	answer, err := e.construct("SecretStoreEnvironment", googleStore(createdGCP(nil), inputs{"password": text("db"), "again": text("db"), "key": text("db-key")}), false)
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"x-db", "x/db-key/"}, e.secretMembers())
	for name, called := range map[string]string{"db": "x-db", "db-key": "x/db-key/"} {
		member := e.child(gcpSecretMemberToken, called)
		assert.Equal(t, property.NewMap(inputs{
			"project": text("acme-prod"), "secretId": text(name), "role": text(gcpSecretAccessor), "member": text("serviceAccount:" + gcpMadeAccount),
		}), member.Inputs)
		assert.Equal(t, "9.37.0", member.RegisterRPC.GetVersion())
		assert.Contains(t, member.RegisterRPC.GetParent(), "leastprivilege:index:SecretStoreEnvironment::x")
	}
	environment := e.child("leastprivilege:index:Environment", "x")
	assert.Contains(t, environment.Inputs.Get("definition").AsString(), `    secrets:
      fn::open::gcp-secrets:
        access:
          again:
            name: db
          key:
            name: db-key
          password:
            name: db
        login: ${gcp.login}
`)
	assert.Contains(t, strings.Join(environment.RegisterRPC.GetDependencies(), " "), gcpSecretMemberToken)
	assert.JSONEq(t, googleMembers("db", "db-key"), answer.State.Get("gcpSecretIamMembers").AsString())
}

// googleMembers are the members of secrets, as the output has them.
func googleMembers(names ...string) string {
	var all []string
	for _, name := range names {
		all = append(all, `{"resource": "projects/123456789012/secrets/`+name+`", "role": "`+gcpSecretAccessor+`", "member": "serviceAccount:`+gcpMadeAccount+`"}`)
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// A program that brings its identity needs no Google plugin, and gets the members to make.
func TestGoogleStoreOfAnExistingIdentity(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	answer, err := e.construct("SecretStoreEnvironment", googleStore(existingGCP(), inputs{"password": text("db")}), false)
	require.NoError(t, err)
	assert.Empty(t, e.gcpChildren())
	assert.JSONEq(t, googleMembers("db"), answer.State.Get("gcpSecretIamMembers").AsString())
}

// Which members there are is known at preview, whatever is not.
func TestGoogleStoreOfUnknowns(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	_, err := e.construct("SecretStoreEnvironment", googleStore(createdGCP(nil), inputs{"a": text("db"), "b": unknown()}), true)
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"x-1", "x-2"}, e.secretMembers())
	assert.True(t, e.child("leastprivilege:index:Environment", "x").Inputs.Get("definition").IsComputed())

	e = newEngine(t)
	_, err = e.construct("SecretStoreEnvironment", googleStore(createdGCP(nil), inputs{"a": secret(text("hidden"))}), false)
	require.NoError(t, err)
	assert.NotContains(t, strings.Join(e.childNames(), " "), "hidden")
	assert.True(t, e.child(gcpSecretMemberToken, "x-1").Inputs.Get("secretId").HasSecrets())
}

func TestBadGoogleStores(t *testing.T) {
	t.Parallel()
	good := inputs{"a": text("db")}
	with := func(in inputs, store property.Value) inputs {
		in["secrets"] = object(inputs{"googleSecretManager": store})
		return in
	}
	withoutLogin := googleStore(nil, good)
	delete(withoutLogin, "gcp")
	for name, test := range map[string]struct {
		in   inputs
		path string
	}{
		"no login":   {withoutLogin, "secrets.googleSecretManager"},
		"no secrets": {googleStore(existingGCP(), inputs{}), "secrets.googleSecretManager.get"},
		"a path":     {googleStore(existingGCP(), inputs{"a": text("projects/acme-prod/secrets/db")}), "secrets.googleSecretManager.get.a.name"},
		"a version": {with(gcpEnvironment(existingGCP(), property.Value{}), object(inputs{"get": object(inputs{
			"a": object(inputs{"name": text("db"), "version": text("-1")}),
		})})), "secrets.googleSecretManager.get.a.version"},
		"unknown get":   {with(googleStore(createdGCP(nil), good), object(inputs{"get": unknown()})), "secrets.googleSecretManager.get"},
		"unknown store": {with(googleStore(createdGCP(nil), good), unknown()), "secrets.googleSecretManager"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t)
			_, err := e.construct("SecretStoreEnvironment", test.in, true)
			require.Error(t, err)
			assert.Equal(t, []string{test.path}, failedPaths(t, err), "%v", err)
			assert.Empty(t, e.childNames())
		})
	}
}

package logintransition_test

import (
	"encoding/json"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
)

// admitting are inputs of a transition whose lock names people and further roots.
func admitting(t *testing.T, users []string, roots ...string) map[string]any {
	t.Helper()
	lock, err := oidc.ParseLock(roots, users)
	require.NoError(t, err)
	subjects, err := oidc.ESCSubjects("acme", oidc.EnvironmentRef{Project: "payments", Name: "prod"}, lock)
	require.NoError(t, err)
	return resourcetest.ProdEnvironment(map[string]any{"needs": map[string]any{"aws.login": "{}"}, "subjects": subjects, "users": users})
}

// The clouds compare logins exactly: whom the service spells otherwise, or does not know, is said at preview.
func TestTransitionNamesUnknownUsers(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Gated)
	e := w.Resource("LoginTransition")
	_, err := e.Preview(admitting(t, []string{"Bo", "ana", "nobody"}))
	require.NoError(t, err)
	said := e.Said()
	assert.Contains(t, said, `lock.users names "Bo", whom the service spells "bo"`)
	assert.Contains(t, said, `lock.users names "nobody", who is not a member`)
	assert.NotContains(t, said, `"ana"`)

	require.NoError(t, e.Up(admitting(t, []string{"bo"})))
	_, err = e.Preview(admitting(t, []string{"bo", "cyd"}))
	require.NoError(t, err)
	assert.Contains(t, e.Said(), `"cyd"`, "a change says it as well")
	w.Reset()
	e.Settled(admitting(t, []string{"bo"}))
	assert.Empty(t, w.Calls(), "no change asks nobody")
}

// An import of an environment of the same program is checked against what that declares, in whatever order the two come.
func TestImportOfALockedEnvironmentOfTheProgram(t *testing.T) {
	t.Parallel()
	importing := func(imports string) map[string]any {
		return map[string]any{"project": "payments", "name": "borrower", "definition": "imports: [" + imports + "]\n"}
	}
	for name, test := range map[string]struct {
		locked map[string]any
		said   string
	}{
		"another root":    {admitting(t, nil), `"payments/borrower" imports "payments/prod", whose lock does not admit it`},
		"some users":      {admitting(t, []string{"bo", "sue"}, "payments/borrower"), `whose lock admits bo, sue alone: whoever else opens "payments/borrower"`},
		"users of itself": {admitting(t, []string{"bo"}), "whose lock does not admit it"},
		"a longer name":   {admitting(t, nil, "payments/borrower2"), "whose lock does not admit it"},
		"it is allowed":   {admitting(t, nil, "payments/borrower"), ""},
	} {
		for _, lockedFirst := range []bool{true, false} {
			w := resourcetest.New(t, resourcetest.Gated)
			locked := w.Resource("LoginTransition")
			importer := locked.Another()
			importer.URN = resource.NewURN("test", "platform", "", "leastprivilege:index:Environment", "y")
			steps := []func() error{
				func() error { _, err := locked.Preview(test.locked); return err },
				func() error { _, err := importer.Preview(importing("payments/prod@3")); return err },
			}
			if !lockedFirst {
				steps[0], steps[1] = steps[1], steps[0]
			}
			for _, step := range steps {
				require.NoError(t, step(), name)
			}
			said := locked.Said() + importer.Said()
			if test.said == "" {
				assert.NotContains(t, said, "imports", name)
			} else {
				assert.Contains(t, said, test.said, name)
			}
		}
	}
}

// Of an environment that exists, its definition says that the cloud side has to admit whoever opens the importer.
func TestImportOfALockedEnvironmentThatExists(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Gated)
	define := func(attributes string) {
		w.Admin("PATCH", "/api/esc/environments/acme/payments/quiet", json.RawMessage(`{"values":{"aws":{"login":{"fn::open::aws-login":{"oidc":`+
			`{"roleArn":"arn:aws:iam::123456789012:role/r","sessionName":"s","subjectAttributes":[`+attributes+`]}}}}}}`))
	}
	previewed := func(definition string) string {
		e := w.Resource("Environment")
		_, err := e.Preview(map[string]any{"project": "payments", "name": "borrower", "definition": definition})
		require.NoError(t, err)
		return e.Said()
	}
	assert.NotContains(t, previewed("imports: [payments/quiet]"), "imports", "there is no login yet")
	define(`"rootEnvironment.name", "currentEnvironment.name"`)
	assert.Contains(t, previewed("imports: [payments/quiet]"), `imports "payments/quiet", whose logins say which environment is opened`)
	assert.NotContains(t, previewed("imports: [payments/gone]"), "which environment is opened")

	other := resourcetest.New(t, resourcetest.Gated)
	other.Admin("PATCH", "/api/esc/environments/acme/payments/prod", json.RawMessage(`{"imports":["payments/quiet"]}`))
	w = other
	define(`"pulumi.user.login"`)
	assert.Contains(t, previewed("imports: [payments/app]"), `imports "payments/quiet", whose logins say who opens it`, "through two others")
}

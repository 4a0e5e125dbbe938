package environment_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
)

var rotatedCiphertext = regexp.MustCompile(`ciphertext: +\S+`)

// Rotation by the service survives updates of other values, whatever rotates and wherever it stands, and is not drift.
func TestRotationSurvivesUpdates(t *testing.T) {
	t.Parallel()
	for name, rotation := range map[string]string{
		"password":   "  db:\n    fn::rotate::password: {inputs: {length: 20}}\n",
		"passphrase": "  db:\n    fn::rotate:\n      provider: passphrase\n      inputs: {length: 4}\n",
		"nested":     "  all:\n    - name: first\n      secret:\n        fn::rotate::password: {inputs: {length: 20}}\n",
		"two":        "  a:\n    fn::rotate::password: {inputs: {length: 20}}\n  b:\n    fn::rotate::passphrase: {inputs: {length: 3}}\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := resourcetest.New(t, resourcetest.People)
			e := w.Resource("Environment")
			program := func(region string) map[string]any {
				return resourcetest.ProdEnvironment(map[string]any{"definition": "values:\n  region: " + region + "\n" + rotation})
			}
			rotate := func() []string {
				w.Admin("POST", "/api/esc/environments/acme/payments/prod/rotate", resourcetest.Tree{"paths": []string{}})
				return rotatedCiphertext.FindAllString(w.Definition(), -1)
			}
			require.NoError(t, e.Up(program("a")))
			first := rotate()
			require.NotEmpty(t, first)
			require.NoError(t, e.Refresh())
			e.Settled(program("a"))

			second := rotate()
			assert.NotEqual(t, first, second)
			require.NoError(t, e.Up(program("b")), "an update after a rotation that no refresh has seen")
			assert.Equal(t, second, rotatedCiphertext.FindAllString(w.Definition(), -1), "what was rotated is as it was")
			assert.Contains(t, w.Definition(), "region: b")
			e.Settled(program("b"))
			require.NoError(t, e.Refresh())
			e.Settled(program("b"))
			opened := string(w.Admin("POST", "/api/esc/environments/acme/payments/prod/open", nil))
			assert.Contains(t, opened, `"id"`, "it still opens")
			assert.Positive(t, strings.Count(w.Definition(), "state:"))

			third := rotate()
			assert.NotEqual(t, second, third, "it rotates on")
			require.NoError(t, e.Destroy())
		})
	}
}

package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var repositoryReadme = filepath.Join("..", "..", "README.md")

// writeReadme writes the one program that a README has in a language, as a user would: a file beside a Pulumi.yaml.
func writeReadme(t *testing.T, folder, readme, fence, file, runtime string) {
	t.Helper()
	text, err := os.ReadFile(readme)
	require.NoError(t, err)
	for name, content := range map[string]string{
		file:          onlyFence(t, string(text), fence),
		"Pulumi.yaml": "name: readme\nruntime: " + runtime + "\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
	}
}

func onlyFence(t *testing.T, text, language string) string {
	t.Helper()
	found := regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(text, -1)
	require.Len(t, found, 1, "%s programs", language)
	return found[0][1]
}

// checkReadme holds that a program written from a README alone runs, in a folder outside the repository, and does what
// the README says.
func (l language) checkReadme(t *testing.T, source string) {
	a := l.newAutomated(t, quickstartSeed(t), source)
	a.preview()
	a.up()
	a.up("--expect-no-changes")
	assert.Contains(t, a.outputs()["trustPolicy"], "rootEnvironment.name:payments/prod:currentEnvironment.name:payments/prod")
	assert.Contains(t, string(a.call(http.MethodGet, "/api/orgs/acme/teams/payments-developers", nil)), `"cy"`)
}

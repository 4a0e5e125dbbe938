package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTypeScriptQuickstart(t *testing.T) {
	t.Parallel()
	typeScript.checkQuickstart(t, example("typescript", "quickstart"))
}

func TestTypeScriptPlatform(t *testing.T) {
	t.Parallel()
	typeScript.checkRegistryPlatform(t, example("typescript", "platform"))
}

func TestTypeScriptTrust(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS(example("typescript", "trust"))))
	output, err := compileTypeScript(t, folder)
	require.NoError(t, err, output)
	ran := runMocked(t, folder, "node", absolute(t, nodejsTests, "mocked.js"))
	ran.checkTrust(t)
	assert.Len(t, ran.Exports["subjects"], 3)
}

func TestTypeScriptUnknownValues(t *testing.T) {
	t.Parallel()
	typeScript.checkUnknownValues(t, filepath.Join(nodejsTests, "unknown"))
}

func TestTypeScriptValuesAndSecrets(t *testing.T) {
	t.Parallel()
	typeScript.checkUserValues(t, filepath.Join(nodejsTests, "values"), "passWord", map[string]any{
		"camelCase":            map[string]any{"innerCamel": 1.0, "inner_snake": true},
		"roleArn":              "camel",
		"deletionProtected":    "kept",
		"with-dash":            "dash",
		"nested":               map[string]any{"__three": map[string]any{"_x": 1.0}},
		"plain":                markedVariable,
		"generated":            map[string]any{"passWord": markedPassword},
		"joined":               "kept-camel",
		"empty":                map[string]any{"map": map[string]any{}, "list": []any{}, "text": ""},
		"environmentVariables": map[string]any{"AWS_REGION": "eu-west-1", "TOKEN": markedPassword},
		"pulumiConfig":         map[string]any{"aws:region": "eu-west-1"},
	})
}

package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPythonQuickstart(t *testing.T) {
	t.Parallel()
	pythonLanguage.checkQuickstart(t, example("python", "quickstart"))
}

func TestPythonPlatform(t *testing.T) {
	t.Parallel()
	pythonLanguage.checkRegistryPlatform(t, example("python", "platform"))
}

func TestPythonTrust(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS(example("python", "trust"))))
	ran := runMocked(t, folder, python(t), "-P", absolute(t, pythonTests, "mocked.py"))
	ran.checkTrust(t)
	assert.Len(t, ran.Exports["deploymentSubjects"], 2)
}

func TestPythonUnknownValues(t *testing.T) {
	t.Parallel()
	pythonLanguage.checkUnknownValues(t, filepath.Join(pythonTests, "unknown"))
}

func TestPythonValuesAndSecrets(t *testing.T) {
	t.Parallel()
	pythonLanguage.checkUserValues(t, filepath.Join(pythonTests, "values"), "pass_word", map[string]any{
		"camelCase":            map[string]any{"innerCamel": 1.0, "inner_snake": true},
		"snake_case":           map[string]any{"innerCamel": []any{map[string]any{"some_key": 1.5, "someKey": "two"}}},
		"role_arn":             "snake",
		"roleArn":              "camel",
		"deletion_protected":   "kept",
		"deletionProtected":    "kept too",
		"UPPER_CASE":           "upper",
		"with-dash":            "dash",
		"_one":                 "underscore",
		"__two":                "underscores",
		"nested":               map[string]any{"__three": map[string]any{"_x": 1.0}},
		"plain":                markedVariable,
		"generated":            map[string]any{"pass_word": markedPassword},
		"joined":               "two-upper",
		"empty":                map[string]any{"map": map[string]any{}, "list": []any{}, "text": ""},
		"environmentVariables": map[string]any{"AWS_REGION": "eu-west-1", "lower_case": "two"},
		"pulumiConfig":         map[string]any{"aws:region": "eu-west-1", "app:some_key": "x"},
	})
}

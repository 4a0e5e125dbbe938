package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const emptyOrganization = "organization: acme\nusers: [{login: ana, role: admin}]\n"

// template is a folder below templates/.
func template(language string) string {
	return filepath.Join("..", "..", "templates", "leastprivilege-"+language)
}

// `pulumi new` makes a project of the template in YAML that runs as it is.
func TestTemplateYAMLRuns(t *testing.T) {
	t.Parallel()
	p := newFolder(t, emptyOrganization)
	p.run("new", absolute(t, template("yaml")), "--yes", "--force", "--name", "platform", "--stack", "test",
		"--config", "leastprivilege:organization=acme")
	p.run("config", "set", "leastprivilege:apiUrl", p.sandbox.URL)
	p.up()
	checkTemplate(t, p)
}

// No language host is to be had for the other languages, so their projects are made as `pulumi new` does it: the files
// are copied and their placeholders filled in.
func TestTemplatesRunInEveryLanguage(t *testing.T) {
	t.Parallel()
	for name, language := range map[string]language{"typescript": typeScript, "python": pythonLanguage} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := language.newAutomated(t, emptyOrganization, filledTemplate(t, name))
			a.up()
			checkTemplate(t, a.project)
		})
	}
}

func TestTemplateGoRuns(t *testing.T) {
	t.Parallel()
	p := newFolder(t, emptyOrganization)
	require.NoError(t, os.CopyFS(p.cli.Dir, os.DirFS(filledTemplate(t, "go"))))
	useGoSDK(t, p.cli.Dir)
	binary := filepath.Join(p.root, "template")
	runGo(t, p.cli.Dir, "build", "-o", binary, ".")
	p.stack()
	p.up("--client=" + serveGo(t, binary))
	checkTemplate(t, p)
}

func checkTemplate(t *testing.T, p *project) {
	t.Helper()
	assert.Equal(t, "platform-developers", p.outputs()["team"])
	assert.NotContains(t, string(p.call(http.MethodGet, "/api/orgs/acme/teams/platform-developers", nil)), `"githubLogin"`)
	assert.Contains(t, string(p.call(http.MethodGet, "/api/esc/environments/acme/platform/dev", nil)), "eu-west-1")
}

// filledTemplate is a copy of a template. Its package is given by the test, not by the folder that `pulumi install`
// would link.
func filledTemplate(t *testing.T, language string) string {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS(template(language))))
	replace := strings.NewReplacer("${PROJECT}", "platform", "${DESCRIPTION}", "A platform repository.",
		"packages:\n  leastprivilege: leastprivilege@0.1.0\n", "")
	// Its go.mod is completed by `pulumi install`; the test completes one of its own.
	require.NoError(t, os.RemoveAll(filepath.Join(folder, "go.mod")))
	for _, file := range []string{"Pulumi.yaml", "package.json"} {
		path := filepath.Join(folder, file)
		text, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			continue
		}
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, []byte(replace.Replace(string(text))), 0o600))
	}
	return folder
}

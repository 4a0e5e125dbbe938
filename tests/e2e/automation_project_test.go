package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// automated is a project whose program is written in Go, TypeScript or Python. Its folder is a copy of the folder that
// a user copies, outside the repository.
//
// No language host runs the program: a driver does, through the Automation API of the program's language, with the
// source file of the program as it is. A driver is a command that takes
//
//	up | preview | refresh | destroy  [--diff] [--expect-no-changes]
//
// and carries it out on the stack "test" of its working directory, with the settings (Pulumi.yaml, Pulumi.test.yaml)
// that are there. It prints what the Pulumi CLI prints and exits non-zero when that failed. Every operation is a new
// process, as it is for users. Everything else, such as configuration, outputs and state, is the CLI's: p.run.
type automated struct {
	*project
	driver []string
}

// language is how programs of one language are made to run.
type language struct {
	// prepare makes the packed SDK and the driver available to the copy of a program in a folder, and returns the
	// driver's command.
	prepare func(t *testing.T, folder string) []string
}

// newAutomated starts a sandbox with the seed, copies the program's folder and makes the stack.
func (l language) newAutomated(t *testing.T, seed, source string) *automated {
	t.Helper()
	p := newFolder(t, seed)
	require.NoError(t, os.CopyFS(p.cli.Dir, os.DirFS(source)))
	p.stack()
	return &automated{project: p, driver: l.prepare(t, p.cli.Dir)}
}

// drive carries out an operation, which has to succeed.
func (a *automated) drive(operation string, flags ...string) string {
	a.t.Helper()
	output, err := a.execute(operation, flags...)
	require.NoError(a.t, err)
	return output
}

func (a *automated) execute(operation string, flags ...string) (string, error) {
	arguments := append(append(a.driver[1:len(a.driver):len(a.driver)], operation), flags...)
	return a.cli.Execute(a.t.Context(), a.driver[0], arguments...)
}

func (a *automated) up(flags ...string) string { a.t.Helper(); return a.drive("up", flags...) }
func (a *automated) preview(flags ...string) string {
	a.t.Helper()
	return a.drive("preview", flags...)
}
func (a *automated) refresh(flags ...string) string {
	a.t.Helper()
	return a.drive("refresh", flags...)
}
func (a *automated) destroy() string { a.t.Helper(); return a.drive("destroy") }

// example is a folder below examples/.
func example(path ...string) string {
	return filepath.Join(append([]string{"..", "..", "examples"}, path...)...)
}

// quickstartSeed is the organization in which every language's examples are tried.
func quickstartSeed(t *testing.T) string {
	t.Helper()
	seed, err := os.ReadFile(example("yaml", "quickstart", "organization.yaml"))
	require.NoError(t, err)
	return string(seed)
}

// checkLifecycle holds what every example promises: a preview writes nothing; up makes it so, and a second update makes no
// call; what somebody grants by hand is drift that refresh shows and up removes; destroy leaves the organization as it
// was. The program has the setting protectProduction, a team payments-developers and an environment payments/prod, on
// which the team is not admin. verify sees the organization after the update.
func (a *automated) checkLifecycle(verify func()) {
	t := a.t
	before := a.sandbox.State()
	previewed := a.calls(func() { a.preview() })
	for _, call := range previewed.List {
		assert.False(t, call.Writes(), "the preview wrote: %s %s", call.Method, call.Path)
	}
	assert.Equal(t, before, a.sandbox.State(), "the preview changes nothing")

	a.up()
	if verify != nil {
		verify()
	}
	applied := a.sandbox.State()
	unchanged := a.calls(func() { a.up("--expect-no-changes") })
	assert.Zero(t, unchanged.Total, "an update without changes makes no call: %v", unchanged.Routes)
	a.refresh("--expect-no-changes")

	a.call(http.MethodPatch, "/api/orgs/acme/teams/payments-developers", map[string]any{
		"addEnvironmentPermission": map[string]any{"projectName": "payments", "envName": "prod", "permission": "admin"},
	})
	assert.NotEqual(t, applied, a.sandbox.State())
	assert.Contains(t, a.refresh("--diff"), "admin", "the refresh shows what was granted by hand")
	assert.Contains(t, a.up("--diff"), "admin", "the update shows what it takes away")
	assert.Equal(t, applied, a.sandbox.State(), "the grant was removed")

	a.run("config", "set", "protectProduction", "false")
	a.up()
	a.destroy()
	assert.JSONEq(t, string(before), string(a.sandbox.State()), "destroy leaves the organization as it was")
}

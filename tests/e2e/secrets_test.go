package e2e

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Secrets, each marked so that it can be found wherever it was written.
const (
	markedPassword = "marked-password-3f9c"
	markedVariable = "marked-variable-77ab"
)

const secretProgram = `
config:
  password: {type: string, secret: true}
resources:
  prod:
    type: leastprivilege:ProductionEnvironment
    properties:
      project: payments
      name: prod
      deletionProtected: false
      values:
        database:
          host: db.internal
          password: ${password}
      environmentVariables:
        TOKEN: {'fn::secret': ` + markedVariable + `}
      aws:
        create: false
        roleArn: arn:aws:iam::123456789012:role/payments-prod
  written:
    type: leastprivilege:Environment
    properties:
      project: payments
      name: written
      definition:
        fn::secret: |
          values:
            password:
              fn::secret: ` + markedVariable + `
`

// Neither the access token nor a secret value appears in a log, an error, or unencrypted state: everything that the
// commands print, and every file that they write, is searched. The program itself holds one of the marks, as a user's
// may, so it alone is left out.
func TestSecretsAreWrittenNowhere(t *testing.T) {
	t.Parallel()
	p := newProject(t, organization, secretProgram)
	p.run("config", "set", "--secret", "password", markedPassword)
	p.run("config", "set", "--secret", "leastprivilege:accessToken", p.sandbox.Token)

	var printed bytes.Buffer
	commands := [][]string{
		{"preview", "--diff", "--debug", "--non-interactive"},
		{"up", "--yes", "--skip-preview", "--diff", "--debug", "--non-interactive"},
		{"refresh", "--yes", "--skip-preview", "--diff", "--debug", "--non-interactive"},
		{"stack", "export"},
		{"stack", "--show-urns"},
	}
	for _, command := range commands {
		output, err := p.cli.Run(t.Context(), command...)
		require.NoError(t, err)
		printed.WriteString(output)
	}
	// An error while the definition is at hand: somebody else changed the environment in the meantime.
	p.call("PATCH", "/api/esc/environments/acme/payments/written", nil)
	p.program(secretProgram + "          other: 1\n")
	output := p.fails("up", "--yes", "--skip-preview", "--diff", "--debug", "--non-interactive")
	printed.WriteString(output)
	assert.Contains(t, output, "refresh", "the conflict says what to do")

	secrets := map[string]string{"token": p.sandbox.Token, "password": markedPassword, "variable": markedVariable}
	for name, secret := range secrets {
		assert.NotContains(t, printed.String(), secret, "the %s was printed", name)
	}
	searched := 0
	require.NoError(t, filepath.WalkDir(p.root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Base(path) == "Pulumi.yaml" {
			return err
		}
		content, err := os.ReadFile(path)
		searched++
		for name, secret := range secrets {
			assert.NotContains(t, string(content), secret, "the %s was written to %s", name, path)
		}
		return err
	}))
	assert.Greater(t, searched, 3, "the state, its backups and the configuration were searched")
	assert.NotContains(t, string(p.sandbox.State()), markedPassword)

	p.program(secretProgram)
	p.refresh()
	p.destroy()
}

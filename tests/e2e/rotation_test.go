package e2e

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the service rotated survives an update of another value, shows no diff after a refresh, and opens.
func TestRotatedPasswordSurvivesUpdates(t *testing.T) {
	t.Parallel()
	program := func(region string) string {
		return `
resources:
  database:
    type: leastprivilege:Environment
    properties:
      project: payments
      name: database
      definition: |
        values:
          region: ` + region + `
          password:
            fn::rotate::password: {inputs: {length: 24}}
`
	}
	const environment = "/api/esc/environments/acme/payments/database"
	rotated := func(p *project) []string {
		return regexp.MustCompile(`ciphertext: +\S+`).FindAllString(string(p.call(http.MethodGet, environment, nil)), -1)
	}
	p := newProject(t, organization, program("one"))
	p.up()
	p.call(http.MethodPost, environment+"/rotate", map[string]any{"paths": []string{}})
	before := rotated(p)
	require.NotEmpty(t, before)
	p.program(program("two"))
	p.up()
	assert.Equal(t, before, rotated(p))
	assert.Contains(t, string(p.call(http.MethodGet, environment, nil)), "region: two")
	p.refresh("--expect-no-changes")
	p.up("--expect-no-changes")
	p.call(http.MethodPost, environment+"/rotate", map[string]any{"paths": []string{}})
	p.refresh()
	p.up("--expect-no-changes")
	assert.NotEqual(t, before, rotated(p))
	p.destroy()
}

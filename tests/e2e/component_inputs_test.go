package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const renamedTeam = `
resources:
  web:
    type: leastprivilege:ScopedTeam
    properties:
      name: web
      members: [bo]
      access: {stacks: [{tags: {environment: development}, permission: read}]}
`

// A component that is renamed with an alias keeps its children: nothing is created, and nothing deleted.
func TestRenameOfAComponentWithAnAlias(t *testing.T) {
	t.Parallel()
	p := newProject(t, organization, renamedTeam)
	p.up()
	role := p.only("Role").ID
	p.program(strings.Replace(renamedTeam, "  web:\n    type: leastprivilege:ScopedTeam\n",
		"  frontend:\n    type: leastprivilege:ScopedTeam\n    options: {aliases: [{name: web}]}\n", 1))
	output := p.up()
	assert.NotContains(t, output, "created")
	assert.NotContains(t, output, "deleted")
	renamed := p.only("Role")
	assert.Equal(t, role, renamed.ID)
	assert.True(t, strings.HasSuffix(renamed.URN, "::frontend"), renamed.URN)
}

// The state shows what a component was given, secrets encrypted.
func TestStateShowsComponentInputs(t *testing.T) {
	t.Parallel()
	p := newProject(t, organization, secretProgram)
	p.run("config", "set", "--secret", "password", markedPassword)
	p.up()
	inputs := p.only("ProductionEnvironment").Inputs
	assert.Equal(t, "payments", inputs["project"])
	values, ok := inputs["values"].(map[string]any)
	require.True(t, ok, "%v", inputs)
	database, ok := values["database"].(map[string]any)
	require.True(t, ok, "%v", values)
	assert.Equal(t, "db.internal", database["host"])
	password, ok := database["password"].(map[string]any)
	require.True(t, ok, "the password is encrypted")
	assert.NotEmpty(t, password["ciphertext"])
	assert.NotContains(t, p.run("stack", "export"), markedPassword)
	assert.Contains(t, p.up(), "unchanged")
}

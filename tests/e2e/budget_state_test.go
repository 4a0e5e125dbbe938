package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/tests/harness"
)

// What a team adds to the state. It is uploaded with every step of an update, so that an update of many teams costs its square. A team
// has five resources: itself, its Team, Role, TeamAccess and TeamMembers. A rule stands in the inputs of the first, in the inputs and
// outputs of the Role, and with the id of its stack.
func TestStateOfATeam(t *testing.T) {
	t.Parallel()
	p := newProject(t, manyStacks(100), teamsWithRules(2, 1))
	size := func(teams, rules int) int {
		p.program(teamsWithRules(teams, rules))
		p.up()
		exported := p.run("stack", "export")
		assert.NotContains(t, exported, "/provider/components/kit/construct.go", "frames of the plugin's own stack are kept in the state")
		var compact bytes.Buffer
		require.NoError(t, json.Compact(&compact, []byte(exported)))
		return compact.Len()
	}
	few, more := size(2, 1), size(8, 1)
	perTeam := (more - few) / 6
	perRule := (size(8, 21) - more) / (8 * 20)
	t.Logf("state: %d bytes a team with one rule, %d more for each rule", perTeam, perRule)
	assert.LessOrEqual(t, perTeam, 7300, "bytes of a team with one rule")
	assert.LessOrEqual(t, perRule, 250, "bytes of a rule")
}

func teamsWithRules(teams, rules int) string {
	var program strings.Builder
	program.WriteString("resources:\n")
	for team := range teams {
		fmt.Fprintf(&program, "  team%02d:\n    type: leastprivilege:ScopedTeam\n    properties:\n      name: team%02d\n      access:\n        stacks:\n", team, team)
		for rule := range rules {
			fmt.Fprintf(&program, "          - {project: payments, stack: s%04d, permission: read}\n", rule)
		}
	}
	return program.String()
}

// Components and their children work in one process of the plugin, whether a program names the plugin's version or not.
func TestProcessesOfAProgram(t *testing.T) {
	t.Parallel()
	plugin, err := harness.PluginPath()
	require.NoError(t, err)
	for name, test := range map[string]struct{ options, provider string }{
		"no version": {"", "default"},
		"a version":  {"    options:\n      version: " + harness.PluginVersion + "\n", "default_0_1_0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t, manyStacks(1), teamsWithRules(1, 1)+test.options)
			started := filepath.Join(p.root, "started")
			link := filepath.Join(p.root, "home", "plugins", "resource-leastprivilege-v"+harness.PluginVersion, filepath.Base(plugin))
			require.NoError(t, os.Remove(link))
			script := fmt.Sprintf("#!/bin/sh\necho $$ >>%q\nexec %q \"$@\"\n", started, plugin)
			require.NoError(t, os.WriteFile(link, []byte(script), 0o700))
			processes := func(during func()) int {
				_ = os.Remove(started)
				during()
				log, err := os.ReadFile(started)
				require.NoError(t, err)
				return strings.Count(string(log), "\n")
			}
			first := processes(func() { p.up() })
			again := processes(func() { p.up("--expect-no-changes") })
			names := p.providers()
			gone := processes(func() { p.destroy() })
			assert.Equal(t, []string{test.provider}, names)
			assert.LessOrEqual(t, first, 2, "one reads the schema for the program, one works")
			assert.Equal(t, 1, again, "an update that changes nothing")
			assert.Equal(t, 1, gone, "destroy")
		})
	}
}

// providers are the names of the plugin's providers in the state.
func (p *project) providers() (names []string) {
	for _, r := range p.state() {
		if strings.Contains(r.URN, "::pulumi:providers:leastprivilege::") {
			names = append(names, r.URN[strings.LastIndex(r.URN, "::")+2:])
		}
	}
	return names
}

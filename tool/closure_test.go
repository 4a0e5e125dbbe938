package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// dependencies are the packages that a program links.
func dependencies(t *testing.T, program string) map[string]bool {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "go", "list", "-deps", program).Output()
	require.NoError(t, err)
	all := map[string]bool{}
	for _, one := range strings.Fields(string(output)) {
		all[one] = true
	}
	return all
}

// The plugin leaves out what only the tool needs.
func TestToolAndPluginLinkWhatTheyNeedAlone(t *testing.T) {
	t.Parallel()
	tool, plugin := dependencies(t, "."), dependencies(t, "..")
	assert.NotContains(t, tool, "testing")
	for _, own := range []string{
		"github.com/jedib0t/go-pretty/v6/table", "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif",
		"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/report",
	} {
		assert.Contains(t, tool, own)
		assert.NotContains(t, plugin, own)
	}
}

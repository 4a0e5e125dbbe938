package teamaccess_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// The law of imports: whatever a team is granted, an import changes nothing, and what it read can be kept in a program.
func TestWhatAnImportReadsCanBeKept(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Granted)
	e := w.Resource("TeamAccess")
	const team = "/api/orgs/acme/teams/payments"
	rapid.Check(t, func(rt *rapid.T) {
		for _, g := range w.Team("payments").Stacks {
			w.Admin("PATCH", team, map[string]any{"removeStack": map[string]any{"projectName": g.Project, "stackName": g.Stack}})
		}
		for _, g := range w.Team("payments").Environments {
			w.Admin("PATCH", team, map[string]any{"removeEnvironment": map[string]any{"projectName": g.Project, "envName": g.Environment}})
		}
		expected := map[string]int{}
		if level := rapid.SampledFrom([]int{0, 101, 102, 103}).Draw(rt, "stack"); level != 0 {
			w.Admin("PATCH", team, map[string]any{"addStackPermission": map[string]any{"projectName": "payments", "stackName": "dev", "permission": level}})
			expected["stacks"]++
		}
		for _, name := range []string{"dev", "prod"} {
			if level := rapid.SampledFrom([]string{"", "read", "open", "write", "admin"}).Draw(rt, "environment "+name); level != "" {
				grant := map[string]any{"projectName": "payments", "envName": name, "permission": level}
				if bound := rapid.SampledFrom([]string{"", "30m", "49h"}).Draw(rt, "bound on "+name); bound != "" {
					grant["maxOpenDuration"] = bound
				}
				w.Admin("PATCH", team, map[string]any{"addEnvironmentPermission": grant})
				expected["environments"]++
			}
		}
		var account any
		if level := rapid.IntRange(0, 3).Draw(rt, "account"); level != 0 {
			account = level
			expected["accounts"]++
		}
		w.Admin("PATCH", "/api/preview/insights/acme/accounts/aws-prod/teams/payments", map[string]any{"permissions": account})
		one := e.Another()
		w.Reset()
		require.NoError(rt, one.Adopt("acme/payments"))
		for _, axis := range []string{"stacks", "environments", "accounts"} {
			require.Equal(rt, expected[axis], one.Inputs.Get(axis).AsArray().Len(), axis)
		}
		one.Kept()
		require.Empty(rt, w.Writes())
	})
}

// What no program can say leaves its axis out of the import, which says so.
func TestImportLeavesOutWhatCannotBeWritten(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Granted)
	answer := `{"name":"payments","displayName":"","description":"","kind":"pulumi","members":[],"roleIds":["a","b"],` +
		`"stacks":[{"projectName":"payments","stackName":"dev","permission":150}],` +
		`"environments":[{"projectName":"payments","envName":"dev","permission":"manage"}],"accounts":[{"accountName":"aws-prod","permission":2}]}`
	w.Fault(servertest.Fault{Match: resourcetest.GetTeamRoute, Body: &answer, Times: 1})
	e := w.Resource("TeamAccess")
	require.NoError(t, e.Adopt("acme/payments"))
	said := e.Said()
	for _, line := range []string{"roleIds is not managed by this import", "permission 150 on stack payments/dev", "manage on environment payments/dev"} {
		assert.Contains(t, said, line)
	}
	for _, axis := range []string{"roleIds", "stacks", "environments"} {
		assert.True(t, e.Inputs.Get(axis).IsNull(), axis)
	}
	assert.Equal(t, 1, e.Inputs.Get("accounts").AsArray().Len())
	assert.Empty(t, e.Check(map[string]any{"team": "payments", "accounts": []any{map[string]any{"account": "aws-prod", "permission": "write"}}}).Failures)
}

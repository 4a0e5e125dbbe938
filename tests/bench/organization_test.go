package bench

import (
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/tests/harness"
)

// BenchmarkLargeOrganization asks about an organization of 50,000 stacks, 5,000 environments, 500 teams and 2,000 members, one question per
// process of the plugin. Object by object, reading it would be 57,500 calls.
func BenchmarkLargeOrganization(b *testing.B) {
	path, err := harness.PluginPath()
	require.NoError(b, err)
	sandbox := startSandboxOf(b, seed(2000, 50000, 5000, 500))
	for b.Loop() {
		t := newTable("question", "calls", "KB sent and read", "s", "plugin CPU s", "plugin MiB")
		for _, ask := range []struct {
			name  string
			token string
			args  map[string]any
		}{
			{"who can open an environment", "getWhoCan", map[string]any{
				"scope": "environment:open", "environment": map[string]any{"project": "payments", "environment": "e0001"},
			}},
			{"who can write a stack", "getWhoCan", map[string]any{
				"scope": "stack:write", "stack": map[string]any{"project": "payments", "stack": "s00001"},
			}},
		} {
			p := start(b, path)
			p.configure(b, sandbox)
			sandbox.taken()
			began := time.Now()
			answer, err := p.Invoke(b.Context(), &pulumirpc.InvokeRequest{
				Tok: "leastprivilege:index:" + ask.token, Args: properties(b, ask.args),
			})
			took := time.Since(began).Seconds()
			require.NoError(b, err)
			require.Empty(b, answer.GetFailures(), ask.name)
			cpu, peak, read := usage(p.command.Process.Pid)
			require.True(b, read, "the plugin is running")
			routes, all := sandbox.taken()
			t.row(ask.name, all.calls, all.bytes/1000, seconds(took), seconds(cpu), int(peak))
			b.Log(ask.name + "\n" + routesOf(routes))
			p.stop()
		}
		b.Log("\n" + t.String())
	}
}

package bench

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/tests/harness"
)

// BenchmarkRole creates one role with many stack rules: what a ScopedTeam costs by default.
func BenchmarkRole(b *testing.B) {
	for _, rules := range []int{10, 100, 1000, 2000} {
		b.Run(fmt.Sprintf("rules=%d", rules), func(b *testing.B) {
			measure(b, rules, func(p *process, round int) {
				stacks := make([]any, rules)
				for i := range stacks {
					stacks[i] = map[string]any{"project": "payments", "stack": fmt.Sprintf("s%05d", i), "permission": "read"}
				}
				p.create(b, "Role", map[string]any{
					"name": fmt.Sprintf("role-%d", round), "access": map[string]any{"stacks": stacks},
				})
			})
		})
	}
}

// BenchmarkTeamAccess grants entity by entity, for organizations without custom roles.
func BenchmarkTeamAccess(b *testing.B) {
	for _, grants := range []int{10, 100, 1000, 10000} {
		b.Run(fmt.Sprintf("grants=%d", grants), func(b *testing.B) {
			measure(b, grants, func(p *process, _ int) {
				stacks := make([]any, grants)
				for i := range stacks {
					stacks[i] = map[string]any{"project": "payments", "stack": fmt.Sprintf("s%05d", i), "permission": "read"}
				}
				p.create(b, "TeamAccess", map[string]any{"team": "payments", "stacks": stacks})
			})
		})
	}
}

// measure runs the work against a fresh plugin and prints calls, bytes and peak memory beside the time.
func measure(b *testing.B, stacks int, work func(p *process, round int)) {
	b.Helper()
	path, err := harness.PluginPath()
	require.NoError(b, err)
	sandbox := startSandbox(b, stacks)
	p := start(b, path)
	defer p.stop()
	p.configure(b, sandbox)
	for round := 0; b.Loop(); round++ {
		work(p, round)
	}
	b.ReportMetric(float64(sandbox.calls.Load())/float64(b.N), "calls/op")
	b.ReportMetric(float64(sandbox.bytes.Load())/float64(b.N), "bytes/op")
	b.ReportMetric(p.peak(), "peak-MiB")
}

// BenchmarkStart measures from the start of the process to its schema, in turns with the smallest infer provider there
// is, so that both meet the same machine.
func BenchmarkStart(b *testing.B) {
	ours, err := harness.PluginPath()
	require.NoError(b, err)
	hello := filepath.Join(b.TempDir(), "pulumi-resource-hello")
	output, err := exec.CommandContext(b.Context(), "go", "build", "-o", hello, "./hello").CombinedOutput()
	require.NoError(b, err, "%s", output)

	const rounds = 15
	var plugin, smallest []time.Duration
	for b.Loop() {
		for range rounds {
			plugin = append(plugin, untilSchema(b, ours))
			smallest = append(smallest, untilSchema(b, hello))
		}
	}
	b.ReportMetric(median(plugin).Seconds()*1000, "plugin-ms")
	b.ReportMetric(median(smallest).Seconds()*1000, "hello-ms")
	b.ReportMetric(float64(median(plugin))/float64(median(smallest)), "ratio")
}

func untilSchema(b *testing.B, path string) time.Duration {
	b.Helper()
	began := time.Now()
	p := start(b, path)
	defer p.stop()
	_, err := p.GetSchema(b.Context(), &pulumirpc.GetSchemaRequest{})
	require.NoError(b, err)
	return time.Since(began)
}

func median(values []time.Duration) time.Duration {
	slices.Sort(values)
	return values[len(values)/2]
}

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
	besideHello(b, func(p *process, _ string) {
		_, err := p.GetSchema(b.Context(), &pulumirpc.GetSchemaRequest{})
		require.NoError(b, err)
	})
}

// BenchmarkFirstCheck measures from the start of the process to the first inputs that it has checked, its configuration before
// them: what every preview and update waits for.
func BenchmarkFirstCheck(b *testing.B) {
	besideHello(b, func(p *process, pkg string) {
		urn := "urn:pulumi:bench::bench::pulumi:providers:" + pkg + "::default"
		if pkg == "leastprivilege" { // the smallest has no configuration
			_, err := p.CheckConfig(b.Context(), &pulumirpc.CheckRequest{Urn: urn, News: properties(b, map[string]any{"organization": "acme"})})
			require.NoError(b, err)
		}
		_, err := p.Configure(b.Context(), &pulumirpc.ConfigureRequest{Args: properties(b, nil), AcceptSecrets: true, AcceptResources: true})
		require.NoError(b, err)
		token, inputs := "hello:index:greeting", map[string]any{"name": "x"}
		if pkg == "leastprivilege" {
			token, inputs = "leastprivilege:index:Team", map[string]any{"organization": "acme", "name": "x"}
		}
		checked, err := p.Check(b.Context(), &pulumirpc.CheckRequest{
			Urn: "urn:pulumi:bench::bench::" + token + "::x", News: properties(b, inputs),
		})
		require.NoError(b, err)
		require.Empty(b, checked.GetFailures())
	})
}

// besideHello starts the plugin and the smallest one in turns, and prints the medians of the time that each takes to do something.
func besideHello(b *testing.B, do func(p *process, pkg string)) {
	b.Helper()
	ours, err := harness.PluginPath()
	require.NoError(b, err)
	hello := filepath.Join(b.TempDir(), "pulumi-resource-hello")
	output, err := exec.CommandContext(b.Context(), "go", "build", "-o", hello, "./hello").CombinedOutput()
	require.NoError(b, err, "%s", output)

	const rounds = 15
	var plugin, smallest []time.Duration
	for b.Loop() {
		for range rounds {
			plugin = append(plugin, timeOf(b, ours, "leastprivilege", do))
			smallest = append(smallest, timeOf(b, hello, "hello", do))
		}
	}
	b.ReportMetric(median(plugin).Seconds()*1000, "plugin-ms")
	b.ReportMetric(median(smallest).Seconds()*1000, "hello-ms")
	b.ReportMetric(float64(median(plugin))/float64(median(smallest)), "ratio")
}

func timeOf(b *testing.B, path, pkg string, do func(p *process, pkg string)) time.Duration {
	b.Helper()
	began := time.Now()
	p := start(b, path)
	defer p.stop()
	do(p, pkg)
	return time.Since(began)
}

func median(values []time.Duration) time.Duration {
	slices.Sort(values)
	return values[len(values)/2]
}

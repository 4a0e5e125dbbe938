package provider_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// An update that changes nothing, of a team whose access has a thousand rules: what it costs to decode, check and compare.
func BenchmarkNoOpOfAThousandRules(b *testing.B) {
	seed := "organization: acme\nusers: [{login: ana, role: admin}]\nstacks:\n"
	var rules []any
	for i := range 1000 {
		seed += fmt.Sprintf("  - {project: payments, stack: s%04d}\n", i)
		rules = append(rules, map[string]any{"project": "payments", "stack": fmt.Sprintf("s%04d", i), "permission": "read"})
	}
	sandbox := servertest.Start(b, server.Options{Seed: []byte(seed)})
	e := enginetest.New(b, sandbox, servertest.NewWatcher(nil))
	team := enginetest.Declared{Type: "ScopedTeam", Name: "payments", Inputs: map[string]any{
		"name": "payments", "access": map[string]any{"stacks": rules},
	}}
	require.NoError(b, e.Up(team))
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, e.Up(team))
	}
}

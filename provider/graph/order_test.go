package graph_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// Differences are the same, with the same examples, in whatever order an organization lists its principals: a planned one has those last that
// are about to come, and the service has them elsewhere.
func TestOrderOfPrincipalsMakesNoDifference(t *testing.T) {
	t.Parallel()
	found := 0
	for seed := range *organizations / changedPart {
		before, after := drawnChange(t, seed)
		differences := graph.Differences(graph.NewIndex(before), graph.NewIndex(after))
		found += len(differences)
		after.Users, after.Teams = backwards(after.Users), backwards(after.Teams)
		after.Deployments, after.Agents = backwards(after.Deployments), backwards(after.Agents)
		require.Equal(t, differences, graph.Differences(graph.NewIndex(before), graph.NewIndex(after)), "seed %d", seed)
	}
	require.Greater(t, found, 100)
}

func backwards[T any](list []T) []T {
	out := slices.Clone(list)
	slices.Reverse(out)
	return out
}

package survey

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

// A bound that cannot be read counts as none and is reported, so that no answer is narrower than the truth.
func TestBoundsThatCannotBeReadAreReported(t *testing.T) {
	t.Parallel()
	for bound, want := range map[string]time.Duration{"": 0, "1h0m0s": time.Hour, "an hour": 0} {
		team, blind := records{}.team(cloud.Team{Name: "payments", Environments: []cloud.EnvironmentGrant{
			{Project: "payments", Environment: "prod", Permission: "open", MaxOpenDuration: bound},
		}})
		assert.Equal(t, want, team.Environments["payments/prod"].MaxOpen, bound)
		if bound != "an hour" {
			assert.Empty(t, blind)
			continue
		}
		require.Len(t, blind, 1)
		assert.Contains(t, blind[0].What, `team "payments", environment payments/prod`)
	}
}

package access_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// What lowers gives nothing: neither a higher level, nor an opening that lasts longer than every one before.
func TestWhatLowersGivesNothing(t *testing.T) {
	t.Parallel()
	order := map[access.Level]int{access.Read: 1, access.Open: 2, access.Write: 3, access.Admin: 4}
	// longest is how long the environment may stay open, none before ever.
	longest := func(g access.TeamGrant) time.Duration {
		switch {
		case order[g.Level] < order[access.Open]:
			return 0
		case g.MaxOpenDuration == 0:
			return 1 << 62
		}
		return g.MaxOpenDuration
	}
	draw := func(t *rapid.T, label string) access.TeamGrant {
		return access.TeamGrant{
			Level:           rapid.SampledFrom(access.Levels(access.Environment)).Draw(t, label),
			MaxOpenDuration: rapid.SampledFrom([]time.Duration{0, time.Hour, 2 * time.Hour}).Draw(t, label+" for"),
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		from, to := draw(t, "from"), draw(t, "to")
		if from.Level == access.Read {
			from.MaxOpenDuration = 0 // as it is read
		}
		if to.Level == access.Read {
			to.MaxOpenDuration = 0 // as the check requires
		}
		gives := order[to.Level] > order[from.Level] || longest(to) > longest(from)
		require.Equal(t, !gives && from != to, from.Lowers(access.Environment, to), "%s to %s", from, to)
	})
}

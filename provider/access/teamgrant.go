package access

import (
	"fmt"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
)

// TeamGrant is what a team is granted on one entity: a built-in level, and how long an environment stays open; 0 means no bound.
type TeamGrant struct {
	Level           Level
	MaxOpenDuration time.Duration
}

func (g TeamGrant) String() string {
	if g.MaxOpenDuration == 0 {
		return string(g.Level)
	}
	return fmt.Sprintf("%s (for %s at most)", g.Level, timetext.FormatDuration(g.MaxOpenDuration))
}

// Lowers reports whether going from the grant to the next one, on an entity of the kind, takes something away and gives nothing.
func (g TeamGrant) Lowers(kind EntityKind, next TeamGrant) bool {
	levels := Levels(kind)
	from, to := slices.Index(levels, g.Level), slices.Index(levels, next.Level)
	if from != to {
		longer := g.MaxOpenDuration != 0 && (next.MaxOpenDuration == 0 || next.MaxOpenDuration > g.MaxOpenDuration)
		return to < from && !(longer && next.Level != Read) // what does not open cannot open longer
	}
	return next.MaxOpenDuration != 0 && (g.MaxOpenDuration == 0 || next.MaxOpenDuration < g.MaxOpenDuration)
}

package components_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// TestGoingBackTakesAwayWhatAFailureGave is the law of the way back: after an update that failed at any of its calls, with or without its
// being carried out, the earlier program gives nobody more than it did. No refresh is needed for that.
func TestGoingBackTakesAwayWhatAFailureGave(t *testing.T) {
	for name, program := range map[string]func(*rapid.T) []enginetest.Declared{
		"ScopedTeam": aScopedTeam, "BreakGlass": aBreakGlass,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWatched(t)
			empty, nothing := w.sandbox.History(), w.engine.Snapshot()
			rapid.Check(t, func(rt *rapid.T) {
				w.sandbox.Restore(empty)
				w.engine.Restore(nothing)
				w.checkWayBack(rt, program(rt), program(rt))
			})
		})
	}
}

func (w *watched) checkWayBack(t *rapid.T, before, after []enginetest.Declared) {
	w.watcher.FailAt(0, servertest.Refused, false)
	require.NoError(t, w.engine.Up(before...))
	held := w.sandbox.Holdings()

	how := rapid.SampledFrom(servertest.Failures).Draw(t, "how")
	w.watcher.FailAt(rapid.IntRange(1, 12).Draw(t, "fail at"), how, rapid.Bool().Draw(t, "outage"))
	failed := w.engine.Up(after...)

	w.watcher.FailAt(0, servertest.Refused, false)
	require.NoError(t, w.engine.Up(before...), "after %v", failed)
	require.Empty(t, w.sandbox.Holdings().Beyond(held), "after %v", failed)
}

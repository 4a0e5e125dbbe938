package survey

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Answers that begin while another one is worked out begin together after it, and everything that was read before is stale then.
func TestFreshAnswersBeginTogether(t *testing.T) {
	t.Parallel()
	s := &Survey{}
	begun := func() uint64 { return s.settings.writes.Load() }
	first := s.Fresh()
	require.EqualValues(t, 1, begun())
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			done := s.Fresh()
			require.EqualValues(t, 2, begun())
			done()
			done()
		})
	}
	require.Eventually(t, func() bool {
		s.rounds.mutex.Lock()
		defer s.rounds.mutex.Unlock()
		return s.rounds.next != nil && s.rounds.next.answers == 10
	}, 10*time.Second, time.Millisecond)
	require.EqualValues(t, 1, begun(), "they wait")
	first()
	all.Wait()
	require.Nil(t, s.rounds.current)
	s.Fresh()()
	require.EqualValues(t, 3, begun())
}

package parallel_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/parallel"
)

func TestEachDoesAllOfThem(t *testing.T) {
	t.Parallel()
	done := make([]bool, 20)
	var now, most atomic.Int32
	require.NoError(t, parallel.Each(t.Context(), len(done), 3, func(_ context.Context, i int) error {
		most.Store(max(most.Load(), now.Add(1)))
		done[i] = true
		now.Add(-1)
		return nil
	}))
	assert.NotContains(t, done, false)
	assert.LessOrEqual(t, most.Load(), int32(3))
}

func TestEachStopsAtTheFirstError(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	err := parallel.Each(t.Context(), 2, 2, func(ctx context.Context, i int) error {
		if i == 0 {
			return refused
		}
		<-ctx.Done()
		return ctx.Err()
	})
	require.ErrorIs(t, err, refused)
}

func TestPanicsGoOnInTheCaller(t *testing.T) {
	t.Parallel()
	assert.PanicsWithValue(t, "broken", func() {
		_ = parallel.Each(t.Context(), 8, 2, func(_ context.Context, i int) error {
			if i == 3 {
				panic("broken")
			}
			return nil
		})
	})
}

// Package parallel does a number of things side by side, a few at a time. Start at [Each].
package parallel

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"
)

var errPanicked = errors.New("it panicked")

// Each calls do for every index below n, at most limit at a time, and returns the first error, which cancels the context of the
// others. A panic goes on in the caller, whose recovery makes it the error of one operation: in a goroutine of its own it would end
// the plugin, and what other resources have just made would be in no state.
func Each(ctx context.Context, n, limit int, do func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(limit)
	panics := make(chan any, n)
	for i := range n {
		group.Go(func() (err error) {
			defer func() {
				if panicked := recover(); panicked != nil {
					panics <- panicked
					err = errPanicked
				}
			}()
			return do(ctx, i)
		})
	}
	err := group.Wait()
	select {
	case panicked := <-panics:
		panic(panicked)
	default:
		return err
	}
}

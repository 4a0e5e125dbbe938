package cloud

import (
	"context"
	"errors"
	"time"
)

// createOnce creates an object that must not be made twice. When the outcome of the call is unknown, find looks for
// what was to be made, and only if it is not there the call is made again.
//
// The API has no idempotency keys, so looking is the only way to know.
func createOnce[T any](
	ctx context.Context, c *Client, create func() (T, error), find func() (T, bool, error),
) (T, error) {
	for attempt := 0; ; attempt++ {
		made, err := create()
		if err == nil || !errors.Is(err, ErrUnknownOutcome) || attempt == c.retry.Max {
			return made, err
		}
		if err := sleep(ctx, c.retry.backoff(c.retry.BaseDelay, c.retry.MaxDelay, attempt, nil)); err != nil {
			return made, err
		}
		found, ok, findErr := find()
		if findErr != nil {
			return made, errors.Join(err, findErr)
		}
		if ok {
			return found, nil
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// absentIfNotFound turns a 404 into "there is none".
func absentIfNotFound[T any](value T, err error) (T, bool, error) {
	if errors.Is(err, ErrNotFound) {
		return value, false, nil
	}
	return value, err == nil, err
}

// doneIfNotFound makes a delete of what is already gone a success.
func doneIfNotFound(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// doneIfConflict makes "it is so already" a success.
func doneIfConflict(err error) error {
	if errors.Is(err, ErrConflict) {
		return nil
	}
	return err
}

package cloud

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// createOnce creates an object that must not be made twice. When the outcome of the call is unknown, find looks for
// what was to be made, and only if it is not there the call is repeated. A cancellation ends the waiting, not the
// looking: what was made must be known.
//
// The API has no idempotency keys, so looking is the only way to know.
func createOnce[T any](
	ctx context.Context, c *Client, create func() (T, error), find func(context.Context) (T, bool, error),
) (T, error) {
	for attempt := 0; ; attempt++ {
		made, err := create()
		// A gateway may give up before the service does: then a try lands after it was looked for, and the next one meets it.
		landedLate := attempt > 0 && errors.Is(err, ErrConflict)
		if !landedLate && !errors.Is(err, ErrUnknownOutcome) {
			return made, err
		}
		cancelled := sleep(ctx, c.retry.backoff(attempt))
		found, ok, findErr := find(context.WithoutCancel(ctx))
		switch {
		case ok:
			return found, nil
		case findErr != nil || cancelled != nil:
			return made, errors.Join(err, findErr, cancelled)
		case landedLate || attempt == c.retry.Max || isOwnFailure(err):
			return made, err
		}
	}
}

// isOwnFailure reports whether the service itself answered with the failure: it has ended, so nothing lands late, and it would
// fail again.
func isOwnFailure(err error) bool {
	var failure *Error
	return errors.As(err, &failure) && failure.Status == http.StatusInternalServerError
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

// doneIfNotFound makes the delete of an object that does not exist a success.
func doneIfNotFound(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

package cloud

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

func (r Retry) withDefaults() Retry {
	if r.Max == 0 {
		r.Max = 4
	}
	if r.BaseDelay == 0 {
		r.BaseDelay = 500 * time.Millisecond
	}
	if r.MaxDelay == 0 {
		r.MaxDelay = 15 * time.Second
	}
	if r.RetryAfter == 0 {
		r.RetryAfter = 60 * time.Second
	}
	if r.Limited == 0 {
		r.Limited = 3 * time.Minute
	}
	return r
}

func newRetryingHTTP(plain *http.Client, timeout time.Duration, retry Retry) *retryablehttp.Client {
	client := retryablehttp.NewClient()
	if plain != nil {
		client.HTTPClient = plain
	}
	client.HTTPClient = withTries(client.HTTPClient, timeout, newPace(retry))
	client.Logger = nil             // a plugin's output belongs to the engine
	client.RetryMax = math.MaxInt32 // attempts decides
	client.CheckRetry = shouldRetry
	client.Backoff = retry.waitBefore
	// The last answer is returned as it is, so that its status and message reach the user.
	client.ErrorHandler = retryablehttp.PassthroughErrorHandler
	return client
}

// attempts counts those of one call, and decides whether there is another.
type attempts struct {
	retry      Retry
	repeatable bool // whether the call may be repeated after it may have been carried out
	failed     int
	limited    time.Time // when the service first refused the call because there were too many
}

type attemptsKey struct{}

// withAttempts puts the attempts of a call into the context: the HTTP layer decides per attempt, and sees the request only by its
// context.
func withAttempts(ctx context.Context, retry Retry, repeatable bool) context.Context {
	return context.WithValue(ctx, attemptsKey{}, &attempts{retry: retry, repeatable: repeatable})
}

// shouldRetry does not ask whether the context has ended: an answer that came in spite of it must be known, and the
// waiting before another try ends with it anyway.
func shouldRetry(ctx context.Context, answer *http.Response, err error) (bool, error) {
	tried, ok := ctx.Value(attemptsKey{}).(*attempts)
	return ok && tried.again(answer, err), nil
}

// again decides about one attempt. One that was refused because there were too many did nothing, and does not count: how long
// that may go on is bounded in time, since how many tries it takes hangs on how many calls run side by side.
func (a *attempts) again(answer *http.Response, err error) bool {
	if answer != nil && answer.StatusCode == http.StatusTooManyRequests {
		if a.limited.IsZero() {
			a.limited = time.Now()
		}
		return time.Since(a.limited) < a.retry.Limited
	}
	a.failed++
	if !a.repeatable || a.failed > a.retry.Max {
		return false
	}
	if err != nil {
		return isTransient(err)
	}
	return isGateway(answer.StatusCode)
}

// isGateway tells the answers of something that stands in front of the service.
func isGateway(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}

// isTransient tells a connection that failed from a request that can never be sent (a bad address, a certificate that
// is not trusted). The library's own policy knows these.
func isTransient(err error) bool {
	if errors.Is(err, errTooLong) || errors.Is(err, errTooSlow) {
		return false
	}
	retry, _ := retryablehttp.ErrorPropagatedRetryPolicy(context.Background(), nil, err)
	return retry
}

// waitBefore is how long a call waits before it is tried again: as long as the service asks for, else exponentially. After a 429
// the pace of the client decides, which knows of the other calls.
func (r Retry) waitBefore(_, _ time.Duration, attempt int, answer *http.Response) time.Duration {
	if answer != nil && answer.StatusCode == http.StatusTooManyRequests {
		return 0
	}
	if asked, ok := retryAfter(answer, r.RetryAfter); ok {
		return asked
	}
	return r.backoff(attempt)
}

// backoff has jitter, so that many plugins which were refused together do not come back together.
func (r Retry) backoff(attempt int) time.Duration {
	delay := retryablehttp.DefaultBackoff(r.BaseDelay, r.MaxDelay, attempt, nil)
	return delay/2 + rand.N(delay/2+1) //nolint:gosec // jitter, not a secret
}

// retryAfter reads the header in both of its forms, seconds and an HTTP date, up to a limit.
func retryAfter(answer *http.Response, limit time.Duration) (time.Duration, bool) {
	if answer == nil {
		return 0, false
	}
	value := answer.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil && seconds >= 0 {
		if seconds > int(limit/time.Second) { // before multiplying, which may overflow
			return limit, true
		}
		return time.Duration(seconds) * time.Second, true
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(time.Until(at), 0), limit), true
	}
	return 0, false
}

// Retry returns how the client tries again, for callers that look at something until it has changed.
func (c *Client) Retry() Retry { return c.retry }

// Pause waits before something is looked at again, longer each time, as the client does between tries. It returns the context's error
// when that ends first.
func (r Retry) Pause(ctx context.Context, attempt int) error { return sleep(ctx, r.backoff(attempt)) }

package cloud

import (
	"context"
	"errors"
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
	return r
}

func newRetryingHTTP(plain *http.Client, timeout time.Duration, retry Retry) *retryablehttp.Client {
	client := retryablehttp.NewClient()
	if plain != nil {
		client.HTTPClient = plain
	}
	client.HTTPClient = withTries(client.HTTPClient, timeout)
	client.Logger = nil // a plugin's output belongs to the engine
	client.RetryMax = retry.Max
	client.RetryWaitMin = retry.BaseDelay
	client.RetryWaitMax = retry.MaxDelay
	client.CheckRetry = shouldRetry
	client.Backoff = retry.backoff
	// The last answer is returned as it is, so that its status and message reach the user.
	client.ErrorHandler = retryablehttp.PassthroughErrorHandler
	return client
}

type retryRuleKey struct{}

// withRetryRule records in the context whether the call may be repeated after it may have been carried out. It
// travels there because the HTTP layer decides per attempt, and sees the request only by its context.
func withRetryRule(ctx context.Context, repeatable bool) context.Context {
	return context.WithValue(ctx, retryRuleKey{}, repeatable)
}

// shouldRetry does not ask whether the context has ended: an answer that came in spite of it must be known, and the
// waiting before another try ends with it anyway.
func shouldRetry(ctx context.Context, answer *http.Response, err error) (bool, error) {
	return worthRetrying(ctx, answer, err), nil
}

func worthRetrying(ctx context.Context, answer *http.Response, err error) bool {
	if answer != nil && answer.StatusCode == http.StatusTooManyRequests {
		return true // refused before anything was done
	}
	if repeatable, _ := ctx.Value(retryRuleKey{}).(bool); !repeatable {
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
	if errors.Is(err, errTooLong) {
		return false
	}
	retry, _ := retryablehttp.ErrorPropagatedRetryPolicy(context.Background(), nil, err)
	return retry
}

// backoff waits as long as the service asks for, else exponentially with jitter, so that many plugins which were
// refused together do not come back together.
func (r Retry) backoff(minimum, maximum time.Duration, attempt int, answer *http.Response) time.Duration {
	if asked, ok := retryAfter(answer, r.RetryAfter); ok {
		return asked
	}
	delay := retryablehttp.DefaultBackoff(minimum, maximum, attempt, nil)
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

// Retry says how the client tries again, for callers that look at something until it has changed.
func (c *Client) Retry() Retry { return c.retry }

// Pause waits before something is looked at again, longer each time, as the client does between tries. It returns the context's error
// when that ends first.
func (r Retry) Pause(ctx context.Context, attempt int) error {
	timer := time.NewTimer(r.backoff(r.BaseDelay, r.MaxDelay, attempt, nil))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

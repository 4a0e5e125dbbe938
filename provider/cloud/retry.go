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

func newRetryingHTTP(plain *http.Client, retry Retry) *retryablehttp.Client {
	client := retryablehttp.NewClient()
	if plain != nil {
		client.HTTPClient = plain
	}
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

func shouldRetry(ctx context.Context, answer *http.Response, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if answer != nil && answer.StatusCode == http.StatusTooManyRequests {
		return true, nil // refused before anything was done
	}
	if repeatable, _ := ctx.Value(retryRuleKey{}).(bool); !repeatable {
		return false, err
	}
	if err != nil {
		return isTransient(err), nil
	}
	switch answer.StatusCode {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true, nil
	}
	return false, nil
}

// isTransient tells a connection that failed from a request that can never be sent (a bad address, a certificate that
// is not trusted). The library's own policy knows these.
func isTransient(err error) bool {
	retry, policyErr := retryablehttp.ErrorPropagatedRetryPolicy(context.Background(), nil, err)
	return retry && !errors.Is(policyErr, context.Canceled)
}

// backoff waits as long as the service asks for, else exponentially with jitter, so that many plugins which were
// refused together do not come back together.
func (r Retry) backoff(minimum, maximum time.Duration, attempt int, answer *http.Response) time.Duration {
	if asked, ok := retryAfter(answer); ok {
		return min(asked, r.RetryAfter)
	}
	delay := retryablehttp.DefaultBackoff(minimum, maximum, attempt, nil)
	return delay/2 + rand.N(delay/2+1) //nolint:gosec // jitter, not a secret
}

// retryAfter reads the header in both of its forms, seconds and an HTTP date.
func retryAfter(answer *http.Response) (time.Duration, bool) {
	if answer == nil {
		return 0, false
	}
	value := answer.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil && seconds >= 0 {
		return time.Duration(seconds) * time.Second, true
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(time.Until(at), 0), true
	}
	return 0, false
}

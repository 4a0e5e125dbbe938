package cloud_test

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

// limited is a service that carries out so many calls a second, after a burst, and refuses the others.
type limited struct {
	limit      float64 // calls a second
	burst      float64
	latency    time.Duration
	retryAfter string

	mu      sync.Mutex
	tokens  float64
	filled  time.Time
	refused int
}

// allow reports whether there is room for another call.
func (l *limited) allow() bool {
	now := time.Now()
	if l.filled.IsZero() {
		l.tokens = l.burst
	} else {
		l.tokens = min(l.burst, l.tokens+now.Sub(l.filled).Seconds()*l.limit)
	}
	l.filled = now
	if l.tokens < 1 {
		l.refused++
		return false
	}
	l.tokens--
	return true
}

func (l *limited) RoundTrip(r *http.Request) (*http.Response, error) {
	<-time.After(l.latency)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.allow() {
		return fine(r)
	}
	if l.retryAfter != "" {
		return answer(429, refusal(429, "slow down"), "Retry-After", l.retryAfter)
	}
	return answer(429, refusal(429, "slow down"))
}

// callAll makes so many calls, that many at once, and returns how long they took.
func callAll(ctx context.Context, t *testing.T, client *cloud.Client, calls, atOnce int) time.Duration {
	start := time.Now()
	errs := make(chan error, calls)
	left := make(chan struct{}, calls)
	for range calls {
		left <- struct{}{}
	}
	close(left)
	var all sync.WaitGroup
	for range atOnce {
		all.Go(func() {
			for range left {
				_, err := client.CurrentUser(ctx)
				errs <- err
			}
		})
	}
	all.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	return time.Since(start)
}

// paceOf is how long so many calls, that many at once, take of a client, beside how long they must take.
func paceOf(t *testing.T, service *limited, calls, atOnce int) (took, ideal time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, cloud.Config{URL: "http://cloud.localhost", Token: secretToken, HTTP: &http.Client{Transport: service}})
		took = callAll(t.Context(), t, client, calls, atOnce)
	})
	possible := min(service.limit, float64(atOnce)/service.latency.Seconds())
	return took, time.Duration(float64(calls) / possible * float64(time.Second))
}

// Whatever the limit, its burst, how many calls run at once and how long they take: every call is carried out, few are refused, and
// they take little longer than the limit demands. An answer that says how long to wait costs that time.
func TestClientsFindThePaceOfAService(t *testing.T) {
	t.Parallel()
	var ratios []float64
	rapid.Check(t, func(rt *rapid.T) {
		limit := rapid.IntRange(5, 100).Draw(rt, "limit")
		service := &limited{
			limit: float64(limit), burst: float64(rapid.IntRange(max(1, limit/4), limit).Draw(rt, "burst")),
			latency:    time.Duration(rapid.IntRange(1, 300).Draw(rt, "latency")) * time.Millisecond,
			retryAfter: rapid.SampledFrom([]string{"", "1"}).Draw(rt, "retryAfter"),
		}
		atOnce := rapid.IntRange(1, 128).Draw(rt, "atOnce")
		calls := limit * rapid.IntRange(10, 40).Draw(rt, "seconds")
		took, ideal := paceOf(t, service, calls, atOnce)
		ratios = append(ratios, took.Seconds()/ideal.Seconds())
		if took > 2*ideal+20*time.Second {
			rt.Fatalf("%d calls took %s instead of %s; %d were refused", calls, took, ideal, service.refused)
		}
		if service.refused > calls/4+2*atOnce {
			rt.Fatalf("%d of %d calls were refused", service.refused, calls)
		}
	})
	slices.Sort(ratios)
	t.Logf("%d services: median %.2f of the ideal time, 90%% below %.2f, longest %.2f", len(ratios),
		ratios[len(ratios)/2], ratios[len(ratios)*9/10], ratios[len(ratios)-1])
}

// The pace of a large update of a service with a usual limit.
func TestPaceIsNearTheLimit(t *testing.T) {
	t.Parallel()
	for _, burst := range []float64{5, 20, 100} {
		service := &limited{limit: 20, burst: burst, latency: 50 * time.Millisecond}
		took, ideal := paceOf(t, service, 1000, 64)
		assert.LessOrEqual(t, took, ideal*6/5, "a burst of %v", burst)
		assert.Less(t, service.refused, 250, "a burst of %v", burst)
		t.Logf("a burst of %v: %s instead of %s, %d refused", burst, took, ideal, service.refused)
	}
}

func TestCallsThatAreRefusedForLongFail(t *testing.T) {
	t.Parallel()
	for _, header := range []string{"", "30"} {
		synctest.Test(t, func(t *testing.T) {
			client, service := timed(t, func(int, *http.Request) (*http.Response, error) {
				return answer(429, refusal(429, "slow down"), "Retry-After", header)
			})
			_, err := client.CurrentUser(t.Context())
			require.ErrorIs(t, err, cloud.ErrLimited)
			assert.GreaterOrEqual(t, time.Since(service.start), 3*time.Minute)
			assert.Less(t, time.Since(service.start), 4*time.Minute)
			assert.Less(t, len(service.at), 25)
		})
	}
}

// Refusals are no failures: a gateway that fails after them is given as many tries as ever.
func TestRefusalsTakeNoTriesOfFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, service := timed(t, func(try int, r *http.Request) (*http.Response, error) {
			switch {
			case try <= 8:
				return answer(429, refusal(429, "slow down"))
			case try <= 12:
				return answer(503, "")
			}
			return fine(r)
		})
		_, err := client.CurrentUser(t.Context())
		require.NoError(t, err)
		assert.Len(t, service.at, 13)
	})
}

// A refusal of one call holds back the others, which would be refused as well.
func TestOneRefusalSlowsEveryCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, service := timed(t, once(func() (*http.Response, error) { return answer(429, "", "Retry-After", "20") }))
		go func() { _, _ = client.CurrentUser(t.Context()) }()
		<-time.After(time.Second)
		_, err := client.CurrentUser(t.Context())
		require.NoError(t, err)
		synctest.Wait()
		require.Len(t, service.at, 3)
		assert.GreaterOrEqual(t, service.at[1], 20*time.Second)
	})
}

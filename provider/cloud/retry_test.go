package cloud_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

// inMemory is a service without a network, so that the clock of a synctest bubble is the only one. It records when
// each try arrived.
type inMemory struct {
	handle func(try int, r *http.Request) (*http.Response, error)
	start  time.Time
	at     []time.Duration
}

func (m *inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	m.at = append(m.at, time.Since(m.start))
	return m.handle(len(m.at), r)
}

// timed is a client of m with production's delays. Call it within a bubble.
func timed(t *testing.T, handle func(try int, r *http.Request) (*http.Response, error)) (*cloud.Client, *inMemory) {
	t.Helper()
	m := &inMemory{handle: handle, start: time.Now()}
	return newClient(t, cloud.Config{
		URL: "http://cloud.localhost", Token: secretToken, HTTP: &http.Client{Transport: m},
	}), m
}

func answer(status int, body string, header ...string) (*http.Response, error) {
	w := httptest.NewRecorder()
	for i := 0; i < len(header); i += 2 {
		w.Header().Set(header[i], header[i+1])
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
	return w.Result(), nil
}

// once fails the first try and answers the others.
func once(first func() (*http.Response, error)) func(int, *http.Request) (*http.Response, error) {
	return func(try int, r *http.Request) (*http.Response, error) {
		if try == 1 {
			return first()
		}
		return fine(r)
	}
}

// fine is the service's success of the calls that are made here.
func fine(r *http.Request) (*http.Response, error) {
	switch {
	case strings.HasPrefix(r.URL.Path, "/api/esc/"):
		return answer(200, "{}", "Pulumi-ESC-Revision", "2")
	case r.Method == http.MethodGet:
		return answer(200, `{"githubLogin":"ana"}`)
	case strings.HasSuffix(r.URL.Path, "/github"), strings.HasSuffix(r.URL.Path, "/pulumi"):
		return answer(201, `{"name":"payments"}`)
	}
	return answer(204, "")
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		status int
		value  func(now time.Time) string
		want   time.Duration // before the second try
	}{
		{name: "seconds", status: 429, value: func(time.Time) string { return "7" }, want: 7 * time.Second},
		{name: "no time at all", status: 429, value: func(time.Time) string { return "0" }, want: 0},
		{name: "date", status: 429, want: 42 * time.Second, value: func(now time.Time) string {
			return now.Add(42 * time.Second).UTC().Format(http.TimeFormat)
		}},
		{name: "date that has passed", status: 429, want: 0, value: func(now time.Time) string {
			return now.Add(-time.Hour).UTC().Format(http.TimeFormat)
		}},
		{name: "hours are cut", status: 429, value: func(time.Time) string { return "7200" }, want: time.Minute},
		{name: "a distant date is cut", status: 429, want: time.Minute, value: func(now time.Time) string {
			return now.Add(48 * time.Hour).UTC().Format(http.TimeFormat)
		}},
		{name: "seconds that overflow", status: 429, value: func(time.Time) string { return "9223372036854775807" }, want: time.Minute},
		{name: "unavailable", status: 503, value: func(time.Time) string { return "9" }, want: 9 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, service := timed(t, once(func() (*http.Response, error) {
					return answer(test.status, "", "Retry-After", test.value(time.Now()))
				}))
				_, err := client.CurrentUser(t.Context())
				require.NoError(t, err)
				require.Len(t, service.at, 2)
				assert.GreaterOrEqual(t, service.at[1], test.want)
				assert.LessOrEqual(t, service.at[1], test.want+test.want/10, "jitter of a tenth")
			})
		})
	}
}

func TestBackoffDoublesWithJitter(t *testing.T) {
	t.Parallel()
	for _, header := range []string{"", "soon", "-5", "1.5"} {
		synctest.Test(t, func(t *testing.T) {
			client, service := timed(t, func(int, *http.Request) (*http.Response, error) {
				return answer(429, refusal(429, "slow down"), "Retry-After", header)
			})
			_, err := client.CurrentUser(t.Context())
			require.ErrorIs(t, err, cloud.ErrLimited)
			require.Greater(t, len(service.at), 5)
			for i, full := range []time.Duration{500, 1000, 2000, 4000} {
				full *= time.Millisecond
				waited := service.at[i+1] - service.at[i]
				assert.GreaterOrEqual(t, waited, full/2)
				assert.LessOrEqual(t, waited, full)
			}
		})
	}
}

func TestDelaysOfOurOwnAreCut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := &inMemory{start: time.Now(), handle: func(int, *http.Request) (*http.Response, error) {
			return answer(503, "")
		}}
		client := newClient(t, cloud.Config{
			Token: secretToken, HTTP: &http.Client{Transport: service},
			Retry: cloud.Retry{Max: 80, BaseDelay: time.Second, MaxDelay: 2 * time.Second},
		})
		_, err := client.CurrentUser(t.Context())
		require.Error(t, err)
		require.Len(t, service.at, 81)
		for i := range 80 {
			assert.LessOrEqual(t, service.at[i+1]-service.at[i], 2*time.Second)
			assert.GreaterOrEqual(t, service.at[i+1]-service.at[i], time.Second/2)
		}
	})
}

func TestWhatIsRetried(t *testing.T) {
	t.Parallel()
	get := func(ctx context.Context, c *cloud.Client) error {
		_, err := c.CurrentUser(ctx)
		return err
	}
	remove := func(ctx context.Context, c *cloud.Client) error { return c.DeleteTeam(ctx, "acme", "x") }
	patch := func(ctx context.Context, c *cloud.Client) error { return c.UpdateTeam(ctx, "acme", "x", "X", "") }
	assign := func(ctx context.Context, c *cloud.Client) error { return c.AssignTeamRole(ctx, "acme", "x", "r") }
	github := func(ctx context.Context, c *cloud.Client) error {
		_, err := c.CreateGitHubTeam(ctx, "acme", 7)
		return err
	}
	guarded := func(ctx context.Context, c *cloud.Client) error {
		return c.UpdateEnvironment(ctx, "acme", "p", "e", "", "etag")
	}
	repeatable := map[string]func(context.Context, *cloud.Client) error{
		"get": get, "delete": remove, "patch": patch, "assign role": assign,
	}
	unrepeatable := map[string]func(context.Context, *cloud.Client) error{
		"create without a look-up": github, "write with an etag": guarded,
	}
	failures := []struct {
		name      string
		fail      func() (*http.Response, error)
		retried   bool // for calls that may be repeated
		retryOnce bool // for calls that may not
	}{
		{"429", func() (*http.Response, error) { return answer(429, "") }, true, true},
		{"502", func() (*http.Response, error) { return answer(502, "") }, true, false},
		{"503", func() (*http.Response, error) { return answer(503, "") }, true, false},
		{"504", func() (*http.Response, error) { return answer(504, "") }, true, false},
		{"reset", func() (*http.Response, error) { return nil, errors.New("connection reset by peer") }, true, false},
		{"broken answer", func() (*http.Response, error) {
			broken, err := answer(200, "")
			broken.Body = io.NopCloser(io.MultiReader(strings.NewReader("{"), failingReader{}))
			return broken, err
		}, true, false},
		{"500", func() (*http.Response, error) { return answer(500, "") }, false, false},
		{"400", func() (*http.Response, error) { return answer(400, "") }, false, false},
		{"403", func() (*http.Response, error) { return answer(403, "") }, false, false},
		{"409", func() (*http.Response, error) { return answer(409, "") }, false, false},
	}
	check := func(t *testing.T, call func(context.Context, *cloud.Client) error, fail func() (*http.Response, error), want bool) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			client, service := timed(t, once(fail))
			err := call(t.Context(), client)
			if want {
				require.NoError(t, err)
				assert.Len(t, service.at, 2)
				return
			}
			require.Error(t, err)
			assert.Len(t, service.at, 1)
		})
	}
	for _, failure := range failures {
		for name, call := range repeatable {
			t.Run(failure.name+" on "+name, func(t *testing.T) {
				t.Parallel()
				check(t, call, failure.fail, failure.retried)
			})
		}
		for name, call := range unrepeatable {
			t.Run(failure.name+" on "+name, func(t *testing.T) {
				t.Parallel()
				check(t, call, failure.fail, failure.retryOnce)
			})
		}
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errors.New("connection reset by peer") }

func TestBodyIsSentAgain(t *testing.T) {
	t.Parallel()
	want := `{"newDisplayName":"X","newDescription":"what it is for"}`
	first := exchange{call: "PATCH /api/orgs/acme/teams/x", body: want, status: 503}
	client := scripted(t, first, exchange{call: first.call, body: want, status: 204})
	require.NoError(t, client.UpdateTeam(t.Context(), "acme", "x", "X", "what it is for"))
}

func TestBrokenConnectionsAreRetried(t *testing.T) {
	t.Parallel()
	call := "GET /api/user"
	client := scripted(t,
		exchange{call: call, broken: "before"},
		exchange{call: call, broken: "within", answer: `{"githubLogin":`},
		exchange{call: call, answer: `{"githubLogin":"ana"}`})
	user, err := client.CurrentUser(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "ana", user.Login)
}

func TestCancellationEndsTheWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, service := timed(t, func(int, *http.Request) (*http.Response, error) {
			return answer(429, "", "Retry-After", "60")
		})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		_, err := client.CurrentUser(ctx)
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, 3*time.Second, time.Since(service.start))
		assert.Len(t, service.at, 1)
	})
}

// slow answers after a while, or breaks off when the request is cancelled, as net/http does.
func slow(after time.Duration, done *atomic.Bool) func(int, *http.Request) (*http.Response, error) {
	return func(_ int, r *http.Request) (*http.Response, error) {
		select {
		case <-time.After(after):
			done.Store(true)
			return fine(r)
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

func TestCancellationStopsBetweenCallsNotWithin(t *testing.T) {
	t.Parallel()
	t.Run("a write is carried out and its answer returned", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var done atomic.Bool
			client, service := timed(t, slow(10*time.Second, &done))
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			_, err := client.CreateTeam(ctx, "acme", "payments", "Payments", "")
			require.NoError(t, err)
			assert.True(t, done.Load())
			assert.Equal(t, 10*time.Second, time.Since(service.start))
		})
	})
	t.Run("a read is given up", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var done atomic.Bool
			client, service := timed(t, slow(10*time.Second, &done))
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			_, err := client.CurrentUser(ctx)
			require.ErrorIs(t, err, context.Canceled)
			assert.False(t, done.Load())
			assert.Equal(t, time.Second, time.Since(service.start))
		})
	})
}

func TestATryThatHangsIsEndedAndRetried(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var done atomic.Bool
		hang := slow(time.Hour, &done)
		client, service := timed(t, func(try int, r *http.Request) (*http.Response, error) {
			if try < 3 {
				return hang(try, r)
			}
			return fine(r)
		})
		_, err := client.CurrentUser(t.Context())
		require.NoError(t, err)
		require.Len(t, service.at, 3)
		assert.GreaterOrEqual(t, service.at[1], time.Minute)
	})
	synctest.Test(t, func(t *testing.T) {
		var done atomic.Bool
		client, _ := timed(t, slow(time.Hour, &done))
		err := client.DeleteTeam(t.Context(), "acme", "payments")
		require.ErrorIs(t, err, cloud.ErrUnknownOutcome)
		assert.ErrorContains(t, err, "no complete answer within 1m0s")
	})
}

package cloud_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

// endless is an empty page of every list, with a token that says that another one follows.
func endless(token string) string {
	var page strings.Builder
	page.WriteString(`{"tags":{},"referrers":{}`)
	for _, name := range []string{"stacks", "environments", "accounts", "members", "tokens", "gates", "auditLogEvents"} {
		fmt.Fprintf(&page, `,%q:[]`, name)
	}
	fmt.Fprintf(&page, `,"continuationToken":%q,"nextToken":%q}`, token, token)
	return page.String()
}

// Every list that goes on by a token ends, whatever tokens the service answers: the same one, some in turn, or always new ones with
// nothing in the pages. The error names the call.
func TestEveryListEnds(t *testing.T) {
	t.Parallel()
	services := map[string]func(try int) string{
		"the same token": func(int) string { return endless("again") },
		"alternating":    func(try int) string { return endless("t" + strconv.Itoa(try%2)) },
		"a circle":       func(try int) string { return endless("t" + strconv.Itoa(try%7)) },
		"empty pages":    func(try int) string { return endless("t" + strconv.Itoa(try)) },
		"a long token":   func(try int) string { return endless(strings.Repeat("a", 1<<17) + strconv.Itoa(try)) },
	}
	lists := 0
	everyCall(t, func(name string, call func(context.Context, *cloud.Client) error) {
		asked := 0
		reads := true
		client := inProcess(t, func(try int, r *http.Request) string {
			asked, reads = try, reads && r.Method == http.MethodGet
			return endless("t" + strconv.Itoa(try))
		})
		_ = call(t.Context(), client)
		if asked < 2 || !reads {
			return // no list that goes on
		}
		lists++
		for how, page := range services {
			calls := 0
			client := inProcess(t, func(try int, _ *http.Request) string { calls = try; return page(try) })
			err := call(t.Context(), client)
			require.ErrorContains(t, err, "cannot be read to its end", "%s: %s", name, how)
			require.ErrorContains(t, err, "GET /api/", "%s: %s", name, how)
			assert.LessOrEqual(t, calls, 101, "%s: %s", name, how)
		}
	})
	assert.Greater(t, lists, 10, "the lists were not found")
}

// A list with something in every page ends by its size.
func TestListsThatAreKeptAreBounded(t *testing.T) {
	t.Parallel()
	calls := 0
	page := `{"id":"x","projectName":"p","stackName":"s","more":"` + strings.Repeat("x", 8<<20) + `"}`
	client := inProcess(t, func(try int, _ *http.Request) string {
		calls = try
		return `{"stacks":[` + page + `],"continuationToken":"` + strconv.Itoa(try) + `"}`
	})
	_, err := names(client.Stacks(t.Context(), "acme"), func(s cloud.Stack) string { return s.Name })
	require.ErrorContains(t, err, "does not end after")
	assert.Less(t, calls, 60)
}

// inProcess is a client of a service that answers without a network.
func inProcess(t *testing.T, page func(try int, r *http.Request) string) *cloud.Client {
	t.Helper()
	return newClient(t, cloud.Config{
		URL: "http://cloud.localhost", Token: secretToken,
		Retry: cloud.Retry{Max: 1, BaseDelay: time.Microsecond, MaxDelay: time.Microsecond, Limited: time.Nanosecond},
		HTTP: &http.Client{Transport: &inMemory{start: time.Now(), handle: func(try int, r *http.Request) (*http.Response, error) {
			return answer(200, page(try, r))
		}}},
	})
}

// peak is how much the heap grew while something ran.
func peak(run func()) uint64 {
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var most atomic.Uint64
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				runtime.ReadMemStats(&now)
				most.Store(max(most.Load(), now.HeapAlloc))
			}
		}
	}()
	run()
	close(done)
	<-stopped
	return most.Load() - min(most.Load(), before.HeapAlloc)
}

// Answers that are larger than any of the service's, or become much larger than they are, are given up before they fill the memory.
// It runs alone, since it measures the memory of the process.
func TestAnswersDoNotFillTheMemory(t *testing.T) { //nolint:paralleltest // see above
	endlessly := func(text string) http.HandlerFunc {
		chunk := []byte(strings.Repeat(text, 1<<20/len(text)))
		return func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}
	}
	whole := func(status int, before, element, after string, size int) http.HandlerFunc {
		body := before + strings.TrimSuffix(strings.Repeat(element+",", size/(len(element)+1)), ",") + after
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	const large = 31 << 20
	for name, handler := range map[string]http.HandlerFunc{
		"an endless body":     endlessly("x"),
		"endless spaces":      endlessly(" "),
		"empty objects":       whole(200, `{"teams":[`, `{}`, `]}`, large),
		"empty lists":         whole(200, `{"teams":[`, `[]`, `]}`, large),
		"empty texts":         whole(200, `{"teams":[{"name":"x","roleIds":[`, `""`, `]}]}`, large),
		"one text":            whole(200, `{"teams":[{"name":"x","description":"`, strings.Repeat("x", 1000), `"}]}`, large),
		"deep lists":          whole(200, strings.Repeat("[", large), "", "", 0),
		"a refusal":           whole(400, `{"code":400,"message":"`, strings.Repeat("x", 1000), `"}`, large),
		"refusals of fields":  whole(400, `{"code":400,"message":"m","errors":[`, `{}`, `]}`, large),
		"an endless refusal ": func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500); endlessly("x")(w, r) },
	} {
		server := httptest.NewServer(handler)
		client := clientOf(t, server.URL)
		var err error
		used := peak(func() { _, err = client.Teams(t.Context(), "acme") })
		if name != "empty texts" && name != "one text" {
			require.Error(t, err, name)
			assert.Less(t, len(err.Error()), 4000, name)
		}
		assert.Less(t, used, uint64(256<<20), name)
		server.CloseClientConnections()
		server.Close()
	}
}

// trickle is a body that comes one byte a second.
type trickle struct{ left int }

func (b *trickle) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	time.Sleep(time.Second) //nolint:forbidigo // in a bubble, whose time is not the clock's
	b.left--
	p[0] = ' '
	return 1, nil
}

func (*trickle) Close() error { return nil }

// An answer that trickles is given up soon, and is not asked for again; one that only comes late is waited for.
func TestAnswersThatTrickle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, service := timed(t, func(int, *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: &trickle{left: 1 << 20}}, nil
		})
		_, err := client.CurrentUser(t.Context())
		require.ErrorContains(t, err, "bytes a second")
		require.ErrorIs(t, err, cloud.ErrUnknownOutcome)
		assert.Less(t, time.Since(service.start), 15*time.Second)
		assert.Len(t, service.at, 1)
	})
	synctest.Test(t, func(t *testing.T) {
		client, _ := timed(t, func(int, *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(io.MultiReader(&trickle{left: 5}, late{}, strings.NewReader(`{"githubLogin":"ana"}`)))}, nil
		})
		_, err := client.CurrentUser(t.Context())
		require.NoError(t, err)
	})
}

// late is nothing, after a while.
type late struct{}

func (late) Read([]byte) (int, error) {
	time.Sleep(30 * time.Second) //nolint:forbidigo // in a bubble, whose time is not the clock's
	return 0, io.EOF
}

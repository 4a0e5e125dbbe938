package cloud_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

const secretToken = "pul-0123456789abcdef"

// exchange is one call that a test expects, and what it is answered.
type exchange struct {
	call   string                              // method, escaped path and query: "GET /api/user?x=1"
	body   string                              // the JSON that must be sent; "" when it does not matter
	check  func(t *testing.T, r *http.Request) // looks at more of the request
	status int                                 // 200 when 0
	header map[string]string                   // of the answer
	answer string
	broken string // "before" or "within" the answer, the connection breaks
}

// service answers exchanges in order, and fails the test for a call that is not the next one, and for one that never
// comes.
type service struct {
	t    *testing.T
	mu   sync.Mutex
	left []exchange
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := r.Method + " " + r.URL.RequestURI()
	next, ok := s.next()
	if !ok || next.call != call {
		s.t.Errorf("unexpected call %s, expected %q", call, next.call)
		w.WriteHeader(http.StatusNotImplemented)
		return
	}
	assert.Equal(s.t, "token "+secretToken, r.Header.Get("Authorization"))
	if next.body != "" {
		sent, err := io.ReadAll(r.Body)
		assert.NoError(s.t, err)
		assert.JSONEq(s.t, next.body, string(sent), call)
	}
	if next.check != nil {
		next.check(s.t, r)
	}
	next.write(w)
}

func (s *service) next() (exchange, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.left) == 0 {
		return exchange{}, false
	}
	next := s.left[0]
	s.left = s.left[1:]
	return next, true
}

func (e exchange) write(w http.ResponseWriter) {
	if e.broken == "before" {
		panic(http.ErrAbortHandler)
	}
	for name, value := range e.header {
		w.Header().Set(name, value)
	}
	if e.broken == "within" {
		w.Header().Set("Content-Length", "1000")
	}
	if e.status != 0 {
		w.WriteHeader(e.status)
	}
	_, _ = io.WriteString(w, e.answer)
	if e.broken == "within" {
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}

// scripted is a client of a service that answers exactly these exchanges.
func scripted(t *testing.T, exchanges ...exchange) *cloud.Client {
	t.Helper()
	s := &service{t: t, left: exchanges}
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		server.Close()
		for _, e := range s.left {
			t.Errorf("the call %s never came", e.call)
		}
	})
	return clientOf(t, server.URL)
}

// clientOf waits next to nothing between tries, repeats no call that was refused because there were too many, and opens a connection for each, so that net/http repeats none itself.
func clientOf(t *testing.T, url string) *cloud.Client {
	t.Helper()
	return newClient(t, cloud.Config{
		URL: url, Token: secretToken, Version: "1.2.3",
		Retry: cloud.Retry{BaseDelay: time.Microsecond, MaxDelay: time.Microsecond, Limited: time.Nanosecond},
		HTTP:  &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	})
}

func newClient(t *testing.T, config cloud.Config) *cloud.Client {
	t.Helper()
	client, err := cloud.New(config)
	require.NoError(t, err)
	return client
}

// refusal is an answer of the service's own error form.
func refusal(status int, message string) string {
	text, err := json.Marshal(map[string]any{"code": status, "message": message})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func asError(t *testing.T, err error) *cloud.Error {
	t.Helper()
	var failure *cloud.Error
	require.ErrorAs(t, err, &failure)
	return failure
}

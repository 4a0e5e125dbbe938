package server

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/contract"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/trust"
)

// box is a running sandbox with a clock that tests move.
type box struct {
	t   *testing.T
	s   *Server
	url string

	mu  sync.Mutex
	now time.Time
}

func newBox(t *testing.T, seed string) *box {
	t.Helper()
	b := &box{t: t, now: time.Now()}
	s, err := New(core.Options{Seed: []byte(seed), Now: b.clock})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(contract.Middleware(t, s.Handler()))
	t.Cleanup(web.Close)
	s.SetURL(web.URL)
	b.s, b.url = s, web.URL
	return b
}

func (b *box) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *box) advance(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// reply is an answer, read whole.
type reply struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

// want fails the test unless the answer has the status.
func (r reply) want(status int) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("got status %d, want %d; body: %s", r.status, status, r.body)
	}
	return r
}

// says fails the test unless the body holds the text.
func (r reply) says(text string) reply {
	r.t.Helper()
	if !strings.Contains(r.body, text) {
		r.t.Fatalf("the body lacks %q: %s", text, r.body)
	}
	return r
}

// hides fails the test if the body holds the text.
func (r reply) hides(text string) reply {
	r.t.Helper()
	if strings.Contains(r.body, text) {
		r.t.Fatalf("the body holds %q: %s", text, r.body)
	}
	return r
}

func decoded[T any](r reply) T {
	r.t.Helper()
	var v T
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		r.t.Fatalf("the body is not what was expected: %v: %s", err, r.body)
	}
	return v
}

// send makes one call. A body that is a string goes as it is, anything else as JSON; headers are name, value, ....
func (b *box) send(token, method, path string, body any, headers ...string) reply {
	b.t.Helper()
	var content io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(body)
	default:
		data, err := json.Marshal(body)
		if err != nil {
			b.t.Fatal(err)
		}
		content = bytes.NewReader(data)
	}
	request, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, content)
	if err != nil {
		b.t.Fatal(err)
	}
	switch body.(type) {
	case nil:
	case string:
		request.Header.Set("Content-Type", "application/x-yaml")
	default:
		request.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		request.Header.Set("Authorization", "token "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := trust.Outbound.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return reply{t: b.t, status: answer.StatusCode, header: answer.Header, body: string(data)}
}

// admin makes a call as the first administrator.
func (b *box) admin(method, path string, body any, headers ...string) reply {
	b.t.Helper()
	return b.send(b.s.AdminToken(), method, path, body, headers...)
}

// token asks the control endpoint for an access token.
func (b *box) token(who map[string]any) string {
	b.t.Helper()
	answer := b.send("", http.MethodPost, "/_sandbox/tokens", who)
	return decoded[struct{ Token string }](answer).Token
}

func (b *box) user(login string) string {
	b.t.Helper()
	return b.token(map[string]any{"user": login})
}

// opened opens an environment and reads the session as the same caller.
func (b *box) opened(token, environment string) reply {
	b.t.Helper()
	answer := b.send(token, http.MethodPost, escPath(environment, "open?duration=1h"), nil)
	if answer.status != http.StatusOK {
		return answer
	}
	session := decoded[struct{ ID string }](answer).ID
	return b.send(token, http.MethodGet, escPath(environment, "open/"+session), nil)
}

// yamlOpened opens text that was never saved, as `pulumi up` does, and reads the session.
func (b *box) yamlOpened(token, text string) reply {
	b.t.Helper()
	answer := b.send(token, http.MethodPost, "/api/esc/environments/acme/yaml/open?duration=1h", text)
	if answer.status != http.StatusOK {
		return answer
	}
	session := decoded[struct{ ID string }](answer).ID
	return b.send(token, http.MethodGet, "/api/esc/environments/acme/yaml/open/"+session, nil)
}

// escPath is the path of an environment of acme, and of what is below it.
func escPath(environment string, below ...string) string {
	return strings.Join(append([]string{"/api/esc/environments/acme", environment}, below...), "/")
}

// events lists the audit log's event names, oldest first.
func (b *box) events() []string {
	b.s.org.Mu.Lock()
	defer b.s.org.Mu.Unlock()
	var names []string
	for _, e := range b.s.org.State.History.Audit {
		names = append(names, e.Event)
	}
	return names
}

package servertest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
)

// Failure is how a write goes wrong.
type Failure int

// Ways of going wrong.
const (
	Refused    Failure = iota // answered 403, and not carried out
	LostCall                  // the connection breaks before the call is carried out
	LostAnswer                // the connection breaks after it was carried out
)

// Failures are all of them.
var Failures = []Failure{Refused, LostCall, LostAnswer}

func (f Failure) String() string { return [...]string{"refused", "lost call", "lost answer"}[f] }

// Write is a call that may change something.
type Write struct {
	Number int // from 1
	Method string
	Path   string
	Body   string
}

func (w Write) String() string {
	return fmt.Sprintf("%d: %s %s %s", w.Number, w.Method, w.Path, w.Body)
}

// Watcher is a transport that lets a test look at the organization after every write, and makes one of them fail. Writes
// go through it one at a time, so that none hides behind another.
type Watcher struct {
	next  http.RoundTripper
	after func(Write)

	mutex  sync.Mutex
	writes []Write
	failAt int
	how    Failure
	outage bool
	failed string // what the write that failed was: its repetitions fail too
}

// NewWatcher returns a transport that calls after, unless it is nil, once each write was answered or has failed.
func NewWatcher(after func(Write)) *Watcher {
	return &Watcher{next: Client.Transport, after: after}
}

// After replaces what is called after every write.
func (w *Watcher) After(after func(Write)) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.after = after
}

// FailAt makes the nth write from now on fail, with its repetitions; 0 lets all pass. In an outage every later write fails
// as well.
func (w *Watcher) FailAt(n int, how Failure, outage bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.writes, w.failAt, w.how, w.outage, w.failed = nil, n, how, outage, ""
}

// Writes are those since FailAt was called last.
func (w *Watcher) Writes() []Write {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return slices.Clone(w.writes)
}

// RoundTrip implements [http.RoundTripper].
func (w *Watcher) RoundTrip(request *http.Request) (*http.Response, error) {
	reads := request.Method == http.MethodGet || request.Method == http.MethodHead || strings.HasSuffix(request.URL.Path, "/assignments/list")
	if reads {
		return w.next.RoundTrip(request)
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	var body []byte
	if request.Body != nil {
		var err error
		if body, err = io.ReadAll(request.Body); err != nil {
			return nil, err
		}
		request.Body = io.NopCloser(bytes.NewReader(body))
	}
	write := Write{len(w.writes) + 1, request.Method, request.URL.Path, string(body)}
	w.writes = append(w.writes, write)
	answer, err := w.carryOut(request, write)
	if w.after != nil {
		w.after(write)
	}
	return answer, err
}

func (w *Watcher) carryOut(request *http.Request, write Write) (*http.Response, error) {
	same := write.Method + write.Path + write.Body
	fails := w.failAt > 0 && (write.Number == w.failAt || same == w.failed || (w.outage && write.Number > w.failAt))
	if !fails {
		return w.next.RoundTrip(request)
	}
	w.failed = same
	switch w.how {
	case Refused:
		return &http.Response{
			StatusCode: http.StatusForbidden, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: request,
			Header: http.Header{"Content-Type": {"application/json"}},
			Body:   io.NopCloser(strings.NewReader(`{"code": 403, "message": "refused by the test"}`)),
		}, nil
	case LostAnswer:
		if answer, err := w.next.RoundTrip(request); err == nil {
			_ = answer.Body.Close()
		}
	case LostCall:
	}
	return nil, errors.New("connection reset by the test")
}

// Holdings is what each user may do: see [server.Server.Holdings].
type Holdings map[server.Holding]time.Duration

// Holdings returns what each user may do now.
func (r *Running) Holdings() Holdings { return r.Server.Holdings() }

// Beyond names what is held here although none of the others gives it, sorted. What an approval guards is less than what
// it does not, and a bounded opening is less than a longer one.
func (h Holdings) Beyond(others ...Holdings) []string {
	var beyond []string
	for holding, limit := range h {
		if !slices.ContainsFunc(others, func(other Holdings) bool { return other.give(holding, limit) }) {
			beyond = append(beyond, fmt.Sprintf("%s: %s on %s (gated %t, %s)", holding.Login, holding.Scope, holding.Entity, holding.Gated, limit))
		}
	}
	slices.Sort(beyond)
	return beyond
}

func (h Holdings) give(holding server.Holding, limit time.Duration) bool {
	enough := func(gated bool) bool {
		same := holding
		same.Gated = gated
		given, ok := h[same]
		return ok && (given == 0 || (limit != 0 && limit <= given))
	}
	return enough(false) || (holding.Gated && enough(true))
}

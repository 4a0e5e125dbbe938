// Package faults makes calls fail on purpose, so that tests can see what a client does then. A server takes the fault of a call
// from a [List], and applies it before and after the call's handler.
package faults

import (
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

const (
	resetBefore = "before"
	resetAfter  = "after"
)

// Fault makes calls of one route fail, a number of times. Status answers in place of the handler. Reset drops
// the connection before the handler ran or after it did. Delay comes first, whatever else is set. Body is what is
// answered: with Status in place of the handler, without it in place of what the handler answered.
type Fault struct {
	Match   string            `json:"match"` // a route, or "*" for every one
	Times   int               `json:"times"` // default 1
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    *string           `json:"body"`
	Reset   string            `json:"reset"`
	Delay   string            `json:"delay"` // a Go duration

	delay time.Duration
}

// List holds the faults that are left.
type List struct {
	mu     sync.Mutex
	faults []*Fault
}

// Add checks a fault and queues it. The route must exist: a fault that never applies would hide a mistake in a test.
func (l *List) Add(f Fault, routes []string) error {
	if f.Times == 0 {
		f.Times = 1
	}
	if err := f.check(routes); err != nil {
		return err
	}
	if f.Delay != "" {
		d, err := time.ParseDuration(f.Delay)
		if err != nil || d < 0 {
			return rest.BadRequest("delay %q is not a duration such as 2s", f.Delay)
		}
		f.delay = d
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = append(l.faults, &f)
	return nil
}

func (f *Fault) check(routes []string) error {
	switch {
	case f.Match != "*" && !slices.Contains(routes, f.Match):
		return rest.BadRequest("match %q is not a route of the sandbox; routes look like %q", f.Match,
			"PATCH /api/orgs/{orgName}/teams/{teamName}")
	case f.Times < 0:
		return rest.BadRequest("times is %d: give a positive number", f.Times)
	case f.Reset != "" && f.Reset != resetBefore && f.Reset != resetAfter:
		return rest.BadRequest("reset is %q: give %q or %q (the write)", f.Reset, resetBefore, resetAfter)
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return rest.BadRequest("status is %d: give 200 to 599", f.Status)
	case f.Status == 0 && f.Reset == "" && f.Delay == "" && f.Body == nil:
		return rest.BadRequest("the fault does nothing: give status, reset, delay or body")
	case f.Status != 0 && f.Reset != "":
		return rest.BadRequest("give status or reset, not both")
	}
	return nil
}

// Clear forgets all faults.
func (l *List) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = nil
}

// Take returns the fault for a call of a route, nil if there is none.
func (l *List) Take(route string) *Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, f := range l.faults {
		if f.Match != "*" && f.Match != route {
			continue
		}
		f.Times--
		if f.Times == 0 {
			l.faults = slices.Delete(l.faults, i, i+1)
		}
		return f
	}
	return nil
}

// Before strikes ahead of the handler.
func (f *Fault) Before(r *http.Request, w http.ResponseWriter) {
	if f == nil {
		return
	}
	if f.delay > 0 {
		rest.Pause(r, f.delay)
	}
	if f.Reset == resetBefore {
		resetConnection(w)
	}
}

// Answer writes the fault's own answer, and tells whether there is one.
func (f *Fault) Answer(out *rest.Response) bool {
	if f == nil || f.Status == 0 {
		return false
	}
	out.WriteJSON(f.Status, rest.Error{Code: f.Status, Message: http.StatusText(f.Status)})
	f.dress(out)
	return true
}

// After strikes when the handler is done.
func (f *Fault) After(w http.ResponseWriter, out *rest.Response) {
	if f == nil {
		return
	}
	if f.Reset == resetAfter {
		resetConnection(w)
	}
	if f.Status == 0 {
		f.dress(out)
	}
}

// faultHeader marks an answer that a fault has written or changed, so that it is not compared with the service's document.
const faultHeader = "X-Sandbox-Fault"

// dress puts the fault's body and headers on an answer.
func (f *Fault) dress(out *rest.Response) {
	if f.Status != 0 || f.Body != nil {
		out.Header.Set(faultHeader, "scripted")
	}
	if f.Body != nil {
		out.Body = []byte(*f.Body)
		if !json.Valid(out.Body) {
			out.Header.Set("Content-Type", "text/plain; charset=utf-8")
		}
	}
	for name, value := range f.Headers {
		out.Header.Set(name, value)
	}
}

// resetConnection ends the connection the hard way. The panic is net/http's own way to give up on an answer.
func resetConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // else the peer sees a clean end
		}
		_ = conn.Close()
	}
	panic(http.ErrAbortHandler)
}

package server

import (
	"maps"
	"net/http"
	"sync"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// loggedRequest is one call as the request log lists it.
type loggedRequest struct {
	Method string `json:"method"`
	Route  string `json:"route"` // in the OpenAPI document's form; method and path where no route fits
	Path   string `json:"path"`
	Status int    `json:"status"` // 0 while it runs, and when the connection was reset
	Caller string `json:"caller"` // login, "" when nobody was recognised
}

// requestLog counts and lists calls in the order of their arrival.
type requestLog struct {
	mu      sync.Mutex
	keep    int              // entries
	entries []*loggedRequest // the newest
	total   int
	routes  map[string]int
}

func newRequestLog(keep int) *requestLog { return &requestLog{keep: keep, routes: map[string]int{}} }

func (l *requestLog) begin(r *http.Request, rt *core.Route) *loggedRequest {
	e := &loggedRequest{Method: r.Method, Path: r.URL.EscapedPath(), Route: r.Method + " " + r.URL.Path}
	if rt != nil {
		e.Route = rt.Pattern
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = state.Newest(append(l.entries, e), l.keep)
	l.total++
	l.routes[e.Route]++
	return e
}

func (l *requestLog) end(e *loggedRequest, status int, caller string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.Status, e.Caller = status, caller
}

func (l *requestLog) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries, l.total, l.routes = nil, 0, map[string]int{}
}

// requestSummary is the answer of GET /_sandbox/requests; List only when it was asked for.
type requestSummary struct {
	Total  int             `json:"total"`
	Routes map[string]int  `json:"routes"`
	List   []loggedRequest `json:"list,omitempty"`
}

func (l *requestLog) summary(list bool) requestSummary {
	l.mu.Lock()
	defer l.mu.Unlock()
	sum := requestSummary{Total: l.total, Routes: maps.Clone(l.routes)}
	if list {
		sum.List = make([]loggedRequest, 0, len(l.entries))
		for _, e := range l.entries {
			sum.List = append(sum.List, *e)
		}
	}
	return sum
}

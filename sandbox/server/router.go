package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"sort"
	"strings"
	"time"
)

// route ties a method and path to what answers it. The pattern is in the form of the service's OpenAPI document,
// parameter names included ("GET /api/orgs/{orgName}"), since the request log and faults speak of routes so.
type route struct {
	pattern string
	handle  func(*call) error
	// open routes need no token.
	open bool
	// lease routes take the lease of the update that the path names in place of an access token.
	lease bool
	// callers are the kinds of tokens that may call it; see callers.go.
	callers callerRule
	// unlocked handlers run without the server's lock and take it themselves: those that call back into the server.
	unlocked bool
}

// router finds routes. Not http.ServeMux: it refuses the service's own paths as ambiguous (.../yaml/open/{id} and
// .../{project}/{env}/metadata), where the service lets the leftmost literal win.
type router struct {
	roots map[string]*node // by method
}

type node struct {
	literal map[string]*node
	param   *node
	route   *route
	names   []string // of the parameters on the way, in order
}

func newRouter(routes []route) *router {
	r := &router{roots: map[string]*node{}}
	for i := range routes {
		r.add(&routes[i])
	}
	return r
}

func (r *router) add(rt *route) {
	method, path, ok := strings.Cut(rt.pattern, " ")
	if !ok {
		panic("route without a method: " + rt.pattern)
	}
	n := r.roots[method]
	if n == nil {
		n = &node{literal: map[string]*node{}}
		r.roots[method] = n
	}
	var names []string
	for _, segment := range strings.Split(strings.Trim(path, "/"), "/") {
		if strings.HasPrefix(segment, "{") {
			names = append(names, strings.Trim(segment, "{}"))
			if n.param == nil {
				n.param = &node{literal: map[string]*node{}}
			}
			n = n.param
			continue
		}
		if n.literal[segment] == nil {
			n.literal[segment] = &node{literal: map[string]*node{}}
		}
		n = n.literal[segment]
	}
	if n.route != nil {
		panic(fmt.Sprintf("two routes for one path: %s and %s", n.route.pattern, rt.pattern))
	}
	n.route, n.names = rt, names
}

// find answers the route and its parameters for a method and a path as it came over the wire, still escaped.
func (r *router) find(method, escapedPath string) (*route, map[string]string) {
	root := r.roots[method]
	if root == nil {
		return nil, nil
	}
	// The service takes a doubled slash for one: all official clients of ESC read sessions at open//{session}.
	segments := slices.DeleteFunc(strings.Split(escapedPath, "/"), func(segment string) bool { return segment == "" })
	values := make([]string, 0, len(segments))
	n := root.find(segments, &values)
	if n == nil {
		return nil, nil
	}
	params := make(map[string]string, len(values))
	for i, name := range n.names {
		params[name] = values[i]
	}
	return n.route, params
}

func (n *node) find(segments []string, values *[]string) *node {
	if len(segments) == 0 {
		if n.route == nil {
			return nil
		}
		return n
	}
	if next := n.literal[segments[0]]; next != nil {
		if found := next.find(segments[1:], values); found != nil {
			return found
		}
	}
	value, err := url.PathUnescape(segments[0])
	if n.param == nil || err != nil || value == "" {
		return nil
	}
	*values = append(*values, value)
	if found := n.param.find(segments[1:], values); found != nil {
		return found
	}
	*values = (*values)[:len(*values)-1]
	return nil
}

// serve answers one request: log, fault, latency, caller, handler.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if isControl(r) {
		s.serveControl(w, r)
		return
	}
	rt, params := s.router.find(r.Method, r.URL.EscapedPath())
	entry := s.log.begin(r, rt)
	c := &call{s: s, r: r, route: rt, params: params, out: newResponse()}
	readAhead(r)
	fault := s.faults.take(entry.Route)
	fault.before(r, w)
	if s.options.Latency > 0 && strings.HasPrefix(r.URL.Path, "/api/") {
		pause(r, s.options.Latency)
	}
	if !fault.answer(c.out) {
		c.runAndKeep()
	}
	s.log.end(entry, c.out.status, c.caller.login)
	fault.after(w, c.out)
	c.out.send(w, r)
}

// readAhead takes the body off the connection: only then does net/http notice that a caller has left.
func readAhead(r *http.Request) {
	data, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(data), failing{err}))
}

// failing passes on the error with which a body ended.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}

// pause waits, but no longer than the caller does.
func pause(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

// runAndKeep answers only when what the call changed is in the state file.
func (c *call) runAndKeep() {
	c.run()
	if err := c.s.kept(c.r.Method); err != nil {
		c.refuse(err)
	}
}

// run lets the handler answer, under the lock unless it asked for it not to be. A bug in it is an answer too: the next call
// finds the server working.
func (c *call) run() {
	if err := c.dispatchSafely(); err != nil {
		c.refuse(err)
	}
}

func (c *call) refuse(err error) {
	var refusal *apiError
	if !errors.As(err, &refusal) {
		refusal = &apiError{Code: http.StatusInternalServerError, Message: "Internal Server Error: " + err.Error()}
	}
	c.out.reset()
	c.out.writeJSON(refusal.Code, refusal)
}

// dispatchSafely makes a panic an error, after the lock was released.
func (c *call) dispatchSafely() (err error) {
	defer func() {
		if bug := recover(); bug != nil {
			log.Printf("sandbox: %s %s: %v\n%s", c.r.Method, c.r.URL.Path, bug, debug.Stack())
			err = fmt.Errorf("the sandbox failed, which is a bug: %v", bug)
		}
	}()
	return c.dispatch()
}

func (c *call) dispatch() error {
	if c.route == nil {
		return c.unknownEndpoint()
	}
	if c.route.unlocked {
		if err := c.s.locked(c.admit); err != nil {
			return err
		}
		return c.route.handle(c)
	}
	return c.s.locked(func() error {
		if err := c.admit(); err != nil {
			return err
		}
		return c.route.handle(c)
	})
}

// admit says who asks and whether they belong to the organization that they ask about.
func (c *call) admit() error {
	if err := c.identify(); err != nil {
		return err
	}
	if org := c.param("orgName"); org != "" && !strings.EqualFold(org, c.s.st.Organization.Login) {
		return notFound("Organization '%s' not found", org)
	}
	return c.checkKind()
}

func (c *call) identify() error {
	switch {
	case c.route.open:
		return nil
	case c.route.lease:
		return c.authenticateUpdate()
	}
	return c.authenticate()
}

// unknownEndpoint names what is missing, so that nobody looks for the fault in their own request.
func (c *call) unknownEndpoint() error {
	return &apiError{Code: http.StatusNotImplemented,
		Message: fmt.Sprintf("the sandbox does not have %s %s", c.r.Method, c.r.URL.Path)}
}

// patterns lists all routes, for tests and the banner.
func (r *router) patterns() []string {
	var all []string
	var walk func(*node)
	walk = func(n *node) {
		if n.route != nil {
			all = append(all, n.route.pattern)
		}
		for _, next := range n.literal {
			walk(next)
		}
		if n.param != nil {
			walk(n.param)
		}
	}
	for _, root := range r.roots {
		walk(root)
	}
	sort.Strings(all)
	return all
}

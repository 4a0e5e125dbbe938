package server

import (
	"fmt"
	"log"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/stacks"
)

// newRouter makes a router of routes.
func newRouter(routes []core.Route) *rest.Router[core.Route] {
	r := rest.NewRouter[core.Route]()
	for i := range routes {
		r.Add(routes[i].Pattern, &routes[i])
	}
	return r
}

// serve answers one request: log, fault, latency, rate limit, caller, handler.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if isControl(r) {
		s.serveControl(w, r)
		return
	}
	rt, params := s.router.Find(r.Method, r.URL.EscapedPath())
	entry := s.log.begin(r, rt)
	c := &core.Call{Call: rest.NewCall(r, params), Org: s.org, Route: rt}
	rest.ReadAhead(r)
	fault := s.faults.Take(entry.Route)
	fault.Before(r, w)
	called := strings.HasPrefix(r.URL.Path, "/api/")
	if s.org.Options.Latency > 0 && called {
		rest.Pause(r, s.org.Options.Latency)
	}
	switch {
	case fault.Answer(c.Out):
	case called && !s.limiter.Allow():
		c.Fail(rest.TooManyRequests())
	default:
		s.runAndKeep(c)
	}
	s.log.end(entry, c.Out.Status, c.Caller.Login)
	fault.After(w, c.Out)
	c.Out.Send(w, r)
}

// runAndKeep answers only when what the call changed is in the state file.
func (s *Server) runAndKeep(c *core.Call) {
	run(c)
	if err := s.kept(c.Request.Method); err != nil {
		c.Fail(err)
	}
}

// run lets the handler answer, under the lock unless it asked for it not to be. A bug in it is an answer too: the next call
// finds the server working.
func run(c *core.Call) {
	if err := dispatchSafely(c); err != nil {
		c.Fail(err)
	}
}

// dispatchSafely makes a panic an error, after the lock was released.
func dispatchSafely(c *core.Call) (err error) {
	defer func() {
		if bug := recover(); bug != nil {
			log.Printf("sandbox: %s %s: %v\n%s", c.Request.Method, c.Request.URL.Path, bug, debug.Stack())
			err = fmt.Errorf("the sandbox failed, which is a bug: %v", bug)
		}
	}()
	return dispatch(c)
}

func dispatch(c *core.Call) error {
	if c.Route == nil {
		return unknownEndpoint(c)
	}
	if c.Route.Unlocked {
		if err := c.Org.Locked(func() error { return admit(c) }); err != nil {
			return err
		}
		return c.Route.Handle.Serve(c)
	}
	return c.Org.Locked(func() error {
		if err := admit(c); err != nil {
			return err
		}
		return c.Route.Handle.Serve(c)
	})
}

// admit identifies the caller, and refuses those who may not call the route or name another organization.
func admit(c *core.Call) error {
	if err := identify(c); err != nil {
		return err
	}
	if org := c.Param("orgName"); org != "" && !strings.EqualFold(org, c.Org.State.Organization.Login) {
		return rest.NotFound("Organization '%s' not found", org)
	}
	return checkKind(c)
}

func identify(c *core.Call) error {
	switch {
	case c.Route.Open:
		return nil
	case c.Route.Lease:
		return stacks.AuthenticateUpdate(c)
	}
	return c.Authenticate()
}

// unknownEndpoint answers that the sandbox lacks the endpoint: the message names it, so that users do not suspect their request.
func unknownEndpoint(c *core.Call) error {
	return &rest.Error{Code: http.StatusNotImplemented,
		Message: fmt.Sprintf("the sandbox does not have %s %s", c.Request.Method, c.Request.URL.Path)}
}

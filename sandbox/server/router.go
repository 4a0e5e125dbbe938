package server

import (
	"fmt"
	"log"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// newRouter makes a router of routes.
func newRouter(routes []route) *rest.Router[route] {
	r := rest.NewRouter[route]()
	for i := range routes {
		r.Add(routes[i].pattern, &routes[i])
	}
	return r
}

// serve answers one request: log, fault, latency, caller, handler.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if isControl(r) {
		s.serveControl(w, r)
		return
	}
	rt, params := s.router.Find(r.Method, r.URL.EscapedPath())
	entry := s.log.begin(r, rt)
	c := &call{Call: rest.NewCall(r, params), s: s.org, route: rt}
	rest.ReadAhead(r)
	fault := s.faults.Take(entry.Route)
	fault.Before(r, w)
	if s.options.Latency > 0 && strings.HasPrefix(r.URL.Path, "/api/") {
		rest.Pause(r, s.options.Latency)
	}
	if !fault.Answer(c.Out) {
		s.runAndKeep(c)
	}
	s.log.end(entry, c.Out.Status, c.caller.login)
	fault.After(w, c.Out)
	c.Out.Send(w, r)
}

// runAndKeep answers only when what the call changed is in the state file.
func (s *Server) runAndKeep(c *call) {
	c.run()
	if err := s.kept(c.Request.Method); err != nil {
		c.Fail(err)
	}
}

// run lets the handler answer, under the lock unless it asked for it not to be. A bug in it is an answer too: the next call
// finds the server working.
func (c *call) run() {
	if err := c.dispatchSafely(); err != nil {
		c.Fail(err)
	}
}

// dispatchSafely makes a panic an error, after the lock was released.
func (c *call) dispatchSafely() (err error) {
	defer func() {
		if bug := recover(); bug != nil {
			log.Printf("sandbox: %s %s: %v\n%s", c.Request.Method, c.Request.URL.Path, bug, debug.Stack())
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
		return c.route.handle.Serve(c)
	}
	return c.s.locked(func() error {
		if err := c.admit(); err != nil {
			return err
		}
		return c.route.handle.Serve(c)
	})
}

// admit says who asks and whether they belong to the organization that they ask about.
func (c *call) admit() error {
	if err := c.identify(); err != nil {
		return err
	}
	if org := c.Param("orgName"); org != "" && !strings.EqualFold(org, c.s.state.Organization.Login) {
		return rest.NotFound("Organization '%s' not found", org)
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
	return &rest.Error{Code: http.StatusNotImplemented,
		Message: fmt.Sprintf("the sandbox does not have %s %s", c.Request.Method, c.Request.URL.Path)}
}

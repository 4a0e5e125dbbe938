package server

import (
	"net/http"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/faults"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

func isControl(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, controlPrefix) }

// serveControl answers the control endpoints. They need no token, so they answer callers on this machine only.
func (s *Server) serveControl(w http.ResponseWriter, r *http.Request) {
	c := &call{Call: rest.NewCall(r, nil), s: s.org}
	if !isLoopback(r.RemoteAddr) || !isLoopback(r.Host) {
		c.Out.WriteJSON(http.StatusForbidden, rest.Error{Code: http.StatusForbidden,
			Message: "Forbidden: control endpoints are served on loopback only"})
		c.Out.Send(w, r)
		return
	}
	c.route, c.Params = s.control.Find(r.Method, r.URL.EscapedPath())
	s.runAndKeep(c)
	c.Out.Send(w, r)
}

func (s *Server) controlRoutes() []route {
	routes := []route{
		{pattern: "GET /_sandbox/requests", handle: rest.Plain(s.listRequests)},
		{pattern: "DELETE /_sandbox/requests", handle: rest.Plain(s.resetRequests)},
		{pattern: "POST /_sandbox/tokens", handle: rest.JSON((*call).mintControlToken)},
		{pattern: "POST /_sandbox/faults", handle: rest.Do(s.addFault)},
		{pattern: "DELETE /_sandbox/faults", handle: rest.Plain(s.clearFaults)},
		{pattern: "POST /_sandbox/audit", handle: rest.JSON((*call).generateAudit)},
		{pattern: "GET /_sandbox/state", handle: rest.Plain(s.exportState)},
		{pattern: "PUT /_sandbox/state", handle: rest.ActOn((*call).Body, s.importState)},
	}
	routes = slices.Concat(routes, s.cloudRoutes(), s.deploymentControlRoutes(),
		s.ciRoutes())
	for i := range routes {
		routes[i].open = true
	}
	return routes
}

func (s *Server) listRequests(c *call) error { return c.OK(s.log.summary(c.Flag("list"))) }

func (s *Server) resetRequests(c *call) error {
	s.log.reset()
	return c.NoContent()
}

func (s *Server) addFault(c *call, f faults.Fault) error {
	if err := s.faults.Add(f, s.router.Patterns()); err != nil {
		return err
	}
	return c.NoContent()
}

func (s *Server) clearFaults(c *call) error {
	s.faults.Clear()
	return c.NoContent()
}

// exportState answers the organization as stable JSON: equal bytes for equal objects. ?include=history adds times,
// revisions, counters, deleted objects and audit events.
func (s *Server) exportState(c *call) error {
	data, err := s.state.Export(c.Query("include") == "history")
	if err != nil {
		return err
	}
	return c.Text("application/json", data)
}

func (s *Server) importState(c *call, data []byte) error {
	if err := s.restore(data); err != nil {
		return err
	}
	return c.NoContent()
}

package server

import (
	"net/http"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/audit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/deployments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/faults"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/tokens"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/trust"
)

func isControl(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, core.ControlPrefix) }

// serveControl answers the control endpoints. They need no token, so they answer callers on this machine only.
func (s *Server) serveControl(w http.ResponseWriter, r *http.Request) {
	c := &core.Call{Call: rest.NewCall(r, nil), Org: s.org}
	if !rest.IsLoopback(r.RemoteAddr) || !rest.IsLoopback(r.Host) {
		c.Out.WriteJSON(http.StatusForbidden, rest.Error{Code: http.StatusForbidden,
			Message: "Forbidden: control endpoints are served on loopback only"})
		c.Out.Send(w, r)
		return
	}
	c.Route, c.Params = s.control.Find(r.Method, r.URL.EscapedPath())
	s.runAndKeep(c)
	c.Out.Send(w, r)
}

func (s *Server) controlRoutes() []core.Route {
	routes := []core.Route{
		{Pattern: "GET /_sandbox/requests", Handle: rest.Plain(s.listRequests)},
		{Pattern: "DELETE /_sandbox/requests", Handle: rest.Plain(s.resetRequests)},
		{Pattern: "POST /_sandbox/tokens", Handle: rest.JSON(tokens.MintControlToken)},
		{Pattern: "POST /_sandbox/faults", Handle: rest.Do(s.addFault)},
		{Pattern: "DELETE /_sandbox/faults", Handle: rest.Plain(s.clearFaults)},
		{Pattern: "POST /_sandbox/audit", Handle: rest.JSON(audit.GenerateAudit)},
		{Pattern: "GET /_sandbox/state", Handle: rest.Plain(s.exportState)},
		{Pattern: "PUT /_sandbox/state", Handle: rest.ActOn((*core.Call).Body, s.importState)},
	}
	routes = slices.Concat(routes, s.cloudRoutes(), deployments.ControlRoutes(),
		trust.CIRoutes())
	for i := range routes {
		routes[i].Open = true
	}
	return routes
}

func (s *Server) listRequests(c *core.Call) error { return c.OK(s.log.summary(c.Flag("list"))) }

func (s *Server) resetRequests(c *core.Call) error {
	s.log.reset()
	return c.NoContent()
}

func (s *Server) addFault(c *core.Call, f faults.Fault) error {
	if err := s.faults.Add(f, s.router.Patterns()); err != nil {
		return err
	}
	return c.NoContent()
}

func (s *Server) clearFaults(c *core.Call) error {
	s.faults.Clear()
	return c.NoContent()
}

// exportState answers the organization as stable JSON: equal bytes for equal objects. ?include=history adds times,
// revisions, counters, deleted objects and audit events.
func (s *Server) exportState(c *core.Call) error {
	data, err := s.org.State.Export(c.Query("include") == "history")
	if err != nil {
		return err
	}
	return c.Text("application/json", data)
}

func (s *Server) importState(c *core.Call, data []byte) error {
	if err := s.restore(data); err != nil {
		return err
	}
	return c.NoContent()
}

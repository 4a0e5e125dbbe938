package server

import (
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// busy refuses what needs the stack for itself while an update runs.
func (s *org) busy(st *state.Stack) error {
	if st.Running(s.now()) == nil {
		return nil
	}
	return rest.Conflict("Another update is currently in progress.")
}

// authenticateUpdate finds the caller by the lease of the update that the path names. The lease stands for whoever
// started the update, with no more rights than to see that update through.
func (c *call) authenticateUpdate() error {
	value, ok := strings.CutPrefix(c.Request.Header.Get("Authorization"), "update-token ")
	if !ok {
		return rest.Unauthorized()
	}
	st, ok := c.s.state.Stacks[state.EntityKey(c.Param("projectName"), c.Param("stackName"))]
	if !ok {
		return rest.Unauthorized()
	}
	u, err := st.Find(c.Param("updateID"))
	if err != nil {
		return rest.Unauthorized()
	}
	if err := u.Over(c.s.now()); err != nil {
		return c.leaseEnded(err)
	}
	if subtle.ConstantTimeCompare([]byte(u.Lease), []byte(state.HashToken(strings.TrimSpace(value)))) != 1 || !c.s.rules().hasAccess(u.Principal) {
		return rest.Unauthorized()
	}
	c.caller = principal{login: u.Login, name: u.Name, token: &state.Token{ID: u.TokenID, Name: u.TokenName}}
	c.stack, c.update = st, u
	return nil
}

// leaseEnded answers a renewal with the one status that makes the CLI stop.
func (c *call) leaseEnded(why error) error {
	if strings.HasSuffix(c.route.pattern, "/renew_lease") {
		return rest.Refuse(http.StatusForbidden, "Forbidden", "the lease has ended: %v", why)
	}
	return why
}

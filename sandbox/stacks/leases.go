package stacks

import (
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// busy refuses a call that needs exclusive use of the stack while an update runs.
func busy(s *core.Org, st *state.Stack) error {
	if st.Running(s.Now()) == nil {
		return nil
	}
	return rest.Conflict("Another update is currently in progress.")
}

// AuthenticateUpdate identifies the caller by the lease of the update that the path names: the principal that started the update,
// who gets no further rights than to carry that update out.
func AuthenticateUpdate(c *core.Call) error {
	value, ok := strings.CutPrefix(c.Request.Header.Get("Authorization"), "update-token ")
	if !ok {
		return rest.Unauthorized()
	}
	st, ok := c.Org.State.Stacks[state.EntityKey(c.Param("projectName"), c.Param("stackName"))]
	if !ok {
		return rest.Unauthorized()
	}
	u, err := st.Find(c.Param("updateID"))
	if err != nil {
		return rest.Unauthorized()
	}
	if err := u.Over(c.Org.Now()); err != nil {
		return leaseEnded(c, err)
	}
	if subtle.ConstantTimeCompare([]byte(u.Lease), []byte(state.HashToken(strings.TrimSpace(value)))) != 1 || !c.Org.Rules().HasAccess(u.Principal) {
		return rest.Unauthorized()
	}
	c.Caller = authz.Principal{Login: u.Login, Name: u.Name, Token: &state.Token{ID: u.TokenID, Name: u.TokenName}}
	c.Stack, c.Update = st, u
	return nil
}

// leaseEnded answers a renewal with the one status that makes the CLI stop.
func leaseEnded(c *core.Call, why error) error {
	if strings.HasSuffix(c.Route.Pattern, "/renew_lease") {
		return rest.Refuse(http.StatusForbidden, "Forbidden", "the lease has ended: %v", why)
	}
	return why
}

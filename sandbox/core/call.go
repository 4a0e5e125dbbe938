package core

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// Call is one request in a handler: the caller, the request, and the answer so far.
type Call struct {
	*rest.Call
	Org    *Org
	Route  *Route
	Caller authz.Principal
	Stack  *state.Stack  // with update: what the lease is of
	Update *state.Update // on lease routes
	// GrantsUsed are the open requests by which gates let the call through.
	GrantsUsed []*state.ChangeRequest
}

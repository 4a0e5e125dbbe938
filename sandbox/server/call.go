package server

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// call is one request on its way through a handler: who asks, for what, and the answer so far.
type call struct {
	*rest.Call
	s      *org
	route  *route
	caller principal
	stack  *state.Stack  // with update: what the lease is of
	update *state.Update // on lease routes
	// grantsUsed are the open requests by which gates let the call through.
	grantsUsed []*state.ChangeRequest
}

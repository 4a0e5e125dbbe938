package server

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// route ties a method and path to what answers it. The pattern is in the form of the service's OpenAPI document,
// parameter names included ("GET /api/orgs/{orgName}"), since the request log and faults speak of routes so.
type route struct {
	pattern string
	handle  rest.Handler[*call]
	// open routes need no token.
	open bool
	// lease routes take the lease of the update that the path names in place of an access token.
	lease bool
	// callers are the kinds of tokens that may call it; see callers.go.
	callers callerRule
	// unlocked handlers run without the server's lock and take it themselves: those that call back into the server.
	unlocked bool
}

// callerRule says which kinds of token may call routes, before any scope is asked for. Routes is a route's pattern, or the
// beginning of several ending in "*"; a method of "*" is every method.
type callerRule struct {
	routes string
	kinds  []state.TokenKind
	why    string // completes "... may not call it: "
}

const controlPrefix = "/_sandbox/"

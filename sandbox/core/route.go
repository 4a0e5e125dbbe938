package core

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// Route ties a method and path to what answers it. The pattern is in the form of the service's OpenAPI document,
// parameter names included ("GET /api/orgs/{orgName}"), since the request log and faults speak of routes so.
type Route struct {
	Pattern string
	Handle  rest.Handler[*Call]
	// Open routes need no token.
	Open bool
	// Lease routes take the lease of the update that the path names in place of an access token.
	Lease bool
	// Unlocked handlers run without the server's lock and take it themselves: those that call back into the server.
	Unlocked bool
}

// ControlPrefix is where the sandbox has endpoints that Pulumi Cloud has not.
const ControlPrefix = "/_sandbox/"

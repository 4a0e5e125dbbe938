// Package cloud is a client for the parts of the Pulumi Cloud REST API that decide who may do what. Start at [New].
//
// A [Client] is safe for concurrent use and makes no call before it is asked to. Every method takes a context that
// ends the call, answers typed values, hides pagination behind iterators, and returns an [*Error] that says what
// failed, on which object, what the service answered and what to do next. Decide by kind with [errors.Is] and the
// sentinels [ErrNotFound], [ErrConflict], [ErrForbidden], [ErrUnauthorized], [ErrInvalid], [ErrLimited] and
// [ErrUnknownOutcome].
//
// Calls that may safely be repeated are retried on 429 (honouring Retry-After), 502, 503, 504, timeouts and connection
// failures. A create whose outcome is unknown is never repeated blindly: it is looked up first (see create.go). When the
// context ends, reads are given up at once and waits for another try end; a write that has begun is let finish.
//
// The package knows nothing of Pulumi's SDKs or plugin protocol. Paths, bodies and statuses follow the OpenAPI document
// that Pulumi Cloud publishes; where the service is known to differ, the method says so.
package cloud

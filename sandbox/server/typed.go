package server

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// scoped makes a finder for typed routes (see [rest.JSONOn]) of a method that finds what the path names and checks that the
// caller holds a scope on it.
func scoped[Of any](find func(*call, string) (Of, error)) func(scope string) func(*call) (Of, error) {
	return func(scope string) func(*call) (Of, error) {
		return func(c *call) (Of, error) { return find(c, scope) }
	}
}

// The finders by what a path names: onStack("stack:rename") finds the stack and checks the scope.
var (
	onAccount = scoped((*call).accountWith)
	onStack   = scoped((*call).stackWith)
)

// paged finds how many entries of a list the caller asks for, in the query parameter that it is given.
var paged = scoped((*call).pageSize)

// inOrg makes a handler of one that needs a scope on the organization, which is checked before the body is read.
func inOrg(scope string, handle rest.Handler[*call]) rest.Handler[*call] {
	return rest.Handler[*call]{Name: handle.Name, Serve: func(c *call) error {
		if err := c.requireOrg(scope); err != nil {
			return err
		}
		return handle.Serve(c)
	}}
}

package core

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// Scoped makes a finder for typed routes (see [rest.JSONOn]) of a method that finds what the path names and checks that the
// caller holds a scope on it.
func Scoped[Of any](find func(*Call, string) (Of, error)) func(scope string) func(*Call) (Of, error) {
	return func(scope string) func(*Call) (Of, error) {
		return func(c *Call) (Of, error) { return find(c, scope) }
	}
}

// The finders by what a path names: onStack("stack:rename") finds the stack and checks the scope.
var (
	OnAccount = Scoped((*Call).AccountWith)
	OnStack   = Scoped((*Call).StackWith)
)

// Paged finds how many entries of a list the caller asks for, in the query parameter that it is given.
var Paged = Scoped((*Call).PageSize)

// InOrg makes a handler of one that needs a scope on the organization, which is checked before the body is read.
func InOrg(scope string, handle rest.Handler[*Call]) rest.Handler[*Call] {
	return rest.Handler[*Call]{Name: handle.Name, Serve: func(c *Call) error {
		if err := c.RequireOrg(scope); err != nil {
			return err
		}
		return handle.Serve(c)
	}}
}

package types

import (
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// Lock decides which subjects may assume an environment's cloud identity.
type Lock struct {
	AllowedRoots []string `pulumi:"allowedRoots,optional" list:"set"`
	Users        []string `pulumi:"users,optional" list:"set"`
}

// Annotate describes the lock.
func (l *Lock) Annotate(a infer.Annotator) {
	a.Describe(l, "Decides which OIDC subjects may assume the cloud identity. Empty, it pins both the environment that is "+
		"opened and the environment that holds the login to this one, so that no other environment can borrow the "+
		"credentials by importing it. Every combination becomes one exact subject.")
	a.Describe(&l.AllowedRoots, "Further environments, as `project/environment`, that may import this one and use its credentials.")
	a.Describe(&l.Users, "Pins the login of whoever opens the environment as well. Empty: anybody who may open it.")
}

// Parse translates the lock into that of package oidc. Its errors name `allowedRoots[i]` and `users[i]`.
func (l Lock) Parse() (oidc.Lock, error) { return oidc.ParseLock(l.AllowedRoots, l.Users) }

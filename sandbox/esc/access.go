package esc

import (
	"fmt"
	"time"

	"github.com/pulumi/esc/eval"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/gates"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/idtokens"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// TextKind is the kind of text that is evaluated.
type TextKind int

const (
	Named     TextKind = iota // the definition of an environment
	Anonymous                 // text that was never saved
)

// purpose is what an import is for, which decides the scopes that it needs.
type purpose struct {
	scope string
	// duration is how long the values will be readable; it is bounded by what the caller may have of each import.
	duration time.Duration
}

var ToRead = purpose{scope: "environment:read"}

func ToOpen(d time.Duration) purpose { return purpose{scope: "environment:open", duration: d} }

// Opening prepares an evaluation on the caller's behalf.
func Opening(c *core.Call, kind TextKind, why purpose) environments.Opening {
	return environments.Opening{
		Organization: c.Org.State.Organization.Login,
		User:         c.Caller.Login,
		Anonymous:    kind == Anonymous,
		Sign: func(subject, audience string, claims map[string]any) (string, error) {
			return signLogin(c.Org, subject, audience, claims)
		},
		Second: secondVersion(c),
		Clouds: c.Org.Clouds,
		Load:   func(name environments.ImportName) ([]byte, eval.Decrypter, error) { return loadImport(c, name, why) },
	}
}

// loadImport resolves an import under the caller's rights: a caller who may not open an environment does not get its values by
// importing it into another one.
func loadImport(c *core.Call, name environments.ImportName, why purpose) ([]byte, eval.Decrypter, error) {
	key := state.EntityKey(name.Project, name.Name)
	e, found := c.Org.State.Environments[key]
	if !found || !c.Can("environment:read", authz.Environment(e)) {
		return nil, nil, fmt.Errorf("environment %q not found", key)
	}
	r, found := e.Revision(name.Version)
	if !found {
		return nil, nil, fmt.Errorf("environment %q has no revision or revision tag %q", key, name.Version)
	}
	scope := why.scope
	if name.Version != "" {
		scope = versionScopes[why.scope]
	}
	if !c.Can(scope, authz.Environment(e)) {
		c.AuditRefusal(scope, e)
		return nil, nil, fmt.Errorf("you need the permission %q on environment %q to import it", scope, key)
	}
	if core.IsOpen(scope) {
		if err := gates.PassGate(c, e); err != nil {
			return nil, nil, err
		}
	}
	if err := CheckDuration(c, e, scope, why.duration); err != nil {
		return nil, nil, err
	}
	return []byte(r.Definition), c.Org.EnvironmentKey(e.ID), nil
}

// versionScopes are the scopes that a revision needs in place of those on the environment.
var versionScopes = map[string]string{
	"environment:read": "environment_version:read",
	"environment:open": "environment_version:open",
}

// CheckDuration refuses an open that would last longer than the grants allow it. Whether the service refuses or shortens such an
// open is not documented; the sandbox refuses, so that no program relies on time that it may not get.
func CheckDuration(c *core.Call, e *state.Environment, scope string, d time.Duration) error {
	limit := openLimit(c, e, scope)
	if limit == 0 || d <= limit {
		return nil
	}
	return fmt.Errorf("you may open environment %q for at most %s, not %s", e.Path(), limit, d)
}

// openLimit is the longest time for which the caller may open an environment; 0 means no limit.
func openLimit(c *core.Call, e *state.Environment, scope string) time.Duration {
	if c.Org.Rules().IsAdmin(c.Caller) {
		return 0
	}
	return c.Org.Rules().ScopesOn(c.Caller, authz.Environment(e)).Scopes[scope]
}

// LoginTokenLifetime bounds the use of the identity token itself; the cloud's session has a duration of its own.
const LoginTokenLifetime = 10 * time.Minute

// secondVersion is what tokens of the second version are made of.
func secondVersion(c *core.Call) environments.SecondVersion {
	return environments.SecondVersion{
		Issuer:         c.Org.IssuerV2().URL,
		OrganizationID: c.Org.State.Organization.ID,
		ActorID:        actorID(c.Caller),
		EnvironmentID: func(ref oidc.EnvironmentRef) (string, bool) {
			e, found := c.Org.State.Environments[state.EntityKey(ref.Project, ref.Name)]
			if !found {
				return "", false
			}
			return e.ID, true
		},
		Sign: func(current oidc.EnvironmentRef, id idtokens.Identity) (string, error) {
			token, err := c.Org.IssuerV2().Sign(id)
			if err == nil {
				c.Audit("environment-oidc-token-issued", "Issued an OIDC token for %s in environment %s", id.Audience[0], current)
			}
			return token, err
		},
	}
}

// actorID is the id of a person, or of the token that a machine has.
func actorID(caller authz.Principal) string {
	switch {
	case caller.User != nil:
		return caller.User.ID
	case caller.Token != nil:
		return caller.Token.ID
	}
	return ""
}

// signLogin makes the identity token of a login.
func signLogin(s *core.Org, subject, audience string, claims map[string]any) (string, error) {
	return s.Issuer().Sign(idtokens.Identity{Subject: subject, Audience: []string{audience}, Lifetime: LoginTokenLifetime, Claims: claims})
}

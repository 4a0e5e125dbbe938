package server

import (
	"fmt"
	"time"

	"github.com/pulumi/esc/eval"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// textKind says what is being evaluated.
type textKind int

const (
	named     textKind = iota // the definition of an environment
	anonymous                 // text that was never saved
)

// purpose says what rights an import needs.
type purpose struct {
	scope string
	// duration is how long the values will be readable; it is bounded by what the caller may have of each import.
	duration time.Duration
}

var toRead = purpose{scope: "environment:read"}

func toOpen(d time.Duration) purpose { return purpose{scope: "environment:open", duration: d} }

// opening prepares an evaluation on the caller's behalf.
func (c *call) opening(kind textKind, why purpose) environments.Opening {
	return environments.Opening{
		Organization: c.s.state.Organization.Login,
		User:         c.caller.login,
		Anonymous:    kind == anonymous,
		Sign:         c.s.signLogin,
		Clouds:       c.s.clouds,
		Load:         func(name environments.ImportName) ([]byte, eval.Decrypter, error) { return c.loadImport(name, why) },
	}
}

// loadImport resolves an import under the caller's rights: whoever may not open an environment does not get its values by
// importing it into another one.
func (c *call) loadImport(name environments.ImportName, why purpose) ([]byte, eval.Decrypter, error) {
	key := state.EntityKey(name.Project, name.Name)
	e, found := c.s.state.Environments[key]
	if !found || !c.can("environment:read", environmentEntity(e)) {
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
	if !c.can(scope, environmentEntity(e)) {
		c.auditRefusal(scope, e)
		return nil, nil, fmt.Errorf("you need the permission %q on environment %q to import it", scope, key)
	}
	if isOpen(scope) {
		if err := c.passGate(e); err != nil {
			return nil, nil, err
		}
	}
	if err := c.checkDuration(e, scope, why.duration); err != nil {
		return nil, nil, err
	}
	return []byte(r.Definition), c.s.environmentKey(e.ID), nil
}

// versionScopes are the scopes on revisions that stand for those on the environment itself.
var versionScopes = map[string]string{
	"environment:read": "environment_version:read",
	"environment:open": "environment_version:open",
}

// checkDuration holds an open to the limit of the grants that allow it. What the service does with a longer request, cut
// it or refuse it, is not documented; the sandbox refuses, so that nobody counts on time that he may not get.
func (c *call) checkDuration(e *state.Environment, scope string, d time.Duration) error {
	limit := c.openLimit(e, scope)
	if limit == 0 || d <= limit {
		return nil
	}
	return fmt.Errorf("you may open environment %q for at most %s, not %s", e.Path(), limit, d)
}

// openLimit is the longest that the caller may have an environment open; 0 is no limit.
func (c *call) openLimit(e *state.Environment, scope string) time.Duration {
	if c.s.rules().isAdmin(c.caller) {
		return 0
	}
	return c.s.rules().scopesOn(c.caller, environmentEntity(e)).Scopes[scope]
}

// loginTokenLifetime bounds the use of the identity token itself; the cloud's session has a duration of its own.
const loginTokenLifetime = 10 * time.Minute

// signLogin makes the identity token of a login.
func (s *org) signLogin(subject, audience string, claims map[string]any) (string, error) {
	return s.issuer().sign(identity{Subject: subject, Audience: []string{audience}, Lifetime: loginTokenLifetime, Claims: claims})
}

package server

import (
	"context"
	"net/http"

	"github.com/pulumi/esc"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/seal"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// checkYAML evaluates text that was never saved, without calling providers. It needs rights on what it imports only.
func (c *call) checkYAML() error {
	display, why := c.checkDisplay()
	text, err := c.Body()
	if err != nil {
		return err
	}
	result, err := c.opening(anonymous, why).
		Check(c.Request.Context(), esc.AnonymousEnvironmentName, text, c.s.anonymousKey(), display)
	if err != nil {
		return err
	}
	return c.answerCheck("YAML", result)
}

// anonymousKey decrypts nothing that an environment holds: text that was never saved has no ciphertext of its own.
func (s *org) anonymousKey() seal.BoundKey { return s.environmentKey("") }

// openYAML evaluates text that was never saved with its providers: what `pulumi up` does with a stack's `environment:`.
func (c *call) openYAML() error {
	if err := c.mayOpenYAML(); err != nil {
		return err
	}
	if c.Query("environmentOverrides") != "" {
		return &rest.Error{Code: http.StatusNotImplemented, Message: "the sandbox does not have environment overrides"}
	}
	duration, err := c.openDuration()
	if err != nil {
		return err
	}
	text, err := c.Body()
	if err != nil {
		return err
	}
	result, err := c.opening(anonymous, toOpen(duration)).
		Open(c.Request.Context(), esc.AnonymousEnvironmentName, text, c.s.anonymousKey())
	if err != nil {
		return err
	}
	if result.Diagnostics.HasErrors() {
		return environments.Invalid("YAML", result.Diagnostics)
	}
	c.audit("environment-open", "Opened an anonymous environment")
	return c.startSession("", result, duration)
}

// mayOpenYAML lets deployments in without the scope: it is not assignable to the custom role that a deployment has, and
// deployments do open their stack's environments with nothing but environment:open on each.
func (c *call) mayOpenYAML() error {
	if c.caller.stack != nil {
		return nil
	}
	return c.requireOrg("environment_yaml:open")
}

// readYAMLSession answers to whoever opened it: there is no environment whose permissions could decide.
func (c *call) readYAMLSession() error {
	session, found := c.s.esc.session(c.Param("openSessionID"), c.s.now())
	if !found || session.environmentID != "" || session.opener != c.caller.login {
		return sessionNotFound()
	}
	c.audit("environment-read-open", "Read an open anonymous environment")
	return c.answerSession(session)
}

// sealFor encrypts a definition's plaintext secrets. A ciphertext in it must be one of the environment's own.
func (s *org) sealFor(ctx context.Context, e *state.Environment, definition []byte) ([]byte, error) {
	key := s.environmentKey(e.ID)
	if _, err := environments.Reveal(ctx, e.Ref().String(), definition, key); err != nil {
		return nil, err
	}
	return environments.Seal(ctx, e.Ref().String(), definition, key)
}

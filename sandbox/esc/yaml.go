package esc

import (
	"context"
	"net/http"

	"github.com/pulumi/esc"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/seal"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// checkYAML evaluates text that was never saved, without calling providers. It needs rights on what it imports only.
func checkYAML(c *core.Call) error {
	display, why := checkDisplay(c)
	text, err := c.Body()
	if err != nil {
		return err
	}
	result, err := Opening(c, Anonymous, why).
		Check(c.Request.Context(), esc.AnonymousEnvironmentName, text, anonymousKey(c.Org), display)
	if err != nil {
		return err
	}
	return answerCheck(c, "YAML", result)
}

// anonymousKey decrypts nothing that an environment holds: text that was never saved has no ciphertext of its own.
func anonymousKey(s *core.Org) seal.BoundKey { return s.EnvironmentKey("") }

// openYAML evaluates text that was never saved with its providers: what `pulumi up` does with a stack's `environment:`.
func openYAML(c *core.Call) error {
	if err := mayOpenYAML(c); err != nil {
		return err
	}
	if c.Query("environmentOverrides") != "" {
		return &rest.Error{Code: http.StatusNotImplemented, Message: "the sandbox does not have environment overrides"}
	}
	duration, err := OpenDuration(c)
	if err != nil {
		return err
	}
	text, err := c.Body()
	if err != nil {
		return err
	}
	result, err := Opening(c, Anonymous, ToOpen(duration)).
		Open(c.Request.Context(), esc.AnonymousEnvironmentName, text, anonymousKey(c.Org))
	if err != nil {
		return err
	}
	if result.Diagnostics.HasErrors() {
		return environments.Invalid("YAML", result.Diagnostics)
	}
	c.Audit("environment-open", "Opened an anonymous environment")
	return StartSession(c, "", result, duration)
}

// mayOpenYAML lets deployments in without the scope: it is not assignable to the custom role that a deployment has, and
// deployments do open their stack's environments with nothing but environment:open on each.
func mayOpenYAML(c *core.Call) error {
	if c.Caller.Stack != nil {
		return nil
	}
	return c.RequireOrg("environment_yaml:open")
}

// readYAMLSession answers only the caller who opened the session: there is no environment whose permissions could decide.
func readYAMLSession(c *core.Call) error {
	session, found := c.Org.Sessions.Session(c.Param("openSessionID"), c.Org.Now())
	if !found || session.EnvironmentID != "" || session.Opener != c.Caller.Login {
		return sessionNotFound()
	}
	c.Audit("environment-read-open", "Read an open anonymous environment")
	return answerSession(c, session)
}

// SealFor encrypts a definition's plaintext secrets. A ciphertext in it must be one of the environment's own.
func SealFor(s *core.Org, ctx context.Context, e *state.Environment, definition []byte) ([]byte, error) {
	key := s.EnvironmentKey(e.ID)
	if _, err := environments.Reveal(ctx, e.Ref().String(), definition, key); err != nil {
		return nil, err
	}
	return environments.Seal(ctx, e.Ref().String(), definition, key)
}

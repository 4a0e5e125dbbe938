package server

import (
	"time"

	"github.com/google/uuid"
	"github.com/pulumi/esc"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// defaultOpenDuration is how long a session lasts when the caller does not say; the service's default is not documented,
// and its own clients always say.
const defaultOpenDuration = 2 * time.Hour

type openAnswer struct {
	ID          string                    `json:"id"`
	Diagnostics []environments.Diagnostic `json:"diagnostics,omitempty"`
}

// openEnvironment evaluates an environment with its providers and keeps the values for a session.
func (c *call) openEnvironment() error {
	scope := c.withVersion("environment:open", "environment_version:open")
	e, r, err := c.readable("environment:open", "environment_version:open")
	if err != nil {
		return err
	}
	duration, err := c.openDuration()
	if err != nil {
		return err
	}
	if err := c.checkDuration(e, scope, duration); err != nil {
		return rest.BadRequest("%v", err)
	}
	result, err := c.opening(named, toOpen(duration)).
		Open(c.Request.Context(), e.Ref().String(), []byte(r.Definition), c.s.environmentKey(e.ID))
	if err != nil {
		return err
	}
	if result.Diagnostics.HasErrors() {
		return environments.Invalid(e.Path(), result.Diagnostics)
	}
	c.audit("environment-open", "Opened environment %s", e.Path())
	return c.startSession(e.ID, result, duration)
}

// openDuration reads how long the session is to last.
func (c *call) openDuration() (time.Duration, error) {
	written := c.Query("duration")
	if written == "" {
		return defaultOpenDuration, nil
	}
	d, err := time.ParseDuration(written)
	if err != nil || d <= 0 {
		return 0, rest.BadRequest("invalid query parameter: duration %q is not a duration such as 2h or 30m", written)
	}
	return d, nil
}

// startSession ends with the grants that gates asked for, if that is sooner than what was asked.
func (c *call) startSession(environmentID string, result environments.Evaluated, d time.Duration) error {
	session := &openSession{
		id:            uuid.NewString(),
		environmentID: environmentID,
		opener:        c.caller.login,
		environment:   result.Environment,
		expires:       c.useGrants(c.s.now().Add(d)),
	}
	c.s.esc.keep(session)
	return c.OK(openAnswer{ID: session.id, Diagnostics: environments.WireDiagnostics(result.Diagnostics)})
}

// readSession answers with the values of a session, to anybody who may open the environment now.
func (c *call) readSession() error {
	e, err := c.environmentWith("environment:open")
	if err != nil {
		return err
	}
	session, found := c.s.esc.session(c.Param("openSessionID"), c.s.now())
	if !found || session.environmentID != e.ID {
		return sessionNotFound()
	}
	c.audit("environment-read-open", "Read open environment %s", e.Path())
	return c.answerSession(session)
}

func sessionNotFound() error { return rest.NotFound("the session has expired, or was never opened") }

func (c *call) answerSession(session *openSession) error {
	path := c.Query("property")
	if path == "" {
		return c.OK(session.environment)
	}
	value, err := environments.PropertyAt(session.environment, path)
	if err != nil {
		return err
	}
	return c.OK(value)
}

// checkAnswer is EscEnvironment and what was found.
type checkAnswer struct {
	*esc.Environment
	Diagnostics []environments.Diagnostic    `json:"diagnostics,omitempty"`
	Summary     environments.FunctionSummary `json:"environmentFunctionSummary"`
}

// checkEnvironment evaluates a stored definition without calling providers. Seeing its secrets takes the right to open it.
func (c *call) checkEnvironment() error {
	display, why := c.checkDisplay()
	e, r, err := c.readable(why.scope, versionScopes[why.scope])
	if err != nil {
		return err
	}
	result, err := c.opening(named, why).
		Check(c.Request.Context(), e.Ref().String(), []byte(r.Definition), c.s.environmentKey(e.ID), display)
	if err != nil {
		return err
	}
	return c.answerCheck(e.Path(), result)
}

// checkDisplay reads whether a check shows secrets, and what that takes.
func (c *call) checkDisplay() (environments.SecretDisplay, purpose) {
	if c.Flag("showSecrets") {
		return environments.ShowSecrets, toOpen(0)
	}
	return environments.HideSecrets, toRead
}

// answerCheck refuses a definition with errors, as the service does; its client looks for them in a 400.
func (c *call) answerCheck(name string, result environments.Evaluated) error {
	if result.Diagnostics.HasErrors() {
		return environments.Invalid(name, result.Diagnostics)
	}
	return c.OK(checkAnswer{
		Environment: result.Environment,
		Diagnostics: environments.WireDiagnostics(result.Diagnostics),
		Summary:     environments.Summarize(result.Environment),
	})
}

package esc

import (
	"time"

	"github.com/google/uuid"
	"github.com/pulumi/esc"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/gates"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// defaultOpenDuration is how long a session lasts when the caller does not say; the service's default is not documented,
// and its own clients always say.
const defaultOpenDuration = 2 * time.Hour

type OpenAnswer struct {
	ID          string                    `json:"id"`
	Diagnostics []environments.Diagnostic `json:"diagnostics,omitempty"`
}

// openEnvironment evaluates an environment with its providers and keeps the values for a session.
func openEnvironment(c *core.Call) error {
	scope := withVersion(c, "environment:open", "environment_version:open")
	e, r, err := readable(c, "environment:open", "environment_version:open")
	if err != nil {
		return err
	}
	duration, err := OpenDuration(c)
	if err != nil {
		return err
	}
	if err := CheckDuration(c, e, scope, duration); err != nil {
		return rest.BadRequest("%v", err)
	}
	result, err := Opening(c, Named, ToOpen(duration)).
		Open(c.Request.Context(), e.Ref().String(), []byte(r.Definition), c.Org.EnvironmentKey(e.ID))
	if err != nil {
		return err
	}
	if result.Diagnostics.HasErrors() {
		return environments.Invalid(e.Path(), result.Diagnostics)
	}
	c.Audit("environment-open", "Opened environment %s", e.Path())
	return StartSession(c, e.ID, result, duration)
}

// OpenDuration reads how long the session is to last.
func OpenDuration(c *core.Call) (time.Duration, error) {
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

// StartSession ends with the grants that gates asked for, if that is sooner than what was asked.
func StartSession(c *core.Call, environmentID string, result environments.Evaluated, d time.Duration) error {
	session := &core.Session{
		ID:            uuid.NewString(),
		EnvironmentID: environmentID,
		Opener:        c.Caller.Login,
		Environment:   result.Environment,
		Expires:       gates.UseGrants(c, c.Org.Now().Add(d)),
	}
	c.Org.Sessions.Keep(session)
	return c.OK(OpenAnswer{ID: session.ID, Diagnostics: environments.WireDiagnostics(result.Diagnostics)})
}

// readSession answers with the values of a session, to every caller who may open the environment now.
func readSession(c *core.Call) error {
	e, err := EnvironmentWith(c, "environment:open")
	if err != nil {
		return err
	}
	session, found := c.Org.Sessions.Session(c.Param("openSessionID"), c.Org.Now())
	if !found || session.EnvironmentID != e.ID {
		return sessionNotFound()
	}
	c.Audit("environment-read-open", "Read open environment %s", e.Path())
	return answerSession(c, session)
}

func sessionNotFound() error { return rest.NotFound("the session has expired, or was never opened") }

func answerSession(c *core.Call, session *core.Session) error {
	path := c.Query("property")
	if path == "" {
		return c.OK(session.Environment)
	}
	value, err := environments.PropertyAt(session.Environment, path)
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
func checkEnvironment(c *core.Call) error {
	display, why := checkDisplay(c)
	e, r, err := readable(c, why.scope, versionScopes[why.scope])
	if err != nil {
		return err
	}
	result, err := Opening(c, Named, why).
		Check(c.Request.Context(), e.Ref().String(), []byte(r.Definition), c.Org.EnvironmentKey(e.ID), display)
	if err != nil {
		return err
	}
	return answerCheck(c, e.Path(), result)
}

// checkDisplay reads whether a check shows secrets, and what that takes.
func checkDisplay(c *core.Call) (environments.SecretDisplay, purpose) {
	if c.Flag("showSecrets") {
		return environments.ShowSecrets, ToOpen(0)
	}
	return environments.HideSecrets, ToRead
}

// answerCheck refuses a definition with errors, as the service does; its client looks for them in a 400.
func answerCheck(c *core.Call, name string, result environments.Evaluated) error {
	if result.Diagnostics.HasErrors() {
		return environments.Invalid(name, result.Diagnostics)
	}
	return c.OK(checkAnswer{
		Environment: result.Environment,
		Diagnostics: environments.WireDiagnostics(result.Diagnostics),
		Summary:     environments.Summarize(result.Environment),
	})
}

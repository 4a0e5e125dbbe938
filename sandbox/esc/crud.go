package esc

import (
	"context"
	"maps"
	"net/http"
	"strconv"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/gates"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

const YAMLType = "application/x-yaml"

type createEnvironmentRequest struct {
	Project string `json:"project"`
	Name    string `json:"name"`
}

// createEnvironment makes an environment without a definition, owned by its creator.
func createEnvironment(c *core.Call, request createEnvironmentRequest) error {
	if err := checkNewEnvironment(c, request.Project, request.Name); err != nil {
		return err
	}
	e := c.Org.State.AddEnvironment(request.Project, request.Name, c.Caller.Login, c.Org.Now())
	c.Audit("environment-created", "Created environment %s", e.Path())
	return nil
}

// DiagnosticsAnswer is what a write of a definition answers: warnings, if there are any.
type DiagnosticsAnswer struct {
	Diagnostics []environments.Diagnostic `json:"diagnostics,omitempty"`
}

// checkNewEnvironment refuses names that are malformed or taken.
func checkNewEnvironment(c *core.Call, project, name string) error {
	if !rest.ValidName(project) {
		return rest.BadRequest("invalid project name '%s': use letters, digits, '-', '_' and '.'", project)
	}
	if !rest.ValidName(name) {
		return rest.BadRequest("invalid environment name '%s': use letters, digits, '-', '_' and '.'", name)
	}
	if _, exists := c.Org.State.Environments[state.EntityKey(project, name)]; exists {
		return rest.Conflict("an environment %s already exists", state.EntityKey(project, name))
	}
	return nil
}

// readEnvironment answers with the text, secrets as ciphertext; HEAD with its headers alone.
func readEnvironment(c *core.Call) error {
	e, r, err := readable(c, "environment:read", "environment_version:read")
	if err != nil {
		return err
	}
	if c.Request.Method == http.MethodGet {
		c.Audit("environment-read", "Read environment %s", e.Path())
	}
	revisionHeaders(c, e, r)
	return c.Text(YAMLType, []byte(r.Definition))
}

// decryptEnvironment answers with the text, secrets in clear.
func decryptEnvironment(c *core.Call) error {
	e, r, err := readable(c, "environment:open", "environment_version:open")
	if err != nil {
		return err
	}
	clear, err := environments.Reveal(c.Request.Context(), e.Ref().String(), []byte(r.Definition), c.Org.EnvironmentKey(e.ID))
	if err != nil {
		return rest.BadRequest("decrypting %s: %v", e.Path(), err)
	}
	c.Audit("environment-decrypted", "Decrypted environment %s", e.Path())
	revisionHeaders(c, e, r)
	return c.Text(YAMLType, clear)
}

func readable(c *core.Call, latest, versioned string) (*state.Environment, state.Revision, error) {
	e, err := EnvironmentWith(c, withVersion(c, latest, versioned))
	if err != nil {
		return nil, state.Revision{}, err
	}
	r, err := revisionOf(c, e)
	return e, r, err
}

func revisionHeaders(c *core.Call, e *state.Environment, r state.Revision) {
	c.Out.Header.Set("ETag", e.ETag(r))
	c.Out.Header.Set("Pulumi-ESC-Revision", strconv.Itoa(r.Number))
}

// updateEnvironment puts a whole definition in place of the last one. A definition with errors is refused, diagnostics
// in the answer, and nothing is stored.
func updateEnvironment(c *core.Call, e *state.Environment) (DiagnosticsAnswer, error) {
	if err := gates.RefuseGatedUpdate(c, e); err != nil {
		return DiagnosticsAnswer{}, err
	}
	if err := CheckETag(c, e); err != nil {
		return DiagnosticsAnswer{}, err
	}
	definition, err := c.Body()
	if err != nil {
		return DiagnosticsAnswer{}, err
	}
	checked, err := Opening(c, Named, ToRead).Check(c.Request.Context(), e.Ref().String(), definition, c.Org.EnvironmentKey(e.ID), environments.HideSecrets)
	if err != nil {
		return DiagnosticsAnswer{}, err
	}
	if checked.Diagnostics.HasErrors() {
		return DiagnosticsAnswer{}, environments.Invalid(e.Path(), checked.Diagnostics)
	}
	if err := WriteDefinition(c.Org, c.Request.Context(), e, definition, c.Caller.Login); err != nil {
		return DiagnosticsAnswer{}, rest.BadRequest("storing %s: %v", e.Path(), err)
	}
	c.Audit("environment-updated", "Updated environment %s", e.Path())
	revisionHeaders(c, e, e.Latest())
	return DiagnosticsAnswer{Diagnostics: environments.WireDiagnostics(checked.Diagnostics)}, nil
}

// WriteDefinition stores a definition as the environment's next revision, its plaintext secrets encrypted. A ciphertext
// in it must be one of this environment.
func WriteDefinition(s *core.Org, ctx context.Context, e *state.Environment, definition []byte, login string) error {
	sealed, err := SealFor(s, ctx, e, definition)
	if err != nil {
		return err
	}
	now := s.Now()
	next := state.Revision{Number: e.Latest().Number + 1, Definition: string(sealed), Creator: login, Created: now}
	e.Revisions = append(e.AllRevisions(), next)
	e.Definition, e.Modified = next.Definition, now
	return nil
}

// deleteEnvironment deletes an environment, which can be restored.
func deleteEnvironment(c *core.Call, e *state.Environment) error {
	if e.DeletionProtected {
		return rest.Conflict("the environment has changed since it was read, or it's deletion-protected")
	}
	if err := CheckETag(c, e); err != nil {
		return err
	}
	removeEnvironment(c.Org, e)
	c.Audit("environment-deleted", "Deleted environment %s", e.Path())
	return nil
}

// removeEnvironment also revokes the grants on it, and takes its gates away: one recreated under the same name starts
// without them.
func removeEnvironment(s *core.Org, e *state.Environment) {
	state.EnvironmentKind.Remove(s.State, e)
	maps.DeleteFunc(s.State.Gates, func(_ string, g *state.Gate) bool { return g.Environment == e.Path() })
	gates.CloseRequests(s, e.ID)
	s.Sessions.Forget(e.ID)
	e.DeletedAt = s.Now()
	e.Assigned = e.Assigned.WithoutGrants()
	s.State.History.Deleted = state.Newest(append(s.State.History.Deleted, e), s.Options.KeepUpdates)
}

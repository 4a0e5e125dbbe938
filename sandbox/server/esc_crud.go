package server

import (
	"context"
	"maps"
	"net/http"
	"strconv"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

const yamlType = "application/x-yaml"

type createEnvironmentRequest struct {
	Project string `json:"project"`
	Name    string `json:"name"`
}

// createEnvironment makes an environment without a definition, owned by its creator.
func (c *call) createEnvironment(request createEnvironmentRequest) error {
	if err := c.checkNewEnvironment(request.Project, request.Name); err != nil {
		return err
	}
	e := c.s.state.AddEnvironment(request.Project, request.Name, c.caller.login, c.s.now())
	c.audit("environment-created", "Created environment %s", e.Path())
	return nil
}

// diagnosticsAnswer is what a write of a definition answers: warnings, if there are any.
type diagnosticsAnswer struct {
	Diagnostics []environments.Diagnostic `json:"diagnostics,omitempty"`
}

// checkNewEnvironment refuses names that are malformed or taken.
func (c *call) checkNewEnvironment(project, name string) error {
	if !rest.ValidName(project) {
		return rest.BadRequest("invalid project name '%s': use letters, digits, '-', '_' and '.'", project)
	}
	if !rest.ValidName(name) {
		return rest.BadRequest("invalid environment name '%s': use letters, digits, '-', '_' and '.'", name)
	}
	if _, exists := c.s.state.Environments[state.EntityKey(project, name)]; exists {
		return rest.Conflict("an environment %s already exists", state.EntityKey(project, name))
	}
	return nil
}

// readEnvironment answers with the text, secrets as ciphertext; HEAD with its headers alone.
func (c *call) readEnvironment() error {
	e, r, err := c.readable("environment:read", "environment_version:read")
	if err != nil {
		return err
	}
	if c.Request.Method == http.MethodGet {
		c.audit("environment-read", "Read environment %s", e.Path())
	}
	c.revisionHeaders(e, r)
	return c.Text(yamlType, []byte(r.Definition))
}

// decryptEnvironment answers with the text, secrets in clear.
func (c *call) decryptEnvironment() error {
	e, r, err := c.readable("environment:open", "environment_version:open")
	if err != nil {
		return err
	}
	clear, err := environments.Reveal(c.Request.Context(), e.Ref().String(), []byte(r.Definition), c.s.environmentKey(e.ID))
	if err != nil {
		return rest.BadRequest("decrypting %s: %v", e.Path(), err)
	}
	c.audit("environment-decrypted", "Decrypted environment %s", e.Path())
	c.revisionHeaders(e, r)
	return c.Text(yamlType, clear)
}

func (c *call) readable(latest, versioned string) (*state.Environment, state.Revision, error) {
	e, err := c.environmentWith(c.withVersion(latest, versioned))
	if err != nil {
		return nil, state.Revision{}, err
	}
	r, err := c.revisionOf(e)
	return e, r, err
}

func (c *call) revisionHeaders(e *state.Environment, r state.Revision) {
	c.Out.Header.Set("ETag", e.ETag(r))
	c.Out.Header.Set("Pulumi-ESC-Revision", strconv.Itoa(r.Number))
}

// updateEnvironment puts a whole definition in place of the last one. A definition with errors is refused, diagnostics
// in the answer, and nothing is stored.
func (c *call) updateEnvironment(e *state.Environment) (diagnosticsAnswer, error) {
	if err := c.refuseGatedUpdate(e); err != nil {
		return diagnosticsAnswer{}, err
	}
	if err := c.checkETag(e); err != nil {
		return diagnosticsAnswer{}, err
	}
	definition, err := c.Body()
	if err != nil {
		return diagnosticsAnswer{}, err
	}
	checked, err := c.opening(named, toRead).Check(c.Request.Context(), e.Ref().String(), definition, c.s.environmentKey(e.ID), environments.HideSecrets)
	if err != nil {
		return diagnosticsAnswer{}, err
	}
	if checked.Diagnostics.HasErrors() {
		return diagnosticsAnswer{}, environments.Invalid(e.Path(), checked.Diagnostics)
	}
	if err := c.s.writeDefinition(c.Request.Context(), e, definition, c.caller.login); err != nil {
		return diagnosticsAnswer{}, rest.BadRequest("storing %s: %v", e.Path(), err)
	}
	c.revisionHeaders(e, e.Latest())
	return diagnosticsAnswer{Diagnostics: environments.WireDiagnostics(checked.Diagnostics)}, nil
}

// writeDefinition stores a definition as the environment's next revision, its plaintext secrets encrypted. A ciphertext
// in it must be one of this environment.
func (s *org) writeDefinition(ctx context.Context, e *state.Environment, definition []byte, login string) error {
	sealed, err := s.sealFor(ctx, e, definition)
	if err != nil {
		return err
	}
	now := s.now()
	next := state.Revision{Number: e.Latest().Number + 1, Definition: string(sealed), Creator: login, Created: now}
	e.Revisions = append(e.AllRevisions(), next)
	e.Definition, e.Modified = next.Definition, now
	return nil
}

// deleteEnvironment takes an environment out of the organization; it can be restored.
func (c *call) deleteEnvironment(e *state.Environment) error {
	if e.DeletionProtected {
		return rest.Conflict("the environment has changed since it was read, or it's deletion-protected")
	}
	if err := c.checkETag(e); err != nil {
		return err
	}
	c.s.removeEnvironment(e)
	c.audit("environment-deleted", "Deleted environment %s", e.Path())
	return nil
}

// removeEnvironment also revokes the grants on it, and takes its gates away: one recreated under the same name starts
// without them.
func (s *org) removeEnvironment(e *state.Environment) {
	state.EnvironmentKind.Remove(s.state, e)
	maps.DeleteFunc(s.state.Gates, func(_ string, g *state.Gate) bool { return g.Environment == e.Path() })
	s.closeRequests(e.ID)
	s.esc.forget(e.ID)
	e.DeletedAt = s.now()
	s.state.History.Deleted = state.Newest(append(s.state.History.Deleted, e), s.options.KeepUpdates)
}

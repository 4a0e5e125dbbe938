package server

import (
	"context"
	"maps"
	"net/http"
	"strconv"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
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
	e := c.s.state.addEnvironment(request.Project, request.Name, c.caller.login, c.s.now())
	c.audit("environment-created", "Created environment %s", e.path())
	return nil
}

// diagnosticsAnswer is what a write of a definition answers: warnings, if there are any.
type diagnosticsAnswer struct {
	Diagnostics []environments.Diagnostic `json:"diagnostics,omitempty"`
}

// checkNewEnvironment refuses names that are malformed or taken.
func (c *call) checkNewEnvironment(project, name string) error {
	if !validName(project) {
		return rest.BadRequest("invalid project name '%s': use letters, digits, '-', '_' and '.'", project)
	}
	if !validName(name) {
		return rest.BadRequest("invalid environment name '%s': use letters, digits, '-', '_' and '.'", name)
	}
	if _, exists := c.s.state.Environments[entityKey(project, name)]; exists {
		return rest.Conflict("an environment %s already exists", entityKey(project, name))
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
		c.audit("environment-read", "Read environment %s", e.path())
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
	clear, err := environments.Reveal(c.Request.Context(), e.ref().String(), []byte(r.Definition), c.s.environmentKey(e.ID))
	if err != nil {
		return rest.BadRequest("decrypting %s: %v", e.path(), err)
	}
	c.audit("environment-decrypted", "Decrypted environment %s", e.path())
	c.revisionHeaders(e, r)
	return c.Text(yamlType, clear)
}

func (c *call) readable(latest, versioned string) (*environment, revision, error) {
	e, err := c.environmentWith(c.withVersion(latest, versioned))
	if err != nil {
		return nil, revision{}, err
	}
	r, err := c.revisionOf(e)
	return e, r, err
}

func (c *call) revisionHeaders(e *environment, r revision) {
	c.Out.Header.Set("ETag", e.etag(r))
	c.Out.Header.Set("Pulumi-ESC-Revision", strconv.Itoa(r.Number))
}

// updateEnvironment puts a whole definition in place of the last one. A definition with errors is refused, diagnostics
// in the answer, and nothing is stored.
func (c *call) updateEnvironment(e *environment) (diagnosticsAnswer, error) {
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
	checked, err := c.opening(named, toRead).Check(c.Request.Context(), e.ref().String(), definition, c.s.environmentKey(e.ID), environments.HideSecrets)
	if err != nil {
		return diagnosticsAnswer{}, err
	}
	if checked.Diagnostics.HasErrors() {
		return diagnosticsAnswer{}, environments.Invalid(e.path(), checked.Diagnostics)
	}
	if err := c.s.writeDefinition(c.Request.Context(), e, definition, c.caller.login); err != nil {
		return diagnosticsAnswer{}, rest.BadRequest("storing %s: %v", e.path(), err)
	}
	c.revisionHeaders(e, e.latest())
	return diagnosticsAnswer{Diagnostics: environments.WireDiagnostics(checked.Diagnostics)}, nil
}

// writeDefinition stores a definition as the environment's next revision, its plaintext secrets encrypted. A ciphertext
// in it must be one of this environment.
func (s *org) writeDefinition(ctx context.Context, e *environment, definition []byte, login string) error {
	sealed, err := s.sealFor(ctx, e, definition)
	if err != nil {
		return err
	}
	now := s.now()
	next := revision{Number: e.latest().Number + 1, Definition: string(sealed), Creator: login, Created: now}
	e.Revisions = append(e.revisions(), next)
	e.Definition, e.Modified = next.Definition, now
	return nil
}

// deleteEnvironment takes an environment out of the organization; it can be restored.
func (c *call) deleteEnvironment(e *environment) error {
	if e.DeletionProtected {
		return rest.Conflict("the environment has changed since it was read, or it's deletion-protected")
	}
	if err := c.checkETag(e); err != nil {
		return err
	}
	c.s.removeEnvironment(e)
	c.audit("environment-deleted", "Deleted environment %s", e.path())
	return nil
}

// removeEnvironment also revokes the grants on it, and takes its gates away: one recreated under the same name starts
// without them.
func (s *org) removeEnvironment(e *environment) {
	environmentKind.remove(s.state, e)
	maps.DeleteFunc(s.state.Gates, func(_ string, g *gate) bool { return g.Environment == e.path() })
	s.closeRequests(e.ID)
	s.esc.forget(e.ID)
	e.DeletedAt = s.now()
	s.state.History.Deleted = newest(append(s.state.History.Deleted, e), s.options.KeepUpdates)
}

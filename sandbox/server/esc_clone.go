package server

import (
	"cmp"
	"fmt"
	"maps"
	"strconv"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// cloneRequest is CloneEnvironmentRequest in the service's document.
type cloneRequest struct {
	Project          string `json:"project"`
	Name             string `json:"name"`
	Version          int    `json:"version"`
	PreserveAccess   bool   `json:"preserveAccess"`
	PreserveHistory  bool   `json:"preserveHistory"`
	PreserveTags     bool   `json:"preserveEnvironmentTags"`
	PreserveRevision bool   `json:"preserveRevisionTags"`
}

// clonable finds an environment that the caller may clone.
func (c *call) clonable() (*state.Environment, error) {
	source, err := c.environmentWith("environment:clone")
	if err != nil {
		return nil, err
	}
	if err := c.refuseGatedClone(source); err != nil {
		return nil, err
	}
	return source, c.requireOrg("environment:create")
}

// cloneEnvironment copies an environment under another name, the only way to rename one. It takes environment:clone, which
// shows the copy's owner the secrets; so it is part of the built-in set Open.
func (c *call) cloneEnvironment(source *state.Environment, request cloneRequest) error {
	revisions, err := c.history(source, request)
	if err != nil {
		return err
	}
	project := cmp.Or(request.Project, source.Project)
	if err := c.checkNewEnvironment(project, request.Name); err != nil {
		return err
	}
	clone := c.s.state.AddEnvironment(project, request.Name, c.caller.login, c.s.now())
	if err := c.addRevisions(clone, revisions); err != nil {
		return err
	}
	if request.PreserveTags {
		clone.Tags, clone.TagTimes = maps.Clone(rest.OrEmpty(source.Tags)), maps.Clone(source.TagTimes)
	}
	if request.PreserveRevision && request.PreserveHistory {
		clone.RevisionTags = maps.Clone(source.RevisionTags)
	}
	if request.PreserveAccess {
		c.s.copyGrants(source, clone)
	}
	c.audit("environment-cloned", "Cloned environment %s to %s", source.Path(), clone.Path())
	return c.NoContent()
}

// refuseGatedClone refuses to copy what the caller could not open: the copy's owner opens it, secrets included, and no gate
// comes with it. So it takes the right to open, and no open gate. An import that is gated is not copied, so that it stays guarded. Whether the service allows this is not documented;
// with the option [CloneUnchecked] it goes through.
func (c *call) refuseGatedClone(e *state.Environment) error {
	if c.s.options.Clone == CloneUnchecked {
		return nil
	}
	if !c.can("environment:open", environmentEntity(e)) {
		return c.refuseEnvironment("environment:open", e)
	}
	if len(c.s.gatesOn(e.Path(), state.ActionOpen)) == 0 {
		return nil
	}
	c.audit("auth-failure-environment-permission", "%s was refused to clone %s, which a gate guards", c.caller.login, e.Path())
	return rest.Forbidden("opening environment '%s' needs an approval, and a clone would open without one", e.Path())
}

// history is what a clone begins with: one revision, or all up to it. The secrets are in clear, since a ciphertext belongs
// to its environment.
func (c *call) history(e *state.Environment, request cloneRequest) ([]state.Revision, error) {
	version := environments.LatestRevision
	if request.Version != 0 {
		version = strconv.Itoa(request.Version)
	}
	last, found := e.Revision(version)
	if !found {
		return nil, rest.NotFound("environment %s has no revision %s", e.Path(), version)
	}
	var kept []state.Revision
	for _, r := range e.AllRevisions() {
		if r.Number == last.Number || request.PreserveHistory && r.Number < last.Number {
			clear, err := environments.Reveal(c.Request.Context(), e.Path(), []byte(r.Definition), c.s.environmentKey(e.ID))
			if err != nil {
				return nil, fmt.Errorf("decrypting revision %d of %s: %w", r.Number, e.Path(), err)
			}
			r.Definition = string(clear)
			kept = append(kept, r)
		}
	}
	if !request.PreserveHistory && len(kept) == 1 {
		kept[0].Number = 1
	}
	return kept, nil
}

// addRevisions encrypts the secrets of each with the environment's own key.
func (c *call) addRevisions(e *state.Environment, revisions []state.Revision) error {
	for _, r := range revisions {
		sealed, err := environments.Seal(c.Request.Context(), e.Path(), []byte(r.Definition), c.s.environmentKey(e.ID))
		if err != nil {
			return fmt.Errorf("encrypting revision %d of %s: %w", r.Number, e.Path(), err)
		}
		r.Definition = string(sealed)
		e.Revisions = append(e.Revisions, r)
		e.Definition = r.Definition
	}
	return nil
}

// copyGrants gives every team on the clone what it has on the source.
func (s *org) copyGrants(source, clone *state.Environment) {
	for _, t := range s.state.Teams {
		if grant, has := t.Environments[source.Path()]; has {
			t.Environments[clone.Path()] = grant
		}
	}
}

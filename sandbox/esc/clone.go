package esc

import (
	"cmp"
	"fmt"
	"maps"
	"strconv"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/gates"
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
func clonable(c *core.Call) (*state.Environment, error) {
	source, err := EnvironmentWith(c, "environment:clone")
	if err != nil {
		return nil, err
	}
	if err := refuseGatedClone(c, source); err != nil {
		return nil, err
	}
	return source, c.RequireOrg("environment:create")
}

// cloneEnvironment copies an environment under another name, the only way to rename one. It takes environment:clone, which
// shows the copy's owner the secrets; so it is part of the built-in set Open.
func cloneEnvironment(c *core.Call, source *state.Environment, request cloneRequest) error {
	revisions, err := history(c, source, request)
	if err != nil {
		return err
	}
	project := cmp.Or(request.Project, source.Project)
	if err := checkNewEnvironment(c, project, request.Name); err != nil {
		return err
	}
	clone := c.Org.State.AddEnvironment(project, request.Name, c.Caller.Login, c.Org.Now())
	if err := addRevisions(c, clone, revisions); err != nil {
		return err
	}
	if request.PreserveTags {
		clone.Tags, clone.TagTimes = maps.Clone(rest.OrEmpty(source.Tags)), maps.Clone(source.TagTimes)
	}
	if request.PreserveRevision && request.PreserveHistory {
		clone.RevisionTags = maps.Clone(source.RevisionTags)
	}
	if request.PreserveAccess {
		copyGrants(c.Org, source, clone)
	}
	c.Audit("environment-cloned", "Cloned environment %s to %s", source.Path(), clone.Path())
	return c.NoContent()
}

// refuseGatedClone refuses to copy what the caller could not open: the copy's owner opens it, secrets included, and no gate
// comes with it. So it takes the right to open, and no open gate. An import that is gated is not copied, so that it stays guarded. Whether the service allows this is not documented;
// with the option [CloneUnchecked] it goes through.
func refuseGatedClone(c *core.Call, e *state.Environment) error {
	if c.Org.Options.Clone == core.CloneUnchecked {
		return nil
	}
	if !c.Can("environment:open", authz.Environment(e)) {
		return c.RefuseEnvironment("environment:open", e)
	}
	if len(gates.GatesOn(c.Org, e.Path(), state.ActionOpen)) == 0 {
		return nil
	}
	c.Audit("auth-failure-environment-permission", "%s was refused to clone %s, which a gate guards", c.Caller.Login, e.Path())
	return rest.Forbidden("opening environment '%s' needs an approval, and a clone would open without one", e.Path())
}

// history is what a clone begins with: one revision, or all up to it. The secrets are in clear, since a ciphertext belongs
// to its environment.
func history(c *core.Call, e *state.Environment, request cloneRequest) ([]state.Revision, error) {
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
			clear, err := environments.Reveal(c.Request.Context(), e.Path(), []byte(r.Definition), c.Org.EnvironmentKey(e.ID))
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
func addRevisions(c *core.Call, e *state.Environment, revisions []state.Revision) error {
	for _, r := range revisions {
		sealed, err := environments.Seal(c.Request.Context(), e.Path(), []byte(r.Definition), c.Org.EnvironmentKey(e.ID))
		if err != nil {
			return fmt.Errorf("encrypting revision %d of %s: %w", r.Number, e.Path(), err)
		}
		r.Definition = string(sealed)
		e.Revisions = append(e.Revisions, r)
		e.Definition = r.Definition
	}
	return nil
}

// copyGrants gives every team and person on the clone what they were given on the source.
func copyGrants(s *core.Org, source, clone *state.Environment) {
	for login, set := range source.Assigned {
		if _, member := s.State.Users[login]; member && login != clone.OwnedBy && set != "" {
			s.State.Assign(clone.ID, login, set)
		}
	}
	for _, t := range s.State.Teams {
		if grant, has := t.Environments[source.Path()]; has {
			t.Environments[clone.Path()] = grant
		}
	}
}

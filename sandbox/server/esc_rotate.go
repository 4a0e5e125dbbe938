package server

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/pulumi/esc/eval"
	"github.com/pulumi/esc/syntax"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

type rotateAnswer struct {
	ID          string                    `json:"id"`
	Diagnostics []environments.Diagnostic `json:"diagnostics,omitempty"`
	Event       state.RotationEvent       `json:"secretRotationEvent"`
}

type rotateEnvironmentRequest struct {
	Paths []string `json:"paths"`
}

// rotateEnvironment makes new secrets at the paths, or everywhere, and stores them as the next revision.
func (c *call) rotateEnvironment(e *state.Environment, request rotateEnvironmentRequest) (rotateAnswer, error) {
	var paths []resource.PropertyPath
	for i, written := range request.Paths {
		path, err := resource.ParsePropertyPath(written)
		if err != nil || len(path) == 0 {
			return rotateAnswer{}, rest.BadRequest("paths[%d]: %q is not the path of a value", i, written)
		}
		paths = append(paths, path)
	}
	done, rotated, err := c.rotate(e, paths)
	if err != nil {
		return rotateAnswer{}, err
	}
	if len(rotated) == 0 {
		return rotateAnswer{}, rest.BadRequest("environment %s has nothing to rotate there", e.Path())
	}
	event := c.newRotation(e, rotated)
	if patches := rotated.Patches(); len(patches) > 0 {
		changed, err := eval.ApplyValuePatches([]byte(e.Latest().Definition), patches)
		if err != nil {
			return rotateAnswer{}, rest.BadRequest("writing the rotated secrets of %s: %v", e.Path(), err)
		}
		if err := c.s.writeDefinition(c.Request.Context(), e, changed, c.caller.login); err != nil {
			return rotateAnswer{}, rest.BadRequest("storing %s: %v", e.Path(), err)
		}
		number := e.Latest().Number
		event.PostRotationRevision = &number
	}
	e.Rotations = state.Newest(append(e.Rotations, event), c.s.options.KeepUpdates)
	if event.Status == string(eval.RotationFailed) {
		return rotateAnswer{}, environments.Invalid(e.Path(), done)
	}
	c.audit("environment-rotated", "Rotated secrets of environment %s", e.Path())
	return rotateAnswer{ID: event.ID, Diagnostics: environments.WireDiagnostics(done), Event: event}, nil
}

func (c *call) rotate(e *state.Environment, paths []resource.PropertyPath) (syntax.Diagnostics, eval.RotationResult, error) {
	result, rotated, err := c.opening(named, toOpen(0)).
		Rotate(c.Request.Context(), e.Ref().String(), []byte(e.Latest().Definition), c.s.environmentKey(e.ID), paths)
	return result.Diagnostics, rotated, err
}

func (c *call) newRotation(e *state.Environment, rotated eval.RotationResult) state.RotationEvent {
	now := c.s.now()
	event := state.RotationEvent{
		ID: uuid.NewString(), EnvironmentID: e.ID, Created: now, Completed: now, PreRotationRevision: e.Latest().Number,
		UserID: c.s.userInfo(c.caller.login).Login, Status: string(eval.RotationSucceeded), Rotations: []state.Rotation{},
	}
	for _, one := range rotated {
		made := state.Rotation{
			ID: uuid.NewString(), EnvironmentPath: strings.TrimPrefix(one.Path, "values."), Status: string(eval.RotationSucceeded),
		}
		if one.Status != eval.RotationSucceeded {
			made.Status, made.ErrorMessage = string(eval.RotationFailed), cmp.Or(firstRotationError(one.Diags), "it could not be evaluated")
			event.Status = string(eval.RotationFailed)
			event.ErrorMessage = fmt.Sprintf("%s: %s", made.EnvironmentPath, made.ErrorMessage)
		}
		event.Rotations = append(event.Rotations, made)
	}
	return event
}

func firstRotationError(found syntax.Diagnostics) string {
	if len(found) == 0 {
		return ""
	}
	return environments.FirstError(found)
}

// listRotations answers with the newest first.
func (c *call) listRotations(e *state.Environment) (map[string]any, error) {
	events := slices.Clone(e.Rotations)
	slices.Reverse(events)
	return map[string]any{"events": rest.OrNone(events)}, nil
}

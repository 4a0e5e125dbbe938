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
)

type rotateAnswer struct {
	ID          string                    `json:"id"`
	Diagnostics []environments.Diagnostic `json:"diagnostics,omitempty"`
	Event       rotationEvent             `json:"secretRotationEvent"`
}

type rotateEnvironmentRequest struct {
	Paths []string `json:"paths"`
}

// rotateEnvironment makes new secrets at the paths, or everywhere, and stores them as the next revision.
func (c *call) rotateEnvironment(e *environment, request rotateEnvironmentRequest) (rotateAnswer, error) {
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
		return rotateAnswer{}, rest.BadRequest("environment %s has nothing to rotate there", e.path())
	}
	event := c.newRotation(e, rotated)
	if patches := rotated.Patches(); len(patches) > 0 {
		changed, err := eval.ApplyValuePatches([]byte(e.latest().Definition), patches)
		if err != nil {
			return rotateAnswer{}, rest.BadRequest("writing the rotated secrets of %s: %v", e.path(), err)
		}
		if err := c.s.writeDefinition(c.Request.Context(), e, changed, c.caller.login); err != nil {
			return rotateAnswer{}, rest.BadRequest("storing %s: %v", e.path(), err)
		}
		number := e.latest().Number
		event.PostRotationRevision = &number
	}
	e.Rotations = newest(append(e.Rotations, event), c.s.options.KeepUpdates)
	if event.Status == string(eval.RotationFailed) {
		return rotateAnswer{}, environments.Invalid(e.path(), done)
	}
	c.audit("environment-rotated", "Rotated secrets of environment %s", e.path())
	return rotateAnswer{ID: event.ID, Diagnostics: environments.WireDiagnostics(done), Event: event}, nil
}

func (c *call) rotate(e *environment, paths []resource.PropertyPath) (syntax.Diagnostics, eval.RotationResult, error) {
	result, rotated, err := c.opening(named, toOpen(0)).
		Rotate(c.Request.Context(), e.ref().String(), []byte(e.latest().Definition), c.s.environmentKey(e.ID), paths)
	return result.Diagnostics, rotated, err
}

func (c *call) newRotation(e *environment, rotated eval.RotationResult) rotationEvent {
	now := c.s.now()
	event := rotationEvent{
		ID: uuid.NewString(), EnvironmentID: e.ID, Created: now, Completed: now, PreRotationRevision: e.latest().Number,
		UserID: c.s.userInfo(c.caller.login).Login, Status: string(eval.RotationSucceeded), Rotations: []rotation{},
	}
	for _, one := range rotated {
		made := rotation{
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
func (c *call) listRotations(e *environment) (map[string]any, error) {
	events := slices.Clone(e.Rotations)
	slices.Reverse(events)
	return map[string]any{"events": orNone(events)}, nil
}

package esc

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/pulumi/esc/eval"
	"github.com/pulumi/esc/syntax"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
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
func rotateEnvironment(c *core.Call, e *state.Environment, request rotateEnvironmentRequest) (rotateAnswer, error) {
	var paths []resource.PropertyPath
	for i, written := range request.Paths {
		path, err := resource.ParsePropertyPath(written)
		if err != nil || len(path) == 0 {
			return rotateAnswer{}, rest.BadRequest("paths[%d]: %q is not the path of a value", i, written)
		}
		paths = append(paths, path)
	}
	done, rotated, err := rotate(c, e, paths)
	if err != nil {
		return rotateAnswer{}, err
	}
	if len(rotated) == 0 {
		return rotateAnswer{}, rest.BadRequest("environment %s has nothing to rotate there", e.Path())
	}
	event := newRotation(c, e, rotated)
	if patches := rotated.Patches(); len(patches) > 0 {
		changed, err := eval.ApplyValuePatches([]byte(e.Latest().Definition), patches)
		if err != nil {
			return rotateAnswer{}, rest.BadRequest("writing the rotated secrets of %s: %v", e.Path(), err)
		}
		if err := WriteDefinition(c.Org, c.Request.Context(), e, changed, c.Caller.Login); err != nil {
			return rotateAnswer{}, rest.BadRequest("storing %s: %v", e.Path(), err)
		}
		number := e.Latest().Number
		event.PostRotationRevision = &number
	}
	e.Rotations = state.Newest(append(e.Rotations, event), c.Org.Options.KeepUpdates)
	if event.Status == string(eval.RotationFailed) {
		return rotateAnswer{}, environments.Invalid(e.Path(), done)
	}
	c.Audit("environment-rotated", "Rotated secrets of environment %s", e.Path())
	return rotateAnswer{ID: event.ID, Diagnostics: environments.WireDiagnostics(done), Event: event}, nil
}

func rotate(c *core.Call, e *state.Environment, paths []resource.PropertyPath) (syntax.Diagnostics, eval.RotationResult, error) {
	result, rotated, err := Opening(c, Named, ToOpen(0)).
		Rotate(c.Request.Context(), e.Ref().String(), []byte(e.Latest().Definition), c.Org.EnvironmentKey(e.ID), paths)
	return result.Diagnostics, rotated, err
}

func newRotation(c *core.Call, e *state.Environment, rotated eval.RotationResult) state.RotationEvent {
	now := c.Org.Now()
	event := state.RotationEvent{
		ID: uuid.NewString(), EnvironmentID: e.ID, Created: now, Completed: now, PreRotationRevision: e.Latest().Number,
		UserID: c.Org.UserInfo(c.Caller.Login).Login, Status: string(eval.RotationSucceeded), Rotations: []state.Rotation{},
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
func listRotations(c *core.Call, e *state.Environment) (map[string]any, error) {
	events := slices.Clone(e.Rotations)
	slices.Reverse(events)
	return map[string]any{"events": rest.OrNone(events)}, nil
}

package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
)

// DeploymentSettings is a stack's deployment settings, as far as access depends on them. Everything else in them is
// kept apart: Other says whether there is anything.
type DeploymentSettings struct {
	RoleID string                     // role of the stack's deployments; "" when none is set
	OIDC   map[string]json.RawMessage // OIDC configuration by cloud (aws, azure, gcp); secrets are never in it
	Other  bool                       // whether anything besides the role and OIDC is set
	ByGit  bool                       // whether pushes or pull requests start deployments
	// OwnToken says that an environment variable gives the deployments an access token of their own.
	OwnToken     bool
	Variables    []string // the names of the environment variables
	PullRequests bool     // whether pull requests start previews
}

// DeploymentSettings returns a stack's settings, or ErrNotFound when the stack has none (or does not exist).
func (c *Client) DeploymentSettings(ctx context.Context, organization, project, stack string) (DeploymentSettings, error) {
	return c.deploymentSettings(ctx, deploymentCall(http.MethodGet, organization, project, stack), nil)
}

func (c *Client) deploymentSettings(
	ctx context.Context, in call, refuse func(DeploymentSettings) error,
) (DeploymentSettings, error) {
	var out DeploymentSettings
	_, err := write(ctx, c, in, func(settings rawSettings) (err error) {
		if err := settings.check(); err != nil {
			return err
		}
		if out, err = parseDeploymentSettings(settings); err == nil && refuse != nil {
			err = refuse(out)
		}
		return err
	})
	return out, err
}

// rawSettings are settings as the service sends them. Nothing in them has to be set, but their changes are counted.
type rawSettings map[string]json.RawMessage

func (s rawSettings) check() error {
	var version *int
	if json.Unmarshal(s["version"], &version) != nil || version == nil {
		return errors.New("it has no version")
	}
	return nil
}

// MergeDeploymentSettings merges a role and OIDC configuration into a stack's settings, creating them if there are
// none, and returns the result. Nothing else in the settings is touched. A nil roleID and a nil entry of oidc are sent
// as null, which removes them; what is not in oidc stays.
func (c *Client) MergeDeploymentSettings(
	ctx context.Context, organization, project, stack string, roleID *string, oidc map[string]any,
) (DeploymentSettings, error) {
	operation := map[string]any{"role": nil, "oidc": oidc}
	if roleID != nil {
		operation["role"] = map[string]any{"id": *roleID}
	}
	if oidc == nil {
		delete(operation, "oidc")
	}
	in := deploymentCall(http.MethodPost, organization, project, stack)
	in.body = map[string]any{"operationContext": operation}
	sent := ""
	if roleID != nil {
		sent = *roleID
	}
	return c.deploymentSettings(ctx, in, func(merged DeploymentSettings) error { return other("role", sent, merged.RoleID) })
}

// DeleteDeploymentSettings deletes a stack's settings. Settings that do not exist count as deleted.
func (c *Client) DeleteDeploymentSettings(ctx context.Context, organization, project, stack string) error {
	return doneIfNotFound(c.confirmed(ctx, deploymentCall(http.MethodDelete, organization, project, stack),
		func(ctx context.Context, answer response) (bool, error) {
			var deleted bool
			if json.Unmarshal(answer.body, &deleted) == nil && deleted {
				return true, nil
			}
			_, found, err := absentIfNotFound(c.DeploymentSettings(ctx, organization, project, stack))
			return !found, err
		}))
}

func deploymentCall(method, organization, project, stack string) call {
	in := stackCall(method, organization, project, stack, "deployments", "settings")
	in.object = "deployment settings of " + in.object
	return in
}

func parseDeploymentSettings(settings rawSettings) (DeploymentSettings, error) {
	var operation map[string]json.RawMessage
	if text, ok := settings["operationContext"]; ok {
		if err := json.Unmarshal(text, &operation); err != nil {
			return DeploymentSettings{}, err
		}
	}
	out := DeploymentSettings{
		Other: hasOther(settings, operation),
		ByGit: startedByGit(settings["gitHub"]) || startedByGit(settings["vcs"]),

		PullRequests: triggers(settings["gitHub"], "previewPullRequests") || triggers(settings["vcs"], "previewPullRequests"),
	}
	var role struct {
		ID string `json:"id"`
	}
	if err := unmarshalIfSet(operation["role"], &role); err != nil {
		return DeploymentSettings{}, err
	}
	if !isEmptyJSON(operation["role"]) && role.ID == "" {
		return DeploymentSettings{}, errors.New("it has no operationContext.role.id")
	}
	out.RoleID = role.ID
	var variables map[string]json.RawMessage
	if err := unmarshalIfSet(operation["environmentVariables"], &variables); err != nil {
		return DeploymentSettings{}, err
	}
	_, out.OwnToken = variables["PULUMI_ACCESS_TOKEN"]
	out.Variables = slices.Sorted(maps.Keys(variables))
	if err := unmarshalIfSet(operation["oidc"], &out.OIDC); err != nil {
		return DeploymentSettings{}, err
	}
	maps.DeleteFunc(out.OIDC, func(_ string, configuration json.RawMessage) bool { return isEmptyJSON(configuration) })
	return out, nil
}

// startedByGit reports whether the settings of a repository start deployments.
func startedByGit(repository json.RawMessage) bool {
	return triggers(repository, "deployCommits", "previewPullRequests", "deployTags")
}

func triggers(repository json.RawMessage, names ...string) bool {
	var settings map[string]json.RawMessage
	if json.Unmarshal(repository, &settings) != nil {
		return false
	}
	for _, trigger := range names {
		if !isEmptyJSON(settings[trigger]) {
			return true
		}
	}
	return false
}

func hasOther(settings, operation map[string]json.RawMessage) bool {
	for name, value := range settings {
		switch name {
		case "operationContext", "version", "source": // the last two are the service's own
		default:
			if !isEmptyJSON(value) {
				return true
			}
		}
	}
	for name, value := range operation {
		if name != "role" && name != "oidc" && !isEmptyJSON(value) {
			return true
		}
	}
	return false
}

func unmarshalIfSet(text json.RawMessage, out any) error {
	if isEmptyJSON(text) {
		return nil
	}
	return json.Unmarshal(text, out)
}

func isEmptyJSON(text json.RawMessage) bool {
	var compact bytes.Buffer
	if json.Compact(&compact, text) != nil {
		return len(text) == 0
	}
	switch compact.String() {
	case "", "null", "{}", "[]", `""`, "false":
		return true
	}
	return false
}

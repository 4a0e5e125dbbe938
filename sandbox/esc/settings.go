package esc

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/gates"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// readEnvironmentMetadata answers with an environment's properties, without its definition.
func readEnvironmentMetadata(c *core.Call, e *state.Environment) (map[string]any, error) {
	metadata := map[string]any{
		"id":                e.ID,
		"ownedBy":           c.Org.UserInfo(e.OwnedBy),
		"gatedActions":      gates.GatedActions(c.Org, e.Path()),
		"openRequestNeeded": gates.OpenRequestNeeded(c, e),
	}
	if subject, err := oidc.ESCSubjectV2(oidc.EnvironmentID{Organization: c.Org.State.Organization.ID, Environment: e.ID}); err == nil {
		metadata["oidcSubjectV2"] = subject
	}
	if draft, found := gates.ActiveDraft(c.Org, e); found {
		metadata["activeChangeRequest"] = gates.Ref(draft)
	}
	return metadata, nil
}

// readEnvironmentSettings needs environment_settings:read.
func readEnvironmentSettings(c *core.Call, e *state.Environment) (wireSettings, error) {
	return wireSettings{DeletionProtected: e.DeletionProtected}, nil
}

type updateEnvironmentSettingsRequest struct {
	DeletionProtected *bool `json:"deletionProtected"`
}

// updateEnvironmentSettings needs environment_settings:update.
func updateEnvironmentSettings(c *core.Call, e *state.Environment, request updateEnvironmentSettingsRequest) (wireSettings, error) {
	if request.DeletionProtected != nil && *request.DeletionProtected != e.DeletionProtected {
		protectEnvironment(c, e, *request.DeletionProtected)
	}
	return wireSettings{DeletionProtected: e.DeletionProtected}, nil
}

func protectEnvironment(c *core.Call, e *state.Environment, protected bool) {
	e.DeletionProtected = protected
	if protected {
		c.Audit("environment-deletion-protection-enabled", "Enabled deletion protection of environment %s", e.Path())
		return
	}
	c.Audit("environment-deletion-protection-disabled", "Disabled deletion protection of environment %s", e.Path())
}

type reassignEnvironmentRequest struct {
	Login string `json:"githubLogin"`
}

// reassignEnvironment makes a member the owner, and answers with the owner before.
func reassignEnvironment(c *core.Call, e *state.Environment, request reassignEnvironmentRequest) (core.UserInfo, error) {
	if _, member := c.Org.State.Users[request.Login]; !member {
		return core.UserInfo{}, rest.NotFound("User '%s' not found", request.Login)
	}
	before := c.Org.UserInfo(e.OwnedBy)
	delete(e.Assigned, before.Login)
	delete(e.Assigned, request.Login)
	e.OwnedBy = request.Login
	return before, nil
}

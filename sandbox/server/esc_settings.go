package server

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// readEnvironmentMetadata answers with what is known of an environment besides its text.
func (c *call) readEnvironmentMetadata(e *state.Environment) (map[string]any, error) {
	metadata := map[string]any{
		"id":                e.ID,
		"ownedBy":           c.s.userInfo(e.OwnedBy),
		"gatedActions":      c.s.gatedActions(e.Path()),
		"openRequestNeeded": c.openRequestNeeded(e),
	}
	if draft, found := c.s.activeDraft(e); found {
		metadata["activeChangeRequest"] = ref(draft)
	}
	return metadata, nil
}

// readEnvironmentSettings takes environment_settings:read.
func (c *call) readEnvironmentSettings(e *state.Environment) (wireSettings, error) {
	return wireSettings{DeletionProtected: e.DeletionProtected}, nil
}

type updateEnvironmentSettingsRequest struct {
	DeletionProtected *bool `json:"deletionProtected"`
}

// updateEnvironmentSettings takes environment_settings:update.
func (c *call) updateEnvironmentSettings(e *state.Environment, request updateEnvironmentSettingsRequest) (wireSettings, error) {
	if request.DeletionProtected != nil && *request.DeletionProtected != e.DeletionProtected {
		c.protectEnvironment(e, *request.DeletionProtected)
	}
	return wireSettings{DeletionProtected: e.DeletionProtected}, nil
}

func (c *call) protectEnvironment(e *state.Environment, protected bool) {
	e.DeletionProtected = protected
	if protected {
		c.audit("environment-deletion-protection-enabled", "Enabled deletion protection of environment %s", e.Path())
		return
	}
	c.audit("environment-deletion-protection-disabled", "Disabled deletion protection of environment %s", e.Path())
}

type reassignEnvironmentRequest struct {
	Login string `json:"githubLogin"`
}

// reassignEnvironment makes a member the owner, and answers with the owner before.
func (c *call) reassignEnvironment(e *state.Environment, request reassignEnvironmentRequest) (userInfo, error) {
	if _, member := c.s.state.Users[request.Login]; !member {
		return userInfo{}, rest.NotFound("User '%s' not found", request.Login)
	}
	before := c.s.userInfo(e.OwnedBy)
	e.OwnedBy = request.Login
	return before, nil
}

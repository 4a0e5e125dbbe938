package server

import "github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"

// readEnvironmentMetadata answers with what is known of an environment besides its text.
func (c *call) readEnvironmentMetadata() error {
	e, err := c.visibleEnvironment()
	if err != nil {
		return err
	}
	metadata := map[string]any{
		"id":                e.ID,
		"ownedBy":           c.s.userInfo(e.OwnedBy),
		"gatedActions":      c.s.gatedActions(e.path()),
		"openRequestNeeded": c.openRequestNeeded(e),
	}
	if draft, found := c.s.activeDraft(e); found {
		metadata["activeChangeRequest"] = draft.ref()
	}
	return c.OK(metadata)
}

// readEnvironmentSettings takes environment_settings:read.
func (c *call) readEnvironmentSettings() error {
	e, err := c.environmentWith("environment_settings:read")
	if err != nil {
		return err
	}
	return c.OK(wireSettings{DeletionProtected: e.DeletionProtected})
}

// updateEnvironmentSettings takes environment_settings:update.
func (c *call) updateEnvironmentSettings() error {
	e, err := c.environmentWith("environment_settings:update")
	if err != nil {
		return err
	}
	var request struct {
		DeletionProtected *bool `json:"deletionProtected"`
	}
	if err := c.Decode(&request); err != nil {
		return err
	}
	if request.DeletionProtected != nil && *request.DeletionProtected != e.DeletionProtected {
		c.protectEnvironment(e, *request.DeletionProtected)
	}
	return c.OK(wireSettings{DeletionProtected: e.DeletionProtected})
}

func (c *call) protectEnvironment(e *environment, protected bool) {
	e.DeletionProtected = protected
	if protected {
		c.audit("environment-deletion-protection-enabled", "Enabled deletion protection of environment %s", e.path())
		return
	}
	c.audit("environment-deletion-protection-disabled", "Disabled deletion protection of environment %s", e.path())
}

// reassignEnvironment makes a member the owner, and answers with the owner before.
func (c *call) reassignEnvironment() error {
	e, err := c.environmentWith("environment:delete")
	if err != nil {
		return err
	}
	var request struct {
		Login string `json:"githubLogin"`
	}
	if err := c.Decode(&request); err != nil {
		return err
	}
	if _, member := c.s.st.Users[request.Login]; !member {
		return rest.NotFound("User '%s' not found", request.Login)
	}
	before := c.s.userInfo(e.OwnedBy)
	e.OwnedBy = request.Login
	return c.OK(before)
}

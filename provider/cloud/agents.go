package cloud

import (
	"context"
	"net/http"
	"slices"
)

// AgentDefinition is a custom agent, as far as it decides what the agent may do.
type AgentDefinition struct {
	ID   string `json:"id" answer:"id"`
	Name string `json:"name" answer:"text"`
	// RoleID is the role that its tasks assume; "" lets them do what the person may do who started them.
	RoleID string `json:"roleId"`
	// ApprovalMode is who approves what it does; "" approves everything automatically.
	ApprovalMode string `json:"approvalMode"`
	// Integrations are those that its tasks can use; nil is all of the organization's, and an empty list none.
	Integrations []AgentIntegration `json:"enabledIntegrations"`
	// PausedAt is when it was paused, "" if it is not.
	PausedAt string `json:"pausedAt"`
}

// AgentIntegration names an integration by its id in the service's catalogue.
type AgentIntegration struct {
	ID string `json:"id"`
}

// AllIntegrations tells whether its tasks can use every integration of the organization.
func (a AgentDefinition) AllIntegrations() bool { return a.Integrations == nil }

// Uses tells whether its tasks can use an integration.
func (a AgentDefinition) Uses(integration string) bool {
	return a.AllIntegrations() || slices.Contains(a.Integrations, AgentIntegration{integration})
}

// AgentDefinitions lists the custom agents of an organization.
func (c *Client) AgentDefinitions(ctx context.Context, organization string) ([]AgentDefinition, error) {
	found, err := get[struct {
		Definitions []AgentDefinition `json:"definitions" answer:"key"`
	}](ctx, c, call{
		method: http.MethodGet, path: []string{"preview", "agents", organization, "definitions"},
		object: "custom agents of " + quoted("organization", organization),
	})
	return found.Definitions, err
}

// Package agents serves the definitions of custom agents, to read; see [Routes].
package agents

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// Routes are the endpoints of custom agents. No scope is about reading them, so everybody in the organization may.
func Routes() []core.Route {
	return []core.Route{
		{Pattern: "GET /api/preview/agents/{orgName}/definitions", Handle: rest.Plain(listDefinitions)},
		{Pattern: "GET /api/preview/agents/{orgName}/definitions/{agentID}", Handle: rest.Plain(getDefinition)},
	}
}

type integration struct {
	ID string `json:"id"`
}

// definition leaves out what is not set, which has a meaning of its own: no role, no approval, and every integration.
type definition struct {
	ID           string         `json:"id"`
	Name         string         `json:"name"`
	DisplayName  string         `json:"displayName"`
	RoleID       string         `json:"roleId,omitempty"`
	ApprovalMode string         `json:"approvalMode,omitempty"`
	Integrations *[]integration `json:"enabledIntegrations,omitempty"`
	TaskCounts   taskCounts     `json:"taskCounts"`
}

type taskCounts struct {
	Total   int `json:"total"`
	Running int `json:"running"`
}

func show(a *state.Agent) definition {
	shown := definition{ID: a.ID, Name: a.Name, DisplayName: a.DisplayName, RoleID: a.RoleID, ApprovalMode: a.ApprovalMode}
	if !a.All {
		enabled := []integration{}
		for _, id := range a.Integrations {
			enabled = append(enabled, integration{id})
		}
		shown.Integrations = &enabled
	}
	return shown
}

func listDefinitions(c *core.Call) error {
	byName := map[string]*state.Agent{}
	for _, a := range c.Org.State.Agents {
		byName[a.Name] = a
	}
	all := []definition{}
	for _, name := range rest.SortedKeys(byName) {
		all = append(all, show(byName[name]))
	}
	return c.OK(map[string]any{"definitions": all})
}

func getDefinition(c *core.Call) error {
	a, ok := c.Org.State.Agents[c.Param("agentID")]
	if !ok {
		return rest.NotFound("Agent '%s' not found", c.Param("agentID"))
	}
	return c.OK(show(a))
}

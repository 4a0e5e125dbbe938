package server

import (
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/seed"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

func (p *seeder) addAgents() error {
	for i, a := range p.seed.Agents {
		path := fmt.Sprintf("agents[%d]", i)
		if !rest.ValidName(a.Name) {
			return seed.Problem(path+".name", "%q is not a name", a.Name)
		}
		role, err := p.optionalRole(path+".role", a.Role)
		if err != nil {
			return err
		}
		mode, err := seed.OneOf(path+".approvalMode", a.ApprovalMode, "", "manual", "auto", "balanced")
		if err != nil {
			return err
		}
		agent := &state.Agent{
			ID: p.s.State.NewID("agent", a.Name), Name: a.Name, DisplayName: a.Name, RoleID: role, ApprovalMode: mode,
			All: a.Integrations == nil, Integrations: []string{},
		}
		if a.Integrations != nil {
			agent.Integrations = slices.Clone(*a.Integrations)
		}
		p.s.State.Agents[agent.ID] = agent
	}
	return nil
}

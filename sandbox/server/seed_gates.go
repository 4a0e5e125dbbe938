package server

import (
	"cmp"
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/gates"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/seed"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

func (p *seeder) addGates() error {
	for i, from := range p.seed.Gates {
		path := fmt.Sprintf("gates[%d]", i)
		g, err := p.gate(path, from)
		if err != nil {
			return err
		}
		g.ID = p.s.State.NewID("gate", g.Environment)
		p.s.State.Gates[g.ID] = g
	}
	return nil
}

func (p *seeder) gate(path string, from seed.Gate) (*state.Gate, error) {
	key := state.EntityKey(from.Project, from.Environment)
	if _, ok := p.s.State.Environments[key]; !ok {
		return nil, seed.Problem(path, "there is no environment %s in environments", key)
	}
	action, err := seed.OneOf(path+".action", from.Action, state.ActionOpen, state.ActionUpdate)
	if err != nil {
		return nil, err
	}
	g := &state.Gate{
		Name: cmp.Or(from.Name, action+" "+key), Enabled: true, Environment: key, Action: action,
		RequiredApprovals: 1, AllowSelfApproval: from.AllowSelfApproval, Reapproval: true, Approvers: []state.Approver{},
	}
	rest.SetIf(&g.Enabled, from.Enabled)
	rest.SetIf(&g.Reapproval, from.Reapproval)
	rest.SetIf(&g.RequiredApprovals, from.RequiredApprovals)
	if g.RequiredApprovals < 1 {
		return nil, seed.Problem(path+".requiredApprovals", "give a positive number")
	}
	return g, p.addApprovers(path+".approvers", g, from.Approvers)
}

func (p *seeder) addApprovers(path string, g *state.Gate, from seed.Approvers) error {
	add := func(at string, a state.Approver) error {
		if wrong := gates.ApproverProblem(p.s, a); wrong != "" {
			return seed.Problem(at, "%s", wrong)
		}
		g.Approvers = append(g.Approvers, p.s.State.Bound(a))
		return nil
	}
	for i, name := range from.Teams {
		if err := add(fmt.Sprintf("%s.teams[%d]", path, i), state.Approver{Kind: state.EligibleTeam, Team: name}); err != nil {
			return err
		}
	}
	for i, login := range from.Users {
		if err := add(fmt.Sprintf("%s.users[%d]", path, i), state.Approver{Kind: state.EligibleUser, User: login}); err != nil {
			return err
		}
	}
	if from.Permission == "" {
		return nil
	}
	return add(path+".permission", state.Approver{Kind: state.EligiblePermission, Permission: from.Permission})
}

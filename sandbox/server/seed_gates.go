package server

import (
	"cmp"
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/seed"
)

func (p *seeder) addGates() error {
	for i, from := range p.seed.Gates {
		path := fmt.Sprintf("gates[%d]", i)
		g, err := p.gate(path, from)
		if err != nil {
			return err
		}
		g.ID = p.s.state.newID("gate", g.Environment)
		p.s.state.Gates[g.ID] = g
	}
	return nil
}

func (p *seeder) gate(path string, from seed.Gate) (*gate, error) {
	key := entityKey(from.Project, from.Environment)
	if _, ok := p.s.state.Environments[key]; !ok {
		return nil, seed.Problem(path, "there is no environment %s in environments", key)
	}
	action, err := seed.OneOf(path+".action", from.Action, actionOpen, actionUpdate)
	if err != nil {
		return nil, err
	}
	g := &gate{
		Name: cmp.Or(from.Name, action+" "+key), Enabled: true, Environment: key, Action: action,
		RequiredApprovals: 1, AllowSelfApproval: from.AllowSelfApproval, Reapproval: true, Approvers: []approver{},
	}
	setIf(&g.Enabled, from.Enabled)
	setIf(&g.Reapproval, from.Reapproval)
	setIf(&g.RequiredApprovals, from.RequiredApprovals)
	if g.RequiredApprovals < 1 {
		return nil, seed.Problem(path+".requiredApprovals", "give a positive number")
	}
	return g, p.addApprovers(path+".approvers", g, from.Approvers)
}

func (p *seeder) addApprovers(path string, g *gate, from seed.Approvers) error {
	add := func(at string, a approver) error {
		if wrong := p.s.approverProblem(a); wrong != "" {
			return seed.Problem(at, "%s", wrong)
		}
		g.Approvers = append(g.Approvers, p.s.state.bound(a))
		return nil
	}
	for i, name := range from.Teams {
		if err := add(fmt.Sprintf("%s.teams[%d]", path, i), approver{Kind: eligibleTeam, Team: name}); err != nil {
			return err
		}
	}
	for i, login := range from.Users {
		if err := add(fmt.Sprintf("%s.users[%d]", path, i), approver{Kind: eligibleUser, User: login}); err != nil {
			return err
		}
	}
	if from.Permission == "" {
		return nil
	}
	return add(path+".permission", approver{Kind: eligiblePermission, Permission: from.Permission})
}

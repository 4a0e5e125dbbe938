package graph_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

func TestMissing(t *testing.T) {
	t.Parallel()
	o := acme()
	for _, id := range []string{"openers", "deployer", "none"} {
		record := o.Records[id]
		record.Assignable = true
		o.Records[id] = record
	}
	index := graph.NewIndex(o)
	assert.Equal(t, []graph.Missing{
		{Kind: graph.RuleStep, Name: "environment:open", Text: "a rule in a role of the principal with this scope alone: " +
			"environments: {project: payments, environment: prod, scopes: [environment:open]}"},
		{Kind: graph.AssignmentStep, Name: "open", Text: "an assignment on the entity: permission open"},
		{Kind: graph.OrganizationRoleStep, Name: "deployer", Text: "the organization role: deployer"},
		{Kind: graph.TeamStep, Name: "guests", Text: "membership of team guests"},
	}, index.Missing(graph.UserKind, "eve", "environment:open", prod()))
	assert.Equal(t, []graph.Missing{{Kind: graph.RuleStep, Name: "role:update", Text: "a rule in a role of the principal with this scope alone: scopes: [role:update]"}},
		index.Missing(graph.UserKind, "eve", "role:update", o.Itself()))
	assert.Empty(t, index.Missing(graph.UserKind, "cy", "environment:open", prod()), "cy holds it")
	blocked := prod()
	blocked.Imports = []graph.Import{{Resource: graph.Resource{Entity: access.Entity{Kind: access.Environment, ID: "e9"}, Name: "p/base"}, Scope: "environment:open"}}
	assert.Equal(t, []graph.Missing{{Kind: graph.ImportStep, Name: "p/base", Text: "environment p/base, which it imports, has to be opened as well"}},
		index.Missing(graph.UserKind, "cy", "environment:open", blocked))
	o.Users[4].Suspended = true
	assert.Contains(t, graph.NewIndex(o).Missing(graph.UserKind, "eve", "environment:open", prod())[0].Text, "suspended")
}

// Each grant that is said to be missing gives the scope.
func TestWhatIsMissingIsEnough(t *testing.T) {
	t.Parallel()
	tried := map[graph.StepKind]int{}
	for seed := range *organizations {
		o, e := drawn(seed)
		index := graph.NewIndex(o.product(t))
		for _, scope := range drawnScopes[e.kind] {
			for name := range o.all(e) {
				kind, principal, _ := strings.Cut(name, " ")
				for _, one := range index.Missing(graph.Kind(kind), principal, scope, e.product()) {
					more, on := drawn(seed)
					if !more.give(graph.Kind(kind), principal, one, &on) {
						continue
					}
					after, _ := graph.NewIndex(more.product(t)).Of(graph.Kind(kind), principal, on.product())
					if after.Holds(scope) != graph.Certain {
						t.Fatalf("seed %d: %s does not hold %s on %s with %+v\n%s", seed, name, scope, e.name, one, o.describe())
					}
					tried[one.Kind]++
				}
			}
		}
	}
	for _, kind := range []graph.StepKind{graph.AssignmentStep, graph.GrantStep, graph.OrganizationRoleStep, graph.RoleStep, graph.TeamStep, graph.TokenStep} {
		if tried[kind] < 5 {
			t.Errorf("%s was tried %d times: %v", kind, tried[kind], tried)
		}
	}
}

// give gives what is missing; false for what the drawn organizations have no place for.
func (o *naiveOrg) give(kind graph.Kind, name string, m graph.Missing, e *naiveEntity) bool {
	team := func(name string) *naiveTeam {
		return &o.teams[slices.IndexFunc(o.teams, func(t naiveTeam) bool { return t.name == name })]
	}
	at := slices.IndexFunc(o.tokens, func(t naiveToken) bool { return t.name == name })
	if kind == graph.TokenKind && o.tokens[at].team != "" {
		if o.tokens[at].team == "deleted" {
			return false
		}
		name = o.tokens[at].team
	}
	switch m.Kind {
	case graph.AssignmentStep:
		e.assigned[name] = append(e.assigned[name], e.kind+" "+m.Name)
	case graph.GrantStep:
		team(name).levels[e.kind+" "+e.name] = m.Name
	case graph.TeamStep:
		team(m.Name).members = append(team(m.Name).members, name)
	case graph.OrganizationRoleStep:
		at := slices.IndexFunc(o.users, func(u naiveUser) bool { return u.login == name })
		if at < 0 || o.users[at].suspend {
			return false
		}
		o.users[at].role, o.users[at].unknown = m.Name, false
	case graph.RoleStep:
		if kind == graph.AgentKind {
			if o.agents[0].paused {
				return false
			}
			o.agents[0].role = m.Name
			return true
		}
		team(name).roles = []string{m.Name}
	case graph.TokenStep:
		o.tokens[at].role = m.Name
	case graph.DeploymentRoleStep:
		o.deployments[slices.IndexFunc(o.deployments, func(d naiveDeployment) bool { return d.stack == name })].role = m.Name
	default:
		return false
	}
	return true
}

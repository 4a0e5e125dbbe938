package graph

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// Missing is a grant that would give a principal a scope on an entity that it does not hold: the smallest one of its kind.
type Missing struct {
	Kind StepKind
	Name string // of the team to join, the role, the permission set, the level, or the environment that it must open as well
	Text string
}

// Missing are the smallest grants that would do, by kind, smallest first: a rule with this scope alone, a permission on the entity, a role that
// there is, a team to join. Where an import is what it may not open, it is that.
func (ix *Index) Missing(kind Kind, name, scope string, t Resource) []Missing {
	m := missing{Index: ix, scope: scope, resource: t}
	held, _ := ix.Of(kind, name, t)
	if held.Holds(scope) != "" {
		if !OpensImports(scope) {
			return nil
		}
		for _, imported := range ix.MissingImports(kind, name, t) {
			m.add(ImportStep, imported, "environment "+imported+", which it imports, has to be opened as well")
		}
		return m.all
	}
	if user := ix.users[name]; user != nil && user.Suspended && (kind == UserKind || kind == ServicePrincipalKind) {
		m.add(OrganizationRoleStep, "", name+" is suspended, and holds nothing until restored")
		return m.all
	}
	m.add(RuleStep, scope, "a rule in a role of the principal with this scope alone: "+m.rule())
	switch kind {
	case UserKind, ServicePrincipalKind:
		m.level(AssignmentStep, "an assignment on the entity")
		m.role(OrganizationRoleStep, "the organization role")
		m.team(name)
	case TeamKind:
		m.level(GrantStep, "a grant to the team on the entity")
		m.role(RoleStep, "the team's role")
	case DeploymentKind:
		m.role(DeploymentRoleStep, "the deployments' role")
	case TokenKind:
		m.token(name)
	case AgentKind:
		m.role(RoleStep, "the agent's role")
	case OutsiderKind: // by what its policies name
	}
	return m.all
}

type missing struct {
	*Index
	scope    string
	resource Resource
	all      []Missing
}

func (m *missing) add(kind StepKind, name, text string) {
	m.all = append(m.all, Missing{kind, name, text})
}

// rule is the rule as a user writes it.
func (m *missing) rule() string {
	kind := m.resource.Kind
	if kind == access.Organization {
		return fmt.Sprintf("scopes: [%s]", m.scope)
	}
	itself := access.Equal{Left: access.Context{Kind: kind}, Right: access.LiteralEntity{Kind: kind, Identity: m.resource.ID}}
	leaf := access.Leaf{Conditions: []access.Expression{itself}, Scopes: []string{m.scope}}
	return leaf.Rule(kind, m.resource.Name, m.setText)
}

// level is the weakest permission on the entity that has the scope.
func (m *missing) level(kind StepKind, what string) {
	if m.resource.Kind == access.Organization {
		return
	}
	for _, level := range access.Levels(m.resource.Kind) {
		if slices.Contains(m.levelScopes(m.resource.Kind, level), m.scope) {
			m.add(kind, string(level), fmt.Sprintf("%s: permission %s", what, level))
			return
		}
	}
}

// role is the role that grants least: on the entity, then on how many entities.
func (m *missing) role(kind StepKind, what string) {
	on := m.evaluation(m.resource)
	best, size := "", [2]int{}
	for id, record := range m.Records {
		if !record.Assignable || record.Unreadable != "" || id == m.AdminRole || id == m.MemberRole {
			continue
		}
		granted := roleScopes(on, id)
		if !granted[m.scope] {
			continue
		}
		one := [2]int{len(granted), m.breadth(id)}
		if best == "" || cmp.Or(slices.Compare(one[:], size[:]), cmp.Compare(record.Name, m.Records[best].Name)) < 0 {
			best, size = id, one
		}
	}
	if best != "" {
		m.add(kind, m.Records[best].Name, fmt.Sprintf("%s: %s", what, m.Records[best].Name))
	}
}

// roleScopes are what a role certainly grants.
func roleScopes(on *evaluation, id string) map[string]bool {
	scopes := map[string]bool{}
	c := collector{evaluation: on}
	for _, granted := range c.grantsOf(id) {
		for _, scope := range granted.scopes {
			if granted.doubt == "" {
				scopes[scope] = true
			}
		}
	}
	return scopes
}

// breadth is on how many entities a role grants something.
func (m *missing) breadth(id string) int {
	count := 0
	for _, t := range m.entities {
		if len(roleScopes(m.evaluation(*t), id)) > 0 {
			count++
		}
	}
	return count
}

// team is the team that has the scope and least besides.
func (m *missing) team(login string) {
	on := m.evaluation(m.resource)
	best, size := "", 0
	for i := range m.Teams {
		team := &m.Teams[i]
		granted := on.granted(team)
		if !granted.Has(m.scope) || slices.Contains(team.Members, login) {
			continue
		}
		if best == "" || cmp.Or(cmp.Compare(len(granted.Scopes), size), cmp.Compare(team.Name, best)) < 0 {
			best, size = team.Name, len(granted.Scopes)
		}
	}
	if best != "" {
		m.add(TeamStep, best, "membership of team "+best)
	}
}

// token is the role of an organization token, or what the team of a team token lacks.
func (m *missing) token(name string) {
	at := slices.IndexFunc(m.Tokens, func(t Token) bool { return t.Name == name })
	switch {
	case at < 0:
	case m.Tokens[at].Team != "":
		m.level(GrantStep, "a grant to team "+m.Tokens[at].Team+" on the entity")
		m.role(RoleStep, "the role of team "+m.Tokens[at].Team)
	default:
		m.role(TokenStep, "the token's role")
	}
}

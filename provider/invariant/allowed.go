package invariant

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// Allowed are the principals that may hold a scope.
type Allowed struct {
	Users []string // logins, of service principals as well
	// Teams are names. They allow their members and their tokens too.
	Teams []string
	// Tokens are names of organization tokens, and team/name for those of teams.
	Tokens      []string
	Deployments []string // project/stack
	// Roles are names. They allow whoever holds the role, also through a team.
	Roles []string
}

// Violation is a principal that holds a scope on an entity and is not allowed to.
type Violation struct {
	Entity string
	Kind   graph.Kind
	Name   string
	Path   string // one way by which it holds the scope
	// Certainty tells whether it certainly does. Either is a violation, but by acts only what is certain.
	Certainty graph.Certainty
}

func (v Violation) String() string { return fmt.Sprintf("%s %s: %s", v.Kind, v.Name, v.Path) }

// Violations are the principals of an answer about an entity that are not allowed, in the answer's order.
func (a Allowed) Violations(o graph.Organization, entity string, answer graph.Answer) []Violation {
	roster := a.in(o)
	var found []Violation
	for _, p := range answer.Principals {
		if !roster.allows(p.Kind, p.Name) {
			found = append(found, Violation{Entity: entity, Kind: p.Kind, Name: p.Name, Path: pathText(p), Certainty: p.Certainty})
		}
	}
	return found
}

// pathText is one way to access in words, a certain one if there is one.
func pathText(p graph.Principal) string {
	at := max(0, slices.IndexFunc(p.Paths, func(path graph.Path) bool { return path.Certainty == graph.Certain }))
	var steps []string
	if len(p.Paths) > 0 {
		steps = p.Paths[at].StepTexts()
	}
	if p.Doubt != "" {
		steps = append(steps, "possible: "+p.Doubt)
	}
	if p.Gated {
		steps = append(steps, "with an approval")
	}
	return strings.Join(steps, ", ")
}

// roster is who is allowed in an organization.
type roster struct {
	Allowed
	o     graph.Organization
	roles map[string]bool // ids of the roles that are allowed
}

func (a Allowed) in(o graph.Organization) roster {
	r := roster{Allowed: a, o: o, roles: map[string]bool{}}
	for id, record := range o.Records {
		if slices.Contains(a.Roles, record.Name) {
			r.roles[id] = true
		}
	}
	return r
}

func (r roster) allows(kind graph.Kind, name string) bool {
	switch kind {
	case graph.UserKind, graph.ServicePrincipalKind:
		return logins.Index(r.Users, name) >= 0 || r.login(name)
	case graph.TeamKind:
		return slices.ContainsFunc(r.o.Teams, func(t graph.Team) bool { return t.Name == name && r.team(t) })
	case graph.TokenKind:
		return r.tokens(name)
	case graph.DeploymentKind:
		return slices.Contains(r.Deployments, name) || slices.ContainsFunc(r.o.Deployments, func(d graph.Deployment) bool {
			return d.Stack == name && !d.OwnToken && r.role(d.Role, r.o.DefaultDeploymentRole)
		})
	case graph.AgentKind:
		return slices.ContainsFunc(r.o.Agents, func(a graph.Agent) bool { return a.Name == name && a.Role != "" && r.roles[a.Role] })
	case graph.OutsiderKind:
		return r.outsider(name)
	}
	return false
}

// outsider reports whether every token that the policies of an issuer give to an identity outside is one of an allowed principal.
func (r roster) outsider(name string) bool {
	found := false
	for _, issuer := range r.o.Issuers {
		for _, policy := range issuer.Policies {
			if policy.Decision != oidc.Allow || issuer.Name+": "+policy.Claims() != name {
				continue
			}
			if found = true; !r.policy(policy) {
				return false
			}
		}
	}
	return found
}

func (r roster) policy(policy oidc.IssuerPolicy) bool {
	fits := func(name string) bool {
		return policy.Fits(oidc.ExchangeRequest{TokenType: policy.TokenType, Name: name})
	}
	switch policy.TokenType {
	case oidc.OrganizationToken:
		return !policy.Admin() && r.role(policy.RoleID, r.o.DefaultRole)
	case oidc.TeamToken:
		return !slices.ContainsFunc(r.o.Teams, func(t graph.Team) bool { return fits(t.Name) && !r.team(t) })
	case oidc.PersonalToken:
		return !slices.ContainsFunc(r.o.Users, func(u graph.User) bool {
			return fits(u.Login) && logins.Index(r.Users, u.Login) < 0 && !r.login(u.Login)
		})
	case oidc.RunnerToken: // which deployments a runner runs cannot be read
	}
	return false
}

// login reports whether a team or a role of a login is allowed.
func (r roster) login(login string) bool {
	inTeam := slices.ContainsFunc(r.o.Teams, func(t graph.Team) bool { return logins.Index(t.Members, login) >= 0 && r.team(t) })
	return inTeam || slices.ContainsFunc(r.o.Users, func(u graph.User) bool {
		if !logins.Same(u.Login, login) || u.RoleUnknown != "" {
			return false
		}
		if u.Admin {
			return r.roles[r.o.AdminRole]
		}
		return r.role(u.Role, r.o.MemberRole)
	})
}

func (r roster) team(t graph.Team) bool {
	return slices.Contains(r.Teams, t.Name) || slices.ContainsFunc(t.Roles, func(id string) bool { return r.roles[id] })
}

// tokens reports whether every token of the name is allowed: an answer does not tell an organization's token from a team's.
func (r roster) tokens(name string) bool {
	named := 0
	for _, token := range r.o.Tokens {
		if token.Name != name {
			continue
		}
		if named++; !r.token(token) {
			return false
		}
	}
	return named > 0
}

func (r roster) token(t graph.Token) bool {
	if t.Team == "" {
		return slices.Contains(r.Tokens, t.Name) || !t.Admin && r.role(t.Role, r.o.DefaultRole)
	}
	return slices.Contains(r.Tokens, t.Team+"/"+t.Name) ||
		slices.ContainsFunc(r.o.Teams, func(team graph.Team) bool { return team.Name == t.Team && r.team(team) })
}

// role reports whether a role is allowed, or the one that stands in for none.
func (r roster) role(id, otherwise string) bool {
	if id == "" {
		id = otherwise
	}
	return id != "" && r.roles[id]
}

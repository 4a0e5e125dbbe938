package graph

import (
	"maps"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// escalator finds what principals can come to by acts. It works out once what several of them share.
type escalator struct {
	*Index
	count     int               // of spots
	importers map[*spot][]*spot // of environments
	opens     map[string]map[*spot]bool
	spots     map[access.EntityKind][]*spot
	itself    *spot
	byName    map[entityKey]*spot
	sources   map[string]*source
	ownOn     map[string][]*spot // the entities that a login holds something on itself
	states    map[string]*reached
	openers   []opener
	approvers map[string]bool // logins that gates name
	other     map[*spot][]*spot
	telling   []target // what is looked for where nothing is asked for; nil until that was gathered
}

func (ix *Index) escalator() *escalator {
	e := &escalator{Index: ix, spots: map[access.EntityKind][]*spot{}, byName: map[entityKey]*spot{}, sources: map[string]*source{},
		ownOn: map[string][]*spot{}, states: map[string]*reached{}, other: map[*spot][]*spot{}, approvers: map[string]bool{}, importers: map[*spot][]*spot{}, opens: map[string]map[*spot]bool{}}
	e.itself = e.spot(ix.Itself())
	for _, kind := range []access.EntityKind{access.Stack, access.Environment, access.Account} {
		for _, t := range ix.Entities(kind) {
			known, _ := ix.Entity(kind, t.Name)
			e.add(e.spot(known))
		}
	}
	for _, where := range e.spots[access.Environment] {
		e.resolve(where)
	}
	return e
}

func (e *escalator) add(where *spot) {
	t := where.resource
	e.spots[t.Kind] = append(e.spots[t.Kind], where)
	e.byName[entityKey{t.Kind, t.Name}] = where
	logins := map[string]bool{}
	for login, sets := range t.Assigned {
		logins[login] = true
		where.sets = append(where.sets, sets...)
	}
	for login := range t.Direct {
		logins[login] = true
	}
	if t.Owner != "" && t.Kind != access.Stack {
		logins[t.Owner] = true
	}
	for _, gate := range t.Gates {
		for _, login := range gate.Users {
			e.approvers[login] = true
		}
	}
	for login := range logins {
		e.ownOn[login] = append(e.ownOn[login], where)
	}
}

// resolve finds what an environment imports. One that is not among the entities is as the import says.
func (e *escalator) resolve(where *spot) {
	for _, imported := range where.resource.Imports {
		known := e.byName[entityKey{access.Environment, imported.Name}]
		if known == nil {
			known = e.spot(imported.Resource)
			e.byName[entityKey{access.Environment, imported.Name}] = known
		}
		where.imports = append(where.imports, known)
		e.importers[known] = append(e.importers[known], where)
	}
}

// source makes a source once.
func (e *escalator) source(name string, make func(*source)) *source {
	s, known := e.sources[name]
	if !known {
		s = &source{name: name, access: map[*spot]Access{}, all: map[*spot]bool{}, active: map[access.EntityKind][]*spot{}, values: map[access.EntityKind]map[string][]string{}}
		make(s)
		e.sources[name] = s
	}
	return s
}

// role notes that a source consists of a role, which can be made to say more unless it is built in.
func (e *escalator) role(s *source, id string) {
	record, found := e.Records[id]
	if !found {
		return
	}
	s.ids = append(s.ids, id)
	if record.Identifier == "" {
		s.roles = append(s.roles, id)
	}
	s.maybe = s.maybe || id == e.MemberRole && !s.member
	for _, kind := range []access.EntityKind{access.Stack, access.Environment, access.Account} {
		for key, values := range e.tagValues(id, kind) {
			if s.values[kind] == nil {
				s.values[kind] = map[string][]string{}
			}
			s.values[kind][key] = append(s.values[kind][key], values...)
			s.tagged = true
		}
	}
}

// memberSource is what a person has by the organization role.
func (e *escalator) memberSource(u *User) *source {
	switch {
	case u.Admin:
		return e.administratorSource()
	case u.RoleUnknown != "":
		return e.source("unknown role", func(s *source) {
			s.of = func(on *evaluation) Access { c := collector{evaluation: on}; c.user(*u); return c.access }
		})
	}
	name := "role " + u.Role
	if u.FollowsDefault {
		name += " by default"
	}
	return e.source(name, func(s *source) {
		s.of = func(on *evaluation) Access { return on.ofRole(u.Role) }
		s.member, s.follows = u.Role == "" || u.Role == e.MemberRole, u.FollowsDefault
		e.role(s, u.Role)
		if s.member {
			e.role(s, e.MemberRole)
		}
	})
}

func (e *escalator) administratorSource() *source {
	return e.source("administrator", func(s *source) {
		s.of = func(on *evaluation) Access {
			c := collector{evaluation: on}
			c.administrator("", Step{OrganizationRoleStep, "Admin", "administrator"})
			return c.access
		}
	})
}

// teamSource is what a team gives its members.
func (e *escalator) teamSource(t *Team) *source {
	return e.source("team "+t.Name, func(s *source) {
		s.of, s.teams = func(on *evaluation) Access { return on.granted(t) }, []string{t.Name}
		for _, id := range t.Roles {
			e.role(s, id)
		}
	})
}

// teamTokenSource is what a token of a team has.
func (e *escalator) teamTokenSource(t *Team) *source {
	return e.source("token of team "+t.Name, func(s *source) {
		s.of, s.teams = func(on *evaluation) Access { return on.team(t) }, []string{t.Name}
		s.member = !e.Restricted
		if s.member {
			e.role(s, e.MemberRole)
		}
		for _, id := range t.Roles {
			e.role(s, id)
		}
	})
}

func (e *escalator) tokenSource(t Token) *source {
	if team := e.teams[t.Team]; team != nil {
		return e.teamTokenSource(team)
	}
	return e.source("token "+t.Name, func(s *source) {
		s.of = func(on *evaluation) Access { return on.token(t) }
		if t.Team != "" || t.Admin {
			return
		}
		s.follows = t.Role == ""
		s.member = s.follows && (e.DefaultRole == "" || e.DefaultRole == e.MemberRole)
		if s.follows {
			e.role(s, e.DefaultRole)
		} else {
			e.role(s, t.Role)
		}
		if s.member {
			e.role(s, e.MemberRole)
		}
	})
}

func (e *escalator) deploymentOf(stack string) Deployment {
	if i := slices.IndexFunc(e.Deployments, func(d Deployment) bool { return d.Stack == stack }); i >= 0 {
		return e.Deployments[i]
	}
	return Deployment{Stack: stack}
}

func (e *escalator) deploymentSource(d Deployment) *source {
	return e.source("deployments of "+d.Stack, func(s *source) {
		s.of = func(on *evaluation) Access { return on.deployment(d) }
		s.runs = d.Role == ""
		if s.runs {
			e.role(s, e.DefaultDeploymentRole)
		} else {
			e.role(s, d.Role)
		}
	})
}

// deploymentRoleSource is what the role alone gives to deployments.
func (e *escalator) deploymentRoleSource(id string, runs bool) *source {
	name := "deployment role " + id
	if runs {
		name += " by default"
	}
	return e.source(name, func(s *source) {
		s.of = func(on *evaluation) Access {
			c := collector{evaluation: on}
			c.assigned(id, Step{DeploymentRoleStep, "", "deployment role"}, "a deployment")
			return c.access
		}
		s.runs = runs
		e.role(s, id)
	})
}

func (e *escalator) agentSource(a Agent) *source {
	return e.source("agent "+a.Name, func(s *source) {
		s.of = func(on *evaluation) Access { return on.agent(a) }
		e.role(s, a.Role)
	})
}

func (e *escalator) outsiderSource(o outsider) *source {
	return e.source("outsider "+o.name, func(s *source) {
		s.of = func(on *evaluation) Access { return on.outsider(o) }
		for _, policy := range o.policies {
			switch policy.TokenType {
			case oidc.OrganizationToken:
				e.role(s, policy.RoleID)
			case oidc.TeamToken:
				e.ofTeams(s, o, policy)
			default: // those of persons and runners are identities of their own
			}
		}
	})
}

// ownSource is what a login holds on entities itself.
func (e *escalator) ownSource(login string) *source {
	return e.source("login "+login, func(s *source) {
		s.of = func(on *evaluation) Access { c := collector{evaluation: on}; c.own(login, ""); return c.access }
	})
}

// roleSource is a role as a member or a team has it.
func (e *escalator) roleSource(id string) *source {
	return e.source("any role "+id, func(s *source) {
		s.of = func(on *evaluation) Access { return on.ofRole(id) }
		e.role(s, id)
	})
}

// defaultsSource are the organization's defaults and other settings at their widest. The console offers no more than write.
func (e *escalator) defaultsSource() *source {
	return e.source("defaults", func(s *source) {
		s.of = func(on *evaluation) Access {
			c := collector{evaluation: on}
			for _, one := range creations {
				if on.resource.Kind == access.Organization {
					c.add([]string{one.scope}, 0, "", Step{DefaultStep, one.setting, "organization setting " + one.setting})
				}
			}
			if kind := on.resource.Kind; kind != access.Organization {
				step := Step{DefaultStep, string(access.Write), "organization default for members: write"}
				c.level(Held{Level: access.Write}, "", step)
				c.level(Held{Level: access.Admin}, "whether admin can be a default is not documented", step)
			}
			return c.access
		}
	})
}

// anySetSource are all permission sets that can be assigned on an entity. Whether a custom record is a set cannot be told from what it grants.
func (e *escalator) anySetSource() *source {
	return e.source("any permission set", func(s *source) {
		s.of = func(on *evaluation) Access {
			c := collector{evaluation: on}
			for _, level := range access.Levels(on.resource.Kind) {
				c.level(Held{Level: level}, "", Step{AssignmentStep, string(level), "assignment on the entity: " + string(level)})
			}
			for _, id := range slices.Sorted(maps.Keys(e.Records)) {
				record := e.Records[id]
				if _, plain := record.Descriptor.(access.Allowed); plain && record.Identifier == "" {
					c.level(Held{Set: id}, "whether "+record.Name+" is a permission set for this is not known",
						c.through(id, Step{AssignmentStep, record.Name, "assignment on the entity: " + record.Name})...)
				}
			}
			return c.access
		}
	})
}

// wholeSource is everything on an entity.
func (e *escalator) wholeSource(name, doubt string) *source {
	return e.source(name, func(s *source) {
		s.of = func(on *evaluation) Access {
			c := collector{evaluation: on}
			c.administrator(doubt, Step{GrantStep, on.resource.Name, name})
			return c.access
		}
	})
}

// ofTeams adds the teams whose tokens a policy gives.
func (e *escalator) ofTeams(s *source, o outsider, policy oidc.IssuerPolicy) {
	for i := range e.Teams {
		team := &e.Teams[i]
		if _, admitted := o.admits(policy, oidc.ExchangeRequest{TokenType: policy.TokenType, Name: team.Name}); !admitted {
			continue
		}
		s.teams = append(s.teams, team.Name)
		if !e.Restricted {
			s.member = true
			e.role(s, e.MemberRole)
		}
		for _, id := range team.Roles {
			e.role(s, id)
		}
	}
}

// persons are the members whose personal tokens an identity outside gets.
func (e *escalator) persons(o outsider) []*User {
	var all []*User
	for _, policy := range o.policies {
		if policy.TokenType != oidc.PersonalToken {
			continue
		}
		for i := range e.Users {
			if _, admitted := o.admits(policy, oidc.ExchangeRequest{TokenType: policy.TokenType, Name: e.Users[i].Login}); admitted {
				all = append(all, &e.Users[i])
			}
		}
	}
	return all
}

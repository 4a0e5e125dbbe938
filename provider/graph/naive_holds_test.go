package graph_test

import (
	"slices"
	"strings"
)

// role decides what a role gives. A role that was deleted gives nothing.
func (o *naiveOrg) role(id, scope string, e naiveEntity) string {
	record, found := o.records[id]
	if !found {
		return ""
	}
	return o.descriptor(object(record.details), scope, e, nil)
}

// set decides what a permission set gives, by its own record.
func (o *naiveOrg) set(id, scope string) string {
	if list, _ := object(o.records[id].details)["permissions"].([]any); slices.Contains(list, any(scope)) {
		return "certain"
	}
	return ""
}

// level decides what a level gives: what the organization's record of that set has. A level that nobody knows may give
// anything.
func (o *naiveOrg) level(kind, level, scope string) string {
	if id, custom := strings.CutPrefix(level, "set:"); custom {
		return o.set(id, scope)
	}
	if level == "" || level == "none" {
		return ""
	}
	for id, record := range o.records {
		if record.builtin == kind+"-"+level {
			return o.set(id, scope)
		}
	}
	return weaker(o.admin(kind, scope), "possible")
}

func (o *naiveOrg) admin(kind, scope string) string {
	if slices.Contains(o.everyScope[kind], scope) {
		return "certain"
	}
	return ""
}

func (o *naiveOrg) member(scope string, e naiveEntity) string {
	return better(o.role(o.memberRole, scope, e), o.settings(scope, e))
}

// settings is what settings give to members: a level on every entity, and creating things in the organization.
func (o *naiveOrg) settings(scope string, e naiveEntity) string {
	if e.kind == "global" && strings.HasSuffix(scope, ":create") && o.toggles[scope] {
		return "certain"
	}
	return o.level(e.kind, o.defaults[e.kind], scope)
}

// kept reports whether a setting keeps a scope on stacks for administrators.
func (o *naiveOrg) kept(name, scope string, e naiveEntity) bool {
	if e.kind != "stack" || scope != "stack:delete" && scope != "stack:transfer" || o.toggles[scope] {
		return false
	}
	kind, who, _ := strings.Cut(name, " ")
	for _, u := range o.users {
		if kind == "user" && u.login == who && (u.admin || !u.unknown && u.role == o.adminRole) {
			return false
		}
	}
	for _, t := range o.tokens {
		if kind == "token" && t.name == who && t.team == "" && (t.admin || t.role == o.adminRole || t.role == "" && o.defaultRole == o.adminRole) {
			return false
		}
	}
	return true
}

func (o *naiveOrg) teamGrants(t naiveTeam, scope string, e naiveEntity) string {
	held := o.level(e.kind, t.levels[e.kind+" "+e.name], scope)
	for _, id := range t.roles {
		held = better(held, o.explicit(id, scope, e))
	}
	return held
}

// explicit is a role that something other than a member holds: with Member, it may have the defaults as well.
func (o *naiveOrg) explicit(id, scope string, e naiveEntity) string {
	held := o.role(id, scope, e)
	switch id {
	case o.adminRole:
		return better(held, o.admin(e.kind, scope))
	case o.memberRole:
		return better(held, weaker(o.settings(scope, e), "possible"))
	}
	return held
}

func (o *naiveOrg) direct(login, scope string, e naiveEntity) string {
	held := o.level(e.kind, e.direct[login], scope)
	for _, id := range e.assigned[login] {
		held = better(held, o.set(id, scope))
	}
	if e.owner == login && e.kind != "stack" {
		held = better(held, o.level(e.kind, "admin", scope))
	}
	return held
}

func (o *naiveOrg) user(login, scope string, e naiveEntity) string {
	held := o.direct(login, scope, e)
	for _, u := range o.users {
		switch {
		case u.login != login:
		case u.suspend:
			return ""
		case u.admin, u.role == o.adminRole && !u.unknown:
			held = better(held, o.admin(e.kind, scope))
		case u.unknown:
			held = better(held, weaker(o.admin(e.kind, scope), "possible"))
		case u.role == o.memberRole, u.role == "":
			held = better(held, o.member(scope, e))
		default:
			held = better(held, o.role(u.role, scope, e))
		}
	}
	for _, t := range o.teams {
		if slices.Contains(t.members, login) {
			held = better(held, o.teamGrants(t, scope, e))
		}
	}
	return held
}

// machine is what the identity of a token may have created: which login it is, nobody can read.
func (o *naiveOrg) machine(of, scope string, e naiveEntity) string {
	held := ""
	for _, login := range o.logins(e) {
		known := slices.ContainsFunc(o.users, func(u naiveUser) bool { return u.login == login }) ||
			slices.ContainsFunc(o.teams, func(t naiveTeam) bool { return slices.Contains(t.members, login) })
		switch {
		case known:
		case login == o.login:
			switch of {
			case "token":
				held = better(held, o.direct(login, scope, e))
			case "deployment":
				held = better(held, weaker(o.direct(login, scope, e), "possible"))
			}
		case !strings.HasPrefix(login, "team-account:") || of == "team":
			held = better(held, weaker(o.direct(login, scope, e), "possible"))
		}
	}
	return held
}

func (o *naiveOrg) teamToken(name, scope string, e naiveEntity) string {
	for _, t := range o.teams {
		if t.name != name {
			continue
		}
		held := better(o.teamGrants(t, scope, e), o.machine("team", scope, e))
		if !o.restricted {
			held = better(held, o.member(scope, e))
		}
		return held
	}
	return ""
}

func (o *naiveOrg) token(t naiveToken, scope string, e naiveEntity) string {
	if t.team != "" {
		return o.teamToken(t.team, scope, e)
	}
	held := o.machine("token", scope, e)
	switch {
	case t.admin:
		return better(held, o.admin(e.kind, scope))
	case t.role != "":
		return better(held, o.explicit(t.role, scope, e))
	case o.defaultRole == "" || o.defaultRole == o.memberRole:
		return better(held, o.member(scope, e))
	case o.defaultRole == o.adminRole:
		return better(held, o.admin(e.kind, scope))
	}
	return better(held, o.role(o.defaultRole, scope, e))
}

func (o *naiveOrg) deployment(d naiveDeployment, scope string, e naiveEntity) string {
	held, role := o.machine("deployment", scope, e), d.role
	if role == "" {
		role = o.defaultDeploy
	}
	if e.kind == "stack" && e.name == d.stack {
		rights := o.level("stack", "admin", scope)
		if role != "" || o.restricted { // which refuses what runs without a role, if nothing else is selected
			rights = weaker(rights, "possible")
		}
		held = better(held, rights)
	}
	if d.ownToken {
		held = better(held, weaker(o.admin(e.kind, scope), "possible"))
	}
	if role != "" {
		held = better(held, o.explicit(role, scope, e))
	}
	return held
}

func (o *naiveOrg) logins(e naiveEntity) []string {
	all := []string{e.owner}
	for _, u := range o.users {
		all = append(all, u.login)
	}
	for _, t := range o.teams {
		all = append(all, t.members...)
	}
	for login := range e.direct {
		all = append(all, login)
	}
	for login := range e.assigned {
		all = append(all, login)
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(login string) bool { return login == "" })
}

// all asks for every principal what it holds, as a function of scope and entity.
func (o *naiveOrg) all(e naiveEntity) map[string]func(string, naiveEntity) string {
	ask := map[string]func(string, naiveEntity) string{}
	for _, login := range o.logins(e) {
		ask["user "+login] = func(scope string, e naiveEntity) string { return o.user(login, scope, e) }
	}
	for _, t := range o.teams {
		ask["team "+t.name] = func(scope string, e naiveEntity) string { return o.teamToken(t.name, scope, e) }
	}
	for _, t := range o.tokens {
		ask["token "+t.name] = func(scope string, e naiveEntity) string { return o.token(t, scope, e) }
	}
	for _, d := range o.deployments {
		ask["deployment "+d.stack] = func(scope string, e naiveEntity) string { return o.deployment(d, scope, e) }
	}
	for _, a := range o.agents {
		ask["agent "+a.name] = func(scope string, e naiveEntity) string { return o.agent(a, scope, e) }
	}
	for _, p := range o.policies {
		if !p.deny {
			ask["outsider ci: "+claimsText(p.claims)] = func(scope string, e naiveEntity) string { return o.outsider(p.claims, scope, e) }
		}
	}
	return ask
}

var readOf = map[string]string{"stack": "stack:read", "environment": "environment:read", "insights-account": "insights_account:read"}

// whoCan is the whole answer: who holds a scope and can use it ("certain", "possible", with " gated" and " self"), and who
// is blocked by an import.
func (o *naiveOrg) whoCan(scope string, e naiveEntity) map[string]string {
	answer := map[string]string{}
	action := map[string]string{"environment:open": "open", "environment_version:open": "open", "environment:write": "update"}[scope]
	for name, holds := range o.all(e) {
		held := holds(scope, e)
		if held == "" {
			continue
		}
		if read := readOf[e.kind]; read != "" && scope != read && holds(read, e) != "certain" {
			held = "possible"
		}
		if o.kept(name, scope, e) {
			held = "possible"
		}
		gates := slices.DeleteFunc(slices.Clone(e.gates), func(g naiveGate) bool { return g.action != action })
		gated, self := len(gates) > 0, o.approves(name, holds, gates, e)
		if action == "open" {
			for _, imported := range e.imports {
				on := holds(imported.scope, imported.entity)
				switch {
				case on == "" && scope == "environment_version:open":
					held = "possible"
				case on == "":
					held = "blocked"
				case held == "blocked":
				case on == "possible", holds("environment:read", imported.entity) != "certain":
					held = "possible"
				}
				gates := slices.DeleteFunc(slices.Clone(imported.entity.gates), func(g naiveGate) bool { return g.action != "open" })
				gated, self = gated || len(gates) > 0, self && o.approves(name, holds, gates, imported.entity)
			}
		}
		if held != "blocked" && gated {
			held += " gated"
			if self {
				held += " self"
			}
		}
		answer[name] = held
	}
	return answer
}

// approves reports whether a principal can give the approvals of all gates itself.
func (o *naiveOrg) approves(name string, holds func(string, naiveEntity) string, gates []naiveGate, e naiveEntity) bool {
	login, person := strings.CutPrefix(name, "user ")
	for _, g := range gates {
		eligible := person && slices.Contains(g.users, login)
		for _, t := range o.teams {
			eligible = eligible || person && slices.Contains(g.teams, t.name) && slices.Contains(t.members, login)
		}
		for _, scope := range g.permitted {
			eligible = eligible || holds(scope, e) != ""
		}
		if !g.self || g.approvals > 1 || !eligible {
			return false
		}
	}
	return true
}

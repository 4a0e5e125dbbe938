package second_test

import (
	"slices"
	"strings"
)

// The kinds of entities, in the words of resource types.
const (
	stack        = "stack"
	environment  = "environment"
	account      = "insights-account"
	organization = "global"
	team         = "team"
)

// record is a role, a policy or a permission set, as GET /roles answers it.
type record struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Purpose    string `json:"uxPurpose"`
	Identifier string `json:"defaultIdentifier"`
	Details    node   `json:"details"`
}

// entity is what access is asked for.
type entity struct {
	kind, id, name string // project/name, an account's name, or the organization's
	tags           map[string]string
	owner          string            // environments and accounts
	direct         map[string]string // what single people hold on it: ids of permission sets, by login
	imports        []string          // environments: what opening this one opens
	deploymentRole string            // stacks: id
}

type member struct {
	role      string // a name
	suspended bool
}

type teamOf struct {
	members []string
	roles   []string                     // ids
	grants  map[string]map[string]string // by kind, then name: the level
}

// world is an organization as the service's own calls describe it.
type world struct {
	login          string
	records        map[string]record
	defaults       map[string]string // levels by kind
	membersCan     map[string]bool   // by the scope in the organization that a setting gives
	defaultRole    string            // id, "" for Member
	deploymentRole string            // id, "" for none
	members        map[string]member
	teams          map[string]teamOf
	entities       []entity
	// restricted is the permission mode in which team tokens have no defaults, and deployments need a role.
	restricted bool
	// replaces says that a deployment's role replaces its rights on its own stack; else it adds to them.
	replaces bool
	// outside is how the service looks to who knows neither that, since it is described both ways, nor the logins of machines.
	outside bool
}

// principal is somebody who asks.
type principal struct {
	kind  string // user, team, token or deployment
	name  string // login, team, token or project/stack
	team  string // of a token
	admin bool   // of an organization's token
	role  string // of an organization's token, id
	login string // what the service says that its tokens' login is
}

// decide is whether a principal may use a scope on an entity: when any of its grants gives it. Opening an environment takes
// opening what it imports. Whether using any other scope takes reading is not described.
func (w world) decide(p principal, scope string, on entity) decision {
	held := w.holds(p, scope, on)
	if read, is := reads[on.kind]; is {
		held = min(held, max(unknown, w.holds(p, read, on)))
	}
	if scope != "environment:open" && scope != "environment_version:open" {
		return held
	}
	imports := allowed
	for _, name := range on.imports {
		imports = min(imports, w.decide(p, "environment:open", w.entity(environment, name)))
	}
	if scope == "environment_version:open" && w.outside {
		imports = max(imports, unknown) // what other revisions import is not known
	}
	return min(held, imports)
}

var reads = map[string]string{stack: "stack:read", environment: "environment:read", account: "insights_account:read"}

// lets is whether a call is let through.
func (w world) lets(p principal, a act, on entity) decision {
	if p.kind == "deployment" && a.scope == "environment_yaml:open" {
		return unknown // one with a role opens what the role opens, and every open of an update is of a block of YAML
	}
	if a.path == "/decrypt" {
		on.imports = nil // the definition's own text alone
	}
	return w.decide(p, a.scope, on)
}

func (w world) entity(kind, name string) entity {
	i := slices.IndexFunc(w.entities, func(e entity) bool { return e.kind == kind && e.name == name })
	return w.entities[i]
}

func (w world) holds(p principal, scope string, on entity) decision {
	switch {
	case p.kind == "user":
		return w.userHolds(p, scope, on)
	case p.kind == "deployment":
		return max(w.deploymentHolds(p, scope, on), w.directly(p, scope, on))
	case p.kind == "team":
		return max(w.teamTokenHolds(p.name, scope, on), w.directly(p, scope, on))
	case p.team != "":
		return max(w.teamTokenHolds(p.team, scope, on), w.directly(p, scope, on))
	}
	return max(w.organizationTokenHolds(p, scope, on), w.directly(p, scope, on))
}

// userHolds joins the organization role, the organization's defaults, the teams, and what is the user's own.
func (w world) userHolds(p principal, scope string, on entity) decision {
	m, is := w.members[p.name]
	if !is || m.suspended {
		return denied
	}
	held := max(w.role(w.named(m.role), scope, on, true), w.directly(p, scope, on))
	for _, t := range w.teams {
		if slices.Contains(t.members, p.name) {
			held = max(held, w.team(t, scope, on))
		}
	}
	return held
}

// directly is what an identity has on an entity by itself, a machine's too: the permission set that it was assigned, which owners
// and creators are as well. Whether the owner of an environment or account keeps access without one is not described.
func (w world) directly(p principal, scope string, on entity) decision {
	held := denied
	for login, set := range on.direct {
		held = max(held, min(w.is(p, login), w.evaluator(on).grants(w.records[set].Details, scope)))
	}
	if w.outside && on.owner != "" && on.direct[on.owner] != w.builtin(on.kind+"-admin") {
		held = max(held, min(unknown, w.is(p, on.owner), w.level(on.kind, "admin", scope, on)))
	}
	return held
}

// is reports whether a login is a principal's. Those of machines are known by their own tokens; from outside only that an
// organization's tokens have its login, and a team's one that begins with team-account.
func (w world) is(p principal, login string) decision {
	_, person := w.members[login]
	if p.kind == "user" || !w.outside || person || login == "" {
		return decide(p.login == login)
	}
	ofTeam, ofOrganization := p.kind == team || p.team != "", p.kind == "token" && p.team == ""
	switch {
	case login == w.login && ofOrganization:
		return allowed
	case login == w.login && ofTeam, strings.HasPrefix(login, "team-account:") && !ofTeam:
		return denied
	}
	return unknown
}

// team is what a team gives: its roles, and its grants on single entities.
func (w world) team(t teamOf, scope string, on entity) decision {
	held := w.level(on.kind, t.grants[on.kind][on.name], scope, on)
	for _, id := range t.roles {
		held = max(held, w.explicitRole(id, scope, on))
	}
	return held
}

// teamTokenHolds adds what Members have by default, unless the organization is restricted.
func (w world) teamTokenHolds(name, scope string, on entity) decision {
	if w.restricted {
		return w.team(w.teams[name], scope, on)
	}
	return max(w.team(w.teams[name], scope, on), w.role(w.builtin("member"), scope, on, true))
}

func (w world) organizationTokenHolds(p principal, scope string, on entity) decision {
	switch {
	case p.admin:
		return allowed
	case p.role != "":
		return w.explicitRole(p.role, scope, on)
	case w.defaultRole != "":
		return w.role(w.defaultRole, scope, on, true)
	}
	return w.role(w.builtin("member"), scope, on, true)
}

// deploymentHolds is admin on the own stack, and what the role gives.
func (w world) deploymentHolds(p principal, scope string, on entity) decision {
	role := w.entity(stack, p.name).deploymentRole
	if role == "" {
		role = w.deploymentRole
	}
	own := denied
	if on.kind == stack && on.name == p.name {
		own = w.level(stack, "admin", scope, on)
	}
	if role == "" && w.restricted {
		return min(own, unknown) // refused, unless the stack selects what is not described here
	}
	if role == "" {
		return own
	}
	switch {
	case w.outside:
		own = min(own, unknown)
	case w.replaces:
		own = denied
	}
	return max(own, w.explicitRole(role, scope, on))
}

// refusesDeployment tells whether a restricted organization refuses the deployments of a stack, which have no role.
func (w world) refusesDeployment(name string) bool {
	return w.restricted && w.entity(stack, name).deploymentRole == "" && w.deploymentRole == ""
}

// explicitRole is a role that was given to a team, a token or a deployment. Whether the built-in Member brings the
// organization's defaults along there, as it does for people, is not said.
func (w world) explicitRole(id, scope string, on entity) decision {
	held := w.role(id, scope, on, false)
	if w.records[id].Identifier == "member" {
		held = max(held, min(unknown, w.role(id, scope, on, true)))
	}
	return held
}

// role is what a role gives; the defaults are for holders of Member alone.
func (w world) role(id, scope string, on entity, withDefaults bool) decision {
	r, is := w.records[id]
	if !is {
		return denied
	}
	if r.Identifier == "admin" {
		return allowed
	}
	held := w.evaluator(on).grants(r.Details, scope)
	if withDefaults && r.Identifier == "member" {
		held = max(held, w.level(on.kind, w.defaults[on.kind], scope, on), decide(on.kind == organization && w.membersCan[scope]))
	}
	return held
}

// level is what a level's permission set gives, as the organization has it.
func (w world) level(kind, level, scope string, on entity) decision {
	if level == "" || level == "none" {
		return denied
	}
	return w.evaluator(on).grants(w.records[w.builtin(kind+"-"+level)].Details, scope)
}

func (w world) evaluator(on entity) evaluator { return evaluator{w.records, on, denied} }

func (w world) builtin(identifier string) string {
	for id, r := range w.records {
		if r.Identifier == identifier {
			return id
		}
	}
	return ""
}

// named is the role of that name: members' roles are matched by name, since their ids are not those of the list of roles.
func (w world) named(name string) string {
	for id, r := range w.records {
		if strings.HasPrefix(r.Purpose, "role") && r.Name == name {
			return id
		}
	}
	return ""
}

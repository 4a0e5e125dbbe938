package graph_test

import "slices"

// The naive evaluator of acts applies each act to the organization, as its caller would, and evaluates the organization again. It shares no
// code with the search of package graph, and searches nothing: in every round it applies all acts that some identity of the
// principal can use, until nothing changes.

type actWorld struct {
	naiveOrg
	things  []naiveEntity // an entity whose tags can be changed stands there once for each state of its tags
	agents  []naiveAgent
	issuers []naiveIssuer
	// ids are whom the principal can act as, itself first; mate is a member's login that whoever holds the principal's token has.
	ids      []naiveActor
	self     string
	certain  bool
	allowed  func(act, on string) bool
	opensNow map[string][]string // principals by environment, before any act
	given    map[string]bool     // what was done once
	plain    map[string]bool     // custom records that may be permission sets
}

type naiveAgent struct{ name, role, mode string }

type naiveIssuer struct {
	name            string
	team, role, sub string // who its policy admits to what
	admin           bool
}

type naiveActor struct {
	kind, name string
	token      naiveToken
	deployment naiveDeployment
	role       string
}

func (w *actWorld) holds(a naiveActor, scope string, e naiveEntity) bool {
	held := ""
	switch a.kind {
	case "user", "mate":
		held = w.user(a.name, scope, e)
	case "team":
		held = w.teamToken(a.name, scope, e)
	case "token":
		held = w.naiveOrg.token(a.token, scope, e)
	case "deployment":
		held = w.naiveOrg.deployment(a.deployment, scope, e)
	case "role", "agent": // a deployment or an agent with a role
		held = w.explicit(a.role, scope, e)
	case "runs": // the deployment of a stack of one's own
		held = w.explicit(w.defaultDeploy, scope, e)
	case "whole": // a stack in an organization of one's own
		if e.kind == "stack" && e.name == a.name {
			held = w.admin(e.kind, scope)
		}
	case "all":
		held = w.admin(e.kind, scope)
	case "new team":
		if !w.restricted {
			held = w.member(scope, e)
		}
		held = better(held, w.machine("team", scope, e))
	case "issuer":
		for _, i := range w.issuers {
			if i.name != a.name {
				continue
			}
			switch {
			case i.admin:
				held = w.naiveOrg.token(naiveToken{admin: true}, scope, e)
			case i.team != "":
				held = w.teamToken(i.team, scope, e)
			default:
				held = w.naiveOrg.token(naiveToken{role: i.role}, scope, e)
			}
		}
	}
	return held == "certain" || held == "possible" && !w.certain
}

func (w *actWorld) reads(a naiveActor, scope string, e naiveEntity) bool {
	if !w.holds(a, scope, e) {
		return false
	}
	read := readOf[e.kind]
	return read == "" || read == scope || !w.certain || w.holds(a, read, e)
}

var itself = naiveEntity{kind: "global", name: "acme"}

func (w *actWorld) org(a naiveActor, scopes ...string) bool {
	return !slices.ContainsFunc(scopes, func(scope string) bool { return !w.holds(a, scope, itself) })
}

var actionOf = map[string]string{"environment:open": "open", "environment_version:open": "open", "environment:write": "update"}

// uses reports whether an identity can use a scope on an entity as it is here.
func (w *actWorld) uses(a naiveActor, scope string, e naiveEntity) bool {
	if !w.reads(a, scope, e) || !w.passes(a, e, actionOf[scope]) {
		return false
	}
	return actionOf[scope] != "open" || w.imports(a, scope, e)
}

func (w *actWorld) imports(a naiveActor, scope string, e naiveEntity) bool {
	for _, imported := range e.imports {
		opens := slices.ContainsFunc(w.things, func(x naiveEntity) bool {
			return x.kind == "environment" && x.name == imported.entity.name && w.reads(a, imported.scope, x) && w.passes(a, x, "open")
		})
		if !opens && (scope != "environment_version:open" || w.certain) {
			return false
		}
	}
	return true
}

func (w *actWorld) passes(who naiveActor, e naiveEntity, action string) bool {
	gates := slices.DeleteFunc(slices.Clone(e.gates), func(g naiveGate) bool { return g.action != action })
	if len(gates) == 0 {
		return true
	}
	me := w.ids[0]
	self := func(scope string, e naiveEntity) string {
		if w.holds(me, scope, e) {
			return "certain"
		}
		return ""
	}
	for i := range gates {
		gates[i].self = gates[i].self || who != me // the request is another identity's
	}
	if w.allowed("approve-self", e.name) && (who == me || !w.certain) && me.kind == "user" && w.isMember(me.name) && w.approves("user "+me.name, self, gates, e) {
		return true
	}
	return w.allowed("remove-gate", e.name) && slices.ContainsFunc(w.ids, func(a naiveActor) bool {
		for _, scope := range []string{"change_gate:update", "change_gate:delete"} {
			if w.reads(a, scope, e) || w.org(a, scope) && (!w.certain || w.holds(a, "environment:read", e)) {
				return true
			}
		}
		return false
	})
}

func (w *actWorld) isMember(login string) bool {
	return slices.ContainsFunc(w.users, func(u naiveUser) bool { return u.login == login && !u.suspend })
}

// reach reports whether the principal can use a scope on what has a name, or sees the secrets all the same.
func (w *actWorld) reach(scope, kind, name string) bool {
	for _, e := range w.things {
		if e.kind != kind || e.name != name {
			continue
		}
		for _, a := range w.ids {
			if w.uses(a, scope, e) || actionOf[scope] == "open" && w.sees(a, e) {
				return true
			}
		}
	}
	return false
}

func (w *actWorld) sees(a naiveActor, e naiveEntity) bool {
	if w.allowed("open-version", e.name) && w.uses(a, "environment_version:open", e) {
		return true
	}
	if w.certain {
		return false
	}
	if w.allowed("clone", e.name) && w.reads(a, "environment:clone", e) && w.org(a, "environment:create") && w.imports(a, "environment:open", e) {
		return true
	}
	for _, written := range w.things {
		if written.kind != "environment" || !w.allowed("inject-import", written.name) || !w.uses(a, "environment:write", written) {
			continue
		}
		for _, who := range w.opensNow[written.name] {
			if who != w.ids[0].kind+" "+w.ids[0].name && slices.Contains(w.opensNow[e.name], who) {
				return true
			}
		}
	}
	return false
}

func (w *actWorld) become(a naiveActor) bool {
	if slices.Contains(w.ids, a) {
		return false
	}
	w.ids = append(w.ids, a)
	return true
}

func (w *actWorld) all() bool { return w.become(naiveActor{kind: "all"}) }

// login is the member that things are given to.
func (w *actWorld) login() (string, bool) {
	if me := w.ids[0]; me.kind == "user" && w.isMember(me.name) {
		return me.name, true
	}
	if w.certain {
		return "", false
	}
	if w.become(naiveActor{kind: "mate", name: "mate"}) {
		w.users = append(slices.Clone(w.users), naiveUser{login: "mate", role: "none"})
	}
	return "mate", true
}

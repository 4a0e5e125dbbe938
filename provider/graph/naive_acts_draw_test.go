package graph_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// actScopes are those that acts need, and some that are only looked for.
var actScopes = func() map[string][]string {
	all := map[string][]string{
		"stack": {"stack:read"}, "environment": {"environment:read", "environment:open"}, "insights-account": {"insights_account:read"},
		"global": {"team:read", "audit_logs:read", "environment:create"},
	}
	for _, v := range graph.Verdicts() {
		if len(v.Acts) > 0 && !slices.Contains(all[string(v.Kind)], v.Scope) {
			all[string(v.Kind)] = append(all[string(v.Kind)], v.Scope)
		}
	}
	return all
}()

func allActScopes() []string {
	var all []string
	for _, kind := range slices.Sorted(maps.Keys(actScopes)) {
		all = append(all, actScopes[kind]...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// actLevels nest, as the service's do.
var actLevels = map[string][]string{
	"stack read": {"stack:read"}, "stack write": {"stack:read", "stack:write", "stack_deployment:create"},
	"stack admin":      {"stack:read", "stack:write", "stack_deployment:create", "stack_tags:update", "stack_access:update"},
	"environment read": {"environment:read"}, "environment open": {"environment:read", "environment:open"},
	"environment write":     {"environment:read", "environment:open", "environment:write", "environment_tag:update"},
	"environment admin":     {"environment:read", "environment:open", "environment:write", "environment_tag:update", "environment:delete"},
	"insights-account read": {"insights_account:read"}, "insights-account write": {"insights_account:read", "insights_account:update"},
	"insights-account admin": {"insights_account:read", "insights_account:update", "insights_account_access:update"},
}

var actThings = map[string][]string{"stack": {"p/s1", "p/s2"}, "environment": {"p/e1", "q/e2", "q/e3"}, "insights-account": {"a1"}}

// actWorldOf draws an organization in which people have few rights, so that acts make a difference.
func (d drawer) actWorld() actWorld {
	w := actWorld{naiveOrg: naiveOrg{
		login: "acme", defaults: map[string]string{}, records: map[string]naiveRecord{}, memberRole: "member", adminRole: "admin",
		restricted: d.chance("restricted", 6), everyScope: maps.Clone(actScopes), toggles: map[string]bool{},
	}, plain: map[string]bool{}}
	w.everyScope["environment"] = append(slices.Clone(w.everyScope["environment"]), "change_gate:update", "change_gate:delete")
	allow := func(scopes []string) string {
		return text(node{"__type": "PermissionDescriptorAllow", "permissions": scopes})
	}
	for _, kind := range drawnKinds {
		for _, level := range drawnLevels[kind] {
			w.records[kind+" "+level] = naiveRecord{name: kind + " " + level, builtin: kind + "-" + level, details: allow(actLevels[kind+" "+level])}
		}
		w.defaults[kind] = d.one("default on "+kind, append([]string{"none", "none", "none", "none"}, drawnLevels[kind]...)...)
	}
	w.records["custom environment"] = naiveRecord{name: "custom environment", details: allow(d.scopesOf("environment"))}
	for _, id := range []string{"r1", "r2", "r3"} {
		w.records[id] = naiveRecord{name: id, details: text(d.actRole())}
	}
	member := []string{}
	if d.chance("members may", 4) {
		member = d.scopesOf("global")
	}
	w.records["member"] = naiveRecord{name: "Member", builtin: "member", details: allow(member)}
	w.records["admin"] = naiveRecord{name: "Admin", builtin: "admin", details: allow(allActScopes())}
	for id, r := range w.records {
		w.plain[id] = r.builtin == "" && strings.HasPrefix(r.details, `{"__type":"PermissionDescriptorAllow"`)
	}
	custom := []string{"r1", "r2", "r3"}
	if d.chance("members can create", 3) {
		w.toggles = d.toggles()
	}
	w.defaultRole, w.defaultDeploy = d.one("default role", "", "member", "r1"), d.one("default deployment role", "", "", "r2", "member")
	w.users = []naiveUser{{login: "ana", role: "admin"}, {login: "bo", role: d.one("role of bo", append(custom, "member", "member")...)},
		{login: "cy", role: d.one("role of cy", append(custom, "member")...), suspend: d.chance("suspended", 9)}}
	for _, name := range []string{"t1", "t2"} {
		t := naiveTeam{name: name, members: d.some("members", []string{"bo", "cy", "zed"}), levels: map[string]string{}}
		if d.chance("a role", 3) {
			t.roles = []string{d.one("team role", append(custom, "member", "member")...)}
		}
		for _, kind := range drawnKinds {
			if d.chance("a grant", 4) {
				levels := drawnLevels[kind]
				if kind == "environment" {
					levels = append(slices.Clone(levels), "set:custom environment")
				}
				t.levels[kind+" "+actThings[kind][0]] = d.one("level", levels...)
			}
		}
		w.teams = append(w.teams, t)
	}
	w.tokens = []naiveToken{{name: "plain"}, {name: "scoped", role: d.one("token role", custom...)}, {name: "t1-ci", team: "t1"}}
	w.deployments = []naiveDeployment{{stack: "p/s1", role: d.one("deployment role", "", "r2", "r3"), ownToken: d.chance("own token", 9)}, {stack: "p/s2"}}
	w.agents = []naiveAgent{{name: "helper", role: d.one("agent's role", "r1", "r3", "r3"), mode: d.one("mode", "", "", "balanced")}}
	w.issuers = []naiveIssuer{{name: "github", sub: "x", role: d.one("policy's role", custom...)}}
	if d.chance("no issuer", 4) {
		w.issuers = nil
	} else if d.chance("team policy", 3) {
		w.issuers[0].team = "t1"
	}
	for _, kind := range drawnKinds {
		for _, name := range actThings[kind] {
			w.things = append(w.things, d.actThing(kind, name))
		}
	}
	if d.chance("imports", 2) {
		for i := range w.things {
			if w.things[i].name == "p/e1" {
				imported := w.things[slices.IndexFunc(w.things, func(e naiveEntity) bool { return e.name == "q/e2" })]
				w.things[i].imports = []naiveImport{{imported, "environment:open"}}
			}
		}
	}
	w.things = append(w.things, itself)
	return w
}

// scopesOf draws what an act needs, or anything.
func (d drawer) scopesOf(kind string) []string {
	var ways [][]string
	for _, rule := range graph.ActRules() {
		for _, way := range rule.Ways {
			if string(way.On) == kind && (way.Doubt == "" || len(way.Scopes) > 1) {
				ways = append(ways, way.Scopes)
			}
		}
	}
	if d.chance("a way", 2) {
		return slices.Clone(rapid.SampledFrom(ways).Draw(d.T, "way"))
	}
	return rapid.SliceOfNDistinct(rapid.SampledFrom(actScopes[kind]), 1, 3, rapid.ID[string]).Draw(d.T, "scopes of "+kind)
}

// actRole grants some scopes in the organization, and some on entities, of which some by a tag.
func (d drawer) actRole() node {
	entries := []node{}
	allow := func(scopes []string) node {
		return node{"__type": "PermissionDescriptorAllow", "permissions": scopes}
	}
	if d.chance("global", 2) {
		entries = append(entries, allow(d.scopesOf("global")))
	}
	for _, kind := range drawnKinds {
		if !d.chance("on "+kind, 2) {
			continue
		}
		scopes := d.scopesOf(kind)
		if d.chance("reading", 2) {
			scopes = append(scopes, readOf[kind])
		}
		if d.chance("by a tag", 2) {
			word := entityNames[kind]
			entries = append(entries, node{"__type": "PermissionDescriptorCondition", "subNode": allow(scopes), "condition": node{
				"__type": "PermissionExpressionEqual", "left": node{
					"__type": "PermissionExpressionTag", "context": node{"__type": "PermissionExpression" + word}, "key": d.one("key", "tier", "tier", "owner"),
				}, "right": node{"__type": "PermissionLiteralExpressionString", "value": "prod"},
			}})
			continue
		}
		entries = append(entries, allow(scopes))
	}
	return node{"__type": "PermissionDescriptorGroup", "entries": entries}
}

func (d drawer) actThing(kind, name string) naiveEntity {
	e := naiveEntity{kind: kind, id: "id " + name, name: name, tags: map[string]string{}, assigned: map[string][]string{}}
	if d.chance("tagged", 2) {
		e.tags[d.one("key", "tier", "tier", "owner")] = d.one("value", "prod", "dev")
	}
	if kind == "stack" {
		e.direct = map[string]string{}
		if d.chance("collaborator", 5) {
			e.direct[d.one("login", "bo", "cy", "gil")] = d.one("level", "read", "admin")
		}
		return e
	}
	if d.chance("owned", 5) {
		e.owner = d.one("owner", "bo", "cy", "gil")
	}
	if kind == "environment" && d.chance("gated", 3) {
		e.gates = append(e.gates, naiveGate{
			action: d.one("action", "open", "open", "update"), approvals: d.chancesTwo(), self: d.chance("self", 2),
			teams: d.some("approving teams", []string{"t1"}), users: d.some("approvers", []string{"bo"}), permitted: d.some("permitted", []string{"environment:write"}),
		})
	}
	return e
}

func (d drawer) chancesTwo() int { return 1 + map[bool]int{true: 1}[d.chance("two approvals", 5)] }

func drawnActs(seed int) (w actWorld) {
	rapid.Custom(func(t *rapid.T) bool {
		w = drawer{T: t}.actWorld()
		return true
	}).Example(seed)
	return w
}

// productOf is the organization as the graph has it.
func (w *actWorld) productOf(t *testing.T) graph.Organization {
	t.Helper()
	o := w.naiveOrg.product(t)
	for _, a := range w.agents {
		o.Agents = append(o.Agents, graph.Agent{Name: a.name, Role: a.role, ApprovalMode: a.mode})
	}
	for _, i := range w.issuers {
		p := oidc.IssuerPolicy{Decision: oidc.Allow, TokenType: oidc.OrganizationToken, RoleID: i.role, Rules: map[string]string{"sub": i.sub}}
		if i.team != "" {
			p.TokenType, p.TeamName, p.RoleID = oidc.TeamToken, i.team, ""
		}
		o.Issuers = append(o.Issuers, graph.Issuer{ID: i.name, Name: i.name, URL: "https://" + i.name, Policies: []oidc.IssuerPolicy{p}})
	}
	for _, e := range w.things {
		r := e.product()
		switch e.kind {
		case "stack":
			o.Stacks = append(o.Stacks, r)
		case "environment":
			r.Definition = &graph.Definition{}
			for _, imported := range e.imports {
				r.Definition.Imports = append(r.Definition.Imports, graph.Reference{Name: imported.entity.name, Scope: imported.scope})
			}
			o.Environments = append(o.Environments, r)
		case "insights-account":
			o.Accounts = append(o.Accounts, r)
		}
	}
	return o
}

// actor is a principal in the naive evaluator.
func (w *actWorld) actor(p graph.PrincipalID) naiveActor {
	a := naiveActor{kind: string(p.Kind), name: p.Name}
	switch a.kind {
	case "token":
		a.token = w.tokens[slices.IndexFunc(w.tokens, func(t naiveToken) bool { return t.name == p.Name })]
	case "deployment":
		a.deployment = w.deploys(p.Name)
	case "agent":
		a.role = w.agents[0].role
	case "outsider":
		a.kind, a.name = "issuer", w.issuers[0].name
	}
	return a
}

// clone is a copy that acts do not share with this one.
func (w *actWorld) clone() *actWorld {
	c := *w
	c.records, c.defaults, c.given, c.toggles = maps.Clone(w.records), maps.Clone(w.defaults), map[string]bool{}, maps.Clone(w.toggles)
	c.teams, c.things, c.ids = slices.Clone(w.teams), slices.Clone(w.things), nil
	return &c
}

// run lets a principal use acts: all of them, or those that are allowed, in at most so many rounds.
func (w *actWorld) run(p graph.PrincipalID, certain bool, rounds int, allowed func(act, on string) bool) *actWorld {
	c := w.clone()
	c.self, c.certain, c.allowed, c.ids = p.Name, certain, allowed, []naiveActor{w.actor(p)}
	for range rounds {
		if !c.round() {
			break
		}
	}
	return c
}

func (w *actWorld) whoOpens(all []graph.PrincipalID) {
	w.opensNow = map[string][]string{}
	for _, p := range all {
		c := w.run(p, false, 0, func(act, _ string) bool { return false })
		for _, e := range c.things {
			if e.kind == "environment" && c.uses(c.ids[0], "environment:open", e) {
				w.opensNow[e.name] = append(w.opensNow[e.name], c.ids[0].kind+" "+c.ids[0].name)
			}
		}
	}
}

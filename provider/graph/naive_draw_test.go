package graph_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

var organizations = flag.Int("organizations", 400, "how many organizations the two evaluators are compared on")

var (
	drawnScopes = map[string][]string{
		"stack":            {"stack:read", "stack:write", "stack:delete"},
		"environment":      {"environment:read", "environment:open", "environment_version:open", "environment:write", "environment:delete"},
		"insights-account": {"insights_account:read", "insights_account:update", "insights_account:delete"},
		"global":           {"team:read", "audit_logs:read", "stack:create", "team:create", "insights_account:create"},
	}
	drawnLevels = map[string][]string{
		"stack": {"read", "write", "admin"}, "environment": {"read", "open", "write", "admin"}, "insights-account": {"read", "write", "admin"},
	}
	drawnKinds  = []string{"environment", "insights-account", "stack"}
	entityNames = map[string]string{"stack": "Stack", "environment": "Environment", "insights-account": "InsightsAccount", "team": "Team"}
	drawnNames  = map[string][]string{
		"stack": {"p/s1", "p/s2"}, "environment": {"p/e1", "p/e2", "q/e3"}, "insights-account": {"a1", "a2"},
	}
	drawnLogins = []string{"ana", "bo", "cy", "di", "eve", "zed", "acme", "team-account:7", "robot"}
)

type node = map[string]any

// drawer draws an organization.
type drawer struct {
	*rapid.T
	sets, policies []string
}

func (d drawer) some(label string, of []string) []string {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(of), 0, 3, rapid.ID[string]).Draw(d.T, label)
}

func (d drawer) one(label string, of ...string) string {
	return rapid.SampledFrom(of).Draw(d.T, label)
}

func (d drawer) howMany(label string, most int) int { return rapid.IntRange(0, most).Draw(d.T, label) }

func (d drawer) chance(label string, in int) bool {
	return rapid.IntRange(1, in).Draw(d.T, label) == 1
}

func allScopes() []string {
	var all []string
	for _, kind := range slices.Sorted(maps.Keys(drawnScopes)) {
		all = append(all, drawnScopes[kind]...)
	}
	return all
}

func (d drawer) descriptor(depth int) node {
	kinds := []string{"Allow", "Allow", "Compose", "Group", "Condition", "Condition", "IfThenElse", "Select"}
	if depth == 0 {
		kinds = kinds[:3]
	}
	switch d.one("descriptor", kinds...) {
	case "Compose":
		return node{"__type": "PermissionDescriptorCompose", "permissionDescriptors": d.some("composed", append(slices.Clone(d.sets), d.policies...))}
	case "Group":
		entries := []node{}
		for range rapid.IntRange(0, 3).Draw(d.T, "entries") {
			entries = append(entries, d.descriptor(depth-1))
		}
		return node{"__type": "PermissionDescriptorGroup", "entries": entries}
	case "Condition":
		return node{"__type": "PermissionDescriptorCondition", "condition": d.condition(2), "subNode": d.descriptor(depth - 1)}
	case "IfThenElse":
		return node{
			"__type": "PermissionDescriptorIfThenElse", "condition": d.condition(2),
			"subNodeForTrue": d.descriptor(depth - 1), "subNodeForFalse": d.descriptor(depth - 1),
		}
	case "Select":
		options := []node{}
		for range rapid.IntRange(0, 2).Draw(d.T, "options") {
			options = append(options, node{"value": d.literal(), "node": d.descriptor(depth - 1)})
		}
		return node{"__type": "PermissionDescriptorSelect", "selector": d.tag("Tag"), "options": options}
	}
	return node{"__type": "PermissionDescriptorAllow", "permissions": d.some("scopes", allScopes())}
}

// kind is mostly environments, so that conditions are often about what is asked, and sometimes about a team.
func (d drawer) kind() string {
	return entityNames[d.one("kind", "environment", "environment", "environment", "stack", "insights-account", "team")]
}

func (d drawer) tag(word string) node {
	return node{
		"__type": "PermissionExpression" + word, "context": node{"__type": "PermissionExpression" + d.kind()},
		"key": d.one("key", "tier", "owner", "none"),
	}
}

func (d drawer) literal() node {
	if d.chance("an entity", 4) {
		return node{"__type": "PermissionLiteralExpression" + d.kind(), "identity": d.one("id", "id p/e1", "id p/s1", "id a1")}
	}
	return node{"__type": "PermissionLiteralExpressionString", "value": d.one("value", "prod", "dev", "")}
}

// set is of texts or of entities, or empty.
func (d drawer) set() node {
	if d.chance("texts", 2) {
		return node{"__type": "PermissionSetExpressionString", "values": d.some("values", []string{"prod", "dev", ""})}
	}
	return node{"__type": "PermissionSetExpression" + d.kind(), "identities": d.some("ids", []string{"id p/e1", "id p/s1", "id a1"})}
}

func (d drawer) condition(depth int) node {
	kinds := []string{"HasTag", "Equal", "entity", "bare", "tags", "In", "in tags", "And", "Or", "Not", "nested"}
	if depth == 0 {
		kinds = kinds[:7]
	}
	switch kind := d.one("condition", kinds...); kind {
	case "HasTag":
		return d.tag("HasTag")
	case "bare":
		if d.chance("without a context", 3) {
			tag := d.tag("HasTag")
			delete(tag, "context")
			return tag
		}
		return d.tag("HasTag")
	case "Equal":
		return node{"__type": "PermissionExpressionEqual", "left": d.tag("Tag"), "right": d.literal()}
	case "In":
		return node{"__type": "PermissionExpressionIn", "target": node{"__type": "PermissionExpression" + d.kind()}, "values": d.set()}
	case "in tags":
		return node{"__type": "PermissionExpressionIn", "target": d.tag("Tag"), "values": d.set()}
	case "tags":
		return node{"__type": "PermissionExpressionEqual", "left": d.tag("Tag"), "right": d.tag("Tag")}
	case "entity":
		about := d.kind()
		names := map[string]string{"Environment": "id p/e1", "Stack": "id p/s1", "InsightsAccount": "id a1", "Team": "id t"}
		return node{
			"__type": "PermissionExpressionEqual", "left": node{"__type": "PermissionExpression" + about},
			"right": node{"__type": "PermissionLiteralExpression" + about, "identity": names[about]},
		}
	case "nested":
		return node{
			"__type": "PermissionExpressionEqual", "left": d.condition(depth - 1),
			"right": node{"__type": "PermissionLiteralExpressionBool", "value": rapid.Bool().Draw(d.T, "is")},
		}
	case "Not":
		return node{"__type": "PermissionExpressionNot", "node": d.condition(depth - 1)}
	default:
		return node{"__type": "PermissionExpression" + kind, "left": d.condition(depth - 1), "right": d.condition(depth - 1)}
	}
}

func text(n node) string {
	data, err := json.Marshal(n)
	if err != nil {
		panic(err) // strings and booleans always marshal
	}
	return string(data)
}

func (d drawer) organization() naiveOrg {
	o := naiveOrg{
		login: "acme", defaults: map[string]string{}, records: map[string]naiveRecord{}, memberRole: "member", adminRole: "admin",
		restricted: d.chance("restricted", 5), everyScope: maps.Clone(drawnScopes), toggles: d.toggles(),
	}
	d.records(&o)
	for _, kind := range drawnKinds {
		levels := drawnLevels[kind]
		o.defaults[kind] = d.one("default on "+kind, append([]string{"none", "none", "none"}, levels...)...)
	}
	roles := []string{"", "member", "admin", "r1", "r2", "gone"}
	o.defaultRole, o.defaultDeploy = d.one("default role", roles...), d.one("default deployment role", roles...)
	for _, login := range []string{"ana", "bo", "cy", "di"} {
		o.users = append(o.users, naiveUser{
			login: login, role: d.one("role of "+login, roles[1:]...), admin: d.chance("virtual", 9), unknown: d.chance("unknown", 9),
			suspend: d.chance("suspended", 7),
		})
	}
	for _, name := range []string{"t1", "t2"} {
		t := naiveTeam{name: name, members: d.some("members", drawnLogins[:6]), levels: map[string]string{}}
		if d.chance("a role", 2) {
			t.roles = []string{d.one("team role", roles[1:]...)}
		}
		for _, kind := range drawnKinds {
			levels := drawnLevels[kind]
			if d.chance("a grant", 3) {
				t.levels[kind+" "+drawnNames[kind][0]] = d.one("level", append([]string{"set:custom " + kind, "hyper"}, levels...)...)
			}
		}
		o.teams = append(o.teams, t)
		o.tokens = append(o.tokens, naiveToken{name: name + "-ci", team: name})
	}
	o.tokens = append(o.tokens, naiveToken{name: "boss", admin: true}, naiveToken{name: "plain"},
		naiveToken{name: "scoped", role: d.one("token role", roles[1:]...)}, naiveToken{name: "orphan", team: "deleted"})
	o.deployments = []naiveDeployment{
		{stack: "p/s1", role: d.one("deployment role", roles...), ownToken: d.chance("own token", 6)}, {stack: "p/s2"},
	}
	d.outside(&o, roles)
	return o
}

// toggles draws what settings let members do.
func (d drawer) toggles() map[string]bool {
	all := map[string]bool{}
	for _, scope := range []string{"stack:create", "team:create", "insights_account:create", "stack:delete", "stack:transfer"} {
		all[scope] = d.chance("members can "+scope, 2)
	}
	return all
}

// records draws built-in sets that differ from what is documented, custom sets, policies and roles.
func (d *drawer) records(o *naiveOrg) {
	allow := func(scopes []string) string {
		return text(node{"__type": "PermissionDescriptorAllow", "permissions": scopes})
	}
	for _, kind := range drawnKinds { // in order, so that a seed is one organization
		levels := drawnLevels[kind]
		for i, level := range levels {
			scopes := slices.Clone(drawnScopes[kind][:i+1])
			if d.chance("more than documented", 3) {
				scopes = append(scopes, d.one("more", drawnScopes[kind]...))
			}
			o.records[kind+" "+level] = naiveRecord{name: kind + " " + level, builtin: kind + "-" + level, details: allow(scopes)}
			d.sets = append(d.sets, kind+" "+level)
		}
		o.records["custom "+kind] = naiveRecord{name: "custom " + kind, details: allow(drawnScopes[kind][:1+len(kind)%2])}
		d.sets = append(d.sets, "custom "+kind)
	}
	slices.Sort(d.sets)
	d.policies = []string{"policy1", "policy2", "nowhere"}
	for _, id := range []string{"policy1", "policy2", "r1", "r2"} {
		o.records[id] = naiveRecord{name: id, details: text(d.descriptor(3))}
	}
	o.records["member"] = naiveRecord{name: "Member", builtin: "member", details: text(d.descriptor(1))}
	o.records["admin"] = naiveRecord{name: "Admin", builtin: "admin", details: allow(allScopes())}
}

func (d drawer) entity(kind, name string) naiveEntity {
	e := naiveEntity{kind: kind, id: "id " + name, name: name, tags: map[string]string{}, assigned: map[string][]string{}}
	for _, key := range []string{"tier", "owner"} {
		if d.chance("tagged", 2) {
			e.tags[key] = d.one("value", "prod", "dev", "")
		}
	}
	if kind == "stack" {
		e.direct = map[string]string{}
		for _, login := range d.some("collaborators", drawnLogins) {
			e.direct[login] = d.one("level", "read", "admin")
		}
	} else {
		e.owner = d.one("owner", append([]string{""}, drawnLogins...)...)
	}
	if login := d.one("assigned", append([]string{"", "", ""}, drawnLogins...)...); login != "" {
		e.assigned[login] = []string{"custom " + kind}
	}
	if kind == "environment" && d.chance("gated", 3) {
		e.gates = append(e.gates, naiveGate{
			action: d.one("action", "open", "update"), approvals: rapid.IntRange(1, 2).Draw(d.T, "approvals"), self: d.chance("self", 2),
			teams: d.some("approving teams", []string{"t1", "t2"}), users: d.some("approvers", drawnLogins[:4]),
			permitted: d.some("permitted", []string{"environment:write"}),
		})
	}
	return e
}

// asked is the entity that is asked about, with imports when it is an environment.
func (d drawer) asked() naiveEntity {
	kind := d.one("asked about", "environment", "environment", "stack", "insights-account", "global")
	if kind == "global" {
		return naiveEntity{kind: kind, name: "acme"}
	}
	e := d.entity(kind, d.one("name", drawnNames[kind]...))
	if kind == "environment" && d.chance("imports", 2) {
		for _, name := range d.some("imported", []string{"q/e3", "q/e4"}) {
			e.imports = append(e.imports, naiveImport{d.entity("environment", name), d.one("by", "environment:open", "environment_version:open")})
		}
	}
	return e
}

// The two evaluators agree on everybody's access, on any organization.
func TestNaiveEvaluatorAgrees(t *testing.T) {
	t.Parallel()
	met := map[string]int{}
	for seed := range *organizations {
		o, e := drawn(seed)
		index := graph.NewIndex(o.product(t))
		for _, scope := range drawnScopes[e.kind] {
			want, got := o.whoCan(scope, e), said(index.WhoCan(scope, e.product()))
			for _, answer := range want {
				met[answer]++
			}
			if !maps.Equal(want, got) {
				t.Fatalf("seed %d: %s on %s %s: naive %v, graph %v\n%s", seed, scope, e.kind, e.name, want, got, o.describe())
			}
		}
	}
	for _, answer := range []string{
		"certain", "possible", "blocked", "certain gated", "possible gated", "certain gated self", "possible gated self",
	} {
		if met[answer] < *organizations/20 {
			t.Errorf("the drawn organizations have %q only %d times: %v", answer, met[answer], met)
		}
	}
}

// drawn is the organization of a seed, and an entity in it.
func drawn(seed int) (o naiveOrg, e naiveEntity) {
	rapid.Custom(func(t *rapid.T) bool {
		d := &drawer{T: t}
		o = d.organization()
		e = d.asked()
		return true
	}).Example(seed)
	return o, e
}

func (o *naiveOrg) describe() string {
	var lines []string
	for _, id := range slices.Sorted(maps.Keys(o.records)) {
		if !strings.Contains(id, " ") {
			lines = append(lines, id+": "+o.records[id].details)
		}
	}
	return fmt.Sprintf("%s\nusers %+v\nteams %+v\ntokens %+v\ndeployments %+v\nagents %+v\npolicies %+v\ndefaults %v", strings.Join(lines, "\n"), o.users, o.teams, o.tokens, o.deployments, o.agents,
		o.policies, o.defaults)
}

// said is the graph's answer in the words of the naive one.
func said(a graph.Answer) map[string]string {
	out := map[string]string{}
	for _, p := range a.Blocked {
		out[string(p.Kind)+" "+p.Name] = "blocked"
	}
	for _, p := range a.Principals {
		text := string(p.Certainty)
		if p.Gated {
			text += " gated"
		}
		if p.SelfApproval {
			text += " self"
		}
		out[string(p.Kind)+" "+p.Name] = text
	}
	return out
}

// product is the organization as the graph has it.
func (o *naiveOrg) product(t *testing.T) graph.Organization {
	t.Helper()
	level := func(kind string) access.Level { return access.Level(o.defaults[kind]) }
	out := graph.Organization{
		Login: o.login, Restricted: o.restricted, Records: map[string]graph.Record{}, MemberRole: o.memberRole, AdminRole: o.adminRole,
		DefaultRole: o.defaultRole, DefaultDeploymentRole: o.defaultDeploy,
		MembersCan: graph.MembersCan{
			CreateStacks: o.toggles["stack:create"], CreateTeams: o.toggles["team:create"], CreateAccounts: o.toggles["insights_account:create"],
			DeleteStacks: o.toggles["stack:delete"], TransferStacks: o.toggles["stack:transfer"],
		},
		Defaults: graph.Defaults{Stack: level("stack"), Environment: level("environment"), Account: level("insights-account")},
	}
	for id, record := range o.records {
		parsed, err := access.ParseDescriptor([]byte(record.details))
		if err != nil {
			t.Fatalf("%s: %v", record.details, err)
		}
		out.Records[id] = graph.Record{Name: record.name, Identifier: record.builtin, Descriptor: parsed, Assignable: slices.Contains([]string{"r1", "r2", "member", "admin"}, id)}
	}
	for _, u := range o.users {
		user := graph.User{Login: u.login, Role: u.role, Admin: u.admin, Suspended: u.suspend}
		if u.unknown {
			user.RoleUnknown = "unknown"
		}
		out.Users = append(out.Users, user)
	}
	for _, team := range o.teams {
		made := graph.Team{
			Name: team.name, Members: team.members, Roles: team.roles,
			Stacks: map[string]graph.Held{}, Environments: map[string]graph.Held{}, Accounts: map[string]graph.Held{},
		}
		grants := map[string]map[string]graph.Held{"stack": made.Stacks, "environment": made.Environments, "insights-account": made.Accounts}
		for on, level := range team.levels {
			kind, name, _ := strings.Cut(on, " ")
			held := graph.Held{Level: access.Level(level)}
			if id, custom := strings.CutPrefix(level, "set:"); custom {
				held = graph.Held{Set: id}
			}
			grants[kind][name] = held
		}
		out.Teams = append(out.Teams, made)
	}
	for _, token := range o.tokens {
		out.Tokens = append(out.Tokens, graph.Token{Name: token.name, Team: token.team, Admin: token.admin, Role: token.role})
	}
	for _, d := range o.deployments {
		out.Deployments = append(out.Deployments, graph.Deployment{Stack: d.stack, Role: d.role, OwnToken: d.ownToken})
	}
	o.addOutside(&out)
	return out
}

func (e naiveEntity) product() graph.Resource {
	t := graph.Resource{
		Entity: access.Entity{Kind: access.EntityKind(e.kind), ID: e.id, Tags: e.tags}, Name: e.name, Owner: e.owner, Assigned: e.assigned,
		Direct: map[string]access.Level{},
	}
	for login, level := range e.direct {
		t.Direct[login] = access.Level(level)
	}
	for _, g := range e.gates {
		t.Gated = append(t.Gated, g.action)
		t.Gates = append(t.Gates, graph.Gate{
			Action: g.action, Approvals: g.approvals, SelfApproval: g.self, Teams: g.teams, Users: g.users, PermissionsOn: g.permitted,
		})
	}
	for _, imported := range e.imports {
		t.Imports = append(t.Imports, graph.Import{Resource: imported.entity.product(), Scope: imported.scope})
	}
	return t
}

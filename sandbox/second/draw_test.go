package second_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

type obj = map[string]any

// drawn is an organization before it is in a sandbox: references to records are by name.
type drawn struct {
	records                     []obj // name, uxPurpose, resourceType, details: in the order in which they can be made
	deleted                     []string
	settings                    obj
	defaultRole, deploymentRole string // names, "" for none
	users, teams, stacks        map[string]obj
	environments, accounts      map[string]obj
	tokens                      map[string]obj
	reading                     string // of what a deployment's role does
}

const orgLogin = "acme"

// Logins beside those of members: somebody who left, and the machine identities of the organization, a team and a stack.
var (
	logins  = []string{"bo", "cy", "di", "ed"}
	machine = []string{"gone", orgLogin, "team-account:" + idOf(team, "red"), "stack-account:" + idOf(stack, "p/a")}
	keys    = []string{"k1", "k2", "k1"}
	values  = []string{"x", "y", ""}
)

// scopes that are drawn and tried, by what they are on. Each has an act (acts_test.go), or is composed of.
var scopes = map[string][]string{
	stack: {"stack:read", "stack:read", "stack:export", "stack:encrypt", "stack:decrypt", "stack:write", "stack:import", "stack:rename",
		"stack_deployment_settings:read", "stack_deployment_settings:write", "stack_tags:update", "stack_access:read"},
	environment: {"environment:read", "environment:read", "environment:open", "environment:open", "environment:write", "environment:delete",
		"environment:clone", "environment_version:read", "environment_version:open", "environment_settings:read",
		"environment_settings:update", "environment_tag:read", "environment_tag:create", "environment_tag:update"},
	account: {"insights_account:read", "insights_account:update", "insights_account_access:read"},
	organization: {"team:list", "team:create", "stack:create", "insights_account:create", "org_member:read", "role:read", "role:create", "audit_logs:read", "org_token:read",
		"environment:create", "environment_tags:list", "oidc_issuers:read", "environment_yaml:open", "environment:list_deleted"},
}

var kinds = []string{stack, environment, account, organization}

// idOf is the id that something gets.
func idOf(kind, name string) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(kind+" "+name)).String()
}

type drawer struct{ *rapid.T }

func pick[T any](d drawer, label string, from []T) T { return rapid.SampledFrom(from).Draw(d.T, label) }

func (d drawer) upTo(label string, n int) int { return rapid.IntRange(0, n).Draw(d.T, label) }

func (d drawer) rarely(label string) bool { return rapid.IntRange(0, 5).Draw(d.T, label) == 5 }

func some[T comparable](d drawer, label string, from []T, most int) []T {
	if len(from) == 0 {
		return []T{}
	}
	return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 0, min(most, len(from)), rapid.ID[T]).Draw(d.T, label)
}

// drawOrganization draws an organization; rapid shrinks towards a small one.
func drawOrganization(t *rapid.T) drawn {
	d := drawer{t}
	o := drawn{users: map[string]obj{}, teams: map[string]obj{}, stacks: map[string]obj{}, environments: map[string]obj{},
		accounts: map[string]obj{}, tokens: map[string]obj{}, reading: pick(d, "reading", []string{"added", "added", "caps", "replaces"})}
	roles := d.drawRecords(&o)
	everyRole := slices.Concat(roles, roles, []string{"Member", "Member", "Billing Manager", "Admin"})
	o.settings = obj{
		"defaultStackPermission":       pick(d, "default for stacks", []int{0, 0, 101, 102, 103}),
		"defaultEnvironmentPermission": pick(d, "default for environments", []string{"none", "none", "read", "open", "write", "admin"}),
		"defaultAccountPermission":     pick(d, "default for accounts", []int{0, 0, 1, 2, 3}),
		"restricted":                   d.rarely("restricted"),
		"membersCanCreateStacks":       d.upTo("members can create stacks", 1) == 1,
		"membersCanCreateTeams":        d.upTo("members can create teams", 1) == 1,
		"membersCanCreateAccounts":     d.upTo("members can create accounts", 1) == 1,
	}
	none := []string{"", "", ""}
	o.defaultRole = pick(d, "default role", slices.Concat(none, roles))
	o.deploymentRole = pick(d, "role of deployments", slices.Concat(none, roles, []string{"Member"}))
	o.users["root"] = obj{"role": "Admin"}
	for _, login := range some(d, "members", logins, 3) {
		o.users[login] = obj{"role": pick(d, "role", everyRole), "suspended": d.rarely("suspended")}
	}
	d.drawEntities(&o, slices.Concat(none, roles, []string{"Member"}))
	d.drawTeams(&o, slices.Concat(none, everyRole))
	for i := range d.upTo("tokens", 2) {
		token := obj{"kind": "organization", "role": pick(d, "token's role", slices.Concat(none, roles, []string{"Member"}))}
		token["admin"] = token["role"] == "" && d.rarely("administrator's token")
		o.tokens[fmt.Sprintf("org-%d", i)] = token
	}
	for _, name := range some(d, "teams with tokens", sortedKeys(o.teams), 2) {
		o.tokens["of-"+name] = obj{"kind": "team", "team": name}
	}
	return o
}

func (d drawer) drawRecords(o *drawn) (roles []string) {
	add := func(purpose, name, resourceType string, details obj) {
		o.records = append(o.records, obj{"uxPurpose": purpose, "name": name, "resourceType": resourceType, "details": details})
	}
	var sets, policies []string
	for i := range d.upTo("sets", 2) {
		kind := pick(d, "set's type", kinds)
		// A policy, a set and a role may have one name.
		name := fmt.Sprintf("Deployers %d", i)
		add("set", name, kind, d.allow(kind))
		sets = append(sets, "set "+name)
	}
	if len(sets) > 0 && d.rarely("a set that was deleted") {
		o.deleted = sets[:1]
	}
	for i := range d.upTo("policies", 2) {
		name := fmt.Sprintf("Deployers %d", i)
		add("policy", name, "global", d.descriptor(3, sets))
		policies = append(policies, "policy "+name)
	}
	names := []string{"Deployers 0", "deployers 0", "MEMBER", "admin", "Billing manager"}
	for _, name := range some(d, "roles", names, 3) {
		details := d.descriptor(3, nil)
		if len(policies) > 0 && d.upTo("composed", 1) == 1 {
			details = composeOf(some(d, "policies of a role", policies, 2))
		}
		add("role", name, "global", details)
		roles = append(roles, name)
	}
	return roles
}

func composeOf(names []string) obj {
	return obj{"__type": "PermissionDescriptorCompose", "permissionDescriptors": names}
}

// assigned draws what single people hold on an entity, by the names of permission sets. That of an owner may be revoked.
func (d drawer) assigned(o *drawn, kind, owner string) map[string]string {
	sets := map[string][]string{
		stack: {}, environment: {"Environment Read", "Environment Open", "Environment Write", "Environment Admin"},
		account: {"Account Read", "Account Write", "Account Admin"},
	}[kind]
	for _, r := range o.records {
		if r["uxPurpose"] == "set" && r["resourceType"] == kind && !slices.Contains(o.deleted, "set "+text(r["name"])) {
			sets = append(sets, text(r["name"]))
		}
	}
	all := map[string]string{}
	if len(sets) > 0 {
		for _, login := range some(d, "assigned", logins, 2) {
			all[login] = pick(d, "assigned set", sets)
		}
	}
	if owner != "" && d.rarely("revoked owner") {
		all[owner] = ""
	}
	return all
}

func (d drawer) drawEntities(o *drawn, deploymentRoles []string) {
	owners := slices.Concat(logins, machine)
	for _, name := range some(d, "stacks", []string{"p/a", "p/b", "q/a"}, 3) {
		direct := obj{}
		for _, login := range some(d, "collaborators", owners, 2) {
			direct[login] = pick(d, "permission", []int{101, 102, 103, 104})
		}
		given := d.assigned(o, stack, "")
		for login := range given {
			delete(direct, login) // one set each
		}
		o.stacks[name] = obj{"tags": d.tags(), "collaborators": direct, "creator": pick(d, "creator", owners),
			"role": pick(d, "deployment's role", deploymentRoles), "assigned": given}
	}
	var before []string
	for _, name := range some(d, "environments", []string{"p/a", "p/b", "q/a"}, 3) {
		e := obj{"tags": d.tags(), "owner": pick(d, "owner", owners), "imports": []string{}}
		e["assigned"] = d.assigned(o, environment, text(e["owner"]))
		if len(before) > 0 && d.rarely("imports") {
			e["imports"] = some(d, "imports", before, 2)
		}
		o.environments[name] = e
		before = append(before, name)
	}
	for _, name := range some(d, "accounts", []string{"aws", "gcp"}, 2) {
		a := obj{"tags": d.tags(), "owner": pick(d, "owner", owners)}
		a["assigned"] = d.assigned(o, account, text(a["owner"]))
		o.accounts[name] = a
	}
}

func (d drawer) tags() map[string]string {
	tags := map[string]string{"kept": "same"} // acts write it back as it is
	for _, key := range some(d, "tags", []string{"k1", "k2"}, 2) {
		tags[key] = pick(d, "tag", values)
	}
	return tags
}

func (d drawer) drawTeams(o *drawn, roles []string) {
	people := slices.DeleteFunc(sortedKeys(o.users), func(login string) bool { return login == "root" })
	for _, name := range some(d, "teams", []string{"red", "blue"}, 2) {
		t := obj{"members": some(d, "members", people, 3), "role": pick(d, "team's role", roles)}
		t["stacks"] = grantsOn(d, o.stacks, []any{101, 102, 103}, func(level any) any { return level })
		t["environments"] = grantsOn(d, o.environments, []any{"read", "open", "write", "admin"}, func(level any) any { return obj{"permission": level} })
		t["accounts"] = grantsOn(d, o.accounts, []any{1, 2, 3}, func(level any) any { return level })
		o.teams[name] = t
	}
}

func grantsOn(d drawer, entities map[string]obj, levels []any, as func(any) any) obj {
	grants := obj{}
	for _, name := range some(d, "grants", sortedKeys(entities), 2) {
		grants[name] = as(pick(d, "level", levels))
	}
	return grants
}

func (d drawer) allow(kind string) obj {
	return obj{"__type": "PermissionDescriptorAllow", "permissions": some(d, "scopes", scopes[kind], 6)}
}

// descriptor draws a tree; refs are the records that it may compose.
func (d drawer) descriptor(depth int, refs []string) obj {
	kind := "Allow"
	if depth > 0 {
		kind = pick(d, "descriptor", []string{"Allow", "Group", "Condition", "Condition", "Condition", "IfThenElse", "Select", "Compose"})
	}
	switch {
	case kind == "Group":
		var entries []obj
		for range d.upTo("entries", 3) {
			entries = append(entries, d.descriptor(depth-1, refs))
		}
		return obj{"__type": "PermissionDescriptorGroup", "entries": orEmpty(entries)}
	case kind == "Condition":
		return obj{"__type": "PermissionDescriptorCondition", "condition": d.condition(2), "subNode": d.descriptor(depth-1, refs)}
	case kind == "IfThenElse":
		return obj{"__type": "PermissionDescriptorIfThenElse", "condition": d.condition(2),
			"subNodeForTrue": d.descriptor(depth-1, refs), "subNodeForFalse": d.descriptor(depth-1, refs)}
	case kind == "Select":
		var options []obj
		for range d.upTo("options", 3) {
			options = append(options, obj{"value": d.value(), "node": d.descriptor(depth-1, refs)})
		}
		return obj{"__type": "PermissionDescriptorSelect", "selector": d.value(), "options": orEmpty(options)}
	case kind == "Compose" && len(refs) > 0:
		return composeOf(some(d, "composed", refs, 2))
	}
	return d.allow(pick(d, "scopes on", kinds))
}

func orEmpty(all []obj) []obj { return append([]obj{}, all...) }

// condition draws a boolean expression. One in a few is about two kinds of entity, or has something that is not described.
func (d drawer) condition(depth int) obj {
	kind := pick(d, "condition", []string{"Equal", "Equal", "HasTag", "HasTag", "In", "And", "Or", "Not"})
	if depth == 0 && (kind == "And" || kind == "Or" || kind == "Not") {
		kind = "HasTag"
	}
	switch kind {
	case "And", "Or":
		return obj{"__type": "PermissionExpression" + kind, "left": d.condition(depth - 1), "right": d.condition(depth - 1)}
	case "Not":
		return obj{"__type": "PermissionExpressionNot", "node": d.condition(depth - 1)}
	case "HasTag":
		x := obj{"__type": "PermissionExpressionHasTag", "context": d.context(), "key": pick(d, "key", keys)}
		if d.rarely("no context") {
			delete(x, "context")
		}
		return x
	}
	if kind == "In" {
		return d.in()
	}
	left, right := d.value(), d.value()
	if d.upTo("the usual form", 2) > 0 {
		left, right = d.usual()
	}
	return obj{"__type": "PermissionExpressionEqual", "left": left, "right": right}
}

// in compares with a set: mostly a tag with texts, or an entity with some of its kind.
func (d drawer) in() obj {
	left, _ := d.usual()
	if d.rarely("any target") {
		left = d.value()
	}
	set := obj{"__type": "PermissionSetExpressionString", "values": some(d, "texts", values, 2)}
	kind := strings.TrimPrefix(text(left["__type"]), "PermissionExpression")
	if kind != "Tag" || d.rarely("entities for a tag") {
		if kind = pick(d, "set of", []string{kind, kind, "Stack", "Environment", "InsightsAccount"}); identities["PermissionLiteralExpression"+kind] == "" {
			kind = "Stack"
		}
		ids := []string{}
		for range d.upTo("identities", 2) {
			ids = append(ids, text(d.identity(kind)["identity"]))
		}
		set = obj{"__type": "PermissionSetExpression" + kind, "identities": ids}
	}
	return obj{"__type": "PermissionExpressionIn", "target": left, "values": set}
}

// usual is what people compare: a tag with a text, or an entity with one of its kind, by mistake with one of another.
func (d drawer) usual() (left, right obj) {
	if d.upTo("compare a tag", 1) == 0 {
		return obj{"__type": "PermissionExpressionTag", "context": d.context(), "key": pick(d, "key", keys)},
			d.literal("String", pick(d, "text", values))
	}
	kind := pick(d, "compared", []string{"Stack", "Environment", "InsightsAccount"})
	of := kind
	if d.rarely("another kind's identity") {
		of = pick(d, "identity of", []string{"Stack", "Environment", "InsightsAccount"})
	}
	return obj{"__type": "PermissionExpression" + kind}, d.identity(of)
}

func (d drawer) value() obj {
	switch kind := pick(d, "value", []string{"Tag", "String", "entity", "identity", "Number", "Bool", "condition"}); kind {
	case "Tag":
		return obj{"__type": "PermissionExpressionTag", "context": d.context(), "key": pick(d, "key", keys)}
	case "entity":
		return d.context()
	case "identity":
		return d.identity(pick(d, "kind", []string{"Stack", "Environment", "InsightsAccount"}))
	case "Number":
		return d.literal(kind, d.upTo("number", 1))
	case "Bool":
		return d.literal(kind, d.upTo("truth", 1) == 1)
	case "condition":
		return obj{"__type": "PermissionExpressionHasTag", "context": d.context(), "key": pick(d, "key", keys)}
	}
	return d.literal("String", pick(d, "text", values))
}

func (d drawer) literal(kind string, is any) obj {
	return obj{"__type": "PermissionLiteralExpression" + kind, "value": is}
}

func (d drawer) context() obj {
	all := []string{"Stack", "Environment", "Stack", "Environment", "InsightsAccount", "InsightsAccount", "Team"}
	return obj{"__type": "PermissionExpression" + pick(d, "context", all)}
}

// identity is an entity's, or that of one that no longer exists.
func (d drawer) identity(kind string) obj {
	of, names := map[string]string{"Stack": stack, "Environment": environment, "InsightsAccount": account}[kind], []string{"p/a", "p/b", "gone"}
	if of == account {
		names = []string{"aws", "gcp", "gone"}
	}
	return obj{"__type": "PermissionLiteralExpression" + kind, "identity": idOf(of, pick(d, "identity", names))}
}

func sortedKeys[V any](m map[string]V) []string {
	names := []string{}
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func projectAndName(key string) (project, name string) {
	project, name, _ = strings.Cut(key, "/")
	return project, name
}

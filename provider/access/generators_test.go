package access_test

import (
	"time"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

var entityKinds = []access.EntityKind{access.Stack, access.Environment, access.Account}

// The pools are small so that generated rules, conditions and entities meet each other often.
var (
	someProjects = []string{"payments", "billing"}
	someNames    = []string{"dev", "prod"}
	someTags     = []string{"tier", "owner"}
	someValues   = []string{"a", "b"}
)

// someScopes has each kind's own scopes, scopes of two kinds, and some newer than the catalogue.
var someScopes = map[access.EntityKind][]string{
	access.Stack:        {"stack:read", "stack:write", "stack:create", "stack:fly"},
	access.Environment:  {"environment:read", "environment:open", "environment_version:open", "change_gate:update"},
	access.Account:      {"insights_account:read", "insights_account_scan:read"},
	access.Organization: {"team:read", "audit_logs:read", "stack:create", "change_gate:update", "gadget:turn"},
}

func allScopes() []string {
	var all []string
	for _, kind := range access.Kinds() {
		all = append(all, someScopes[kind]...)
	}
	return all
}

// An organization as the tests know it: ids of entities, records of built-in and custom sets.
var (
	ids     = map[access.EntityRef]string{}
	names   = map[string]access.EntityRef{}
	sets    = map[access.SetRef]string{}
	setRefs = map[string]access.SetRef{}
	records = map[string]access.Descriptor{}
)

func init() {
	for _, kind := range entityKinds {
		for _, ref := range refs(kind) {
			id := "id of " + ref.String()
			ids[ref], names[id] = id, ref
		}
		custom := "custom " + string(kind)
		setRefs[custom] = access.SetRef{Kind: kind}
		records[custom] = access.Allowed{Permissions: someScopes[kind][:2]}
	}
	for _, kind := range access.Kinds() {
		for _, level := range access.Levels(kind) {
			ref, id := access.SetRef{Kind: kind, Level: level}, "set "+access.SetIdentifier(kind, level)
			sets[ref], setRefs[id] = id, ref
			records[id] = access.Allowed{Permissions: access.LevelScopes(kind, level)}
		}
	}
}

func lookup(id string) (access.Descriptor, bool) {
	d, found := records[id]
	return d, found
}

func refs(kind access.EntityKind) []access.EntityRef {
	var all []access.EntityRef
	for _, name := range someNames {
		if kind == access.Account {
			all = append(all, access.EntityRef{Kind: kind, Name: name})
			continue
		}
		for _, project := range someProjects {
			all = append(all, access.EntityRef{Kind: kind, Project: project, Name: name})
		}
	}
	return all
}

func selectors(kind access.EntityKind) *rapid.Generator[access.Selector] {
	return rapid.Custom(func(t *rapid.T) access.Selector {
		switch rapid.IntRange(0, 3).Draw(t, "selector") {
		case 0:
			ref := rapid.SampledFrom(refs(kind)).Draw(t, "entity")
			return access.Selector{Project: ref.Project, Name: ref.Name}
		case 1:
			return access.Selector{Tags: rapid.MapOfN(rapid.SampledFrom(someTags), rapid.SampledFrom(someValues), 1, 2).Draw(t, "tags")}
		case 2:
			return access.Selector{Identity: rapid.SampledFrom([]string{"nameless1", "nameless2"}).Draw(t, "identity")}
		default:
			return access.Selector{All: true}
		}
	})
}

func grants(kind access.EntityKind) *rapid.Generator[access.Grant] {
	return rapid.Custom(func(t *rapid.T) access.Grant {
		switch rapid.IntRange(0, 3).Draw(t, "grant") {
		case 0:
			return access.Grant{Permission: rapid.SampledFrom(access.Permissions(kind)).Draw(t, "level")}
		case 1:
			return access.Grant{PermissionSet: "custom " + string(kind)}
		case 2:
			return bounded(t, kind, access.Grant{Permission: rapid.SampledFrom(access.Permissions(kind)).Draw(t, "level")})
		default:
			scopes := rapid.SliceOfN(rapid.SampledFrom(someScopes[kind]), 1, 4).Draw(t, "scopes")
			if rapid.Bool().Draw(t, "spelt out") {
				scopes = access.LevelScopes(kind, rapid.SampledFrom(access.Permissions(kind)).Draw(t, "level"))
			}
			return bounded(t, kind, access.Grant{Scopes: scopes})
		}
	})
}

// bounded sets a MaxOpenDuration where one is allowed.
func bounded(t *rapid.T, kind access.EntityKind, g access.Grant) access.Grant {
	a := access.Access{Environments: []access.Rule{{Selector: access.Selector{Identity: "x"}, Grant: g}}}
	a.Environments[0].MaxOpenDuration = time.Duration(rapid.IntRange(0, 2).Draw(t, "hours")) * time.Hour
	if kind == access.Environment && len(a.Check(access.CheckOptions{Catalogue: catalogue})) == 0 {
		g = a.Environments[0].Grant
	}
	return g
}

var catalogue = access.NewCatalogue([]string{"stack:fly", "gadget:turn"})

func rules(kind access.EntityKind) *rapid.Generator[access.Rule] {
	return rapid.Custom(func(t *rapid.T) access.Rule {
		return access.Rule{Selector: selectors(kind).Draw(t, "on"), Grant: grants(kind).Draw(t, "may")}
	})
}

var accesses = rapid.Custom(func(t *rapid.T) access.Access {
	return access.Access{
		Stacks:       rapid.SliceOfN(rules(access.Stack), 0, 4).Draw(t, "stacks"),
		Environments: rapid.SliceOfN(rules(access.Environment), 0, 4).Draw(t, "environments"),
		Accounts:     rapid.SliceOfN(rules(access.Account), 0, 2).Draw(t, "accounts"),
		Organization: rapid.SampledFrom([]access.Level{
			"", access.None, access.ReadOnly, access.Standard, access.Billing}).Draw(t, "organization"),
		Scopes: rapid.OneOf(
			rapid.SliceOfN(rapid.SampledFrom(someScopes[access.Organization]), 0, 3),
			rapid.Just(access.LevelScopes(access.Organization, access.Billing)),
		).Draw(t, "scopes"),
	}
})

var entities = rapid.Custom(func(t *rapid.T) access.Entity {
	kind := rapid.SampledFrom(access.Kinds()).Draw(t, "kind")
	e := access.Entity{Kind: kind}
	if kind == access.Organization {
		return e
	}
	known := []string{"nameless1", "nameless2", "unheard of"}
	for _, ref := range refs(kind) {
		known = append(known, ids[ref])
	}
	e.ID = rapid.SampledFrom(known).Draw(t, "id")
	e.Tags = rapid.MapOfN(rapid.SampledFrom(someTags), rapid.SampledFrom(someValues), 0, 2).Draw(t, "tags")
	return e
})

// descriptors generates any tree, also ones that nobody would write.
func descriptors(depth int) *rapid.Generator[access.Descriptor] {
	return rapid.Custom(func(t *rapid.T) access.Descriptor {
		variant := rapid.IntRange(0, 5).Draw(t, "descriptor")
		if depth == 0 {
			variant %= 2
		}
		switch variant {
		case 0:
			return access.Allowed{
				Permissions:     rapid.SliceOfN(rapid.SampledFrom(allScopes()), 1, 4).Draw(t, "permissions"),
				MaxOpenDuration: time.Duration(rapid.IntRange(0, 2).Draw(t, "hours")) * time.Hour,
			}
		case 1:
			return access.Compose{IDs: rapid.SliceOfN(rapid.SampledFrom(recordIDs()), 1, 3).Draw(t, "ids")}
		case 2:
			return access.Group{Entries: rapid.SliceOfN(descriptors(depth-1), 1, 4).Draw(t, "entries")}
		case 3:
			return access.IfThenElse{
				Condition: conditions(2).Draw(t, "condition"),
				WhenTrue:  descriptors(depth-1).Draw(t, "then"),
				WhenFalse: descriptors(depth-1).Draw(t, "else"),
			}
		case 4:
			return access.Select{Selector: values().Draw(t, "selector"), Options: rapid.SliceOfN(options(depth-1), 1, 2).Draw(t, "options")}
		default:
			return access.Condition{Condition: conditions(2).Draw(t, "condition"), SubNode: descriptors(depth-1).Draw(t, "node")}
		}
	})
}

func options(depth int) *rapid.Generator[access.Option] {
	return rapid.Custom(func(t *rapid.T) access.Option {
		return access.Option{Value: values().Draw(t, "value"), Node: descriptors(depth).Draw(t, "node")}
	})
}

// recordIDs are all records, one that does not exist, and no id.
func recordIDs() []string {
	all := []string{"lost", ""}
	for _, kind := range access.Kinds() {
		for _, level := range access.Levels(kind) {
			all = append(all, sets[access.SetRef{Kind: kind, Level: level}])
		}
		if kind != access.Organization {
			all = append(all, "custom "+string(kind))
		}
	}
	return all
}

func conditions(depth int) *rapid.Generator[access.Expression] {
	return rapid.Custom(func(t *rapid.T) access.Expression {
		variant := rapid.IntRange(0, 8).Draw(t, "condition")
		if depth == 0 {
			variant = max(3, variant)
		}
		if variant > 6 {
			return ins().Draw(t, "in")
		}
		switch variant {
		case 0:
			return access.And{Left: conditions(depth-1).Draw(t, "left"), Right: conditions(depth-1).Draw(t, "right")}
		case 1:
			return access.Or{Left: conditions(depth-1).Draw(t, "left"), Right: conditions(depth-1).Draw(t, "right")}
		case 2:
			return access.Not{Node: conditions(depth-1).Draw(t, "node")}
		case 3:
			return access.Equal{Left: values().Draw(t, "left"), Right: values().Draw(t, "right")}
		case 4:
			return access.HasTag{Context: contexts().Draw(t, "of"), Key: rapid.SampledFrom(someTags).Draw(t, "tag")}
		case 5:
			context := contexts().Draw(t, "of")
			return access.Equal{
				Left:  access.Tag{Context: context, Key: rapid.SampledFrom(someTags).Draw(t, "tag")},
				Right: access.LiteralString{Value: rapid.SampledFrom(someValues).Draw(t, "value")},
			}
		default:
			ref := rapid.SampledFrom(refs(rapid.SampledFrom(entityKinds).Draw(t, "kind"))).Draw(t, "ref")
			return access.Equal{Left: access.Context{Kind: ref.Kind}, Right: access.LiteralEntity{Kind: ref.Kind, Identity: ids[ref]}}
		}
	})
}

// ins generates comparisons with sets: often of what fits, and of anything.
func ins() *rapid.Generator[access.Expression] {
	return rapid.Custom(func(t *rapid.T) access.Expression {
		set := valueSets().Draw(t, "set")
		if rapid.Bool().Draw(t, "any target") {
			return access.In{Target: values().Draw(t, "target"), Values: set}
		}
		if of, ok := set.(access.EntitySet); ok {
			return access.In{Target: access.Context{Kind: of.Kind}, Values: set}
		}
		return access.In{Target: access.Tag{Context: contexts().Draw(t, "of"), Key: rapid.SampledFrom(someTags).Draw(t, "tag")}, Values: set}
	})
}

// valueSets generates sets of values, empty ones among them, which read as nil.
func valueSets() *rapid.Generator[access.Expression] {
	return rapid.Custom(func(t *rapid.T) access.Expression {
		kind := rapid.SampledFrom(append([]access.EntityKind{""}, entityKinds...)).Draw(t, "set of")
		if kind == "" {
			return access.StringSet{Values: orNil(rapid.SliceOfN(rapid.SampledFrom(someValues), 0, 3).Draw(t, "texts"))}
		}
		var known []string
		for _, ref := range refs(kind) {
			known = append(known, ids[ref])
		}
		return access.EntitySet{Kind: kind, Identities: orNil(rapid.SliceOfN(rapid.SampledFrom(known), 0, 3).Draw(t, "ids"))}
	})
}

func orNil(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return list
}

func contexts() *rapid.Generator[access.Expression] {
	return rapid.Custom(func(t *rapid.T) access.Expression {
		return access.Context{Kind: rapid.SampledFrom(append([]access.EntityKind{access.Team}, entityKinds...)).Draw(t, "kind")}
	})
}

func values() *rapid.Generator[access.Expression] {
	return rapid.Custom(func(t *rapid.T) access.Expression {
		switch rapid.IntRange(0, 6).Draw(t, "value") {
		case 0:
			return access.LiteralString{Value: rapid.OneOf(rapid.SampledFrom(someValues), rapid.String()).Draw(t, "text")}
		case 1:
			return access.LiteralNumber{Value: rapid.Float64().Draw(t, "number")}
		case 2:
			return access.LiteralBool{Value: rapid.Bool().Draw(t, "flag")}
		case 3:
			return access.Tag{Context: contexts().Draw(t, "of"), Key: rapid.SampledFrom(someTags).Draw(t, "tag")}
		case 4:
			kind := rapid.SampledFrom(entityKinds).Draw(t, "kind")
			return access.LiteralEntity{Kind: kind, Identity: ids[rapid.SampledFrom(refs(kind)).Draw(t, "ref")]}
		case 5:
			return valueSets().Draw(t, "set")
		default:
			return contexts().Draw(t, "context")
		}
	})
}

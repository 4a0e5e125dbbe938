package second_test

import "slices"

// decision is whether something is granted. What the description of the service leaves open is unknown.
type decision int

const (
	denied decision = iota
	unknown
	allowed
)

func (d decision) String() string { return [...]string{"denied", "unknown", "allowed"}[d] }

func not(d decision) decision { return allowed - d }

func decide(holds bool) decision {
	if holds {
		return allowed
	}
	return denied
}

// node is a descriptor or an expression, as JSON has it.
type node = map[string]any

// value is what an expression is worth. A value without a type is one whose meaning is not described.
type value struct {
	kind    string // bool, string, number, or the kind of an entity
	is      any
	absent  bool // a tag that the entity does not have
	foreign bool // of a kind of entity that is not asked about
}

// evaluator decides descriptors for one entity. Its rules are those of the service's documentation, restated here on
// purpose: neither package access nor package graph has a part in it.
type evaluator struct {
	records map[string]record
	on      entity
	foreign decision // what a condition on another kind of entity is, within the one that is decided
}

// grants decides whether a descriptor gives a scope on the entity: any branch that does suffices.
func (v evaluator) grants(d node, scope string) decision {
	switch d["__type"] {
	case "PermissionDescriptorAllow":
		return decide(slices.Contains(list(d["permissions"]), any(scope)))
	case "PermissionDescriptorGroup":
		return v.any(nodes(d["entries"]), scope)
	case "PermissionDescriptorCondition":
		holds, _ := v.condition(object(d["condition"]))
		return min(holds, v.grants(object(d["subNode"]), scope))
	case "PermissionDescriptorIfThenElse":
		holds, fails := v.condition(object(d["condition"]))
		return max(min(holds, v.grants(object(d["subNodeForTrue"]), scope)),
			min(fails, v.grants(object(d["subNodeForFalse"]), scope)))
	case "PermissionDescriptorSelect":
		return v.selected(d, scope)
	case "PermissionDescriptorCompose":
		return v.composed(d, scope)
	}
	return unknown
}

func (v evaluator) any(all []node, scope string) decision {
	best := denied
	for _, d := range all {
		best = max(best, v.grants(d, scope))
	}
	return best
}

// composed is what the records give that a descriptor names. One that no longer exists gives nothing.
func (v evaluator) composed(d node, scope string) decision {
	best := denied
	for _, id := range list(d["permissionDescriptors"]) {
		if r, ok := v.records[id.(string)]; ok {
			best = max(best, v.grants(r.Details, scope))
		}
	}
	return best
}

// selected is what the option gives whose value the selector equals. Whether a second one that is equal gives anything is
// not described.
func (v evaluator) selected(d node, scope string) decision {
	best, earlier := denied, denied
	for _, option := range nodes(d["options"]) {
		chosen, _ := v.condition(node{"__type": "PermissionExpressionEqual", "left": d["selector"], "right": option["value"]})
		given := v.grants(object(option["node"]), scope)
		if earlier != denied {
			given = min(given, unknown)
		}
		best = max(best, min(chosen, given))
		earlier = max(earlier, chosen)
	}
	return best
}

// condition decides whether a condition holds, and whether its alternative does. One that is about another kind of entity
// does not hold; whether its negation or its alternative does then is not described, and neither is anything about one that
// is about both.
func (v evaluator) condition(x node) (holds, fails decision) {
	own, other := v.speaksOf(x)
	v.foreign = denied
	if own {
		v.foreign = unknown
	}
	holds = v.boolean(x)
	fails = not(holds)
	if other {
		return min(holds, unknown), min(fails, unknown)
	}
	return holds, fails
}

// speaksOf reports whether an expression is about the kind of entity that is asked about, and whether about another. Naming an
// entity is enough: what one equals that is of another kind than its context is not described.
func (v evaluator) speaksOf(x node) (own, other bool) {
	kind, is := contexts[typeOf(x)]
	if of, is := setsOf[typeOf(x)]; is {
		return of == v.on.kind || of == team, of != v.on.kind // what a set of teams is about is not described
	}
	if named, names := identities[typeOf(x)]; names {
		kind, is = named, true
	}
	_, said := x["context"]
	switch {
	case kind == team, typeOf(x) == "PermissionExpressionHasTag" && !said:
		return true, true // what it is about is not described
	case is:
		return kind == v.on.kind, kind != v.on.kind
	}
	for _, field := range x {
		if child, is := field.(node); is {
			childOwn, childOther := v.speaksOf(child)
			own, other = own || childOwn, other || childOther
		}
	}
	return own, other
}

func (v evaluator) boolean(x node) decision {
	switch typeOf(x) {
	case "PermissionExpressionAnd":
		return min(v.boolean(object(x["left"])), v.boolean(object(x["right"])))
	case "PermissionExpressionOr":
		return max(v.boolean(object(x["left"])), v.boolean(object(x["right"])))
	case "PermissionExpressionNot":
		return not(v.boolean(object(x["node"])))
	case "PermissionExpressionEqual":
		return v.equal(v.value(object(x["left"])), v.value(object(x["right"])))
	case "PermissionExpressionIn":
		return v.in(v.value(object(x["target"])), object(x["values"]))
	case "PermissionExpressionHasTag":
		return v.hasTag(x)
	case "PermissionLiteralExpressionBool":
		return decide(x["value"] == true)
	}
	return unknown
}

func (v evaluator) hasTag(x node) decision {
	kind, known := contexts[typeOf(object(x["context"]))]
	if !known || kind == team {
		return unknown // without a context, or with a team's: not described
	}
	if kind != v.on.kind {
		return v.foreign
	}
	_, has := v.on.tags[text(x["key"])]
	return decide(has)
}

var contexts = map[string]string{
	"PermissionExpressionStack": stack, "PermissionExpressionEnvironment": environment,
	"PermissionExpressionInsightsAccount": account, "PermissionExpressionTeam": team,
}

// setsOf are the sets of entities, by kind.
var setsOf = map[string]string{
	"PermissionSetExpressionStack": stack, "PermissionSetExpressionEnvironment": environment,
	"PermissionSetExpressionInsightsAccount": account, "PermissionSetExpressionTeam": team,
}

// in decides whether a value is one of a set. One of another kind of entity is not about the entity, also in an empty set.
func (v evaluator) in(is value, set node) decision {
	of, ofEntities := setsOf[typeOf(set)]
	switch {
	case of == team:
		return unknown
	case is.kind == "":
		return unknown
	case is.foreign, ofEntities && ofTwoKinds(is.kind, of):
		return v.foreign
	}
	held := denied
	for _, text := range list(set["values"]) {
		held = max(held, v.equal(is, value{kind: "string", is: text}))
	}
	for _, id := range list(set["identities"]) {
		held = max(held, v.equal(is, value{kind: of, is: id}))
	}
	return held
}

// ofTwoKinds reports whether two values are entities of different kinds, which cannot be compared.
func ofTwoKinds(a, b string) bool {
	_, isEntity := reads[a]
	_, isAnother := reads[b]
	return isEntity && isAnother && a != b
}

var identities = map[string]string{
	"PermissionLiteralExpressionStack": stack, "PermissionLiteralExpressionEnvironment": environment,
	"PermissionLiteralExpressionInsightsAccount": account,
}

func (v evaluator) value(x node) value {
	kind := typeOf(x)
	switch kind {
	case "PermissionLiteralExpressionString":
		return value{kind: "string", is: x["value"]}
	case "PermissionLiteralExpressionNumber":
		return value{kind: "number", is: x["value"]}
	case "PermissionLiteralExpressionBool":
		return value{kind: "bool", is: x["value"]}
	case "PermissionExpressionTag":
		return v.tag(x)
	}
	if of, ok := identities[kind]; ok {
		return value{kind: of, is: x["identity"]}
	}
	if of, ok := contexts[kind]; ok && of != team {
		return value{kind: of, is: v.on.id, foreign: of != v.on.kind}
	}
	if d := v.boolean(x); d != unknown {
		return value{kind: "bool", is: d == allowed}
	}
	return value{}
}

func (v evaluator) tag(x node) value {
	kind, known := contexts[typeOf(object(x["context"]))]
	if !known || kind == team {
		return value{}
	}
	if kind != v.on.kind {
		return value{kind: "string", foreign: true}
	}
	is, has := v.on.tags[text(x["key"])]
	return value{kind: "string", is: is, absent: !has}
}

// equal compares. Whether a tag that is absent equals another absent one, or the empty text, is not described.
func (v evaluator) equal(a, b value) decision {
	empty := func(v value) bool { return v.absent || v.kind == "string" && v.is == "" }
	switch {
	case a.kind == "" || b.kind == "":
		return unknown
	case a.foreign, b.foreign, ofTwoKinds(a.kind, b.kind):
		return v.foreign
	case (a.absent || b.absent) && empty(a) && empty(b):
		return unknown
	case a.absent || b.absent || a.kind != b.kind:
		return denied
	}
	return decide(a.is == b.is)
}

func typeOf(x node) string { return text(x["__type"]) }

func text(v any) string {
	s, _ := v.(string)
	return s
}

func object(v any) node {
	m, _ := v.(map[string]any)
	return m
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func nodes(v any) []node {
	var all []node
	for _, entry := range list(v) {
		all = append(all, object(entry))
	}
	return all
}

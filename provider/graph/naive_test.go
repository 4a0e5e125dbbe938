package graph_test

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
)

// The naive evaluator decides access from what is documented, and shares no code with packages access and graph: it has
// its own form of an organization, its own reading of descriptors, and no index. An answer is "certain", "possible" or "".

type naiveOrg struct {
	login                                             string
	defaults                                          map[string]string // level by kind
	restricted                                        bool
	records                                           map[string]naiveRecord
	memberRole, adminRole, defaultRole, defaultDeploy string
	users                                             []naiveUser
	teams                                             []naiveTeam
	tokens                                            []naiveToken
	deployments                                       []naiveDeployment
	agents                                            []naiveAssistant
	policies                                          []naiveTrust        // of one issuer, named ci
	everyScope                                        map[string][]string // by kind
	toggles                                           map[string]bool     // of members, by the scope that they give or take
}

type naiveRecord struct{ name, builtin, details string }

type naiveUser struct {
	login, role             string
	admin, unknown, suspend bool
}

type naiveTeam struct {
	name           string
	members, roles []string
	levels         map[string]string // by kind and name of the entity: a level, or "set:" and an id
}

type naiveToken struct {
	name, team, role string
	admin            bool
}

type naiveDeployment struct {
	stack, role string
	ownToken    bool
}

type naiveAssistant struct {
	name, role string
	paused     bool
}

type naiveTrust struct {
	deny, admin        bool
	tokens, name, role string // name of the team (a pattern), login or runner
	claims             map[string]string
}

type naiveEntity struct {
	kind, id, name, owner string
	tags                  map[string]string
	direct                map[string]string
	assigned              map[string][]string
	gates                 []naiveGate
	imports               []naiveImport
}

type naiveGate struct {
	action                  string
	approvals               int
	self                    bool
	teams, users, permitted []string
}

type naiveImport struct {
	entity naiveEntity
	scope  string
}

// better is the stronger of two answers.
func better(a, b string) string {
	if a == "certain" || b == "certain" {
		return "certain"
	}
	return a + strings.TrimPrefix(b, a)
}

// weaker is the weaker of two answers.
func weaker(a, b string) string {
	switch {
	case a == "" || b == "":
		return ""
	case a == "possible" || b == "possible":
		return "possible"
	}
	return "certain"
}

func scopeKind(scope string) string {
	if strings.HasSuffix(scope, ":create") && (strings.HasPrefix(scope, "stack:") || strings.HasPrefix(scope, "environment:") || strings.HasPrefix(scope, "insights_account:")) {
		return "global"
	}
	switch family, _, _ := strings.Cut(scope, ":"); family {
	case "stack", "stack_tags", "stack_access", "stack_deployment", "stack_deployment_settings", "stack_schedule":
		return "stack"
	case "environment", "environment_version", "environment_tag", "environment_access":
		return "environment"
	case "insights_account", "insights_account_access":
		return "insights-account"
	default:
		return "global"
	}
}

func object(text string) map[string]any {
	if known, found := objects.Load(text); found {
		return known.(map[string]any)
	}
	var out map[string]any
	if json.Unmarshal([]byte(text), &out) != nil {
		return nil
	}
	objects.Store(text, out)
	return out
}

var objects sync.Map // texts that were read already; nobody changes what was read

// descriptor decides whether a descriptor grants a scope on an entity. at are the records on the way, which ends cycles.
func (o *naiveOrg) descriptor(node map[string]any, scope string, e naiveEntity, at []string) string {
	held := ""
	sub := func(key string) map[string]any { m, _ := node[key].(map[string]any); return m }
	list := func(key string) []any { l, _ := node[key].([]any); return l }
	switch node["__type"] {
	case "PermissionDescriptorAllow":
		for _, granted := range list("permissions") {
			if granted == scope && (scopeKind(scope) == e.kind || strings.HasPrefix(scope, "change_gate:") && e.kind != "stack" && e.kind != "insights-account") {
				held = "certain"
			}
		}
	case "PermissionDescriptorGroup":
		for _, entry := range list("entries") {
			held = better(held, o.descriptor(entry.(map[string]any), scope, e, at))
		}
	case "PermissionDescriptorCompose":
		for _, id := range list("permissionDescriptors") {
			if record, found := o.records[id.(string)]; found && !slices.Contains(at, id.(string)) {
				held = better(held, o.descriptor(object(record.details), scope, e, append(slices.Clone(at), id.(string))))
			}
		}
	case "PermissionDescriptorCondition":
		yes, _ := readings(sub("condition"), e)
		held = weaker(yes, o.descriptor(sub("subNode"), scope, e, at))
	case "PermissionDescriptorIfThenElse":
		yes, no := readings(sub("condition"), e)
		held = better(weaker(yes, o.descriptor(sub("subNodeForTrue"), scope, e, at)), weaker(no, o.descriptor(sub("subNodeForFalse"), scope, e, at)))
	case "PermissionDescriptorSelect":
		earlier := false // whether a second option that is equal gives anything is not described
		for _, option := range list("options") {
			option := option.(map[string]any)
			is := map[string]any{"__type": "PermissionExpressionEqual", "left": node["selector"], "right": option["value"]}
			yes, _ := readings(is, e)
			if earlier {
				yes = weaker(yes, "possible")
			}
			earlier = earlier || yes != ""
			held = better(held, weaker(yes, o.descriptor(option["node"].(map[string]any), scope, e, at)))
		}
	}
	return held
}

// readings decides a condition under every reading: each part that the documentation leaves open is tried as true and as
// false. yes is the answer for what stands below the condition, no for what stands below its opposite.
func readings(condition map[string]any, e naiveEntity) (yes, no string) {
	kinds, open := map[string]bool{}, false
	about(condition, kinds, &open)
	other := len(kinds) > 1 || len(kinds) == 1 && !kinds[e.kind]
	free := 0
	truth(condition, e, func() bool { free++; return false })
	held, refused := 0, 0
	for bits := range 1 << free {
		at := -1
		if truth(condition, e, func() bool { at++; return bits>>at&1 == 1 }) {
			held++
		} else {
			refused++
		}
	}
	if other && !kinds[e.kind] && !open && held > 0 && refused > 0 {
		// It is about another kind of entity alone, and so does not hold; whether what is said with Not or else does is open.
		if truth(condition, e, func() bool { return false }) {
			return "possible", ""
		}
		return "", "possible"
	}
	answer := func(in, out int) string {
		switch {
		case in == 0:
			return ""
		case out > 0 || other || open: // a condition that is not about the entity alone may as well grant nothing at all
			return "possible"
		}
		return "certain"
	}
	return answer(held, refused), answer(refused, held)
}

var entityWords = map[string]string{"Stack": "stack", "Environment": "environment", "InsightsAccount": "insights-account", "Team": "team"}

// about gathers the kinds that a condition is about. open says that it is about a team, or about a tag of it knows not what.
func about(x map[string]any, kinds map[string]bool, open *bool) {
	name, _ := x["__type"].(string)
	for _, prefix := range []string{"PermissionExpression", "PermissionLiteralExpression", "PermissionSetExpression"} {
		if kind := entityWords[strings.TrimPrefix(name, prefix)]; kind == "team" {
			*open = true
		} else if kind != "" {
			kinds[kind] = true
		}
	}
	if name == "PermissionExpressionHasTag" && x["context"] == nil {
		*open = true
	}
	for _, part := range []string{"left", "right", "node", "context", "target", "values"} {
		if m, ok := x[part].(map[string]any); ok {
			about(m, kinds, open)
		}
	}
}

// truth evaluates every part, and takes the value of what is left open from free.
func truth(x map[string]any, e naiveEntity, free func() bool) bool {
	sub := func(key string) map[string]any { m, _ := x[key].(map[string]any); return m }
	switch x["__type"] {
	case "PermissionExpressionAnd":
		left, right := truth(sub("left"), e, free), truth(sub("right"), e, free)
		return left && right
	case "PermissionExpressionOr":
		left, right := truth(sub("left"), e, free), truth(sub("right"), e, free)
		return left || right
	case "PermissionExpressionNot":
		return !truth(sub("node"), e, free)
	case "PermissionExpressionIn":
		return within(worth(sub("target"), e, free), sub("values"), free)
	case "PermissionExpressionHasTag":
		if own(sub("context"), e) {
			_, has := e.tags[x["key"].(string)]
			return has
		}
		return free()
	}
	return same(worth(sub("left"), e, free), worth(sub("right"), e, free), free)
}

// within reports whether a value is in a set. One that is about another entity, or of another kind than the set's, is left open once.
func within(a any, set map[string]any, free func() bool) bool {
	word := entityWords[strings.TrimPrefix(set["__type"].(string), "PermissionSetExpression")]
	id, isEntity := a.(naiveID)
	if a == (naiveUnknown{}) || isEntity && word != "" && id.kind != word {
		return free()
	}
	in := false
	for _, list := range []string{"identities", "values"} {
		members, _ := set[list].([]any)
		for _, member := range members {
			b := member
			if word != "" {
				b = naiveID{word, member.(string)}
			}
			in = same(a, b, free) || in
		}
	}
	return in
}

func own(context map[string]any, e naiveEntity) bool {
	name, _ := context["__type"].(string)
	return entityWords[strings.TrimPrefix(name, "PermissionExpression")] == e.kind
}

// worth is the value of an expression: nil is an absent tag, an unknown is about another entity.
type naiveUnknown struct{}

type naiveID struct{ kind, id string }

func worth(x map[string]any, e naiveEntity, free func() bool) any {
	name, _ := x["__type"].(string)
	literal, isLiteral := strings.CutPrefix(name, "PermissionLiteralExpression")
	switch {
	case isLiteral && entityWords[literal] != "":
		return naiveID{entityWords[literal], x["identity"].(string)}
	case isLiteral:
		return x["value"]
	case strings.HasPrefix(name, "PermissionSetExpression"): // what a whole set is worth is not described
		return naiveUnknown{}
	case name == "PermissionExpressionTag":
		if context, _ := x["context"].(map[string]any); !own(context, e) {
			return naiveUnknown{}
		}
		if value, has := e.tags[x["key"].(string)]; has {
			return value
		}
		return nil
	case entityWords[strings.TrimPrefix(name, "PermissionExpression")] != "":
		if own(x, e) {
			return naiveID{e.kind, e.id}
		}
		return naiveUnknown{}
	}
	return truth(x, e, free)
}

func same(a, b any, free func() bool) bool {
	idA, entityA := a.(naiveID)
	idB, entityB := b.(naiveID)
	switch {
	case a == naiveUnknown{} || b == naiveUnknown{}, entityA && entityB && idA.kind != idB.kind:
		return free()
	case (a == nil || b == nil) && (a == nil || a == "") && (b == nil || b == ""):
		return free()
	}
	return a == b && a != nil
}

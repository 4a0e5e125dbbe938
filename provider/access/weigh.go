package access

// weight is what is known of a condition for one entity: whether the descriptor below it may be granted, and why that is not
// certain. otherwise is the same for the opposite of the condition.
type weight struct {
	may, otherwise bool
	doubt          string
}

func (w weight) opposite() weight { return weight{may: w.otherwise, otherwise: w.may, doubt: w.doubt} }

// What Pulumi Cloud does not document about conditions.
const (
	doubtKinds   = "its condition is about two kinds of entity, and how Pulumi Cloud decides that is not documented"
	doubtOther   = "its condition is about another kind of entity, and whether Pulumi Cloud then takes its opposite to hold is not documented"
	doubtTeam    = "its condition is about a team by an id that Pulumi Cloud does not show"
	doubtSet     = "its condition compares with a whole set of values, and how Pulumi Cloud decides that is not documented"
	doubtContext = "its condition names a tag without saying of what, and how Pulumi Cloud decides that is not documented"
	doubtOption  = "an earlier option may be selected as well, and whether Pulumi Cloud then takes a second one is not documented"
	doubtAbsent  = "its condition compares a tag that the entity lacks, and how Pulumi Cloud decides that is not documented"
)

// weigh evaluates a condition under every reading of the documentation at once. A condition that is about other kinds of entity
// alone is false; whether its opposite is then true, as a Not or in the else of an IfThenElse, is not documented. A condition that
// is also about another kind, or about something that is not known, is never certainly true and never certainly false.
func weigh(condition Expression, e Entity) weight {
	about := mentions{}
	about.gather(condition)
	own, other := about.kinds[e.Kind], len(about.kinds) > 0 && (len(about.kinds) > 1 || !about.kinds[e.Kind])
	t := tri{entity: e}
	value := t.evaluate(condition)
	if value == triMaybe && other && !own && !about.team && !about.noContext {
		t.otherKind = triNo
		value = t.evaluate(condition)
		return weight{may: value != triNo, otherwise: value != triYes, doubt: doubtOther}
	}
	w := weight{may: value != triNo, otherwise: value != triYes}
	switch {
	case other:
		w.doubt = doubtKinds
	case about.team:
		w.doubt = doubtTeam
	case about.noContext:
		w.doubt = doubtContext
	case about.set:
		w.doubt = doubtSet
	case value == triMaybe:
		w.doubt = doubtAbsent
	}
	return w
}

// mentions are the kinds of entity that a condition is about, by a context or by a literal.
type mentions struct {
	kinds           map[EntityKind]bool // without teams
	team, noContext bool
	set             bool // one that is not what an In compares with
}

func (m *mentions) gather(expression Expression) {
	sets := 0
	for part := range walkExpression(expression) {
		switch part := part.(type) {
		case HasTag:
			m.noContext = m.noContext || part.Context == nil
		case In:
			sets--
		case StringSet:
			sets++
		case Context:
			m.kind(part.Kind)
		case LiteralEntity:
			m.kind(part.Kind)
		case EntitySet:
			sets++
			m.kind(part.Kind)
		}
	}
	m.set = sets > 0
}

func (m *mentions) kind(kind EntityKind) {
	if kind == Team {
		m.team = true
		return
	}
	if m.kinds == nil {
		m.kinds = map[EntityKind]bool{}
	}
	m.kinds[kind] = true
}

// tri evaluates conditions with three values. otherKind is the value of what is about another kind of entity.
type tri struct {
	entity    Entity
	otherKind triValue
}

type triValue int

const (
	triMaybe triValue = iota
	triNo
	triYes
)

func (t tri) evaluate(condition Expression) triValue {
	switch x := condition.(type) {
	case And:
		return t.and(t.evaluate(x.Left), t.evaluate(x.Right))
	case Or:
		return t.or(t.evaluate(x.Left), t.evaluate(x.Right))
	case Not:
		return invert(t.evaluate(x.Node))
	case Equal:
		return t.equal(t.value(x.Left), t.value(x.Right))
	case In:
		return t.in(x)
	case HasTag:
		if !fits(x.Context, t.entity) {
			return t.otherKind
		}
		_, present := t.entity.Tags[x.Key]
		return triOf(present)
	default:
		return triMaybe
	}
}

func (tri) and(left, right triValue) triValue {
	switch {
	case left == triNo || right == triNo:
		return triNo
	case left == triYes && right == triYes:
		return triYes
	default:
		return triMaybe
	}
}

func (t tri) or(left, right triValue) triValue { return invert(t.and(invert(left), invert(right))) }

func invert(v triValue) triValue {
	switch v {
	case triYes:
		return triNo
	case triNo:
		return triYes
	default:
		return triMaybe
	}
}

func triOf(is bool) triValue {
	if is {
		return triYes
	}
	return triNo
}

// in compares with each value of the set; nothing is in an empty one.
func (t tri) in(x In) triValue {
	target := t.value(x.Target)
	set, entities := x.Values.(EntitySet)
	if target.sort == notApplicableValue || entities && target.sort == entityValue && target.kind != set.Kind {
		return t.otherKind
	}
	result := triNo
	for _, member := range members(x.Values) {
		result = t.or(result, t.equal(target, t.value(member)))
	}
	return result
}

// equal compares two values. Whether an absent tag equals another one, or the empty text, is not documented.
func (t tri) equal(left, right value) triValue {
	empty := func(v value) bool { return v.sort == absentValue || v == value{sort: textValue} }
	switch {
	case left.sort == notApplicableValue || right.sort == notApplicableValue:
		return t.otherKind
	case left.sort == entityValue && right.sort == entityValue && left.kind != right.kind:
		return t.otherKind
	case empty(left) && empty(right) && (left.sort == absentValue || right.sort == absentValue):
		return triMaybe
	default:
		return triOf(left.sort != absentValue && left == right)
	}
}

// value is what an expression stands for. A condition whose value is not known is not applicable.
func (t tri) value(expression Expression) value {
	switch x := expression.(type) {
	case And, Or, Not, Equal, In, HasTag:
		if v := t.evaluate(x); v != triMaybe {
			return value{sort: boolValue, flag: v == triYes}
		}
		return value{}
	default:
		return valueOf(expression, t.entity)
	}
}

package access

// truthValue is what a condition evaluates to for one entity. A condition about another kind of entity is not applicable, and not
// merely false: Not would turn that into a grant on everything else.
type truthValue int

const (
	notApplicable truthValue = iota
	no
	yes
)

// holds reports whether a condition is true for the entity.
func holds(condition Expression, e Entity) bool { return evaluateCondition(condition, e) == yes }

func evaluateCondition(condition Expression, e Entity) truthValue {
	switch condition := condition.(type) {
	case And:
		return evaluateAnd(evaluateCondition(condition.Left, e), evaluateCondition(condition.Right, e))
	case Or:
		return evaluateOr(evaluateCondition(condition.Left, e), evaluateCondition(condition.Right, e))
	case Not:
		return evaluateNot(evaluateCondition(condition.Node, e))
	case Equal:
		return evaluateEqual(valueOf(condition.Left, e), valueOf(condition.Right, e))
	case In:
		return evaluateIn(condition, e)
	case HasTag:
		return evaluateTag(condition, e)
	default:
		return notApplicable
	}
}

// evaluateAnd is not applicable where one side is, even if the other is false: Not would then grant.
func evaluateAnd(left, right truthValue) truthValue {
	switch {
	case left == notApplicable || right == notApplicable:
		return notApplicable
	case left == yes && right == yes:
		return yes
	default:
		return no
	}
}

func evaluateOr(left, right truthValue) truthValue {
	switch {
	case left == yes || right == yes:
		return yes
	case left == notApplicable || right == notApplicable:
		return notApplicable
	default:
		return no
	}
}

func evaluateNot(v truthValue) truthValue {
	switch v {
	case yes:
		return no
	case no:
		return yes
	default:
		return notApplicable
	}
}

func evaluateTag(condition HasTag, e Entity) truthValue {
	if !fits(condition.Context, e) {
		return notApplicable
	}
	_, present := e.Tags[condition.Key]
	return truth(present)
}

// evaluateEqual compares two values. Nothing equals an absent value; entities of different kinds cannot be compared.
func evaluateEqual(left, right value) truthValue {
	switch {
	case left.sort == notApplicableValue || right.sort == notApplicableValue:
		return notApplicable
	case left.sort == entityValue && right.sort == entityValue && left.kind != right.kind:
		return notApplicable
	default:
		return truth(left.sort != absentValue && left == right)
	}
}

// evaluateIn compares with each value of the set. Nothing is in an empty one, but a target of another kind is not about the entity.
func evaluateIn(condition In, e Entity) truthValue {
	target := valueOf(condition.Target, e)
	result := evaluateEqual(target, value{sort: absentValue})
	if set, ok := condition.Values.(EntitySet); ok && target.sort == entityValue && target.kind != set.Kind {
		return notApplicable
	}
	for _, member := range members(condition.Values) {
		result = evaluateOr(result, evaluateEqual(target, valueOf(member, e)))
	}
	return result
}

func truth(b bool) truthValue {
	if b {
		return yes
	}
	return no
}

// value is what an expression stands for; values are equal when all of it is.
type value struct {
	sort   valueSort
	kind   EntityKind
	text   string
	number float64
	flag   bool
}

type valueSort int

const (
	notApplicableValue valueSort = iota
	absentValue
	textValue
	numberValue
	boolValue
	entityValue
)

func valueOf(expression Expression, e Entity) value {
	switch expression := expression.(type) {
	case LiteralString:
		return value{sort: textValue, text: expression.Value}
	case LiteralNumber:
		return value{sort: numberValue, number: expression.Value}
	case LiteralBool:
		return value{sort: boolValue, flag: expression.Value}
	case LiteralEntity:
		return entity(expression.Kind, expression.Identity)
	case Context:
		if !fits(expression, e) {
			return value{sort: notApplicableValue}
		}
		return entity(e.Kind, e.ID)
	case Tag:
		return tagValue(expression, e)
	default:
		return asValue(evaluateCondition(expression, e))
	}
}

// asValue lets conditions be compared like values, as the grammar allows.
func asValue(v truthValue) value {
	if v == notApplicable {
		return value{sort: notApplicableValue}
	}
	return value{sort: boolValue, flag: v == yes}
}

// entity is the value of an id; an empty one stands for no entity.
func entity(kind EntityKind, id string) value {
	if id == "" {
		return value{sort: absentValue}
	}
	return value{sort: entityValue, kind: kind, text: id}
}

func tagValue(tag Tag, e Entity) value {
	if !fits(tag.Context, e) {
		return value{sort: notApplicableValue}
	}
	text, present := e.Tags[tag.Key]
	if !present {
		return value{sort: absentValue}
	}
	return value{sort: textValue, text: text}
}

// fits reports whether a context is the kind of entity that is asked about. The organization is never one.
func fits(context Expression, e Entity) bool {
	c, ok := context.(Context)
	return ok && c.Kind == e.Kind && e.Kind != Organization
}

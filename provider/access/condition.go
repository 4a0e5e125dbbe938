package access

// verdict is the value of a condition for one entity. A condition that looks at another kind of entity is neither true nor
// false: were it merely false, Not would turn it into a grant on everything else.
type verdict int

const (
	foreign verdict = iota
	no
	yes
)

// holds reports whether a condition is true for the entity.
func holds(condition Expression, e Entity) bool { return judge(condition, e) == yes }

func judge(condition Expression, e Entity) verdict {
	switch condition := condition.(type) {
	case And:
		return judgeAnd(judge(condition.Left, e), judge(condition.Right, e))
	case Or:
		return judgeOr(judge(condition.Left, e), judge(condition.Right, e))
	case Not:
		return judgeNot(judge(condition.Node, e))
	case Equal:
		return judgeEqual(valueOf(condition.Left, e), valueOf(condition.Right, e))
	case In:
		return judgeIn(condition, e)
	case HasTag:
		return judgeTag(condition, e)
	default:
		return foreign
	}
}

// judgeAnd does not let a false side hide a foreign one, since Not would then grant.
func judgeAnd(left, right verdict) verdict {
	switch {
	case left == foreign || right == foreign:
		return foreign
	case left == yes && right == yes:
		return yes
	default:
		return no
	}
}

func judgeOr(left, right verdict) verdict {
	switch {
	case left == yes || right == yes:
		return yes
	case left == foreign || right == foreign:
		return foreign
	default:
		return no
	}
}

func judgeNot(v verdict) verdict {
	switch v {
	case yes:
		return no
	case no:
		return yes
	default:
		return foreign
	}
}

func judgeTag(condition HasTag, e Entity) verdict {
	if !fits(condition.Context, e) {
		return foreign
	}
	_, present := e.Tags[condition.Key]
	return truth(present)
}

// judgeEqual compares two values. Nothing equals an absent value; entities of different kinds cannot be compared.
func judgeEqual(left, right value) verdict {
	switch {
	case left.sort == foreignValue || right.sort == foreignValue:
		return foreign
	case left.sort == entityValue && right.sort == entityValue && left.kind != right.kind:
		return foreign
	default:
		return truth(left.sort != absentValue && left == right)
	}
}

// judgeIn compares with each value of the set. Nothing is in an empty one, but a target of another kind is not about the entity.
func judgeIn(condition In, e Entity) verdict {
	target := valueOf(condition.Target, e)
	result := judgeEqual(target, value{sort: absentValue})
	if set, ok := condition.Values.(EntitySet); ok && target.sort == entityValue && target.kind != set.Kind {
		return foreign
	}
	for _, member := range members(condition.Values) {
		result = judgeOr(result, judgeEqual(target, valueOf(member, e)))
	}
	return result
}

func truth(b bool) verdict {
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
	foreignValue valueSort = iota
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
			return value{sort: foreignValue}
		}
		return entity(e.Kind, e.ID)
	case Tag:
		return tagValue(expression, e)
	default:
		return truthValue(judge(expression, e))
	}
}

// truthValue lets conditions be compared like values, as the grammar allows.
func truthValue(v verdict) value {
	if v == foreign {
		return value{sort: foreignValue}
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
		return value{sort: foreignValue}
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

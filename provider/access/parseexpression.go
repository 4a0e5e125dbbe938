package access

import (
	"encoding/json"
	"strconv"
)

// contextKinds, entityKinds and entitySetKinds are contextTypes, entityTypes and entitySetTypes read backwards.
var (
	contextKinds   = inverse(contextTypes)
	entityKinds    = inverse(entityTypes)
	entitySetKinds = inverse(entitySetTypes)
)

func parseExpression(n node) (Expression, error) {
	members, name, err := n.object()
	if err != nil {
		return nil, err
	}
	if kind, ok := contextKinds[name]; ok {
		return Context{kind}, nil
	}
	if kind, ok := entityKinds[name]; ok {
		identity, err := n.member("identity").text()
		return orNothing(LiteralEntity{kind, identity}, err)
	}
	if kind, ok := entitySetKinds[name]; ok {
		identities, err := parseList(n.member("identities"), node.text)
		return orNothing(EntitySet{kind, identities}, err)
	}
	switch name {
	case typeAnd, typeOr:
		return parseBinary(n, name)
	case typeNot:
		operand, err := parseBoolean(n.member("node"))
		return orNothing(Not{operand}, err)
	case typeEqual:
		return parseEqual(n)
	case typeIn:
		return parseIn(n)
	case typeStringSet:
		values, err := parseList(n.member("values"), node.text)
		return orNothing(StringSet{values}, err)
	case typeHasTag, typeTag:
		return parseTag(n, name, members["context"] == nil)
	case typeLiteralString, typeLiteralNumber, typeLiteralBool:
		return parseLiteral(n.member("value"), name)
	default:
		return nil, n.errorf("%s is not a permission expression that is known here", quoted(name))
	}
}

// parseBoolean reads an expression that is true or false.
func parseBoolean(n node) (Expression, error) {
	expression, err := parseExpression(n)
	if err != nil {
		return nil, err
	}
	switch expression.(type) {
	case And, Or, Not, Equal, In, HasTag:
		return expression, nil
	default:
		return nil, n.errorf("want a condition (And, Or, Not, Equal, In, HasTag), got a value")
	}
}

func parseBinary(n node, name string) (Expression, error) {
	left, err := parseBoolean(n.member("left"))
	if err != nil {
		return nil, err
	}
	right, err := parseBoolean(n.member("right"))
	if name == typeAnd {
		return orNothing(And{left, right}, err)
	}
	return orNothing(Or{left, right}, err)
}

func parseEqual(n node) (Expression, error) {
	left, err := parseExpression(n.member("left"))
	if err != nil {
		return nil, err
	}
	right, err := parseExpression(n.member("right"))
	return orNothing(Equal{left, right}, err)
}

func parseIn(n node) (Expression, error) {
	target, err := parseExpression(n.member("target"))
	if err != nil {
		return nil, err
	}
	values, err := parseExpression(n.member("values"))
	if err != nil {
		return nil, err
	}
	switch values.(type) {
	case EntitySet, StringSet:
		return In{target, values}, nil
	default:
		return nil, n.member("values").errorf("want a set of values (PermissionSetExpressionStack and the like)")
	}
}

func parseTag(n node, name string, withoutContext bool) (Expression, error) {
	key, err := n.member("key").text()
	if err != nil {
		return nil, err
	}
	if withoutContext && name == typeHasTag {
		return HasTag{Key: key}, nil
	}
	context, err := parseContext(n.member("context"))
	if name == typeHasTag {
		return orNothing(HasTag{context, key}, err)
	}
	return orNothing(Tag{context, key}, err)
}

func parseContext(n node) (Expression, error) {
	expression, err := parseExpression(n)
	if err != nil {
		return nil, err
	}
	if _, ok := expression.(Context); !ok {
		return nil, n.errorf("want the entity that is asked about (PermissionExpressionStack and the like)")
	}
	return expression, nil
}

func parseLiteral(n node, name string) (Expression, error) {
	switch value := n.value.(type) {
	case string:
		if name == typeLiteralString {
			return LiteralString{value}, nil
		}
	case bool:
		if name == typeLiteralBool {
			return LiteralBool{value}, nil
		}
	case json.Number:
		if number, err := strconv.ParseFloat(value.String(), 64); err == nil && name == typeLiteralNumber {
			return LiteralNumber{number}, nil
		}
	}
	return nil, n.errorf("%s does not fit %s", jsonType(n.value), name)
}

func orNothing(e Expression, err error) (Expression, error) {
	if err != nil {
		return nil, err
	}
	return e, nil
}

func inverse(types map[EntityKind]string) map[string]EntityKind {
	kinds := make(map[string]EntityKind, len(types))
	for kind, name := range types {
		kinds[name] = kind
	}
	return kinds
}

package access

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"
)

// ParseDescriptor reads the service's JSON. It refuses, with the path: an unknown "__type", a missing or mistyped part,
// a value where a condition is needed, and a constraint that it does not know (dropping one would widen the grant). Other
// keys that it does not know are ignored. Empty lists read as nil; a MaxOpenDuration of 0 means no bound, as on the service.
// Only a HasTag may lack its context.
func ParseDescriptor(data []byte) (Descriptor, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("permission descriptor: not JSON: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("permission descriptor: something follows after the JSON object")
	}
	return parseDescriptor(node{value: value})
}

// node is a JSON value and where it stands.
type node struct {
	value any
	place *trail
}

// trail is a path from its end; it is put together only for an error, since documents can be as deep as they are long.
type trail struct {
	parent *trail
	step   step
}

func (n node) errorf(format string, args ...any) error {
	var path []step
	for at := n.place; at != nil; at = at.parent {
		path = append(path, at.step)
	}
	slices.Reverse(path)
	where := "the top"
	if len(path) > 0 {
		where = bounded(render(path), maxPathBytes)
	}
	return fmt.Errorf("permission descriptor: at %s: %s", where, fmt.Sprintf(format, args...))
}

// maxPathBytes bounds the path in an error.
const maxPathBytes = 400

// object returns the node's members and its "__type".
func (n node) object() (map[string]any, string, error) {
	members, ok := n.value.(map[string]any)
	if !ok {
		return nil, "", n.errorf("want an object, got %s", jsonType(n.value))
	}
	name, ok := members["__type"].(string)
	if !ok {
		return nil, "", n.errorf(`the object has no "__type"`)
	}
	return members, name, nil
}

// member returns a part of an object; a missing one is null, which every reader of a part refuses.
func (n node) member(key string) node {
	members, _ := n.value.(map[string]any)
	return node{members[key], &trail{n.place, step{key, whole}}}
}

// list returns the elements of an array that is a member; null and a missing array are empty.
func (n node) list() ([]node, error) {
	if n.value == nil {
		return nil, nil
	}
	values, ok := n.value.([]any)
	if !ok {
		return nil, n.errorf("want a list, got %s", jsonType(n.value))
	}
	elements := make([]node, len(values))
	for i, value := range values {
		elements[i] = node{value, &trail{n.place.parent, step{n.place.step.field, i}}}
	}
	return elements, nil
}

func (n node) text() (string, error) {
	text, ok := n.value.(string)
	if !ok {
		return "", n.errorf("want a string, got %s", jsonType(n.value))
	}
	return text, nil
}

// parseList parses each element of an array; an empty one is nil.
func parseList[T any](n node, parse func(node) (T, error)) ([]T, error) {
	elements, err := n.list()
	if err != nil || len(elements) == 0 {
		return nil, err
	}
	values := make([]T, len(elements))
	for i, element := range elements {
		if values[i], err = parse(element); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func parseDescriptor(n node) (Descriptor, error) {
	_, name, err := n.object()
	if err != nil {
		return nil, err
	}
	switch name {
	case typeAllow:
		return parseAllow(n)
	case typeGroup:
		entries, err := parseList(n.member("entries"), parseDescriptor)
		return orNil(Group{entries}, err)
	case typeCondition:
		return parseCondition(n)
	case typeIfThenElse:
		return parseIfThenElse(n)
	case typeSelect:
		return parseSelect(n)
	case typeCompose:
		ids, err := parseList(n.member("permissionDescriptors"), node.text)
		return orNil(Compose{ids}, err)
	default:
		return nil, n.errorf("%s is not a permission descriptor that is known here", quoted(name))
	}
}

// orNil keeps half-read descriptors from escaping along with an error.
func orNil(d Descriptor, err error) (Descriptor, error) {
	if err != nil {
		return nil, err
	}
	return d, nil
}

func parseAllow(n node) (Descriptor, error) {
	permissions, err := parseList(n.member("permissions"), node.text)
	if err != nil {
		return nil, err
	}
	limit, err := parseConstraints(n.member("constraints"))
	return orNil(Allowed{Permissions: permissions, MaxOpenDuration: limit}, err)
}

func parseConstraints(n node) (time.Duration, error) {
	if n.value == nil {
		return 0, nil
	}
	members, ok := n.value.(map[string]any)
	if !ok {
		return 0, n.errorf("want an object, got %s", jsonType(n.value))
	}
	for key := range members {
		if key != "MaxOpenDuration" {
			return 0, n.errorf("the constraint %s is not known here", quoted(key))
		}
	}
	return parseSeconds(n.member("MaxOpenDuration"))
}

func parseSeconds(n node) (time.Duration, error) {
	if n.value == nil {
		return 0, nil
	}
	number, ok := n.value.(json.Number)
	if !ok {
		return 0, n.errorf("want a number of seconds, got %s", jsonType(n.value))
	}
	seconds, err := strconv.ParseInt(number.String(), 10, 64)
	if err != nil || seconds < 0 || seconds > math.MaxInt64/int64(time.Second) {
		return 0, n.errorf("%s is not a whole number of seconds that is possible", quoted(number.String()))
	}
	return time.Duration(seconds) * time.Second, nil
}

func parseCondition(n node) (Descriptor, error) {
	condition, err := parseBoolean(n.member("condition"))
	if err != nil {
		return nil, err
	}
	subNode, err := parseDescriptor(n.member("subNode"))
	return orNil(Condition{condition, subNode}, err)
}

func parseIfThenElse(n node) (Descriptor, error) {
	condition, err := parseBoolean(n.member("condition"))
	if err != nil {
		return nil, err
	}
	whenTrue, err := parseDescriptor(n.member("subNodeForTrue"))
	if err != nil {
		return nil, err
	}
	whenFalse, err := parseDescriptor(n.member("subNodeForFalse"))
	return orNil(IfThenElse{condition, whenTrue, whenFalse}, err)
}

func parseSelect(n node) (Descriptor, error) {
	selector, err := parseExpression(n.member("selector"))
	if err != nil {
		return nil, err
	}
	options, err := parseList(n.member("options"), parseOption)
	return orNil(Select{selector, options}, err)
}

func parseOption(n node) (Option, error) {
	value, err := parseExpression(n.member("value"))
	if err != nil {
		return Option{}, err
	}
	descriptor, err := parseDescriptor(n.member("node"))
	return Option{value, descriptor}, err
}

func jsonType(value any) string {
	switch value.(type) {
	case nil:
		return "nothing"
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	case string:
		return "a string"
	case []any:
		return "a list"
	default:
		return "an object"
	}
}

// quoted bounds what an error repeats of a document that may hold anything.
func quoted(text string) string { return strconv.Quote(bounded(text, 60)) }

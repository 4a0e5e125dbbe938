package access

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// The service's names of the variants, in "__type".
const (
	typeAllow      = "PermissionDescriptorAllow"
	typeGroup      = "PermissionDescriptorGroup"
	typeCondition  = "PermissionDescriptorCondition"
	typeIfThenElse = "PermissionDescriptorIfThenElse"
	typeSelect     = "PermissionDescriptorSelect"
	typeCompose    = "PermissionDescriptorCompose"

	typeAnd           = "PermissionExpressionAnd"
	typeOr            = "PermissionExpressionOr"
	typeNot           = "PermissionExpressionNot"
	typeEqual         = "PermissionExpressionEqual"
	typeIn            = "PermissionExpressionIn"
	typeStringSet     = "PermissionSetExpressionString"
	typeHasTag        = "PermissionExpressionHasTag"
	typeTag           = "PermissionExpressionTag"
	typeLiteralString = "PermissionLiteralExpressionString"
	typeLiteralNumber = "PermissionLiteralExpressionNumber"
	typeLiteralBool   = "PermissionLiteralExpressionBool"
)

// contextTypes, entityTypes and entitySetTypes name the variants that exist once per kind.
var (
	contextTypes = map[EntityKind]string{
		Stack:       "PermissionExpressionStack",
		Environment: "PermissionExpressionEnvironment",
		Account:     "PermissionExpressionInsightsAccount",
		Team:        "PermissionExpressionTeam",
	}
	entityTypes = map[EntityKind]string{
		Stack:       "PermissionLiteralExpressionStack",
		Environment: "PermissionLiteralExpressionEnvironment",
		Account:     "PermissionLiteralExpressionInsightsAccount",
		Team:        "PermissionLiteralExpressionTeam",
	}
	entitySetTypes = map[EntityKind]string{
		Stack:       "PermissionSetExpressionStack",
		Environment: "PermissionSetExpressionEnvironment",
		Account:     "PermissionSetExpressionInsightsAccount",
		Team:        "PermissionSetExpressionTeam",
	}
)

// MarshalDescriptor writes the service's JSON. What [ParseDescriptor] read is written so that it reads back the same:
// empty lists are nil in Go and [] in JSON. Missing parts and durations that are not whole seconds are errors.
func MarshalDescriptor(d Descriptor) ([]byte, error) {
	wire, err := descriptorWire(d)
	if err != nil {
		return nil, err
	}
	return json.Marshal(wire)
}

// wire structs keep the order of keys that the service's documentation uses; a nil map or list would be null.
type (
	wireConstraints struct {
		MaxOpenDuration int64 `json:"MaxOpenDuration"`
	}
	wireAllow struct {
		Type        string           `json:"__type"`
		Permissions []string         `json:"permissions"`
		Constraints *wireConstraints `json:"constraints,omitempty"`
	}
	wireGroup struct {
		Type    string `json:"__type"`
		Entries []any  `json:"entries"`
	}
	wireCondition struct {
		Type      string `json:"__type"`
		Condition any    `json:"condition"`
		SubNode   any    `json:"subNode"`
	}
	wireIfThenElse struct {
		Type      string `json:"__type"`
		Condition any    `json:"condition"`
		WhenTrue  any    `json:"subNodeForTrue"`
		WhenFalse any    `json:"subNodeForFalse"`
	}
	wireOption struct {
		Value any `json:"value"`
		Node  any `json:"node"`
	}
	wireSelect struct {
		Type     string       `json:"__type"`
		Selector any          `json:"selector"`
		Options  []wireOption `json:"options"`
	}
	wireCompose struct {
		Type string   `json:"__type"`
		IDs  []string `json:"permissionDescriptors"`
	}
	wireBinary struct {
		Type  string `json:"__type"`
		Left  any    `json:"left"`
		Right any    `json:"right"`
	}
	wireUnary struct {
		Type string `json:"__type"`
		Node any    `json:"node"`
	}
	wireIn struct {
		Type   string `json:"__type"`
		Target any    `json:"target"`
		Values any    `json:"values"`
	}
	wireEntitySet struct {
		Type       string   `json:"__type"`
		Identities []string `json:"identities"`
	}
	wireStringSet struct {
		Type   string   `json:"__type"`
		Values []string `json:"values"`
	}
	wireTag struct {
		Type    string `json:"__type"`
		Context any    `json:"context,omitempty"`
		Key     string `json:"key"`
	}
	wireContext struct {
		Type string `json:"__type"`
	}
	wireLiteral struct {
		Type  string `json:"__type"`
		Value any    `json:"value"`
	}
	wireEntity struct {
		Type     string `json:"__type"`
		Identity string `json:"identity"`
	}
)

func descriptorWire(d Descriptor) (any, error) {
	switch d := d.(type) {
	case Allowed:
		return allowWire(d)
	case Group:
		entries, err := mapErr(d.Entries, descriptorWire)
		return wireGroup{typeGroup, entries}, err
	case Condition:
		condition, err := expressionWire(d.Condition)
		subNode, subErr := descriptorWire(d.SubNode)
		return wireCondition{typeCondition, condition, subNode}, errors.Join(err, subErr)
	case IfThenElse:
		condition, err := expressionWire(d.Condition)
		whenTrue, trueErr := descriptorWire(d.WhenTrue)
		whenFalse, falseErr := descriptorWire(d.WhenFalse)
		return wireIfThenElse{typeIfThenElse, condition, whenTrue, whenFalse}, errors.Join(err, trueErr, falseErr)
	case Select:
		selector, err := expressionWire(d.Selector)
		options, optionErr := mapErr(d.Options, optionWire)
		return wireSelect{typeSelect, selector, options}, errors.Join(err, optionErr)
	case Compose:
		return wireCompose{typeCompose, notNil(d.IDs)}, nil
	default:
		return nil, fmt.Errorf("a descriptor is missing where one is needed (%T)", d)
	}
}

func allowWire(d Allowed) (any, error) {
	wire := wireAllow{Type: typeAllow, Permissions: notNil(d.Permissions)}
	if d.MaxOpenDuration < 0 || d.MaxOpenDuration%time.Second != 0 {
		return nil, fmt.Errorf("MaxOpenDuration %s is not a whole number of seconds", d.MaxOpenDuration)
	}
	if d.MaxOpenDuration > 0 {
		wire.Constraints = &wireConstraints{MaxOpenDuration: int64(d.MaxOpenDuration / time.Second)}
	}
	return wire, nil
}

func optionWire(o Option) (wireOption, error) {
	value, err := expressionWire(o.Value)
	node, nodeErr := descriptorWire(o.Node)
	return wireOption{value, node}, errors.Join(err, nodeErr)
}

func expressionWire(e Expression) (any, error) {
	switch e := e.(type) {
	case And:
		return binaryWire(typeAnd, e.Left, e.Right)
	case Or:
		return binaryWire(typeOr, e.Left, e.Right)
	case Equal:
		return binaryWire(typeEqual, e.Left, e.Right)
	case Not:
		node, err := expressionWire(e.Node)
		return wireUnary{typeNot, node}, err
	case In:
		target, err := expressionWire(e.Target)
		values, valuesErr := expressionWire(e.Values)
		return wireIn{typeIn, target, values}, errors.Join(err, valuesErr)
	case EntitySet:
		return kindWire(entitySetTypes, e.Kind, func(t string) any { return wireEntitySet{t, notNil(e.Identities)} })
	case StringSet:
		return wireStringSet{typeStringSet, notNil(e.Values)}, nil
	case HasTag:
		return tagWire(typeHasTag, e.Context, e.Key)
	case Tag:
		return tagWire(typeTag, e.Context, e.Key)
	case Context:
		return kindWire(contextTypes, e.Kind, func(t string) any { return wireContext{t} })
	case LiteralEntity:
		return kindWire(entityTypes, e.Kind, func(t string) any { return wireEntity{t, e.Identity} })
	case LiteralString:
		return wireLiteral{typeLiteralString, e.Value}, nil
	case LiteralNumber:
		return wireLiteral{typeLiteralNumber, e.Value}, nil
	case LiteralBool:
		return wireLiteral{typeLiteralBool, e.Value}, nil
	default:
		return nil, fmt.Errorf("an expression is missing where one is needed (%T)", e)
	}
}

func binaryWire(name string, left, right Expression) (any, error) {
	l, err := expressionWire(left)
	r, rightErr := expressionWire(right)
	return wireBinary{name, l, r}, errors.Join(err, rightErr)
}

func tagWire(name string, context Expression, key string) (any, error) {
	if context == nil && name == typeHasTag {
		return wireTag{Type: name, Key: key}, nil
	}
	wire, err := expressionWire(context)
	return wireTag{name, wire, key}, err
}

func kindWire(types map[EntityKind]string, kind EntityKind, wire func(string) any) (any, error) {
	name, known := types[kind]
	if !known {
		return nil, fmt.Errorf("no expression exists for entities of kind %q", kind)
	}
	return wire(name), nil
}

// mapErr applies f to each value; the result is never nil.
func mapErr[T, U any](values []T, f func(T) (U, error)) ([]U, error) {
	mapped := make([]U, 0, len(values))
	var failures []error
	for _, value := range values {
		result, err := f(value)
		if err != nil {
			failures = append(failures, err)
			continue
		}
		mapped = append(mapped, result)
	}
	return mapped, errors.Join(failures...)
}

func notNil(values []string) []string {
	if values == nil {
		return []string{}
	}
	return values
}

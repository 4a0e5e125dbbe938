package oidc

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// condition is one operator applied to one key.
type condition struct {
	operator operator
	key      string
	values   []string
}

// operator is a parsed condition operator: `ForAnyValue:StringNotLikeIfExists` has every part.
type operator struct {
	text     string // as it is written
	name     string // without what says which values it is about
	set      string // "", ForAnyValue or ForAllValues
	ifExists bool
	negated  bool
	isNull   bool
	match    func(pattern, value string) bool // nil: an operator of AWS that says nothing about strings
}

// The operators of https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html.
// The claims of a token are strings, so only the string operators and Null are decided.
var (
	stringOperators = map[string]operator{
		"StringEquals":              {match: equals},
		"StringNotEquals":           {match: equals, negated: true},
		"StringEqualsIgnoreCase":    {match: strings.EqualFold},
		"StringNotEqualsIgnoreCase": {match: strings.EqualFold, negated: true},
		"StringLike":                {match: like},
		"StringNotLike":             {match: like, negated: true},
		"Null":                      {isNull: true},
	}
	otherOperators = []string{
		"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan",
		"NumericGreaterThanEquals", "DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals",
		"DateGreaterThan", "DateGreaterThanEquals", "Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "ArnEquals",
		"ArnLike", "ArnNotEquals", "ArnNotLike",
	}
)

// parseOperator reads an operator, whose names AWS compares without regard to case.
func parseOperator(text string) (operator, error) {
	parsed := operator{text: text}
	name := text
	if before, after, found := strings.Cut(text, ":"); found {
		if parsed.set = cased(before, "ForAnyValue", "ForAllValues"); parsed.set == "" {
			return operator{}, fmt.Errorf("unknown set operator %q; AWS has ForAnyValue and ForAllValues", before)
		}
		name = after
	}
	if cut := len(name) - len(ifExists); cut > 0 && strings.EqualFold(name[cut:], ifExists) {
		parsed.ifExists, name = true, name[:cut]
	}
	if parsed.name = cased(name, otherOperators...); parsed.name != "" {
		parsed.negated = strings.Contains(parsed.name, "Not")
		return parsed, nil
	}
	parsed.name = cased(name, slices.Collect(maps.Keys(stringOperators))...)
	known, found := stringOperators[parsed.name]
	switch {
	case !found:
		return operator{}, fmt.Errorf("unknown condition operator")
	case known.isNull && (parsed.ifExists || parsed.set != ""):
		return operator{}, fmt.Errorf("the operator Null takes neither IfExists nor a set operator")
	}
	parsed.negated, parsed.isNull, parsed.match = known.negated, known.isNull, known.match
	return parsed, nil
}

const ifExists = "IfExists"

// without is the operator as a document writes it, without its set operator or IfExists.
func (o operator) without(set, exists bool) string {
	text := o.name
	if o.set != "" && !set {
		text = o.set + ":" + text
	}
	if o.ifExists && !exists {
		text += ifExists
	}
	return text
}

// cased returns the name that equals a text without regard to case, or "".
func cased(text string, names ...string) string {
	for _, name := range names {
		if strings.EqualFold(text, name) {
			return name
		}
	}
	return ""
}

func parseConditions(raw json.RawMessage) ([]condition, error) {
	operators, err := members(raw)
	if err != nil {
		return nil, fmt.Errorf(": %w", err)
	}
	var all []condition
	for _, element := range operators {
		parsed, err := parseOperator(element.key)
		if err != nil {
			return nil, fmt.Errorf(".%s: %w", element.key, err)
		}
		keys, err := members(element.value)
		if err != nil {
			return nil, fmt.Errorf(".%s: %w", element.key, err)
		}
		for _, key := range keys {
			values, err := conditionValues(parsed, key.value)
			if err != nil {
				return nil, fmt.Errorf(".%s.%s: %w", element.key, key.key, err)
			}
			all = append(all, condition{operator: parsed, key: key.key, values: values})
		}
	}
	return all, nil
}

func conditionValues(o operator, raw json.RawMessage) ([]string, error) {
	values, err := scalars(raw)
	if o.match == nil && !o.isNull {
		return values, nil // of whatever form
	}
	if err != nil || !o.isNull {
		return values, err
	}
	if len(values) != 1 || values[0] != "true" && values[0] != "false" {
		return nil, fmt.Errorf("expected \"true\" or \"false\"")
	}
	return values, nil
}

// holds applies the operator to the claims under the key; no claims means that the key is absent. Without a set operator a key of
// several values matches if any of them does, and a negated operator if none does. matches reports which values the condition
// lists.
func (o operator) holds(matches func(claim string) bool, claims []string) bool {
	if len(claims) == 0 {
		return o.absent()
	}
	one := func(claim string) bool { return matches(claim) != o.negated }
	all := !slices.ContainsFunc(claims, func(claim string) bool { return !one(claim) })
	switch {
	case o.set == "ForAllValues" || o.set == "" && o.negated:
		return all
	default:
		return slices.ContainsFunc(claims, one)
	}
}

// decide applies the condition to one possible value of its key. variables says that `${...}` is a policy variable, of which
// only AWS knows the value.
func (c condition) decide(variables bool, claims []string) truth {
	o := c.operator
	switch {
	case o.isNull:
		return truthOf((c.values[0] == "true") == (len(claims) == 0))
	case len(claims) == 0 && o.set == "ForAnyValue" && o.ifExists:
		return maybe // AWS documents that the one holds without the key, and the other does not
	case len(claims) == 0:
		return truthOf(o.absent())
	case o.match == nil:
		return maybe
	}
	listed := func(variable bool) func(string) bool {
		return func(claim string) bool {
			return slices.ContainsFunc(c.values, func(pattern string) bool {
				if variables && strings.Contains(pattern, "${") {
					return variable
				}
				return o.match(pattern, claim)
			})
		}
	}
	return agreed(truthOf(o.holds(listed(false), claims)), truthOf(o.holds(listed(true), claims)))
}

// absent is the result of an operator on a key that is not in the request: IfExists and ForAllValues match, ForAnyValue does not,
// and of the others only the negated operators match.
func (o operator) absent() bool {
	switch {
	case o.ifExists || o.set == "ForAllValues":
		return true
	case o.set == "ForAnyValue":
		return false
	}
	return o.negated
}

func equals(pattern, value string) bool { return pattern == value }

// like matches with AWS's wildcards: `*` is any text, empty included, and `?` one character. It takes time in the
// product of the lengths, whatever the pattern.
func like(pattern, value string) bool {
	p, v := []rune(pattern), []rune(value)
	star, mark, i, j := -1, 0, 0, 0
	for j < len(v) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == v[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}

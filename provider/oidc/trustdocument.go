package oidc

import (
	"encoding/json"
	"fmt"
	"slices"
)

// TrustDocument is a parsed trust policy: see [TrustDocument.Decide].
type TrustDocument struct {
	// variables is set by the policy language of 2012, in which `${...}` in a condition is a variable.
	variables  bool
	statements []statement
}

type statement struct {
	label      string
	deny       bool
	principal  principal
	actions    []string
	notActions bool
	conditions []condition
}

// principal is the principals of a statement: anyone, or by kind the identity providers, principals of AWS, and services.
type principal struct {
	anyone    bool
	federated []string
	aws       []string
	services  []string
	canonical []string
	count     int  // of the names of all kinds
	negated   bool // NotPrincipal: everybody but these
}

// ParseAWSTrustPolicy reads the trust policy of a role, by the grammar of
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html. It refuses what AWS refuses when the
// role is written: unknown elements and operators, a resource, no statement. The error names the path, as in
// `Statement[0].Condition.StringEqual`.
func ParseAWSTrustPolicy(doc []byte) (TrustDocument, error) {
	if !json.Valid(doc) {
		var ignored any
		return TrustDocument{}, fmt.Errorf("the trust policy is not JSON: %w", json.Unmarshal(doc, &ignored))
	}
	document, err := parseDocument(doc)
	if err != nil {
		return TrustDocument{}, fmt.Errorf("the trust policy is not valid: %w", err)
	}
	return document, nil
}

func parseDocument(doc []byte) (TrustDocument, error) {
	elements, err := members(doc)
	if err != nil {
		return TrustDocument{}, err
	}
	var parsed TrustDocument
	found := false
	for _, element := range elements {
		switch element.key {
		case "Version":
			parsed.variables, err = parseVersion(element.value)
		case "Id":
			_, err = texts(element.value)
		case "Statement":
			found = true
			parsed.statements, err = parseStatements(element.value)
		default:
			err = fmt.Errorf("%s: unknown element; a policy has Version, Id and Statement", element.key)
		}
		if err != nil {
			return TrustDocument{}, err
		}
	}
	if !found {
		return TrustDocument{}, fmt.Errorf("there is no Statement")
	}
	return parsed, nil
}

func parseVersion(raw json.RawMessage) (variables bool, err error) {
	versions, err := texts(raw)
	if err != nil {
		return false, fmt.Errorf("in Version: %w", err)
	}
	if len(versions) != 1 || !slices.Contains([]string{"2012-10-17", "2008-10-17"}, versions[0]) {
		return false, fmt.Errorf("in Version: expected 2012-10-17 or 2008-10-17, found %q", versions)
	}
	return versions[0] == "2012-10-17", nil
}

func parseStatements(raw json.RawMessage) ([]statement, error) {
	list, err := elementsOf(raw)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("the list of Statement is empty")
	}
	parsed := make([]statement, len(list))
	for i, one := range list {
		if parsed[i], err = parseStatement(one); err != nil {
			return nil, fmt.Errorf("Statement[%d]%w", i, err)
		}
		parsed[i].label = label(i, len(list), parsed[i].label)
	}
	return parsed, nil
}

// label names a statement in messages.
func label(index, count int, sid string) string {
	switch {
	case sid != "":
		return fmt.Sprintf("statement %q", sid)
	case count == 1:
		return "its only statement"
	}
	return fmt.Sprintf("statement %d of %d", index+1, count)
}

// The errors of parseStatement start with the rest of the path, or with a colon.
func parseStatement(raw json.RawMessage) (statement, error) {
	elements, err := members(raw)
	if err != nil {
		return statement{}, fmt.Errorf(": %w", err)
	}
	var parsed statement
	present := map[string]bool{}
	for _, element := range elements {
		present[element.key] = true
		if err := parsed.set(element); err != nil {
			return statement{}, fmt.Errorf(".%s%w", element.key, err)
		}
	}
	return parsed, complete(present)
}

func (s *statement) set(element member) (err error) {
	switch element.key {
	case "Sid":
		s.label, err = oneText(element.value)
	case "Effect":
		s.deny, err = parseEffect(element.value)
	case "Principal", "NotPrincipal":
		s.principal, err = parsePrincipal(element.value)
		s.principal.negated = element.key == "NotPrincipal"
	case "Action", "NotAction":
		s.notActions = element.key == "NotAction"
		s.actions, err = texts(element.value)
	case "Condition":
		s.conditions, err = parseConditions(element.value)
		return err
	case "Resource", "NotResource":
		err = fmt.Errorf("a trust policy has no resource: the role is it")
	default:
		err = fmt.Errorf("unknown element")
	}
	if err != nil {
		return fmt.Errorf(": %w", err)
	}
	return nil
}

func complete(present map[string]bool) error {
	switch {
	case !present["Effect"]:
		return fmt.Errorf(": there is no Effect")
	case present["Principal"] == present["NotPrincipal"]:
		return fmt.Errorf(": there must be one of Principal and NotPrincipal")
	case present["Action"] == present["NotAction"]:
		return fmt.Errorf(": there must be one of Action and NotAction")
	}
	return nil
}

func oneText(raw json.RawMessage) (string, error) {
	if !isKind(raw, '"') {
		return "", fmt.Errorf("expected a string, found %s", kindOf(raw))
	}
	var text string
	return text, json.Unmarshal(raw, &text)
}

func parseEffect(raw json.RawMessage) (deny bool, err error) {
	effect, err := oneText(raw)
	if err == nil && effect != "Allow" && effect != "Deny" {
		err = fmt.Errorf("expected Allow or Deny, found %q", effect)
	}
	return effect == "Deny", err
}

func parsePrincipal(raw json.RawMessage) (principal, error) {
	if isKind(raw, '"') {
		text, err := oneText(raw)
		if err == nil && text != "*" {
			err = fmt.Errorf("expected an object or \"*\", found %q", text)
		}
		return principal{anyone: true}, err
	}
	kinds, err := members(raw)
	if err != nil {
		return principal{}, err
	}
	var parsed principal
	for _, kind := range kinds {
		names, err := texts(kind.value)
		if err != nil {
			return principal{}, fmt.Errorf("%s: %w", kind.key, err)
		}
		switch kind.key {
		case "Federated":
			parsed.federated = names
		case "AWS":
			parsed.aws = names
		case "Service":
			parsed.services = names
		case "CanonicalUser":
			parsed.canonical = names
		default:
			return principal{}, fmt.Errorf("%s: unknown kind of principal", kind.key)
		}
		parsed.count += len(names)
	}
	// For AWS "*" is the same as a principal of "*": anyone, a federated identity included.
	parsed.anyone = slices.Contains(parsed.aws, "*") || slices.Contains(parsed.federated, "*")
	return parsed, nil
}

package oidc

import (
	"encoding/json"
	"fmt"
	"slices"
)

// awsDocument is a policy of AWS's, with statements of one kind: those of a role's trust policy, or of an identity's permissions.
type awsDocument[S any] struct {
	// variables is set by the policy language of 2012, in which `${...}` in a condition is a variable.
	variables  bool
	statements []S
}

// parsedStatement is what statements of both kinds have in common.
type parsedStatement struct {
	label      string
	deny       bool
	actions    []string
	notActions bool
	conditions []condition
}

// statementOf is a kind of statement. The errors of setOwn and complete start with the rest of the path, or with a colon.
type statementOf[S any] interface {
	*S
	common() *parsedStatement
	// setOwn takes an element that only this kind of statement has.
	setOwn(element member) error
	// complete says which element is missing.
	complete(present map[string]bool) error
}

// parseAWSDocument reads a policy by the grammar of
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html. An error names the path.
func parseAWSDocument[S any, P statementOf[S]](doc []byte) (awsDocument[S], error) {
	var parsed awsDocument[S]
	elements, err := members(doc)
	if err != nil {
		return parsed, err
	}
	found := false
	for _, element := range elements {
		switch element.key {
		case "Version":
			parsed.variables, err = parseVersion(element.value)
		case "Id":
			_, err = texts(element.value)
		case "Statement":
			found = true
			parsed.statements, err = parseStatements[S, P](element.value)
		default:
			err = fmt.Errorf("%s: unknown element; a policy has Version, Id and Statement", element.key)
		}
		if err != nil {
			return awsDocument[S]{}, err
		}
	}
	if !found {
		return awsDocument[S]{}, fmt.Errorf("there is no Statement")
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

func parseStatements[S any, P statementOf[S]](raw json.RawMessage) ([]S, error) {
	list, err := elementsOf(raw)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("the list is empty: there is no Statement")
	}
	parsed := make([]S, len(list))
	for i, one := range list {
		statement := P(&parsed[i])
		if err := parseStatement(one, statement); err != nil {
			return nil, fmt.Errorf("Statement[%d]%w", i, err)
		}
		common := statement.common()
		common.label = label(i, len(list), common.label)
	}
	return parsed, nil
}

// label is how people are told which statement is meant.
func label(index, count int, sid string) string {
	switch {
	case sid != "":
		return fmt.Sprintf("statement %q", sid)
	case count == 1:
		return "its only statement"
	}
	return fmt.Sprintf("statement %d of %d", index+1, count)
}

func parseStatement[S any, P statementOf[S]](raw json.RawMessage, statement P) error {
	elements, err := members(raw)
	if err != nil {
		return fmt.Errorf(": %w", err)
	}
	present := map[string]bool{}
	for _, element := range elements {
		present[element.key] = true
		known, err := statement.common().set(element)
		if !known {
			err = statement.setOwn(element)
		}
		if err != nil {
			return fmt.Errorf(".%s%w", element.key, err)
		}
	}
	switch {
	case !present["Effect"]:
		return fmt.Errorf(": there is no Effect")
	case present["Action"] == present["NotAction"]:
		return fmt.Errorf(": there must be one of Action and NotAction")
	}
	return statement.complete(present)
}

func (s *parsedStatement) common() *parsedStatement { return s }

// set takes an element that statements of every kind have.
func (s *parsedStatement) set(element member) (known bool, err error) {
	switch element.key {
	case "Sid":
		s.label, err = oneText(element.value)
	case "Effect":
		s.deny, err = parseEffect(element.value)
	case "Action", "NotAction":
		s.notActions = element.key == "NotAction"
		s.actions, err = texts(element.value)
	case "Condition":
		s.conditions, err = parseConditions(element.value)
		return true, err
	default:
		return false, nil
	}
	return true, afterColon(err)
}

// afterColon is an error that follows a path.
func afterColon(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(": %w", err)
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

package oidc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// member is one entry of a JSON object, in the order of the text.
type member struct {
	key   string
	value json.RawMessage
}

// members reads a JSON object. A key that comes twice is an error: encoding/json would take the last one in silence,
// and a policy that is read differently by two readers is not a policy.
func members(raw []byte) ([]member, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return nil, fmt.Errorf("expected an object, found %s", kindOf(raw))
	}
	var all []member
	seen := map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		key, ok := token.(string)
		if !ok || seen[key] {
			return nil, fmt.Errorf("key %q comes twice", token)
		}
		seen[key] = true
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		all = append(all, member{key: key, value: value})
	}
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, fmt.Errorf("there is more text after the end of the object")
	}
	return all, nil
}

// texts reads a string or an array of strings. An empty array is an error, as it is for AWS.
func texts(raw []byte) ([]string, error) {
	var one string
	if isKind(raw, '"') {
		err := json.Unmarshal(raw, &one)
		return []string{one}, err
	}
	if !isKind(raw, '[') {
		return nil, fmt.Errorf("expected a string or a list of strings, found %s", kindOf(raw))
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(raw, &elements); err != nil {
		return nil, err
	}
	if len(elements) == 0 {
		return nil, fmt.Errorf("the list is empty")
	}
	many := make([]string, len(elements))
	for i, element := range elements {
		if !isKind(element, '"') {
			return nil, fmt.Errorf("expected a string at [%d], found %s", i, kindOf(element))
		}
		if err := json.Unmarshal(element, &many[i]); err != nil {
			return nil, err
		}
	}
	return many, nil
}

// elementsOf is the elements of an array, or the one value.
func elementsOf(raw []byte) (list []json.RawMessage, err error) {
	if !isKind(raw, '[') {
		return []json.RawMessage{raw}, nil
	}
	return list, json.Unmarshal(raw, &list)
}

// scalars is texts with numbers and booleans among them, which AWS takes as text.
func scalars(raw []byte) ([]string, error) {
	list, err := elementsOf(raw)
	if err != nil {
		return nil, err
	}
	quoted := make([]json.RawMessage, len(list))
	for i, one := range list {
		quoted[i] = one
		if text := bytes.TrimSpace(one); jsonScalar.Match(text) {
			quoted[i] = json.RawMessage(`"` + string(text) + `"`)
		}
	}
	rewritten, err := json.Marshal(quoted)
	if err != nil {
		return nil, err
	}
	if !isKind(raw, '[') {
		rewritten = quoted[0]
	}
	return texts(rewritten)
}

var jsonScalar = regexp.MustCompile(`^(true|false|-?[0-9]+(\.[0-9]+)?)$`)

func isKind(raw []byte, first byte) bool {
	trimmed := bytes.TrimLeft(raw, " \t\r\n")
	return len(trimmed) > 0 && trimmed[0] == first
}

func kindOf(raw []byte) string {
	trimmed := strings.TrimSpace(string(raw))
	switch {
	case trimmed == "":
		return "nothing"
	case trimmed[0] == '{':
		return "an object"
	case trimmed[0] == '[':
		return "a list"
	case trimmed[0] == '"':
		return "a string"
	case trimmed == "null" || trimmed == "true" || trimmed == "false":
		return trimmed
	}
	return "something else"
}

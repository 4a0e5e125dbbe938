package esc

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// CloudNeeds are the parts of a definition that the cloud side must match for the environment to open: its logins, without
// the identities that they name, and its stores. They are canonical JSON by their place among the values, such as
// `aws.login` and `aws.secrets`.
func CloudNeeds(logins []Login, stores []Store) (map[string]string, error) {
	definition := Definition{Logins: logins, Stores: stores}
	values, wrong := definition.assemble()
	e := &encoder{wrong: wrong}
	document := definition.document(e, values)
	if err := e.wrong.Err(); err != nil {
		return nil, err
	}
	text, err := marshal(document)
	if err != nil {
		return nil, err
	}
	return CloudNeedsIn(text)
}

// CloudNeedsIn returns these parts of a definition's text, and whatever else stands beside them.
func CloudNeedsIn(text string) (map[string]string, error) {
	var document struct {
		Values map[string]any `yaml:"values"`
	}
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		return nil, err
	}
	needs := map[string]string{}
	for _, cloud := range loginSections {
		section, _ := document.Values[cloud].(map[string]any)
		for name, part := range section {
			if name == "login" {
				part = withoutIdentity(part)
			}
			canonical, err := json.Marshal(withoutSecrets(part))
			if err != nil {
				return nil, err
			}
			needs[cloud+"."+name] = string(canonical)
		}
	}
	return needs, nil
}

// Fingerprint returns a hash that differs for definitions that differ. It ignores what the service, the clouds or rotation write:
// secrets, the identities that logins name, and the state of rotators.
func Fingerprint(text string) (string, error) {
	var document map[string]any
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		return "", err
	}
	values, _ := document["values"].(map[string]any)
	for _, cloud := range loginSections {
		if section, _ := values[cloud].(map[string]any); section["login"] != nil {
			section["login"] = withoutIdentity(section["login"])
		}
	}
	canonical, err := json.Marshal(withoutSecrets(document))
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}

// trustedParts are the parts of a login that decide whether its identity admits it.
var trustedParts = []string{"oidc", "subjectAttributes", "duration"}

func withoutIdentity(part any) any {
	fields, ok := part.(map[string]any)
	if !ok {
		return part
	}
	kept := map[string]any{}
	for name, value := range fields {
		if slices.Contains(trustedParts, name) || strings.HasPrefix(name, "fn::") {
			kept[name] = withoutIdentity(value)
		}
	}
	return kept
}

// withoutSecrets makes all secrets equal, since the service stores them as ciphertext, and leaves out the state of rotators.
func withoutSecrets(part any) any {
	switch part := part.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, value := range part {
			if kept[name] = withoutSecrets(value); name == secretKey {
				kept[name] = true
			}
			if call, ok := kept[name].(map[string]any); ok && (name == rotateKey || strings.HasPrefix(name, rotateKey+"::")) {
				delete(call, stateKey)
			}
		}
		return kept
	case []any:
		kept := make([]any, len(part))
		for i, value := range part {
			kept[i] = withoutSecrets(value)
		}
		return kept
	}
	return part
}

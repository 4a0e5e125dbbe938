package oidc

import (
	"encoding/json"
	"slices"
	"strings"
)

// privateMembers are the members of a key (RFC 7518) that whoever signs has, and nobody else may.
var privateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"}

// HoldsPrivateKey reports whether a JSON text has a private or symmetric key in it, wherever it stands.
func HoldsPrivateKey(text string) bool {
	var document any
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		// What does not parse may be a key that was cut off.
		return strings.Contains(text, `"kty"`) || strings.Contains(text, "PRIVATE KEY")
	}
	return holdsPrivateKey(document)
}

func holdsPrivateKey(value any) bool {
	switch value := value.(type) {
	case []any:
		return slices.ContainsFunc(value, holdsPrivateKey)
	case map[string]any:
		for name, member := range value {
			name = strings.ToLower(name) // readers of JSON may take another case for the same
			kind, _ := member.(string)
			if slices.Contains(privateMembers, name) || name == "kty" && strings.EqualFold(kind, "oct") || holdsPrivateKey(member) {
				return true
			}
		}
	}
	return false
}

// BadKeySet returns why a text is not a set of public keys, or is "". It never repeats the text, which may hold a secret.
func BadKeySet(text string) string {
	if HoldsPrivateKey(text) {
		return "holds a private or symmetric key, with which anybody can sign tokens: give public keys only (kty RSA, EC or OKP, without " +
			strings.Join(privateMembers, ", ") + "), and replace that key, which this program has made known"
	}
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	switch err := json.Unmarshal([]byte(text), &set); {
	case err != nil:
		return `is not the JSON text of a key set, which looks like {"keys": [...]}`
	case len(set.Keys) == 0:
		return "has no keys"
	}
	return ""
}

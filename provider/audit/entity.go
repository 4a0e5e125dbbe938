package audit

import (
	"slices"
	"strings"
	"unicode"
)

// legacyProject is the project of environments that were made before there were projects.
const legacyProject = "default"

// Entity is the entity of a kind that a description names, "" where none can be told: `payments/prod` for "Opened environment
// acme/payments/prod@3". The noun is the word for the kind: stack, environment, account. The service has no field for the entity.
func Entity(description, organization, noun string) string {
	words := names(description)
	for i, word := range slices.Backward(words) {
		if !strings.EqualFold(word, noun) || i+1 == len(words) {
			continue
		}
		if name := entityName(words[i+1], organization, noun); name != "" {
			return name
		}
		if i+2 == len(words) && noun == "environment" && !strings.Contains(words[i+1], "/") {
			return legacyProject + "/" + words[i+1]
		}
	}
	if noun == "account" {
		return ""
	}
	found := ""
	for _, word := range words {
		name := entityName(word, organization, noun)
		if name != "" && found != "" && name != found {
			return "" // which of them it is about cannot be told
		}
		if name != "" {
			found = name
		}
	}
	return found
}

// entityName is project/name of a word, without the name of the organization before it; "" for one that is no such name.
func entityName(word, organization, noun string) string {
	if noun == "account" {
		return word
	}
	parts := strings.Split(word, "/")
	if len(parts) == 3 && strings.EqualFold(parts[0], organization) {
		parts = parts[1:]
	}
	if len(parts) != 2 || parts[0] == "" || parts[1] == "" {
		return ""
	}
	return parts[0] + "/" + parts[1]
}

// names are the words of a description that names can be. The full stop that ends a sentence is not part of one, and neither is the
// revision of an environment.
func names(description string) []string {
	var words []string
	for _, field := range strings.Fields(description) {
		for i, word := range strings.FieldsFunc(field, func(r rune) bool { return r > unicode.MaxASCII || !partOfName(byte(r)) }) { //nolint:gosec // it is ASCII
			if i > 0 && strings.Contains(field, "@") && !strings.Contains(word, "/") {
				continue
			}
			if word = strings.Trim(word, "."); word != "" {
				words = append(words, word)
			}
		}
	}
	return words
}

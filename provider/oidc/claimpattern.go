package oidc

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// claimWildcards are the characters that Pulumi Cloud takes as wildcards in the policies of an issuer. There is no way
// to write one of them literally.
const claimWildcards = "*?."

// HasClaimWildcard reports whether Pulumi Cloud takes a character of the value as a wildcard. One in an ordinary name
// (`my.app`) is as much a wildcard as one that was meant.
func HasClaimWildcard(value string) bool { return strings.ContainsAny(value, claimWildcards) }

// MatchClaim reports whether a value matches a pattern of an issuer's policy, whole and case-sensitively: `*` is any run
// of characters, also an empty one, `?` at most one character and `.` exactly one; everything else stands for itself.
// It takes time in the product of the lengths. See
// https://www.pulumi.com/docs/administration/access-identity/oidc-issuers/.
func MatchClaim(pattern, value string) bool {
	p := []rune(pattern)
	at := make([]bool, len(p)+1) // at[i]: p[:i] matches what was read of the value
	at[0] = true
	skipOptional(p, at)
	for _, r := range value {
		next := make([]bool, len(p)+1)
		for i, c := range p {
			switch {
			case !at[i]:
			case c == '*':
				next[i] = true
			case c == '?' || c == '.' || c == r:
				next[i+1] = true
			}
		}
		skipOptional(p, next)
		at = next
	}
	return at[len(p)]
}

// skipOptional goes on past what may match nothing.
func skipOptional(pattern []rune, at []bool) {
	for i, c := range pattern {
		if at[i] && (c == '*' || c == '?') {
			at[i+1] = true
		}
	}
}

// claimPatternsMeet reports whether some value matches both patterns. It takes time in the product of the lengths.
func claimPatternsMeet(one, other string) bool {
	a, b := []rune(one), []rune(other)
	type place struct{ a, b int } // how much of each pattern is used up
	seen := map[place]bool{}
	var from func(at place) bool
	from = func(at place) bool {
		if seen[at] {
			return false
		}
		seen[at] = true
		restA, restB := a[at.a:], b[at.b:]
		switch {
		case len(restA) == 0 && len(restB) == 0:
			return true
		case len(restA) > 0 && mayBeEmpty(restA[0]) && from(place{at.a + 1, at.b}),
			len(restB) > 0 && mayBeEmpty(restB[0]) && from(place{at.a, at.b + 1}):
			return true
		case len(restA) == 0 || len(restB) == 0 || !haveCharacter(restA[0], restB[0]):
			return false
		}
		return from(place{at.a + taken(restA[0]), at.b + taken(restB[0])})
	}
	return from(place{})
}

func mayBeEmpty(c rune) bool { return c == '*' || c == '?' }

// haveCharacter reports whether there is a character that both take.
func haveCharacter(a, b rune) bool {
	return a == b || strings.ContainsRune(claimWildcards, a) || strings.ContainsRune(claimWildcards, b)
}

// taken is how far a character of a pattern goes with one of the value: `*` takes further ones.
func taken(c rune) int {
	if c == '*' {
		return 0
	}
	return 1
}

// ParseClaimName splits the name of a claim in a policy: dots lead into nested claims, and a key that holds dots stands in double
// quotes, as in `"kubernetes.io".serviceaccount.name`.
func ParseClaimName(name string) ([]string, error) {
	var path []string
	for rest := name; ; {
		key, after, err := nextKey(rest)
		if err != nil {
			return nil, fmt.Errorf("%s is not the name of a claim: %w", strconv.Quote(name), err)
		}
		path = append(path, key)
		if after == "" {
			return path, nil
		}
		rest = after[1:] // past the dot
	}
}

// nextKey cuts the first key off a path; what is left is empty or starts with a dot.
func nextKey(text string) (key, rest string, err error) {
	if quoted, found := strings.CutPrefix(text, `"`); found {
		key, rest, found = strings.Cut(quoted, `"`)
		switch {
		case !found:
			return "", "", fmt.Errorf("a quote is not closed")
		case key == "":
			return "", "", fmt.Errorf("a key is empty")
		case rest != "" && rest[0] != '.':
			return "", "", fmt.Errorf("after a closing quote comes a dot or the end")
		}
		return key, rest, nil
	}
	key, _, found := strings.Cut(text, ".")
	switch {
	case key == "":
		return "", "", fmt.Errorf("a key is empty")
	case strings.Contains(key, `"`):
		return "", "", fmt.Errorf("a quote stands within a key")
	case found:
		rest = text[len(key):]
	}
	return key, rest, nil
}

// ClaimName joins keys into the name of a claim in a policy; [ParseClaimName] is its inverse.
func ClaimName(keys ...string) string {
	written := make([]string, len(keys))
	for i, key := range keys {
		written[i] = key
		if strings.Contains(key, ".") {
			written[i] = `"` + key + `"`
		}
	}
	return strings.Join(written, ".")
}

// claimValues returns the values of a claim as texts: one for a text, number or boolean, any number for a list of these, none for
// an absent claim or one of another form.
func claimValues(claims map[string]any, name string) []string {
	path, err := ParseClaimName(name)
	if err != nil {
		return nil
	}
	var value any = claims
	for _, key := range path {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	if many, ok := value.([]any); ok {
		var texts []string
		for _, one := range many {
			texts = append(texts, scalar(one)...)
		}
		return texts
	}
	return scalar(value)
}

func scalar(value any) []string {
	switch value := value.(type) {
	case string:
		return []string{value}
	case bool:
		return []string{strconv.FormatBool(value)}
	case json.Number:
		return []string{value.String()}
	case float64:
		return []string{strconv.FormatFloat(value, 'f', -1, 64)}
	}
	return nil
}

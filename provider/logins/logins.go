// Package logins compares the logins of people.
//
// It does so without regard to case: logins come from identity providers (GitHub among them) for which Ana and ana are one
// person, and Pulumi Cloud does not say that it tells them apart. Taking them for two would remove and add the same person.
package logins

import (
	"slices"
	"strings"
)

// Same reports whether two logins are those of one person.
func Same(a, b string) bool { return strings.EqualFold(a, b) }

// Index is where a login stands in a list, -1 if it does not.
func Index(logins []string, login string) int {
	return slices.IndexFunc(logins, func(l string) bool { return Same(l, login) })
}

// Set is the one form of all lists of the same logins.
func Set(logins []string) []string {
	folded := make([]string, len(logins))
	for i, login := range logins {
		folded[i] = strings.ToLower(login)
	}
	slices.Sort(folded)
	return slices.Compact(folded)
}

// SameSet reports whether two lists hold the same logins.
func SameSet(a, b []string) bool {
	return slices.Equal(Set(a), Set(b))
}

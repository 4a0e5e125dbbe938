package resources

import (
	"slices"
	"strings"
)

// Logins are compared without regard to case: they come from identity providers (GitHub among them) for which Ana and
// ana are one person, and Pulumi Cloud does not say that it tells them apart. Taking them for two would remove and add
// the same person.
func sameLogin(a, b string) bool { return strings.EqualFold(a, b) }

func indexLogin(logins []string, login string) int {
	return slices.IndexFunc(logins, func(l string) bool { return sameLogin(l, login) })
}

func foldedSet(logins []string) []string {
	folded := make([]string, len(logins))
	for i, login := range logins {
		folded[i] = strings.ToLower(login)
	}
	slices.Sort(folded)
	return slices.Compact(folded)
}

func sameLogins(a, b []string) bool {
	return slices.Equal(foldedSet(a), foldedSet(b))
}

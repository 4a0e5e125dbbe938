package kit

import (
	"slices"
	"strconv"
	"strings"
)

// escapePart writes a part of a name without a slash.
var escapePart = strings.NewReplacer("~", "~0", "/", "~1")

// ChildName is the name of a child, made of the component's name and of parts that distinguish the child from its siblings. A
// child's URN holds the component's type, not its name, so for a given number of parts every component and parts must have a name of
// their own. Parts without the separator are joined by it; others are written as `component/a-b/c/`, which is
// not a name of the first kind. Every name begins with the component's name: by it the engine finds the children of a component that
// was renamed with an alias.
func ChildName(component string, parts ...string) string {
	plain := func(part string) bool {
		return part != "" && !strings.Contains(part, "-") && !strings.HasSuffix(part, "/")
	}
	if !slices.ContainsFunc(parts, func(part string) bool { return !plain(part) }) {
		return joinedName(component, parts...)
	}
	name := component
	for _, part := range parts {
		name += "/" + escapePart.Replace(part)
	}
	return name + "/"
}

// joinedName joins parts that do not hold the separator.
func joinedName(component string, parts ...string) string {
	return strings.Join(append([]string{component}, parts...), "-")
}

// PathPart joins several parts, in order, to one part of a name. Other parts have another result.
func PathPart(parts ...string) string {
	escaped := make([]string, len(parts))
	for i, part := range parts {
		escaped[i] = escapePart.Replace(part)
	}
	return strings.Join(escaped, "/")
}

// EachName are the names of children of which there is one for each distinct element of a list. While an element is not known, all
// are numbered. Secret elements are numbered too: a name is not secret.
func EachName[T any](all []T, unknown, secret bool, distinct func([]T) []T, names func([]T) []string) []string {
	switch {
	case unknown:
		return Counted(len(all))
	case secret:
		return Counted(len(distinct(all)))
	}
	return names(distinct(all))
}

// Distinct are the texts without duplicates, sorted, so that their order makes no difference.
func Distinct(all []string) []string { return slices.Compact(slices.Sorted(slices.Values(all))) }

// ObjectName is the default name of an object of the service, made of two names without a slash. They are separated by a slash where
// a hyphen would be ambiguous.
func ObjectName(kind, of, in string) string {
	if strings.Contains(in, "-") {
		return kind + "-" + of + "/" + in
	}
	return kind + "-" + of + "-" + in
}

func Counted(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = strconv.Itoa(i + 1)
	}
	return names
}

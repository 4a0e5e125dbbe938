package kit

import (
	"slices"
	"strconv"
	"strings"
)

// escapePart writes a part of a name without a slash.
var escapePart = strings.NewReplacer("~", "~0", "/", "~1")

// ChildName is what a child is called that several parts tell from its siblings: after the component and these parts. A
// child's URN holds the component's type, not its name, so for one number of parts no two components and parts may have one
// name. Parts without the separator are joined by it; others are written as `component/a-b/c/`, which no name of the first
// kind looks like. Every name begins with the component's, from which the engine finds the children of a component that was
// renamed with an alias.
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

// PathPart is one part of a name that is made of several, in their order: no others make the same.
func PathPart(parts ...string) string {
	escaped := make([]string, len(parts))
	for i, part := range parts {
		escaped[i] = escapePart.Replace(part)
	}
	return strings.Join(escaped, "/")
}

// ObjectName is what an object of the service is called by default: after two names without a slash, told apart by a slash
// where the separator does not.
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

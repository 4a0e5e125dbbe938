package components

import (
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// escapePart writes a part of a name without a slash.
var escapePart = strings.NewReplacer("~", "~0", "/", "~1")

// childName is what a child is called that several parts tell from its siblings: after the component and these parts. For one number of parts, no two components and parts have one name. Parts without the separator are joined by it;
// others are written as `component/a-b/c/`, which no name of the first kind looks like.
func childName(component string, parts ...string) string {
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

// joinedName is what every such child was called before: two components and parts could have one name.
func joinedName(component string, parts ...string) string {
	return strings.Join(append([]string{component}, parts...), "-")
}

// formerly lets a child be found under the name that it had before.
func formerly(component string, parts ...string) []pulumi.ResourceOption {
	name := joinedName(component, parts...)
	if name == childName(component, parts...) {
		return nil
	}
	return []pulumi.ResourceOption{pulumi.Aliases([]pulumi.Alias{{Name: pulumi.String(name)}})}
}

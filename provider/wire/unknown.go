package wire

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// Unknowns returns the paths of all unknown values, as users write paths: `access.stacks[0].project`, in stable order.
func Unknowns(m property.Map) []string {
	var paths []string
	walk("", property.New(m), func(path string, v property.Value) {
		if v.IsComputed() {
			paths = append(paths, path)
		}
	})
	return paths
}

func walk(path string, v property.Value, visit func(string, property.Value)) {
	visit(path, v)
	switch {
	case v.IsMap():
		for key, child := range v.AsMap().AllStable {
			walk(problem.Join(path, key), child, visit)
		}
	case v.IsArray():
		for i, child := range v.AsArray().All {
			walk(path+"["+strconv.Itoa(i)+"]", child, visit)
		}
	}
}

// Touches reports whether what is said about path depends on one of the unknown values: the value itself, something
// that contains it, or something inside it. A key of a map may be written either way, `tags.tier` or `tags["tier"]`.
func Touches(path string, unknowns []string) bool {
	path = dotted(path)
	for _, unknown := range unknowns {
		if within(path, unknown) || within(unknown, path) {
			return true
		}
	}
	return false
}

// within reports whether path is outer or lies inside it.
func within(path, outer string) bool {
	if outer == "" || path == outer {
		return true
	}
	rest, ok := strings.CutPrefix(path, outer)
	return ok && (rest[0] == '.' || rest[0] == '[')
}

// AnyIndex stands for the index of any element in a path.
const AnyIndex = "[*]"

var indexes = regexp.MustCompile(`\[\d+\]`)

// Pattern is a path with the indexes of elements left open.
func Pattern(path string) string { return indexes.ReplaceAllString(path, AnyIndex) }

var quotedKey = regexp.MustCompile(`\["((?:[^"\\]|\\.)*)"\]`)

// dotted writes the quoted keys of a path as Unknowns writes keys.
func dotted(path string) string {
	return quotedKey.ReplaceAllStringFunc(path, func(key string) string {
		if plain, err := strconv.Unquote(key[1 : len(key)-1]); err == nil {
			return "." + plain
		}
		return key
	})
}

package resourcetest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// Object makes inputs of plain values.
func Object(values map[string]any) property.Map { return Plain(values).AsMap() }

// Plain makes a property value of a plain one.
func Plain(v any) property.Value {
	switch v := v.(type) {
	case property.Value:
		return v
	case map[string]any:
		m := map[string]property.Value{}
		for key, child := range v {
			m[key] = Plain(child)
		}
		return property.New(m)
	case map[string]string:
		m := map[string]property.Value{}
		for key, child := range v {
			m[key] = property.New(child)
		}
		return property.New(m)
	case []any:
		return list(v)
	case []map[string]any:
		return list(v)
	case []string:
		return list(v)
	case string:
		return property.New(v)
	case bool:
		return property.New(v)
	case int:
		return property.New(float64(v))
	}
	panic(fmt.Sprintf("no property value for %T", v))
}

func list[T any](elements []T) property.Value {
	values := []property.Value{}
	for _, element := range elements {
		values = append(values, Plain(element))
	}
	return property.New(values)
}

// Unknown is an input that is not known yet.
var Unknown = property.New(property.Computed)

// Shown is a map as text: marks in brackets, keys sorted.
func Shown(m property.Map) string { return Show(property.New(m)) }

// Show is Shown for one value.
func Show(v property.Value) string {
	text := ""
	switch {
	case v.IsComputed():
		text = "unknown"
	case v.IsMap():
		var parts []string
		for _, key := range slices.Sorted(maps.Keys(v.AsMap().AsMap())) {
			if child := v.AsMap().Get(key); !child.IsNull() {
				parts = append(parts, key+": "+Show(child))
			}
		}
		text = "{" + strings.Join(parts, ", ") + "}"
	case v.IsArray():
		var parts []string
		for _, child := range v.AsArray().All {
			parts = append(parts, Show(child))
		}
		text = "[" + strings.Join(parts, ", ") + "]"
	case v.IsString():
		text = v.AsString()
	case v.IsNumber():
		text = fmt.Sprint(v.AsNumber())
	case v.IsBool():
		text = fmt.Sprint(v.AsBool())
	}
	if v.Secret() {
		return "secret(" + text + ")"
	}
	return text
}

// Changed are the properties of a diff, sorted.
func Changed(diff p.DiffResponse) []string {
	var names []string
	for name := range diff.DetailedDiff {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Tree is a JSON object.
type Tree = map[string]any

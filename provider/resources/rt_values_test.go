package resources_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// object makes inputs of plain values.
func object(values map[string]any) property.Map { return plain(values).AsMap() }

func plain(v any) property.Value {
	switch v := v.(type) {
	case property.Value:
		return v
	case map[string]any:
		m := map[string]property.Value{}
		for key, child := range v {
			m[key] = plain(child)
		}
		return property.New(m)
	case []any:
		elements := []property.Value{}
		for _, child := range v {
			elements = append(elements, plain(child))
		}
		return property.New(elements)
	case []string:
		elements := []property.Value{}
		for _, child := range v {
			elements = append(elements, property.New(child))
		}
		return property.New(elements)
	case string:
		return property.New(v)
	case bool:
		return property.New(v)
	case int:
		return property.New(float64(v))
	}
	panic(fmt.Sprintf("no property value for %T", v))
}

var unknown = property.New(property.Computed)

// shown is a map as text: marks in brackets, keys sorted.
func shown(m property.Map) string { return show(property.New(m)) }

func show(v property.Value) string {
	text := ""
	switch {
	case v.IsComputed():
		text = "unknown"
	case v.IsMap():
		var parts []string
		for _, key := range slices.Sorted(maps.Keys(v.AsMap().AsMap())) {
			if child := v.AsMap().Get(key); !child.IsNull() {
				parts = append(parts, key+": "+show(child))
			}
		}
		text = "{" + strings.Join(parts, ", ") + "}"
	case v.IsArray():
		var parts []string
		for _, child := range v.AsArray().All {
			parts = append(parts, show(child))
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

func changed(diff p.DiffResponse) []string {
	var names []string
	for name := range diff.DetailedDiff {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

type tree = map[string]any

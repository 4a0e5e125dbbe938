package enginetest

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// object makes inputs of plain values.
func object(values map[string]any) property.Map { return value(values).AsMap() }

func value(v any) property.Value {
	switch v := v.(type) {
	case property.Value:
		return v
	case map[string]any:
		m := map[string]property.Value{}
		for key, child := range v {
			m[key] = value(child)
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
		values = append(values, value(element))
	}
	return property.New(values)
}

// plainMap drops what only the engine knows of values: what they depend on.
func plainMap(m property.Map) property.Map { return plain(property.New(m)).AsMap() }

func plain(v property.Value) property.Value {
	v = v.WithDependencies(nil)
	switch {
	case v.IsMap():
		m := map[string]property.Value{}
		for key, child := range v.AsMap().All {
			m[key] = plain(child)
		}
		return property.WithGoValue(v, m)
	case v.IsArray():
		elements := []property.Value{}
		for _, child := range v.AsArray().All {
			elements = append(elements, plain(child))
		}
		return property.WithGoValue(v, elements)
	}
	return v
}

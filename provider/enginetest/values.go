package enginetest

import "github.com/pulumi/pulumi/sdk/v3/go/property"

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

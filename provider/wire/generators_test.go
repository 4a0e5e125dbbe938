package wire_test

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"pgregory.net/rapid"
)

const (
	stack = urn.URN("urn:pulumi:dev::app::pulumi:pulumi:Stack::app-dev")
	depA  = urn.URN("urn:pulumi:dev::app::pkg:index:A::a")
	depB  = urn.URN("urn:pulumi:dev::app::pkg:index:B::b")
)

func text(s string) property.Value   { return property.New(s) }
func secret(s string) property.Value { return property.New(s).WithSecret(true) }
func unknown() property.Value        { return property.New(property.Computed) }

func list(elements ...property.Value) property.Value {
	return property.New(property.NewArray(elements))
}

// object takes keys and values in turn.
func object(pairs ...any) property.Value { return property.New(props(pairs...)) }

func props(pairs ...any) property.Map {
	m := map[string]property.Value{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1].(property.Value)
	}
	return property.NewMap(m)
}

// marks is what a generator may say about values.
type marks struct{ secrets, unknowns, dependencies bool }

var allMarks = marks{true, true, true}

// leaves are values without parts; few different ones, so that equal elements are frequent.
func leaves(m marks) *rapid.Generator[property.Value] {
	return rapid.Custom(func(t *rapid.T) property.Value {
		v := rapid.SampledFrom([]property.Value{
			text("a"), text("b"), text(""), property.New(1.0), property.New(2.5), property.New(true), property.New(false),
		}).Draw(t, "leaf")
		if m.unknowns && rapid.IntRange(0, 7).Draw(t, "unknown") == 0 {
			v = unknown()
		}
		return marked(t, v, m)
	})
}

func marked(t *rapid.T, v property.Value, m marks) property.Value {
	if m.secrets && rapid.IntRange(0, 5).Draw(t, "secret") == 0 {
		v = v.WithSecret(true)
	}
	if m.dependencies {
		v = v.WithDependencies(rapid.SampledFrom([][]urn.URN{nil, nil, nil, {depA}, {depB}, {depA, depB}}).Draw(t, "dependencies"))
	}
	return v
}

// values nest up to depth levels.
func values(depth int, m marks) *rapid.Generator[property.Value] {
	if depth == 0 {
		return leaves(m)
	}
	return rapid.Custom(func(t *rapid.T) property.Value {
		inner := values(depth-1, m)
		switch rapid.IntRange(0, 2).Draw(t, "shape") {
		case 0:
			return leaves(m).Draw(t, "leaf")
		case 1:
			return marked(t, list(rapid.SliceOfN(inner, 0, 4).Draw(t, "list")...), m)
		default:
			return marked(t, property.New(property.NewMap(fields(inner).Draw(t, "object"))), m)
		}
	})
}

func fields(inner *rapid.Generator[property.Value]) *rapid.Generator[map[string]property.Value] {
	return rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "tags", "scopes", "fn::secret"}), inner, 0, 4)
}

func maps(m marks) *rapid.Generator[property.Map] {
	return rapid.Map(fields(values(3, m)), property.NewMap)
}

// collected is what is said anywhere in a value.
type collected struct {
	secret, unknown bool
	dependencies    []urn.URN
}

func collect(v property.Value) collected {
	var c collected
	visit("", v, func(_ string, v property.Value) {
		c.secret = c.secret || v.Secret()
		c.unknown = c.unknown || v.IsComputed()
		c.dependencies = append(c.dependencies, v.Dependencies()...)
	})
	slices.SortFunc(c.dependencies, cmp.Compare[urn.URN])
	c.dependencies = slices.Compact(c.dependencies)
	return c
}

// visit is written apart from the package's own walk, which is under test.
func visit(path string, v property.Value, each func(string, property.Value)) {
	each(path, v)
	if v.IsArray() {
		for i, child := range v.AsArray().All {
			visit(path+"["+strconv.Itoa(i)+"]", child, each)
		}
	}
	if v.IsMap() {
		for key, child := range v.AsMap().All {
			visit(strings.TrimPrefix(path+"."+key, "."), child, each)
		}
	}
}

// plain is the value as text without any marks.
func plain(v property.Value) string {
	switch {
	case v.IsMap():
		var parts []string
		for key, child := range v.AsMap().AllStable {
			parts = append(parts, fmt.Sprintf("%q:%s", key, plain(child)))
		}
		return "{" + strings.Join(parts, ",") + "}"
	case v.IsArray():
		var parts []string
		for _, child := range v.AsArray().All {
			parts = append(parts, plain(child))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case v.IsComputed():
		return "?"
	case v.IsString():
		return strconv.Quote(v.AsString())
	case v.IsNumber():
		return fmt.Sprint(v.AsNumber())
	case v.IsBool():
		return strconv.FormatBool(v.AsBool())
	}
	return "null"
}

package wire

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// CanonicalSets sorts the lists at the given paths and drops repeated elements, so that neither order nor duplicates
// ever make a difference. A path names properties, with `[]` for every element of a list: `access.stacks[].scopes`, and `{}`
// for every value of a map.
//
// Values are moved with their secret marks and dependencies. The framework puts marks back by list index, so sorting
// decoded values would leave a mark on the wrong element. A list that holds an unknown is left alone: its order is not
// known yet.
func CanonicalSets(m property.Map, paths ...string) property.Map {
	value := property.New(m)
	// Inner sets first: they are part of what outer sets are sorted by.
	ordered := slices.Clone(paths)
	slices.SortStableFunc(ordered, func(a, b string) int { return len(b) - len(a) })
	for _, path := range ordered {
		value = alter(value, strings.Split(path, "."), canonicalSet)
	}
	return value.AsMap()
}

func alter(v property.Value, path []string, change func(property.Value) property.Value) property.Value {
	if len(path) == 0 {
		return change(v)
	}
	name, each := strings.CutSuffix(path[0], "[]")
	name, every := strings.CutSuffix(name, "{}")
	if !v.IsMap() {
		return v
	}
	child, ok := v.AsMap().GetOk(name)
	if !ok {
		return v
	}
	changed, below := child, func(v property.Value) property.Value { return alter(v, path[1:], change) }
	switch {
	case !each && !every:
		changed = below(child)
	case each && child.IsArray() || every && child.IsMap():
		changed = mapChildren(child, below)
	}
	return property.WithGoValue(v, v.AsMap().Set(name, changed))
}

func canonicalSet(v property.Value) property.Value {
	if !v.IsArray() || v.HasComputed() {
		return v
	}
	type keyed struct {
		key   string
		value property.Value
	}
	elements := make([]keyed, 0, v.AsArray().Len())
	for _, element := range v.AsArray().All {
		elements = append(elements, keyed{SortKey(element), element})
	}
	slices.SortStableFunc(elements, func(a, b keyed) int { return strings.Compare(a.key, b.key) })

	out := make([]property.Value, 0, len(elements))
	for i, element := range elements {
		if i > 0 && elements[i-1].key == element.key {
			last := len(out) - 1
			out[last] = union(out[last], element.value)
			continue
		}
		out = append(out, element.value)
	}
	return property.WithGoValue(v, property.NewArray(out))
}

// union returns a with what is said about b, too, which is the same value: what is secret about either stays secret.
func union(a, b property.Value) property.Value {
	dependencies := append(slices.Clone(a.Dependencies()), b.Dependencies()...)
	switch {
	case a.IsMap() && b.IsMap():
		m := a.AsMap()
		for name, child := range b.AsMap().All {
			m = m.Set(name, union(m.Get(name), child))
		}
		a = property.WithGoValue(a, m)
	case a.IsArray() && b.IsArray():
		elements := slices.Clone(a.AsArray().AsSlice())
		for i, child := range b.AsArray().All {
			elements[i] = union(elements[i], child)
		}
		a = property.WithGoValue(a, property.NewArray(elements))
	}
	return a.WithSecret(a.Secret() || b.Secret()).WithDependencies(unique(dependencies))
}

// givenLast are the properties of a rule or grant that say what it gives. They come after those that say on what, so that a
// change of what is given does not move the rule among its neighbours.
var givenLast = []string{"permission", "permissionSet", "scopes", "maxOpenDuration"}

// SortKey is what the elements of a set are sorted by: the plain value as text, keys sorted, marks left out.
func SortKey(v property.Value) string {
	var key strings.Builder
	writeKey(&key, v)
	return key.String()
}

func writeKey(key *strings.Builder, v property.Value) {
	switch {
	case v.IsMap():
		key.WriteByte('{')
		for _, last := range []bool{false, true} {
			for name, child := range v.AsMap().AllStable {
				if !child.IsNull() && slices.Contains(givenLast, name) == last {
					key.WriteString(strconv.Quote(name))
					key.WriteByte(':')
					writeKey(key, child)
					key.WriteByte(',')
				}
			}
		}
		key.WriteByte('}')
	case v.IsArray():
		key.WriteByte('[')
		for _, child := range v.AsArray().All {
			writeKey(key, child)
			key.WriteByte(',')
		}
		key.WriteByte(']')
	case v.IsString():
		key.WriteString(strconv.Quote(v.AsString()))
	case v.IsNumber():
		key.WriteString(strconv.FormatFloat(v.AsNumber(), 'g', -1, 64))
	case v.IsBool():
		key.WriteString(strconv.FormatBool(v.AsBool()))
	case v.IsNull():
	default: // assets and references
		key.WriteString(v.WithSecret(false).WithDependencies(nil).GoString())
	}
}

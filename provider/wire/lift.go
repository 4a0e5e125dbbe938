package wire

import (
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// Lifting configures [Lift] for a component.
type Lifting struct {
	// Blocks are the paths of inputs whose properties are lifted one by one, because some of them must be
	// known while others may not be: `aws`, whose `create` decides which children exist; `oidc.aws`. A list whose
	// elements are such is `teams[*]`.
	Blocks []string
	// Plain are the paths, inside blocks, of what decides which children exist. These values are known, and decoded into plain
	// types, which cannot carry dependencies: they are dropped.
	Plain []string
	// Definitions are the inputs that become part of an ESC environment definition. A secret leaf in them becomes
	// `{fn::secret: leaf}`, so that Pulumi Cloud keeps it secret too.
	Definitions []string
}

// Lift moves the marks of a nested value to the input that holds it: an input that contains a secret becomes secret, one that
// contains an unknown becomes unknown, and it carries the dependencies of all its parts.
//
// The Go SDK decodes a component's inputs into plain structs and maps. A secret nested in one would arrive in the
// clear, and an unknown as a zero value that looks known. A mark on the whole input survives.
//
// stack is the URN of the stack that the component is part of. An unknown that depends on no resource is made to
// depend on it: the SDK takes a bare unknown for an unknown string, whatever type the input has, and only one with a
// dependency for an unknown of the input's own type. Unknowns exist in previews alone, so no state holds this.
func Lift(inputs property.Map, lifting Lifting, stack urn.URN) property.Map {
	l := lifter{Lifting: lifting, stack: stack}
	return l.block("", property.New(inputs)).AsMap()
}

type lifter struct {
	Lifting
	stack urn.URN
}

// block lifts the parts of a block; everything else is lifted as a whole.
func (l lifter) block(path string, block property.Value) property.Value {
	children := map[string]property.Value{}
	for name, child := range block.AsMap().All {
		child = inherit(child, block)
		childPath := problem.Join(path, name)
		elements := childPath + AnyIndex
		switch {
		case slices.Contains(l.Blocks, elements) && child.IsArray():
			children[name] = l.list(elements, child)
		case slices.Contains(l.Plain, childPath) && !child.HasComputed():
			children[name] = withoutDependencies(child)
		case slices.Contains(l.Blocks, childPath) && child.IsMap():
			children[name] = l.block(childPath, child)
		case slices.Contains(l.Definitions, childPath):
			children[name] = l.lift(markSecretLeaves(child))
		default:
			children[name] = l.lift(child)
		}
	}
	// The marks of the block went to its parts.
	return property.New(children)
}

// list lifts each element of a list of blocks.
func (l lifter) list(path string, list property.Value) property.Value {
	elements := []property.Value{}
	for _, element := range list.AsArray().All {
		if element.IsMap() {
			elements = append(elements, l.block(path, inherit(element, list)))
			continue
		}
		elements = append(elements, l.lift(element))
	}
	return property.New(elements)
}

func withoutDependencies(v property.Value) property.Value {
	return mapChildren(v.WithDependencies(nil), withoutDependencies)
}

// inherit gives a block's property the marks of the block.
func inherit(child, block property.Value) property.Value {
	dependencies := append(slices.Clone(child.Dependencies()), block.Dependencies()...)
	return child.WithSecret(child.Secret() || block.Secret()).WithDependencies(unique(dependencies))
}

func (l lifter) lift(v property.Value) property.Value {
	var marks marks
	plain := marks.strip(v)
	if marks.unknown {
		plain = property.New(property.Computed)
		if len(marks.dependencies) == 0 && !marks.secret {
			marks.dependencies = []urn.URN{l.stack}
		}
	}
	return plain.WithSecret(marks.secret).WithDependencies(unique(marks.dependencies))
}

// marks are secret, unknown and dependencies of a value and its parts.
type marks struct {
	secret, unknown bool
	dependencies    []urn.URN
}

// strip collects the marks of v and returns v without them.
func (m *marks) strip(v property.Value) property.Value {
	m.secret = m.secret || v.Secret()
	m.unknown = m.unknown || v.IsComputed()
	m.dependencies = append(m.dependencies, v.Dependencies()...)
	v = v.WithSecret(false).WithDependencies(nil)
	return mapChildren(v, m.strip)
}

// secretFunction is ESC's way of writing a secret.
const secretFunction = "fn::secret"

// markSecretLeaves writes every secret part of a definition as `fn::secret`. The mark stays as well, so that the whole is secret
// in Pulumi.
func markSecretLeaves(v property.Value) property.Value {
	if v.IsMap() {
		if _, already := v.AsMap().GetOk(secretFunction); already {
			return v
		}
	}
	if !v.Secret() || v.IsComputed() {
		return mapChildren(v, markSecretLeaves)
	}
	if v.IsMap() || v.IsArray() {
		// ESC keeps strings secret, not structures: the mark goes to the leaves.
		return mapChildren(v, func(child property.Value) property.Value {
			return markSecretLeaves(child.WithSecret(true))
		})
	}
	if v.IsNull() {
		return v
	}
	leaf := v.WithSecret(false).WithDependencies(nil)
	return property.New(property.NewMap(map[string]property.Value{secretFunction: leaf})).
		WithSecret(true).WithDependencies(v.Dependencies())
}

func mapChildren(v property.Value, change func(property.Value) property.Value) property.Value {
	switch {
	case v.IsMap():
		m := make(map[string]property.Value, v.AsMap().Len())
		for key, child := range v.AsMap().All {
			m[key] = change(child)
		}
		return property.WithGoValue(v, property.NewMap(m))
	case v.IsArray():
		elements := make([]property.Value, 0, v.AsArray().Len())
		for _, child := range v.AsArray().All {
			elements = append(elements, change(child))
		}
		return property.WithGoValue(v, property.NewArray(elements))
	default:
		return v
	}
}

func unique(urns []urn.URN) []urn.URN {
	slices.SortFunc(urns, func(a, b urn.URN) int { return strings.Compare(string(a), string(b)) })
	return slices.Compact(urns)
}

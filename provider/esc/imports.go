package esc

import (
	"context"
	"maps"
	"slices"

	"github.com/pulumi/esc/ast"
	"github.com/pulumi/esc/eval"
	"gopkg.in/yaml.v3"
)

// importedProvider names the provider whose values stand for what an import may hold. A user cannot write it: the
// service would not know it, and [Check] says so.
const importedProvider = "\x00imported"

// imports stands in for the environments that a definition imports. They cannot be read here, so each has an unknown
// value under every name that the definition refers to: no reference fails for what an import may hold.
type imports struct {
	names []string
}

var _ eval.EnvironmentLoader = imports{}

func (i imports) LoadEnvironment(context.Context, string) ([]byte, eval.Decrypter, error) {
	values := mapping()
	for _, name := range i.names {
		unknown := mapping()
		put(unknown, scalar("!!str", "fn::open::"+importedProvider), mapping())
		key := scalar("!!str", name)
		key.Style = yaml.DoubleQuotedStyle
		put(values, key, unknown)
	}
	document := mapping()
	put(document, scalar("!!str", "values"), values)
	text, err := marshal(document)
	return []byte(text), nil, err
}

// references collects every name in every `${...}` of the definition. The names that ESC reserves are no values of an
// environment.
func references(root *yaml.Node) []string {
	names := map[string]bool{}
	walk(root, func(node *yaml.Node) {
		if node.Kind != yaml.ScalarNode || !interpolates(node.Value) {
			return
		}
		expression, _ := ast.Interpolate(node.Value)
		for _, part := range expression.Parts {
			if part.Value == nil {
				continue
			}
			for _, accessor := range part.Value.Accessors {
				if name := accessorName(accessor); name != "" {
					names[name] = true
				}
			}
		}
	})
	for _, reserved := range []string{"imports", "context", "environments"} {
		delete(names, reserved)
	}
	return slices.Sorted(maps.Keys(names))
}

func accessorName(accessor ast.PropertyAccessor) string {
	switch a := accessor.(type) {
	case *ast.PropertyName:
		return a.Name
	case *ast.PropertySubscript:
		name, _ := a.Index.(string)
		return name
	}
	return ""
}

func walk(node *yaml.Node, visit func(*yaml.Node)) {
	visit(node)
	for _, child := range node.Content {
		walk(child, visit)
	}
}

package esc

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/esc/ast"
	"github.com/pulumi/esc/eval"
	"gopkg.in/yaml.v3"
)

// Opened returns the names of the environments that opening a definition opens as well, as it writes them: its imports,
// and those that an expression such as `${environments.payments.base.region}` refers to.
func Opened(definition string) ([]string, error) {
	parsed, diagnostics, err := eval.LoadYAMLBytes("environment", []byte(definition))
	if err != nil || diagnostics.HasErrors() {
		return nil, errors.New("the definition is not one that can be read") // what is wrong may quote a secret
	}
	var names []string
	if parsed != nil {
		for _, entry := range parsed.Imports.GetElements() {
			if entry.Environment == nil {
				return nil, errors.New("an import has no name")
			}
			names = append(names, entry.Environment.Value)
		}
	}
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(definition), &root); err != nil {
		return nil, errors.New("the definition is not YAML")
	}
	walk(&root, func(node *yaml.Node) {
		if node.Kind == yaml.ScalarNode && interpolates(node.Value) {
			names = append(names, referredTo(node.Value)...)
		}
	})
	slices.Sort(names)
	return slices.Compact(names), nil
}

// referredTo are the environments that the expressions in a text take values from.
func referredTo(text string) []string {
	var names []string
	expression, _ := ast.Interpolate(text)
	for _, part := range expression.Parts {
		if part.Value == nil || len(part.Value.Accessors) < 3 || accessorName(part.Value.Accessors[0]) != "environments" {
			continue
		}
		names = append(names, fmt.Sprintf("%s/%s", accessorName(part.Value.Accessors[1]), accessorName(part.Value.Accessors[2])))
	}
	return names
}

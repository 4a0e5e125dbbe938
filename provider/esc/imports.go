package esc

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/esc/ast"
	"github.com/pulumi/esc/eval"
	"gopkg.in/yaml.v3"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// importedProvider is the provider whose values stand for the imports. Users cannot write it: the service does not know it, and
// [Check] reports it.
const importedProvider = "\x00imported"

// imports replaces the environments that a definition imports, which cannot be read here. Each has an unknown value under every
// name that the definition refers to, so that no reference fails for what an import may hold.
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

// references collects every name in every `${...}` of the definition. The names that ESC reserves are not values of an
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

// importVersion is what may follow the @ of an import: the number of a revision, or a revision tag.
var importVersion = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}$`)

// malformedImports finds imports that are not the name of an environment. The evaluator leaves names to the service.
func malformedImports(root *yaml.Node) []Diagnostic {
	var found []Diagnostic
	for i, node := range importNodes(root) {
		if reason := badImport(node.Value); reason != "" {
			found = append(found, Diagnostic{
				Path: fmt.Sprintf("imports[%d]", i), Summary: reason, Severity: SeverityError, Line: node.Line, Column: node.Column,
			})
		}
	}
	return found
}

// importNodes are the names of the imports; one with options is the only key of a map.
func importNodes(root *yaml.Node) []*yaml.Node {
	var names []*yaml.Node
	for _, node := range elements(root, "imports") {
		if node.Kind == yaml.MappingNode && len(node.Content) == 2 {
			node = node.Content[0]
		}
		if node.Kind == yaml.ScalarNode {
			names = append(names, node)
		}
	}
	return names
}

// ImportsIn returns the environments that a definition's text imports, as project/environment, without versions.
func ImportsIn(text string) ([]string, error) {
	documents, err := parse(text)
	if err != nil || len(documents) == 0 {
		return nil, err
	}
	var names []string
	for _, node := range importNodes(documents[0]) {
		name, _, _ := strings.Cut(node.Value, "@")
		names = append(names, name)
	}
	return names, nil
}

// SubjectAttributesIn returns the attributes that the logins in a definition's text put into their subjects, sorted.
func SubjectAttributesIn(text string) ([]string, error) {
	documents, err := parse(text)
	if err != nil || len(documents) == 0 {
		return nil, err
	}
	var all []string
	walk(documents[0], func(node *yaml.Node) {
		if attributes := valueAt(node, "subjectAttributes"); attributes != nil {
			for _, attribute := range attributes.Content {
				all = append(all, attribute.Value)
			}
		}
	})
	slices.Sort(all)
	return slices.Compact(all), nil
}

// elements are the elements of a list at the top of a document.
func elements(root *yaml.Node, key string) []*yaml.Node {
	if root.Kind == yaml.DocumentNode && len(root.Content) == 1 {
		root = root.Content[0]
	}
	if root.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == key && root.Content[i+1].Kind == yaml.SequenceNode {
			return root.Content[i+1].Content
		}
	}
	return nil
}

func badImport(written string) string {
	name, version, versioned := strings.Cut(written, "@")
	if _, err := oidc.ParseEnvironmentRef(name); err != nil || (versioned && !importVersion.MatchString(version)) {
		return fmt.Sprintf("%q is not the name of an environment: write project/environment, and @ with a revision or a revision tag if it "+
			"is not the latest", written)
	}
	return ""
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

package oidc

import (
	"go/ast"
	"go/parser"
	source "go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Every rule that a finding may have is in the list: what looks one up there finds it.
func TestRulesAreComplete(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(source.NewFileSet(), "lint.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var declared []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, is := n.(*ast.ValueSpec)
		if !is || !strings.HasPrefix(spec.Names[0].Name, "Rule") {
			return true
		}
		literal, is := spec.Values[0].(*ast.BasicLit)
		if !is {
			t.Fatalf("%s is not a text", spec.Names[0].Name)
		}
		id, err := strconv.Unquote(literal.Value)
		if err != nil {
			t.Fatal(err)
		}
		declared = append(declared, id)
		return true
	})
	rules := Rules()
	slices.Sort(declared)
	slices.Sort(rules)
	if !slices.Equal(declared, rules) {
		t.Errorf("declared are %q, the list has %q", declared, rules)
	}
}

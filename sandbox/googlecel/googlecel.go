// Package googlecel evaluates attribute mappings and conditions of Google's workload identity federation: CEL over the
// token's claims, with the functions that Google adds. See
// https://cloud.google.com/iam/docs/workload-identity-federation#mapping.
package googlecel

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/ext"
)

// Subject is the attribute that every mapping sets.
const Subject = "google.subject"

// Attributes are what a mapping makes of a token's claims, by their full names such as google.subject and
// attribute.environment. Values are strings, apart from google.groups, which is a list of strings.
type Attributes map[string]any

var (
	attributeName = regexp.MustCompile(`^(google\.(subject|groups|display_name|profile_photo|posix_username)|attribute\.[a-z0-9_]{1,100})$`)
	texts         = reflect.TypeFor[[]string]()
)

// CheckMapping refuses what Google would refuse when a provider is created: no google.subject, attributes that do not
// exist, and expressions that do not compile.
func CheckMapping(mapping map[string]string) error {
	if mapping[Subject] == "" {
		return fmt.Errorf("the mapping has no %s", Subject)
	}
	for _, name := range slices.Sorted(maps.Keys(mapping)) {
		if !attributeName.MatchString(name) {
			return fmt.Errorf("%q is not an attribute; Google has google.subject, google.groups and attribute.<name>", name)
		}
		if _, err := compile(mapping[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// CheckCondition refuses a condition that does not compile to a boolean.
func CheckCondition(condition string) error {
	if condition == "" {
		return nil
	}
	tree, err := compile(condition)
	if err != nil {
		return err
	}
	if kind := tree.OutputType(); !kind.IsExactType(cel.BoolType) && !kind.IsExactType(cel.DynType) {
		return fmt.Errorf("a condition is a boolean, and %s is a %s", condition, kind)
	}
	return nil
}

// Map evaluates a mapping over the claims of a token.
func Map(mapping map[string]string, claims map[string]any) (Attributes, error) {
	mapped := Attributes{}
	for _, name := range slices.Sorted(maps.Keys(mapping)) {
		value, err := Evaluate(mapping[name], claims, nil)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		mapped[name] = value.Value()
		if name == "google.groups" {
			if mapped[name], err = value.ConvertToNative(texts); err != nil {
				return nil, fmt.Errorf("the mapped attribute '%s' must be a list of STRING", name)
			}
		} else if _, ok := mapped[name].(string); !ok {
			return nil, fmt.Errorf("the mapped attribute '%s' must be of type STRING", name)
		}
	}
	return mapped, nil
}

// Admits evaluates a condition over the claims of a token and what they were mapped to. No condition admits all.
func Admits(condition string, claims map[string]any, mapped Attributes) (bool, error) {
	if condition == "" {
		return true, nil
	}
	value, err := Evaluate(condition, claims, mapped)
	if err != nil {
		return false, err
	}
	admitted, ok := value.Value().(bool)
	if !ok {
		return false, fmt.Errorf("a condition is a boolean, and %s is a %s", condition, value.Type())
	}
	return admitted, nil
}

// Evaluate evaluates any expression.
func Evaluate(expression string, claims map[string]any, mapped Attributes) (ref.Val, error) {
	tree, err := compile(expression)
	if err != nil {
		return nil, err
	}
	env, err := environment()
	if err != nil {
		return nil, err
	}
	program, err := env.Program(tree)
	if err != nil {
		return nil, err
	}
	out, _, err := program.Eval(map[string]any{
		"assertion": claims, "google": mapped.under("google."), "attribute": mapped.under("attribute."),
	})
	return out, err
}

func (a Attributes) under(prefix string) map[string]any {
	found := map[string]any{}
	for name, value := range a {
		if short, ok := strings.CutPrefix(name, prefix); ok {
			found[short] = value
		}
	}
	return found
}

func compile(expression string) (*cel.Ast, error) {
	env, err := environment()
	if err != nil {
		return nil, err
	}
	tree, issues := env.Compile(expression)
	return tree, issues.Err()
}

var environment = sync.OnceValues(func() (*cel.Env, error) {
	object := cel.MapType(cel.StringType, cel.DynType)
	return cel.NewEnv(
		cel.Variable("assertion", object), cel.Variable("google", object), cel.Variable("attribute", object),
		ext.Strings(),
		cel.Function("extract", cel.MemberOverload("string_extract", []*cel.Type{cel.StringType, cel.StringType}, cel.StringType,
			cel.BinaryBinding(extract))),
	)
})

// extract is the function that Google adds to CEL: the part of a text that the braces of a template match, and ""
// if the template does not match. See https://cloud.google.com/iam/docs/conditions-attribute-reference#extract.
func extract(text, template ref.Val) ref.Val {
	whole, _ := text.Value().(string)
	pattern, _ := template.Value().(string)
	before, rest, _ := strings.Cut(pattern, "{")
	_, after, closed := strings.Cut(rest, "}")
	_, found, fits := strings.Cut(whole, before)
	if !closed || !fits {
		return types.String("")
	}
	if after == "" {
		return types.String(found)
	}
	found, _, fits = strings.Cut(found, after)
	if !fits {
		return types.String("")
	}
	return types.String(found)
}

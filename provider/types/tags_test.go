package types_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	propertyName = regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)
	tagKey       = regexp.MustCompile(`(\S+?):"[^"]*"`)
)

// tagProblem returns what is wrong with a field's tag. The framework ignores words that it does not know, so a misspelled
// one, or one in the wrong tag, is a property that is silently not secret, or not optional.
func tagProblem(tag reflect.StructTag, kind ast.Expr) string {
	pulumi, isProperty := tag.Lookup("pulumi")
	provider, isProvider := tag.Lookup("provider")
	for _, key := range tagKey.FindAllStringSubmatch(string(tag), -1) {
		if !slices.Contains([]string{"pulumi", "provider", "list"}, key[1]) {
			return fmt.Sprintf("%q is not a tag of the framework", key[1])
		}
	}
	if list, isList := tag.Lookup("list"); isList && list != "set" && list != "ordered" {
		return fmt.Sprintf("list knows set and ordered, not %q", list)
	}
	if !isProperty {
		return "holds no pulumi tag"
	}
	name, words, _ := strings.Cut(pulumi, ",")
	if !propertyName.MatchString(name) {
		return fmt.Sprintf("%q is not a valid name of a property", name)
	}
	if strings.Contains(pulumi, ",") && words != "optional" {
		return fmt.Sprintf("pulumi knows optional, not %q", words)
	}
	if words == "optional" && !canBeAbsent(kind) {
		return "is optional, but cannot tell unset from zero: make it a pointer, slice or map"
	}
	if isProvider {
		for word := range strings.SplitSeq(provider, ",") {
			if !slices.Contains([]string{"secret", "replaceOnChanges"}, word) && !strings.HasPrefix(word, "type=") {
				return fmt.Sprintf("provider knows secret, replaceOnChanges and type=, not %q", word)
			}
		}
	}
	return ""
}

func canBeAbsent(kind ast.Expr) bool {
	switch kind := kind.(type) {
	case *ast.StarExpr, *ast.ArrayType, *ast.MapType:
		return true
	case *ast.Ident: // a value of any type, nil where there is none
		return kind.Name == "any"
	}
	return false
}

// fieldTags calls each for every tagged field of every struct in a file.
func fieldTags(file *ast.File, each func(field string, tag reflect.StructTag, kind ast.Expr)) {
	ast.Inspect(file, func(node ast.Node) bool {
		structure, ok := node.(*ast.StructType)
		if !ok {
			return true
		}
		for _, field := range structure.Fields.List {
			if field.Tag == nil {
				continue
			}
			text, err := strconv.Unquote(field.Tag.Value)
			if err != nil {
				text = field.Tag.Value
			}
			if strings.HasPrefix(text, "json:") { // not part of the schema
				continue
			}
			name := "an embedded field"
			if len(field.Names) > 0 {
				name = field.Names[0].Name
			}
			each(name, reflect.StructTag(text), field.Type)
		}
		return true
	})
}

// sources are the files at a path that are not tests.
func sources(t *testing.T, root string) []string {
	t.Helper()
	var paths []string
	require.NoError(t, filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			paths = append(paths, path)
		}
		return err
	}))
	return paths
}

func TestTagsHoldKnownWords(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"../types", "../resources", "../components", "../functions", "../config.go"} {
		seen := 0
		for _, path := range sources(t, folder) {
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, path, nil, 0)
			require.NoError(t, err)
			fieldTags(file, func(field string, tag reflect.StructTag, kind ast.Expr) {
				seen++
				assert.Empty(t, tagProblem(tag, kind), "%s: %s `%s`", files.Position(kind.Pos()), field, tag)
			})
		}
		assert.NotZero(t, seen, "%s: no tags found", folder)
	}
}

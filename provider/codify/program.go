package codify

import (
	"context"
	"encoding/json"
	"fmt"
	"go/format"
	"strings"

	"github.com/blang/semver"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	gogen "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/hcl2/syntax"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/pcl"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/zclconf/go-cty/cty"
)

const token = "leastprivilege:index:"

// generators print a program in a language.
var generators = map[string]func(*pcl.Program) (map[string][]byte, hcl.Diagnostics, error){
	"typescript": nodejs.GenerateProgram,
	"python":     python.GenerateProgram,
	"go":         gogen.GenerateProgram,
}

// generated prints the objects in a language that has a generator.
func generated(objects []Object, language string, pkg *schema.Package) (map[string][]byte, error) {
	parser, kept := syntax.NewParser(), newLiterals(objects)
	if err := parser.ParseFile(strings.NewReader(pclText(objects, kept)), "main.pp"); err != nil {
		return nil, err
	}
	if parser.Diagnostics.HasErrors() {
		return nil, parser.Diagnostics
	}
	program, diagnostics, err := pcl.BindProgram(parser.Files, only{pkg})
	if err == nil && diagnostics.HasErrors() {
		err = diagnostics
	}
	if err != nil {
		return nil, fmt.Errorf("the program does not fit the schema: %w", err)
	}
	files, diagnostics, err := generators[language](program)
	if err == nil && diagnostics.HasErrors() {
		err = diagnostics
	}
	for name, text := range files {
		files[name] = kept.restored(text, language)
		if language == "go" && err == nil {
			files[name], err = format.Source(files[name])
		}
	}
	return files, err
}

// pclText is the program in PCL.
func pclText(objects []Object, kept *literals) string {
	file := hclwrite.NewEmptyFile()
	w := pclWriter{referencesIn(objects), kept}
	for i, o := range objects {
		if i > 0 {
			file.Body().AppendNewline()
		}
		for _, line := range noteLines(o) {
			file.Body().AppendUnstructuredTokens(hclwrite.Tokens{{Type: hclsyntax.TokenComment, Bytes: []byte("// " + line + "\n")}})
		}
		block := file.Body().AppendNewBlock("resource", []string{identifier(o), token + o.Type}).Body()
		block.SetAttributeValue(pcl.LogicalNamePropertyKey, cty.StringVal(o.Name))
		for key, value := range o.Inputs.AllStable {
			block.SetAttributeRaw(key, w.tokens(o, key, value))
		}
	}
	return string(file.Bytes())
}

type pclWriter struct {
	references
	*literals
}

// tokens are an expression for a value. at is the path of the property that it stands in.
func (r pclWriter) tokens(o Object, at string, value property.Value) hclwrite.Tokens {
	switch {
	case value.IsArray():
		var elements []hclwrite.Tokens
		for _, element := range value.AsArray().All {
			elements = append(elements, r.tokens(o, at, element))
		}
		return hclwrite.TokensForTuple(elements)
	case value.IsMap():
		var attributes []hclwrite.ObjectAttrTokens
		for key, element := range value.AsMap().AllStable {
			attributes = append(attributes, hclwrite.ObjectAttrTokens{
				Name: hclwrite.TokensForValue(cty.StringVal(r.word(key))), Value: r.tokens(o, at+"."+key, element),
			})
		}
		return hclwrite.TokensForObject(attributes)
	case value.IsBool():
		return hclwrite.TokensForValue(cty.BoolVal(value.AsBool()))
	case value.IsNumber():
		return hclwrite.TokensForValue(cty.NumberFloatVal(value.AsNumber()))
	case value.IsString():
		if to, found := r.to(o, at, value.AsString()); found {
			return hclwrite.TokensForTraversal(hcl.Traversal{hcl.TraverseRoot{Name: to.variable}, hcl.TraverseAttr{Name: to.output}})
		}
		return hclwrite.TokensForValue(cty.StringVal(r.word(value.AsString())))
	}
	return hclwrite.TokensForValue(cty.NullVal(cty.DynamicPseudoType))
}

// noteLines are the comments in front of an object. Nothing in them ends a comment.
func noteLines(o Object) []string {
	var lines []string
	for _, note := range o.Notes {
		for _, line := range strings.Split(note, "\n") {
			lines = append(lines, strings.Map(printable, strings.TrimSpace(line)))
		}
	}
	return lines
}

// printable keeps what stays on its line in every language.
func printable(r rune) rune {
	if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
		return ' '
	}
	return r
}

// only loads one package, which is there already.
type only struct{ pkg *schema.Package }

func (l only) LoadPackage(name string, _ *semver.Version) (*schema.Package, error) {
	if name != l.pkg.Name {
		return nil, fmt.Errorf("unknown package %q", name)
	}
	return l.pkg, nil
}

func (l only) LoadPackageV2(_ context.Context, d *schema.PackageDescriptor) (*schema.Package, error) {
	return l.LoadPackage(d.PackageName(), nil)
}

// Schema is the schema of the package, which decides about names and types.
type Schema struct{ pkg *schema.Package }

// ParseSchema reads the package's schema.json.
func ParseSchema(text []byte) (*Schema, error) {
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return nil, fmt.Errorf("schema of the package: %w", err)
	}
	languages := map[string]schema.Language{"nodejs": nodejs.Importer, "python": python.Importer, "go": gogen.Importer}
	pkg, err := schema.ImportSpec(spec, languages, only{&schema.Package{}}, schema.ValidationOptions{})
	if err != nil {
		return nil, fmt.Errorf("schema of the package: %w", err)
	}
	return &Schema{pkg}, nil
}

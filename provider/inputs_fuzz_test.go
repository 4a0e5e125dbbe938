package provider_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	pschema "github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	presource "github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
)

// place is where a text is put: at one leaf of one input of a resource or a function.
type place struct {
	token, input, leaf string
	typ                pschema.TypeSpec
	function           bool
}

func places(spec pschema.PackageSpec) []place {
	var all []place
	add := func(token string, function bool, inputs map[string]pschema.PropertySpec) {
		for _, input := range slices.Sorted(maps.Keys(inputs)) {
			f := filler{spec: spec}
			for _, leaf := range f.leaves(input, inputs[input].TypeSpec, 0) {
				all = append(all, place{token, input, leaf, inputs[input].TypeSpec, function})
			}
		}
	}
	for _, token := range slices.Sorted(maps.Keys(spec.Resources)) {
		if !spec.Resources[token].IsComponent {
			add(token, false, spec.Resources[token].InputProperties)
		}
	}
	for _, token := range slices.Sorted(maps.Keys(spec.Functions)) {
		add(token, true, spec.Functions[token].Inputs.Properties)
	}
	return all
}

// FuzzInputs gives any text to any input of any resource and function, and imports resources by any id: what is refused is refused as
// an error or a failure, and nothing panics.
func FuzzInputs(f *testing.F) {
	spec, served := inferred(f), previewing(f)
	all := places(spec)
	for i := range all {
		f.Add(i, []string{"a/b", "values: {a: ${b}}", `{"Version":"2012-10-17","Statement":[]}`, "1d", "arn:aws:iam::123456789012:role/r", "${"}[i%6])
	}
	for _, id := range []string{"acme/payments/prod", "acme/x", "acme", "acme/a/b/c/d", "acme/%2F", "acme/..", "acme//", "acme/payments/*?tag:a=b", "é/ü"} {
		f.Add(0, id)
	}
	f.Fuzz(func(t *testing.T, at int, text string) {
		text = strings.ToValidUTF8(text, "x") // the engine sends nothing else
		where := all[(at%len(all)+len(all))%len(all)]
		fill := filler{spec: spec, leaf: property.New(text)}
		name, value := string(tokens.Type(where.token).Name()), fill.fill(where.input, where.leaf, where.typ)
		panics := func(what string, err error) {
			if err != nil && strings.Contains(err.Error(), "failed unexpectedly") {
				t.Errorf("%s of %s with %s: %v", what, name, where.leaf, err)
			}
		}
		if where.function {
			_, err := served.Invoke(p.InvokeRequest{Token: tokens.Type(where.token), Args: resourcetest.Object(invoked[name]).Set(where.input, value)})
			panics("call", err)
			return
		}
		urn := presource.NewURN("dev", "platform", "", tokens.Type(where.token), "x")
		checked, err := served.Check(p.CheckRequest{Urn: urn, Inputs: resourcetest.Object(previewed[name]).Set(where.input, value)})
		panics("check", err)
		if err == nil && len(checked.Failures) == 0 {
			_, err = served.Create(p.CreateRequest{Urn: urn, Properties: checked.Inputs, DryRun: true})
			panics("preview", err)
		}
		_, err = served.Read(p.ReadRequest{ID: text, Urn: urn})
		panics("import by "+text, err)
	})
}

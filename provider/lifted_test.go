package provider_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	pschema "github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	presource "github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
)

// filler makes values of types of the schema, with a mark at one leaf.
type filler struct {
	spec pschema.PackageSpec
	leaf property.Value // what stands at the leaf that is marked
}

// leaves are the paths of the leaves of a type, in the form `policies[0].claims.k`.
func (f filler) leaves(path string, t pschema.TypeSpec, depth int) []string {
	switch {
	case depth > 8:
		return nil
	case t.Type == "array":
		return f.leaves(path+"[0]", *t.Items, depth+1)
	case t.Type == "object" && t.AdditionalProperties != nil:
		return f.leaves(path+".k", *t.AdditionalProperties, depth+1)
	case strings.HasPrefix(t.Ref, "#/types/"):
		object := f.spec.Types[strings.TrimPrefix(t.Ref, "#/types/")]
		if len(object.Enum) > 0 {
			return []string{path}
		}
		var all []string
		for _, name := range slices.Sorted(maps.Keys(object.Properties)) {
			all = append(all, f.leaves(path+"."+name, object.Properties[name].TypeSpec, depth+1)...)
		}
		return all
	case t.Type == "string" || strings.HasPrefix(t.Ref, "pulumi.json#/Any"):
		return []string{path}
	}
	return nil
}

// fill makes a value of a type with the leaf at path, and beside it everything that the types require.
func (f filler) fill(path, at string, t pschema.TypeSpec) property.Value {
	if at == path {
		return f.leaf
	}
	switch {
	case t.Type == "array":
		if strings.HasPrefix(at, path+"[0]") {
			return property.New([]property.Value{f.fill(path+"[0]", at, *t.Items)})
		}
		return property.New([]property.Value{})
	case t.Type == "object" && t.AdditionalProperties != nil:
		if strings.HasPrefix(at, path+".k") {
			return property.New(map[string]property.Value{"k": f.fill(path+".k", at, *t.AdditionalProperties)})
		}
		return property.New(map[string]property.Value{})
	case strings.HasPrefix(t.Ref, "#/types/"):
		object := f.spec.Types[strings.TrimPrefix(t.Ref, "#/types/")]
		if len(object.Enum) > 0 {
			return property.New(fmt.Sprint(object.Enum[0].Value))
		}
		made := map[string]property.Value{}
		for name, p := range object.Properties {
			child := path + "." + name
			if slices.Contains(object.Required, name) || at == child || strings.HasPrefix(at, child+".") || strings.HasPrefix(at, child+"[") {
				made[name] = f.fill(child, at, p.TypeSpec)
			}
		}
		return property.New(made)
	case t.Type == "boolean":
		return property.New(false)
	case t.Type == "integer", t.Type == "number":
		return property.New(1.0)
	}
	return property.New("x")
}

// An unknown or a secret at any depth of any input of any resource makes that input so as a whole, and no other input: the
// framework would put the mark on a neighbour.
func TestMarksOfNestedInputsAreLifted(t *testing.T) {
	t.Parallel()
	spec, served := inferred(t), previewing(t)
	tried := 0
	for _, token := range slices.Sorted(maps.Keys(spec.Resources)) {
		resource := spec.Resources[token]
		if resource.IsComponent {
			continue
		}
		kind := string(tokens.Type(token).Name())
		urn := presource.NewURN("dev", "platform", "", tokens.Type(token), "x")
		for _, input := range slices.Sorted(maps.Keys(resource.InputProperties)) {
			typ := resource.InputProperties[input].TypeSpec
			f := filler{spec: spec, leaf: property.New(property.Computed)}
			for _, leaf := range f.leaves(input, typ, 0) {
				if leaf == input {
					continue
				}
				given := resourcetest.Object(previewed[kind]).Set(input, f.fill(input, leaf, typ))
				checked, err := served.Check(p.CheckRequest{Urn: urn, Inputs: given})
				require.NoError(t, err)
				if len(checked.Failures) > 0 {
					continue // of what stands beside the leaf
				}
				tried++
				for name, value := range checked.Inputs.All {
					assert.Equal(t, name == input, value.HasComputed(), "%s: %s is unknown, %s is %v", kind, leaf, name, value)
				}
				made, err := served.Create(p.CreateRequest{Urn: urn, Properties: checked.Inputs, DryRun: true})
				require.NoError(t, err, "%s: %s", kind, leaf)
				for name := range given.All {
					if value, ok := made.Properties.GetOk(name); ok && name != input {
						assert.False(t, value.HasComputed(), "%s: %s is unknown, and the preview takes %s for it", kind, leaf, name)
					}
				}
			}
		}
	}
	assert.Greater(t, tried, 30)
}

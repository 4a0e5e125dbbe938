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

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
)

// mark is part of every secret here, and fits no input.
const mark = "m4rk3d-s3cr3t"

// secrets fail in different ways: as names, paths, durations, JSON, YAML.
var secrets = []string{
	mark, mark + "/*? <yaml>", "values: [" + mark, "values: {a: {fn::secret: " + mark + "}, b: ${" + mark + "}}", `{"keys": [{"kty": "oct", "k": "` + mark + `"}]}`,
	"values: {\"" + mark + "\n", "12" + mark, "",
}

// Every input of every resource and component is given secrets that fail, at every depth: no failure shows them, and none
// names a property whose value the engine would print.
func TestFailuresShowNoSecret(t *testing.T) {
	t.Parallel()
	spec, served := inferred(t), previewing(t)
	failed := map[string]int{}
	for _, token := range slices.Sorted(maps.Keys(spec.Resources)) {
		resource := spec.Resources[token]
		kind := string(tokens.Type(token).Name())
		urn := presource.NewURN("dev", "platform", "", tokens.Type(token), "x")
		for _, given := range secretInputs(spec, resource, previewed[kind]) {
			if resource.IsComponent {
				_, err := served.Construct(p.ConstructRequest{Urn: urn, Inputs: given.inputs})
				if err == nil {
					continue
				}
				if strings.Contains(err.Error(), "invalid inputs") {
					failed[kind]++
				}
				assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), mark, "%s: %s", kind, given.leaf)
				continue
			}
			checked, err := served.Check(p.CheckRequest{Urn: urn, Inputs: given.inputs})
			if err != nil {
				assert.NotContains(t, err.Error(), mark, "%s: %s", kind, given.leaf)
				continue
			}
			failed[kind] += len(checked.Failures)
			for _, failure := range checked.Failures {
				assert.NotContains(t, failure.Reason, mark, "%s: %s", kind, given.leaf)
				if failure.Property != "" {
					named, there := given.inputs.GetOk(failure.Property)
					assert.True(t, there, "%s: the engine would print <nil> for %s", kind, failure.Property)
					assert.NotContains(t, named.GoString(), mark, "%s: the engine prints the value of %s", kind, failure.Property)
				}
			}
			if len(checked.Failures) > 0 {
				assert.NotContains(t, property.New(checked.Inputs).GoString(), mark, "%s: %s", kind, given.leaf)
			}
		}
	}
	for _, token := range slices.Sorted(maps.Keys(spec.Resources)) {
		kind := string(tokens.Type(token).Name())
		assert.Positive(t, failed[kind], "no secret made a %s fail", kind)
	}
}

type secretInput struct {
	leaf   string
	inputs property.Map
}

// secretInputs are inputs with one secret each: marked as one, or one by what it says.
func secretInputs(spec pschema.PackageSpec, resource pschema.ResourceSpec, base map[string]any) []secretInput {
	var all []secretInput
	for _, input := range slices.Sorted(maps.Keys(resource.InputProperties)) {
		typ := resource.InputProperties[input].TypeSpec
		f := filler{spec: spec}
		for _, leaf := range append(f.leaves(input, typ, 0), f.functions(input, typ)...) {
			for _, secret := range secrets {
				f.leaf = property.New(secret).WithSecret(true)
				all = append(all, secretInput{leaf, resourcetest.Object(base).Set(input, f.fill(input, leaf, typ))})
				if strings.Contains(secret, "fn::secret") || strings.Contains(secret, "kty") {
					f.leaf = property.New(secret)
					all = append(all, secretInput{leaf, resourcetest.Object(base).Set(input, f.fill(input, leaf, typ))})
				}
			}
			f.leaf = property.New(map[string]property.Value{"fn::secret": property.New(mark)})
			all = append(all, secretInput{leaf, resourcetest.Object(base).Set(input, f.fill(input, leaf, typ))})
		}
		all = append(all, secretInput{input, resourcetest.Object(base).Set(input, property.New(mark).WithSecret(true))})
	}
	return all
}

// functions are places for other values than the type has.
func (f filler) functions(input string, typ pschema.TypeSpec) []string {
	if typ.Type == "object" && typ.AdditionalProperties != nil {
		return []string{input + ".k"}
	}
	return nil
}

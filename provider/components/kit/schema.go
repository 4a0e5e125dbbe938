package kit

import (
	"slices"

	pschema "github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// correctSchema completes the schema of a component with what the framework cannot infer.
//
// It marks the elements of an Output list as plain, because the Go type behind it is; but outputs are lifted out of
// lists and maps, so SDKs may put them there: `members: [user.login]`. And it has no way to say that an output may be
// absent: an `optional` in the tag of a component's output becomes part of the output's name.
func correctSchema(resource *pschema.ResourceSpec, mayBeAbsent []string) {
	if access, ok := resource.Properties["access"]; ok {
		// YAML's type checker takes no output that holds an enum for an input that holds the same one.
		access.TypeSpec = pschema.TypeSpec{Ref: "pulumi.json#/Any"}
		resource.Properties["access"] = access
	}
	elementsAreInputs(resource.InputProperties)
	elementsAreInputs(resource.Properties)
	resource.Required = slices.DeleteFunc(resource.Required, func(name string) bool { return slices.Contains(mayBeAbsent, name) })
}

func elementsAreInputs(properties map[string]pschema.PropertySpec) {
	for _, property := range properties {
		for element := range elementTypes(&property.TypeSpec) {
			element.Plain = false
		}
	}
}

// elementTypes yields the types of what a list or map holds, at every depth.
func elementTypes(spec *pschema.TypeSpec) func(func(*pschema.TypeSpec) bool) {
	return func(yield func(*pschema.TypeSpec) bool) {
		for _, element := range []*pschema.TypeSpec{spec.Items, spec.AdditionalProperties} {
			if element == nil {
				continue
			}
			if !yield(element) {
				return
			}
			for inner := range elementTypes(element) {
				if !yield(inner) {
					return
				}
			}
		}
	}
}

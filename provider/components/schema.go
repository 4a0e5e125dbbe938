package components

import (
	"context"
	"encoding/json"

	p "github.com/pulumi/pulumi-go-provider"
	pschema "github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// withNestedInputs lets SDKs put outputs inside the lists and maps that components take: `members: [user.login]`.
//
// The framework marks the elements of an Output list as plain, because the Go type behind it is. On the wire that makes
// no difference: Wrap lifts such outputs.
func withNestedInputs(provider p.Provider) p.Provider {
	getSchema := provider.GetSchema
	provider.GetSchema = func(ctx context.Context, req p.GetSchemaRequest) (p.GetSchemaResponse, error) {
		answer, err := getSchema(ctx, req)
		if err != nil {
			return answer, err
		}
		var spec pschema.PackageSpec
		if err := json.Unmarshal([]byte(answer.Schema), &spec); err != nil {
			return answer, err
		}
		for _, resource := range spec.Resources {
			if resource.IsComponent {
				elementsAreInputs(resource.InputProperties)
				elementsAreInputs(resource.Properties)
			}
		}
		text, err := json.Marshal(spec)
		answer.Schema = string(text)
		return answer, err
	}
	return provider
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

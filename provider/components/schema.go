package components

import (
	"context"
	"encoding/json"
	"slices"

	p "github.com/pulumi/pulumi-go-provider"
	pschema "github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// withTrueSchema corrects what the framework cannot infer of components.
//
// It marks the elements of an Output list as plain, because the Go type behind it is; but Wrap lifts outputs out of
// lists and maps, so SDKs may put them there: `members: [user.login]`. And it has no way to say that an output may be
// absent: an `optional` in the tag of a component's output becomes part of the output's name.
func withTrueSchema(provider p.Provider) p.Provider {
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
		for token, resource := range spec.Resources {
			if resource.IsComponent {
				elementsAreInputs(resource.InputProperties)
				elementsAreInputs(resource.Properties)
				resource.Required = slices.DeleteFunc(resource.Required, func(name string) bool {
					return slices.Contains(rulesByToken[tokens.Type(token)].mayBeAbsent, name)
				})
				spec.Resources[token] = resource
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

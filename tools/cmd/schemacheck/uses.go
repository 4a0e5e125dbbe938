package main

import (
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// usesOfTypes follows every reference and returns how each type is used. A type that nothing refers to has no entry.
func usesOfTypes(spec schema.PackageSpec) map[string]use {
	found := usage{spec: spec, uses: map[string]use{}}
	found.properties(spec.Config.Variables, input)
	found.resource(provider(spec))
	for _, resource := range spec.Resources {
		found.resource(resource)
	}
	for _, function := range spec.Functions {
		found.properties(objectOf(function.Inputs).properties, input|plain)
		found.properties(result(function).properties, output)
		if function.ReturnType != nil {
			found.follow(function.ReturnType.TypeSpec, output)
		}
	}
	return found.uses
}

type usage struct {
	spec schema.PackageSpec
	uses map[string]use
}

func (f usage) resource(r schema.ResourceSpec) {
	f.properties(r.InputProperties, input)
	f.properties(r.Properties, output)
	f.properties(objectOf(r.StateInputs).properties, input)
}

func (f usage) properties(all map[string]schema.PropertySpec, u use) {
	for _, property := range all {
		f.follow(&property.TypeSpec, u)
	}
}

func (f usage) follow(t *schema.TypeSpec, u use) {
	if t == nil {
		return
	}
	if t.Plain {
		u |= plain
	}
	f.follow(t.Items, u)
	f.follow(t.AdditionalProperties, u)
	for _, option := range t.OneOf {
		f.follow(&option, u)
	}
	token, own := strings.CutPrefix(t.Ref, ownTypes)
	if !own || f.uses[token]|u == f.uses[token] {
		return // known already, so that types that refer to themselves end
	}
	f.uses[token] |= u
	f.properties(f.spec.Types[token].Properties, u)
}

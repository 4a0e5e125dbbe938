package contract

import (
	"maps"
	"slices"
	"strings"
)

const schemaPrefix = "#/components/schemas/"

// tighten rewrites the document's schemas, as JSON, so that a validator holds values to what they mean:
//
//   - inheritance (allOf over a base) is flattened, so that an object can be closed: by the letter of JSON Schema every
//     part of an allOf would refuse the properties of the other parts;
//   - a base with a discriminator becomes oneOf its mapped descendants: by the letter a discriminator without oneOf
//     checks nothing beyond the base;
//   - objects with properties refuse undeclared ones;
//   - prose is dropped, it is half of the document's size.
func tighten(doc map[string]any) {
	dropProse(doc)
	components, _ := doc["components"].(map[string]any)
	schemas, _ := components["schemas"].(map[string]any)
	family := newFamily(schemas)
	tightened := make(map[string]any, len(schemas))
	for name := range schemas {
		own := family.flat(name)
		if mapping, property := family.variants(name); mapping != nil {
			tightened[name] = oneOf(mapping, property)
			tightened[selfName(name)] = own
			continue
		}
		tightened[name] = own
	}
	if components != nil {
		components["schemas"] = tightened
	}
	closeObjects(doc)
}

func dropProse(node any) {
	switch node := node.(type) {
	case map[string]any:
		for key, value := range node {
			if isProse(key, value) {
				delete(node, key)
				continue
			}
			if properties, ok := value.(map[string]any); ok && key == "properties" {
				dropProseOfEach(properties)
				continue
			}
			dropProse(value)
		}
	case []any:
		for _, value := range node {
			dropProse(value)
		}
	}
}

// dropProseOfEach keeps the keys: among properties, "description" is the name of one.
func dropProseOfEach(schemas map[string]any) {
	for _, schema := range schemas {
		dropProse(schema)
	}
}

func isProse(key string, value any) bool {
	_, isText := value.(string)
	return strings.HasPrefix(key, "x-") || isText && (key == "summary" || key == "description")
}

// family knows which schema extends which.
type family struct {
	schemas map[string]any
	parents map[string][]string
}

func newFamily(schemas map[string]any) family {
	f := family{schemas: schemas, parents: map[string][]string{}}
	for name, schema := range schemas {
		for _, part := range allOf(schema) {
			if parent, ok := reference(part); ok {
				f.parents[name] = append(f.parents[name], parent)
			}
		}
	}
	return f
}

func allOf(schema any) []any {
	object, _ := schema.(map[string]any)
	parts, _ := object["allOf"].([]any)
	return parts
}

func reference(schema any) (string, bool) {
	object, _ := schema.(map[string]any)
	ref, _ := object["$ref"].(string)
	return strings.CutPrefix(ref, schemaPrefix)
}

// flat returns the schema with everything it inherits, and without the discriminator of a base.
func (f family) flat(name string) map[string]any {
	schema, _ := f.schemas[name].(map[string]any)
	merged := maps.Clone(schema)
	delete(merged, "allOf")
	delete(merged, "discriminator")
	for _, part := range allOf(schema) {
		if parent, ok := reference(part); ok {
			mergeInto(merged, f.flat(parent))
		} else if inline, ok := part.(map[string]any); ok {
			mergeInto(merged, inline)
		}
	}
	return merged
}

func mergeInto(target, source map[string]any) {
	for key, value := range source {
		switch key {
		case "properties":
			properties, _ := target[key].(map[string]any)
			combined := maps.Clone(value.(map[string]any))
			maps.Copy(combined, properties)
			target[key] = combined
		case "required":
			required, _ := target[key].([]any)
			target[key] = append(slices.Clone(required), value.([]any)...)
		default:
			if _, ok := target[key]; !ok {
				target[key] = value
			}
		}
	}
}

// variants returns, for a polymorphic schema, the discriminator's values with the schemas that stand for them: all of
// them for a base, those that descend from it for a schema in the middle.
func (f family) variants(name string) (mapping map[string]string, property string) {
	discriminator := f.discriminator(name)
	if discriminator == nil || !f.isExtended(name) {
		return nil, ""
	}
	declared, _ := discriminator["mapping"].(map[string]any)
	mapping = map[string]string{}
	for value, ref := range declared {
		text, _ := ref.(string)
		target := strings.TrimPrefix(text, schemaPrefix)
		if f.descends(target, name) {
			mapping[value] = f.concrete(target)
		}
	}
	property, _ = discriminator["propertyName"].(string)
	return mapping, property
}

func (f family) discriminator(name string) map[string]any {
	schema, _ := f.schemas[name].(map[string]any)
	if own, ok := schema["discriminator"].(map[string]any); ok {
		return own
	}
	for _, parent := range f.parents[name] {
		if inherited := f.discriminator(parent); inherited != nil {
			return inherited
		}
	}
	return nil
}

func (f family) isExtended(name string) bool {
	for _, parents := range f.parents {
		if slices.Contains(parents, name) {
			return true
		}
	}
	return false
}

func (f family) descends(name, ancestor string) bool {
	if name == ancestor {
		return true
	}
	return slices.ContainsFunc(f.parents[name], func(parent string) bool { return f.descends(parent, ancestor) })
}

// concrete is the schema to use for name itself: one that is both a variant and a base would contain itself for ever.
func (f family) concrete(name string) string {
	if f.isExtended(name) {
		return selfName(name)
	}
	return name
}

func selfName(name string) string { return name + ".self" }

func oneOf(mapping map[string]string, property string) map[string]any {
	refs := map[string]any{}
	var options []any
	for _, value := range slices.Sorted(maps.Keys(mapping)) {
		ref := schemaPrefix + mapping[value]
		refs[value] = ref
		options = append(options, map[string]any{"$ref": ref})
	}
	return map[string]any{
		"oneOf":         options,
		"discriminator": map[string]any{"propertyName": property, "mapping": refs},
	}
}

func closeObjects(node any) {
	switch node := node.(type) {
	case map[string]any:
		_, hasProperties := node["properties"].(map[string]any)
		if _, decided := node["additionalProperties"]; hasProperties && node["type"] == "object" && !decided {
			node["additionalProperties"] = false
		}
		for _, value := range node {
			closeObjects(value)
		}
	case []any:
		for _, value := range node {
			closeObjects(value)
		}
	}
}

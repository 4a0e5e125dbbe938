package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// change is one thing that breaks users: where, such as `resource Team, input members`, and what.
type change struct{ where, what string }

func (c change) String() string { return c.where + ": " + c.what }

const gone = "removed or renamed"

// comparison collects what breaks users on the way from one schema to another.
type comparison struct {
	old, new schema.PackageSpec
	uses     map[string]use // how the old schema's types are used
	changes  []change
}

// compare returns what breaks users, sorted. What the new schema adds does not, unless users must give it.
func compare(old, new schema.PackageSpec) []change {
	c := &comparison{old: old, new: new, uses: usesOfTypes(old)}
	c.pkg()
	c.config()
	c.resource("the provider", provider(old), provider(new))
	for token, then := range old.Resources {
		now, ok := new.Resources[token]
		if where := "resource " + short(token); c.still(where, ok) {
			c.resource(where, then, now)
		}
	}
	for token, then := range old.Functions {
		now, ok := new.Functions[token]
		if where := "function " + short(token); c.still(where, ok) {
			c.function(where, then, now)
		}
	}
	for token, then := range old.Types {
		now, ok := new.Types[token]
		if where := "type " + short(token); c.still(where, ok) {
			c.complexType(where, c.uses[token], then, now)
		}
	}
	slices.SortFunc(c.changes, func(a, b change) int { return strings.Compare(a.String(), b.String()) })
	return c.changes
}

func (c *comparison) add(where, format string, arguments ...any) {
	c.changes = append(c.changes, change{where, fmt.Sprintf(format, arguments...)})
}

// still reports something that is not there any more.
func (c *comparison) still(where string, there bool) bool {
	if !there {
		c.add(where, gone)
	}
	return there
}

// differs reports a value that must stay.
func (c *comparison) differs(where, what, old, new string) {
	if old != new {
		c.add(where, "%s changed from %s to %s", what, orNothing(old), orNothing(new))
	}
}

func orNothing(value string) string {
	if value == "" {
		return "nothing"
	}
	return value
}

// short is a token as users write it: leastprivilege:index:Team is Team.
func short(token string) string {
	return token[strings.LastIndexByte(token, ':')+1:]
}

func (c *comparison) pkg() {
	c.differs("the package", "the name", c.old.Name, c.new.Name)
	for _, name := range []struct{ language, setting string }{
		{"go", "importBasePath"}, {"nodejs", "packageName"}, {"python", "packageName"},
	} {
		c.differs("the package", "its name in "+name.language,
			setting(c.old.Language[name.language], name.setting), setting(c.new.Language[name.language], name.setting))
	}
}

func setting(language schema.RawMessage, name string) string {
	var settings map[string]any
	if json.Unmarshal(language, &settings) != nil {
		return ""
	}
	value, _ := settings[name].(string)
	return value
}

func (c *comparison) config() {
	c.members("the configuration", "", input,
		object{c.old.Config.Variables, c.old.Config.Required}, object{c.new.Config.Variables, c.new.Config.Required})
}

// provider is the schema of the provider itself, empty where the package says nothing of it.
func provider(spec schema.PackageSpec) schema.ResourceSpec {
	if spec.Provider == nil {
		return schema.ResourceSpec{}
	}
	return *spec.Provider
}

func (c *comparison) resource(where string, old, new schema.ResourceSpec) {
	if old.IsComponent != new.IsComponent {
		c.add(where, "a component became a custom resource or the other way round")
	}
	c.members(where, "input", input, object{old.InputProperties, old.RequiredInputs}, object{new.InputProperties, new.RequiredInputs})
	c.members(where, "output", output, objectOf(&old.ObjectTypeSpec), objectOf(&new.ObjectTypeSpec))
	c.members(where, "state input", input, objectOf(old.StateInputs), objectOf(new.StateInputs))
	for _, alias := range old.Aliases {
		if !slices.ContainsFunc(new.Aliases, func(a schema.AliasSpec) bool { return a.Type == alias.Type }) {
			c.add(where, "the alias %s was removed: stacks that still use it lose sight of the resource", alias.Type)
		}
	}
	for method, function := range old.Methods {
		if now, ok := new.Methods[method]; c.still(where+", method "+method, ok) {
			c.differs(where+", method "+method, "its function", function, now)
		}
	}
}

func (c *comparison) function(where string, old, new schema.FunctionSpec) {
	then, now := objectOf(old.Inputs), objectOf(new.Inputs)
	if (len(then.properties) == 0) != (len(now.properties) == 0) {
		c.add(where, "took or takes no arguments: its signature changed")
	}
	c.differs(where, "the order of its arguments", strings.Join(old.MultiArgumentInputs, ", "), strings.Join(new.MultiArgumentInputs, ", "))
	c.members(where, "input", input|plain, then, now)
	c.members(where, "output", output, result(old), result(new))
	c.differs(where, "what it returns", returns(old), returns(new))
}

// result is a function's result where that is an object.
func result(f schema.FunctionSpec) object {
	if f.ReturnType != nil && f.ReturnType.ObjectTypeSpec != nil {
		return objectOf(f.ReturnType.ObjectTypeSpec)
	}
	return objectOf(f.Outputs)
}

func returns(f schema.FunctionSpec) string {
	switch {
	case f.ReturnType != nil && f.ReturnType.TypeSpec != nil:
		return typeName(f.ReturnType.TypeSpec)
	case f.Outputs != nil, f.ReturnType != nil:
		return "an object"
	default:
		return ""
	}
}

func (c *comparison) complexType(where string, u use, old, new schema.ComplexTypeSpec) {
	c.differs(where, "its kind", old.Type, new.Type)
	c.members(where, "property", u, objectOf(&old.ObjectTypeSpec), objectOf(&new.ObjectTypeSpec))
	for _, then := range old.Enum {
		value := fmt.Sprint(then.Value)
		at := slices.IndexFunc(new.Enum, func(e schema.EnumValueSpec) bool { return fmt.Sprint(e.Value) == value })
		if c.still(where+", value "+value, at >= 0) {
			c.differs(where+", value "+value, "its name", enumName(then), enumName(new.Enum[at]))
		}
	}
}

// enumName is what SDKs derive a constant's name from.
func enumName(e schema.EnumValueSpec) string {
	if e.Name != "" {
		return e.Name
	}
	return fmt.Sprint(e.Value)
}

// object is the members of a resource, a function or a type.
type object struct {
	properties map[string]schema.PropertySpec
	required   []string
}

func objectOf(spec *schema.ObjectTypeSpec) object {
	if spec == nil {
		return object{}
	}
	return object{spec.Properties, spec.Required}
}

func (o object) requires(name string) bool { return slices.Contains(o.required, name) }

func (o object) names() []string { return slices.Sorted(maps.Keys(o.properties)) }

package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// released is the schema of the tests, which they change.
func released(t *testing.T) schema.PackageSpec {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "released.json"))
	if err != nil {
		t.Fatal(err)
	}
	spec, err := parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

const (
	team = "sample:index:Team"
	find = "sample:index:find"
	rule = "sample:index:Rule"
	item = "sample:index:Entry"
	rank = "sample:index:Level"
)

func text(name string) schema.PropertySpec {
	return schema.PropertySpec{TypeSpec: schema.TypeSpec{Type: name}}
}

func resource(f func(*schema.ResourceSpec)) func(*schema.PackageSpec) {
	return func(s *schema.PackageSpec) { r := s.Resources[team]; f(&r); s.Resources[team] = r }
}

func function(f func(*schema.FunctionSpec)) func(*schema.PackageSpec) {
	return func(s *schema.PackageSpec) { o := s.Functions[find]; f(&o); s.Functions[find] = o }
}

func complexType(token string, f func(*schema.ComplexTypeSpec)) func(*schema.PackageSpec) {
	return func(s *schema.PackageSpec) { o := s.Types[token]; f(&o); s.Types[token] = o }
}

func TestWhatBreaks(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		edit func(*schema.PackageSpec)
		want string
	}{
		{"package renamed", func(s *schema.PackageSpec) { s.Name = "other" }, "the package: the name changed from sample to other"},
		{"npm package renamed", func(s *schema.PackageSpec) { s.Language["nodejs"] = schema.RawMessage(`{"packageName":"@x/y"}`) }, "the package: its name in nodejs changed from sample to @x/y"},
		{"resource removed", func(s *schema.PackageSpec) { delete(s.Resources, team) }, "resource Team: removed or renamed"},
		{"function removed", func(s *schema.PackageSpec) { delete(s.Functions, find) }, "function find: removed or renamed"},
		{"type removed", func(s *schema.PackageSpec) { delete(s.Types, item) }, "type Entry: removed or renamed"},
		{"setting removed", func(s *schema.PackageSpec) { s.Config.Variables = nil }, "the configuration, apiUrl: removed or renamed"},
		{"setting's variable removed", func(s *schema.PackageSpec) { s.Config.Variables["apiUrl"] = text("string") }, "the configuration, apiUrl: is not taken from API_URL any more"},
		{"setting added and required", func(s *schema.PackageSpec) {
			s.Config.Variables["region"] = text("string")
			s.Config.Required = []string{"region"}
		}, "the configuration, region: new and required"},
		{"provider input retyped", func(s *schema.PackageSpec) { s.Provider.InputProperties["apiUrl"] = text("boolean") }, "the provider, input apiUrl: its type changed from string to boolean"},
		{"enum value removed", complexType(rank, func(o *schema.ComplexTypeSpec) { o.Enum = o.Enum[:1] }), "type Level, value write: removed or renamed"},
		{"enum constant renamed", complexType(rank, func(o *schema.ComplexTypeSpec) { o.Enum[1].Name = "Edit" }), "type Level, value write: its name changed from Write to Edit"},
		{"enum of another kind", complexType(rank, func(o *schema.ComplexTypeSpec) { o.Type = "integer" }), "type Level: its kind changed from string to integer"},
		{"input removed", resource(func(r *schema.ResourceSpec) { delete(r.InputProperties, "size") }), "resource Team, input size: removed or renamed"},
		{"input retyped", resource(func(r *schema.ResourceSpec) {
			r.InputProperties["size"] = schema.PropertySpec{TypeSpec: schema.TypeSpec{Type: "string"}, Default: 3.0}
		}), "resource Team, input size: its type changed from integer to string"},
		{"items retyped", resource(func(r *schema.ResourceSpec) {
			r.InputProperties["rules"] = schema.PropertySpec{TypeSpec: schema.TypeSpec{Type: "array", Items: &schema.TypeSpec{Type: "string"}}}
		}), "resource Team, input rules: its type changed from list of Rule to list of string"},
		{"map's values retyped", resource(func(r *schema.ResourceSpec) {
			r.InputProperties["tags"] = schema.PropertySpec{TypeSpec: schema.TypeSpec{Type: "object", AdditionalProperties: &schema.TypeSpec{Type: "integer"}}}
		}), "resource Team, input tags: its type changed from map of string to map of integer"},
		{"input became plain", resource(func(r *schema.ResourceSpec) {
			r.InputProperties["name"] = schema.PropertySpec{TypeSpec: schema.TypeSpec{Type: "string", Plain: true}}
		}), "resource Team, input name: its type changed from string to plain string"},
		{"input became required", resource(func(r *schema.ResourceSpec) { r.RequiredInputs = append(r.RequiredInputs, "size") }), "resource Team, input size: became required"},
		{"required input added", resource(func(r *schema.ResourceSpec) {
			r.InputProperties["owner"] = text("string")
			r.RequiredInputs = append(r.RequiredInputs, "owner")
		}), "resource Team, input owner: new and required"},
		{"default changed", resource(func(r *schema.ResourceSpec) {
			r.InputProperties["size"] = schema.PropertySpec{TypeSpec: schema.TypeSpec{Type: "integer"}, Default: 4.0}
		}), "resource Team, input size: its default changed from 3 to 4"},
		{"replacement added", resource(func(r *schema.ResourceSpec) {
			r.InputProperties["name"] = schema.PropertySpec{TypeSpec: schema.TypeSpec{Type: "string"}, WillReplaceOnChanges: true}
		}), "resource Team, input name: a change of it now replaces the resource"},
		{"replacement added on output", resource(func(r *schema.ResourceSpec) {
			r.Properties["name"] = schema.PropertySpec{TypeSpec: schema.TypeSpec{Type: "string"}, ReplaceOnChanges: true}
		}), "resource Team, output name: a change of it now replaces the resource"},
		{"output removed", resource(func(r *schema.ResourceSpec) { delete(r.Properties, "token") }), "resource Team, output token: removed or renamed"},
		{"output became optional", resource(func(r *schema.ResourceSpec) { r.Required = []string{"name"} }), "resource Team, output token: became optional"},
		{"output became required", resource(func(r *schema.ResourceSpec) { r.Required = append(r.Required, "entries") }), "resource Team, output entries: became required"},
		{"output lost its secrecy", resource(func(r *schema.ResourceSpec) { r.Properties["token"] = text("string") }), "resource Team, output token: is not secret any more"},
		{"alias removed", resource(func(r *schema.ResourceSpec) { r.Aliases = nil }), "resource Team: the alias sample:index:Group was removed: stacks that still use it lose sight of the resource"},
		{"method removed", resource(func(r *schema.ResourceSpec) { r.Methods = nil }), "resource Team, method describe: removed or renamed"},
		{"became a component", resource(func(r *schema.ResourceSpec) { r.IsComponent = true }), "resource Team: a component became a custom resource or the other way round"},
		{"function's input became optional", function(func(f *schema.FunctionSpec) { f.Inputs.Required = nil }), "function find, input name: became optional"},
		{"function's output retyped", function(func(f *schema.FunctionSpec) { f.ReturnType.ObjectTypeSpec.Properties["ids"] = text("string") }), "function find, output ids: its type changed from list of string to string"},
		{"function takes no arguments", func(s *schema.PackageSpec) {
			f := s.Functions["sample:index:Team/describe"]
			f.Inputs = nil
			s.Functions["sample:index:Team/describe"] = f
		}, "function Team/describe, input __self__: removed or renamed\nfunction Team/describe: took or takes no arguments: its signature changed"},
		{"function returns another type", func(s *schema.PackageSpec) {
			s.Functions["sample:index:now"] = schema.FunctionSpec{ReturnType: &schema.ReturnTypeSpec{TypeSpec: &schema.TypeSpec{Type: "integer"}}}
		}, "function now: what it returns changed from string to integer"},
		{"nested property became required", complexType(rule, func(o *schema.ComplexTypeSpec) { o.Required = append(o.Required, "note") }), "type Rule, property note: became required"},
		{"nested property added and required", complexType(rule, func(o *schema.ComplexTypeSpec) {
			o.Properties["until"] = text("string")
			o.Required = append(o.Required, "until")
		}), "type Rule, property until: new and required"},
		{"nested output became optional", complexType(item, func(o *schema.ComplexTypeSpec) { o.Required = nil }), "type Entry, property id: became optional"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			now := released(t)
			tc.edit(&now)
			if got := lines(compare(released(t), now)); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}

func TestWhatBreaksNobody(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		edit func(*schema.PackageSpec)
	}{
		{"nothing", func(*schema.PackageSpec) {}},
		{"words", resource(func(r *schema.ResourceSpec) { r.Description, r.DeprecationMessage = "better", "use Group" })},
		{"version and metadata", func(s *schema.PackageSpec) {
			s.Version, s.LogoURL, s.Keywords = "1.3.0", "https://example.org/l.png", nil
		}},
		{"resource added", func(s *schema.PackageSpec) {
			s.Resources["sample:index:New"] = schema.ResourceSpec{InputProperties: map[string]schema.PropertySpec{"a": text("string")}, RequiredInputs: []string{"a"}}
		}},
		{"optional input added", resource(func(r *schema.ResourceSpec) { r.InputProperties["owner"] = text("string") })},
		{"input became optional", resource(func(r *schema.ResourceSpec) { r.RequiredInputs = nil })},
		{"output added", resource(func(r *schema.ResourceSpec) {
			r.Properties["id2"] = text("string")
			r.Required = append(r.Required, "id2")
		})},
		{"output became secret", resource(func(r *schema.ResourceSpec) {
			r.Properties["name"] = schema.PropertySpec{TypeSpec: schema.TypeSpec{Type: "string"}, Secret: true}
		})},
		{"enum value added", complexType(rank, func(o *schema.ComplexTypeSpec) { o.Enum = append(o.Enum, schema.EnumValueSpec{Value: "admin"}) })},
		{"nested input became optional", complexType(rule, func(o *schema.ComplexTypeSpec) { o.Required = nil })},
		{"nested output added and required", complexType(item, func(o *schema.ComplexTypeSpec) {
			o.Properties["new"] = text("string")
			o.Required = append(o.Required, "new")
		})},
		{"optional argument added", function(func(f *schema.FunctionSpec) { f.Inputs.Properties["since"] = text("string") })},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			now := released(t)
			tc.edit(&now)
			if got := lines(compare(released(t), now)); got != "" {
				t.Errorf("got\n%s\nwant nothing", got)
			}
		})
	}
}

// Whatever the package has, taking it away is noticed.
func TestEveryMemberOfThePackageIsWatched(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", schemaFile))
	if err != nil {
		t.Fatal(err)
	}
	read := func() schema.PackageSpec {
		spec, err := parse(data)
		if err != nil {
			t.Fatal(err)
		}
		return spec
	}
	then, now, watched := read(), read(), 0
	if same := compare(then, now); len(same) > 0 {
		t.Fatalf("compared with itself: %v", same)
	}
	without := func(where string, properties map[string]schema.PropertySpec) {
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			property := properties[name]
			delete(properties, name)
			if got := compare(then, now); !slices.Equal(got, []change{{where + " " + name, gone}}) {
				t.Errorf("%s without %s: got %v", where, name, got)
			}
			properties[name] = property
			watched++
		}
	}
	for token, r := range now.Resources {
		without("resource "+short(token)+", input", r.InputProperties)
		without("resource "+short(token)+", output", r.Properties)
	}
	for token, o := range now.Types {
		without("type "+short(token)+", property", o.Properties)
	}
	if watched < 50 {
		t.Errorf("watched only %d properties", watched)
	}
}

func lines(changes []change) string {
	all := ""
	for i, c := range changes {
		if i > 0 {
			all += "\n"
		}
		all += c.String()
	}
	return all
}

package clouds

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/esc"
	"github.com/pulumi/esc/schema"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// Opener is an ESC provider without its name: see [Named].
type Opener interface {
	Schema() (inputs, outputs *schema.Schema)
	// Open returns the provider's outputs. The evaluator has checked the inputs against the schema.
	Open(inputs map[string]esc.Value, env esc.EnvExecContext) (esc.Value, error)
}

// Named makes an ESC provider, whose errors begin with its name.
func Named(name string, of Opener) esc.Provider { return provider{name, of} }

type provider struct {
	name string
	of   Opener
}

// Schema implements [esc.Provider].
func (p provider) Schema() (inputs, outputs *schema.Schema) { return p.of.Schema() }

// Open implements [esc.Provider].
func (p provider) Open(_ context.Context, inputs map[string]esc.Value, env esc.EnvExecContext) (esc.Value, error) {
	outputs, err := p.of.Open(inputs, env)
	if err != nil {
		return esc.Value{}, fmt.Errorf("%s: %w", p.name, err)
	}
	return outputs, nil
}

// ChosenWay returns the way to log in that the inputs give, with its inputs. They give exactly one of the ways.
func ChosenWay(ways map[string]schema.BuilderMap, inputs map[string]esc.Value) (way string, given map[string]esc.Value, err error) {
	if err := CheckInputs(ways, inputs); err != nil {
		return "", nil, err
	}
	names := rest.SortedKeys(ways)
	chosen := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		_, found := Object(inputs, name)
		return !found
	})
	if len(chosen) != 1 {
		return "", nil, fmt.Errorf("give exactly one of %s", strings.Join(names, " and "))
	}
	way = chosen[0]
	given, _ = Object(inputs, way)
	if err := CheckInputs(ways[way], given); err != nil {
		return "", nil, fmt.Errorf("%s: %w", way, err)
	}
	return way, given, nil
}

// CheckInputs refuses unknown inputs: a misspelt subjectAttributes would otherwise be a login with another subject. The schema
// does not forbid them: the evaluator would silently turn the provider's value into an unknown one.
func CheckInputs[V any](known map[string]V, inputs map[string]esc.Value) error {
	for _, name := range rest.SortedKeys(inputs) {
		if _, found := known[name]; !found {
			return fmt.Errorf("unknown input %q; it has %s", name, strings.Join(rest.SortedKeys(known), ", "))
		}
	}
	return nil
}

// StoreSchema is the schema of a provider that reads named values from a store. where is the input that holds the entries, one
// for each value; entry are the inputs of an entry, of which one is required; others are the further inputs, all required.
func StoreSchema(where string, entry schema.BuilderMap, required string, others schema.BuilderMap) (inputs, outputs *schema.Schema) {
	all := schema.BuilderMap{where: schema.Object().AdditionalProperties(schema.Object().Properties(entry).Required(required))}
	maps.Copy(all, others)
	inputs = schema.Object().Properties(all).Required(rest.SortedKeys(all)...).Schema()
	return inputs, schema.Object().AdditionalProperties(schema.String()).Schema()
}

// VersionedSecret are the inputs of an entry that names a secret of a store, and a version of it or the latest. They are made anew
// each time, since the library's builders change when they are used.
func VersionedSecret() schema.BuilderMap {
	return schema.BuilderMap{"name": schema.String(), "version": schema.String()}
}

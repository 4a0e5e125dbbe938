package enginetest

import (
	"encoding/json"
	"maps"
	"slices"

	presource "github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// printedStep is a step as `pulumi preview --json` prints it.
type printedStep struct {
	Op       string           `json:"op"`
	URN      presource.URN    `json:"urn"`
	OldState *printedResource `json:"oldState,omitempty"`
	NewState *printedResource `json:"newState,omitempty"`
	Reasons  []string         `json:"diffReasons,omitempty"`
}

type printedResource struct {
	URN                  presource.URN       `json:"urn"`
	Type                 string              `json:"type"`
	Custom               bool                `json:"custom"`
	ID                   string              `json:"id,omitempty"`
	Inputs               any                 `json:"inputs"`
	Outputs              any                 `json:"outputs,omitempty"`
	PropertyDependencies map[string][]string `json:"propertyDependencies,omitempty"`
	RetainOnDelete       bool                `json:"retainOnDelete,omitempty"`
}

// PreviewJSON is `pulumi preview --json`, with what would be deleted.
func (e *Engine) PreviewJSON(program ...Declared) ([]byte, error) {
	e.t.Helper()
	if err := e.Preview(program...); err != nil {
		return nil, err
	}
	steps := e.printed
	unseen := slices.DeleteFunc(slices.Clone(e.resources), func(r *resource) bool { return e.seen[string(r.urn)] })
	for _, r := range reversed(unseen) {
		steps = append(steps, printedStep{Op: "delete", URN: r.full, OldState: printedOf(r, r.state)})
	}
	return json.Marshal(map[string]any{"steps": steps, "changeSummary": map[string]int{}})
}

// print notes what a preview does to a resource; old is nil for a create.
func (e *Engine) print(want, old *resource, planned property.Map) {
	step := printedStep{Op: "create", URN: want.full, NewState: printedOf(want, planned)}
	if old != nil {
		step.Op, step.OldState = "update", printedOf(old, old.state)
		for key, value := range want.inputs.AllStable {
			if !value.Equals(old.inputs.Get(key)) {
				step.Reasons = append(step.Reasons, key)
			}
		}
	}
	if at := slices.IndexFunc(e.replaced, func(r *resource) bool { return r.urn == want.urn }); at >= 0 {
		step.Op = "create-replacement"
		e.printed = append(e.printed, printedStep{Op: "delete-replaced", URN: want.full, OldState: printedOf(e.replaced[at], e.replaced[at].state)})
	}
	e.printed = append(e.printed, step)
}

func printedOf(r *resource, state property.Map) *printedResource {
	out := printedResource{
		URN: r.full, Type: string(r.full.Type()), Custom: true, ID: r.id, RetainOnDelete: r.retain, PropertyDependencies: map[string][]string{},
		Inputs: printedValue(property.New(r.inputs)), Outputs: printedValue(property.New(state)),
	}
	for input, on := range r.properties {
		out.PropertyDependencies[input] = slices.Sorted(maps.Keys(on))
	}
	return &out
}

// printedValue hides secrets, as the CLI does, and writes what is not known as it does.
func printedValue(v property.Value) any {
	switch {
	case v.Secret():
		return "[secret]"
	case v.IsComputed():
		return plugin.UnknownStringValue
	case v.IsString():
		return v.AsString()
	case v.IsBool():
		return v.AsBool()
	case v.IsNumber():
		return v.AsNumber()
	case v.IsArray():
		all := []any{}
		for _, one := range v.AsArray().All {
			all = append(all, printedValue(one))
		}
		return all
	case v.IsMap():
		all := map[string]any{}
		for key, one := range v.AsMap().All {
			all[key] = printedValue(one)
		}
		return all
	default:
		return nil
	}
}

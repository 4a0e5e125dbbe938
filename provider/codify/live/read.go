// Package live reads what resources import, for the programs of package codify. Start at [Read].
package live

import (
	"context"
	"fmt"
	"slices"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	presource "github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/codify"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/parallel"
)

// readers is how many objects are read at a time.
const readers = 8

// organization is the input that the configuration of the project gives.
const organization = "organization"

// Read reads the inputs of every object as an import does, with a provider that is configured. An object that no program can hold as it
// is, is left out with the reason: what an import, a check or the next update would refuse or change.
func Read(ctx context.Context, provider p.Provider, plan codify.Plan) (codify.Plan, error) {
	objects, whys := slices.Clone(plan.Objects), make([]string, len(plan.Objects))
	err := parallel.Each(ctx, len(objects), readers, func(ctx context.Context, i int) error {
		why, err := read(ctx, provider, &objects[i])
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			why = "it cannot be imported: " + err.Error()
		}
		whys[i] = why
		return nil
	})
	if err != nil {
		return plan, err
	}
	out := plan
	out.Objects, out.Left = nil, slices.Clone(plan.Left)
	for i, o := range objects {
		if whys[i] != "" {
			out.Left = append(out.Left, codify.Left{Key: o.Key, Why: fmt.Sprintf("%s %s: %s", o.Type, o.ID, oneLine(whys[i]))})
			continue
		}
		out.Objects = append(out.Objects, o)
	}
	return out, nil
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// read reads one object, and says why a program cannot hold it.
func read(ctx context.Context, provider p.Provider, o *codify.Object) (string, error) {
	urn := presource.NewURN("access", "codify", "", tokens.Type("leastprivilege:index:"+o.Type), o.Name)
	found, err := provider.Read(ctx, p.ReadRequest{ID: o.ID, Urn: urn})
	if err != nil {
		return "", err
	}
	if found.ID == "" {
		return "it is not there any more, or not visible to this token", nil
	}
	o.Inputs, o.Outputs = found.Inputs.Delete(organization), found.Properties
	checked, err := provider.Check(ctx, p.CheckRequest{Urn: urn, State: found.Inputs, Inputs: o.Inputs})
	if err != nil {
		return "", err
	}
	if len(checked.Failures) > 0 {
		return refusals(checked.Failures), nil
	}
	diff, err := provider.Diff(ctx, p.DiffRequest{
		ID: found.ID, Urn: urn, State: found.Properties, OldInputs: found.Inputs, Inputs: checked.Inputs,
	})
	if err != nil {
		return "", err
	}
	if diff.HasChanges {
		return changes(diff, found.Properties), nil
	}
	return "", nil
}

func refusals(failures []p.CheckFailure) string {
	var all []string
	for _, failure := range failures {
		all = append(all, strings.TrimSpace(failure.Property+" "+failure.Reason))
	}
	return "a program that says what there is would be refused: " + strings.Join(all, "; ")
}

// changes says what an update would change, and what the resource could not recognize.
func changes(diff p.DiffResponse, state property.Map) string {
	var paths []string
	for path := range diff.DetailedDiff {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	text := "no program says what there is: the next update would change " + strings.Join(paths, ", ")
	if foreign := state.Get("unrecognized"); foreign.IsArray() && foreign.AsArray().Len() > 0 {
		var lines []string
		for _, line := range foreign.AsArray().All {
			lines = append(lines, line.AsString())
		}
		text += ". Not expressible: " + strings.Join(lines, "; ")
	}
	return text
}

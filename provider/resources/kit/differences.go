package kit

import (
	"context"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Differences collects what differs between a resource's state and its inputs. An unknown input counts as a difference.
type Differences struct {
	Unknowns []string
	Found    map[string]p.PropertyDiff
}

// NewDifferences returns none, of inputs of which these are unknown.
func NewDifferences(unknowns []string) Differences {
	return Differences{Unknowns: unknowns, Found: map[string]p.PropertyDiff{}}
}

// Add adds a property that differs or is unknown.
func (d Differences) Add(property string, differs bool, kind p.DiffKind) {
	if differs || wire.Touches(property, d.Unknowns) {
		d.Found[property] = p.PropertyDiff{Kind: kind, InputDiff: true}
	}
}

// AddOutput adds an output that differs from what it should be, whatever the inputs are.
func (d Differences) AddOutput(property string, differs bool, kind p.DiffKind) {
	if differs {
		d.Found[property] = p.PropertyDiff{Kind: kind}
	}
}

// Response is what the engine is told.
func (d Differences) Response() p.DiffResponse {
	return p.DiffResponse{HasChanges: len(d.Found) > 0, DetailedDiff: d.Found}
}

// Compare makes the hook of a comparison that needs nothing but state, inputs and the paths that are unknown.
func Compare[Args, State any](
	compare func(before State, desired Args, unknowns []string) p.DiffResponse,
) func(context.Context, Op, State, Args) (p.DiffResponse, error) {
	return func(_ context.Context, op Op, before State, desired Args) (p.DiffResponse, error) {
		return compare(before, desired, op.Unknowns), nil
	}
}

// ChangeKind is the kind of a change of something that is optional.
func ChangeKind(before, after bool) p.DiffKind {
	switch {
	case !before && after:
		return p.Add
	case before && !after:
		return p.Delete
	}
	return p.Update
}

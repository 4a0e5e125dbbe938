package resources

import (
	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// differences collects what differs between a resource and what is wanted of it. An unknown input counts as a
// difference.
type differences struct {
	unknowns []string
	found    map[string]p.PropertyDiff
}

func newDifferences(unknowns []string) differences {
	return differences{unknowns: unknowns, found: map[string]p.PropertyDiff{}}
}

func (d differences) add(property string, differs bool, kind p.DiffKind) {
	if differs || wire.Touches(property, d.unknowns) {
		d.found[property] = p.PropertyDiff{Kind: kind, InputDiff: true}
	}
}

func (d differences) response() p.DiffResponse {
	return p.DiffResponse{HasChanges: len(d.found) > 0, DetailedDiff: d.found}
}

package resources

import (
	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

// differences is kit.Differences for the resources that are not in a package of their own yet.
type differences struct {
	kit.Differences
	found map[string]p.PropertyDiff
}

func newDifferences(unknowns []string) differences {
	d := kit.NewDifferences(unknowns)
	return differences{d, d.Found}
}

func (d differences) add(property string, differs bool, kind p.DiffKind) {
	d.Add(property, differs, kind)
}

func (d differences) response() p.DiffResponse { return d.Response() }

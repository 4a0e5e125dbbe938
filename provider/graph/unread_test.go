package graph_test

import (
	"reflect"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// What a question does not depend on need not be read: tags that no record decides by, and imports where nothing is opened.
func TestAnswersWithoutWhatTheyDoNotDependOn(t *testing.T) {
	t.Parallel()
	untagged, closed := 0, 0
	for seed := range *organizations {
		o, e := drawn(seed)
		organization, resource := o.product(t), e.product()
		if seed%2 == 0 {
			for id, record := range organization.Records {
				if access.DecidesByTags(record.Descriptor, resource.Kind) { // or hardly any organization would be left
					delete(organization.Records, id)
				}
			}
		}
		index := graph.NewIndex(organization)
		for _, scope := range drawnScopes[e.kind] {
			less := resource
			if !organization.DecidesByTags(resource.Kind) {
				less = withoutTags(less)
				untagged++
			}
			if !graph.OpensImports(scope) {
				less.Imports, less.Unclear = nil, ""
				closed += len(resource.Imports)
			}
			if got, want := index.WhoCan(scope, less), index.WhoCan(scope, resource); !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d: %s on %s: %v, and with everything read %v\n%s", seed, scope, e.name, said(got), said(want), o.describe())
			}
		}
	}
	if untagged == 0 || closed == 0 {
		t.Errorf("%d questions without tags, %d imports left out: the law was not tried", untagged, closed)
	}
}

func withoutTags(t graph.Resource) graph.Resource {
	t.Tags = nil
	imports := t.Imports
	t.Imports = nil
	for _, imported := range imports {
		imported.Tags = nil
		t.Imports = append(t.Imports, imported)
	}
	return t
}

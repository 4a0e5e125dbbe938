package ownership

import (
	"reflect"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// An entity has one value of a tag: an id with two of them is refused, and not taken for the tag of another value.
func TestOwnerIDRejectsTwoValuesOfATag(t *testing.T) {
	t.Parallel()
	kind := Kind{Entity: access.Stack, CheckName: types.CheckName}
	if selection, err := kind.parseID("acme/payments/*?team=a&team=b"); err == nil {
		t.Errorf("it selects %+v", selection)
	}
}

// Whatever is an id is the id of what it says, and nothing makes the parser fail otherwise than with an error.
func FuzzOwnerID(f *testing.F) {
	for _, id := range []string{
		"acme/payments/prod", "acme/payments/*", "acme/*/*?a=b&c=d%2Fe", "acme/*/*", "acme/*/prod", "a/b/c?d=e", "", "?", "a/b/*?a=b&a=c", "a/b/*?=x",
	} {
		f.Add(id)
	}
	kinds := []Kind{{Entity: access.Stack, CheckName: types.CheckName}, {Entity: access.Environment, CheckName: types.CheckEnvironmentName}}
	f.Fuzz(func(t *testing.T, id string) {
		for _, kind := range kinds {
			selection, err := kind.parseID(id)
			if err != nil {
				continue
			}
			again, err := kind.parseID(selection.id())
			if err != nil || !reflect.DeepEqual(selection, again) {
				t.Errorf("%q is %+v, whose id %q is %+v: %v", id, selection, selection.id(), again, err)
			}
		}
	})
}

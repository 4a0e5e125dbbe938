package resources

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// text is what an optional string holds, "" for none.
func text(v *string) string {
	if v == nil {
		return ""
	}
	return *v
}

// list is what an optional list holds, nil for none.
func list[T any](v *[]T) []T {
	if v == nil {
		return nil
	}
	return *v
}

// keepList makes a list that is given but empty an empty one, not nil. The framework decodes both an empty and an unknown
// list to nil, and then drops a nil from what it encodes: an unknown list would vanish from the inputs.
func keepList[T any](v **[]T) {
	if *v != nil && **v == nil {
		*v = &[]T{}
	}
}

// byKey compares elements of a list in the order that wire.CanonicalSets gives them, so that what a read returns and what
// a check returns is the same list.
func byKey[T any](value func(T) property.Value) func(a, b T) int {
	return func(a, b T) int { return strings.Compare(wire.SortKey(value(a)), wire.SortKey(value(b))) }
}

func stringValue(s string) property.Value { return property.New(s) }

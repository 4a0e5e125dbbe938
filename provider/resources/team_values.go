package resources

import "github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"

// text is what an optional string holds, "" for none.
func text(v *string) string { return ptr.Value(v) }

// list is what an optional list holds, nil for none.
func list[T any](v *[]T) []T { return ptr.Value(v) }

// keepList makes a list that is given but empty an empty one, not nil. The framework decodes both an empty and an unknown
// list to nil, and then drops a nil from what it encodes: an unknown list would vanish from the inputs.
func keepList[T any](v **[]T) {
	if *v != nil && **v == nil {
		*v = &[]T{}
	}
}

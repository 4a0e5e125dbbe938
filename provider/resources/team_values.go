package resources

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

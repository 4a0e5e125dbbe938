package kit

import "maps"

// KeepList makes a list that is given but empty an empty one, not nil. The framework decodes both an empty and an unknown
// list to nil, and then drops a nil from what it encodes: an unknown list would vanish from the inputs.
func KeepList[T any](v **[]T) {
	if *v != nil && **v == nil {
		*v = &[]T{}
	}
}

// Recorded is a record that is never nil: a required output that is absent from the state makes it unreadable.
func Recorded(record map[string]string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, record)
	return out
}

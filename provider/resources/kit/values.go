package kit

import (
	"maps"
	"reflect"
)

// KeepList makes a list that is given but empty an empty one, not nil. The framework decodes both an empty and an unknown
// list to nil, and then drops a nil from what it encodes: an unknown list would vanish from the inputs.
func KeepList[T any](v **[]T) {
	if *v != nil && **v == nil {
		*v = &[]T{}
	}
}

// KeepLists calls [KeepList] for every list of the inputs that may be absent, for [Spec.KeepLists].
func KeepLists[Args any](inputs *Args) {
	v := reflect.ValueOf(inputs).Elem()
	for _, field := range reflect.VisibleFields(v.Type()) {
		t := field.Type
		if t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Slice {
			continue
		}
		if list := v.FieldByIndex(field.Index); !list.IsNil() && list.Elem().IsNil() {
			empty := reflect.New(t.Elem())
			empty.Elem().Set(reflect.MakeSlice(t.Elem(), 0, 0))
			list.Set(empty)
		}
	}
}

// Recorded is a record that is never nil: a required output that is absent from the state makes it unreadable.
func Recorded(record map[string]string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, record)
	return out
}

// SettingText is a setting's value in messages.
func SettingText(value string) string {
	if value == "" {
		return "not set"
	}
	return value
}

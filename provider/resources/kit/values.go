package kit

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// KeepLists makes each list of the inputs that is given and empty, or not known yet, an empty one, not nil. The framework decodes both
// to nil, and drops a nil from what it encodes: the output of an unknown list would be absent, not unknown.
func KeepLists[Args any](inputs *Args, unknowns []string) {
	v := reflect.ValueOf(inputs).Elem()
	for _, field := range reflect.VisibleFields(v.Type()) {
		list, t := v.FieldByIndex(field.Index), field.Type
		name, _, _ := strings.Cut(field.Tag.Get("pulumi"), ",")
		switch {
		case t.Kind() == reflect.Slice && list.IsNil() && slices.Contains(unknowns, name):
			list.Set(reflect.MakeSlice(t, 0, 0))
		case t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Slice && !list.IsNil() && list.Elem().IsNil():
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

package wire

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// Decode decodes property values into a struct with `pulumi` tags, and returns a problem for each value that does not fit. A
// secret is decoded like any value, and an unknown as the zero value of its type; callers drop problems that touch an unknown.
//
// The framework's own decoder applies the annotations of every struct that it meets, of each of a thousand rules, and
// reports a value of the wrong type by the name of a Go type.
func Decode[T any](inputs property.Map) (T, problem.List) {
	var decoded T
	var d decoder
	d.fields("", inputs, reflect.ValueOf(&decoded).Elem())
	return decoded, d.problems
}

type decoder struct{ problems problem.List }

// value decodes a value that there is into a zero value.
func (d *decoder) value(path string, v property.Value, into reflect.Value) {
	for into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	if reason := WrongType(v, into.Type()); reason != "" {
		d.problems.AddReason(path, reason)
		return
	}
	switch {
	case into.Kind() == reflect.Map:
		into.Set(reflect.MakeMap(into.Type()))
		d.entries(path, v, into)
	case v.IsComputed():
	case into.Kind() == reflect.String:
		into.SetString(v.AsString())
	case into.Kind() == reflect.Bool:
		into.SetBool(v.AsBool())
	case into.Kind() == reflect.Int:
		into.SetInt(int64(v.AsNumber()))
	case into.Kind() == reflect.Float64:
		into.SetFloat(v.AsNumber())
	case into.Kind() == reflect.Slice:
		d.elements(path, v.AsArray(), into)
	case into.Kind() == reflect.Struct:
		d.fields(path, v.AsMap(), into)
	default:
		panic(fmt.Sprintf("%s: cannot decode into %s: a bug in the provider", path, into.Type()))
	}
}

func (d *decoder) entries(path string, v property.Value, into reflect.Value) {
	if v.IsComputed() {
		return
	}
	for key, child := range v.AsMap().AllStable {
		entry := reflect.New(into.Type().Elem()).Elem()
		d.value(problem.Join(path, key), child, entry)
		into.SetMapIndex(reflect.ValueOf(key), entry)
	}
}

// elements leaves an empty list nil, as the framework does.
func (d *decoder) elements(path string, list property.Array, into reflect.Value) {
	if list.Len() == 0 {
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), list.Len(), list.Len()))
	for i, child := range list.All {
		d.value(fmt.Sprintf("%s[%d]", path, i), child, into.Index(i))
	}
}

func (d *decoder) fields(path string, given property.Map, into reflect.Value) {
	t := structOf(into.Type())
	for _, f := range t.fields {
		switch v := given.Get(f.name); {
		case !v.IsNull():
			d.value(problem.Join(path, f.name), v, into.FieldByIndex(f.index))
		case !f.optional:
			d.problems.Add(problem.Join(path, f.name), "is required")
		}
	}
	d.problems.AddUnder(path, UnknownProperties(given, into.Type()))
}

// UnknownProperties returns a problem for each property that a struct has no field for. Names with two underscores belong to the
// engine.
func UnknownProperties(given property.Map, t reflect.Type) problem.List {
	var problems problem.List
	names := structOf(t).names
	for name, v := range given.AllStable {
		if !slices.Contains(names, name) && !v.IsNull() && !strings.HasPrefix(name, "__") {
			problems.Add(name, "unknown property; valid are %s", strings.Join(names, ", "))
		}
	}
	return problems
}

// WrongType returns what a value must be to fit a type, "" if it fits. An unknown fits every type.
func WrongType(v property.Value, t reflect.Type) string {
	is, name := true, ""
	switch {
	case v.IsComputed():
	case v.IsNull():
		return "is required"
	case t.Kind() == reflect.String:
		is, name = v.IsString(), "a string"
	case t.Kind() == reflect.Bool:
		is, name = v.IsBool(), "true or false"
	case t.Kind() == reflect.Int:
		is, name = v.IsNumber() && v.AsNumber() == math.Trunc(v.AsNumber()) && math.Abs(v.AsNumber()) < 1<<53, "a whole number"
	case t.Kind() == reflect.Float64:
		is, name = v.IsNumber(), "a number"
	case t.Kind() == reflect.Slice:
		is, name = v.IsArray(), "a list"
	case t.Kind() == reflect.Map:
		is, name = v.IsMap(), "a map"
	case t.Kind() == reflect.Struct:
		is, name = v.IsMap(), "an object with properties"
	}
	if is {
		return ""
	}
	return "must be " + name
}

// structType is what property values of a struct are decoded by.
type structType struct {
	fields []field
	names  []string // sorted
}

type field struct {
	name     string
	optional bool
	index    []int
}

var structTypes sync.Map // reflect.Type -> structType

func structOf(t reflect.Type) structType {
	if known, ok := structTypes.Load(t); ok {
		return known.(structType)
	}
	var s structType
	for _, one := range reflect.VisibleFields(t) {
		if tag := one.Tag.Get("pulumi"); tag != "" {
			name, option, _ := strings.Cut(tag, ",")
			s.fields = append(s.fields, field{name, option == "optional", one.Index})
			s.names = append(s.names, name)
		}
	}
	slices.Sort(s.names)
	structTypes.Store(t, s)
	return s
}

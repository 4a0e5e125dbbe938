package cloudplugin

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// problem is one property that the official plugin would not take.
type problem struct{ path, reason string }

// checkArguments holds properties against the type of an official SDK's arguments: none is unknown, each has its type,
// and the required ones are there. An unknown value fits every type.
func checkArguments(arguments reflect.Type, required []string, in resource.PropertyMap) []problem {
	problems := checkObject("", arguments, in)
	for _, name := range required {
		if !in.HasValue(resource.PropertyKey(name)) {
			problems = append(problems, problem{name, "is required"})
		}
	}
	return problems
}

// argumentNames are the properties that an SDK's arguments have.
func argumentNames(arguments reflect.Type) []string {
	var names []string
	for i := range arguments.NumField() {
		if name, is := argumentName(arguments.Field(i)); is {
			names = append(names, name)
		}
	}
	return names
}

func argumentName(field reflect.StructField) (string, bool) {
	tag, is := field.Tag.Lookup("pulumi")
	name, _, _ := strings.Cut(tag, ",")
	return name, is
}

func checkObject(path string, arguments reflect.Type, in resource.PropertyMap) []problem {
	var problems []problem
	known := argumentNames(arguments)
	for _, key := range in.StableKeys() {
		if !slices.Contains(known, string(key)) {
			problems = append(problems, problem{below(path, string(key)), "the official SDK has no such property"})
		}
	}
	for i := range arguments.NumField() {
		field := arguments.Field(i)
		name, is := argumentName(field)
		if !is {
			continue
		}
		value, given := in[resource.PropertyKey(name)]
		switch {
		case given && !value.IsNull():
			problems = append(problems, checkValue(below(path, name), field.Type, value)...)
		case field.Type.Kind() == reflect.Pointer, nilable(field.Type):
		default:
			problems = append(problems, problem{below(path, name), "is required"})
		}
	}
	return problems
}

// nilable are the types that an SDK uses for optional and for required properties alike.
func nilable(t reflect.Type) bool {
	return t.Kind() == reflect.Slice || t.Kind() == reflect.Map || t.Kind() == reflect.Interface
}

func checkValue(path string, t reflect.Type, value resource.PropertyValue) []problem {
	switch {
	case value.IsSecret():
		return checkValue(path, t, value.SecretValue().Element)
	case value.IsOutput() && value.OutputValue().Known:
		return checkValue(path, t, value.OutputValue().Element)
	case value.IsOutput(), value.IsComputed():
		return nil
	case t.Kind() == reflect.Pointer:
		return checkValue(path, t.Elem(), value)
	case t.Kind() == reflect.Interface:
		return nil
	case t.Kind() == reflect.Struct && value.IsObject():
		return checkObject(path, t, value.ObjectValue())
	case t.Kind() == reflect.Slice && value.IsArray():
		var problems []problem
		for i, element := range value.ArrayValue() {
			problems = append(problems, checkValue(fmt.Sprintf("%s[%d]", path, i), t.Elem(), element)...)
		}
		return problems
	case t.Kind() == reflect.Map && value.IsObject():
		var problems []problem
		for _, key := range value.ObjectValue().StableKeys() {
			problems = append(problems, checkValue(below(path, string(key)), t.Elem(), value.ObjectValue()[key])...)
		}
		return problems
	case fits(t.Kind(), value):
		return nil
	}
	return []problem{{path, fmt.Sprintf("is a %s, and the official SDK wants a %s", value.TypeString(), t.Kind())}}
}

func fits(kind reflect.Kind, value resource.PropertyValue) bool {
	switch kind {
	case reflect.String:
		return value.IsString()
	case reflect.Bool:
		return value.IsBool()
	case reflect.Float64:
		return value.IsNumber()
	case reflect.Int:
		return value.IsNumber() && value.NumberValue() == math.Trunc(value.NumberValue())
	default:
		return false
	}
}

func below(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

package kit

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// The inputs of a component are compared with the Go types that it takes them as. The framework would report a value of
// another type by the name of the Go type, without a path, and let any text pass for a value of an enum.

// checkTypes finds values of another type than the component takes. What is unknown passes.
func checkTypes(inputs property.Map, args reflect.Type) problem.List {
	return typeProblems("", property.New(inputs), args, wire.WrongType)
}

// checkEnums finds texts that are not a value of the enum that they stand for.
func checkEnums(inputs property.Map, args reflect.Type) problem.List {
	return typeProblems("", property.New(inputs), args, notInEnum)
}

// typeProblems applies ask, which returns what is wrong, to a value and everything in it. It does not look into a value of the wrong
// type.
func typeProblems(path string, v property.Value, t reflect.Type, ask func(property.Value, reflect.Type) string) problem.List {
	t = plainType(t)
	if v.IsNull() || v.IsComputed() {
		return nil
	}
	if reason := ask(v, t); reason != "" {
		return problem.List{{Path: path, Reason: reason}}
	}
	var problems problem.List
	switch {
	case t.Kind() == reflect.Slice && v.IsArray():
		for i, element := range v.AsArray().All {
			problems = append(problems, typeProblems(Index(path, i), element, t.Elem(), ask)...)
		}
	case t.Kind() == reflect.Map && v.IsMap():
		for key, element := range v.AsMap().AllStable {
			problems = append(problems, typeProblems(problem.Join(path, key), element, t.Elem(), ask)...)
		}
	case t.Kind() == reflect.Struct && v.IsMap():
		if path != "" {
			problems.AddUnder(path, wire.UnknownProperties(v.AsMap(), t))
		}
		for _, field := range reflect.VisibleFields(t) {
			tag := field.Tag.Get("pulumi")
			name, optional, _ := strings.Cut(tag, ",")
			if tag == "" {
				continue
			}
			given := v.AsMap().Get(name)
			if given.IsNull() && optional == "" {
				if reason := ask(given, field.Type); reason != "" {
					problems.AddReason(problem.Join(path, name), reason)
				}
			}
			problems = append(problems, typeProblems(problem.Join(path, name), given, field.Type, ask)...)
		}
	}
	return problems
}

// plainType is the type of the value behind pointers and outputs.
func plainType(t reflect.Type) reflect.Type {
	for {
		switch output, is := reflect.Zero(t).Interface().(interface{ ElementType() reflect.Type }); {
		case t.Kind() == reflect.Pointer:
			t = t.Elem()
		case is && reflect.PointerTo(t).Implements(reflect.TypeFor[pulumi.Output]()) && t.Kind() == reflect.Struct:
			t = output.ElementType()
		default:
			return t
		}
	}
}

func notInEnum(v property.Value, t reflect.Type) string {
	values, enum := t.MethodByName("Values")
	if !enum || !v.IsString() {
		return ""
	}
	var names []string
	for _, value := range values.Func.Call([]reflect.Value{reflect.Zero(t)})[0].Seq2() {
		names = append(names, value.FieldByName("Value").String())
	}
	if slices.Contains(names, v.AsString()) {
		return ""
	}
	return fmt.Sprintf("%q is not one of %s", v.AsString(), strings.Join(names, ", "))
}

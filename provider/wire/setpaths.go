package wire

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"
)

// Every list among the inputs of a component has a tag that says whether its order has a meaning: `list:"set"`, or
// `list:"ordered"`.
const (
	listTag = "list"
	isSet   = "set"
	ordered = "ordered"
)

// Sets returns the paths of the sets among inputs of a type, as [CanonicalSets] takes them. A list without a tag is an error.
func Sets(inputs reflect.Type) ([]string, error) {
	w := setWalk{}
	w.fields(inputs, nil)
	if len(w.undeclared) > 0 {
		return nil, fmt.Errorf("lists without a tag that says `%s:%q` or `%s:%q`: %s",
			listTag, isSet, listTag, ordered, strings.Join(w.undeclared, ", "))
	}
	return w.sets, nil
}

type setWalk struct{ sets, undeclared []string }

func (w *setWalk) fields(t reflect.Type, path []string) {
	for _, field := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(field.Tag.Get("pulumi"), ",")
		if name == "" {
			continue
		}
		w.value(elementOf(field.Type), field.Tag.Get(listTag), append(slices.Clone(path), name))
	}
}

// value walks what a property holds; its last name in the path gets marks for elements of lists and maps.
func (w *setWalk) value(t reflect.Type, kind string, path []string) {
	switch t.Kind() {
	case reflect.Slice:
		switch at := strings.Join(path, "."); kind {
		case isSet:
			w.sets = append(w.sets, at)
		case ordered:
		default:
			w.undeclared = append(w.undeclared, at)
		}
		w.value(elementOf(t.Elem()), "", each(path, "[]"))
	case reflect.Map:
		w.value(elementOf(t.Elem()), kind, each(path, "{}"))
	case reflect.Struct:
		w.fields(t, path)
	}
}

func each(path []string, mark string) []string {
	path = slices.Clone(path)
	path[len(path)-1] += mark
	return path
}

// elementOf is the type of a value, without pointers to it and outputs of it.
func elementOf(t reflect.Type) reflect.Type {
	for {
		switch {
		case t.Kind() == reflect.Pointer:
			t = t.Elem()
		case t.Kind() == reflect.Struct && t.Implements(outputType):
			t = reflect.Zero(t).Interface().(interface{ ElementType() reflect.Type }).ElementType()
		default:
			return t
		}
	}
}

// outputType is what every instance of pulumix.Output is.
var outputType = reflect.TypeFor[interface{ AsAny() pulumix.Output[any] }]()

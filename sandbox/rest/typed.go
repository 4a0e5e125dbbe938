package rest

import (
	"reflect"
	"runtime"
	"strings"
)

// exchange is what typed handlers need of a call. A server's own type of call has it from an embedded [Call].
type exchange interface {
	Decode(into any) error
	OK(body any) error
}

// Handler answers calls. Its name is that of the function that it was made of, for the OpenAPI document.
type Handler[C any] struct {
	Name  string
	Serve func(C) error
}

// Route is a handler and the method and path that it answers, in the form of the service's OpenAPI document
// ("GET /api/orgs/{orgName}").
type Route struct {
	Pattern string
	Handle  Handler[*Call]
}

// Plain makes a handler of a function that reads the request and writes the answer itself.
func Plain[C any](do func(C) error) Handler[C] { return Handler[C]{nameOf(do), do} }

// JSON makes a handler that reads the body into In, and answers 200 with Out. Like the service, it ignores fields of the
// body that In does not have; a body that is missing or of another shape is a 400.
func JSON[C exchange, In, Out any](do func(C, In) (Out, error)) Handler[C] {
	return named(do, JSONOn(nothing[C], func(c C, _ struct{}, in In) (Out, error) { return do(c, in) }))
}

// JSONOn is [JSON] for a route whose path names an object. Find looks the object up and decides whether the caller may do
// this to it, before the body is read: a caller without access learns nothing from how the body is answered.
func JSONOn[C exchange, Of, In, Out any](find func(C) (Of, error), do func(C, Of, In) (Out, error)) Handler[C] {
	return named(do, DoOn(find, func(c C, of Of, in In) error {
		out, err := do(c, of, in)
		if err != nil {
			return err
		}
		return c.OK(out)
	}))
}

// Do makes a handler that reads the body into In. The function writes the answer itself; see [JSON].
func Do[C exchange, In any](do func(C, In) error) Handler[C] {
	return named(do, DoOn(nothing[C], func(c C, _ struct{}, in In) error { return do(c, in) }))
}

// DoOn is [Do] for a route whose path names an object; see [JSONOn].
func DoOn[C exchange, Of, In any](find func(C) (Of, error), do func(C, Of, In) error) Handler[C] {
	return named(do, ActOn(find, func(c C, of Of) error {
		var in In
		if err := c.Decode(&in); err != nil {
			return err
		}
		return do(c, of, in)
	}))
}

// AnswerOn makes a handler without a body: it answers 200 with Out, made of the object that the path names.
func AnswerOn[C exchange, Of, Out any](find func(C) (Of, error), do func(C, Of) (Out, error)) Handler[C] {
	return named(do, ActOn(find, func(c C, of Of) error {
		out, err := do(c, of)
		if err != nil {
			return err
		}
		return c.OK(out)
	}))
}

// ActOn makes a handler without a body for a route whose path names an object; do writes the answer itself.
func ActOn[C, Of any](find func(C) (Of, error), do func(C, Of) error) Handler[C] {
	return Handler[C]{nameOf(do), func(c C) error {
		of, err := find(c)
		if err != nil {
			return err
		}
		return do(c, of)
	}}
}

func nothing[C any](C) (struct{}, error) { return struct{}{}, nil }

func named[C any](do any, h Handler[C]) Handler[C] {
	h.Name = nameOf(do)
	return h
}

// nameOf is the bare name of a function or method.
func nameOf(do any) string {
	name := runtime.FuncForPC(reflect.ValueOf(do).Pointer()).Name()
	return strings.TrimSuffix(name[strings.LastIndex(name, ".")+1:], "-fm")
}

package components

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"
)

// out shortens the type of every input.
type out[T any] = pulumix.Output[T]

// orElse is the input, or a known value when it is absent.
func orElse[T any](in *out[T], absent T) out[T] {
	return orElseOutput(in, known(absent))
}

// orElseOutput is the input, or another one when it is absent.
func orElseOutput[T any](in *out[T], absent out[T]) out[T] {
	if in == nil {
		return absent
	}
	return *in
}

// orZero is the input, or the zero value when it is absent.
func orZero[T any](in *out[T]) out[T] {
	var zero T
	return orElse(in, zero)
}

// properties collects what a child is registered with, leaving out what is absent.
type properties pulumi.Map

// setIf sets an optional input that was given.
func setIf[T any](p properties, name string, value *out[T]) {
	if value != nil {
		p[name] = *value
	}
}

// known is a value of the component's own, as an output.
func known[T any](value T) out[T] { return pulumix.Val(value) }

// present is an optional output that there is.
func present[T any](in out[T]) out[*T] {
	return pulumix.Apply(in, func(v T) *T { return &v })
}

// maybe is an optional input as a value of its own, nil when it is absent.
func maybe[T any](in *out[T]) out[*T] {
	if in == nil {
		return known[*T](nil)
	}
	return present(*in)
}

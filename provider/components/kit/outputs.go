package kit

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"
)

// Out is short for the type of every input.
type Out[T any] = pulumix.Output[T]

// OrElse is the input, or a known value when it is absent.
func OrElse[T any](in *Out[T], absent T) Out[T] {
	return OrElseOutput(in, Known(absent))
}

// OrElseOutput is the input, or another one when it is absent.
func OrElseOutput[T any](in *Out[T], absent Out[T]) Out[T] {
	if in == nil {
		return absent
	}
	return *in
}

// OrZero is the input, or the zero value when it is absent.
func OrZero[T any](in *Out[T]) Out[T] {
	var zero T
	return OrElse(in, zero)
}

// Properties are the inputs of a child.
type Properties pulumi.Map

// SetIf sets an optional input that was given.
func SetIf[T any](p Properties, name string, value *Out[T]) {
	if value != nil {
		p[name] = *value
	}
}

// Known is a value of the component's own, as an output.
func Known[T any](value T) Out[T] { return pulumix.Val(value) }

// KnownIf is an optional value of the component's own, as an optional output.
func KnownIf[T any](value *T) *Out[T] {
	if value == nil {
		return nil
	}
	output := Known(*value)
	return &output
}

// Present is an output as an optional value that is given.
func Present[T any](in Out[T]) Out[*T] {
	return pulumix.Apply(in, func(v T) *T { return &v })
}

// Maybe is an optional input as one output, nil when the input is absent.
func Maybe[T any](in *Out[T]) Out[*T] {
	if in == nil {
		return Known[*T](nil)
	}
	return Present(*in)
}

func Convert[A, B any](in []A, each func(A) B) []B {
	out := make([]B, len(in))
	for i, a := range in {
		out[i] = each(a)
	}
	return out
}

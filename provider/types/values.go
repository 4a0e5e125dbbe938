package types

import "fmt"

var sprintf = fmt.Sprintf

func ptr[T any](v T) *T { return &v }

// value is what a pointer points to, or the zero value.
func value[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}

// optional is nil for the zero value.
func optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

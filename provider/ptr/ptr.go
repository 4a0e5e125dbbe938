// Package ptr reads and makes the pointers that stand for optional values. [Value] dereferences one that may be nil; new(v)
// makes a pointer to a value.
package ptr

// Value is what p points to, the zero value for nil.
func Value[T any](p *T) T {
	var zero T
	return Or(p, zero)
}

// Or is what p points to, absent for nil.
func Or[T any](p *T, absent T) T {
	if p == nil {
		return absent
	}
	return *p
}

// NonZero points to the value, and is nil for the zero value.
func NonZero[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

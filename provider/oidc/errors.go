package oidc

import (
	"errors"
	"strings"
)

// InputError says what is wrong with one input. Property is its path as a user wrote it, relative to the function's
// own inputs: `organization`, `lock.allowedRoots[1]`, `operations[0]`. Callers whose user wrote it deeper put their
// own path in front with [InputErrors.Under].
type InputError struct {
	Property string
	Reason   string
}

func (e InputError) Error() string {
	if e.Property == "" {
		return e.Reason
	}
	return e.Property + ": " + e.Reason
}

// InputErrors is every problem of a call at once, so that nobody mends one to meet the next. The functions of this
// package that fail because of their inputs return this type.
type InputErrors []InputError

func (e InputErrors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets [errors.As] find an [InputError].
func (e InputErrors) Unwrap() []error {
	all := make([]error, len(e))
	for i, one := range e {
		all[i] = one
	}
	return all
}

// Under returns the same problems with prefix, a property path, in front of each property.
func (e InputErrors) Under(prefix string) InputErrors {
	moved := make(InputErrors, len(e))
	for i, one := range e {
		switch {
		case prefix == "":
		case one.Property == "":
			one.Property = prefix
		case strings.HasPrefix(one.Property, "["):
			one.Property = prefix + one.Property
		default:
			one.Property = prefix + "." + one.Property
		}
		moved[i] = one
	}
	return moved
}

// Problems lists what is wrong with which input, for an error from this package; an error of another kind becomes one
// problem without a property, and nil none.
func Problems(err error) InputErrors {
	if err == nil {
		return nil
	}
	var many InputErrors
	if errors.As(err, &many) {
		return many
	}
	var one InputError
	if errors.As(err, &one) {
		return InputErrors{one}
	}
	return InputErrors{{Reason: err.Error()}}
}

func (e *InputErrors) add(property, reason string) {
	if reason != "" {
		*e = append(*e, InputError{Property: property, Reason: reason})
	}
}

// orNil keeps an empty list from becoming a non-nil error.
func (e InputErrors) orNil() error {
	if len(e) == 0 {
		return nil
	}
	return e
}

package esc

import (
	"errors"
	"strings"
)

// PathError says what is wrong at one place of a definition. Path is the place, as in `values.aws.login` or
// `aws.roleArn`; it is empty for the whole.
type PathError struct {
	Path   string
	Reason string
}

func (e PathError) Error() string {
	if e.Path == "" {
		return e.Reason
	}
	return e.Path + ": " + e.Reason
}

// PathErrors is every problem of a definition at once. It is what [Build] fails with.
type PathErrors []PathError

func (e PathErrors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Problems are the problems that [Build] failed with, each at its place.
func Problems(err error) PathErrors {
	var all PathErrors
	if err == nil || errors.As(err, &all) {
		return all
	}
	return PathErrors{{Reason: err.Error()}}
}

// Unwrap lets errors.As find a [PathError].
func (e PathErrors) Unwrap() []error {
	all := make([]error, len(e))
	for i, one := range e {
		all[i] = one
	}
	return all
}

func (e *PathErrors) add(path, reason string) {
	if reason != "" {
		*e = append(*e, PathError{Path: path, Reason: reason})
	}
}

func (e PathErrors) orNil() error {
	if len(e) == 0 {
		return nil
	}
	return e
}

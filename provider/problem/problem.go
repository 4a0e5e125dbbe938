// Package problem is the result of every check of the provider: what is wrong with an input, and where. Collect problems in a
// [List] with [List.Add], and move them below a path with [List.Under].
package problem

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Problem says what is wrong at one place. Path is the property path as the user wrote it, relative to what was checked:
// `organization`, `lock.allowedRoots[1]`, `policies[0].claims["sub"]`; it is empty for the whole.
type Problem struct{ Path, Reason string }

func (p Problem) Error() string {
	if p.Path == "" {
		return p.Reason
	}
	return p.Path + ": " + p.Reason
}

// List is every problem at once, so that nobody fixes one to meet the next. It is an error, but never return it as one
// without [List.Err]: an empty list is none.
type List []Problem

func (l List) Error() string {
	lines := make([]string, len(l))
	for i, one := range l {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets [errors.As] find a [Problem].
func (l List) Unwrap() []error {
	all := make([]error, len(l))
	for i, one := range l {
		all[i] = one
	}
	return all
}

// Err is the list as an error, nil when it is empty.
func (l List) Err() error {
	if len(l) == 0 {
		return nil
	}
	return l
}

// Add adds a problem.
func (l *List) Add(path, format string, args ...any) {
	*l = append(*l, Problem{Path: path, Reason: fmt.Sprintf(format, args...)})
}

// AddReason adds a problem for a reason that a check gave; an empty one says that nothing is wrong.
func (l *List) AddReason(path, reason string) {
	if reason != "" {
		*l = append(*l, Problem{Path: path, Reason: reason})
	}
}

// AddUnder adds what is wrong with the value at path: its problems are relative to it.
func (l *List) AddUnder(path string, below List) {
	*l = append(*l, below.Under(path)...)
}

// AddElsewhere adds the problems at paths at which there is none yet: one reason for each place is enough.
func (l *List) AddElsewhere(more List) {
	before := len(*l)
	for _, one := range more {
		if !slices.ContainsFunc((*l)[:before], func(other Problem) bool { return other.Path == one.Path }) {
			*l = append(*l, one)
		}
	}
}

// Under is the list with path in front of each problem's own.
func (l List) Under(path string) List {
	moved := make(List, len(l))
	for i, one := range l {
		moved[i] = Problem{Path: Join(path, one.Path), Reason: one.Reason}
	}
	return moved
}

// Of lists the problems that an error is about. An error of another kind becomes one problem of the whole, and nil none.
func Of(err error) List {
	if err == nil {
		return nil
	}
	var many List
	if errors.As(err, &many) {
		return many
	}
	var one Problem
	if errors.As(err, &one) {
		return List{one}
	}
	return List{{Reason: err.Error()}}
}

// Join appends a key, or a path that starts with an index, to a path.
func Join(path, rest string) string {
	switch {
	case path == "":
		return rest
	case rest == "", strings.HasPrefix(rest, "["):
		return path + rest
	default:
		return path + "." + rest
	}
}

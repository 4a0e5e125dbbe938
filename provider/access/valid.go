package access

import "github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"

// Valid is an access with nothing wrong in its form: every rule selects in one way, grants in one way, and grants what its
// kind of entity has. Only [Parse] makes one, and only one can be compiled. The zero value grants nothing.
type Valid struct{ access Access }

// Parse returns the access as valid, or else what is wrong with its form, whatever is opted into. A scope that is newer than
// the catalogue is checked by its family. [Access.Check] finds the same and more: what a program that is written now must not say.
func Parse(a Access) (Valid, problem.List) {
	c := checker{has: belongs, options: CheckOptions{Allow: []Allow{AllowOpenOnAll}}}
	c.access(a)
	if len(c.problems) > 0 {
		return Valid{}, c.problems
	}
	return Valid{a}, nil
}

// Access is the access that was parsed.
func (v Valid) Access() Access { return v.access }

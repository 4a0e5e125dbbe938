package types

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// TemporaryMember is somebody who belongs to a team for a time.
type TemporaryMember struct {
	User  string `pulumi:"user"`
	Until string `pulumi:"until"`
}

// Annotate describes the member.
func (v *TemporaryMember) Annotate(a infer.Annotator) {
	a.Describe(v, "Somebody who belongs to a team for a time.")
	a.Describe(&v.User, "The person's login.")
	a.Describe(&v.Until, "When the membership ends, as RFC 3339: `2026-11-25T18:00:00Z`. From then on an update removes the member, and "+
		"never adds them.")
}

// Ends is when the membership ends. Check has refused what cannot be read; such a membership has ended.
func (v TemporaryMember) Ends() time.Time {
	at, err := time.Parse(time.RFC3339, v.Until)
	if err != nil {
		return time.Time{}
	}
	return at
}

// ActiveMembers are those whose time has not ended yet.
func ActiveMembers(members []TemporaryMember, now time.Time) []TemporaryMember {
	active := []TemporaryMember{}
	for _, m := range members {
		if now.Before(m.Ends()) {
			active = append(active, m)
		}
	}
	return active
}

// Logins are the members' logins, in order.
func Logins(members []TemporaryMember) []string {
	logins := make([]string, len(members))
	for i, m := range members {
		logins[i] = m.User
	}
	return logins
}

// CheckTemporaryMembers finds what is wrong with a list of them, below the path of the list.
func CheckTemporaryMembers(path string, members []TemporaryMember) problem.List {
	var problems problem.List
	for i, m := range members {
		at := fmt.Sprintf("%s[%d]", path, i)
		problems = append(problems, CheckName(at+".user", m.User)...)
		if _, err := time.Parse(time.RFC3339, m.Until); err != nil {
			problems = append(problems, problem.Problem{
				Path: at + ".until", Reason: fmt.Sprintf("%q is not a time: write it as 2026-11-25T18:00:00Z", m.Until),
			})
		}
		first := slices.IndexFunc(members, func(o TemporaryMember) bool { return strings.EqualFold(o.User, m.User) })
		if first < i && members[first] != m {
			problems = append(problems, problem.Problem{
				Path: at + ".user", Reason: fmt.Sprintf("%s is in %s[%d] already, with another end: keep one", m.User, path, first),
			})
		}
	}
	return problems
}

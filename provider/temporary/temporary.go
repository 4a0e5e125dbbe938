// Package temporary decides which members of a team belong to it now: those whose membership has not expired. Call [Check] for
// what is wrong with a list of them, and [Active] for who is left.
package temporary

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// Ends is when the membership ends. Check has refused what cannot be read; such a membership has ended.
func Ends(v types.TemporaryMember) time.Time {
	at, err := time.Parse(time.RFC3339, v.Until)
	if err != nil {
		return time.Time{}
	}
	return at
}

// Active are those whose membership has not expired yet.
func Active(members []types.TemporaryMember, now time.Time) []types.TemporaryMember {
	active := []types.TemporaryMember{}
	for _, m := range members {
		if now.Before(Ends(m)) {
			active = append(active, m)
		}
	}
	return active
}

// Logins are the members' logins, in order.
func Logins(members []types.TemporaryMember) []string {
	logins := make([]string, len(members))
	for i, m := range members {
		logins[i] = m.User
	}
	return logins
}

// Check finds what is wrong with a list of them, below the path of the list.
func Check(path string, members []types.TemporaryMember) problem.List {
	var problems problem.List
	for i, m := range members {
		at := fmt.Sprintf("%s[%d]", path, i)
		problems = append(problems, types.CheckName(at+".user", m.User)...)
		if _, err := time.Parse(time.RFC3339, m.Until); err != nil {
			problems = append(problems, problem.Problem{
				Path: at + ".until", Reason: fmt.Sprintf("%q is not a time: write it as 2026-11-25T18:00:00Z", m.Until),
			})
		}
		first := slices.IndexFunc(members, func(o types.TemporaryMember) bool { return strings.EqualFold(o.User, m.User) })
		if first < i && members[first] != m {
			problems = append(problems, problem.Problem{
				Path: at + ".user", Reason: fmt.Sprintf("%s is in %s[%d] already, with another end: keep one", m.User, path, first),
			})
		}
	}
	return problems
}

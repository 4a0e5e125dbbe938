package membership

import (
	"slices"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/temporary"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// permanent are the members except for the temporary ones. A temporary member whom somebody made an admin counts as permanent,
// and so does one whose membership has expired: both then differ from the desired membership.
func permanent(actual []cloud.TeamMember, members []types.TemporaryMember, now time.Time) []cloud.TeamMember {
	active := temporary.Active(members, now)
	isActive := func(login string) bool {
		return slices.ContainsFunc(active, func(m types.TemporaryMember) bool { return logins.Same(m.User, login) })
	}
	return slices.DeleteFunc(slices.Clone(actual), func(m cloud.TeamMember) bool { return !isAdmin(m) && isActive(m.Login) })
}

// temporaryLists are those of the temporary members who are in the team, and the logins of those who are although their
// membership has expired.
func temporaryLists(
	actual []cloud.TeamMember, given []types.TemporaryMember, now time.Time,
) (active []types.TemporaryMember, expired []string) {
	active, expired = []types.TemporaryMember{}, []string{}
	for _, m := range given {
		at := Index(actual, m.User)
		if at < 0 || isAdmin(actual[at]) || slices.Contains(active, m) {
			continue
		}
		if now.Before(temporary.Ends(m)) {
			active = append(active, m)
		} else {
			expired = append(expired, m.User)
		}
	}
	return active, expired
}

// sameTemporary compares temporary members as sets: whom, and until when, however that is written.
func sameTemporary(a, b []types.TemporaryMember) bool {
	keys := func(members []types.TemporaryMember) []string {
		all := make([]string, len(members))
		for i, m := range members {
			all[i] = strings.ToLower(m.User) + " " + temporary.Ends(m).UTC().Format(time.RFC3339Nano)
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	return slices.Equal(keys(a), keys(b))
}

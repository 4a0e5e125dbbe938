package resources

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/temporary"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// permanent are the members except for the temporary ones. A temporary member whom somebody made an admin counts as permanent,
// and so does one whose membership has expired: both then differ from the desired membership.
func permanent(actual []cloud.TeamMember, members []types.TemporaryMember, now time.Time) []cloud.TeamMember {
	active := temporary.Active(members, now)
	isActive := func(login string) bool {
		return slices.ContainsFunc(active, func(m types.TemporaryMember) bool { return sameLogin(m.User, login) })
	}
	return slices.DeleteFunc(slices.Clone(actual), func(m cloud.TeamMember) bool { return !isTeamAdmin(m) && isActive(m.Login) })
}

// temporaryLists are those of the temporary members who are in the team, and the logins of those who are although their
// membership has expired.
func temporaryLists(
	actual []cloud.TeamMember, given []types.TemporaryMember, now time.Time,
) (active []types.TemporaryMember, expired []string) {
	active, expired = []types.TemporaryMember{}, []string{}
	for _, m := range given {
		at := indexMember(actual, m.User)
		if at < 0 || isTeamAdmin(actual[at]) || slices.Contains(active, m) {
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

// warnExpired warns at a refresh of memberships that have expired.
func warnExpired(ctx context.Context, state TeamState) {
	if expired := ptr.Value(state.ExpiredMembers); len(expired) > 0 {
		heading := fmt.Sprintf("team %q: the time of these members has ended, and an update would remove them:", state.Name)
		wire.Log(ctx).Warning(kit.Bulleted(heading, expired))
	}
}

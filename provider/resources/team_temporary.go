package resources

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/temporary"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// checkTemporary refuses people who belong to the team for a time and for good at once.
func checkTemporary(v TeamArgs) problem.List {
	members := list(v.TemporaryMembers)
	problems := temporary.Check("temporaryMembers", members)
	for i, m := range members {
		for _, permanent := range []struct {
			path   string
			logins []string
		}{{"members", list(v.Members)}, {"admins", list(v.Admins)}} {
			if at := indexLogin(permanent.logins, m.User); at >= 0 && m.User != "" {
				problems = append(problems, problem.Problem{
					Path:   fmt.Sprintf("temporaryMembers[%d].user", i),
					Reason: fmt.Sprintf("%s is in %s[%d] as well, and so would stay: keep one", m.User, permanent.path, at),
				})
			}
		}
	}
	return problems
}

// wantedMembers are the plain members that a team is to have at a time.
func wantedMembers(want TeamArgs, now time.Time) []string {
	return append(slices.Clone(list(want.Members)), temporary.Logins(temporary.Active(list(want.TemporaryMembers), now))...)
}

func indexTemporary(members []types.TemporaryMember, login string) int {
	return slices.IndexFunc(members, func(m types.TemporaryMember) bool { return sameLogin(m.User, login) })
}

// permanent are the members who are not in the team for a time: the others, whom somebody made an admin of it, and those
// whose time has ended. So the latter show as members who are not wanted.
func permanent(live []cloud.TeamMember, forATime []types.TemporaryMember, now time.Time) []cloud.TeamMember {
	active := temporary.Active(forATime, now)
	return slices.DeleteFunc(slices.Clone(live), func(m cloud.TeamMember) bool {
		return !isTeamAdmin(m) && indexTemporary(active, m.Login) >= 0
	})
}

// temporaryLists are those of the members for a time who are in the team, and those who still are although their time has
// ended.
func temporaryLists(
	live []cloud.TeamMember, given []types.TemporaryMember, now time.Time,
) (*[]types.TemporaryMember, *[]string) {
	in, expired := []types.TemporaryMember{}, []string{}
	for _, m := range given {
		at := indexMember(live, m.User)
		if at < 0 || isTeamAdmin(live[at]) || slices.Contains(in, m) {
			continue
		}
		if now.Before(temporary.Ends(m)) {
			in = append(in, m)
		} else {
			expired = append(expired, m.User)
		}
	}
	return &in, &expired
}

// takeMembers makes the membership of a team that was read that of the inputs. Who is named for a time stays as it was
// written: whether they are in is for the state to say.
func (v *TeamArgs) takeMembers(live []cloud.TeamMember, before TeamArgs, now time.Time) {
	temporary := list(before.TemporaryMembers)
	live = assumed(live, before, now)
	v.Members, v.Admins = memberLists(permanent(live, temporary, now), before.Members, before.Admins)
	v.TemporaryMembers = before.TemporaryMembers
}

// takeMembers makes the membership that was reached that of the state.
func (v *TeamState) takeMembers(live []cloud.TeamMember, want TeamArgs, now time.Time) {
	temporary := list(want.TemporaryMembers)
	live = assumed(live, want, now)
	v.Members, v.Admins = memberLists(permanent(live, temporary, now), want.Members, want.Admins)
	v.TemporaryMembers, v.ExpiredMembers = nil, nil
	if want.TemporaryMembers != nil {
		v.TemporaryMembers, v.ExpiredMembers = temporaryLists(live, temporary, now)
	}
}

// sameTemporary compares members for a time as a set: whom, and until when, however that is written.
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

// warnExpired tells at a refresh whose time has ended.
func warnExpired(ctx context.Context, state TeamState) {
	if expired := list(state.ExpiredMembers); len(expired) > 0 {
		wire.Log(ctx).Warning(bulleted(fmt.Sprintf("team %q: the time of these members has ended, and an update would remove them:",
			state.Name), expired))
	}
}

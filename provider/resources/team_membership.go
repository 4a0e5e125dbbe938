package resources

import (
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/temporary"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Membership is who is in a team, as a program writes it. Team and TeamMembers embed it, and describe it.
type Membership struct {
	Members          *[]string                `pulumi:"members,optional"`
	Admins           *[]string                `pulumi:"admins,optional"`
	TemporaryMembers *[]types.TemporaryMember `pulumi:"temporaryMembers,optional"`
}

// membershipProperties are the inputs of a Membership.
var membershipProperties = []string{"members", "admins", "temporaryMembers"}

// keepLists keeps lists that are given and empty.
func (v *Membership) keepLists() {
	kit.KeepList(&v.Members)
	kit.KeepList(&v.Admins)
	kit.KeepList(&v.TemporaryMembers)
}

// givenLists are the properties of the lists that are given.
func (v Membership) givenLists() []string {
	var given []string
	for i, list := range []bool{v.Members != nil, v.Admins != nil, v.TemporaryMembers != nil} {
		if list {
			given = append(given, membershipProperties[i])
		}
	}
	return given
}

// given reports whether one of the lists is given.
func (v Membership) given() bool { return len(v.givenLists()) > 0 }

// plainMembers are those who are to be members, but not admins, at a time.
func (v Membership) plainMembers(now time.Time) []string {
	active := temporary.Active(ptr.Value(v.TemporaryMembers), now)
	return slices.Concat(ptr.Value(v.Members), temporary.Logins(active))
}

// everybody are all people whom the lists name, whether or not their membership has expired.
func (v Membership) everybody() []string {
	return slices.Concat(ptr.Value(v.Members), ptr.Value(v.Admins), temporary.Logins(ptr.Value(v.TemporaryMembers)))
}

// plan returns the steps from the actual membership to the desired one.
func (v Membership) plan(actual []cloud.TeamMember, now time.Time) []memberStep {
	return planMembers(actual, v.plainMembers(now), ptr.Value(v.Admins))
}

// asInputs is the actual membership as inputs: in canonical order, and in the user's own spelling where a login is given
// already. A list that is not given appears only when there is something to put in it. Temporary members stay as they were
// written: whether they are in the team is part of the state.
func (v Membership) asInputs(actual []cloud.TeamMember, now time.Time) Membership {
	given := slices.Concat(ptr.Value(v.Members), ptr.Value(v.Admins))
	var members, admins []string
	for _, m := range permanent(actual, ptr.Value(v.TemporaryMembers), now) {
		login := m.Login
		if at := indexLogin(given, login); at >= 0 {
			login = given[at]
		}
		if isTeamAdmin(m) {
			admins = append(admins, login)
		} else {
			members = append(members, login)
		}
	}
	v.Members, v.Admins = listLike(v.Members, members), listLike(v.Admins, admins)
	return v
}

// asState is the actual membership as outputs: the temporary members who are in the team, and the logins of those who are
// although their membership has expired. Both are nil where no temporary members are given.
func (v Membership) asState(actual []cloud.TeamMember, now time.Time) (Membership, *[]string) {
	state := v.asInputs(actual, now)
	if v.TemporaryMembers == nil {
		return state, nil
	}
	active, expired := temporaryLists(actual, *v.TemporaryMembers, now)
	state.TemporaryMembers = &active
	return state, &expired
}

func listLike(given *[]string, logins []string) *[]string {
	if given == nil && len(logins) == 0 {
		return nil
	}
	sorted := append([]string{}, logins...)
	wire.SortSet(sorted)
	return &sorted
}

package membership

import (
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/temporary"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Lists are who is to be in a team, as a program writes it. Team and TeamMembers embed them, and describe them.
type Lists struct {
	Members          *[]string                `pulumi:"members,optional"`
	Admins           *[]string                `pulumi:"admins,optional"`
	TemporaryMembers *[]types.TemporaryMember `pulumi:"temporaryMembers,optional"`
}

// Properties are the inputs that Lists have.
var Properties = []string{"members", "admins", "temporaryMembers"}

// Given are the properties of the lists that are given.
func (v Lists) Given() []string {
	var given []string
	for i, list := range []bool{v.Members != nil, v.Admins != nil, v.TemporaryMembers != nil} {
		if list {
			given = append(given, Properties[i])
		}
	}
	return given
}

// plainMembers are those who are to be members, but not admins, at a time.
func (v Lists) plainMembers(now time.Time) []string {
	active := temporary.Active(ptr.Value(v.TemporaryMembers), now)
	return slices.Concat(ptr.Value(v.Members), temporary.Logins(active))
}

// Active are the logins of everybody who is to be in the team at a time.
func (v Lists) Active(now time.Time) []string {
	return slices.Concat(v.plainMembers(now), ptr.Value(v.Admins))
}

// Everybody are all people whom the lists name, whether or not their membership has expired.
func (v Lists) Everybody() []string {
	return slices.Concat(ptr.Value(v.Members), ptr.Value(v.Admins), temporary.Logins(ptr.Value(v.TemporaryMembers)))
}

// Plan returns the steps from the actual membership to the desired one.
func (v Lists) Plan(actual []cloud.TeamMember, now time.Time) []Step {
	return plan(actual, v.plainMembers(now), ptr.Value(v.Admins))
}

// AsInputs is the actual membership as inputs: in canonical order, and in the user's own spelling where a login is given
// already. A list that is not given appears only when there is something to put in it. Temporary members stay as they were
// written: whether they are in the team is part of the state.
func (v Lists) AsInputs(actual []cloud.TeamMember, now time.Time) Lists {
	given := slices.Concat(ptr.Value(v.Members), ptr.Value(v.Admins))
	var members, admins []string
	for _, m := range permanent(actual, ptr.Value(v.TemporaryMembers), now) {
		login := m.Login
		if at := logins.Index(given, login); at >= 0 {
			login = given[at]
		}
		if isAdmin(m) {
			admins = append(admins, login)
		} else {
			members = append(members, login)
		}
	}
	v.Members, v.Admins = listLike(v.Members, members), listLike(v.Admins, admins)
	return v
}

// AsState is the actual membership as outputs: the temporary members who are in the team, and the logins of those who are
// although their membership has expired. Both are nil where no temporary members are given.
func (v Lists) AsState(actual []cloud.TeamMember, now time.Time) (Lists, *[]string) {
	state := v.AsInputs(actual, now)
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

// OfThese are those of a team's members whom the lists name.
func (v Lists) OfThese(actual []cloud.TeamMember) []cloud.TeamMember {
	named := v.Everybody()
	return slices.DeleteFunc(slices.Clone(actual), func(m cloud.TeamMember) bool { return logins.Index(named, m.Login) < 0 })
}

package membership

import (
	"time"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/temporary"
)

// Compare compares who is in the team with who is to be in it at a time: a membership that has expired is a difference,
// although no input changed.
func Compare(d kit.Differences, state, desired Lists, managed bool, now time.Time) {
	compareLogins(d, "members", state.Members, desired.Members, managed)
	compareLogins(d, "admins", state.Admins, desired.Admins, managed)
	const property = "temporaryMembers"
	switch {
	case desired.TemporaryMembers == nil && state.TemporaryMembers == nil:
		d.Add(property, false, p.Update)
	case desired.TemporaryMembers == nil:
		d.Add(property, true, p.Delete)
	case state.TemporaryMembers == nil:
		d.Add(property, true, p.Add)
	default:
		active := temporary.Active(*desired.TemporaryMembers, now)
		d.Add(property, !sameTemporary(active, *state.TemporaryMembers), p.Update)
	}
}

// compareLogins compares a list as a set. While membership is managed, a list that is not given is an empty one.
func compareLogins(d kit.Differences, property string, state, desired *[]string, managed bool) {
	switch {
	case desired == nil && state == nil:
		d.Add(property, false, p.Update)
	case desired == nil:
		d.Add(property, !managed || len(*state) > 0, p.Delete)
	case state == nil:
		d.Add(property, true, p.Add)
	default:
		d.Add(property, !logins.SameSet(*state, *desired), p.Update)
	}
}

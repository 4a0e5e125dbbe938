package membership

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/temporary"
)

// RefuseUnknown fails a preview that would add people who are not in the organization. Those who are in the team already
// are not looked up. When the organization's members cannot be read, it cannot tell, and leaves it to the update.
func (v Lists) RefuseUnknown(ctx context.Context, op kit.Op, organization string, actual []cloud.TeamMember) error {
	added := v.added(op, actual)
	if len(added) == 0 || organization == "" || op.Unknown(kit.OrganizationProperty) {
		return nil
	}
	known, err := Of(ctx, op.Session.Client, organization)
	if err != nil {
		return nil //nolint:nilerr // the update reports it
	}
	maps.DeleteFunc(added, func(_, login string) bool { return known.Spelling(login) != "" })
	if len(added) == 0 {
		return nil
	}
	suspended := Suspended(ctx, op.Session.Client, organization)
	var lines []string
	for path, login := range added {
		lines = append(lines, path+": "+known.Why(organization, login, suspended))
	}
	slices.Sort(lines)
	return fmt.Errorf("%s\n  Invite them to the organization first, or correct the login", strings.Join(lines, "\n"))
}

// added are the logins, by path, of those who are not in the team yet, as far as they are known.
func (v Lists) added(op kit.Op, actual []cloud.TeamMember) map[string]string {
	added := map[string]string{}
	add := func(property string, i int, login string) {
		path := fmt.Sprintf("%s[%d]", property, i)
		if login != "" && Index(actual, login) < 0 && !op.Unknown(path) {
			added[path] = login
		}
	}
	for i, login := range ptr.Value(v.Members) {
		add("members", i, login)
	}
	for i, login := range ptr.Value(v.Admins) {
		add("admins", i, login)
	}
	for i, m := range ptr.Value(v.TemporaryMembers) {
		if op.Session.Now().Before(temporary.Ends(m)) {
			add("temporaryMembers", i, m.User)
		}
	}
	return added
}

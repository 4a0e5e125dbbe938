package membership

import (
	"context"
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/temporary"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Check refuses logins that are malformed, and people who are in two of the lists.
func (v Lists) Check() problem.List {
	members, admins := ptr.Value(v.Members), ptr.Value(v.Admins)
	problems := append(types.CheckLogins("members", members), types.CheckLogins("admins", admins)...)
	for i, login := range admins {
		if at := logins.Index(members, login); at >= 0 && login != "" {
			problems.Add(fmt.Sprintf("admins[%d]", i),
				"%s is in members[%d] as well: an admin is a member, so keep it in admins only", login, at)
		}
	}
	return append(problems, v.checkTemporary()...)
}

// checkTemporary refuses people who are temporary and permanent members at once.
func (v Lists) checkTemporary() problem.List {
	members := ptr.Value(v.TemporaryMembers)
	problems := temporary.Check("temporaryMembers", members)
	for i, m := range members {
		for _, permanent := range []struct {
			path   string
			logins []string
		}{{"members", ptr.Value(v.Members)}, {"admins", ptr.Value(v.Admins)}} {
			if at := logins.Index(permanent.logins, m.User); at >= 0 && m.User != "" {
				problems.Add(fmt.Sprintf("temporaryMembers[%d].user", i),
					"%s is in %s[%d] as well, and so would stay: keep one", m.User, permanent.path, at)
			}
		}
	}
	return problems
}

// Declare tells the session whom a program puts into a team, for previews of what counts a team's members. Whole says that
// nobody else is in the team.
func (v Lists) Declare(ctx context.Context, op kit.Op, organization *string, team string, whole bool) {
	owner, err := op.Session.OrganizationOr(organization)
	unknown := op.Unknown(Properties...)
	if err != nil || team == "" || (len(v.Given()) == 0 && !unknown) {
		return
	}
	people := append(v.plainMembers(op.Session.Now()), ptr.Value(v.Admins)...)
	for _, login := range people {
		op.Session.Program.Declare(wire.URN(ctx), "member", owner, team, login)
	}
	op.Session.Program.DeclareTeam(owner, team, session.Team{Whole: whole, People: people, Unknown: unknown})
}

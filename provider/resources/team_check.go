package resources

import (
	"context"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/temporary"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

func checkTeam(_ context.Context, op kit.Op, v TeamArgs) problem.List {
	if !op.Unknown("name") && v.managesMembers(cloud.TeamKindPulumi) {
		v.declare(op, v.Organization, ptr.Value(v.Name), true)
	}
	var problems problem.List
	switch {
	case v.Name != nil && v.GitHubTeamID != nil:
		problems = types.CheckName("name", *v.Name)
	case v.Name != nil:
		problems = types.CheckTeamName("name", *v.Name)
	case v.GitHubTeamID == nil:
		problems.Add("name", "is required, unless githubTeamId is given")
	}
	return slices.Concat(
		problems,
		types.CheckTeamDisplayName("displayName", ptr.Value(v.DisplayName)),
		checkGitHubTeam(v),
		checkUnmanaged(v),
		v.Membership.check(),
		types.CheckOptIns("Team", ptr.Value(v.Allow)),
	)
}

func checkGitHubTeam(v TeamArgs) problem.List {
	if v.GitHubTeamID == nil {
		return nil
	}
	var problems problem.List
	given := v.givenLists()
	if v.DisplayName != nil {
		given = append(given, "displayName")
	}
	if v.Description != nil {
		given = append(given, "description")
	}
	for _, path := range given {
		problems.Add(path, "comes from GitHub for a team with githubTeamId: leave it out")
	}
	if *v.GitHubTeamID <= 0 {
		problems.Add("githubTeamId", "must be the numeric id of a GitHub team")
	}
	return problems
}

// checkUnmanaged refuses lists of members of a team whose membership is left to others.
func checkUnmanaged(v TeamArgs) problem.List {
	var problems problem.List
	if ptr.Value(v.UnmanagedMembers) {
		for _, path := range v.givenLists() {
			problems.Add(path, "is left to others by unmanagedMembers: leave out one of the two")
		}
	}
	return problems
}

// check refuses logins that are malformed, and people who are in two of the lists.
func (v Membership) check() problem.List {
	members, admins := ptr.Value(v.Members), ptr.Value(v.Admins)
	problems := append(types.CheckLogins("members", members), types.CheckLogins("admins", admins)...)
	for i, login := range admins {
		if at := indexLogin(members, login); at >= 0 && login != "" {
			problems.Add(fmt.Sprintf("admins[%d]", i),
				"%s is in members[%d] as well: an admin is a member, so keep it in admins only", login, at)
		}
	}
	return append(problems, v.checkTemporary()...)
}

// checkTemporary refuses people who are temporary and permanent members at once.
func (v Membership) checkTemporary() problem.List {
	members := ptr.Value(v.TemporaryMembers)
	problems := temporary.Check("temporaryMembers", members)
	for i, m := range members {
		for _, permanent := range []struct {
			path   string
			logins []string
		}{{"members", ptr.Value(v.Members)}, {"admins", ptr.Value(v.Admins)}} {
			if at := indexLogin(permanent.logins, m.User); at >= 0 && m.User != "" {
				problems.Add(fmt.Sprintf("temporaryMembers[%d].user", i),
					"%s is in %s[%d] as well, and so would stay: keep one", m.User, permanent.path, at)
			}
		}
	}
	return problems
}

// declare tells the session whom a program puts into a team, for previews of what counts a team's members. Whole says that
// nobody else is in the team.
func (v Membership) declare(op kit.Op, organization *string, team string, whole bool) {
	owner, err := op.Session.OrganizationOr(organization)
	unknown := op.Unknown(membershipProperties...)
	if err != nil || team == "" || (!v.given() && !unknown) {
		return
	}
	people := append(v.plainMembers(op.Session.Now()), ptr.Value(v.Admins)...)
	op.Session.Program.DeclareTeam(owner, team, session.Team{Whole: whole, People: people, Unknown: unknown})
}

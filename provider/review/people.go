package review

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
)

// people looks at who administers, and at what single people hold.
func (r *reviewer) people() {
	var admins []string
	for _, user := range r.Users {
		if r.Administers(user.Login) {
			admins = append(admins, user.Login)
		}
	}
	for _, login := range admins {
		r.add(Finding{Rule: Admin, Principal: principalText(r.person(login)), Entity: r.organization(),
			Evidence: []string{fmt.Sprintf("one of %d administrators", len(admins))},
			Fix:      "Keep administrators few: give others a role with what they use, and elevated access for a time with BreakGlass.",
			Command:  fmt.Sprintf("pulumi org member edit %s --org %s --role member", shellQuoted(login), shellQuoted(r.Login))})
	}
	if len(admins) == 1 {
		r.add(Finding{Rule: SingleAdmin, Principal: principalText(r.person(admins[0])), Entity: r.organization(),
			Evidence: []string{"nobody else administers the organization"}, Fix: "Make a second person, whom you trust, an administrator."})
	}
	for _, t := range r.entities {
		r.own(t)
	}
}

// own looks at what logins hold on an entity by themselves. Administrators hold everything anyway.
func (r *reviewer) own(t graph.Resource) {
	creator := func(login, how, fix, command string) {
		if login == "" || r.Administers(login) {
			return
		}
		evidence := []string{how}
		if !r.member(login) {
			evidence = append(evidence, "the login is not that of a member: it may be a machine identity, whose tokens all have it")
		}
		r.add(Finding{Rule: CreatorGrant, Principal: principalText(r.person(login)), Entity: entityText(t), Evidence: evidence, Fix: fix, Command: command})
	}
	project, name := cut(t.Name)
	for _, login := range slices.Sorted(maps.Keys(t.Direct)) {
		level := t.Direct[login]
		remove := api("DELETE", fmt.Sprintf("stacks/%s/%s/%s/collaborators/%s", r.Login, project, name, login), "")
		if level == access.Admin {
			creator(login, "a grant of admin on the stack, as its creator gets", fmt.Sprintf("Own stack %s with StackOwner, which removes it.", t.Name), remove)
		} else if !r.Administers(login) {
			r.direct(login, t, "a grant of "+string(level), remove)
		}
	}
	if t.Kind != access.Stack && !t.OwnerRevoked {
		creator(t.Owner, "owner of the "+t.Kind.Noun()+", with admin on it",
			fmt.Sprintf("Give %s %s to an owner who administers it anyway (EnvironmentOwner).", t.Kind.Noun(), t.Name), "")
	}
	for _, login := range slices.Sorted(maps.Keys(t.Assigned)) {
		if !r.Administers(login) && len(t.Assigned[login]) > 0 && !(t.Kind != access.Stack && logins.Same(login, t.Owner)) {
			r.direct(login, t, "permission set "+r.Records[t.Assigned[login][0]].Name, r.unassign(t, login))
		}
	}
}

func (r *reviewer) direct(login string, t graph.Resource, what, command string) {
	r.add(Finding{Rule: DirectGrant, Principal: principalText(r.person(login)), Entity: entityText(t), Evidence: []string{what},
		Fix:     fmt.Sprintf("Put %s into a team that has the access (ScopedTeam), and revoke the grant (EntityAccess without it).", login),
		Command: command})
}

// leftovers are suspended members that hold something, empty teams, roles that nobody holds, and memberships that were to end.
func (r *reviewer) leftovers() {
	for _, user := range r.Users {
		if user.Suspended {
			r.suspended(user)
		}
	}
	for _, team := range r.Teams {
		if len(team.Members) == 0 && !slices.ContainsFunc(r.Tokens, func(t graph.Token) bool { return t.Team == team.Name }) {
			r.add(Finding{Rule: EmptyTeam, Principal: "team:" + team.Name, Entity: r.organization(),
				Evidence: []string{fmt.Sprintf("no members, no tokens, %d roles and %d grants", len(team.Roles), len(team.Stacks)+len(team.Environments)+len(team.Accounts))},
				Fix:      "Delete the team: leave it out of the program (Team, ScopedTeam).",
				Command:  api("DELETE", "orgs/"+r.Login+"/teams/"+team.Name, "")})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(r.Records)) {
		record := r.Records[id]
		if record.Assignable && record.Identifier == "" && id != r.AdminRole && id != r.MemberRole && r.unheld(id) {
			r.add(Finding{Rule: UnheldRole, Principal: "role:" + record.Name, Entity: r.organization(), Evidence: []string{"no member, team, token, deployment, agent or policy has it"},
				Fix: "Delete the role: leave it out of the program (Role).", Command: api("DELETE", "orgs/"+r.Login+"/roles/"+id, "")})
		}
	}
	for _, one := range r.Temporary {
		r.expired(one)
	}
}

func (r *reviewer) suspended(user graph.User) {
	var has []string
	for _, team := range r.Teams {
		if logins.Index(team.Members, user.Login) >= 0 {
			has = append(has, "member of team "+team.Name)
		}
	}
	if user.Admin || user.Role != "" && user.Role == r.AdminRole {
		has = append(has, "administrator")
	}
	for _, t := range r.entities {
		if _, direct := t.Direct[user.Login]; direct || len(t.Assigned[user.Login]) > 0 || t.Kind != access.Stack && t.Owner == user.Login && !t.OwnerRevoked {
			has = append(has, "a grant on "+t.Kind.Noun()+" "+t.Name)
		}
	}
	if len(has) > 0 {
		r.add(Finding{Rule: SuspendedWithAccess, Principal: principalText(r.person(user.Login)), Entity: r.organization(), Evidence: has,
			Fix:     fmt.Sprintf("Remove %s from the organization, or take them out of teams and grants.", user.Login),
			Command: api("DELETE", "orgs/"+r.Login+"/members/"+user.Login, "")})
	}
}

func (r *reviewer) expired(one Temporary) {
	at := slices.IndexFunc(r.Teams, func(t graph.Team) bool { return t.Name == one.Team })
	if at < 0 || r.Now.Before(one.Until) || logins.Index(r.Teams[at].Members, one.User) < 0 {
		return
	}
	r.add(Finding{Rule: ExpiredMember, Principal: principalText(r.person(one.User)), Entity: "team:" + one.Team,
		Evidence: []string{"the membership was to end at " + one.Until.UTC().Format(time.RFC3339)},
		Fix:      "Run pulumi up for the program that has the membership (BreakGlass): it removes it.",
		Command:  api("PATCH", "orgs/"+r.Login+"/teams/"+one.Team, jsonText(map[string]any{"member": one.User, "memberAction": "remove"}))})
}

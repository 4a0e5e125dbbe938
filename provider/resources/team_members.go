package resources

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

// Logins are compared without regard to case: they come from identity providers (GitHub among them) for which Ana and
// ana are one person, and Pulumi Cloud does not say that it tells them apart. Taking them for two would remove and add
// the same person.
func sameLogin(a, b string) bool { return strings.EqualFold(a, b) }

func indexLogin(logins []string, login string) int {
	return slices.IndexFunc(logins, func(l string) bool { return sameLogin(l, login) })
}

// memberStep is one change of a team's membership.
type memberStep struct {
	login  string
	action cloud.MemberAction
}

// String says what the step does, for people.
func (s memberStep) String() string {
	switch s.action {
	case cloud.AddMember:
		return "add member " + s.login
	case cloud.PromoteMember:
		return "make " + s.login + " a team admin"
	case cloud.DemoteMember:
		return "make " + s.login + " a plain member"
	default:
		return "remove " + s.login
	}
}

// loses reports whether the step takes something away.
func (s memberStep) loses() bool {
	return s.action == cloud.RemoveMember || s.action == cloud.DemoteMember
}

// planMembers leads from the current membership to exactly the wanted one. What adds comes before what takes away, so
// that nobody who stays loses anything on the way.
func planMembers(current []cloud.TeamMember, members, admins []string) []memberStep {
	var gains, demotions, removals []memberStep
	for _, login := range slices.Sorted(slices.Values(append(slices.Clone(members), admins...))) {
		at := indexMember(current, login)
		admin := indexLogin(admins, login) >= 0
		switch {
		case at < 0 && admin:
			gains = append(gains, memberStep{login, cloud.AddMember}, memberStep{login, cloud.PromoteMember})
		case at < 0:
			gains = append(gains, memberStep{login, cloud.AddMember})
		case admin && !isTeamAdmin(current[at]):
			gains = append(gains, memberStep{current[at].Login, cloud.PromoteMember})
		case !admin && isTeamAdmin(current[at]):
			demotions = append(demotions, memberStep{current[at].Login, cloud.DemoteMember})
		}
	}
	for _, m := range current {
		if indexLogin(members, m.Login) < 0 && indexLogin(admins, m.Login) < 0 {
			removals = append(removals, memberStep{m.Login, cloud.RemoveMember})
		}
	}
	return slices.Concat(gains, demotions, removals)
}

func isTeamAdmin(m cloud.TeamMember) bool { return m.Role == cloud.TeamRoleAdmin }

func indexMember(members []cloud.TeamMember, login string) int {
	return slices.IndexFunc(members, func(m cloud.TeamMember) bool { return sameLogin(m.Login, login) })
}

const teamRoleMember = "member"

// after is the membership once the step is done.
func (s memberStep) after(members []cloud.TeamMember) []cloud.TeamMember {
	at := indexMember(members, s.login)
	switch {
	case s.action == cloud.AddMember && at < 0:
		return append(slices.Clone(members), cloud.TeamMember{Login: s.login, Role: teamRoleMember})
	case at < 0 || s.action == cloud.AddMember:
		return members
	case s.action == cloud.RemoveMember:
		return slices.Delete(slices.Clone(members), at, at+1)
	}
	changed := slices.Clone(members)
	changed[at].Role = teamRoleMember
	if s.action == cloud.PromoteMember {
		changed[at].Role = cloud.TeamRoleAdmin
	}
	return changed
}

// inEffect reports whether the membership is as the step would make it.
func (s memberStep) inEffect(members []cloud.TeamMember) bool {
	return slices.Equal(s.after(members), members)
}

// ownLast moves the steps that take something from the caller to the end: a team admin who steps down first may not do
// the rest.
func ownLast(steps []memberStep, caller string) []memberStep {
	sorted := slices.Clone(steps)
	own := func(s memberStep) int {
		if s.loses() && sameLogin(s.login, caller) {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(sorted, func(a, b memberStep) int { return own(a) - own(b) })
	return sorted
}

// applyMembers carries the steps out one by one and returns the membership that was reached, also when it fails.
func applyMembers(
	ctx context.Context, client *cloud.Client, organization, team string, members []cloud.TeamMember, steps []memberStep,
) ([]cloud.TeamMember, error) {
	for i, step := range steps {
		if err := context.Cause(ctx); err != nil {
			return members, fmt.Errorf("stopped after %d of %d changes to the members of team %q: %w",
				i, len(steps), team, err)
		}
		// A cancel stops between calls: a call that was cut off would leave its outcome unknown.
		call := context.WithoutCancel(ctx)
		if err := client.ChangeTeamMember(call, organization, team, step.login, step.action); err != nil {
			// A repeated call meets what its first try did as a refusal, so what counts is what is there now.
			live, readErr := teamWithMembers(call, client, organization, team)
			if readErr != nil || !step.inEffect(live.Members) {
				return members, fmt.Errorf("%s (team %q): %w", step, team, err)
			}
		}
		members = step.after(members)
		progress(ctx, "changed %d of %d members", i+1, len(steps))
	}
	return members, nil
}

// teamWithMembers reads a team whose members are needed. A listing that failed is an error: it must never be taken for an
// empty team.
func teamWithMembers(ctx context.Context, client *cloud.Client, organization, team string) (cloud.Team, error) {
	live, err := client.Team(ctx, organization, team)
	if err != nil {
		return live, err
	}
	return live, membersListed(live)
}

func membersListed(team cloud.Team) error {
	if team.ListMembersError == "" {
		return nil
	}
	return fmt.Errorf("team %q: Pulumi Cloud could not list the members: %s\n  "+
		"Its identity provider did not answer, so nothing was changed; run again when it does", team.Name, team.ListMembersError)
}

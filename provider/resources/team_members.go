package resources

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

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

// planMembers returns the steps from the actual membership to exactly the desired one. What takes away comes before what
// gives; nobody who stays loses anything on the way.
func planMembers(actual []cloud.TeamMember, members, admins []string) []memberStep {
	var gains, demotions, removals []memberStep
	for _, login := range slices.Sorted(slices.Values(append(slices.Clone(members), admins...))) {
		at := indexMember(actual, login)
		admin := indexLogin(admins, login) >= 0
		switch {
		case at < 0 && admin:
			gains = append(gains, memberStep{login, cloud.AddMember}, memberStep{login, cloud.PromoteMember})
		case at < 0:
			gains = append(gains, memberStep{login, cloud.AddMember})
		case admin && !isTeamAdmin(actual[at]):
			gains = append(gains, memberStep{actual[at].Login, cloud.PromoteMember})
		case !admin && isTeamAdmin(actual[at]):
			demotions = append(demotions, memberStep{actual[at].Login, cloud.DemoteMember})
		}
	}
	for _, m := range actual {
		if indexLogin(members, m.Login) < 0 && indexLogin(admins, m.Login) < 0 {
			removals = append(removals, memberStep{m.Login, cloud.RemoveMember})
		}
	}
	return slices.Concat(removals, demotions, gains)
}

// memberSteps are the steps that a Team takes: all of them, unless it leaves adding people to others.
func (v TeamArgs) memberSteps(actual []cloud.TeamMember, now time.Time) []memberStep {
	steps := v.plan(actual, now)
	if v.adds() {
		return steps
	}
	return slices.DeleteFunc(steps, func(s memberStep) bool { return !s.loses() })
}

// assumed is the membership as far as a Team answers for it: where it leaves adding people to others, those who are still
// missing count as members.
func (v TeamArgs) assumed(actual []cloud.TeamMember, now time.Time) []cloud.TeamMember {
	if v.adds() {
		return actual
	}
	for _, step := range v.plan(actual, now) {
		if !step.loses() {
			actual = step.after(actual)
		}
	}
	return actual
}

// describeSteps returns a line each: of the steps that take something away, and of the others.
func describeSteps(steps []memberStep) (lost, gained []string) {
	for _, step := range steps {
		if step.loses() {
			lost = append(lost, step.String())
		} else {
			gained = append(gained, step.String())
		}
	}
	return lost, gained
}

func isTeamAdmin(m cloud.TeamMember) bool { return m.Role == cloud.TeamRoleAdmin }

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

// applyMembers carries the steps out one by one and returns the membership that was reached, also when it fails. After a
// refusal nobody is added any more, but the others are still removed: one who cannot be removed keeps nobody else in the team.
// The caller, whose own step is last, then stays.
func applyMembers(
	ctx context.Context, client *cloud.Client, organization, team string, members []cloud.TeamMember, steps []memberStep,
) ([]cloud.TeamMember, error) {
	var failed error
	gains := slices.IndexFunc(steps, func(s memberStep) bool { return !s.loses() })
	for i, step := range steps {
		if err := context.Cause(ctx); err != nil {
			return members, errors.Join(failed, fmt.Errorf("stopped after %d of %d changes to the members of team %q: %w",
				i, len(steps), team, err))
		}
		if failed != nil && gains >= 0 && i >= gains {
			break
		}
		m := teamMembership{client: client, organization: organization, team: team}
		// A cancel stops between calls: a call that was cut off would leave its outcome unknown.
		reached, err := m.change(context.WithoutCancel(ctx), members, step)
		members = reached
		if err != nil {
			failed = errors.Join(failed, err)
			if errors.Is(err, cloud.ErrUnknownOutcome) {
				return members, failed // the service cannot be reached
			}
			continue
		}
		kit.Progress(ctx, "changed %d of %d members", i+1, len(steps))
	}
	return members, failed
}

// teamMembership makes the calls that change who is in one team.
type teamMembership struct {
	client             *cloud.Client
	organization, team string
}

// change makes one call. A login is sent in the spelling of the organization. When the call fails, the actual membership
// decides whether it was done: a repeated call is refused when its first try succeeded.
func (m teamMembership) change(
	ctx context.Context, members []cloud.TeamMember, step memberStep,
) ([]cloud.TeamMember, error) {
	err := m.client.ChangeTeamMember(ctx, m.organization, m.team, m.spelling(members, step.login), step.action)
	if err != nil && step.action == cloud.AddMember && errors.Is(err, cloud.ErrInvalid) {
		known, knownErr := peopleOf(ctx, m.client, m.organization)
		if spelled := known.Spelling(step.login); knownErr == nil && spelled != "" && spelled != step.login {
			step.login = spelled
			err = m.client.ChangeTeamMember(ctx, m.organization, m.team, spelled, step.action)
		}
	}
	if err == nil {
		return step.after(members), nil
	}
	actual, readErr := teamWithMembers(ctx, m.client, m.organization, m.team)
	if readErr != nil {
		return members, fmt.Errorf("%s (team %q): %w", step, m.team, err)
	}
	if step.inEffect(actual.Members) {
		return actual.Members, nil
	}
	return actual.Members, fmt.Errorf("%s (team %q): %w", step, m.team, err)
}

// spelling is the login as the team has it, where it does.
func (m teamMembership) spelling(members []cloud.TeamMember, login string) string {
	if at := indexMember(members, login); at >= 0 {
		return members[at].Login
	}
	return login
}

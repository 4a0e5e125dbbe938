package membership

import (
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
)

// Step is one call that changes a team's membership.
type Step struct {
	Login  string
	Action cloud.MemberAction
}

// String says what the step does, for people.
func (s Step) String() string {
	switch s.Action {
	case cloud.AddMember:
		return "add member " + s.Login
	case cloud.PromoteMember:
		return "make " + s.Login + " a team admin"
	case cloud.DemoteMember:
		return "make " + s.Login + " a plain member"
	default:
		return "remove " + s.Login
	}
}

// Loses reports whether the step takes something away.
func (s Step) Loses() bool {
	return s.Action == cloud.RemoveMember || s.Action == cloud.DemoteMember
}

// plan returns the steps from the actual membership to exactly the desired one. What takes away comes before what
// gives; nobody who stays loses anything on the way.
func plan(actual []cloud.TeamMember, members, admins []string) []Step {
	var gains, demotions, removals []Step
	for _, login := range slices.Sorted(slices.Values(append(slices.Clone(members), admins...))) {
		at := Index(actual, login)
		admin := logins.Index(admins, login) >= 0
		switch {
		case at < 0 && admin:
			gains = append(gains, Step{login, cloud.AddMember}, Step{login, cloud.PromoteMember})
		case at < 0:
			gains = append(gains, Step{login, cloud.AddMember})
		case admin && !isAdmin(actual[at]):
			gains = append(gains, Step{actual[at].Login, cloud.PromoteMember})
		case !admin && isAdmin(actual[at]):
			demotions = append(demotions, Step{actual[at].Login, cloud.DemoteMember})
		}
	}
	for _, m := range actual {
		if logins.Index(members, m.Login) < 0 && logins.Index(admins, m.Login) < 0 {
			removals = append(removals, Step{m.Login, cloud.RemoveMember})
		}
	}
	return slices.Concat(removals, demotions, gains)
}

// Describe returns a line each: of the steps that take something away, and of the others.
func Describe(steps []Step) (lost, gained []string) {
	for _, step := range steps {
		if step.Loses() {
			lost = append(lost, step.String())
		} else {
			gained = append(gained, step.String())
		}
	}
	return lost, gained
}

func isAdmin(m cloud.TeamMember) bool { return m.Role == cloud.TeamRoleAdmin }

// After is the membership once the step is done.
func (s Step) After(members []cloud.TeamMember) []cloud.TeamMember {
	at := Index(members, s.Login)
	switch {
	case s.Action == cloud.AddMember && at < 0:
		return append(slices.Clone(members), cloud.TeamMember{Login: s.Login, Role: cloud.TeamRoleMember})
	case at < 0 || s.Action == cloud.AddMember:
		return members
	case s.Action == cloud.RemoveMember:
		return slices.Delete(slices.Clone(members), at, at+1)
	}
	changed := slices.Clone(members)
	changed[at].Role = cloud.TeamRoleMember
	if s.Action == cloud.PromoteMember {
		changed[at].Role = cloud.TeamRoleAdmin
	}
	return changed
}

// inEffect reports whether the membership is as the step would make it.
func (s Step) inEffect(members []cloud.TeamMember) bool {
	return slices.Equal(s.After(members), members)
}

// OwnLast moves the steps that take something from the caller to the end: a team admin who steps down first may not do
// the rest.
func OwnLast(steps []Step, caller string) []Step {
	sorted := slices.Clone(steps)
	own := func(s Step) int {
		if s.Loses() && logins.Same(s.Login, caller) {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(sorted, func(a, b Step) int { return own(a) - own(b) })
	return sorted
}

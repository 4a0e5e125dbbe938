package membership

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

// Apply carries the steps out one by one and returns the membership that was reached, also when it fails. After a
// refusal nobody is added any more, but the others are still removed: one who cannot be removed keeps nobody else in the team.
// The caller, whose own step is last, then stays.
func Apply(
	ctx context.Context, client *cloud.Client, organization, team string, members []cloud.TeamMember, steps []Step,
) ([]cloud.TeamMember, error) {
	var failed error
	gains := slices.IndexFunc(steps, func(s Step) bool { return !s.Loses() })
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
	ctx context.Context, members []cloud.TeamMember, step Step,
) ([]cloud.TeamMember, error) {
	err := m.client.ChangeTeamMember(ctx, m.organization, m.team, m.spelling(members, step.Login), step.Action)
	if err != nil && step.Action == cloud.AddMember && errors.Is(err, cloud.ErrInvalid) {
		known, knownErr := Of(ctx, m.client, m.organization)
		if spelled := known.Spelling(step.Login); knownErr == nil && spelled != "" && spelled != step.Login {
			step.Login = spelled
			err = m.client.ChangeTeamMember(ctx, m.organization, m.team, spelled, step.Action)
		}
	}
	if err == nil {
		return step.After(members), nil
	}
	actual, readErr := OfTeam(ctx, m.client, m.organization, m.team)
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
	if at := Index(members, login); at >= 0 {
		return members[at].Login
	}
	return login
}

package teammembers

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/membership"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// preview expects that everybody is in the team afterwards, and fails for people whom nobody can add. A team that
// does not exist yet has no members.
func preview(ctx context.Context, op kit.Op, desired Args) (State, error) {
	var actual []cloud.TeamMember
	organization := ptr.Value(desired.Organization)
	if desired.Team != "" && organization != "" {
		if team, err := op.Session.Client.Team(ctx, organization, desired.Team); err == nil {
			actual = team.Members
		}
	}
	var everybody []cloud.TeamMember
	now := op.Session.Now()
	for _, step := range desired.Plan(nil, now) {
		everybody = step.After(everybody)
	}
	return desired.state(everybody, now), desired.RefuseUnknown(ctx, op, organization, actual)
}

// reconcile adds those who are missing, and removes those whom this resource added and does not name any more.
// Where nobody is named, and nobody was, it needs no call.
func reconcile(ctx context.Context, op kit.Op, before membership.Lists, desired Args) (*State, error) {
	now := op.Session.Now()
	named := slices.Concat(desired.Everybody(), before.Everybody())
	if len(named) == 0 {
		state := desired.state(nil, now)
		return &state, nil
	}
	organization := ptr.Value(desired.Organization)
	actual, err := membership.OfTeam(ctx, op.Session.Client, organization, desired.Team)
	if err != nil {
		if cloud.IsNotFound(err) {
			err = membership.NoTeam(desired.Team, "TeamMembers", err)
		}
		return nil, err
	}
	steps := stepsAbout(named, desired.Plan(actual.Members, now))
	reached, err := membership.Apply(ctx, op.Session.Client, organization, desired.Team, actual.Members, steps)
	state := desired.state(desired.OfThese(reached), now)
	return &state, err
}

// readBack returns which of the people are in the team. An import takes in everybody who is.
func readBack(
	_ context.Context, op kit.Op, id []string, team cloud.Team, before kit.Before[Args, State],
) (*kit.Found[Args, State], error) {
	now := op.Session.Now()
	inputs, actual := before.Inputs, team.Members
	if inputs.Team == "" {
		inputs.Lists = membership.Lists{Members: &[]string{}, Admins: &[]string{}}
	} else {
		actual = inputs.OfThese(actual)
	}
	inputs.Organization, inputs.Team = &id[0], id[1]
	inputs.Lists = inputs.AsInputs(actual, now)
	return &kit.Found[Args, State]{Inputs: inputs, State: inputs.state(actual, now)}, nil
}

// remove removes the people. Where the team was deleted, there is nothing to do.
func remove(ctx context.Context, op kit.Op, state State) error {
	actual, err := membership.OfTeam(ctx, op.Session.Client, state.Organization, state.Team)
	if err != nil {
		return kit.RequireSight(ctx, op.Session, state.Organization, err)
	}
	steps := stepsAbout(state.Everybody(), membership.Lists{}.Plan(actual.Members, op.Session.Now()))
	steps = leaveDeclared(ctx, op, state, steps)
	_, err = membership.Apply(ctx, op.Session.Client, state.Organization, state.Team, actual.Members, steps)
	return err
}

// leaveDeclared leaves those in the team whom another resource of the program puts there: it found them, and would not add them again.
func leaveDeclared(ctx context.Context, op kit.Op, state State, steps []membership.Step) []membership.Step {
	var left []string
	steps = slices.DeleteFunc(steps, func(s membership.Step) bool {
		stays := op.Session.Program.DeclaredBesides(wire.URN(ctx), "member", state.Organization, state.Team, s.Login)
		if stays {
			left = append(left, s.Login)
		}
		return stays
	})
	kit.WarnRemovals(ctx, fmt.Sprintf("team %q: left in the team, because another resource of this program declares them:", state.Team), left)
	return steps
}

// stepsAbout are the steps that concern these people.
func stepsAbout(people []string, steps []membership.Step) []membership.Step {
	return slices.DeleteFunc(steps, func(s membership.Step) bool { return logins.Index(people, s.Login) < 0 })
}

// state is the state when these of the people are in the team.
func (v Args) state(actual []cloud.TeamMember, now time.Time) State {
	state := State{Organization: ptr.Value(v.Organization), Args: v}
	state.Lists, _ = v.AsState(actual, now)
	return state
}

package team

import (
	"context"
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/membership"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// previewCreate warns of a name that is taken, and fails for people whom nobody can add.
func previewCreate(ctx context.Context, op kit.Op, desired Args) (State, error) {
	state := desiredState(desired, op.Session.Now())
	if state.Name != "" && state.Organization != "" && !op.Unknown("name", kit.OrganizationProperty) {
		if _, err := op.Session.Client.Team(ctx, state.Organization, state.Name); err == nil {
			kit.WarnTaken(ctx, op.Session, fmt.Sprintf("team %q", state.Name), kit.JoinID(state.Organization, state.Name))
		}
	}
	if !desired.adds() {
		return state, nil
	}
	return state, desired.RefuseUnknown(ctx, op, state.Organization, nil)
}

// previewUpdate returns the state to be expected.
func previewUpdate(ctx context.Context, op kit.Op, before State, desired Args) (State, error) {
	next := desiredState(desired, op.Session.Now())
	next.Name, next.Kind = before.Name, before.Kind
	return next, previewMembers(ctx, op, before, desired)
}

// previewMembers says who would lose and gain what, and fails for people whom nobody can add. What cannot be read is left to
// the update.
func previewMembers(ctx context.Context, op kit.Op, before State, desired Args) error {
	if !desired.managesMembers(before.Kind) {
		return nil
	}
	actual, err := membership.OfTeam(ctx, op.Session.Client, before.Organization, before.Name)
	if err != nil {
		wire.Log(ctx).Warningf("what this would change for the members of team %q could not be read: %v", before.Name, err)
		return nil
	}
	if op.Unknown(membership.Properties...) {
		var people []string
		for _, m := range actual.Members {
			people = append(people, m.Login)
		}
		desired.SayUndecided(ctx, op, before.Name, people)
		return nil
	}
	lost, gained := membership.Describe(desired.memberSteps(actual.Members, op.Session.Now()))
	kit.WarnRemovals(ctx, fmt.Sprintf("team %q: an update would", before.Name), lost)
	kit.NoteGains(ctx, fmt.Sprintf("team %q: an update would", before.Name), gained)
	if !desired.adds() {
		return nil
	}
	return desired.RefuseUnknown(ctx, op, before.Organization, actual.Members)
}

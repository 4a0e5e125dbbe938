package resources

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
)

// updateTeam leads from the state to what is wanted. When a later step fails, the state that was reached comes with an
// error that keeps it.
func updateTeam(ctx context.Context, current *session.Session, state TeamState, want TeamArgs) (TeamState, error) {
	reached, err := changeTeam(ctx, current, state, want)
	if named := otherName(state.Name, want); named != nil {
		return reached, partly(errors.Join(err, named))
	}
	return reached, err
}

func changeTeam(ctx context.Context, current *session.Session, state TeamState, want TeamArgs) (TeamState, error) {
	reached := state
	reached.Allow, reached.GitHubTeamID = want.Allow, want.GitHubTeamID
	reached.UnmanagedMembers, reached.AddMembers = want.UnmanagedMembers, want.AddMembers
	if renamed(state, want) {
		err := current.Client.UpdateTeam(context.WithoutCancel(ctx), state.Organization, state.Name,
			displayName(want.DisplayName, state.Name), text(want.Description))
		if err != nil {
			return state, teamMissing(ctx, current, state, err)
		}
	}
	reached.DisplayName, reached.Description = want.DisplayName, want.Description
	if !managesMembers(want, state.Kind) {
		reached.Members, reached.Admins, reached.TemporaryMembers, reached.ExpiredMembers = nil, nil, nil, nil
		return reached, nil
	}
	now := current.Now()
	live, err := regroup(ctx, current, state, want, now)
	if live != nil {
		reached.takeMembers(live, want, now)
	}
	switch {
	case err == nil:
		return reached, nil
	case live == nil && !renamed(state, want):
		return state, err // nothing was done
	default:
		return reached, partly(err)
	}
}

// regroup makes the membership what is wanted and returns what was reached, nil when nothing was tried.
func regroup(
	ctx context.Context, current *session.Session, state TeamState, want TeamArgs, now time.Time,
) ([]cloud.TeamMember, error) {
	live, err := teamWithMembers(ctx, current.Client, state.Organization, state.Name)
	if err != nil {
		return nil, teamMissing(ctx, current, state, err)
	}
	if live.Kind != cloud.TeamKindPulumi {
		return nil, fmt.Errorf("team %q is a %s team now, whose members are kept outside Pulumi Cloud: leave out members and admins",
			state.Name, live.Kind)
	}
	steps := memberSteps(live.Members, want, now)
	steps, err = callerLast(ctx, current, steps)
	if err != nil {
		return nil, err
	}
	removed := func(login string) bool {
		return slices.ContainsFunc(steps, func(s memberStep) bool {
			return s.action == cloud.RemoveMember && sameLogin(s.login, login)
		})
	}
	if slices.ContainsFunc(live.Members, func(m cloud.TeamMember) bool { return removed(m.Login) }) {
		err := refuseLockOut(ctx, current, state.Organization,
			roleLoss{team: live, taken: live.RoleIDs, from: removed, allow: list(want.Allow)})
		if err != nil {
			return nil, err
		}
	}
	reached, err := applyMembers(ctx, current.Client, state.Organization, state.Name, live.Members, steps)
	return append([]cloud.TeamMember{}, reached...), err
}

// callerLast asks who calls only when it matters: when several people lose something.
func callerLast(ctx context.Context, current *session.Session, steps []memberStep) ([]memberStep, error) {
	losing := 0
	for _, step := range steps {
		if step.loses() {
			losing++
		}
	}
	if losing < 2 {
		return steps, nil
	}
	caller, err := current.Client.CurrentUser(ctx)
	return ownLast(steps, caller.Login), err
}

// teamMissing says what a 404 on the team means and what to do.
func teamMissing(ctx context.Context, current *session.Session, state TeamState, err error) error {
	if !cloud.IsNotFound(err) {
		return err
	}
	if sight := requireSight(ctx, current, state.Organization, err); sight != nil {
		return sight
	}
	return fmt.Errorf("team %q was deleted outside Pulumi: run `pulumi refresh`, then `pulumi up` creates it again: %w",
		state.Name, err)
}

// deleteTeam deletes the team and confirms it. It looks first, because the answer to a delete does not tell a team that
// is gone from one that the caller may not see any more.
func deleteTeam(ctx context.Context, current *session.Session, state TeamState) error {
	live, err := current.Client.Team(ctx, state.Organization, state.Name)
	if err := requireSight(ctx, current, state.Organization, err); err != nil {
		return err
	}
	loss := roleLoss{team: live, taken: live.RoleIDs, from: everyMember, allow: list(state.Allow)}
	if err := refuseLockOut(ctx, current, state.Organization, loss); err != nil {
		return err
	}
	if err := current.Client.DeleteTeam(context.WithoutCancel(ctx), state.Organization, state.Name); err != nil {
		return err
	}
	_, err = current.Client.Team(ctx, state.Organization, state.Name)
	switch {
	case cloud.IsNotFound(err):
		return nil
	case err != nil:
		return fmt.Errorf("team %q was deleted, but reading back whether it is gone failed: %w", state.Name, err)
	}
	return fmt.Errorf("team %q is still there after it was deleted: the caller may see it, but not delete it. Use a token of an "+
		"organization administrator", state.Name)
}

package team

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/lockout"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/membership"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
)

// create creates the team and its membership. The answer to the create lists the members, so that the creator is known.
func create(ctx context.Context, op kit.Op, desired Args) (*State, error) {
	now := op.Session.Now()
	created, err := callCreateTeam(ctx, op.Session, desired)
	if err != nil {
		return nil, err
	}
	created.Members, err = populate(ctx, op.Session.Client, created, desired, now)
	state := stateOf(ptr.Value(desired.Organization), created, desired, now)
	return &state, errors.Join(err, otherName(created.Name, desired))
}

func callCreateTeam(ctx context.Context, current *session.Session, desired Args) (cloud.Team, error) {
	client := current.Client
	organization := ptr.Value(desired.Organization)
	if desired.GitHubTeamID != nil {
		created, err := client.CreateGitHubTeam(ctx, organization, int64(*desired.GitHubTeamID))
		if err == nil && created.Name == "" {
			err = fmt.Errorf("GitHub team %d: it may have been created, but the answer does not name it. Look for it in the console, and "+
				"take it over with `pulumi import` and the id %s/<name>", *desired.GitHubTeamID, organization)
		}
		return created, kit.ExistsAlready(ctx, current, err, "the team of that GitHub team", organization+"/<name>")
	}
	name := ptr.Value(desired.Name)
	created, err := client.CreateTeam(ctx, organization, name, displayName(desired.DisplayName, name), ptr.Value(desired.Description))
	if err != nil {
		return created, kit.ExistsAlready(ctx, current, err, fmt.Sprintf("team %q", name), kit.JoinID(organization, name))
	}
	return namedTeam(ctx, client, organization, name, created)
}

// namedTeam is a team that was created, whose answer may not say what it is called. A team that exists must get into the
// state: only one that certainly does not exist is an error.
func namedTeam(ctx context.Context, client *cloud.Client, organization, name string, created cloud.Team) (cloud.Team, error) {
	if created.Name != "" {
		return created, nil
	}
	actual, err := client.Team(context.WithoutCancel(ctx), organization, name)
	switch {
	case cloud.IsNotFound(err):
		return created, fmt.Errorf("creating team %q: the answer names no team, and there is none of that name, or it is not visible to this "+
			"token. Check that apiUrl is the address of Pulumi Cloud's API itself, then run again: %w", name, err)
	case err != nil:
		created.Name, created.Kind = name, cloud.TeamKindPulumi
		return created, nil //nolint:nilerr // the team may exist, and reading its members says what is wrong
	}
	return actual, nil
}

// otherName is the error of a team that has another name than the inputs say, nil if it has that name. The team exists, and is
// managed under the name that it has.
func otherName(name string, desired Args) error {
	if desired.Name == nil || *desired.Name == name {
		return nil
	}
	team := "the team"
	if desired.GitHubTeamID != nil {
		team = fmt.Sprintf("the GitHub team %d", *desired.GitHubTeamID)
	}
	return fmt.Errorf("%s is called %q in Pulumi Cloud, not %q: set name to %q", team, name, *desired.Name, name)
}

// populate gives a team that was just created its membership, and returns the membership that was reached.
func populate(
	ctx context.Context, client *cloud.Client, created cloud.Team, desired Args, now time.Time,
) ([]cloud.TeamMember, error) {
	if !desired.managesMembers(created.Kind) {
		return created.Members, nil
	}
	organization := ptr.Value(desired.Organization)
	if created.Members == nil || created.ListMembersError != "" {
		actual, err := membership.OfTeam(ctx, client, organization, created.Name)
		if err != nil {
			return nil, err
		}
		created = actual
	}
	steps := desired.memberSteps(created.Members, now)
	if len(created.Members) == 1 { // the creator, who may be able to change the team as its admin only
		steps = membership.OwnLast(steps, created.Members[0].Login)
	}
	return membership.Apply(ctx, client, organization, created.Name, created.Members, steps)
}

// update changes names and membership in place.
func update(ctx context.Context, op kit.Op, before State, desired Args) (*State, error) {
	reached, err := reconcile(ctx, op, before, desired)
	if other := otherName(before.Name, desired); other != nil {
		if reached == nil {
			reached = &before
		}
		err = errors.Join(err, other)
	}
	return reached, err
}

// reconcile returns the state that was reached, nil when nothing was changed.
func reconcile(ctx context.Context, op kit.Op, before State, desired Args) (*State, error) {
	renames := renamed(before, desired)
	if renames {
		err := op.Session.Client.UpdateTeam(context.WithoutCancel(ctx), before.Organization, before.Name,
			displayName(desired.DisplayName, before.Name), ptr.Value(desired.Description))
		if err != nil {
			return nil, kit.Missing(err)
		}
	}
	reached := State{
		Organization: before.Organization, Name: before.Name, Args: desired, Kind: before.Kind, ExpiredMembers: before.ExpiredMembers,
	}
	if !desired.managesMembers(before.Kind) {
		reached.Lists, reached.ExpiredMembers = membership.Lists{}, nil
		return &reached, nil
	}
	now := op.Session.Now()
	actual, err := reconcileMembers(ctx, op, before, desired, now)
	switch {
	case actual != nil:
		reached.Lists, reached.ExpiredMembers = desired.AsState(desired.assumed(actual, now), now)
	case renames:
		reached.Lists = before.Lists
	default:
		return nil, err
	}
	return &reached, err
}

// reconcileMembers makes the membership the desired one, and returns the membership that was reached, nil when nothing was
// tried.
func reconcileMembers(
	ctx context.Context, op kit.Op, before State, desired Args, now time.Time,
) ([]cloud.TeamMember, error) {
	actual, err := membership.OfTeam(ctx, op.Session.Client, before.Organization, before.Name)
	if err != nil {
		return nil, kit.Missing(err)
	}
	if actual.Kind != cloud.TeamKindPulumi {
		return nil, fmt.Errorf("team %q is a %s team now, whose members are kept outside Pulumi Cloud: leave out members and admins",
			before.Name, actual.Kind)
	}
	steps, err := callerLast(ctx, op, desired.memberSteps(actual.Members, now))
	if err != nil {
		return nil, err
	}
	if err := refuseOwnRemoval(ctx, op, before.Organization, actual, desired, steps); err != nil {
		return nil, err
	}
	reached, err := membership.Apply(ctx, op.Session.Client, before.Organization, before.Name, actual.Members, steps)
	return append([]cloud.TeamMember{}, reached...), err
}

// refuseOwnRemoval refuses to remove the caller from the team by whose role the caller administers the organization.
func refuseOwnRemoval(
	ctx context.Context, op kit.Op, organization string, actual cloud.Team, desired Args, steps []membership.Step,
) error {
	removed := func(login string) bool {
		return slices.ContainsFunc(steps, func(s membership.Step) bool {
			return s.Action == cloud.RemoveMember && logins.Same(s.Login, login)
		})
	}
	if !slices.ContainsFunc(actual.Members, func(m cloud.TeamMember) bool { return removed(m.Login) }) {
		return nil
	}
	return lockout.Refuse(ctx, op.Session, organization,
		lockout.Loss{Team: actual, Taken: actual.RoleIDs, From: removed, Allow: ptr.Value(desired.Allow)})
}

// callerLast asks who calls only when it matters: when several people lose something.
func callerLast(ctx context.Context, op kit.Op, steps []membership.Step) ([]membership.Step, error) {
	losing := 0
	for _, step := range steps {
		if step.Loses() {
			losing++
		}
	}
	if losing < 2 {
		return steps, nil
	}
	caller, err := op.Session.Client.CurrentUser(ctx)
	return membership.OwnLast(steps, caller.Login), err
}

// remove deletes the team, with its grants and its tokens.
func remove(ctx context.Context, op kit.Op, state State, actual cloud.Team) error {
	loss := lockout.Loss{Team: actual, Taken: actual.RoleIDs, From: lockout.EveryMember, Allow: ptr.Value(state.Allow)}
	if err := lockout.Refuse(ctx, op.Session, state.Organization, loss); err != nil {
		return err
	}
	return op.Session.Client.DeleteTeam(context.WithoutCancel(ctx), state.Organization, state.Name)
}

// seen spares an administrator the look before a deletion where the team was read a moment ago, as by the resource that took its access
// away: the look says whether the team is visible to the caller, and an administrator sees every team and is locked out by none.
func seen(op kit.Op, state State) (cloud.Team, bool) {
	read := op.Session.Program.WasTeamRead(state.Organization, state.Name)
	return cloud.Team{}, read && op.Session.Administered(state.Organization)
}

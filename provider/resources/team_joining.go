package resources

import (
	"context"
	_ "embed" // the page
	"slices"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/membership"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed docs/teammembers.md
var teamMembersDocs string

// TeamMembers adds people to a team. It is apart from Team so that a program can have them join last: a Team removes those
// who leave before the team's access grows, and a TeamMembers adds those who come after it has shrunk.
type TeamMembers struct {
	kit.Managed[TeamMembersArgs, TeamMembersState, cloud.Team]
}

var _ infer.CustomResource[TeamMembersArgs, TeamMembersState] = (*TeamMembers)(nil)

// NewTeamMembers returns the resource.
func NewTeamMembers(sessions session.Source) *TeamMembers {
	return &TeamMembers{kit.New(sessions, kit.Spec[TeamMembersArgs, TeamMembersState, cloud.Team]{
		Noun:   "members of team",
		Name:   func(v TeamMembersState) string { return v.Team },
		ID:     func(v TeamMembersState) string { return kit.JoinID(v.Organization, v.Team) },
		IDForm: "organization/team",

		Sets:      membership.Properties,
		Rules:     checkTeamMembers,
		KeepLists: kit.KeepLists[TeamMembersArgs],
		Diff: func(_ context.Context, op kit.Op, before TeamMembersState, desired TeamMembersArgs) (p.DiffResponse, error) {
			return diffTeamMembers(before, desired, op.Unknowns, op.Session.Now()), nil
		},

		PreviewCreate: previewTeamMembers,
		Create: func(ctx context.Context, op kit.Op, desired TeamMembersArgs) (*TeamMembersState, error) {
			return reconcileTeamMembers(ctx, op, membership.Lists{}, desired)
		},
		Look: func(ctx context.Context, op kit.Op, id []string) (cloud.Team, error) {
			return membership.OfTeam(ctx, op.Session.Client, id[0], id[1])
		},
		Read: readTeamMembers,
		PreviewUpdate: func(ctx context.Context, op kit.Op, _ TeamMembersState, desired TeamMembersArgs) (TeamMembersState, error) {
			return previewTeamMembers(ctx, op, desired)
		},
		Update: func(ctx context.Context, op kit.Op, before TeamMembersState, desired TeamMembersArgs) (*TeamMembersState, error) {
			return reconcileTeamMembers(ctx, op, before.Lists, desired)
		},
		Delete: deleteTeamMembers,
	})}
}

// Annotate describes the resource.
func (r *TeamMembers) Annotate(a infer.Annotator) {
	a.SetToken("index", "TeamMembers")
	a.Describe(r, teamMembersDocs)
}

// TeamMembersArgs are the inputs of a TeamMembers.
type TeamMembersArgs struct {
	Organization *string `pulumi:"organization,optional"`
	Team         string  `pulumi:"team"`
	membership.Lists
}

// Annotate describes the inputs.
func (v *TeamMembersArgs) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, kit.OrganizationHelp)
	a.Describe(&v.Team, "The team's name. Changing it adds the people to another team.")
	a.Describe(&v.Members, "Logins of people to have in the team. Order, duplicates and the case of letters make no difference.")
	a.Describe(&v.Admins, "Logins of people to have in the team as its admins. A login is in `members` or here, not in both.")
	a.Describe(&v.TemporaryMembers, "People to have in the team for a time. One whose time has ended is removed, and never added.")
}

// TeamMembersState is what a TeamMembers outputs.
type TeamMembersState struct {
	Organization string `pulumi:"organization"`
	TeamMembersArgs
}

// Annotate describes the outputs.
func (v *TeamMembersState) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, "The organization that the team belongs to.")
	a.Describe(&v.Team, "The team's name.")
	a.Describe(&v.Members, "Logins of those of the members who are in the team.")
	a.Describe(&v.Admins, "Logins of those of the admins who are in the team as such.")
	a.Describe(&v.TemporaryMembers, "Those of the temporary members who are in the team.")
}

// checkTeamMembers does not hold the team's name to the rules for new teams: the team may have been created elsewhere.
func checkTeamMembers(_ context.Context, op kit.Op, v TeamMembersArgs) problem.List {
	if !op.Unknown("team") {
		v.Declare(op, v.Organization, v.Team, false)
	}
	return append(types.CheckName("team", v.Team), v.Check()...)
}

// diffTeamMembers compares those of the people who are in the team with the desired ones. An unknown input counts as a
// difference.
func diffTeamMembers(state TeamMembersState, desired TeamMembersArgs, unknowns []string, now time.Time) p.DiffResponse {
	d := kit.NewDifferences(unknowns)
	d.Add(kit.OrganizationProperty, ptr.Value(desired.Organization) != state.Organization, p.UpdateReplace)
	d.Add("team", desired.Team != state.Team, p.UpdateReplace)
	membership.Compare(d, state.Lists, desired.Lists, true, now)
	return d.Response()
}

// previewTeamMembers expects that everybody is in the team afterwards, and fails for people whom nobody can add. A team that
// does not exist yet has no members.
func previewTeamMembers(ctx context.Context, op kit.Op, desired TeamMembersArgs) (TeamMembersState, error) {
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

// reconcileTeamMembers adds those who are missing, and removes those whom this resource added and does not name any more.
// Where nobody is named, and nobody was, it needs no call.
func reconcileTeamMembers(ctx context.Context, op kit.Op, before membership.Lists, desired TeamMembersArgs) (*TeamMembersState, error) {
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

// readTeamMembers returns which of the people are in the team. An import takes in everybody who is.
func readTeamMembers(
	_ context.Context, op kit.Op, id []string, team cloud.Team, before kit.Before[TeamMembersArgs, TeamMembersState],
) (*kit.Found[TeamMembersArgs, TeamMembersState], error) {
	now := op.Session.Now()
	inputs, actual := before.Inputs, team.Members
	if inputs.Team == "" {
		inputs.Lists = membership.Lists{Members: &[]string{}, Admins: &[]string{}}
	} else {
		actual = inputs.OfThese(actual)
	}
	inputs.Organization, inputs.Team = &id[0], id[1]
	inputs.Lists = inputs.AsInputs(actual, now)
	return &kit.Found[TeamMembersArgs, TeamMembersState]{Inputs: inputs, State: inputs.state(actual, now)}, nil
}

// deleteTeamMembers removes the people. Where the team was deleted, there is nothing to do.
func deleteTeamMembers(ctx context.Context, op kit.Op, state TeamMembersState) error {
	actual, err := membership.OfTeam(ctx, op.Session.Client, state.Organization, state.Team)
	if err != nil {
		return kit.RequireSight(ctx, op.Session, state.Organization, err)
	}
	steps := stepsAbout(state.Everybody(), membership.Lists{}.Plan(actual.Members, op.Session.Now()))
	_, err = membership.Apply(ctx, op.Session.Client, state.Organization, state.Team, actual.Members, steps)
	return err
}

// stepsAbout are the steps that concern these people.
func stepsAbout(people []string, steps []membership.Step) []membership.Step {
	return slices.DeleteFunc(steps, func(s membership.Step) bool { return logins.Index(people, s.Login) < 0 })
}

// state is the state when these of the people are in the team.
func (v TeamMembersArgs) state(actual []cloud.TeamMember, now time.Time) TeamMembersState {
	state := TeamMembersState{Organization: ptr.Value(v.Organization), TeamMembersArgs: v}
	state.Lists, _ = v.AsState(actual, now)
	return state
}

package resources

import (
	"context"
	"slices"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/temporary"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// TeamMembers adds people to a team. It is apart from Team so that a program can have them join last: a Team removes those
// who leave before the team's access grows, and a TeamMembers adds those who come after it has shrunk.
type TeamMembers struct{ Sessions session.Source }

var (
	_ infer.CustomCheck[TeamMembersArgs]                    = (*TeamMembers)(nil)
	_ infer.CustomDiff[TeamMembersArgs, TeamMembersState]   = (*TeamMembers)(nil)
	_ infer.CustomCreate[TeamMembersArgs, TeamMembersState] = (*TeamMembers)(nil)
	_ infer.CustomRead[TeamMembersArgs, TeamMembersState]   = (*TeamMembers)(nil)
	_ infer.CustomUpdate[TeamMembersArgs, TeamMembersState] = (*TeamMembers)(nil)
	_ infer.CustomDelete[TeamMembersState]                  = (*TeamMembers)(nil)
)

// Annotate describes the resource.
func (r *TeamMembers) Annotate(a infer.Annotator) {
	a.Describe(r, teamMembersDocs)
}

// TeamMembersArgs are the inputs of a TeamMembers.
type TeamMembersArgs struct {
	Organization *string   `pulumi:"organization,optional"`
	Team         string    `pulumi:"team"`
	Members      *[]string `pulumi:"members,optional"`
	Admins       *[]string `pulumi:"admins,optional"`

	TemporaryMembers *[]types.TemporaryMember `pulumi:"temporaryMembers,optional"`
}

// Annotate describes the inputs.
func (v *TeamMembersArgs) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, organizationHelp)
	a.Describe(&v.Team, "The team's name. Changing it adds the people to another team.")
	a.Describe(&v.Members, "Logins of people to have in the team. Order, duplicates and the case of letters make no difference.")
	a.Describe(&v.Admins, "Logins of people to have in the team as its admins. A login is in `members` or here, not in both.")
	a.Describe(&v.TemporaryMembers, "People to have in the team for a time. One whose time has ended is removed, and never added.")
}

// TeamMembersState is what a TeamMembers outputs.
type TeamMembersState struct {
	Organization string    `pulumi:"organization"`
	Team         string    `pulumi:"team"`
	Members      *[]string `pulumi:"members,optional"`
	Admins       *[]string `pulumi:"admins,optional"`

	TemporaryMembers *[]types.TemporaryMember `pulumi:"temporaryMembers,optional"`
}

// Annotate describes the outputs.
func (v *TeamMembersState) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, "The organization that the team belongs to.")
	a.Describe(&v.Team, "The team's name.")
	a.Describe(&v.Members, "Logins of those of the members who are in the team.")
	a.Describe(&v.Admins, "Logins of those of the admins who are in the team as such.")
	a.Describe(&v.TemporaryMembers, "Those of the temporary members who are in the team.")
}

// Check validates the inputs and puts the lists in canonical order.
func (r *TeamMembers) Check(
	ctx context.Context, req infer.CheckRequest,
) (infer.CheckResponse[TeamMembersArgs], error) {
	unknowns := wire.Unknowns(req.NewInputs)
	rules := func(current *session.Session, v TeamMembersArgs) problem.List {
		if !wire.Touches("team", unknowns) {
			declareTeam(current, v.team(), unknowns, false)
		}
		return checkTeamMembers(current, v)
	}
	resp, err := checkInputs(ctx, r.Sessions, req, []string{"members", "admins", "temporaryMembers"}, rules)
	resp.Inputs.keepLists()
	return resp, err
}

func checkTeamMembers(current *session.Session, v TeamMembersArgs) problem.List {
	team := v.team()
	team.Name = new("any") // a team from elsewhere may be called otherwise than one that is made here
	return append(plainName("team", v.Team), checkTeam(current, team)...)
}

func (v *TeamMembersArgs) keepLists() {
	keepList(&v.Members)
	keepList(&v.Admins)
	keepList(&v.TemporaryMembers)
}

// team are the same inputs of a Team.
func (v TeamMembersArgs) team() TeamArgs {
	return TeamArgs{
		Organization: v.Organization, Name: &v.Team, Members: v.Members, Admins: v.Admins, TemporaryMembers: v.TemporaryMembers,
	}
}

func (v TeamMembersState) team() TeamState {
	return TeamState{
		Organization: v.Organization, Name: v.Team, Members: v.Members, Admins: v.Admins, TemporaryMembers: v.TemporaryMembers,
	}
}

// Diff compares logins without regard to case, and knows that a time which has ended is a difference.
func (r *TeamMembers) Diff(
	ctx context.Context, req infer.DiffRequest[TeamMembersArgs, TeamMembersState],
) (infer.DiffResponse, error) {
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.DiffResponse{}, err
	}
	req.Inputs.keepLists()
	want, state := req.Inputs.team(), req.State.team()
	d := teamDiff{newDifferences(wire.UnknownInputs(ctx))}
	d.add(organizationProperty, text(want.Organization) != state.Organization, p.UpdateReplace)
	d.add("team", req.Inputs.Team != req.State.Team, p.UpdateReplace)
	d.logins("members", state.Members, want.Members, true)
	d.logins("admins", state.Admins, want.Admins, true)
	d.temporary(state, want, current.Now())
	return d.response(), nil
}

// Create adds the people.
func (r *TeamMembers) Create(
	ctx context.Context, req infer.CreateRequest[TeamMembersArgs],
) (infer.CreateResponse[TeamMembersState], error) {
	req.Inputs.keepLists()
	reached, err := r.join(ctx, req.Inputs, TeamMembersState{}, req.DryRun)
	out := infer.CreateResponse[TeamMembersState]{ID: teamID(reached.Organization, reached.Team), Output: reached}
	return out, err
}

// Read answers who of the people is in the team. An import takes in everybody who is.
func (r *TeamMembers) Read(
	ctx context.Context, req infer.ReadRequest[TeamMembersArgs, TeamMembersState],
) (infer.ReadResponse[TeamMembersArgs, TeamMembersState], error) {
	gone := infer.ReadResponse[TeamMembersArgs, TeamMembersState]{}
	id, err := splitID(req.ID, 2, "organization/team")
	if err != nil {
		return gone, err
	}
	current, err := r.Sessions(ctx)
	if err != nil {
		return gone, err
	}
	live, err := teamWithMembers(ctx, current.Client, id[0], id[1])
	if err != nil {
		return gone, requireSight(ctx, current, id[0], err)
	}
	inputs, ours := req.Inputs, live.Members
	if inputs.Team == "" {
		inputs = TeamMembersArgs{Members: &[]string{}, Admins: &[]string{}}
	} else {
		ours = listedMembers(live.Members, inputs.team())
	}
	inputs.Organization, inputs.Team = &id[0], id[1]
	team := inputs.team()
	team.takeMembers(ours, inputs.team(), current.Now())
	inputs.Members, inputs.Admins = team.Members, team.Admins
	return infer.ReadResponse[TeamMembersArgs, TeamMembersState]{
		ID: req.ID, Inputs: inputs, State: joined(inputs, ours, current),
	}, nil
}

// Update adds those who are missing, and removes those whom this resource added and does not name any more.
func (r *TeamMembers) Update(
	ctx context.Context, req infer.UpdateRequest[TeamMembersArgs, TeamMembersState],
) (infer.UpdateResponse[TeamMembersState], error) {
	req.Inputs.keepLists()
	reached, err := r.join(ctx, req.Inputs, req.State, req.DryRun)
	return infer.UpdateResponse[TeamMembersState]{Output: reached}, err
}

// Delete removes the people. A team that is gone is done.
func (r *TeamMembers) Delete(
	ctx context.Context, req infer.DeleteRequest[TeamMembersState],
) (infer.DeleteResponse, error) {
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.DeleteResponse{}, err
	}
	live, err := teamWithMembers(ctx, current.Client, req.State.Organization, req.State.Team)
	if err != nil {
		return infer.DeleteResponse{}, requireSight(ctx, current, req.State.Organization, err)
	}
	nobody := TeamArgs{Organization: &req.State.Organization, Name: &req.State.Team}
	_, err = applyMembers(ctx, current.Client, req.State.Organization, req.State.Team, live.Members,
		joiningSteps(live.Members, nobody, req.State, current))
	return infer.DeleteResponse{}, err
}

// join leads the people to where they are wanted. Nobody to add, and nobody to remove, needs no call.
func (r *TeamMembers) join(
	ctx context.Context, want TeamMembersArgs, before TeamMembersState, preview bool,
) (TeamMembersState, error) {
	current, err := r.Sessions(ctx)
	if err != nil {
		return TeamMembersState{}, err
	}
	team := want.team()
	if preview {
		return joined(want, wholeMembership(team, current), current), previewJoining(ctx, current, team)
	}
	if len(listedLogins(team))+len(listedLogins(asTeam(before))) == 0 {
		return joined(want, nil, current), nil
	}
	live, err := teamWithMembers(ctx, current.Client, text(want.Organization), want.Team)
	if err != nil {
		if cloud.IsNotFound(err) {
			err = errTeamMissing(want.Team, err)
		}
		return TeamMembersState{}, err
	}
	reached, err := applyMembers(ctx, current.Client, text(want.Organization), want.Team, live.Members,
		joiningSteps(live.Members, team, before, current))
	state := joined(want, listedMembers(reached, team), current)
	if err != nil {
		return state, partly(err)
	}
	return state, nil
}

// previewJoining fails for people whom nobody could add. A team that is not there yet has nobody.
func previewJoining(ctx context.Context, current *session.Session, want TeamArgs) error {
	var in []cloud.TeamMember
	if text(want.Name) != "" && text(want.Organization) != "" {
		if live, err := current.Client.Team(ctx, text(want.Organization), text(want.Name)); err == nil {
			in = live.Members
		}
	}
	return previewPeople(ctx, current, want, in)
}

// joiningSteps are the steps about people whom this resource names, or named before.
func joiningSteps(live []cloud.TeamMember, want TeamArgs, before TeamMembersState, current *session.Session) []memberStep {
	named := append(listedLogins(want), listedLogins(asTeam(before))...)
	steps := planMembers(live, wantedMembers(want, current.Now()), list(want.Admins))
	return slices.DeleteFunc(steps, func(s memberStep) bool { return indexLogin(named, s.login) < 0 })
}

func asTeam(v TeamMembersState) TeamArgs {
	return TeamArgs{Members: v.Members, Admins: v.Admins, TemporaryMembers: v.TemporaryMembers}
}

// listedLogins are all people whom the lists name, whether or not their time has ended.
func listedLogins(v TeamArgs) []string {
	return slices.Concat(list(v.Members), list(v.Admins), temporary.Logins(list(v.TemporaryMembers)))
}

func listedMembers(live []cloud.TeamMember, v TeamArgs) []cloud.TeamMember {
	named := listedLogins(v)
	return slices.DeleteFunc(slices.Clone(live), func(m cloud.TeamMember) bool { return indexLogin(named, m.Login) < 0 })
}

// wholeMembership is who is in the team once everybody has joined.
func wholeMembership(v TeamArgs, current *session.Session) []cloud.TeamMember {
	var all []cloud.TeamMember
	for _, step := range planMembers(nil, wantedMembers(v, current.Now()), list(v.Admins)) {
		all = step.after(all)
	}
	return all
}

// joined is the state when these of the people are in the team.
func joined(want TeamMembersArgs, in []cloud.TeamMember, current *session.Session) TeamMembersState {
	state := TeamState{}
	state.takeMembers(in, want.team(), current.Now())
	return TeamMembersState{
		Organization: text(want.Organization), Team: want.Team, Members: state.Members, Admins: state.Admins,
		TemporaryMembers: state.TemporaryMembers,
	}
}

package resources

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Team owns a team's existence and its whole membership, unless that is left to others.
type Team struct{ Sessions session.Source }

var (
	_ infer.CustomCheck[TeamArgs]                     = (*Team)(nil)
	_ infer.CustomDiff[TeamArgs, TeamState]           = (*Team)(nil)
	_ infer.CustomCreate[TeamArgs, TeamState]         = (*Team)(nil)
	_ infer.CustomRead[TeamArgs, TeamState]           = (*Team)(nil)
	_ infer.CustomUpdate[TeamArgs, TeamState]         = (*Team)(nil)
	_ infer.CustomDelete[TeamState]                   = (*Team)(nil)
	_ infer.ExplicitDependencies[TeamArgs, TeamState] = (*Team)(nil)
)

// Annotate describes the resource.
func (r *Team) Annotate(a infer.Annotator) {
	a.Describe(r, teamDocs)
}

// TeamArgs are the inputs of a Team. Lists are pointers because the framework drops an empty one from the inputs.
type TeamArgs struct {
	Organization *string        `pulumi:"organization,optional"`
	Name         *string        `pulumi:"name,optional"`
	DisplayName  *string        `pulumi:"displayName,optional"`
	Description  *string        `pulumi:"description,optional"`
	Members      *[]string      `pulumi:"members,optional"`
	Admins       *[]string      `pulumi:"admins,optional"`
	GitHubTeamID *int           `pulumi:"githubTeamId,optional"`
	Allow        *[]types.OptIn `pulumi:"allow,optional"`

	TemporaryMembers *[]types.TemporaryMember `pulumi:"temporaryMembers,optional"`
	UnmanagedMembers *bool                    `pulumi:"unmanagedMembers,optional"`
	AddMembers       *bool                    `pulumi:"addMembers,optional"`
}

const (
	membersHelp = "Logins of the team's members. With `admins` they are the whole membership. Order, duplicates and the case " +
		"of letters make no difference. Omitted means nobody: everybody else is removed, the creator included."
	temporaryHelp = "Members for a time, besides `members` and `admins`, with which they are the whole membership. One whose time has " +
		"ended is shown by a refresh, removed by the next update, and never added."
	adminsHelp = "Logins of the team's admins, who may change its members and its access to what they administer. A login is in " +
		"`members` or here, not in both."
	unmanagedHelp = "When true, who belongs to the team is left to others: nobody is added or removed, and the lists must be omitted. " +
		"Default: false."
	addMembersHelp = "When false, people who are missing are not added and nobody is made an admin: a `TeamMembers` does that, once the " +
		"team's access is what it should be. People who are not listed are removed all the same. Default: true."
	githubTeamHelp = "The numeric id of the GitHub team that backs this one, in an organization that is backed by GitHub. Display " +
		"name, description and membership then come from GitHub and cannot be given."
)

// Annotate describes the inputs.
func (v *TeamArgs) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, organizationHelp)
	a.Describe(&v.Name, "The team's name, which identifies it in the organization; without a slash. Required unless "+
		"`githubTeamId` is given; then it may say which name is expected. Changing it makes another team.")
	a.Describe(&v.DisplayName, "The name that people see, at most 100 characters. Default: the name.")
	a.Describe(&v.Description, "What the team is for.")
	a.Describe(&v.Members, membersHelp)
	a.Describe(&v.Admins, adminsHelp)
	a.Describe(&v.TemporaryMembers, temporaryHelp)
	a.Describe(&v.UnmanagedMembers, unmanagedHelp)
	a.Describe(&v.AddMembers, addMembersHelp)
	a.Describe(&v.GitHubTeamID, githubTeamHelp)
	a.Describe(&v.Allow, "Risks that are taken deliberately: `lockOut`, to remove the caller from the team whose role is the "+
		"caller's last way to administer the organization.")
}

// TeamState is what a Team outputs.
type TeamState struct {
	Organization string         `pulumi:"organization"`
	Name         string         `pulumi:"name"`
	DisplayName  *string        `pulumi:"displayName,optional"`
	Description  *string        `pulumi:"description,optional"`
	Members      *[]string      `pulumi:"members,optional"`
	Admins       *[]string      `pulumi:"admins,optional"`
	GitHubTeamID *int           `pulumi:"githubTeamId,optional"`
	Allow        *[]types.OptIn `pulumi:"allow,optional"`
	Kind         string         `pulumi:"kind"`

	TemporaryMembers *[]types.TemporaryMember `pulumi:"temporaryMembers,optional"`
	ExpiredMembers   *[]string                `pulumi:"expiredMembers,optional"`
	UnmanagedMembers *bool                    `pulumi:"unmanagedMembers,optional"`
	AddMembers       *bool                    `pulumi:"addMembers,optional"`
}

// Annotate describes the outputs.
func (v *TeamState) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, "The organization that the team belongs to.")
	a.Describe(&v.Name, "The team's name.")
	a.Describe(&v.DisplayName, "The name that people see, where it is not the name.")
	a.Describe(&v.Description, "What the team is for.")
	a.Describe(&v.Members, "Logins of the members, where membership is managed.")
	a.Describe(&v.Admins, "Logins of the team's admins, where membership is managed.")
	a.Describe(&v.GitHubTeamID, "The id of the GitHub team that backs this one.")
	a.Describe(&v.Allow, "Risks that are taken deliberately.")
	a.Describe(&v.TemporaryMembers, "Members for a time who are in the team.")
	a.Describe(&v.ExpiredMembers, "Logins of members who were still in the team at the last refresh although their time had ended. The "+
		"next update removes them. Empty after every update.")
	a.Describe(&v.UnmanagedMembers, "Whether membership is left to others.")
	a.Describe(&v.AddMembers, "Whether people who are missing are added.")
	a.Describe(&v.Kind, "Where the membership is kept: `pulumi`, `github` or `scim`.")
}

// Check validates the inputs and puts the lists in canonical order.
func (r *Team) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[TeamArgs], error) {
	unknowns := wire.Unknowns(req.NewInputs)
	rules := func(current *session.Session, v TeamArgs) problem.List {
		declareTeam(current, v, unknowns, true)
		return checkTeam(current, v)
	}
	resp, err := checkInputs(ctx, r.Sessions, req, []string{"members", "admins", "temporaryMembers", "allow"}, rules)
	resp.Inputs.keepLists()
	return resp, err
}

// Diff compares what is wanted with what is there. The default compares inputs as texts, and knows neither that a login
// has no case nor that another kind of team under the same name can be made only when the first one is gone.
func (r *Team) Diff(ctx context.Context, req infer.DiffRequest[TeamArgs, TeamState]) (infer.DiffResponse, error) {
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.DiffResponse{}, err
	}
	return diffTeam(req.State, req.Inputs, wire.UnknownInputs(ctx), current.Now()), nil
}

// Create makes the team and its membership. The create answer lists the members, so that the creator is known.
func (r *Team) Create(ctx context.Context, req infer.CreateRequest[TeamArgs]) (infer.CreateResponse[TeamState], error) {
	want := req.Inputs
	want.keepLists()
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.CreateResponse[TeamState]{}, err
	}
	now := current.Now()
	state := wantedTeam(want, now)
	if req.DryRun {
		return infer.CreateResponse[TeamState]{ID: teamID(state.Organization, state.Name), Output: state}, previewTeam(ctx, current, want)
	}
	made, err := createTeam(ctx, current.Client, want)
	if err != nil {
		return infer.CreateResponse[TeamState]{}, err
	}
	members, failed := populate(ctx, current.Client, made, want, now)
	made.Members = members
	out := infer.CreateResponse[TeamState]{
		ID: teamID(state.Organization, made.Name), Output: teamState(state.Organization, made, want, now),
	}
	if failed != nil {
		return out, partly(failed)
	}
	return out, nil
}

// Read answers what is there now. An import owns the membership of a team whose membership Pulumi Cloud keeps.
func (r *Team) Read(
	ctx context.Context, req infer.ReadRequest[TeamArgs, TeamState],
) (infer.ReadResponse[TeamArgs, TeamState], error) {
	gone := infer.ReadResponse[TeamArgs, TeamState]{}
	id, err := splitID(req.ID, 2, "organization/name")
	if err != nil {
		return gone, err
	}
	current, err := r.Sessions(ctx)
	if err != nil {
		return gone, err
	}
	live, err := current.Client.Team(ctx, id[0], id[1])
	if err != nil {
		return gone, requireSight(ctx, current, id[0], err)
	}
	before := req.Inputs
	if req.Inputs.Organization == nil && req.State.Name == "" && live.Kind == cloud.TeamKindPulumi {
		before.Members, before.Admins = &[]string{}, &[]string{}
	}
	if managesMembers(before, live.Kind) {
		if err := membersListed(live); err != nil {
			return gone, err
		}
	}
	now := current.Now()
	inputs, state := teamInputs(id[0], live, before, now), teamState(id[0], live, before, now)
	warnExpired(ctx, state)
	return infer.ReadResponse[TeamArgs, TeamState]{ID: teamID(id[0], live.Name), Inputs: inputs, State: state}, nil
}

// Update changes names and membership in place.
func (r *Team) Update(
	ctx context.Context, req infer.UpdateRequest[TeamArgs, TeamState],
) (infer.UpdateResponse[TeamState], error) {
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.UpdateResponse[TeamState]{}, err
	}
	req.Inputs.keepLists()
	if req.DryRun {
		err := r.previewUpdate(ctx, current, req)
		next := wantedTeam(req.Inputs, current.Now())
		next.Name, next.Kind = req.State.Name, req.State.Kind
		return infer.UpdateResponse[TeamState]{Output: next}, err
	}
	reached, err := updateTeam(ctx, current, req.State, req.Inputs)
	return infer.UpdateResponse[TeamState]{Output: reached}, err
}

// Delete deletes the team, its grants and its tokens. A team that is gone is done.
func (r *Team) Delete(ctx context.Context, req infer.DeleteRequest[TeamState]) (infer.DeleteResponse, error) {
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.DeleteResponse{}, err
	}
	return infer.DeleteResponse{}, deleteTeam(ctx, current, req.State)
}

// WireDependencies keeps what never changes known in previews of updates.
func (r *Team) WireDependencies(f infer.FieldSelector, _ *TeamArgs, state *TeamState) {
	f.OutputField(&state.Kind).AlwaysKnown()
	if state.Name != "" {
		f.OutputField(&state.Name).AlwaysKnown()
	}
}

// previewUpdate names at preview who would lose and gain what, and fails for people whom nobody could add. What cannot be
// read is left to the update.
func (r *Team) previewUpdate(
	ctx context.Context, current *session.Session, req infer.UpdateRequest[TeamArgs, TeamState],
) error {
	unknowns := wire.UnknownInputs(ctx)
	unknown := func(property string) bool { return wire.Touches(property, unknowns) }
	if !managesMembers(req.Inputs, req.State.Kind) || slices.ContainsFunc([]string{"members", "admins", "temporaryMembers"}, unknown) {
		return nil
	}
	live, err := teamWithMembers(ctx, current.Client, req.State.Organization, req.State.Name)
	if err != nil {
		wire.Log(ctx).Warningf("what this would change for the members of team %q could not be read: %v", req.State.Name, err)
		return nil
	}
	lost, gained := changedMembers(memberSteps(live.Members, req.Inputs, current.Now()))
	warnRemovals(ctx, fmt.Sprintf("team %q: an update would", req.State.Name), lost)
	noteGains(ctx, fmt.Sprintf("team %q: an update would", req.State.Name), gained)
	if !req.Inputs.adds() {
		return nil
	}
	return previewPeople(ctx, current, req.Inputs, live.Members)
}

// previewTeam says at the preview of a create what would stop it: people whom nobody could add, and a name that is taken.
func previewTeam(ctx context.Context, current *session.Session, want TeamArgs) error {
	name, organization := text(want.Name), text(want.Organization)
	unknowns := wire.UnknownInputs(ctx)
	if name != "" && organization != "" && !wire.Touches("name", unknowns) && !wire.Touches(organizationProperty, unknowns) {
		if _, err := current.Client.Team(ctx, organization, name); err == nil {
			warnTaken(ctx, fmt.Sprintf("team %q", name), teamID(organization, name))
		}
	}
	if !want.adds() {
		return nil
	}
	return previewPeople(ctx, current, want, nil)
}

func createTeam(ctx context.Context, client *cloud.Client, want TeamArgs) (cloud.Team, error) {
	organization := text(want.Organization)
	if want.GitHubTeamID != nil {
		made, err := client.CreateGitHubTeam(ctx, organization, int64(*want.GitHubTeamID))
		if err == nil && made.Name == "" {
			err = fmt.Errorf("GitHub team %d: it may have been made, but the answer does not name it. Look for it in the console, and take it "+
				"over with `pulumi import` and the id %s/<name>", *want.GitHubTeamID, organization)
		}
		return made, existsAlready(ctx, err, "the team of that GitHub team", organization+"/<name>")
	}
	name := text(want.Name)
	made, err := client.CreateTeam(ctx, organization, name, displayName(want.DisplayName, name), text(want.Description))
	if err != nil {
		return made, existsAlready(ctx, err, fmt.Sprintf("team %q", name), teamID(organization, name))
	}
	return namedTeam(ctx, client, organization, name, made)
}

// namedTeam is a team that was made, whose answer may not say what it is called. A team that is there must get into the
// state: only one that certainly is not there is an error.
func namedTeam(ctx context.Context, client *cloud.Client, organization, name string, made cloud.Team) (cloud.Team, error) {
	if made.Name != "" {
		return made, nil
	}
	live, err := client.Team(context.WithoutCancel(ctx), organization, name)
	switch {
	case cloud.IsNotFound(err):
		return made, fmt.Errorf("creating team %q: the answer names no team, and there is none of that name, or it is not visible to this "+
			"token. Check that apiUrl is the address of Pulumi Cloud's API itself, then run again: %w", name, err)
	case err != nil:
		made.Name, made.Kind = name, cloud.TeamKindPulumi
		return made, nil //nolint:nilerr // the team may be there, and reading its members says what is wrong
	}
	return live, nil
}

// otherName is the error of a team that is not called what was asked for, nil if it is. The team is there, and is managed
// under the name that it has.
func otherName(name string, want TeamArgs) error {
	if want.Name == nil || *want.Name == name {
		return nil
	}
	what := "the team"
	if want.GitHubTeamID != nil {
		what = fmt.Sprintf("the GitHub team %d", *want.GitHubTeamID)
	}
	return fmt.Errorf("%s is called %q in Pulumi Cloud, not %q: set name to %q", what, name, *want.Name, name)
}

// populate gives a team that was just made its membership, and returns what was reached.
func populate(
	ctx context.Context, client *cloud.Client, made cloud.Team, want TeamArgs, now time.Time,
) ([]cloud.TeamMember, error) {
	named := otherName(made.Name, want)
	if !managesMembers(want, made.Kind) {
		return made.Members, named
	}
	organization := text(want.Organization)
	if made.Members == nil || made.ListMembersError != "" {
		live, err := teamWithMembers(ctx, client, organization, made.Name)
		if err != nil {
			return nil, errors.Join(err, named)
		}
		made = live
	}
	steps := memberSteps(made.Members, want, now)
	if len(made.Members) == 1 { // the creator, who may be able to change the team as its admin only
		steps = ownLast(steps, made.Members[0].Login)
	}
	members, err := applyMembers(ctx, client, organization, made.Name, made.Members, steps)
	return members, errors.Join(err, named)
}

package resources

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// TeamAccess owns what a team is granted, whoever made the team.
type TeamAccess struct{ Sessions session.Source }

var (
	_ infer.CustomCheck[TeamAccessArgs]                   = (*TeamAccess)(nil)
	_ infer.CustomDiff[TeamAccessArgs, TeamAccessState]   = (*TeamAccess)(nil)
	_ infer.CustomCreate[TeamAccessArgs, TeamAccessState] = (*TeamAccess)(nil)
	_ infer.CustomRead[TeamAccessArgs, TeamAccessState]   = (*TeamAccess)(nil)
	_ infer.CustomUpdate[TeamAccessArgs, TeamAccessState] = (*TeamAccess)(nil)
	_ infer.CustomDelete[TeamAccessState]                 = (*TeamAccess)(nil)
)

// Annotate describes the resource.
func (r *TeamAccess) Annotate(a infer.Annotator) {
	a.Describe(r, teamAccessDocs)
}

const omittedAxisHelp = "Omitted: not managed; what this resource managed before is taken away."

// TeamAccessArgs are the inputs of a TeamAccess. Lists are pointers because an empty one, which takes everything away, is
// not the same as none, which leaves alone what this resource never managed.
type TeamAccessArgs struct {
	Organization *string                       `pulumi:"organization,optional" provider:"replaceOnChanges"`
	Team         string                        `pulumi:"team" provider:"replaceOnChanges"`
	RoleIDs      *[]string                     `pulumi:"roleIds,optional"`
	Stacks       *[]types.TeamStackGrant       `pulumi:"stacks,optional"`
	Environments *[]types.TeamEnvironmentGrant `pulumi:"environments,optional"`
	Accounts     *[]types.TeamAccountGrant     `pulumi:"accounts,optional"`
	Allow        *[]types.OptIn                `pulumi:"allow,optional"`
}

// Annotate describes the inputs.
func (v *TeamAccessArgs) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, organizationHelp)
	a.Describe(&v.Team, "The team's name. Changing it manages another team.")
	a.Describe(&v.RoleIDs, "The id of the custom role that the team holds, as the output `roleId` of a `Role` gives it; at most one, "+
		"because Pulumi Cloud keeps one role per team. Assigning it replaces the role that the team had, which is named first. Empty: "+
		"no role. "+omittedAxisHelp)
	a.Describe(&v.Stacks, "The team's grants on single stacks. Empty: none. "+omittedAxisHelp)
	a.Describe(&v.Environments, "The team's grants on single ESC environments. Empty: none. "+omittedAxisHelp)
	a.Describe(&v.Accounts, "The team's grants on single Insights accounts. Empty: none. "+omittedAxisHelp)
	a.Describe(&v.Allow, "Risks that are taken deliberately: `stackAdminForPeople`, to grant a team stack admin; `lockOut`, to take away "+
		"the role by which the caller administers the organization.")
}

// TeamAccessState is what a TeamAccess outputs.
type TeamAccessState struct {
	Organization string                        `pulumi:"organization"`
	Team         string                        `pulumi:"team"`
	RoleIDs      *[]string                     `pulumi:"roleIds,optional"`
	Stacks       *[]types.TeamStackGrant       `pulumi:"stacks,optional"`
	Environments *[]types.TeamEnvironmentGrant `pulumi:"environments,optional"`
	Accounts     *[]types.TeamAccountGrant     `pulumi:"accounts,optional"`
	Allow        *[]types.OptIn                `pulumi:"allow,optional"`
}

// Annotate describes the outputs.
func (v *TeamAccessState) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, "The organization that the team belongs to.")
	a.Describe(&v.Team, "The team's name.")
	a.Describe(&v.RoleIDs, "The role that the team holds, where roles are managed.")
	a.Describe(&v.Stacks, "The team's grants on stacks, where they are managed.")
	a.Describe(&v.Environments, "The team's grants on environments, where they are managed.")
	a.Describe(&v.Accounts, "The team's grants on accounts, where they are managed.")
	a.Describe(&v.Allow, "Risks that are taken deliberately.")
}

// Check validates the inputs and puts the lists in canonical order.
func (r *TeamAccess) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[TeamAccessArgs], error) {
	req.NewInputs = normalDurations(req.NewInputs)
	resp, err := checkInputs(ctx, r.Sessions, req, teamAccessSets, checkTeamAccess)
	resp.Inputs.keepLists()
	return resp, err
}

// Diff compares what is wanted with what is there. The default compares inputs alone: it would not see what is left of an
// axis that the program does not name any more.
func (r *TeamAccess) Diff(
	ctx context.Context, req infer.DiffRequest[TeamAccessArgs, TeamAccessState],
) (infer.DiffResponse, error) {
	req.Inputs.keepLists()
	return diffTeamAccess(req.State, req.Inputs, wire.UnknownInputs(ctx))
}

// Create makes the team's grants on the owned axes exactly the wanted ones.
func (r *TeamAccess) Create(
	ctx context.Context, req infer.CreateRequest[TeamAccessArgs],
) (infer.CreateResponse[TeamAccessState], error) {
	want := req.Inputs
	want.keepLists()
	out := infer.CreateResponse[TeamAccessState]{
		ID: kit.JoinID(text(want.Organization), want.Team), Output: stateOfTeamAccess(want),
	}
	job, err := r.start(ctx, want, TeamAccessState{})
	if err != nil {
		return infer.CreateResponse[TeamAccessState]{}, err
	}
	if req.DryRun {
		return out, job.preview(ctx)
	}
	reached, err := job.run(ctx)
	if err != nil && !reached.changed {
		return infer.CreateResponse[TeamAccessState]{}, err
	}
	out.Output = job.state(reached.grants)
	if err != nil {
		return out, partly(err)
	}
	return out, nil
}

// Read answers what the team is granted now. An import owns all axes.
func (r *TeamAccess) Read(
	ctx context.Context, req infer.ReadRequest[TeamAccessArgs, TeamAccessState],
) (infer.ReadResponse[TeamAccessArgs, TeamAccessState], error) {
	gone := infer.ReadResponse[TeamAccessArgs, TeamAccessState]{}
	id, err := splitID(req.ID, 2, "organization/team")
	if err != nil {
		return gone, err
	}
	current, err := r.Sessions(ctx)
	if err != nil {
		return gone, err
	}
	inputs := req.Inputs
	if inputs.Team == "" {
		inputs = importedTeamAccess
	}
	inputs.Organization, inputs.Team = &id[0], id[1]
	granter := teamGranter{client: current.Client, organization: id[0], team: id[1]}
	_, grants, err := granter.read(ctx, inputs.keeping(req.State).RoleIDs != nil)
	if err != nil {
		return gone, requireSight(ctx, current, id[0], err)
	}
	state, err := readTeamAccess(inputs, req.State, grants)
	if err != nil {
		return gone, err
	}
	return infer.ReadResponse[TeamAccessArgs, TeamAccessState]{ID: req.ID, Inputs: inputs.withGrants(grants), State: state}, nil
}

// Update leads from what is there to what is wanted, level by level.
func (r *TeamAccess) Update(
	ctx context.Context, req infer.UpdateRequest[TeamAccessArgs, TeamAccessState],
) (infer.UpdateResponse[TeamAccessState], error) {
	want := req.Inputs
	want.keepLists()
	out := infer.UpdateResponse[TeamAccessState]{Output: stateOfTeamAccess(want)}
	job, err := r.start(ctx, want, req.State)
	job.exists = true
	if err != nil {
		return infer.UpdateResponse[TeamAccessState]{}, err
	}
	if req.DryRun {
		return out, job.preview(ctx)
	}
	reached, err := job.run(ctx)
	if reached.missing {
		return job.teamGone(ctx, want, err)
	}
	if err != nil && !reached.changed {
		return infer.UpdateResponse[TeamAccessState]{}, err
	}
	out.Output = job.state(reached.grants)
	if err != nil {
		return out, partly(err)
	}
	return out, nil
}

// Delete takes away everything on the owned axes and confirms it. A team that is gone is done.
func (r *TeamAccess) Delete(ctx context.Context, req infer.DeleteRequest[TeamAccessState]) (infer.DeleteResponse, error) {
	nothing := TeamAccessArgs{Organization: &req.State.Organization, Team: req.State.Team, Allow: req.State.Allow}
	job, err := r.start(ctx, nothing, req.State)
	if err != nil {
		return infer.DeleteResponse{}, err
	}
	reached, err := job.run(ctx)
	if reached.missing {
		return infer.DeleteResponse{}, requireSight(ctx, job.session, job.organization, err)
	}
	if err == nil && reached.changed {
		err = job.confirm(ctx)
	}
	return infer.DeleteResponse{}, err
}

func (v *TeamAccessArgs) keepLists() {
	keepList(&v.RoleIDs)
	keepList(&v.Stacks)
	keepList(&v.Environments)
	keepList(&v.Accounts)
	keepList(&v.Allow)
}

// importedTeamAccess owns every axis.
var importedTeamAccess = TeamAccessArgs{
	RoleIDs: &[]string{}, Stacks: &[]types.TeamStackGrant{}, Environments: &[]types.TeamEnvironmentGrant{},
	Accounts: &[]types.TeamAccountGrant{},
}

func stateOfTeamAccess(v TeamAccessArgs) TeamAccessState {
	return TeamAccessState{
		Organization: text(v.Organization), Team: v.Team, RoleIDs: v.RoleIDs, Stacks: v.Stacks,
		Environments: v.Environments, Accounts: v.Accounts, Allow: v.Allow,
	}
}

func (r *TeamAccess) start(ctx context.Context, want TeamAccessArgs, before TeamAccessState) (teamAccessJob, error) {
	current, err := r.Sessions(ctx)
	if err != nil {
		return teamAccessJob{}, err
	}
	return teamAccessJob{
		teamGranter: teamGranter{client: current.Client, organization: text(want.Organization), team: want.Team},
		session:     current, want: want, scope: want.keeping(before), ownRoles: list(before.RoleIDs),
	}, nil
}

// errTeamMissing is the report of an update that finds no team to grant anything to.
func errTeamMissing(team string, err error) error {
	return fmt.Errorf("team %q does not exist, or is not visible to this token: create it (leastprivilege.Team), or remove this "+
		"TeamAccess: %w", team, err)
}

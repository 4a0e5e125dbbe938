package resources

import (
	"context"
	"fmt"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// StackOwner owns who owns one stack, or every stack of a project or with tags, and which direct grants there are.
type StackOwner struct{ Sessions session.Source }

var (
	_ infer.CustomCheck[StackOwnerArgs]                   = (*StackOwner)(nil)
	_ infer.CustomDiff[StackOwnerArgs, StackOwnerState]   = (*StackOwner)(nil)
	_ infer.CustomCreate[StackOwnerArgs, StackOwnerState] = (*StackOwner)(nil)
	_ infer.CustomRead[StackOwnerArgs, StackOwnerState]   = (*StackOwner)(nil)
	_ infer.CustomUpdate[StackOwnerArgs, StackOwnerState] = (*StackOwner)(nil)
	_ infer.CustomDelete[StackOwnerState]                 = (*StackOwner)(nil)
)

// Annotate describes the resource.
func (r *StackOwner) Annotate(a infer.Annotator) {
	a.Describe(r, stackOwnerDocs)
}

// StackOwnerArgs are the inputs of a StackOwner.
type StackOwnerArgs struct {
	Organization *string           `pulumi:"organization,optional"`
	Project      *string           `pulumi:"project,optional"`
	Stack        *string           `pulumi:"stack,optional"`
	Tags         map[string]string `pulumi:"tags,optional"`
	Owner        string            `pulumi:"owner"`
	Keep         *[]string         `pulumi:"keep,optional"`
	Allow        *[]types.OptIn    `pulumi:"allow,optional"`
}

// Annotate describes the inputs.
func (v *StackOwnerArgs) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, organizationHelp)
	a.Describe(&v.Project, "The project of the stack; without `stack`, every stack of the project, now and later. Changing it moves "+
		"to other stacks: those of before go back to their owners first.")
	a.Describe(&v.Stack, "One stack's name, without organization and project; goes with `project`. The stack must exist. Changing it "+
		"moves to another stack.")
	a.Describe(&v.Tags, "Selects the stacks that carry all of these tags, now and later; with `project`, those of the project. "+
		"Changing them moves to other stacks.")
	a.Describe(&v.Owner, "The login of the member who is to own the stacks.")
	a.Describe(&v.Keep, "Logins whose direct grants stay. Everybody else's are removed, creators' and machine identities' among them. "+
		"The owner's own is removed as well unless the owner is listed: owning a stack and holding a grant on it are two things. "+
		"Default: nobody's stays.")
	a.Describe(&v.Allow, "Risks that are taken deliberately: `lockOut`, to remove the caller's own admin grant when the caller is no "+
		"administrator of the organization.")
}

// StackOwnerState is what a StackOwner outputs.
type StackOwnerState struct {
	Organization string             `pulumi:"organization"`
	Project      *string            `pulumi:"project,optional"`
	Stack        *string            `pulumi:"stack,optional"`
	Tags         map[string]string  `pulumi:"tags,optional"`
	Owner        string             `pulumi:"owner"`
	Keep         *[]string          `pulumi:"keep,optional"`
	Allow        *[]types.OptIn     `pulumi:"allow,optional"`
	Stacks       []types.OwnedStack `pulumi:"stacks"`
}

// Annotate describes the outputs.
func (v *StackOwnerState) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, "The organization that the stacks belong to.")
	a.Describe(&v.Project, "The project of the stacks, where they are of one.")
	a.Describe(&v.Stack, "The one stack's name, where it is one.")
	a.Describe(&v.Tags, "The tags that select the stacks.")
	a.Describe(&v.Owner, "The login of the member who is to own the stacks.")
	a.Describe(&v.Keep, "Logins whose direct grants stay.")
	a.Describe(&v.Allow, "Risks that are taken deliberately.")
	a.Describe(&v.Stacks, "The stacks, by project and name: who owns each, who owned it before, and which grants were removed.")
}

// Check validates the inputs.
func (r *StackOwner) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[StackOwnerArgs], error) {
	resp, err := checkInputs(ctx, r.Sessions, req, []string{"keep", "allow"}, checkStackOwner)
	keepList(&resp.Inputs.Keep)
	keepList(&resp.Inputs.Allow)
	return resp, err
}

func checkStackOwner(_ *session.Session, v StackOwnerArgs) []access.Problem {
	problems := append(checkSelection(v), types.CheckOptIns("StackOwner", list(v.Allow))...)
	problems = append(problems, plainName("owner", v.Owner)...)
	for i, login := range list(v.Keep) {
		problems = append(problems, plainName(fmt.Sprintf("keep[%d]", i), login)...)
	}
	return problems
}

// checkSelection holds that it is clear which stacks are meant: ownership of too many is not given away by an oversight.
func checkSelection(v StackOwnerArgs) []access.Problem {
	var problems []access.Problem
	if v.Project != nil {
		problems = append(problems, plainName("project", *v.Project)...)
	}
	switch {
	case v.Stack != nil:
		problems = append(problems, plainName("stack", *v.Stack)...)
		if v.Project == nil {
			problems = append(problems, access.Problem{Path: "project", Reason: "is needed with `stack`: stacks of one name are in many projects"})
		}
		if v.Tags != nil {
			problems = append(problems, access.Problem{Path: "tags", Reason: "cannot be given with `stack`, which is one stack already: leave one out"})
		}
	case v.Tags != nil:
		problems = append(problems, checkSelectingTags(v.Tags)...)
	case v.Project == nil:
		problems = append(problems, access.Problem{Path: "project", Reason: "says which stacks are meant, and is missing: give `project` and " +
			"`stack` for one, `project` for all of a project, `tags` for those that carry them"})
	}
	return problems
}

func checkSelectingTags(tags map[string]string) []access.Problem {
	if len(tags) == 0 {
		return []access.Problem{{Path: "tags", Reason: "must not be empty: no tags at all would select every stack"}}
	}
	var problems []access.Problem
	for name, value := range tags {
		if name == "" || value == "" {
			problems = append(problems, access.Problem{Path: problem.Join("tags", name), Reason: "needs a name and a value: the service " +
				"takes an empty one for any"})
		}
	}
	return problems
}

// Diff compares what is wanted with what was last read. The default knows nothing of the stacks.
func (r *StackOwner) Diff(
	ctx context.Context, req infer.DiffRequest[StackOwnerArgs, StackOwnerState],
) (infer.DiffResponse, error) {
	return diffStackOwner(req.State, req.Inputs, wire.UnknownInputs(ctx)), nil
}

// Create takes the stacks over.
func (r *StackOwner) Create(
	ctx context.Context, req infer.CreateRequest[StackOwnerArgs],
) (infer.CreateResponse[StackOwnerState], error) {
	state := wantedOwner(req.Inputs)
	out := infer.CreateResponse[StackOwnerState]{ID: stackOwnerID(state), Output: state}
	job, err := r.job(ctx, state)
	if err != nil {
		return infer.CreateResponse[StackOwnerState]{}, err
	}
	if req.DryRun {
		if len(wire.UnknownInputs(ctx)) > 0 {
			out.ID = ""
			return out, nil
		}
		return out, job.preview(ctx)
	}
	err = job.run(ctx)
	out.Output = job.state
	return out, err
}

// Read answers how the stacks are now: those that are selected today, whatever was there before.
func (r *StackOwner) Read(
	ctx context.Context, req infer.ReadRequest[StackOwnerArgs, StackOwnerState],
) (infer.ReadResponse[StackOwnerArgs, StackOwnerState], error) {
	gone := infer.ReadResponse[StackOwnerArgs, StackOwnerState]{}
	state, err := parseStackOwnerID(req.ID)
	if err != nil {
		return gone, err
	}
	state.Owner, state.Keep, state.Allow = req.State.Owner, req.State.Keep, req.State.Allow
	state.Stacks = req.State.Stacks
	job, err := r.job(ctx, state)
	if err != nil {
		return gone, err
	}
	if err := job.look(ctx); err != nil {
		return gone, requireSight(ctx, job.session, state.Organization, err)
	}
	if req.State.Owner == "" {
		job.adopt()
	}
	return infer.ReadResponse[StackOwnerArgs, StackOwnerState]{ID: req.ID, Inputs: job.state.inputs(), State: job.state}, nil
}

// Update takes over what is not as wanted, stacks among them that were not there before.
func (r *StackOwner) Update(
	ctx context.Context, req infer.UpdateRequest[StackOwnerArgs, StackOwnerState],
) (infer.UpdateResponse[StackOwnerState], error) {
	state := wantedOwner(req.Inputs)
	state.Organization, state.Stacks = req.State.Organization, req.State.Stacks
	job, err := r.job(ctx, state)
	if err != nil {
		return infer.UpdateResponse[StackOwnerState]{}, err
	}
	if req.DryRun {
		if len(wire.UnknownInputs(ctx)) == 0 {
			err = job.preview(ctx)
		}
		return infer.UpdateResponse[StackOwnerState]{Output: job.state}, err
	}
	err = job.run(ctx)
	return infer.UpdateResponse[StackOwnerState]{Output: job.state}, err
}

// Delete gives the stacks back to whom they belonged. Grants that were removed stay removed.
func (r *StackOwner) Delete(ctx context.Context, req infer.DeleteRequest[StackOwnerState]) (infer.DeleteResponse, error) {
	job, err := r.job(ctx, req.State)
	if err != nil {
		return infer.DeleteResponse{}, err
	}
	warnRemovals(ctx, "direct grants that were removed stay removed, because Pulumi Cloud has no call that gives one:", removedLines(req.State))
	return infer.DeleteResponse{}, job.giveBack(ctx)
}

func (r *StackOwner) job(ctx context.Context, state StackOwnerState) (*ownerJob, error) {
	current, err := r.Sessions(ctx)
	state.Stacks = keepGrants(state.Stacks)
	return &ownerJob{session: current, state: state}, err
}

// diffStackOwner says what differs. Moving to other stacks gives those of before back first: the two may overlap.
func diffStackOwner(state StackOwnerState, want StackOwnerArgs, unknowns []string) p.DiffResponse {
	d := newDifferences(unknowns)
	d.add("organization", text(want.Organization) != state.Organization, p.UpdateReplace)
	d.add("project", text(want.Project) != text(state.Project), p.UpdateReplace)
	d.add("stack", text(want.Stack) != text(state.Stack), p.UpdateReplace)
	d.add("tags", !sameTags(want.Tags, state.Tags), p.UpdateReplace)
	replaces := len(d.found) > 0
	d.add("owner", !sameLogin(want.Owner, state.Owner), p.Update)
	d.add("keep", !sameLogins(list(want.Keep), list(state.Keep)), p.Update)
	if len(unknowns) == 0 && len(wantedOwner(want).outOfLine(state.Stacks)) > 0 {
		d.found["stacks"] = p.PropertyDiff{Kind: p.Update}
	}
	response := d.response()
	response.DeleteBeforeReplace = replaces
	return response
}

package resources

import (
	"context"
	"fmt"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// StackOwner owns who owns one stack, or every stack of a project or with tags, and which direct grants there are.
type StackOwner struct {
	kit.Managed[StackOwnerArgs, StackOwnerState, kit.None]
}

var _ infer.CustomResource[StackOwnerArgs, StackOwnerState] = (*StackOwner)(nil)

// NewStackOwner returns the resource.
func NewStackOwner(sessions session.Source) *StackOwner {
	return &StackOwner{kit.New(sessions, kit.Spec[StackOwnerArgs, StackOwnerState, kit.None]{
		Noun:   "ownership of stacks",
		Name:   stackOwnerID,
		ID:     stackOwnerID,
		IDForm: stackOwnerIDForm,
		Split:  splitStackOwnerID,

		Sets:      []string{"keep", "allow"},
		Rules:     checkStackOwner,
		KeepLists: (*StackOwnerArgs).keepLists,
		Diff:      kit.Compare(diffStackOwner),

		PreviewCreate: func(ctx context.Context, op kit.Op, want StackOwnerArgs) (StackOwnerState, error) {
			return jobOf(op, wantedOwner(want)).plan(ctx, op)
		},
		Create: func(ctx context.Context, op kit.Op, want StackOwnerArgs) (*StackOwnerState, error) {
			return jobOf(op, wantedOwner(want)).apply(ctx)
		},
		Read: readStackOwner,
		PreviewUpdate: func(ctx context.Context, op kit.Op, before StackOwnerState, want StackOwnerArgs) (StackOwnerState, error) {
			return jobOf(op, nextOwner(before, want)).plan(ctx, op)
		},
		Update: func(ctx context.Context, op kit.Op, before StackOwnerState, want StackOwnerArgs) (*StackOwnerState, error) {
			return jobOf(op, nextOwner(before, want)).apply(ctx)
		},
		Delete: giveStacksBack,
	})}
}

// Annotate describes the resource.
func (r *StackOwner) Annotate(a infer.Annotator) {
	a.SetToken("index", "StackOwner")
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
	Organization string `pulumi:"organization"`
	StackOwnerArgs
	Stacks []types.OwnedStack `pulumi:"stacks"`
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

func checkStackOwner(_ context.Context, _ kit.Op, v StackOwnerArgs) problem.List {
	problems := append(checkSelection(v), types.CheckOptIns("StackOwner", ptr.Value(v.Allow))...)
	problems = append(problems, types.CheckName("owner", v.Owner)...)
	for i, login := range ptr.Value(v.Keep) {
		problems = append(problems, types.CheckName(fmt.Sprintf("keep[%d]", i), login)...)
	}
	return problems
}

// checkSelection holds that it is clear which stacks are meant: ownership of too many is not given away by an oversight.
func checkSelection(v StackOwnerArgs) problem.List {
	var problems problem.List
	if v.Project != nil {
		problems = append(problems, types.CheckName("project", *v.Project)...)
	}
	switch {
	case v.Stack != nil:
		problems = append(problems, types.CheckName("stack", *v.Stack)...)
		if v.Project == nil {
			problems.Add("project", "is needed with `stack`: stacks of one name are in many projects")
		}
		if v.Tags != nil {
			problems.Add("tags", "cannot be given with `stack`, which is one stack already: leave one out")
		}
	case v.Tags != nil:
		problems = append(problems, checkSelectingTags(v.Tags)...)
	case v.Project == nil:
		problems.Add("project", "says which stacks are meant, and is missing: give `project` and `stack` for one, `project` for all of a "+
			"project, `tags` for those that carry them")
	}
	return problems
}

func checkSelectingTags(tags map[string]string) problem.List {
	var problems problem.List
	if len(tags) == 0 {
		problems.Add("tags", "must not be empty: no tags at all would select every stack")
	}
	for name, value := range tags {
		if name == "" || value == "" {
			problems.Add(problem.Join("tags", name), "needs a name and a value: the service takes an empty one for any")
		}
	}
	return problems
}

func jobOf(op kit.Op, state StackOwnerState) *ownerJob {
	state.Stacks = keepGrants(state.Stacks)
	return &ownerJob{session: op.Session, state: state}
}

// nextOwner is the state before an update, which also takes over stacks that were not there before.
func nextOwner(before StackOwnerState, want StackOwnerArgs) StackOwnerState {
	next := wantedOwner(want)
	next.Organization, next.Stacks = before.Organization, before.Stacks
	return next
}

// plan says what an update would change, once all inputs are known.
func (j *ownerJob) plan(ctx context.Context, op kit.Op) (StackOwnerState, error) {
	if len(op.Unknowns) > 0 {
		return j.state, nil
	}
	return j.state, j.preview(ctx)
}

func (j *ownerJob) apply(ctx context.Context) (*StackOwnerState, error) {
	err := j.run(ctx)
	return kit.Reached(j.state, err)
}

// readStackOwner reads the stacks that are selected today, whatever was there before.
func readStackOwner(
	ctx context.Context, op kit.Op, id []string, _ kit.None, before kit.Before[StackOwnerArgs, StackOwnerState],
) (*kit.Found[StackOwnerArgs, StackOwnerState], error) {
	state, err := parseStackOwnerID(id[1])
	if err != nil {
		return nil, err
	}
	state.Owner, state.Keep, state.Allow, state.Stacks = before.State.Owner, before.State.Keep, before.State.Allow, before.State.Stacks
	job := jobOf(op, state)
	if err := job.look(ctx); err != nil {
		return nil, kit.Missing(err)
	}
	if before.State.Owner == "" {
		job.adopt()
	}
	return &kit.Found[StackOwnerArgs, StackOwnerState]{Inputs: job.state.inputs(), State: job.state}, nil
}

// giveStacksBack gives the stacks back to whom they belonged. Grants that were removed stay removed.
func giveStacksBack(ctx context.Context, op kit.Op, state StackOwnerState) error {
	kit.WarnRemovals(ctx, "direct grants that were removed stay removed, because Pulumi Cloud has no call that gives one:", removedLines(state))
	return jobOf(op, state).giveBack(ctx)
}

// diffStackOwner says what differs. Moving to other stacks gives those of before back first: the two may overlap.
func diffStackOwner(state StackOwnerState, want StackOwnerArgs, unknowns []string) p.DiffResponse {
	d := kit.NewDifferences(unknowns)
	d.Add("organization", text(want.Organization) != state.Organization, p.UpdateReplace)
	d.Add("project", text(want.Project) != text(state.Project), p.UpdateReplace)
	d.Add("stack", text(want.Stack) != text(state.Stack), p.UpdateReplace)
	d.Add("tags", !sameTags(want.Tags, state.Tags), p.UpdateReplace)
	replaces := len(d.Found) > 0
	d.Add("owner", !logins.Same(want.Owner, state.Owner), p.Update)
	d.Add("keep", !logins.SameSet(list(want.Keep), list(state.Keep)), p.Update)
	d.AddOutput("stacks", len(unknowns) == 0 && len(wantedOwner(want).outOfLine(state.Stacks)) > 0, p.Update)
	response := d.Response()
	response.DeleteBeforeReplace = replaces
	return response
}

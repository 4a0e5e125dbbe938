// Package stackowner is the resource StackOwner: who owns stacks, and who else has a direct grant on them.
package stackowner

import (
	_ "embed" // the page

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/ownership"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed stackowner.md
var docs string

// Resource is the resource StackOwner: who owns one stack, or every stack of a project or with tags, and which direct grants there are.
type Resource struct {
	kit.Managed[Args, State, kit.None]
}

var _ infer.CustomResource[Args, State] = (*Resource)(nil)

// New returns the resource.
func New(sessions session.Source) *Resource {
	return &Resource{kit.New(sessions, ownership.Spec(kind, form))}
}

// Annotate describes the resource.
func (r *Resource) Annotate(a infer.Annotator) {
	a.SetToken("index", "StackOwner")
	a.Describe(r, docs)
}

// Args are the inputs of a StackOwner.
type Args struct {
	Organization *string           `pulumi:"organization,optional"`
	Project      *string           `pulumi:"project,optional"`
	Stack        *string           `pulumi:"stack,optional"`
	Tags         map[string]string `pulumi:"tags,optional"`
	Owner        string            `pulumi:"owner"`
	Keep         *[]string         `pulumi:"keep,optional"`
	Allow        *[]types.OptIn    `pulumi:"allow,optional"`
}

// Annotate describes the inputs.
func (v *Args) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, kit.OrganizationHelp)
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
	a.Describe(&v.Allow, "Risks that are taken deliberately: `lockOut`, to remove the caller's own admin grant when the caller is not "+
		"an administrator of the organization.")
}

// State is what a StackOwner outputs.
type State struct {
	Organization string `pulumi:"organization"`
	Args
	Stacks []types.OwnedStack `pulumi:"stacks"`
}

// Annotate describes the outputs.
func (v *State) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, "The organization that the stacks belong to.")
	a.Describe(&v.Project, "The project of the stacks, where they are of one.")
	a.Describe(&v.Stack, "The one stack's name, where it is one.")
	a.Describe(&v.Tags, "The tags that select the stacks.")
	a.Describe(&v.Owner, "The login of the member who is to own the stacks.")
	a.Describe(&v.Keep, "Logins whose direct grants stay.")
	a.Describe(&v.Allow, "Risks that are taken deliberately.")
	a.Describe(&v.Stacks, "The stacks, by project and name: who owns each, who owned it before, and which grants were removed.")
}

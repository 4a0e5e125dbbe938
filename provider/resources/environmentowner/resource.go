// Package environmentowner is the resource EnvironmentOwner: who owns environments, and who else holds something on them directly.
package environmentowner

import (
	_ "embed" // the page

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/ownership"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed environmentowner.md
var docs string

// Resource is the resource EnvironmentOwner: who owns one environment, or every environment of a project or with tags, and which
// direct grants of people there are.
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
	a.SetToken("index", "EnvironmentOwner")
	a.Describe(r, docs)
}

// Args are the inputs of an EnvironmentOwner.
type Args struct {
	Organization *string           `pulumi:"organization,optional"`
	Project      *string           `pulumi:"project,optional"`
	Environment  *string           `pulumi:"environment,optional"`
	Tags         map[string]string `pulumi:"tags,optional"`
	Owner        string            `pulumi:"owner"`
	Keep         *[]string         `pulumi:"keep,optional"`
	Allow        *[]types.OptIn    `pulumi:"allow,optional"`
}

// Annotate describes the inputs.
func (v *Args) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, kit.OrganizationHelp)
	a.Describe(&v.Project, "The project of the environment; without `environment`, every environment of the project, now and later. Changing it "+
		"moves to other environments: those of before go back to their owners first.")
	a.Describe(&v.Environment, "One environment's name, without organization and project; goes with `project`. The environment must exist. Changing it "+
		"moves to another environment.")
	a.Describe(&v.Tags, "Selects the environments that carry all of these tags, now and later; with `project`, those of the project. "+
		"Changing them moves to other environments.")
	a.Describe(&v.Owner, "The login of the member who is to own the environments.")
	a.Describe(&v.Keep, "Logins whose direct grants stay. Everybody else's are removed, creators' among them. The owner's is removed as well "+
		"unless the owner is listed, who then keeps the admin that comes with owning. Default: nobody's stays.")
	a.Describe(&v.Allow, "Risks that are taken deliberately: `lockOut`, to remove the caller's own grant by which they administer an "+
		"environment, when the caller is not an administrator of the organization.")
}

// State is what an EnvironmentOwner outputs.
type State struct {
	Organization string `pulumi:"organization"`
	Args
	Environments []types.OwnedEnvironment `pulumi:"environments"`
}

// Annotate describes the outputs.
func (v *State) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, "The organization that the environments belong to.")
	a.Describe(&v.Project, "The project of the environments, where they are of one.")
	a.Describe(&v.Environment, "The one environment's name, where it is one.")
	a.Describe(&v.Tags, "The tags that select the environments.")
	a.Describe(&v.Owner, "The login of the member who is to own the environments.")
	a.Describe(&v.Keep, "Logins whose direct grants stay.")
	a.Describe(&v.Allow, "Risks that are taken deliberately.")
	a.Describe(&v.Environments, "The environments, by project and name: who owns each, who owned it before, and which grants were removed.")
}

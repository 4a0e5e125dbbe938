// Package environment is the resource Environment: an ESC environment, with its definition, tags and deletion protection.
package environment

import (
	_ "embed" // the page

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed environment.md
var docs string

// Resource is the resource Environment. It owns an ESC environment: its definition and, where they are given, its tags and its
// deletion protection.
type Resource struct {
	kit.Managed[Args, State, kit.None]
}

var (
	_ infer.CustomResource[Args, State]       = (*Resource)(nil)
	_ infer.ExplicitDependencies[Args, State] = (*Resource)(nil)
)

// New returns the resource.
func New(sessions session.Source) *Resource {
	return &Resource{kit.New(sessions, kit.Spec[Args, State, kit.None]{
		Noun:   "environment",
		Name:   State.path,
		ID:     func(v State) string { return kit.JoinID(v.Organization, v.Project, v.Name) },
		IDForm: "organization/project/name",

		Prepare: guardDefinition,
		Rules:   check,
		Diff:    compare,

		PreviewCreate: previewCreate,
		Create:        create,
		Read:          readBack,
		PreviewUpdate: previewUpdate,
		Update:        update,
		Planned:       plannedAccess,
		Explains:      explains,
		Delete:        remove,
	})}
}

// Annotate describes the resource.
func (r *Resource) Annotate(a infer.Annotator) {
	a.SetToken("index", "Environment")
	a.Describe(r, docs)
}

// Args are the inputs of an Environment.
type Args struct {
	Organization      *string           `pulumi:"organization,optional" provider:"replaceOnChanges"`
	Project           string            `pulumi:"project" provider:"replaceOnChanges"`
	Name              string            `pulumi:"name" provider:"replaceOnChanges"`
	Definition        *string           `pulumi:"definition,optional"`
	Tags              map[string]string `pulumi:"tags,optional"`
	DeletionProtected *bool             `pulumi:"deletionProtected,optional"`

	Gates []types.EnvironmentGate `pulumi:"gates,optional"`
}

// Annotate describes the inputs.
func (v *Args) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, kit.OrganizationHelp)
	a.Describe(&v.Project, "The environment's project. Letters, digits, `-`, `_` and `.`; a project appears with its first "+
		"environment. Changing it makes another environment.")
	a.Describe(&v.Name, "The environment's name in its project. Letters, digits, `-`, `_` and `.`. Changing it makes another environment.")
	a.Describe(&v.Definition, "The definition, as YAML. Default: empty. After a change that somebody made outside, a refresh puts "+
		"the service's text here, in which secrets are ciphertext.")
	a.Describe(&v.Tags, "Tags, by name. Given, empty included, they are owned whole: other tags are removed. Omitted: not managed, but "+
		"tags that this resource wrote before are removed. "+
		"Tags decide access where rules select by tags.")
	a.Describe(&v.DeletionProtected, "Whether Pulumi Cloud refuses to delete the environment. Omitted: not managed. What is protected is "+
		"never replaced: a preview of a change of organization, project or name fails.")
	a.Describe(&v.Gates, "The gates that `ApprovalGate` resources declare on this environment, with their default names and `takeOver`. They "+
		"stand before the definition is written and before tags are put on, so that there is no moment without them, and they are "+
		"deleted with the environment. Components fill this.")
}

func (v Args) path() string { return v.Project + "/" + v.Name }

// State is what an Environment outputs.
type State struct {
	Organization string `pulumi:"organization"`
	Project      string `pulumi:"project"`
	Name         string `pulumi:"name"`
	Args
	EnvironmentID     string   `pulumi:"environmentId"`
	Revision          int      `pulumi:"revision"`
	ETag              string   `pulumi:"etag"`
	ServiceDefinition string   `pulumi:"serviceDefinition"`
	ChangeRequestID   *string  `pulumi:"changeRequestId,optional"`
	Draft             *string  `pulumi:"draft,optional"`
	WrittenTags       []string `pulumi:"writtenTags,optional"`
}

// Annotate describes the outputs.
func (v *State) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, "The organization that the environment belongs to.")
	a.Describe(&v.Project, "The environment's project.")
	a.Describe(&v.Name, "The environment's name in its project.")
	a.Describe(&v.Definition, "The definition as it was written.")
	a.Describe(&v.Tags, "Tags, where they are managed.")
	a.Describe(&v.DeletionProtected, "Whether Pulumi Cloud refuses to delete the environment, where that is managed.")
	a.Describe(&v.EnvironmentID, "The service's id of the environment. One that is deleted and recreated gets another.")
	a.Describe(&v.Revision, "The number of the revision that the state knows.")
	a.Describe(&v.ETag, "What identifies the text that the state knows; it guards updates against concurrent edits.")
	a.Describe(&v.ServiceDefinition, "The definition as the service holds it, secrets as ciphertext.")
	a.Describe(&v.ChangeRequestID, "The change request that waits for approval, where updates of the environment are gated and one was "+
		"submitted. Absent once it is applied.")
	a.Describe(&v.Draft, "The definition that the change request asks for.")
	a.Describe(&v.Gates, "The gates that the environment was told of.")
	a.Describe(&v.WrittenTags, "The names of the tags that this resource wrote. They are removed when `tags` leaves the program.")
}

func (v State) path() string { return v.Project + "/" + v.Name }

// inputs are the inputs that ask for the state.
func (v State) inputs() Args {
	inputs := v.Args
	inputs.Organization, inputs.Project, inputs.Name = &v.Organization, v.Project, v.Name
	return inputs
}

// with is the state with other inputs.
func (v State) with(inputs Args) State {
	v.Organization, v.Project, v.Name, v.Args = ptr.Value(inputs.Organization), inputs.Project, inputs.Name, inputs
	return v
}

// guardDefinition marks a definition that holds a secret in the clear as secret. It is done on the raw value, before the
// framework decodes it: the mark is then put back on whatever Create, Update and Read return.
func guardDefinition(_ kit.Op, inputs property.Map) property.Map {
	definition, ok := inputs.GetOk("definition")
	if !ok || !definition.IsString() || !esc.HasPlaintextSecret(definition.AsString()) {
		return inputs
	}
	return inputs.Set("definition", definition.WithSecret(true))
}

// WireDependencies says what depends on what, so that previews of updates keep the id, which never changes, and show the
// revision as unknown only when the definition changes. All outputs are wired: naming one turns the defaults off for all.
func (r *Resource) WireDependencies(f infer.FieldSelector, args *Args, state *State) {
	organization, project, name := f.InputField(&args.Organization), f.InputField(&args.Project), f.InputField(&args.Name)
	definition, tags := f.InputField(&args.Definition), f.InputField(&args.Tags)
	f.OutputField(&state.Organization).DependsOn(organization)
	f.OutputField(&state.Project).DependsOn(project)
	f.OutputField(&state.Name).DependsOn(name)
	f.OutputField(&state.Definition).DependsOn(definition)
	f.OutputField(&state.Tags).DependsOn(tags)
	f.OutputField(&state.DeletionProtected).DependsOn(f.InputField(&args.DeletionProtected))
	f.OutputField(&state.EnvironmentID).DependsOn(organization.Computed(), project.Computed(), name.Computed())
	f.OutputField(&state.Revision).DependsOn(definition.Computed())
	f.OutputField(&state.ETag).DependsOn(definition.Computed())
	// A definition that is secret for another reason than an fn::secret is stored as it is.
	f.OutputField(&state.ServiceDefinition).DependsOn(definition)
	f.OutputField(&state.ChangeRequestID).DependsOn(definition.Computed())
	f.OutputField(&state.Draft).DependsOn(definition)
	f.OutputField(&state.Gates).DependsOn(f.InputField(&args.Gates))
	f.OutputField(&state.WrittenTags).DependsOn(tags.Computed())
}

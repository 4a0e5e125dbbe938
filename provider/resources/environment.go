package resources

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Environment owns an ESC environment: its definition and, where they are given, its tags and its deletion protection.
type Environment struct{ Sessions session.Source }

var (
	_ infer.CustomCheck[EnvironmentArgs]                            = (*Environment)(nil)
	_ infer.CustomCreate[EnvironmentArgs, EnvironmentState]         = (*Environment)(nil)
	_ infer.CustomDiff[EnvironmentArgs, EnvironmentState]           = (*Environment)(nil)
	_ infer.CustomRead[EnvironmentArgs, EnvironmentState]           = (*Environment)(nil)
	_ infer.CustomUpdate[EnvironmentArgs, EnvironmentState]         = (*Environment)(nil)
	_ infer.CustomDelete[EnvironmentState]                          = (*Environment)(nil)
	_ infer.ExplicitDependencies[EnvironmentArgs, EnvironmentState] = (*Environment)(nil)
)

// Annotate describes the resource.
func (r *Environment) Annotate(a infer.Annotator) {
	a.Describe(r, environmentDocs)
}

// EnvironmentArgs are the inputs of an Environment.
type EnvironmentArgs struct {
	Organization      *string           `pulumi:"organization,optional" provider:"replaceOnChanges"`
	Project           string            `pulumi:"project" provider:"replaceOnChanges"`
	Name              string            `pulumi:"name" provider:"replaceOnChanges"`
	Definition        *string           `pulumi:"definition,optional"`
	Tags              map[string]string `pulumi:"tags,optional"`
	DeletionProtected *bool             `pulumi:"deletionProtected,optional"`

	Gates []types.EnvironmentGate `pulumi:"gates,optional"`
}

// Annotate describes the inputs.
func (v *EnvironmentArgs) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, organizationHelp)
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

// EnvironmentState is what an Environment outputs.
type EnvironmentState struct {
	Organization      string            `pulumi:"organization"`
	Project           string            `pulumi:"project"`
	Name              string            `pulumi:"name"`
	Definition        *string           `pulumi:"definition,optional"`
	Tags              map[string]string `pulumi:"tags,optional"`
	DeletionProtected *bool             `pulumi:"deletionProtected,optional"`
	EnvironmentID     string            `pulumi:"environmentId"`
	Revision          int               `pulumi:"revision"`
	ETag              string            `pulumi:"etag"`
	ServiceDefinition string            `pulumi:"serviceDefinition"`
	ChangeRequestID   *string           `pulumi:"changeRequestId,optional"`
	Draft             *string           `pulumi:"draft,optional"`

	Gates       []types.EnvironmentGate `pulumi:"gates,optional"`
	WrittenTags []string                `pulumi:"writtenTags,optional"`
}

// Annotate describes the outputs.
func (v *EnvironmentState) Annotate(a infer.Annotator) {
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

const environmentIDForm = "organization/project/name"

func environmentID(organization, project, name string) string {
	if organization == "" || project == "" || name == "" {
		return "" // not known yet
	}
	return organization + "/" + project + "/" + name
}

// Check validates names and definition. A definition that holds a secret in the clear becomes secret.
func (r *Environment) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[EnvironmentArgs], error) {
	req.NewInputs = guardDefinition(req.NewInputs)
	unknowns := wire.Unknowns(req.NewInputs)
	return checkInputs(ctx, r.Sessions, req, nil, func(current *session.Session, v EnvironmentArgs) problem.List {
		if organization, err := current.OrganizationOr(v.Organization); err == nil && !wire.Touches("project", unknowns) && !wire.Touches("name", unknowns) {
			current.Program.DeclareEnvironment(organization, v.Project, v.Name, ptr.Value(v.DeletionProtected))
		}
		if !wire.Touches("definition", unknowns) && v.Definition != nil {
			imports, _ := esc.ImportsIn(*v.Definition)
			plannedImports(ctx, current, text(v.Organization), v.Project+"/"+v.Name, imports)
		}
		return append(checkEnvironment(ctx, v, unknowns), checkGates(current.Catalogue, v.Gates)...)
	})
}

// warnImports says whose logins the definition borrows, as far as it is known.
func (v EnvironmentArgs) warnImports(ctx context.Context, current *session.Session) {
	imports, _ := esc.ImportsIn(text(v.Definition))
	warnImports(ctx, current, text(v.Organization), v.Project+"/"+v.Name, imports)
}

// guardDefinition marks a definition with a plaintext secret. It is done on the raw value, before the framework decodes
// it: a mark that is there then is put back on whatever Create, Update and Read return.
func guardDefinition(inputs property.Map) property.Map {
	definition, ok := inputs.GetOk("definition")
	if !ok || !definition.IsString() || !esc.HasPlaintextSecret(definition.AsString()) {
		return inputs
	}
	return inputs.Set("definition", definition.WithSecret(true))
}

// Diff compares what is wanted with what is there. The default compares inputs as they were written: it would take an
// environment without tags or protection for one that differs from a program which leaves them out.
func (r *Environment) Diff(
	ctx context.Context, req infer.DiffRequest[EnvironmentArgs, EnvironmentState],
) (infer.DiffResponse, error) {
	unknowns := wire.UnknownInputs(ctx)
	diff := diffEnvironment(req.State, req.Inputs, unknowns)
	return diff, r.refuseReplacement(ctx, req.State, certainReplacements(diff, unknowns))
}

// Create makes the environment, then gives it its definition, tags and protection. When a step after the first fails, the
// state holds what was done.
func (r *Environment) Create(
	ctx context.Context, req infer.CreateRequest[EnvironmentArgs],
) (infer.CreateResponse[EnvironmentState], error) {
	out := infer.CreateResponse[EnvironmentState]{
		ID:     environmentID(text(req.Inputs.Organization), req.Inputs.Project, req.Inputs.Name),
		Output: wantedEnvironment(req.Inputs),
	}
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.CreateResponse[EnvironmentState]{}, err
	}
	if req.DryRun {
		warnTakenEnvironment(ctx, current, req.Inputs)
		req.Inputs.warnImports(ctx, current)
		return out, nil
	}
	e := environmentWriter{client: current.Client, state: bareEnvironment(req.Inputs)}
	if err := e.create(ctx); err != nil {
		return infer.CreateResponse[EnvironmentState]{}, err
	}
	err = e.fill(ctx, req.Inputs)
	e.sayWaiting(ctx)
	out.Output = e.state
	if err != nil {
		return out, partly(err)
	}
	return out, nil
}

// Read answers what is there now. An unchanged text leaves the definition as it was written; a changed one shows as the
// service's text.
func (r *Environment) Read(
	ctx context.Context, req infer.ReadRequest[EnvironmentArgs, EnvironmentState],
) (infer.ReadResponse[EnvironmentArgs, EnvironmentState], error) {
	gone := infer.ReadResponse[EnvironmentArgs, EnvironmentState]{}
	id, err := splitID(req.ID, 3, environmentIDForm)
	if err != nil {
		return gone, err
	}
	current, err := r.Sessions(ctx)
	if err != nil {
		return gone, err
	}
	e := environmentWriter{client: current.Client, state: req.State}
	imported := req.State.Name == ""
	e.state.Organization, e.state.Project, e.state.Name = id[0], id[1], id[2]
	if err := e.refresh(ctx, imported); err != nil {
		return gone, requireSight(ctx, current, id[0], err)
	}
	return infer.ReadResponse[EnvironmentArgs, EnvironmentState]{
		ID: req.ID, State: e.state,
		Inputs: EnvironmentArgs{
			Organization: &id[0], Project: id[1], Name: id[2], Definition: e.state.Definition, Tags: e.state.Tags,
			DeletionProtected: e.state.DeletionProtected, Gates: e.state.Gates,
		},
	}, nil
}

// Update changes what differs, in the order of [environmentWriter.fill].
func (r *Environment) Update(
	ctx context.Context, req infer.UpdateRequest[EnvironmentArgs, EnvironmentState],
) (infer.UpdateResponse[EnvironmentState], error) {
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.UpdateResponse[EnvironmentState]{}, err
	}
	e := environmentWriter{client: current.Client, state: req.State}
	if req.DryRun {
		e.warnTags(ctx, req.Inputs)
		e.warnWaiting(ctx, req.Inputs)
		if text(req.Inputs.Definition) != text(req.State.Definition) {
			req.Inputs.warnImports(ctx, current)
		}
		next := wantedEnvironment(req.Inputs)
		next.EnvironmentID, next.Revision, next.ETag = req.State.EnvironmentID, req.State.Revision, req.State.ETag
		next.ServiceDefinition = req.State.ServiceDefinition
		next.ChangeRequestID, next.Draft = req.State.ChangeRequestID, req.State.Draft
		next.WrittenTags = req.State.WrittenTags
		return infer.UpdateResponse[EnvironmentState]{Output: next}, nil
	}
	err = e.fill(ctx, req.Inputs)
	e.sayWaiting(ctx)
	switch {
	case err == nil:
		return infer.UpdateResponse[EnvironmentState]{Output: e.state}, nil
	case !e.wrote && e.waiting == "" && e.declined == nil:
		return infer.UpdateResponse[EnvironmentState]{}, e.explainMissing(ctx, current, err)
	default:
		return infer.UpdateResponse[EnvironmentState]{Output: e.state}, partly(err)
	}
}

// Delete deletes the environment and confirms it. One that is gone is done.
func (r *Environment) Delete(ctx context.Context, req infer.DeleteRequest[EnvironmentState]) (infer.DeleteResponse, error) {
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.DeleteResponse{}, err
	}
	e := environmentWriter{client: current.Client, state: req.State}
	deleted := current.Program.DeletedGates(req.State.Organization, req.State.Project, req.State.Name)
	gates, err := e.remove(ctx, current)
	if err != nil {
		return infer.DeleteResponse{}, e.putBackGates(ctx, deleted, err)
	}
	return infer.DeleteResponse{}, e.sweepGates(ctx, gates)
}

// WireDependencies says what depends on what, so that previews of updates keep the id, which never changes, and show the
// revision as unknown only when the definition changes. All outputs are wired: naming one turns the defaults off for all.
func (r *Environment) WireDependencies(f infer.FieldSelector, args *EnvironmentArgs, state *EnvironmentState) {
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

func wantedEnvironment(v EnvironmentArgs) EnvironmentState {
	return EnvironmentState{
		Organization: text(v.Organization), Project: v.Project, Name: v.Name, Definition: v.Definition, Tags: v.Tags,
		DeletionProtected: v.DeletionProtected, Gates: v.Gates,
	}
}

// bareEnvironment is an environment that was just made: it holds nothing.
func bareEnvironment(v EnvironmentArgs) EnvironmentState {
	return EnvironmentState{Organization: text(v.Organization), Project: v.Project, Name: v.Name}
}

package resources

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// LoginTransition says what the cloud identities of an environment must admit and permit: what the program asks for, and
// while a change of the environment's definition waits for an approval, what the live definition needs as well. It makes
// nothing in the service.
type LoginTransition struct{ Sessions session.Source }

var (
	_ infer.CustomCheck[LoginTransitionArgs]                                = (*LoginTransition)(nil)
	_ infer.CustomCreate[LoginTransitionArgs, LoginTransitionState]         = (*LoginTransition)(nil)
	_ infer.CustomDiff[LoginTransitionArgs, LoginTransitionState]           = (*LoginTransition)(nil)
	_ infer.CustomRead[LoginTransitionArgs, LoginTransitionState]           = (*LoginTransition)(nil)
	_ infer.CustomUpdate[LoginTransitionArgs, LoginTransitionState]         = (*LoginTransition)(nil)
	_ infer.ExplicitDependencies[LoginTransitionArgs, LoginTransitionState] = (*LoginTransition)(nil)
)

// Annotate describes the resource.
func (r *LoginTransition) Annotate(a infer.Annotator) { a.Describe(r, loginTransitionDocs) }

// LoginRequirements are what one definition needs of the cloud side.
type LoginRequirements struct {
	Needs             map[string]string   `pulumi:"needs"`
	Subjects          []string            `pulumi:"subjects"`
	AWSReads          *string             `pulumi:"awsReads,optional"`
	AWSSessionSeconds *int                `pulumi:"awsSessionSeconds,optional"`
	Children          map[string][]string `pulumi:"children,optional"`
}

// Annotate describes the type.
func (v *LoginRequirements) Annotate(a infer.Annotator) {
	a.Describe(v, "What one definition of an environment needs of the cloud side.")
	a.Describe(&v.Needs, needsHelp)
	a.Describe(&v.Subjects, "The OIDC subjects of the definition's logins.")
	a.Describe(&v.AWSReads, "What the definition reads from AWS's stores, as JSON text.")
	a.Describe(&v.AWSSessionSeconds, "How long the definition's sessions at AWS last, in seconds.")
	a.Describe(&v.Children, childrenHelp)
}

const (
	needsHelp = "The parts of the definition that the cloud side must match, by their place among the values: the logins, without the " +
		"identities that they name, and the stores. JSON text."
	childrenHelp = "What is granted one by one, by the property that it is made from. It cannot be kept when it leaves the program, so a " +
		"preview refuses that while the live definition needs it."
)

// LoginTransitionArgs are the inputs of a LoginTransition.
type LoginTransitionArgs struct {
	Organization      *string             `pulumi:"organization,optional" provider:"replaceOnChanges"`
	Project           string              `pulumi:"project" provider:"replaceOnChanges"`
	Name              string              `pulumi:"name" provider:"replaceOnChanges"`
	Needs             map[string]string   `pulumi:"needs"`
	Subjects          []string            `pulumi:"subjects"`
	AWSReads          *string             `pulumi:"awsReads,optional"`
	AWSSessionSeconds *int                `pulumi:"awsSessionSeconds,optional"`
	Children          map[string][]string `pulumi:"children,optional"`
	Identities        map[string]string   `pulumi:"identities,optional"`
	Audiences         map[string]string   `pulumi:"audiences,optional"`
	TrustPolicyLimit  *int                `pulumi:"trustPolicyLimit,optional"`

	Definition  *string                      `pulumi:"definition,optional"`
	Permissions map[string]map[string]string `pulumi:"permissions,optional"`
	Users       []string                     `pulumi:"users,optional"`
	Imports     []string                     `pulumi:"imports,optional"`
}

// Annotate describes the inputs.
func (v *LoginTransitionArgs) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, kit.OrganizationHelp)
	a.Describe(&v.Project, "The environment's project.")
	a.Describe(&v.Name, "The environment's name.")
	a.Describe(&v.Needs, needsHelp)
	a.Describe(&v.Subjects, "The OIDC subjects of the environment's logins.")
	a.Describe(&v.AWSReads, "What the environment reads from AWS's stores, as JSON text.")
	a.Describe(&v.AWSSessionSeconds, "How long the environment's sessions at AWS last, in seconds.")
	a.Describe(&v.Children, childrenHelp)
	a.Describe(&v.Identities, "What the identities that are created are called by, by the property that says it. A preview refuses to change "+
		"or remove it while updates of the environment need an approval and the live definition logs in to that cloud.")
	a.Describe(&v.Audiences, "The OIDC audiences of the environment's logins, by cloud.")
	a.Describe(&v.TrustPolicyLimit, "How many characters the AWS account allows a trust policy.")
	a.Describe(&v.Definition, fingerprintHelp)
	a.Describe(&v.Permissions, permissionsHelp)
	a.Describe(&v.Imports, "The environments that this one imports. A preview says whose logins do not admit whoever opens this one.")
	a.Describe(&v.Users, "The logins of people that the lock names. A preview says who of them is no member of the organization.")
}

func (v LoginTransitionArgs) requirements() LoginRequirements {
	return LoginRequirements{
		Needs: v.Needs, Subjects: v.Subjects, AWSReads: v.AWSReads, AWSSessionSeconds: v.AWSSessionSeconds, Children: v.Children,
	}
}

// LoginTransitionState is what a LoginTransition outputs.
type LoginTransitionState struct {
	LoginTransitionArgs

	Held                 []LoginRequirements `pulumi:"held,optional"`
	TrustedSubjects      []string            `pulumi:"trustedSubjects"`
	PermittedAWSReads    []string            `pulumi:"permittedAwsReads,optional"`
	MaxAWSSessionSeconds *int                `pulumi:"maxAwsSessionSeconds,optional"`

	HeldPermissions []DefinitionPermissions      `pulumi:"heldPermissions,optional"`
	KeptPermissions map[string]map[string]string `pulumi:"keptPermissions,optional"`
}

// Annotate describes the outputs.
func (v *LoginTransitionState) Annotate(a infer.Annotator) {
	a.Describe(&v.Held, "What other definitions need that are live or wait for an approval, as far as it is kept for them.")
	a.Describe(&v.TrustedSubjects, "The OIDC subjects that the cloud identities are to admit.")
	a.Describe(&v.PermittedAWSReads, "What the AWS role is to read, as JSON texts.")
	a.Describe(&v.MaxAWSSessionSeconds, "How long sessions of the AWS role are to last at most, in seconds.")
	a.Describe(&v.HeldPermissions, "What the program gave the cloud identities with other definitions that are live or wait for an approval.")
	a.Describe(&v.KeptPermissions, "What the cloud identities are to have besides what the program gives them now.")
}

// transition is a state without anything that is held.
func transition(v LoginTransitionArgs) LoginTransitionState {
	state := LoginTransitionState{LoginTransitionArgs: v}
	state.combine()
	return state
}

// unknownTransition leaves empty what shows as unknown.
func unknownTransition(state LoginTransitionState, v LoginTransitionArgs) LoginTransitionState {
	next := LoginTransitionState{
		LoginTransitionArgs: v, Held: state.Held, TrustedSubjects: []string{},
		HeldPermissions: state.HeldPermissions, KeptPermissions: state.KeptPermissions,
	}
	if v.AWSReads != nil || len(state.PermittedAWSReads) > 0 {
		next.PermittedAWSReads = []string{}
	}
	if v.AWSSessionSeconds != nil || state.MaxAWSSessionSeconds != nil {
		next.MaxAWSSessionSeconds = new(int)
	}
	return next
}

// Check fills the organization.
func (r *LoginTransition) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[LoginTransitionArgs], error) {
	req.NewInputs = wire.LiftSecrets(req.NewInputs, "needs", "subjects", "children", "identities", "audiences", "permissions", "users")
	hidden := req.NewInputs.Get("subjects").HasSecrets() || req.NewInputs.Get("users").HasSecrets()
	unknowns := wire.Unknowns(req.NewInputs)
	return checkInputs(ctx, r.Sessions, req, []string{"users"}, func(current *session.Session, v LoginTransitionArgs) problem.List {
		if !hidden && !touchesRequirements(unknowns) && !wire.Touches("users", unknowns) && !wire.Touches("imports", unknowns) {
			v.planned(ctx, current)
		}
		return nil
	})
}

// Create holds nothing: of an environment that the state does not know it cannot be told whom its definition admits.
func (r *LoginTransition) Create(
	ctx context.Context, req infer.CreateRequest[LoginTransitionArgs],
) (infer.CreateResponse[LoginTransitionState], error) {
	v := req.Inputs
	if req.DryRun {
		r.warnUsers(ctx, nil, v)
		r.warnImports(ctx, nil, v)
	}
	return infer.CreateResponse[LoginTransitionState]{
		ID: environmentID(ptr.Value(v.Organization), v.Project, v.Name), Output: transition(v),
	}, nil
}

// Diff asks the service only when something changed, or is held still.
func (r *LoginTransition) Diff(
	ctx context.Context, req infer.DiffRequest[LoginTransitionArgs, LoginTransitionState],
) (infer.DiffResponse, error) {
	unknowns := wire.UnknownInputs(ctx)
	d := diffTransition(req.State, req.Inputs, unknowns)
	if len(certainReplacements(d.Response(), nil)) > 0 || touchesRequirements(unknowns) {
		return d.Response(), nil
	}
	next, err := r.next(ctx, req.State, req.Inputs, unknowns, req.State.losesPermissions(req.Inputs))
	if err != nil {
		return infer.DiffResponse{}, err
	}
	if !samePermissions(next.KeptPermissions, req.State.KeptPermissions) {
		d.Found["keptPermissions"] = p.PropertyDiff{Kind: p.Update}
	}
	if !reflect.DeepEqual(asHeld(next.Held), asHeld(req.State.Held)) {
		d.Found["held"] = p.PropertyDiff{Kind: p.Update}
	}
	return d.Response(), nil
}

func diffTransition(state LoginTransitionState, want LoginTransitionArgs, unknowns []string) kit.Differences {
	d := kit.NewDifferences(unknowns)
	d.Add(kit.OrganizationProperty, ptr.Value(want.Organization) != ptr.Value(state.Organization), p.UpdateReplace)
	d.Add("project", want.Project != state.Project, p.UpdateReplace)
	d.Add("name", want.Name != state.Name, p.UpdateReplace)
	d.Add("needs", !maps.Equal(want.Needs, state.Needs), p.Update)
	d.Add("subjects", !slices.Equal(want.Subjects, state.Subjects), p.Update)
	d.Add("awsReads", ptr.Value(want.AWSReads) != ptr.Value(state.AWSReads), p.Update)
	d.Add("awsSessionSeconds", !reflect.DeepEqual(want.AWSSessionSeconds, state.AWSSessionSeconds), p.Update)
	d.Add("children", !sameChildren(want.Children, state.Children), p.Update)
	d.Add("identities", !maps.Equal(want.Identities, state.Identities), p.Update)
	d.Add("audiences", !maps.Equal(want.Audiences, state.Audiences), p.Update)
	d.Add("imports", !slices.Equal(want.Imports, state.Imports), p.Update)
	d.Add("users", !slices.Equal(want.Users, state.Users), p.Update)
	d.Add("permissions", !samePermissions(want.Permissions, state.Permissions), p.Update)
	d.Add("trustPolicyLimit", !reflect.DeepEqual(want.TrustPolicyLimit, state.TrustPolicyLimit), p.Update)
	return d
}

// touchesRequirements reports whether it is not known yet what is asked for. The update knows it, and asks then.
func touchesRequirements(unknowns []string) bool {
	for _, property := range []string{kit.OrganizationProperty, "project", "name", "needs", "subjects", "awsReads", "children"} {
		if wire.Touches(property, unknowns) {
			return true
		}
	}
	return false
}

// Update holds what the live definition needs, and lets go of what none needs any more.
func (r *LoginTransition) Update(
	ctx context.Context, req infer.UpdateRequest[LoginTransitionArgs, LoginTransitionState],
) (infer.UpdateResponse[LoginTransitionState], error) {
	unknowns := wire.UnknownInputs(ctx)
	if req.DryRun {
		r.warnUsers(ctx, req.State.Users, req.Inputs)
		r.warnImports(ctx, req.State.Imports, req.Inputs)
	}
	if touchesRequirements(unknowns) {
		return infer.UpdateResponse[LoginTransitionState]{Output: unknownTransition(req.State, req.Inputs)}, nil // only in a preview
	}
	next, err := r.next(ctx, req.State, req.Inputs, unknowns, true)
	if err != nil {
		return infer.UpdateResponse[LoginTransitionState]{}, err
	}
	if said := next.says(); said != "" {
		wire.Log(ctx).Warning(said)
	}
	return infer.UpdateResponse[LoginTransitionState]{Output: next}, nil
}

// Read leaves the state as it is: there is nothing of it in the service.
func (r *LoginTransition) Read(
	_ context.Context, req infer.ReadRequest[LoginTransitionArgs, LoginTransitionState],
) (infer.ReadResponse[LoginTransitionArgs, LoginTransitionState], error) {
	if req.State.Name == "" {
		return infer.ReadResponse[LoginTransitionArgs, LoginTransitionState]{}, errors.New("a LoginTransition cannot be imported: it is a part " +
			"of the component that makes the environment, which creates it")
	}
	return infer.ReadResponse[LoginTransitionArgs, LoginTransitionState](req), nil
}

// WireDependencies keeps what is known at preview known, and secret what is made from secrets.
func (r *LoginTransition) WireDependencies(f infer.FieldSelector, args *LoginTransitionArgs, state *LoginTransitionState) {
	needs, subjects := f.InputField(&args.Needs), f.InputField(&args.Subjects)
	reads, seconds, children := f.InputField(&args.AWSReads), f.InputField(&args.AWSSessionSeconds), f.InputField(&args.Children)
	f.OutputField(&state.Organization).DependsOn(f.InputField(&args.Organization))
	f.OutputField(&state.Project).DependsOn(f.InputField(&args.Project))
	f.OutputField(&state.Name).DependsOn(f.InputField(&args.Name))
	f.OutputField(&state.Needs).DependsOn(needs)
	f.OutputField(&state.Subjects).DependsOn(subjects)
	f.OutputField(&state.AWSReads).DependsOn(reads)
	f.OutputField(&state.AWSSessionSeconds).DependsOn(seconds)
	f.OutputField(&state.Children).DependsOn(children)
	f.OutputField(&state.Identities).DependsOn(f.InputField(&args.Identities))
	f.OutputField(&state.Audiences).DependsOn(f.InputField(&args.Audiences))
	f.OutputField(&state.TrustPolicyLimit).DependsOn(f.InputField(&args.TrustPolicyLimit))
	permissions, definition := f.InputField(&args.Permissions), f.InputField(&args.Definition)
	f.OutputField(&state.Permissions).DependsOn(permissions)
	f.OutputField(&state.Definition).DependsOn(definition)
	f.OutputField(&state.Imports).DependsOn(f.InputField(&args.Imports))
	f.OutputField(&state.Users).DependsOn(f.InputField(&args.Users))
	given, kept := f.OutputField(&state.HeldPermissions), f.OutputField(&state.KeptPermissions)
	given.DependsOn(permissions.Secret(), definition.Secret())
	kept.DependsOn(permissions.Secret(), definition.Secret())
	held := f.OutputField(&state.Held)
	held.DependsOn(needs.Secret(), subjects.Secret(), reads.Secret(), seconds.Secret(), children.Secret())
	trusted, permitted, longest := f.OutputField(&state.TrustedSubjects), f.OutputField(&state.PermittedAWSReads), f.OutputField(&state.MaxAWSSessionSeconds)
	trusted.DependsOn(subjects.Secret())
	permitted.DependsOn(reads.Secret())
	longest.DependsOn(seconds.Secret())
	// They are computed at preview as the update computes them. What is unknown then is left empty, see [Outputs].
	for _, output := range []infer.OutputField{held, trusted, permitted, longest, given, kept} {
		output.AlwaysKnown()
	}
}

// asHeld makes nothing and an empty list the same.
func asHeld(held []LoginRequirements) []LoginRequirements {
	if len(held) == 0 {
		return nil
	}
	return held
}

func sameChildren(a, b map[string][]string) bool {
	return maps.EqualFunc(a, b, slices.Equal[[]string])
}

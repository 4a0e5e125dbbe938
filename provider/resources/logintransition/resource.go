// Package logintransition is the resource LoginTransition: it keeps what the live definition of an environment needs of its cloud identities while a new one
// waits for an approval.
package logintransition

import (
	"context"
	_ "embed" // the page

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

//go:embed logintransition.md
var docs string

// Resource says what the cloud identities of an environment must admit and permit: what the program asks for, and
// while a change of the environment's definition waits for an approval, what the live definition needs as well. It creates
// nothing in the service.
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
		Noun: "login transition",
		Name: func(v State) string { return v.path() },
		ID: func(v State) string {
			return kit.JoinID(ptr.Value(v.Organization), v.Project, v.Name)
		},
		Split: func(id string) ([]string, error) { return []string{id}, nil }, // Read refuses every import

		Prepare: func(_ kit.Op, inputs property.Map) property.Map {
			return wire.LiftSecrets(inputs, "needs", "subjects", "children", "identities", "audiences", "permissions", "users")
		},
		Sets:  []string{"users"},
		Rules: check,
		Diff:  compare,

		PreviewCreate: func(ctx context.Context, op kit.Op, want Args) (State, error) {
			warnUsers(ctx, op, nil, want)
			warnImports(ctx, op, nil, want)
			return withoutHeld(want), nil
		},
		Create: func(_ context.Context, _ kit.Op, want Args) (*State, error) {
			return new(withoutHeld(want)), nil
		},
		Read:          read,
		PreviewUpdate: previewUpdate,
		Update:        update,
	})}
}

// Annotate describes the resource.
func (r *Resource) Annotate(a infer.Annotator) {
	a.SetToken("index", "LoginTransition")
	a.Describe(r, docs)
}

// Requirements are what one definition needs of the cloud side.
type Requirements struct {
	Needs             map[string]string   `pulumi:"needs"`
	Subjects          []string            `pulumi:"subjects"`
	AWSReads          *string             `pulumi:"awsReads,optional"`
	AWSSessionSeconds *int                `pulumi:"awsSessionSeconds,optional"`
	Children          map[string][]string `pulumi:"children,optional"`
}

// Annotate describes the type.
func (v *Requirements) Annotate(a infer.Annotator) {
	a.SetToken("index", "LoginRequirements")
	a.Describe(v, "What one definition of an environment needs of the cloud side.")
	v.describe(a, "definition")
}

// describe describes the requirements of a definition, or of an environment. Whatever embeds them calls it.
func (v *Requirements) describe(a infer.Annotator, of string) {
	a.Describe(&v.Needs, "The parts of the definition that the cloud side must match, by their place among the values: the logins, without the "+
		"identities that they name, and the stores. JSON text.")
	a.Describe(&v.Subjects, "The OIDC subjects of the "+of+"'s logins.")
	a.Describe(&v.AWSReads, "What the "+of+" reads from AWS's stores, as JSON text.")
	a.Describe(&v.AWSSessionSeconds, "How long the "+of+"'s sessions at AWS last, in seconds.")
	a.Describe(&v.Children, "What is granted one by one, by the property that it is made from. It cannot be kept when it leaves the program, so a "+
		"preview refuses that while the live definition needs it.")
}

// Args are the inputs of a LoginTransition.
type Args struct {
	Organization *string `pulumi:"organization,optional" provider:"replaceOnChanges"`
	Project      string  `pulumi:"project" provider:"replaceOnChanges"`
	Name         string  `pulumi:"name" provider:"replaceOnChanges"`
	Requirements
	Identities       map[string]string            `pulumi:"identities,optional"`
	Audiences        map[string]string            `pulumi:"audiences,optional"`
	TrustPolicyLimit *int                         `pulumi:"trustPolicyLimit,optional"`
	Definition       *string                      `pulumi:"definition,optional"`
	Permissions      map[string]map[string]string `pulumi:"permissions,optional"`
	Users            []string                     `pulumi:"users,optional"`
	Imports          []string                     `pulumi:"imports,optional"`
}

// Annotate describes the inputs.
func (v *Args) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, kit.OrganizationHelp)
	a.Describe(&v.Project, "The environment's project.")
	a.Describe(&v.Name, "The environment's name.")
	v.describe(a, "environment")
	a.Describe(&v.Identities, "What the identities that are created are called by, by the property that says it. A preview refuses to change "+
		"or remove it while updates of the environment need an approval and the live definition logs in to that cloud.")
	a.Describe(&v.Audiences, "The OIDC audiences of the environment's logins, by cloud.")
	a.Describe(&v.TrustPolicyLimit, "How many characters the AWS account allows a trust policy.")
	a.Describe(&v.Definition, fingerprintHelp)
	a.Describe(&v.Permissions, permissionsHelp)
	a.Describe(&v.Imports, "The environments that this one imports. A preview says whose logins do not admit whoever opens this one.")
	a.Describe(&v.Users, "The logins of people that the lock names. A preview says who of them is not a member of the organization.")
}

// State is what a LoginTransition outputs.
type State struct {
	Args

	Held                 []Requirements `pulumi:"held,optional"`
	TrustedSubjects      []string       `pulumi:"trustedSubjects"`
	PermittedAWSReads    []string       `pulumi:"permittedAwsReads,optional"`
	MaxAWSSessionSeconds *int           `pulumi:"maxAwsSessionSeconds,optional"`

	HeldPermissions []DefinitionPermissions      `pulumi:"heldPermissions,optional"`
	KeptPermissions map[string]map[string]string `pulumi:"keptPermissions,optional"`
}

// Annotate describes the outputs.
func (v *State) Annotate(a infer.Annotator) {
	v.describe(a, "environment")
	a.Describe(&v.Held, "What other definitions need that are live or wait for an approval, as far as it is kept for them.")
	a.Describe(&v.TrustedSubjects, "The OIDC subjects that the cloud identities are to admit.")
	a.Describe(&v.PermittedAWSReads, "What the AWS role is to read, as JSON texts.")
	a.Describe(&v.MaxAWSSessionSeconds, "How long sessions of the AWS role are to last at most, in seconds.")
	a.Describe(&v.HeldPermissions, "What the program gave the cloud identities with other definitions that are live or wait for an approval.")
	a.Describe(&v.KeptPermissions, "What the cloud identities are to have besides what the program gives them now.")
}

// Outputs are what the framework does not know of the outputs. In a preview, an empty one stands for one that is not known yet.
var Outputs = wire.Outputs{Chosen: []string{"trustedSubjects", "permittedAwsReads", "maxAwsSessionSeconds"}}

// WireDependencies keeps what is known at preview known, and secret what is made from secrets.
func (r *Resource) WireDependencies(f infer.FieldSelector, args *Args, state *State) {
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

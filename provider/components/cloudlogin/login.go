// Package cloudlogin is how components log in to clouds: the blocks aws, azure and gcp of their inputs, what a cloud would refuse of
// them, and the identities with their trust and permissions. It has an implementation of [Cloud], [Login] and [Identity] for each
// cloud, and the stores of secrets from which an identity may read. Start at [CloudLogins.Identities].
package cloudlogin

import (
	"slices"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// Cloud is a cloud, and what the inputs of its login must satisfy, before they are decoded.
type Cloud interface {
	// Name is that of the login's block, and of the section in which ESC puts the login: aws, azure or gcp.
	Name() string
	// Title is what people call the cloud.
	Title() string
	// MustKnown are the parts of the block that decide which children exist.
	MustKnown() []string
	// Blocks are the blocks inside the block.
	Blocks() []string
	// Audience is that of tokens for this cloud.
	Audience(types.Audiences) string
	// Planned is the login as far as a preview knows it. The rest are placeholders.
	Planned(block property.Map, attributes []string) esc.Login
	// Check returns what the cloud would refuse, with paths inside the block.
	Check(block property.Map) problem.List
	// CheckTrust returns why the cloud would refuse the subjects of the login, with the user's paths.
	CheckTrust(block property.Map, planned PlannedTrust) problem.List
}

// Clouds are those that components log in to. Each has a block of its name in [CloudLogins].
var Clouds = []Cloud{awsCloud{}, azureCloud{}, gcpCloud{}}

// cloudNamed is the cloud of that name.
func cloudNamed(name string) Cloud {
	return Clouds[slices.IndexFunc(Clouds, func(one Cloud) bool { return one.Name() == name })]
}

// Login is a login to a cloud as the program gives it.
type Login interface {
	Cloud() Cloud
	// Creates reports whether the component creates the identity.
	Creates() bool
	// Identity creates the identity, or computes what is known of one that exists.
	Identity(Request) (Identity, error)
	// AnyIdentity stands for the identity before it is created.
	AnyIdentity() Identity
	// Needs is the part of the login that the cloud side must match. It holds for any identity.
	Needs(attributes kit.Out[[]string]) kit.Out[esc.Login]
	// ReplacedBy are the values that make the cloud replace an identity that is created, by the user's property.
	ReplacedBy(names kit.Out[[]string]) kit.Properties
	// Granted are the names of the children that exist for each subject and for each secret that is read, by the user's property.
	Granted(subjects []string, reads Reads) map[string][]string
	// Permissions are what the program gives an identity that is created, by the user's property.
	Permissions(block *property.Map) pulumi.Map
}

// Identity is what a login acts as: an AWS role, an Azure identity or a Google service account.
type Identity interface {
	// Login is the ESC login that produces exactly the subjects which the identity admits: both are made from the same lock.
	Login(attributes kit.Out[[]string]) kit.Out[esc.Login]
	// Deployment is the login in the deployment settings of a stack.
	Deployment(project, stack kit.Out[string]) pulumi.Map
	// Describe sets what a component outputs of the identity.
	Describe(*IdentityOutputs)
	// Ready are the resources that must exist before the identity can be used.
	Ready() []pulumi.Resource
}

// CloudLogins are the logins of an environment or of deployments.
type CloudLogins struct {
	AWS   *AWSLogin   `pulumi:"aws,optional"`
	Azure *AzureLogin `pulumi:"azure,optional"`
	GCP   *GCPLogin   `pulumi:"gcp,optional"`
}

// Annotate describes the logins.
func (l *CloudLogins) Annotate(a infer.Annotator) {
	a.Describe(&l.AWS, "A login to AWS with short-lived credentials.")
	a.Describe(&l.Azure, "A login to Azure with short-lived credentials.")
	a.Describe(&l.GCP, "A login to Google Cloud with short-lived credentials.")
}

// Logins are the logins that the program gives, in the order of [Clouds].
func (l CloudLogins) Logins() []Login {
	var all []Login
	if l.AWS != nil {
		all = append(all, l.AWS)
	}
	if l.Azure != nil {
		all = append(all, l.Azure)
	}
	if l.GCP != nil {
		all = append(all, l.GCP)
	}
	return all
}

// Identities creates the identity of each login under a component, and describes it in outputs. The request holds what is the
// same for all of them; blocks is where the blocks of the logins are.
func (l CloudLogins) Identities(req Request, audience func(Cloud) kit.Out[string], blocks property.Map, outputs *IdentityOutputs) (
	identities map[string]Identity, ready []pulumi.Resource, err error,
) {
	*outputs = noIdentities()
	identities = map[string]Identity{}
	for _, one := range l.Logins() {
		name := one.Cloud().Name()
		req.block, req.Trust.audience = kit.BlockAt(blocks, name), audience(one.Cloud())
		made, err := one.Identity(req)
		if err != nil {
			return nil, nil, err
		}
		made.Describe(outputs)
		identities[name] = made
		ready = append(ready, made.Ready()...)
	}
	return identities, ready, nil
}

// ESCLogins are the logins as ESC takes them, each made by the same function.
func ESCLogins(all []Login, each func(Login) kit.Out[esc.Login]) kit.Out[[]esc.Login] {
	logins := kit.Known([]esc.Login{})
	for _, one := range all {
		logins = pulumix.Apply2(logins, each(one), func(logins []esc.Login, login esc.Login) []esc.Login {
			return append(slices.Clone(logins), login)
		})
	}
	return logins
}

// Trust is who may use an identity.
type Trust struct {
	Subjects kit.Out[[]string] // those of the program, and others that the current definition still needs
	Declared kit.Out[[]string] // those of the program alone
	// Children are the names of the children of which there is one for each declared subject, in their order. They must be
	// known before the subjects may be; both are made from the same inputs by the same function.
	Children []string
	audience kit.Out[string]
	Issuer   string
	Names    kit.Out[[]string] // of the environment or the stack, for ids by default
}

// Request is what the identity of a login is created from.
type Request struct {
	*kit.Construction
	block    *property.Map // the login as it was given, before outputs were made of it
	Trust    Trust
	Required Required
	Reads    Reads
}

// PlannedTrust is who may use an identity, as far as a preview knows it, and where the user wrote it.
type PlannedTrust struct {
	path     string // of the block
	Names    string // of the input that the subjects are made from
	Many     string // of the input that decides how many subjects there are
	Length   string // of the input that decides how long they are together
	Subjects []string
	audience string
	Issuer   string
	// Openings are what an AWS role must admit and what it must deny. It is nil while that is not known.
	Openings func() (own, others []oidc.Opening, ok bool)
}

// Check returns what the clouds would refuse of the blocks of their logins, which are below path.
func Check(path string, blocks property.Map) problem.List {
	var problems problem.List
	for _, one := range Clouds {
		if block := kit.BlockAt(blocks, one.Name()); block != nil {
			problems.AddUnder(problem.Join(path, one.Name()), one.Check(*block))
		}
	}
	return problems
}

// CheckTrusts returns why the clouds would refuse the subjects of their logins. Trust holds what is the same for all of them.
func CheckTrusts(path string, blocks property.Map, audience func(Cloud) string, trust PlannedTrust) problem.List {
	var problems problem.List
	for _, one := range Clouds {
		block := kit.BlockAt(blocks, one.Name())
		if block == nil {
			continue
		}
		trust.path, trust.audience = problem.Join(path, one.Name()), audience(one)
		problems = append(problems, one.CheckTrust(*block, trust)...)
	}
	return problems
}

// problems are what is wrong with the subjects, at the input that they are made from, or, when there are too many of them, at
// the input that decides how many there are.
func (p PlannedTrust) problems(err error) problem.List {
	var problems problem.List
	for _, one := range problem.Of(err) {
		path := p.Names
		if one.Path == "subjects" {
			path = p.Many
		}
		// Subjects of one login are too long together.
		if !slices.ContainsFunc(problems, func(said problem.Problem) bool { return said.Path == path }) {
			problems.AddReason(path, one.Reason)
		}
	}
	return problems
}

// MustKnown are the parts of the logins below path that decide which children exist.
func MustKnown(path string) []string { return loginPaths(path, Cloud.MustKnown) }

// Blocks are the blocks of the logins below path.
func Blocks(path string) []string { return loginPaths(path, Cloud.Blocks) }

// loginPaths are the paths of the logins below path, each with those of its parts.
func loginPaths(path string, parts func(Cloud) []string) []string {
	var all []string
	for _, one := range Clouds {
		at := problem.Join(path, one.Name())
		all = append(all, at)
		for _, part := range parts(one) {
			all = append(all, problem.Join(at, part))
		}
	}
	return all
}

// CreatesIdentity reports whether the block of a login is given, and the component creates the identity.
func CreatesIdentity(block *property.Map) bool {
	return block != nil && kit.IsTrueOr(*block, "create", true)
}

// SubjectNames are the names of children of which there is one for each subject. They are numbers where inputs are secret: a name
// is not secret.
func SubjectNames(subjects []string, secret bool) []string {
	if secret {
		return kit.Counted(len(subjects))
	}
	names := make([]string, len(subjects))
	for i, subject := range subjects {
		names[i] = oidc.ShortName(subject)
	}
	return names
}

// Required is what the cloud identities must admit and permit: what the program asks for, and, while a new definition waits for an
// approval, what the current definition needs.
type Required struct {
	Subjects       kit.Out[[]string]
	AWSReads       kit.Out[[]string]
	SessionSeconds kit.Out[*int]
	Permissions    keptPermissions
}

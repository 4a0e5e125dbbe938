package components

import (
	"slices"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// cloud is what components know of a cloud before its login is decoded: what the inputs of the login must satisfy.
type cloud interface {
	// name is that of the login's block, and of the section in which ESC puts the login: aws, azure or gcp.
	name() string
	// title is what people call the cloud.
	title() string
	// mustKnown are the parts of the block that decide which children exist.
	mustKnown() []string
	// blocks are the blocks inside the block.
	blocks() []string
	// audience is that of tokens for this cloud.
	audience(types.Audiences) string
	// planned is the login as far as a preview knows it. Stand-ins are in it for the rest.
	planned(block property.Map, attributes []string) esc.Login
	// check returns what the cloud would refuse, with paths inside the block.
	check(block property.Map) problem.List
	// checkTrust returns why the cloud would not take the subjects of the login, with the user's paths.
	checkTrust(block property.Map, planned plannedTrust) problem.List
}

// clouds are those that components log in to. Each has a block of its name in [CloudLogins].
var clouds = []cloud{awsCloud{}, azureCloud{}, gcpCloud{}}

// cloudNamed is the cloud of that name.
func cloudNamed(name string) cloud {
	return clouds[slices.IndexFunc(clouds, func(one cloud) bool { return one.name() == name })]
}

// login is a login to a cloud as the program gives it.
type login interface {
	cloud() cloud
	// creates reports whether the component creates the identity.
	creates() bool
	// identity creates the identity, or computes what is known of one that exists.
	identity(identityRequest) (identity, error)
	// anyIdentity stands for the identity before it is created.
	anyIdentity() identity
	// needs is the part of the login that the cloud side must match. It holds for any identity.
	needs(attributes out[[]string]) out[esc.Login]
	// replacedBy are the values that make the cloud replace an identity that is created, by the user's property.
	replacedBy(names out[[]string]) properties
	// granted are the names of the children that exist for each subject and for each secret that is read, by the user's property.
	granted(subjects []string, reads storeReads) map[string][]string
	// permissions are what the program gives an identity that is created, by the user's property.
	permissions(block *property.Map) pulumi.Map
}

// identity is what a login acts as: an AWS role, an Azure identity or a Google service account.
type identity interface {
	// login is the ESC login that produces exactly the subjects which the identity admits: both are made from the same lock.
	login(attributes out[[]string]) out[esc.Login]
	// deployment is the login in the deployment settings of a stack.
	deployment(project, stack out[string]) pulumi.Map
	// describe sets what a component outputs of the identity.
	describe(*IdentityOutputs)
	// ready are the resources that must exist before the identity can be used.
	ready() []pulumi.Resource
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

// logins are the logins that the program gives, in the order of [clouds].
func (l CloudLogins) logins() []login {
	var all []login
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

// identities creates the identity of each login under a component, and describes it in outputs. The request holds what is the
// same for all of them; blocks is where the blocks of the logins are.
func (l CloudLogins) identities(req identityRequest, audience func(cloud) out[string], blocks property.Map, outputs *IdentityOutputs) (
	identities map[string]identity, ready []pulumi.Resource, err error,
) {
	*outputs = noIdentities()
	identities = map[string]identity{}
	for _, one := range l.logins() {
		name := one.cloud().name()
		req.block, req.trust.audience = blockAt(blocks, name), audience(one.cloud())
		made, err := one.identity(req)
		if err != nil {
			return nil, nil, err
		}
		made.describe(outputs)
		identities[name] = made
		ready = append(ready, made.ready()...)
	}
	return identities, ready, nil
}

// escLogins are the logins as ESC takes them, each made by the same function.
func escLogins(all []login, each func(login) out[esc.Login]) out[[]esc.Login] {
	logins := known([]esc.Login{})
	for _, one := range all {
		logins = pulumix.Apply2(logins, each(one), func(logins []esc.Login, login esc.Login) []esc.Login {
			return append(slices.Clone(logins), login)
		})
	}
	return logins
}

// trust is who may use an identity.
type trust struct {
	subjects out[[]string] // those of the program, and what is held for a live definition besides
	declared out[[]string] // those of the program alone
	// children are the names of the children of which there is one for each declared subject, in their order. They must be
	// known before the subjects may be; both are made from the same inputs by the same function.
	children []string
	audience out[string]
	issuer   string
	names    out[[]string] // of the environment or the stack, for ids by default
}

// identityRequest is what the identity of a login is created from.
type identityRequest struct {
	*Construction
	block *property.Map // the login as it was given, before outputs were made of it
	trust trust
	held  held
	reads storeReads
}

// plannedTrust is who may use an identity, as far as a preview knows it, and where the user wrote it.
type plannedTrust struct {
	path     string // of the block
	names    string // of the input that the subjects are made from
	many     string // of the input that decides how many subjects there are
	length   string // of the input that decides how long they are together
	subjects []string
	audience string
	issuer   string
	// openings are what an AWS role must admit and what it must deny. It is nil while that is not known.
	openings func() (own, others []oidc.Opening, ok bool)
}

// checkLogins returns what the clouds would refuse of the blocks of their logins, which are below path.
func checkLogins(path string, blocks property.Map) problem.List {
	var problems problem.List
	for _, one := range clouds {
		if block := blockAt(blocks, one.name()); block != nil {
			problems.AddUnder(problem.Join(path, one.name()), one.check(*block))
		}
	}
	return problems
}

// checkTrusts returns why the clouds would not take the subjects of their logins. Trust is what is the same for all of them.
func checkTrusts(path string, blocks property.Map, audience func(cloud) string, trust plannedTrust) problem.List {
	var problems problem.List
	for _, one := range clouds {
		block := blockAt(blocks, one.name())
		if block == nil {
			continue
		}
		trust.path, trust.audience = problem.Join(path, one.name()), audience(one)
		problems = append(problems, one.checkTrust(*block, trust)...)
	}
	return problems
}

// problems are what is wrong with the subjects, at the input that they are made from, or, when there are too many of them, at
// the input that decides how many there are.
func (p plannedTrust) problems(err error) problem.List {
	var problems problem.List
	for _, one := range problem.Of(err) {
		path := p.names
		if one.Path == "subjects" {
			path = p.many
		}
		// Subjects of one login are too long together.
		if !slices.ContainsFunc(problems, func(said problem.Problem) bool { return said.Path == path }) {
			problems.AddReason(path, one.Reason)
		}
	}
	return problems
}

// loginsMustKnown are the parts of the logins below path that decide which children exist.
func loginsMustKnown(path string) []string { return loginPaths(path, cloud.mustKnown) }

// loginBlocks are the blocks of the logins below path.
func loginBlocks(path string) []string { return loginPaths(path, cloud.blocks) }

// loginPaths are the paths of the logins below path, each with those of its parts.
func loginPaths(path string, parts func(cloud) []string) []string {
	var all []string
	for _, one := range clouds {
		at := problem.Join(path, one.name())
		all = append(all, at)
		for _, part := range parts(one) {
			all = append(all, problem.Join(at, part))
		}
	}
	return all
}

// createsIdentity reports whether the block of a login asks for an identity to be created.
func createsIdentity(block *property.Map) bool {
	if block == nil {
		return false
	}
	create := valueOf[bool](*block, "create")
	return create == nil || *create
}

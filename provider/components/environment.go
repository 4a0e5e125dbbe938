package components

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// lockedEnvironmentArgs are the inputs of an ESC environment whose cloud credentials only it can assume. The components
// that have one share them.
type lockedEnvironmentArgs struct {
	organization         *out[string]
	project, name        out[string]
	values               *out[map[string]any]
	imports              *out[[]string]
	environmentVariables *out[map[string]any]
	pulumiConfig         *out[map[string]any]
	aws                  *AWSLogin
	awsReads             *out[string] // what the role reads
	stores               *out[[]esc.Store]
	azure                *AzureLogin
	azureReads           *out[[]types.AzureRoleAssignment] // roles by which the identity reads what it reads
	gcp                  *GCPLogin
	gcpReads             *out[[]string] // secrets that the identity reads
	lock                 *out[types.Lock]
	tags                 *out[map[string]string]
	deletionProtected    *out[bool]
	openApproval         *out[types.Approval]
	updateApproval       *out[types.Approval]
	given                property.Map // what the inputs were before outputs were made of them; default: givenInputs
}

// What components with an environment say of the same inputs and outputs.
const (
	environmentIDHelp  = "The environment's id on Pulumi Cloud."
	subjectsHelp       = "The exact OIDC subjects of the environment's logins."
	audiencesHelp      = "The OIDC audience of the environment's logins, by cloud."
	awsRoleARNHelp     = "The ARN of the AWS role that the environment assumes, if it logs in to AWS."
	awsProviderARNHelp = "The ARN of the OIDC provider that the AWS role trusts. The account's other logins take it as " +
		"`oidcProviderArn`."
	awsTrustPolicyHelp = "The trust policy that admits exactly the environment's subjects. A role that is created has " +
		"it already; attach it to a role that you bring."
	azureClientIDHelp    = "The client id of the Azure identity that the environment logs in to, if it logs in to Azure."
	azureCredentialsHelp = "The federated credentials that admit exactly the environment's subjects: JSON text, a list. " +
		"An identity that is created has them already; attach them to an identity that you bring."
	environmentProjectHelp   = "The environment's project."
	environmentNameHelp      = "The environment's name."
	madeProjectHelp          = "The environment's project. Access rules that take it are made once the environment and its gates are there."
	madeNameHelp             = "The environment's name. Access rules that take it are made once the environment and its gates are there."
	importsHelp              = "Environments to import, as `project/environment`, in order."
	environmentVariablesHelp = "Environment variables for `pulumi env run` and for Pulumi programs. With `aws`, the " +
		"credentials are exported as `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN` unless set here; with " +
		"`azure`, as `ARM_CLIENT_ID`, `ARM_TENANT_ID`, `ARM_SUBSCRIPTION_ID`, `ARM_USE_OIDC` and `ARM_OIDC_TOKEN`; with `gcp`, as " +
		"`GOOGLE_CLOUD_PROJECT`, `GOOGLE_OAUTH_ACCESS_TOKEN`, `CLOUDSDK_AUTH_ACCESS_TOKEN` and `CLOUDSDK_CORE_PROJECT`."
	pulumiConfigHelp      = "Configuration for the Pulumi stacks that use the environment."
	azureHelp             = "A login to Azure with short-lived credentials."
	gcpHelp               = "A login to Google Cloud with short-lived credentials."
	lockHelp              = "Who may use the cloud credentials besides the environment itself. Default: nobody."
	environmentTagsHelp   = "The environment's tags, owned whole when given. Access rules may select environments by tags."
	deletionProtectedHelp = "Whether the environment is protected from deletion. Default: true. To delete it, set " +
		"this to false, run `pulumi up`, then remove it."
)

// lockedEnvironmentRules are the rules of a component with such inputs, which check judges.
func lockedEnvironmentRules(check func(*session.Session, property.Map) []access.Problem) rules {
	return rules{
		check: func(current *session.Session, in property.Map) []access.Problem {
			return append(check(current, in), checkApprovals(current, in)...)
		},
		mustKnown: slices.Concat(awsMustKnown("aws"), azureMustKnown("azure"), gcpMustKnown("gcp"),
			[]string{openApproval, updateApproval}),
		mustKnownIf: lockMustKnown,
		mayBeAbsent: append([]string{"awsRoleArn", "awsOidcProviderArn", "awsTrustPolicy", "azureClientId", "azureFederatedCredentials",
			"openGateId", "updateGateId"}, gcpAbsent...),
		lifting: wire.Lifting{
			Blocks:      []string{"aws", "aws.inlinePolicies", "azure", "gcp"},
			Definitions: []string{"values", "environmentVariables", "pulumiConfig"},
		},
	}
}

// lockedEnvironment is such an environment, and what is known of its cloud identities. An identity that was not asked
// for is nil.
type lockedEnvironment struct {
	environmentID  out[string]
	project, name  out[string]
	subjects       out[[]string]
	audiences      out[types.Audiences]
	awsRoleARN     out[*string]
	awsProviderARN out[*string]
	awsTrustPolicy out[*string]

	azureClientID             out[*string]
	azureFederatedCredentials out[*string]

	gcp gcpOutputs

	held held

	openGateID, updateGateID out[*string]
}

// lockedEnvironment registers the environment, its cloud identities and its gates under a component.
func (f Factory) lockedEnvironment(
	ctx *pulumi.Context, name string, parent pulumi.Resource, in lockedEnvironmentArgs,
) (lockedEnvironment, error) {
	current, err := f.Sessions(ctx.Context())
	if err != nil {
		return lockedEnvironment{}, err
	}
	if in.given.Len() == 0 {
		in.given = givenInputs(ctx.Context())
	}
	if err := in.sayWhatIsNotGuarded(ctx, parent); err != nil {
		return lockedEnvironment{}, err
	}
	organization := f.organization(current, in.organization)
	lock := orZero(in.lock)
	made := lockedEnvironment{
		subjects:   pulumix.Apply4Err(organization, in.project, in.name, lock, environmentSubjects),
		audiences:  pulumix.Apply2(organization, in.project, types.AudiencesOf),
		awsRoleARN: known[*string](nil), awsProviderARN: known[*string](nil), awsTrustPolicy: known[*string](nil),
		azureClientID: known[*string](nil), azureFederatedCredentials: known[*string](nil),
		gcp: noGCPOutputs(),
	}
	made.held, err = f.transition(ctx, current, name, parent, in, made)
	if err != nil {
		return lockedEnvironment{}, err
	}
	declared := inPlaceOf(made.held.subjects, made.subjects)
	made.subjects = made.held.subjects
	logins := known([]esc.Login{})
	var ready []pulumi.Resource
	if in.aws != nil {
		role, err := f.awsRole(ctx, name, parent, made.held.permissions.withAWS(in.aws), awsTrust{
			subjects: made.subjects,
			audience: pulumix.Apply(made.audiences, func(a types.Audiences) string { return a.AWS }),
			issuer:   current.IssuerOr(nil),
			seconds:  made.held.sessionSeconds,
		}, in.awsPermissions(made.held))
		if err != nil {
			return lockedEnvironment{}, err
		}
		made.awsRoleARN, made.awsProviderARN, made.awsTrustPolicy = present(role.arn), present(role.providerARN), present(role.trustPolicy)
		ready = append(ready, role.ready...)
		logins = pulumix.Apply2(logins, in.aws.login(role.arn, lock), withLogin)
	}
	if in.azure != nil {
		identity, err := f.azureIdentity(ctx, name, parent, in.azure, made.held.permissions.withAzure(in.azureRoles()), azureTrust{
			subjects: made.subjects,
			declared: declared,
			names:    environmentSubjectNames(current, in.given),
			audience: pulumix.Apply(made.audiences, func(a types.Audiences) string { return a.Azure }),
			issuer:   current.IssuerOr(nil),
		})
		if err != nil {
			return lockedEnvironment{}, err
		}
		made.azureClientID, made.azureFederatedCredentials = present(identity.clientID), present(identity.credentials)
		ready = append(ready, identity.ready...)
		logins = pulumix.Apply2(logins, identity.login(lock), withLogin)
	}
	if in.gcp != nil {
		identity, err := f.gcpIdentity(ctx, name, parent, in.gcp, gcpRoleNames(in.given, "gcp"), gcpTrust{
			subjects: made.subjects,
			audience: pulumix.Apply(made.audiences, func(a types.Audiences) string { return a.GCP }),
			issuer:   current.IssuerOr(nil),
			names:    in.names(),
			kept:     made.held.permissions,
		})
		if err != nil {
			return lockedEnvironment{}, err
		}
		readers, err := f.gcpReaders(ctx, name, parent, in, identity)
		if err != nil {
			return lockedEnvironment{}, err
		}
		made.gcp = identity.outputs()
		ready = slices.Concat(ready, identity.ready, readers)
		logins = pulumix.Apply2(logins, identity.login(in.gcp, lock), withLogin)
	}
	options := []pulumi.ResourceOption{pulumi.DependsOn(ready)}
	if deletionIsProtected(in.given) {
		options = append(options, pulumi.Protect(true)) // a preview of a destroy stops before anything is deleted
	}
	environment, err := register(ctx, f.Package, parent, environmentToken, name,
		in.properties(in.definition(logins)), &environmentChild{}, options...)
	if err != nil {
		return lockedEnvironment{}, err
	}
	gates, err := f.gates(ctx, name, parent, environment, in)
	if err != nil {
		return lockedEnvironment{}, err
	}
	made.openGateID, made.updateGateID = gates.openID, gates.updateID
	made.environmentID = gates.guarded(environment.EnvironmentID)
	made.project, made.name = gates.guarded(environment.Project), gates.guarded(environment.Name)
	return made, nil
}

// sayWhatIsNotGuarded tells at preview what takes effect without the approval that changes of the definition need.
func (in lockedEnvironmentArgs) sayWhatIsNotGuarded(ctx *pulumi.Context, parent pulumi.Resource) error {
	text := notGuarded(in.given)
	if !ctx.DryRun() || text == "" {
		return nil
	}
	return ctx.Log.Warn(text, &pulumi.LogArgs{Resource: parent})
}

// notGuarded says what of a component with an approval of updates takes effect without it; "" where that is nothing.
func notGuarded(given property.Map) string {
	if !has(given, updateApproval) || !inForce(given, updateApproval) {
		return ""
	}
	makes := func(cloud string) bool {
		block := blockAt(given, cloud)
		if block == nil {
			return false
		}
		create := valueOf[bool](*block, "create")
		return create == nil || *create
	}
	if !makes("aws") && !makes("azure") && !makes("gcp") {
		return ""
	}
	return "updateApproval guards the definition, and the tags that come with it. The lock, the policies and roles that you give the cloud " +
		"identity, and the approvers themselves take effect with the update, without an approval: what widens there is wider at once. What the " +
		"live definition's logins and its reads from AWS's stores need, and the policies and roles that came with it, are kept until the new " +
		"definition is live; what you take from policies and roles while you leave the definition as it is, is gone at once. Review such a change of this program with the same care, or bring the cloud identity " +
		"(create: false) from a program that few may change"
}

// awsPermissions are those by which the AWS role reads what it reads.
func (in lockedEnvironmentArgs) awsPermissions(held held) awsPermissions {
	if in.awsReads == nil {
		return nil
	}
	return awsPermissions{secretsPolicy: func(providerARN out[string]) out[string] { return awsPolicy(held.awsReads, providerARN) }}
}

func withLogin(logins []esc.Login, login esc.Login) []esc.Login {
	return append(slices.Clone(logins), login)
}

func environmentSubjects(organization, project, name string, lock types.Lock) ([]string, error) {
	parsed, err := lock.Parse()
	if err != nil {
		return nil, problem.Of(err).Under("lock")
	}
	return oidc.ESCSubjects(organization, oidc.EnvironmentRef{Project: project, Name: name}, parsed)
}

// lockMustKnown are the parts of the lock that decide how many federated credentials there are.
func lockMustKnown(in property.Map) []string {
	if !createsAzure(in, "azure") {
		return nil
	}
	return []string{"lock", "lock.allowedRoots", "lock.users"}
}

// environmentSubjectNames are what children, one for each subject, are called by. While something in the subjects is not
// known, they are counted.
func environmentSubjectNames(current *session.Session, in property.Map) []string {
	lock := types.Lock{}
	if given := valueOf[types.Lock](in, "lock"); given != nil {
		lock = *given
	}
	secret, computed := false, false
	for _, name := range []string{"organization", "project", "name", "lock"} {
		secret = secret || in.Get(name).HasSecrets()
		computed = computed || in.Get(name).HasComputed()
	}
	organization, _ := organizationOf(current, in)
	subjects, err := environmentSubjects(organization, textOf(in, "project"), textOf(in, "name"), lock)
	if computed || err != nil {
		return counted((1 + len(lock.AllowedRoots)) * max(1, len(lock.Users)))
	}
	return shortNames(subjects, secret)
}

// definition is the environment's YAML.
func (in lockedEnvironmentArgs) definition(logins out[[]esc.Login]) out[string] {
	return pulumix.Apply6Err(
		orZero(in.imports), orZero(in.values), orZero(in.environmentVariables), orZero(in.pulumiConfig), logins, orZero(in.stores),
		func(
			imports []string, values, variables, config map[string]any, logins []esc.Login, stores []esc.Store,
		) (string, error) {
			return esc.Build(esc.Definition{
				Imports: imports, Values: values, EnvironmentVariables: variables, PulumiConfig: config, Logins: logins, Stores: stores,
			})
		})
}

func (in lockedEnvironmentArgs) properties(definition out[string]) properties {
	props := properties{
		"project":           in.project,
		"name":              in.name,
		"definition":        definition,
		"deletionProtected": orElse(in.deletionProtected, true),
	}
	setIf(props, "organization", in.organization)
	setIf(props, "tags", in.tags)
	setIf(props, "gates", in.told())
	return props
}

// checkLockedEnvironment judges the inputs that components with an environment share, as far as they are known.
func checkLockedEnvironment(current *session.Session, in property.Map) []access.Problem {
	organization, problems := organizationOf(current, in)
	lock := oidc.Lock{}
	if given := valueOf[types.Lock](in, "lock"); given != nil {
		parsed, err := given.Parse()
		problems = append(problems, inputProblems("lock", err)...)
		lock = parsed
	}
	if organization != "" {
		environment := oidc.EnvironmentRef{Project: textOf(in, "project"), Name: textOf(in, "name")}
		subjects, err := oidc.ESCSubjects(organization, environment, lock)
		problems = append(problems, rename(inputProblems("", err), "environment", "name")...)
		if err == nil && in.Get("aws").IsMap() {
			problems = append(problems, checkEnvironmentTrust(in, organization, environment, lock, subjects, current.IssuerOr(nil))...)
		}
		if err == nil && has(in, "azure") {
			audience := oidc.ESCAudience(oidc.Azure, organization, environment.Project)
			problems = append(problems, checkAzureTrust("name", "lock", subjects, audience, current.IssuerOr(nil))...)
		}
		if err == nil && has(in, "gcp") {
			audience := oidc.ESCAudience(oidc.GCP, organization, environment.Project)
			problems = append(problems, checkGoogleTrust("name", "lock", subjects, audience, current.IssuerOr(nil))...)
		}
	}
	if tags := valueOf[map[string]string](in, "tags"); tags != nil {
		problems = append(problems, types.CheckEnvironmentTags("tags", *tags)...)
	}
	if has(in, "aws") && in.Get("aws").IsMap() {
		problems = append(problems, checkAWS("aws", in.Get("aws").AsMap())...)
	}
	if block := blockAt(in, "azure"); block != nil {
		problems = append(problems, checkAzure("azure", *block)...)
	}
	if block := blockAt(in, "gcp"); block != nil {
		problems = append(problems, checkGCP("gcp", *block)...)
	}
	return withoutRepeats(problems, checkDefinition(in))
}

// checkEnvironmentTrust judges the trust policy that is written for an environment's subjects, and the one that the user brings.
func checkEnvironmentTrust(
	in property.Map, organization string, environment oidc.EnvironmentRef, lock oidc.Lock, subjects []string, issuer string,
) []access.Problem {
	block := in.Get("aws").AsMap()
	problems := checkTrustLength("lock", block, subjects, oidc.ESCAudience(oidc.AWS, organization, environment.Project), issuer)
	if !allKnown(in, "organization", "project", "name", "lock") {
		return problems
	}
	own, strangers, err := oidc.ESCOpenings(oidc.AWS, organization, environment, lock)
	if err != nil {
		return problems // its names have been judged
	}
	return append(problems, checkBroughtTrust("aws", block, issuer, own, strangers)...)
}

// allKnown reports whether nothing is unknown in inputs of these names.
func allKnown(in property.Map, names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return in.Get(name).HasComputed() })
}

// rename gives problems at one path the name that the component's users know.
func rename(problems []access.Problem, from, to string) []access.Problem {
	for i := range problems {
		if problems[i].Path == from {
			problems[i].Path = to
		}
	}
	return problems
}

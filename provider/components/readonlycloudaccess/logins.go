package readonlycloudaccess

import (
	"regexp"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/cloudlogin"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// The roles of identities that only read.
const (
	azureReaderRole = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
	gcpViewerRole   = "roles/viewer"
	// userSession names an AWS session after the person who opened the environment.
	userSession = "${context.pulumi.user.login}"
)

// ReadOnlyAWSLogin is an AWS role that can read.
type ReadOnlyAWSLogin struct {
	Create              *bool                             `pulumi:"create,optional"`
	RoleARN             *kit.Out[string]                  `pulumi:"roleArn,optional"`
	AccountID           *kit.Out[string]                  `pulumi:"accountId,optional"`
	RoleName            *kit.Out[string]                  `pulumi:"roleName,optional"`
	OIDCProviderARN     *kit.Out[string]                  `pulumi:"oidcProviderArn,optional"`
	CreateOIDCProvider  *bool                             `pulumi:"createOidcProvider,optional"`
	Path                *kit.Out[string]                  `pulumi:"path,optional"`
	PermissionsBoundary *kit.Out[string]                  `pulumi:"permissionsBoundary,optional"`
	Policy              *kit.Out[types.AwsReadOnlyPolicy] `pulumi:"policy,optional"`
	Duration            *kit.Out[string]                  `pulumi:"duration,optional"`
	Tags                *kit.Out[map[string]string]       `pulumi:"tags,optional"`
}

// Annotate describes the block.
func (l *ReadOnlyAWSLogin) Annotate(a infer.Annotator) {
	a.SetToken("index", "ReadOnlyAwsLogin")
	a.Describe(l, "The AWS role that users assume. By default it is created, with the chosen policy as its only one. Every session is "+
		"narrowed down to the same policy, so that it can only read even where the role can do more, and has the user's login as its "+
		"name, by which AWS CloudTrail shows who acted.")
	a.Describe(&l.Create, "Whether to create the role. Default: true. It must be known at preview.")
	a.Describe(&l.RoleARN, "The ARN of a role that exists; goes with `create: false`.")
	a.Describe(&l.AccountID, "The AWS account's 12-digit id. For a role that exists it goes with `roleName`. For one that is created, the "+
		"ARN of the account's OIDC provider for Pulumi Cloud is computed from it.")
	a.Describe(&l.RoleName, "The role's name, at most 64 characters. Default, for a role that is created: chosen by Pulumi's auto-naming.")
	a.Describe(&l.OIDCProviderARN, "The ARN of the account's OIDC provider for Pulumi Cloud. An account has at most one.")
	a.Describe(&l.CreateOIDCProvider, "Whether to create the account's OIDC provider for Pulumi Cloud, with exactly the audience of this "+
		"login. It must be known at preview.")
	a.Describe(&l.Path, "The role's path, such as `/pulumi/`.")
	a.Describe(&l.PermissionsBoundary, "The ARN of the policy that bounds the role's permissions further.")
	a.Describe(&l.Policy, "What can be read. Default: `ReadOnlyAccess`.")
	a.Describe(&l.Duration, "How long the credentials are valid, from `15m` to `12h`. Default: `1h`.")
	a.Describe(&l.Tags, "Tags of the role that is created.")
}

// general is the general form of the block; nil for none.
func (l *ReadOnlyAWSLogin) general() *cloudlogin.AWSLogin {
	if l == nil {
		return nil
	}
	where := pulumix.Apply2(kit.OrZero(l.OIDCProviderARN), kit.OrZero(l.RoleARN), cloudlogin.PartitionOf)
	policies := pulumix.Apply2(where, kit.OrElse(l.Policy, types.AWSReadOnlyAccess), func(partition string, policy types.AwsReadOnlyPolicy) []string {
		return []string{policy.ARN(partition)}
	})
	session := kit.Known(userSession)
	login := &cloudlogin.AWSLogin{
		Create: l.Create, RoleARN: l.RoleARN, AccountID: l.AccountID, RoleName: l.RoleName, OIDCProviderARN: l.OIDCProviderARN,
		CreateOIDCProvider: l.CreateOIDCProvider, Path: l.Path, PermissionsBoundary: l.PermissionsBoundary,
		Duration: l.Duration, Tags: l.Tags, SessionName: &session, PolicyARNs: &policies,
	}
	if login.Creates() {
		login.ManagedPolicyARNs = &policies
	}
	return login
}

// ReadOnlyAzureLogin is an Azure identity that can read.
type ReadOnlyAzureLogin struct {
	Create            *bool                       `pulumi:"create,optional"`
	ClientID          *kit.Out[string]            `pulumi:"clientId,optional"`
	TenantID          *kit.Out[string]            `pulumi:"tenantId,optional"`
	SubscriptionID    *kit.Out[string]            `pulumi:"subscriptionId,optional"`
	ResourceGroupName *kit.Out[string]            `pulumi:"resourceGroupName,optional"`
	IdentityName      *kit.Out[string]            `pulumi:"identityName,optional"`
	Location          *kit.Out[string]            `pulumi:"location,optional"`
	Scopes            *kit.Out[[]string]          `pulumi:"scopes,optional" list:"set"`
	Tags              *kit.Out[map[string]string] `pulumi:"tags,optional"`
}

// Annotate describes the block.
func (l *ReadOnlyAzureLogin) Annotate(a infer.Annotator) {
	a.SetToken("index", "ReadOnlyAzureLogin")
	a.Describe(l, "The Azure identity that users log in to. By default a user-assigned managed identity is created, which is Reader at the "+
		"given scopes. With `create: false` an identity that exists is used; that it can only read is yours to see to.")
	a.Describe(&l.Create, "Whether to create the identity, its federated credentials and its role assignments. Default: true. It must be "+
		"known at preview.")
	a.Describe(&l.ClientID, "The client id of an identity that exists; goes with `create: false`.")
	a.Describe(&l.TenantID, "The id of the identity's tenant. Default, for an identity that is created: the tenant that it is created in.")
	a.Describe(&l.SubscriptionID, "The id of the subscription to work in. Default, for an identity that is created: the subscription that "+
		"it is created in.")
	a.Describe(&l.ResourceGroupName, "The name of the resource group to create the identity in. Required for one that is created.")
	a.Describe(&l.IdentityName, "The identity's name. Default, for an identity that is created: chosen by Pulumi's auto-naming.")
	a.Describe(&l.Location, "The region to create the identity in, such as `westeurope`. Default: the resource group's.")
	a.Describe(&l.Scopes, "The resource ids at which the identity that is created is Reader, such as that of a subscription or of a resource "+
		"group. Required for one that is created. How many there are must be known at preview.")
	a.Describe(&l.Tags, "Tags of the identity that is created.")
}

// general is the general form of the block; nil for none.
func (l *ReadOnlyAzureLogin) general() *cloudlogin.AzureLogin {
	if l == nil {
		return nil
	}
	login := &cloudlogin.AzureLogin{
		Create: l.Create, ClientID: l.ClientID, TenantID: l.TenantID, SubscriptionID: l.SubscriptionID,
		ResourceGroupName: l.ResourceGroupName, IdentityName: l.IdentityName, Location: l.Location, Tags: l.Tags,
	}
	if l.Scopes != nil {
		assignments := pulumix.Apply(*l.Scopes, func(scopes []string) []types.AzureRoleAssignment {
			all := make([]types.AzureRoleAssignment, len(scopes))
			for i, scope := range scopes {
				all[i] = types.AzureRoleAssignment{Scope: scope, RoleDefinitionID: azureReaderRole}
			}
			return all
		})
		login.RoleAssignments = &assignments
	}
	return login
}

// ReadOnlyGCPLogin is a Google service account that can read.
type ReadOnlyGCPLogin struct {
	Create           *bool            `pulumi:"create,optional"`
	Project          *kit.Out[string] `pulumi:"project,optional"`
	ProjectNumber    *kit.Out[string] `pulumi:"projectNumber,optional"`
	WorkloadPoolID   *kit.Out[string] `pulumi:"workloadPoolId,optional"`
	CreatePool       *bool            `pulumi:"createPool,optional"`
	ProviderID       *kit.Out[string] `pulumi:"providerId,optional"`
	ServiceAccount   *kit.Out[string] `pulumi:"serviceAccount,optional"`
	ServiceAccountID *kit.Out[string] `pulumi:"serviceAccountId,optional"`
	TokenLifetime    *kit.Out[string] `pulumi:"tokenLifetime,optional"`
}

// Annotate describes the block.
func (l *ReadOnlyGCPLogin) Annotate(a infer.Annotator) {
	a.SetToken("index", "ReadOnlyGcpLogin")
	a.Describe(l, "The Google service account that users act as. By default it is created, with `roles/viewer` on the project, together "+
		"with a provider of a workload identity pool and a principal for each user, whose login Cloud Audit Logs show. With "+
		"`create: false` a service account that exists is used; that it can only read is yours to see to.")
	a.Describe(&l.Create, "Whether to create the provider, the service account and its bindings. Default: true. It must be known at preview.")
	a.Describe(&l.Project, "The id of the project, such as `acme-prod`, to look at. Required for what is created.")
	a.Describe(&l.ProjectNumber, "The number of the same project, such as `123456789012`. Required.")
	a.Describe(&l.WorkloadPoolID, "The id of the workload identity pool, such as `pulumi`. Required.")
	a.Describe(&l.CreatePool, "Whether to create the pool. It must be known at preview.")
	a.Describe(&l.ProviderID, "The id of the pool's provider. Default, for one that is created: made from the names of project and environment.")
	a.Describe(&l.ServiceAccount, "The email address of a service account that exists; goes with `create: false`.")
	a.Describe(&l.ServiceAccountID, "The id of the service account that is created. Default: made from the names of project and environment.")
	a.Describe(&l.TokenLifetime, "How long the credentials live, up to `12h`. Default: Google's, `1h`.")
}

// general is the general form of the block; nil for none.
func (l *ReadOnlyGCPLogin) general() *cloudlogin.GCPLogin {
	if l == nil {
		return nil
	}
	login := &cloudlogin.GCPLogin{
		Create: l.Create, Project: l.Project, ProjectNumber: l.ProjectNumber, WorkloadPoolID: l.WorkloadPoolID, CreatePool: l.CreatePool,
		ProviderID: l.ProviderID, ServiceAccount: l.ServiceAccount, ServiceAccountID: l.ServiceAccountID, TokenLifetime: l.TokenLifetime,
	}
	if login.Creates() {
		roles := kit.Known([]string{gcpViewerRole})
		login.Roles = &roles
	}
	return login
}

// readOnlyInputs are the inputs with the logins in their general form, as environments are checked and their children named.
func readOnlyInputs(in property.Map) property.Map {
	if block := kit.BlockAt(in, "azure"); block != nil && kit.Has(*block, "scopes") {
		scopes := block.Get("scopes")
		assignments := scopes
		if scopes.IsArray() {
			all := make([]property.Value, 0, scopes.AsArray().Len())
			for _, scope := range scopes.AsArray().All {
				all = append(all, property.New(property.NewMap(map[string]property.Value{
					"scope": scope, "roleDefinitionId": property.New(azureReaderRole),
				})))
			}
			assignments = property.WithGoValue(scopes, property.NewArray(all))
		}
		in = in.Set("azure", property.WithGoValue(in.Get("azure"), block.Delete("scopes").Set("roleAssignments", assignments)))
	}
	if block := kit.BlockAt(in, "gcp"); block != nil {
		if cloudlogin.CreatesIdentity(block) {
			roles := property.New(property.NewArray([]property.Value{property.New(gcpViewerRole)}))
			in = in.Set("gcp", property.WithGoValue(in.Get("gcp"), block.Set("roles", roles)))
		}
	}
	return in
}

// awsSessionName is the name of a session that AWS takes; here it is a user's login.
var awsSessionName = regexp.MustCompile(`^[A-Za-z0-9_=,.@+-]{2,64}$`)

// check checks the inputs as far as they are known.
func check(current kit.Checking, in property.Map) problem.List {
	problems := append(environments.Check(current, readOnlyInputs(in)), checkOnlyReads(in)...)
	for i := range problems {
		problems[i].Path = scopePath(problems[i].Path)
	}
	if !kit.Has(in, "aws") && !kit.Has(in, "azure") && !kit.Has(in, "gcp") {
		problems.AddReason("aws", "give a login to at least one cloud: aws, azure or gcp")
	}
	if cloudlogin.CreatesIdentity(kit.BlockAt(in, "azure")) && kit.BlockAt(in, "azure").Get("scopes").IsNull() {
		problems.AddReason("azure.scopes", "is required for an identity that is created: without any it can read nothing")
	}
	if policy := kit.BlockAt(in, "aws"); policy != nil && kit.Has(*policy, "policy") {
		if given := types.AwsReadOnlyPolicy(kit.TextOf(*policy, "policy")); !given.Known() {
			problems.Add("aws.policy", "%q is none of ReadOnlyAccess and ViewOnlyAccess", given)
		}
	}
	lock := environments.GivenLock(in)
	if len(lock.Users) == 0 {
		problems.AddReason("lock.users", "list the logins of the people who may look: each gets a subject of their own, and nobody else can use the credentials")
	}
	for i, user := range lock.Users {
		if kit.Has(in, "aws") && !awsSessionName.MatchString(user) {
			problems.Add(kit.Index("lock.users", i), "%q cannot be the name of an AWS session, which is the user's login: AWS takes 2 to 64 "+
				"letters, digits and _=,.@+-", user)
		}
	}
	return problems
}

var assignedScope = regexp.MustCompile(`^azure\.roleAssignments(\[\d+\])?(\.scope)?$`)

// scopePath is the path at which the user wrote what a role assignment was made from.
func scopePath(path string) string { return assignedScope.ReplaceAllString(path, "azure.scopes$1") }

// rules are those of an environment. Role assignments are given as scopes.
func rules() kit.Rules {
	read := environments.Rules(check)
	read.MustKnown = append(read.MustKnown, "azure.scopes")
	return read
}

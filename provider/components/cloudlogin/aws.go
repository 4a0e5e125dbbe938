package cloudlogin

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v7/go/aws/iam"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// AWSLogin is the AWS role that an environment or a deployment assumes.
type AWSLogin struct {
	Create              *bool                       `pulumi:"create,optional"`
	RoleARN             *kit.Out[string]            `pulumi:"roleArn,optional"`
	AccountID           *kit.Out[string]            `pulumi:"accountId,optional"`
	RoleName            *kit.Out[string]            `pulumi:"roleName,optional"`
	OIDCProviderARN     *kit.Out[string]            `pulumi:"oidcProviderArn,optional"`
	CreateOIDCProvider  *bool                       `pulumi:"createOidcProvider,optional"`
	OIDCAudiences       *kit.Out[[]string]          `pulumi:"oidcAudiences,optional" list:"set"`
	Path                *kit.Out[string]            `pulumi:"path,optional"`
	PermissionsBoundary *kit.Out[string]            `pulumi:"permissionsBoundary,optional"`
	ManagedPolicyARNs   *kit.Out[[]string]          `pulumi:"managedPolicyArns,optional" list:"set"`
	InlinePolicies      map[string]kit.Out[string]  `pulumi:"inlinePolicies,optional"`
	Duration            *kit.Out[string]            `pulumi:"duration,optional"`
	SessionName         *kit.Out[string]            `pulumi:"sessionName,optional"`
	PolicyARNs          *kit.Out[[]string]          `pulumi:"policyArns,optional" list:"set"`
	Tags                *kit.Out[map[string]string] `pulumi:"tags,optional"`
	TrustPolicy         *kit.Out[string]            `pulumi:"trustPolicy,optional"`
	TrustPolicyLimit    *kit.Out[int]               `pulumi:"trustPolicyLimit,optional"`
}

// Annotate describes the block.
func (l *AWSLogin) Annotate(a infer.Annotator) {
	a.SetToken("index", "AwsLogin")
	a.Describe(l, "The AWS role to assume. By default the role is created, with a trust policy that admits exactly the "+
		"subjects of this login. With `create: false` a role that exists is used, given by `roleArn`, or by `accountId` "+
		"and `roleName`; attach the output `awsTrustPolicy` to it. No AWS plugin is needed then.")
	a.Describe(&l.Create, "Whether to create the role and its policies. Default: true. It must be known at preview.")
	a.Describe(&l.RoleARN, "The ARN of a role that exists; goes with `create: false`.")
	a.Describe(&l.AccountID, "The AWS account's 12-digit id. For a role that exists it goes with `roleName`. For one that is "+
		"created, the ARN of the account's OIDC provider for Pulumi Cloud is computed from it.")
	a.Describe(&l.RoleName, "The role's name, at most 64 characters. Default, for a role that is created: chosen by Pulumi's auto-naming.")
	a.Describe(&l.OIDCProviderARN, "The ARN of the account's OIDC provider for Pulumi Cloud. An account has at most one.")
	a.Describe(&l.CreateOIDCProvider, "Whether to create the account's OIDC provider for Pulumi Cloud, with exactly the audience "+
		"of this login and `oidcAudiences`. An account has one at most, so give it once; every other login in the account takes "+
		"`oidcProviderArn` from the output `awsOidcProviderArn`, or `accountId`. It must be known at preview.")
	a.Describe(&l.OIDCAudiences, "Further audiences of the OIDC provider that is created, for the account's other logins: "+
		"`aws:<organization>` for environments, and `<organization>` for deployments and for environments of the legacy project "+
		"`default`. Order makes no difference.")
	a.Describe(&l.Path, "The role's path, such as `/pulumi/`.")
	a.Describe(&l.PermissionsBoundary, "The ARN of the policy that bounds the role's permissions.")
	a.Describe(&l.ManagedPolicyARNs, "The ARNs of all managed policies of the role. They are owned whole: one that is attached by hand is detached.")
	a.Describe(&l.InlinePolicies, "All inline policies of the role, name to JSON text. They are owned whole: one that is added by "+
		"hand is removed. The names must be known at preview.")
	a.Describe(&l.Duration, "How long the credentials are valid, from `15m` to `12h`. Default: `1h`.")
	a.Describe(&l.SessionName, "The name of the session in AWS's audit trail, 2 to 64 characters. Default: for an environment "+
		"`pulumi-${context.pulumi.user.login}`, which is whoever opens it; for deployments the names of project and stack. AWS "+
		"refuses an interpolated name that is longer, and the environment then does not open.")
	a.Describe(&l.PolicyARNs, "The ARNs of policies that narrow the session further than the role.")
	a.Describe(&l.Tags, "Tags of the role that is created.")
	a.Describe(&l.TrustPolicy, "The trust policy that a role which exists has, as JSON text; goes with `create: false`. Nothing is done "+
		"with it, but it is checked at preview: it must admit every way of opening this login, and each statement that allows has to trust "+
		"the account's OIDC provider for Pulumi Cloud alone, with exact values for audience and subject. Other principals, "+
		"patterns, other organizations and what the lock does not admit are refused.")
	a.Describe(&l.TrustPolicyLimit, "How many characters the account allows a trust policy: its quota \"Role trust policy length\", which "+
		"AWS raises on request to at most 4096. Default: 2048.")
}

func (l *AWSLogin) Cloud() Cloud { return awsCloud{} }

func (l *AWSLogin) Creates() bool { return ptr.Or(l.Create, true) }

// awsIdentity is the role of a login, created here or elsewhere.
type awsIdentity struct {
	block       *AWSLogin
	arn         kit.Out[string]
	providerARN kit.Out[string] // the OIDC provider that it trusts
	trustPolicy kit.Out[string]
	children    []pulumi.Resource
}

func (i awsIdentity) Ready() []pulumi.Resource { return i.children }

func (i awsIdentity) Describe(outputs *IdentityOutputs) {
	outputs.AWSRoleARN, outputs.AWSProviderARN, outputs.AWSTrustPolicy = kit.Present(i.arn), kit.Present(i.providerARN), kit.Present(i.trustPolicy)
}

func (l *AWSLogin) AnyIdentity() Identity {
	return awsIdentity{block: l, arn: kit.Known("arn:aws:iam::000000000000:role/any")}
}

// Identity creates the role, or computes what is known of one that exists.
func (l *AWSLogin) Identity(req Request) (Identity, error) {
	l = req.Required.Permissions.withAWS(l)
	if !l.Creates() {
		arn := l.existingARN()
		providerARN := l.providerARN(arn, req.Trust.Issuer)
		return awsIdentity{block: l, arn: arn, providerARN: providerARN, trustPolicy: l.trustPolicy(req.Trust, providerARN)}, nil
	}
	providerARN, err := l.oidcProvider(req)
	if err != nil {
		return nil, err
	}
	role := awsIdentity{block: l, providerARN: providerARN, trustPolicy: l.trustPolicy(req.Trust, providerARN)}
	made, err := iam.NewRole(req.Context, req.Name, l.roleArgs(role.trustPolicy, req.Required.SessionSeconds), pulumi.Parent(req.Parent))
	if err != nil {
		return nil, err
	}
	role.arn = pulumix.MustConvertTyped[string](made.Arn)
	inline := maps.Clone(l.InlinePolicies)
	if inline == nil {
		inline = map[string]kit.Out[string]{}
	}
	if req.Reads.Stores.UsesAWS() {
		inline[secretsPolicy] = AWSPolicy(req.Required.AWSReads, providerARN)
	}
	role.children, err = l.policies(req, made, inline)
	return role, err
}

// existingARN is the ARN of a role that was made elsewhere.
func (l *AWSLogin) existingARN() kit.Out[string] {
	if l.RoleARN != nil {
		return *l.RoleARN
	}
	where := pulumix.Apply2(kit.OrZero(l.OIDCProviderARN), kit.OrZero(l.RoleARN), PartitionOf)
	return pulumix.Apply4(*l.AccountID, *l.RoleName, kit.OrElse(l.Path, "/"), where, func(account, role, path, partition string) string {
		return "arn:" + partition + ":iam::" + account + ":role/" + strings.TrimPrefix(cleanPath(path)+role, "/")
	})
}

func cleanPath(path string) string {
	path = strings.Trim(path, "/")
	if path == "" {
		return "/"
	}
	return "/" + path + "/"
}

// providerARN is the OIDC provider that an existing role trusts: the one that is given, else the one that stands for
// the issuer in the role's account.
func (l *AWSLogin) providerARN(roleARN kit.Out[string], issuer string) kit.Out[string] {
	if l.OIDCProviderARN != nil {
		return *l.OIDCProviderARN
	}
	return pulumix.ApplyErr(roleARN, func(role string) (string, error) {
		partition, account, ok := arn.Account(role)
		if !ok {
			return "", problem.Problem{Path: "aws.roleArn", Reason: arn.BadRole(role)}
		}
		provider, err := oidc.OIDCProviderARN(account, issuer)
		return strings.Replace(provider, "arn:aws:", "arn:"+partition+":", 1), err
	})
}

// oidcProvider is the OIDC provider that a created role trusts.
func (l *AWSLogin) oidcProvider(req Request) (kit.Out[string], error) {
	switch {
	case l.OIDCProviderARN != nil:
		return *l.OIDCProviderARN, nil
	case ptr.Value(l.CreateOIDCProvider):
		made, err := iam.NewOpenIdConnectProvider(req.Context, req.Name, &iam.OpenIdConnectProviderArgs{
			Url:           pulumi.String(req.Trust.Issuer),
			ClientIdLists: pulumix.Apply2(req.Trust.audience, kit.OrZero(l.OIDCAudiences), audiences).Untyped().(pulumi.StringArrayOutput),
		}, pulumi.Parent(req.Parent))
		if err != nil {
			return kit.Out[string]{}, err
		}
		return pulumix.MustConvertTyped[string](made.Arn), nil
	default:
		return pulumix.ApplyErr(*l.AccountID, func(account string) (string, error) {
			return oidc.OIDCProviderARN(account, req.Trust.Issuer)
		}), nil
	}
}

// audiences are those of the OIDC provider: this login's own, then the others sorted, so that their order makes no difference.
func audiences(own string, further []string) []string {
	others := slices.DeleteFunc(slices.Sorted(slices.Values(further)), func(audience string) bool { return audience == own })
	return append([]string{own}, slices.Compact(others)...)
}

func (i awsIdentity) Login(attributes kit.Out[[]string]) kit.Out[esc.Login] {
	l := i.block
	return pulumix.Apply5Err(i.arn, kit.OrElse(l.SessionName, types.EnvironmentSessionName), kit.OrElse(l.Duration, "1h"), kit.OrZero(l.PolicyARNs), attributes,
		func(arn, session, duration string, policies, attributes []string) (esc.Login, error) {
			d, err := timetext.ParseDuration(duration)
			return esc.AWSLogin{RoleARN: arn, SessionName: session, Duration: d, PolicyARNs: policies, SubjectAttributes: attributes}, err
		})
}

func (l *AWSLogin) Needs(attributes kit.Out[[]string]) kit.Out[esc.Login] {
	return pulumix.Apply2Err(kit.OrElse(l.Duration, "1h"), attributes, func(duration string, attributes []string) (esc.Login, error) {
		d, err := timetext.ParseDuration(duration)
		return esc.AWSLogin{Duration: d, SubjectAttributes: attributes}, err
	})
}

func (i awsIdentity) Deployment(project, stack kit.Out[string]) pulumi.Map {
	session := pulumix.Apply3(project, stack, kit.OrZero(i.block.SessionName), func(project, stack, given string) string {
		if given != "" {
			return given
		}
		return arn.SessionName(project, stack)
	})
	login := kit.Properties{"roleArn": i.arn, "sessionName": session}
	kit.SetIf(login, "duration", i.block.Duration)
	kit.SetIf(login, "policyArns", i.block.PolicyARNs)
	return pulumi.Map(login)
}

// trustPolicy is the role's trust policy.
func (l *AWSLogin) trustPolicy(trust Trust, providerARN kit.Out[string]) kit.Out[string] {
	return pulumix.Apply4Err(trust.Subjects, trust.audience, providerARN, kit.OrZero(l.TrustPolicyLimit),
		func(subjects []string, audience, arn string, limit int) (string, error) {
			return oidc.AWSTrustPolicy(oidc.AWSTrust{
				Subjects: subjects, Audiences: []string{audience}, OIDCProviderARN: arn, Issuer: trust.Issuer, Limit: limit,
			})
		})
}

func (l *AWSLogin) ReplacedBy(kit.Out[[]string]) kit.Properties {
	all := kit.Properties{"aws.create": kit.Known("true"), "aws.path": pulumix.Apply(kit.OrZero(l.Path), cleanPath)}
	kit.SetIf(all, "aws.roleName", l.RoleName)
	if ptr.Value(l.CreateOIDCProvider) {
		all["aws.createOidcProvider"] = kit.Known("true")
	} else {
		all["aws.accountId"] = pulumix.Apply2(kit.OrZero(l.AccountID), kit.OrZero(l.OIDCProviderARN), accountOf)
	}
	return all
}

// accountOf is the account by its id, else that of an OIDC provider.
func accountOf(id, providerARN string) string {
	if _, account, ok := arn.Account(providerARN); id == "" && ok {
		return account
	}
	return id
}

func (l *AWSLogin) Granted(_ []string, reads Reads) map[string][]string {
	if !reads.Stores.UsesAWS() {
		return nil
	}
	return map[string][]string{"secrets": {secretsPolicy}}
}

func (l *AWSLogin) roleArgs(trustPolicy kit.Out[string], seconds kit.Out[*int]) *iam.RoleArgs {
	return &iam.RoleArgs{
		AssumeRolePolicy:    trustPolicy,
		Description:         pulumi.String("Assumed from Pulumi Cloud, by exactly the subjects in its trust policy."),
		Name:                stringPtr(l.RoleName),
		Path:                stringPtr(l.Path),
		PermissionsBoundary: stringPtr(l.PermissionsBoundary),
		MaxSessionDuration:  seconds.Untyped().(pulumi.IntPtrOutput),
		Tags:                stringMap(l.Tags),
	}
}

// MaxSessionSeconds lets the role's sessions last as long as the login asks for. AWS's own minimum and default, for which it is
// nil, is one hour.
func (l *AWSLogin) MaxSessionSeconds() kit.Out[*int] {
	if l == nil || l.Duration == nil {
		return kit.Known[*int](nil)
	}
	return pulumix.ApplyErr(*l.Duration, func(text string) (*int, error) {
		d, err := timetext.ParseDuration(text)
		seconds := int(max(d, time.Hour).Seconds())
		return &seconds, err
	})
}

// policies makes the role's policies and owns both kinds whole.
func (l *AWSLogin) policies(req Request, role *iam.Role, inline map[string]kit.Out[string]) ([]pulumi.Resource, error) {
	ctx, name, parent := req.Context, req.Name, req.Parent
	managed, err := iam.NewRolePolicyAttachmentsExclusive(ctx, name, &iam.RolePolicyAttachmentsExclusiveArgs{
		PolicyArns: kit.OrElse(l.ManagedPolicyARNs, []string{}).Untyped().(pulumi.StringArrayOutput),
		RoleName:   role.Name,
	}, pulumi.Parent(parent))
	if err != nil {
		return nil, err
	}
	ready := []pulumi.Resource{managed}
	names := pulumi.StringArray{}
	for _, key := range slices.Sorted(maps.Keys(inline)) {
		policy, err := iam.NewRolePolicy(ctx, kit.ChildName(name, key), &iam.RolePolicyArgs{
			Name:   pulumi.String(key),
			Role:   role.Name,
			Policy: inline[key],
		}, pulumi.Parent(parent))
		if err != nil {
			return nil, err
		}
		ready = append(ready, policy)
		names = append(names, pulumi.String(key))
	}
	exclusive, err := iam.NewRolePoliciesExclusive(ctx, name, &iam.RolePoliciesExclusiveArgs{
		PolicyNames: names,
		RoleName:    role.Name,
	}, pulumi.Parent(parent), pulumi.DependsOn(ready))
	return append(ready, exclusive), err
}

func stringPtr(in *kit.Out[string]) pulumi.StringPtrInput {
	if in == nil {
		return nil
	}
	return in.Untyped().(pulumi.StringOutput).ToStringPtrOutput()
}

func stringMap(in *kit.Out[map[string]string]) pulumi.StringMapInput {
	if in == nil {
		return nil
	}
	return in.Untyped().(pulumi.StringMapOutput)
}

func (l *AWSLogin) Permissions(*property.Map) pulumi.Map {
	all := pulumi.Map{}
	if l.ManagedPolicyARNs != nil {
		all[awsManagedPolicies] = pulumix.Apply(*l.ManagedPolicyARNs, byThemselves)
	}
	if len(l.InlinePolicies) > 0 {
		inline := pulumi.Map{}
		for name, policy := range l.InlinePolicies {
			inline[name] = policy
		}
		all[awsInlinePolicies] = inline
	}
	return all
}

func byThemselves(all []string) map[string]string {
	named := map[string]string{}
	for _, one := range all {
		named[one] = one
	}
	return named
}

// withAWS adds the policies that are kept to those of a role.
func (k keptPermissions) withAWS(login *AWSLogin) *AWSLogin {
	if len(k.all[awsManagedPolicies])+len(k.all[awsInlinePolicies]) == 0 {
		return login
	}
	with := *login
	for _, name := range k.names(awsManagedPolicies) {
		managed := pulumix.Apply2(kit.OrZero(with.ManagedPolicyARNs), k.value(awsManagedPolicies, name), func(all []string, one string) []string {
			return append(slices.Clone(all), one)
		})
		with.ManagedPolicyARNs = &managed
	}
	with.InlinePolicies = maps.Clone(login.InlinePolicies)
	for _, name := range k.names(awsInlinePolicies) {
		if with.InlinePolicies == nil {
			with.InlinePolicies = map[string]kit.Out[string]{}
		}
		with.InlinePolicies[name] = k.value(awsInlinePolicies, name)
	}
	return &with
}

// PartitionOf is the partition of AWS to which the ARNs belong.
func PartitionOf(provider, role string) string {
	return cmp.Or(arn.Partition(provider), arn.Partition(role), arn.Default)
}

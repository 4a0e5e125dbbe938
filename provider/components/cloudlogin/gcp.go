package cloudlogin

import (
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/googleid"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// GCPLogin is the Google service account that an environment or a deployment acts as.
type GCPLogin struct {
	Create           *bool              `pulumi:"create,optional"`
	Project          *kit.Out[string]   `pulumi:"project,optional"`
	ProjectNumber    *kit.Out[string]   `pulumi:"projectNumber,optional"`
	WorkloadPoolID   *kit.Out[string]   `pulumi:"workloadPoolId,optional"`
	CreatePool       *bool              `pulumi:"createPool,optional"`
	ProviderID       *kit.Out[string]   `pulumi:"providerId,optional"`
	ServiceAccount   *kit.Out[string]   `pulumi:"serviceAccount,optional"`
	ServiceAccountID *kit.Out[string]   `pulumi:"serviceAccountId,optional"`
	Roles            *kit.Out[[]string] `pulumi:"roles,optional" list:"set"`
	TokenLifetime    *kit.Out[string]   `pulumi:"tokenLifetime,optional"`
}

// Annotate describes the block.
func (l *GCPLogin) Annotate(a infer.Annotator) {
	a.SetToken("index", "GcpLogin")
	a.Describe(l, "The Google service account to act as. By default it is created, together with a provider of a workload identity "+
		"pool whose condition admits exactly the subjects of this login, and with a binding for each of them. With `create: false` "+
		"a provider and a service account that exist are used, given by `providerId` and `serviceAccount`; give the provider what the "+
		"output `gcpWorkloadIdentityProvider` says, and the role `roles/iam.workloadIdentityUser` on the service account to exactly "+
		"`gcpPrincipals`. No Google Cloud plugin is needed then.")
	a.Describe(&l.Create, "Whether to create the provider, the service account and its bindings. Default: true. It must be known at preview.")
	a.Describe(&l.Project, "The id of the project, such as `acme-prod`, that holds the pool and the service account. Required for what is "+
		"created. It is exported to gcloud as `CLOUDSDK_CORE_PROJECT`.")
	a.Describe(&l.ProjectNumber, "The number of the same project, such as `123456789012`, by which Google names pools and principals. Required.")
	a.Describe(&l.WorkloadPoolID, "The id of the workload identity pool, such as `pulumi`. Required. All providers of a pool share their "+
		"principals, so use one whose providers you trust alike.")
	a.Describe(&l.CreatePool, "Whether to create the pool. Give it once per pool; everything else names the same `workloadPoolId`. It "+
		"must be known at preview.")
	a.Describe(&l.ProviderID, "The id of the pool's provider, 4 to 32 lower-case letters, digits and dashes. Default, for one that is "+
		"created: made from the names of project and environment, or of project and stack. Google keeps the id of a provider that was "+
		"deleted for 30 days.")
	a.Describe(&l.ServiceAccount, "The email address of a service account that exists; goes with `create: false`.")
	a.Describe(&l.ServiceAccountID, "The id of the service account that is created, 6 to 30 lower-case letters, digits and dashes. "+
		"Default: made from the same names as `providerId`.")
	a.Describe(&l.Roles, "The roles that the service account that is created has on the project, such as `roles/viewer`. Without any it can "+
		"do nothing; grant it roles on single resources by the output `gcpServiceAccount`. How many there are must be known at preview. "+
		"Order and duplicates make no difference.")
	a.Describe(&l.TokenLifetime, "How long the credentials live, up to `12h`. Default: Google's, `1h`, which is also the most that it allows "+
		"unless the organization policy `iam.allowServiceAccountCredentialLifetimeExtension` names the service account.")
}

func (l *GCPLogin) Cloud() Cloud { return gcpCloud{} }

func (l *GCPLogin) Creates() bool { return ptr.Or(l.Create, true) }

// gcpIdentity is the service account of a login, created here or elsewhere.
type gcpIdentity struct {
	block                             *GCPLogin
	projectNumber, poolID, providerID kit.Out[string]
	serviceAccount                    kit.Out[string]
	provider                          kit.Out[oidc.GoogleWorkloadIdentity] // of the pool, and who it admits
	condition                         kit.Out[string]
	principals                        kit.Out[[]string]
	children                          []pulumi.Resource
}

func (i gcpIdentity) Ready() []pulumi.Resource { return i.children }

func (i gcpIdentity) Describe(outputs *IdentityOutputs) {
	outputs.GCPServiceAccount = kit.Present(i.serviceAccount)
	outputs.GCPWorkloadIdentityProvider = kit.Present(pulumix.ApplyErr(i.provider, oidc.Document[oidc.GoogleWorkloadIdentity]))
	outputs.GCPAttributeCondition, outputs.GCPPrincipals = kit.Present(i.condition), i.principals
}

func (l *GCPLogin) AnyIdentity() Identity {
	return gcpIdentity{
		block: l, projectNumber: kit.Known("1"), poolID: kit.Known("anything"), providerID: kit.Known("anything"),
		serviceAccount: kit.Known("anything@anything.iam.gserviceaccount.com"),
	}
}

// Identity creates the service account and who may act as it, or passes on what is given of one that exists.
func (l *GCPLogin) Identity(req Request) (Identity, error) {
	made := l.trusted(req.Trust)
	if !l.Creates() {
		made.providerID, made.serviceAccount = *l.ProviderID, *l.ServiceAccount
		return made, nil
	}
	made.providerID = kit.OrElseOutput(l.ProviderID, defaultGoogleID(req.Trust.Names, googleid.MaxPoolID))
	under := gcpParent{Construction: req.Construction, project: *l.Project}
	if err := under.identity(&made, gcpRoleNames(req.block), req); err != nil {
		return nil, err
	}
	readers, err := under.readers(made, req.Reads)
	made.children = append(made.children, readers...)
	return made, err
}

// trusted is what Google is to trust, wherever it is made.
func (l *GCPLogin) trusted(trust Trust) gcpIdentity {
	identity := gcpIdentity{block: l, projectNumber: *l.ProjectNumber, poolID: *l.WorkloadPoolID}
	identity.provider = googleProvider(trust, identity.projectNumber, identity.poolID)
	identity.condition = pulumix.Apply(identity.provider, func(w oidc.GoogleWorkloadIdentity) string { return w.AttributeCondition })
	identity.principals = pulumix.Apply(identity.provider, func(w oidc.GoogleWorkloadIdentity) []string {
		members := make([]string, len(w.Principals))
		for i, principal := range w.Principals {
			members[i] = principal.Member
		}
		return members
	})
	return identity
}

// googleProvider is the provider of the pool, and who it admits.
func googleProvider(trust Trust, projectNumber, poolID kit.Out[string]) kit.Out[oidc.GoogleWorkloadIdentity] {
	return pulumix.Apply4Err(trust.Subjects, trust.audience, projectNumber, poolID,
		func(subjects []string, audience, number, pool string) (oidc.GoogleWorkloadIdentity, error) {
			return oidc.GoogleWorkloadIdentityFor(oidc.GoogleTrust{
				Subjects: subjects, Audience: audience, Issuer: trust.Issuer, Pool: oidc.GooglePool(number, pool),
			})
		})
}

func defaultGoogleID(names kit.Out[[]string], limit int) kit.Out[string] {
	return pulumix.Apply(names, func(names []string) string { return googleid.ID(limit, names...) })
}

func (i gcpIdentity) Login(attributes kit.Out[[]string]) kit.Out[esc.Login] {
	where := pulumix.Apply5(i.projectNumber, kit.OrZero(i.block.Project), i.poolID, i.providerID, i.serviceAccount,
		func(number, project, pool, provider, account string) esc.GCPLogin {
			return esc.GCPLogin{Project: number, ProjectName: project, WorkloadPoolID: pool, ProviderID: provider, ServiceAccount: account}
		})
	return pulumix.Apply3Err(where, kit.OrZero(i.block.TokenLifetime), attributes,
		func(login esc.GCPLogin, lifetime string, attributes []string) (esc.Login, error) {
			if lifetime != "" {
				d, err := timetext.ParseDuration(lifetime)
				if err != nil {
					return nil, err
				}
				login.TokenLifetime = d
			}
			login.SubjectAttributes = attributes
			return login, nil
		})
}

func (l *GCPLogin) Needs(attributes kit.Out[[]string]) kit.Out[esc.Login] {
	return pulumix.Apply(attributes, func(attributes []string) esc.Login { return esc.GCPLogin{Project: "1", SubjectAttributes: attributes} })
}

func (i gcpIdentity) Deployment(_, _ kit.Out[string]) pulumi.Map {
	login := kit.Properties{
		"projectId": i.projectNumber, "workloadPoolId": i.poolID, "providerId": i.providerID, "serviceAccount": i.serviceAccount,
	}
	kit.SetIf(login, "tokenLifetime", i.block.TokenLifetime)
	return pulumi.Map(login)
}

func (l *GCPLogin) ReplacedBy(names kit.Out[[]string]) kit.Properties {
	all := kit.Properties{
		"gcp.create": kit.Known("true"), "gcp.project": *l.Project, "gcp.projectNumber": *l.ProjectNumber, "gcp.workloadPoolId": *l.WorkloadPoolID,
		"gcp.providerId":       kit.OrElseOutput(l.ProviderID, defaultGoogleID(names, googleid.MaxPoolID)),
		"gcp.serviceAccountId": kit.OrElseOutput(l.ServiceAccountID, defaultGoogleID(names, googleid.MaxAccountID)),
	}
	if ptr.Value(l.CreatePool) {
		all["gcp.createPool"] = kit.Known("true")
	}
	return all
}

func (l *GCPLogin) Granted(_ []string, reads Reads) map[string][]string {
	return map[string][]string{"secrets.googleSecretManager": gcpReaderNames(reads.Block)}
}

// gcpCloud is Google Cloud.
type gcpCloud struct{}

func (gcpCloud) Name() string { return "gcp" }

func (gcpCloud) Title() string { return "Google Cloud" }

func (gcpCloud) MustKnown() []string { return []string{"create", "createPool", "roles"} }

func (gcpCloud) Blocks() []string { return nil }

func (gcpCloud) Audience(all types.Audiences) string { return all.GCP }

func (gcpCloud) Planned(_ property.Map, attributes []string) esc.Login {
	return esc.GCPLogin{
		Project: "123456789012", ProjectName: "stand-in", WorkloadPoolID: "stand-in", ProviderID: "stand-in",
		ServiceAccount: "stand-in@stand-in.iam.gserviceaccount.com", SubjectAttributes: attributes,
	}
}

func (gcpCloud) Check(block property.Map) problem.List {
	problems := checkExistingGCP(block)
	if CreatesIdentity(&block) {
		problems = checkCreatedGCP(block)
	}
	checkGCPValues(block, &problems)
	problems.AddElsewhere(checkEmptyTexts(block))
	return problems
}

func checkExistingGCP(block property.Map) problem.List {
	return append(
		kit.Required(block, "is required with create: false", "projectNumber", "workloadPoolId", "providerId", "serviceAccount"),
		kit.Forbidden(block, "has no effect on what exists: remove it, or create: false", "createPool", "serviceAccountId", "roles")...)
}

func checkCreatedGCP(block property.Map) problem.List {
	return append(
		kit.Required(block, "is required: give it, or create: false to use what exists", "project", "projectNumber", "workloadPoolId"),
		kit.Forbidden(block, "is that of a service account that exists: add create: false, or remove it to create one", "serviceAccount")...)
}

// checkGCPValues checks the form of the values that are given.
func checkGCPValues(block property.Map, problems *problem.List) {
	for name, bad := range map[string]func(string) string{
		"project": googleid.BadProjectID, "projectNumber": googleid.BadProject, "workloadPoolId": googleid.BadPoolID,
		"providerId": googleid.BadPoolID, "serviceAccount": googleid.BadServiceAccount, "serviceAccountId": googleid.BadAccountID,
	} {
		if text := kit.ValueOf[string](block, name); text != nil {
			problems.AddReason(name, bad(*text))
		}
	}
	if lifetime := kit.ValueOf[string](block, "tokenLifetime"); lifetime != nil {
		if d, err := timetext.ParseDuration(*lifetime); err != nil {
			problems.AddReason("tokenLifetime", err.Error())
		} else {
			problems.AddReason("tokenLifetime", googleid.BadLifetime(d))
		}
	}
	if roles := kit.ValueOf[[]string](block, "roles"); roles != nil {
		for i, role := range *roles {
			problems.AddReason(kit.Index("roles", i), googleid.BadRole(role))
		}
	}
}

func (gcpCloud) CheckTrust(_ property.Map, planned PlannedTrust) problem.List {
	_, err := oidc.GoogleWorkloadIdentityFor(oidc.GoogleTrust{Subjects: planned.Subjects, Audience: planned.audience, Issuer: planned.Issuer})
	return planned.problems(err)
}

func (l *GCPLogin) Permissions(block *property.Map) pulumi.Map {
	given := pulumi.Map{}
	distinct := pulumix.Apply(kit.OrZero(l.Roles), kit.Distinct)
	for i, name := range gcpRoleNames(block) {
		given[name] = pulumix.Apply(distinct, func(all []string) string { return all[i] })
	}
	return permissionsAt(gcpRoles, given)
}

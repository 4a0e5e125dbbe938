package components

import (
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/googleid"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// GCPLogin is the Google service account that an environment or a deployment acts as.
type GCPLogin struct {
	Create           *bool          `pulumi:"create,optional"`
	Project          *out[string]   `pulumi:"project,optional"`
	ProjectNumber    *out[string]   `pulumi:"projectNumber,optional"`
	WorkloadPoolID   *out[string]   `pulumi:"workloadPoolId,optional"`
	CreatePool       *bool          `pulumi:"createPool,optional"`
	ProviderID       *out[string]   `pulumi:"providerId,optional"`
	ServiceAccount   *out[string]   `pulumi:"serviceAccount,optional"`
	ServiceAccountID *out[string]   `pulumi:"serviceAccountId,optional"`
	Roles            *out[[]string] `pulumi:"roles,optional" list:"set"`
	TokenLifetime    *out[string]   `pulumi:"tokenLifetime,optional"`
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

func (l *GCPLogin) creates() bool { return l.Create == nil || *l.Create }

// gcpTrust is who may act as a service account. Names are those of the environment or stack, for default ids.
type gcpTrust struct {
	subjects out[[]string]
	audience out[string]
	issuer   string
	names    out[[]string]
	kept     keptPermissions
}

// gcpIdentity is the service account of a login, made here or elsewhere.
type gcpIdentity struct {
	projectNumber, poolID, providerID out[string]
	serviceAccount                    out[string]
	condition                         out[string]
	provider                          out[string] // of the pool, as JSON
	principals                        out[[]string]
	ready                             []pulumi.Resource // what must exist before the identity can be used
}

// gcpOutputs are what a component says of its Google identity; nothing when it has none.
type gcpOutputs struct {
	serviceAccount, provider, condition out[*string]
	principals                          out[[]string]
}

func noGCPOutputs() gcpOutputs {
	nothing := known[*string](nil)
	return gcpOutputs{serviceAccount: nothing, provider: nothing, condition: nothing, principals: known[[]string](nil)}
}

func (i gcpIdentity) outputs() gcpOutputs {
	return gcpOutputs{
		serviceAccount: present(i.serviceAccount), provider: present(i.provider), condition: present(i.condition), principals: i.principals,
	}
}

// What the outputs say, in every component that has them.
const (
	gcpServiceAccountHelp = "The email address of the Google service account, if there is a login to Google Cloud."
	gcpProviderHelp       = "The provider of the workload identity pool that admits exactly the subjects: JSON text, as Google's API takes it. " +
		"One that is created is so already; make the one that you bring so."
	gcpConditionHelp  = "The attribute condition of that provider, in CEL: it admits the subjects and no other."
	gcpPrincipalsHelp = "One principal for each subject, to have the role `roles/iam.workloadIdentityUser` on the service account. One " +
		"that is created has exactly these bindings already."
)

// gcpIdentity makes the service account and who may act as it, or passes on what is given of one that exists.
func (f Factory) gcpIdentity(
	ctx *pulumi.Context, name string, parent pulumi.Resource, login *GCPLogin, roles []string, trust gcpTrust,
) (gcpIdentity, error) {
	identity := login.trusted(trust)
	if !login.creates() {
		identity.providerID, identity.serviceAccount = *login.ProviderID, *login.ServiceAccount
		return identity, nil
	}
	identity.providerID = orElseOutput(login.ProviderID, defaultGoogleID(trust.names, googleid.MaxPoolID))
	under := gcpParent{ctx: ctx, name: name, parent: parent, project: *login.Project}
	return identity, under.identity(login, &identity, roles, trust)
}

// trusted is what Google is to trust, wherever it is made.
func (l *GCPLogin) trusted(trust gcpTrust) gcpIdentity {
	identity := gcpIdentity{projectNumber: *l.ProjectNumber, poolID: *l.WorkloadPoolID}
	written := trust.written(identity.projectNumber, identity.poolID)
	identity.condition = pulumix.Apply(written, func(w oidc.GoogleWorkloadIdentity) string { return w.AttributeCondition })
	identity.provider = pulumix.ApplyErr(written, oidc.Document[oidc.GoogleWorkloadIdentity])
	identity.principals = pulumix.Apply(written, func(w oidc.GoogleWorkloadIdentity) []string {
		members := make([]string, len(w.Principals))
		for i, principal := range w.Principals {
			members[i] = principal.Member
		}
		return members
	})
	return identity
}

// written is the provider of the pool, and who it admits.
func (t gcpTrust) written(projectNumber, poolID out[string]) out[oidc.GoogleWorkloadIdentity] {
	return pulumix.Apply4Err(t.subjects, t.audience, projectNumber, poolID,
		func(subjects []string, audience, number, pool string) (oidc.GoogleWorkloadIdentity, error) {
			return oidc.GoogleWorkloadIdentityFor(oidc.GoogleTrust{
				Subjects: subjects, Audience: audience, Issuer: t.issuer, Pool: oidc.GooglePool(number, pool),
			})
		})
}

func defaultGoogleID(names out[[]string], limit int) out[string] {
	return pulumix.Apply(names, func(names []string) string { return googleid.ID(limit, names...) })
}

// login is the login that produces exactly the subjects which the provider admits: both are made from the same lock.
func (i gcpIdentity) login(block *GCPLogin, lock out[types.Lock]) out[esc.Login] {
	where := pulumix.Apply5(i.projectNumber, orZero(block.Project), i.poolID, i.providerID, i.serviceAccount,
		func(number, project, pool, provider, account string) esc.GCPLogin {
			return esc.GCPLogin{Project: number, ProjectName: project, WorkloadPoolID: pool, ProviderID: provider, ServiceAccount: account}
		})
	return pulumix.Apply3Err(where, orZero(block.TokenLifetime), lock,
		func(login esc.GCPLogin, lifetime string, lock types.Lock) (esc.Login, error) {
			if lifetime != "" {
				d, err := timetext.ParseDuration(lifetime)
				if err != nil {
					return nil, err
				}
				login.TokenLifetime = d
			}
			parsed, err := lock.Parse()
			login.SubjectAttributes = oidc.SubjectAttributes(parsed)
			return login, err
		})
}

// deployment is the login in deployment settings.
func (i gcpIdentity) deployment(block *GCPLogin) pulumi.Map {
	login := properties{
		"projectId": i.projectNumber, "workloadPoolId": i.poolID, "providerId": i.providerID, "serviceAccount": i.serviceAccount,
	}
	setIf(login, "tokenLifetime", block.TokenLifetime)
	return pulumi.Map(login)
}

// checkGCP judges a gcp block, with paths below path.
func checkGCP(path string, block property.Map) []access.Problem {
	var problems []access.Problem
	say := func(name, reason string) {
		if reason != "" {
			problems = append(problems, access.Problem{Path: problem.Join(path, name), Reason: reason})
		}
	}
	create := valueOf[bool](block, "create")
	exists := create != nil && !*create
	required, forbidden, why := []string{"project", "projectNumber", "workloadPoolId"}, []string{"serviceAccount"},
		"is that of a service account that exists: add create: false, or remove it to create one"
	if exists {
		required, forbidden, why = []string{"projectNumber", "workloadPoolId", "providerId", "serviceAccount"},
			[]string{"createPool", "serviceAccountId", "roles"}, "has no effect on what exists: remove it, or create: false"
	}
	for _, name := range required {
		if !has(block, name) {
			say(name, "is required"+map[bool]string{true: " with create: false", false: ": give it, or create: false to use what exists"}[exists])
		}
	}
	for _, name := range forbidden {
		if has(block, name) {
			say(name, why)
		}
	}
	checkGCPValues(block, say)
	return withoutRepeats(problems, checkEmptyTexts(path, block))
}

// checkGCPValues judges the values that are given, wherever they have a form.
func checkGCPValues(block property.Map, say func(name, reason string)) {
	for name, bad := range map[string]func(string) string{
		"project": googleid.BadProjectID, "projectNumber": googleid.BadProject, "workloadPoolId": googleid.BadPoolID,
		"providerId": googleid.BadPoolID, "serviceAccount": googleid.BadServiceAccount, "serviceAccountId": googleid.BadAccountID,
	} {
		if text := valueOf[string](block, name); text != nil {
			say(name, bad(*text))
		}
	}
	if lifetime := valueOf[string](block, "tokenLifetime"); lifetime != nil {
		if d, err := timetext.ParseDuration(*lifetime); err != nil {
			say("tokenLifetime", err.Error())
		} else {
			say("tokenLifetime", googleid.BadLifetime(d))
		}
	}
	if roles := valueOf[[]string](block, "roles"); roles != nil {
		for i, role := range *roles {
			say(index("roles", i), googleid.BadRole(role))
		}
	}
}

// checkGoogleTrust refuses subjects that Google would not take, at the input that names are made from, or that there would
// be too many of, at the input that says how many there are.
func checkGoogleTrust(names, many string, subjects []string, audience, issuer string) []access.Problem {
	_, err := oidc.GoogleWorkloadIdentityFor(oidc.GoogleTrust{Subjects: subjects, Audience: audience, Issuer: issuer})
	return trustProblems(names, many, err)
}

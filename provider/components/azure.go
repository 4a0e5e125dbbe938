package components

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/azureid"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// AzureLogin is the Azure identity that an environment or a deployment logs in to.
type AzureLogin struct {
	Create            *bool                             `pulumi:"create,optional"`
	ClientID          *out[string]                      `pulumi:"clientId,optional"`
	TenantID          *out[string]                      `pulumi:"tenantId,optional"`
	SubscriptionID    *out[string]                      `pulumi:"subscriptionId,optional"`
	ResourceGroupName *out[string]                      `pulumi:"resourceGroupName,optional"`
	IdentityName      *out[string]                      `pulumi:"identityName,optional"`
	Location          *out[string]                      `pulumi:"location,optional"`
	RoleAssignments   *out[[]types.AzureRoleAssignment] `pulumi:"roleAssignments,optional" list:"set"`
	Tags              *out[map[string]string]           `pulumi:"tags,optional"`
}

// Annotate describes the block.
func (l *AzureLogin) Annotate(a infer.Annotator) {
	a.SetToken("index", "AzureLogin")
	a.Describe(l, "The Azure identity to log in to. By default a user-assigned managed identity is created, with one federated "+
		"credential for each subject of this login. With `create: false` an identity that exists is used, given by `clientId`; "+
		"attach the credentials of the output `azureFederatedCredentials` to it. No Azure plugin is needed then.")
	a.Describe(&l.Create, "Whether to create the identity, its federated credentials and its role assignments. Default: true. It must "+
		"be known at preview.")
	a.Describe(&l.ClientID, "The client id of an identity that exists; goes with `create: false`.")
	a.Describe(&l.TenantID, "The id of the identity's tenant. Default, for an identity that is created: the tenant that it is created in.")
	a.Describe(&l.SubscriptionID, "The id of the subscription to work in. Default, for an identity that is created: the subscription "+
		"that it is created in.")
	a.Describe(&l.ResourceGroupName, "The name of the resource group to create the identity in. Required for one that is created.")
	a.Describe(&l.IdentityName, "The identity's name, 3 to 128 characters. Default, for an identity that is created: chosen by Pulumi's auto-naming.")
	a.Describe(&l.Location, "The region to create the identity in, such as `westeurope`. Default: the resource group's.")
	a.Describe(&l.RoleAssignments, "The roles of the identity that is created, each at the scope where it is needed. Without any it can do "+
		"nothing. How many there are must be known at preview. Order makes no difference.")
	a.Describe(&l.Tags, "Tags of the identity that is created.")
}

func (l *AzureLogin) creates() bool { return l.Create == nil || *l.Create }

// azureTrust is who may log in to an identity. Each subject of the program becomes a federated credential, so names, what
// resources are called by, are needed before the subjects may be known: one for each of these, in their order. Both are made
// from the same inputs by the same function. Subjects are those, and what is held for a live definition besides.
type azureTrust struct {
	subjects out[[]string]
	declared out[[]string]
	names    []string
	audience out[string]
	issuer   string
}

// azureIdentity is the identity of a login, made here or elsewhere.
type azureIdentity struct {
	clientID, tenantID, subscriptionID out[string]
	credentials                        out[string]       // the federated credentials, as JSON
	ready                              []pulumi.Resource // what must exist before the identity can be used
}

// azureIdentity makes the identity, or passes on what is given of one that exists.
func (f Factory) azureIdentity(
	ctx *pulumi.Context, name string, parent pulumi.Resource, login *AzureLogin, assigned azureRoles, trust azureTrust,
) (azureIdentity, error) {
	credentials := trust.credentials(trust.subjects)
	document := pulumix.ApplyErr(credentials, oidc.Document[[]oidc.AzureFederatedCredential])
	if !login.creates() {
		return azureIdentity{
			clientID: *login.ClientID, tenantID: *login.TenantID, subscriptionID: *login.SubscriptionID, credentials: document,
		}, nil
	}
	under := azureParent{ctx: ctx, name: name, parent: parent, group: *login.ResourceGroupName}
	made, err := under.identity(login)
	if err != nil {
		return azureIdentity{}, err
	}
	ready, err := under.credentials(made, trust.credentials(trust.declared), trust.names)
	if err != nil {
		return azureIdentity{}, err
	}
	roles, err := under.roleAssignments(made, assigned)
	return azureIdentity{
		clientID:       pulumix.MustConvertTyped[string](made.ClientID),
		tenantID:       orElseOutput(login.TenantID, pulumix.MustConvertTyped[string](made.TenantID)),
		subscriptionID: orElseOutput(login.SubscriptionID, pulumix.ApplyErr(made.id(), subscriptionOf)),
		credentials:    document,
		ready:          append(ready, roles...),
	}, err
}

func subscriptionOf(id string) (string, error) {
	if subscription := azureid.SubscriptionOf(id); subscription != "" {
		return subscription, nil
	}
	return "", problem.Problem{
		Path: "azure.subscriptionId", Reason: fmt.Sprintf("the identity's id, %q, names no subscription: give subscriptionId", id),
	}
}

// credentials are the federated credentials that admit subjects, in the order of these.
func (t azureTrust) credentials(subjects out[[]string]) out[[]oidc.AzureFederatedCredential] {
	return pulumix.Apply2Err(subjects, t.audience, func(subjects []string, audience string) ([]oidc.AzureFederatedCredential, error) {
		return oidc.AzureFederatedCredentials(oidc.AzureTrust{Subjects: subjects, Audience: audience, Issuer: t.issuer})
	})
}

// login is the login that produces exactly the subjects which the credentials admit: both are made from the same lock.
func (i azureIdentity) login(lock out[types.Lock]) out[esc.Login] {
	return pulumix.Apply4Err(i.clientID, i.tenantID, i.subscriptionID, lock,
		func(client, tenant, subscription string, lock types.Lock) (esc.Login, error) {
			parsed, err := lock.Parse()
			return esc.AzureLogin{
				ClientID: client, TenantID: tenant, SubscriptionID: subscription, SubjectAttributes: oidc.SubjectAttributes(parsed),
			}, err
		})
}

// deployment is the login in deployment settings.
func (i azureIdentity) deployment() pulumi.Map {
	return pulumi.Map{"clientId": i.clientID, "tenantId": i.tenantID, "subscriptionId": i.subscriptionID}
}

// blockAt is the block at a path of the inputs; nil if there is none, or it is not known.
func blockAt(inputs property.Map, path ...string) *property.Map {
	for _, name := range path {
		value, ok := inputs.GetOk(name)
		if !ok || !value.IsMap() {
			return nil
		}
		inputs = value.AsMap()
	}
	return &inputs
}

// createsAzure says whether an azure block asks for an identity, whose credentials are one child for each subject.
func createsAzure(inputs property.Map, path ...string) bool {
	block := blockAt(inputs, path...)
	if block == nil {
		return false
	}
	create := valueOf[bool](*block, "create")
	return create == nil || *create
}

// onlyCreatedAzure are the properties that say something of an identity that is created, and nothing of one that exists.
var onlyCreatedAzure = []string{"resourceGroupName", "identityName", "location", "roleAssignments", "tags"}

// checkAzure judges an azure block, with paths below path.
func checkAzure(path string, block property.Map) []access.Problem {
	var problems []access.Problem
	say := func(name, reason string) {
		if reason != "" {
			problems = append(problems, access.Problem{Path: problem.Join(path, name), Reason: reason})
		}
	}
	switch create := block.Get("create"); {
	case create.IsComputed(): // which is refused already
	case create.IsBool() && !create.AsBool():
		checkExistingAzure(block, say)
	default:
		checkCreatedAzure(block, say)
	}
	for _, name := range []string{"clientId", "tenantId", "subscriptionId"} {
		if has(block, name) {
			say(name, azureid.Bad(textOf(block, name)))
		}
	}
	return withoutRepeats(problems, checkEmptyTexts(path, block))
}

func checkExistingAzure(block property.Map, say func(name, reason string)) {
	for _, name := range []string{"clientId", "tenantId", "subscriptionId"} {
		if !has(block, name) {
			say(name, "with create: false, give clientId, tenantId and subscriptionId")
		}
	}
	for _, name := range onlyCreatedAzure {
		if has(block, name) {
			say(name, "has no effect on an identity that exists: remove it, or create: false")
		}
	}
}

func checkCreatedAzure(block property.Map, say func(name, reason string)) {
	if has(block, "clientId") {
		say("clientId", "is that of an identity that exists: add create: false, or remove it to create one")
	}
	if !has(block, "resourceGroupName") {
		say("resourceGroupName", "is required, to create the identity in: give it, or create: false to use an identity that exists")
	} else {
		say("resourceGroupName", azureid.BadResourceGroup(textOf(block, "resourceGroupName")))
	}
	if has(block, "identityName") {
		say("identityName", azureid.BadIdentityName(textOf(block, "identityName")))
	}
	if assignments := valueOf[[]types.AzureRoleAssignment](block, "roleAssignments"); assignments != nil {
		for i, assignment := range *assignments {
			for _, one := range assignment.Check() {
				say(problem.Join(index("roleAssignments", i), one.Path), one.Reason)
			}
		}
	}
}

// checkAzureTrust refuses subjects that Azure would not take, at the input that names are made from, or that there would
// be too many of, at the input that says how many there are.
func checkAzureTrust(names, many string, subjects []string, audience, issuer string) []access.Problem {
	_, err := oidc.AzureFederatedCredentials(oidc.AzureTrust{Subjects: subjects, Audience: audience, Issuer: issuer})
	return trustProblems(names, many, err)
}

// trustProblems are what is wrong with the subjects of a login, at the input that names are made from, or, when there are
// too many of them, at the input that says how many there are.
func trustProblems(names, many string, err error) []access.Problem {
	var problems []access.Problem
	for _, one := range problem.Of(err) {
		path := names
		if one.Path == "subjects" {
			path = many
		}
		// Subjects of one login are too long together.
		if !slices.ContainsFunc(problems, func(said access.Problem) bool { return said.Path == path }) {
			problems = append(problems, access.Problem{Path: path, Reason: one.Reason})
		}
	}
	return problems
}

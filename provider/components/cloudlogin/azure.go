package cloudlogin

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/azureid"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// AzureLogin is the Azure identity that an environment or a deployment logs in to.
type AzureLogin struct {
	Create            *bool                                 `pulumi:"create,optional"`
	ClientID          *kit.Out[string]                      `pulumi:"clientId,optional"`
	TenantID          *kit.Out[string]                      `pulumi:"tenantId,optional"`
	SubscriptionID    *kit.Out[string]                      `pulumi:"subscriptionId,optional"`
	ResourceGroupName *kit.Out[string]                      `pulumi:"resourceGroupName,optional"`
	IdentityName      *kit.Out[string]                      `pulumi:"identityName,optional"`
	Location          *kit.Out[string]                      `pulumi:"location,optional"`
	RoleAssignments   *kit.Out[[]types.AzureRoleAssignment] `pulumi:"roleAssignments,optional" list:"set"`
	Tags              *kit.Out[map[string]string]           `pulumi:"tags,optional"`
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

func (l *AzureLogin) Cloud() Cloud { return azureCloud{} }

func (l *AzureLogin) Creates() bool { return ptr.Or(l.Create, true) }

// azureIdentity is the identity of a login, created here or elsewhere.
type azureIdentity struct {
	clientID, tenantID, subscriptionID kit.Out[string]
	credentials                        kit.Out[string] // the federated credentials, as JSON
	children                           []pulumi.Resource
}

func (i azureIdentity) Ready() []pulumi.Resource { return i.children }

func (i azureIdentity) Describe(outputs *IdentityOutputs) {
	outputs.AzureClientID, outputs.AzureFederatedCredentials = kit.Present(i.clientID), kit.Present(i.credentials)
}

func (l *AzureLogin) AnyIdentity() Identity {
	id := kit.Known("00000000-0000-0000-0000-000000000000")
	return azureIdentity{clientID: id, tenantID: id, subscriptionID: id}
}

// Identity creates the identity, or passes on what is given of one that exists.
func (l *AzureLogin) Identity(req Request) (Identity, error) {
	document := pulumix.ApplyErr(azureCredentials(req.Trust, req.Trust.Subjects), oidc.Document[[]oidc.AzureFederatedCredential])
	if !l.Creates() {
		return azureIdentity{clientID: *l.ClientID, tenantID: *l.TenantID, subscriptionID: *l.SubscriptionID, credentials: document}, nil
	}
	under := azureParent{Construction: req.Construction, group: *l.ResourceGroupName}
	made, err := under.identity(l)
	if err != nil {
		return nil, err
	}
	ready, err := under.credentials(made, azureCredentials(req.Trust, req.Trust.Declared), req.Trust.Children)
	if err != nil {
		return nil, err
	}
	roles, err := under.roleAssignments(made, req.Required.Permissions.withAzure(l.assigned(req.block, req.Reads)))
	return azureIdentity{
		clientID:       pulumix.MustConvertTyped[string](made.ClientID),
		tenantID:       kit.OrElseOutput(l.TenantID, pulumix.MustConvertTyped[string](made.TenantID)),
		subscriptionID: kit.OrElseOutput(l.SubscriptionID, pulumix.ApplyErr(made.id(), subscriptionOf)),
		credentials:    document,
		children:       append(ready, roles...),
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

// azureCredentials are the federated credentials that admit subjects, in the order of these.
func azureCredentials(trust Trust, subjects kit.Out[[]string]) kit.Out[[]oidc.AzureFederatedCredential] {
	return pulumix.Apply2Err(subjects, trust.audience, func(subjects []string, audience string) ([]oidc.AzureFederatedCredential, error) {
		return oidc.AzureFederatedCredentials(oidc.AzureTrust{Subjects: subjects, Audience: audience, Issuer: trust.Issuer})
	})
}

func (i azureIdentity) Login(attributes kit.Out[[]string]) kit.Out[esc.Login] {
	return pulumix.Apply4(i.clientID, i.tenantID, i.subscriptionID, attributes, func(client, tenant, subscription string, attributes []string) esc.Login {
		return esc.AzureLogin{ClientID: client, TenantID: tenant, SubscriptionID: subscription, SubjectAttributes: attributes}
	})
}

func (l *AzureLogin) Needs(attributes kit.Out[[]string]) kit.Out[esc.Login] {
	return pulumix.Apply(attributes, func(attributes []string) esc.Login { return esc.AzureLogin{SubjectAttributes: attributes} })
}

func (i azureIdentity) Deployment(_, _ kit.Out[string]) pulumi.Map {
	return pulumi.Map{"clientId": i.clientID, "tenantId": i.tenantID, "subscriptionId": i.subscriptionID}
}

func (l *AzureLogin) ReplacedBy(kit.Out[[]string]) kit.Properties {
	all := kit.Properties{"azure.create": kit.Known("true")}
	kit.SetIf(all, "azure.resourceGroupName", l.ResourceGroupName)
	kit.SetIf(all, "azure.identityName", l.IdentityName)
	kit.SetIf(all, "azure.location", l.Location)
	return all
}

func (l *AzureLogin) Granted(subjects []string, reads Reads) map[string][]string {
	return map[string][]string{"lock": subjects, "secrets.azureKeyVault": vaultAssignments(reads.Block).names()}
}

// onlyCreatedAzure are the properties that say something of an identity that is created, and nothing of one that exists.
var onlyCreatedAzure = []string{"resourceGroupName", "identityName", "location", "roleAssignments", "tags"}

// azureCloud is Azure.
type azureCloud struct{}

func (azureCloud) Name() string { return "azure" }

func (azureCloud) Title() string { return "Azure" }

func (azureCloud) MustKnown() []string { return []string{"create", "roleAssignments"} }

func (azureCloud) Blocks() []string { return nil }

func (azureCloud) Audience(all types.Audiences) string { return all.Azure }

func (azureCloud) Planned(_ property.Map, attributes []string) esc.Login {
	const id = "11111111-1111-4111-8111-111111111111"
	return esc.AzureLogin{ClientID: id, TenantID: id, SubscriptionID: id, SubjectAttributes: attributes}
}

func (azureCloud) Check(block property.Map) problem.List {
	var problems problem.List
	switch create := block.Get("create"); {
	case create.IsComputed(): // which is refused already
	case create.IsBool() && !create.AsBool():
		checkExistingAzure(block, &problems)
	default:
		checkCreatedAzure(block, &problems)
	}
	for _, name := range []string{"clientId", "tenantId", "subscriptionId"} {
		if kit.Has(block, name) {
			problems.AddReason(name, azureid.Bad(kit.TextOf(block, name)))
		}
	}
	problems.AddElsewhere(checkEmptyTexts(block))
	return problems
}

func checkExistingAzure(block property.Map, problems *problem.List) {
	problems.AddUnder("", kit.Required(block, "with create: false, give clientId, tenantId and subscriptionId",
		"clientId", "tenantId", "subscriptionId"))
	problems.AddUnder("", kit.Forbidden(block, "has no effect on an identity that exists: remove it, or create: false", onlyCreatedAzure...))
}

func checkCreatedAzure(block property.Map, problems *problem.List) {
	if kit.Has(block, "clientId") {
		problems.AddReason("clientId", "is that of an identity that exists: add create: false, or remove it to create one")
	}
	if !kit.Has(block, "resourceGroupName") {
		problems.AddReason("resourceGroupName", "is required, to create the identity in: give it, or create: false to use an identity that exists")
	} else {
		problems.AddReason("resourceGroupName", azureid.BadResourceGroup(kit.TextOf(block, "resourceGroupName")))
	}
	if kit.Has(block, "identityName") {
		problems.AddReason("identityName", azureid.BadIdentityName(kit.TextOf(block, "identityName")))
	}
	if assignments := kit.ValueOf[[]types.AzureRoleAssignment](block, "roleAssignments"); assignments != nil {
		for i, assignment := range *assignments {
			for _, one := range assignment.Check() {
				problems.AddReason(problem.Join(kit.Index("roleAssignments", i), one.Path), one.Reason)
			}
		}
	}
}

func (azureCloud) CheckTrust(_ property.Map, planned PlannedTrust) problem.List {
	_, err := oidc.AzureFederatedCredentials(oidc.AzureTrust{Subjects: planned.Subjects, Audience: planned.audience, Issuer: planned.Issuer})
	return planned.problems(err)
}

func (l *AzureLogin) Permissions(block *property.Map) pulumi.Map {
	given := pulumi.Map{}
	distinct := pulumix.Apply(kit.OrZero(l.RoleAssignments), types.DistinctAzureRoles)
	for i, name := range givenAssignments(block).names() {
		given[name] = pulumix.ApplyErr(distinct, func(all []types.AzureRoleAssignment) (string, error) { return asText(all[i]) })
	}
	return permissionsAt(azureRoleAssignments, given)
}

func asText(assignment types.AzureRoleAssignment) (string, error) {
	text, err := json.Marshal(map[string]string{"scope": assignment.Scope, "roleDefinitionId": assignment.RoleDefinitionID})
	return string(text), err
}

// withAzure adds what is kept to the role assignments of an identity. One by which it reads a secret is there already.
func (k keptPermissions) withAzure(roles azureRoles) azureRoles {
	for _, name := range k.names(azureRoleAssignments) {
		if slices.Contains(roles.names, name) {
			continue
		}
		one := k.value(azureRoleAssignments, name)
		roles.kept = append(roles.kept, azureRole{name: name, role: pulumix.ApplyErr(one, assignmentIn)})
	}
	return roles
}

func assignmentIn(text string) (types.AzureRoleAssignment, error) {
	var fields struct{ Scope, RoleDefinitionID string }
	err := json.Unmarshal([]byte(text), &fields)
	return types.AzureRoleAssignment{Scope: fields.Scope, RoleDefinitionID: fields.RoleDefinitionID}, err
}

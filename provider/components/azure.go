package components

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

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

func (l *AzureLogin) cloud() cloud { return azureCloud{} }

func (l *AzureLogin) creates() bool { return l.Create == nil || *l.Create }

// azureIdentity is the identity of a login, created here or elsewhere.
type azureIdentity struct {
	clientID, tenantID, subscriptionID out[string]
	credentials                        out[string] // the federated credentials, as JSON
	children                           []pulumi.Resource
}

func (i azureIdentity) ready() []pulumi.Resource { return i.children }

func (i azureIdentity) describe(outputs *IdentityOutputs) {
	outputs.AzureClientID, outputs.AzureFederatedCredentials = present(i.clientID), present(i.credentials)
}

func (l *AzureLogin) anyIdentity() identity {
	id := known("00000000-0000-0000-0000-000000000000")
	return azureIdentity{clientID: id, tenantID: id, subscriptionID: id}
}

// identity creates the identity, or passes on what is given of one that exists.
func (l *AzureLogin) identity(req identityRequest) (identity, error) {
	document := pulumix.ApplyErr(azureCredentials(req.trust, req.trust.subjects), oidc.Document[[]oidc.AzureFederatedCredential])
	if !l.creates() {
		return azureIdentity{clientID: *l.ClientID, tenantID: *l.TenantID, subscriptionID: *l.SubscriptionID, credentials: document}, nil
	}
	under := azureParent{Construction: req.Construction, group: *l.ResourceGroupName}
	made, err := under.identity(l)
	if err != nil {
		return nil, err
	}
	ready, err := under.credentials(made, azureCredentials(req.trust, req.trust.declared), req.trust.children)
	if err != nil {
		return nil, err
	}
	roles, err := under.roleAssignments(made, req.held.permissions.withAzure(l.assigned(req.block, req.reads)))
	return azureIdentity{
		clientID:       pulumix.MustConvertTyped[string](made.ClientID),
		tenantID:       orElseOutput(l.TenantID, pulumix.MustConvertTyped[string](made.TenantID)),
		subscriptionID: orElseOutput(l.SubscriptionID, pulumix.ApplyErr(made.id(), subscriptionOf)),
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
func azureCredentials(trust trust, subjects out[[]string]) out[[]oidc.AzureFederatedCredential] {
	return pulumix.Apply2Err(subjects, trust.audience, func(subjects []string, audience string) ([]oidc.AzureFederatedCredential, error) {
		return oidc.AzureFederatedCredentials(oidc.AzureTrust{Subjects: subjects, Audience: audience, Issuer: trust.issuer})
	})
}

func (i azureIdentity) login(attributes out[[]string]) out[esc.Login] {
	return pulumix.Apply4(i.clientID, i.tenantID, i.subscriptionID, attributes, func(client, tenant, subscription string, attributes []string) esc.Login {
		return esc.AzureLogin{ClientID: client, TenantID: tenant, SubscriptionID: subscription, SubjectAttributes: attributes}
	})
}

func (l *AzureLogin) needs(attributes out[[]string]) out[esc.Login] {
	return pulumix.Apply(attributes, func(attributes []string) esc.Login { return esc.AzureLogin{SubjectAttributes: attributes} })
}

func (i azureIdentity) deployment(_, _ out[string]) pulumi.Map {
	return pulumi.Map{"clientId": i.clientID, "tenantId": i.tenantID, "subscriptionId": i.subscriptionID}
}

func (l *AzureLogin) replacedBy(out[[]string]) properties {
	all := properties{"azure.create": known("true")}
	setIf(all, "azure.resourceGroupName", l.ResourceGroupName)
	setIf(all, "azure.identityName", l.IdentityName)
	setIf(all, "azure.location", l.Location)
	return all
}

func (l *AzureLogin) granted(subjects []string, reads storeReads) map[string][]string {
	return map[string][]string{"lock": subjects, "secrets.azureKeyVault": vaultAssignments(reads.block).names()}
}

// onlyCreatedAzure are the properties that say something of an identity that is created, and nothing of one that exists.
var onlyCreatedAzure = []string{"resourceGroupName", "identityName", "location", "roleAssignments", "tags"}

// azureCloud is what components know of Azure.
type azureCloud struct{}

func (azureCloud) name() string { return "azure" }

func (azureCloud) title() string { return "Azure" }

func (azureCloud) mustKnown() []string { return []string{"create", "roleAssignments"} }

func (azureCloud) blocks() []string { return nil }

func (azureCloud) audience(all types.Audiences) string { return all.Azure }

func (azureCloud) planned(_ property.Map, attributes []string) esc.Login {
	const id = "11111111-1111-4111-8111-111111111111"
	return esc.AzureLogin{ClientID: id, TenantID: id, SubscriptionID: id, SubjectAttributes: attributes}
}

func (azureCloud) check(block property.Map) problem.List {
	var problems problem.List
	switch create := block.Get("create"); {
	case create.IsComputed(): // which is refused already
	case create.IsBool() && !create.AsBool():
		checkExistingAzure(block, &problems)
	default:
		checkCreatedAzure(block, &problems)
	}
	for _, name := range []string{"clientId", "tenantId", "subscriptionId"} {
		if has(block, name) {
			problems.AddReason(name, azureid.Bad(textOf(block, name)))
		}
	}
	return withoutRepeats(problems, checkEmptyTexts(block))
}

func checkExistingAzure(block property.Map, problems *problem.List) {
	for _, name := range []string{"clientId", "tenantId", "subscriptionId"} {
		if !has(block, name) {
			problems.AddReason(name, "with create: false, give clientId, tenantId and subscriptionId")
		}
	}
	for _, name := range onlyCreatedAzure {
		if has(block, name) {
			problems.AddReason(name, "has no effect on an identity that exists: remove it, or create: false")
		}
	}
}

func checkCreatedAzure(block property.Map, problems *problem.List) {
	if has(block, "clientId") {
		problems.AddReason("clientId", "is that of an identity that exists: add create: false, or remove it to create one")
	}
	if !has(block, "resourceGroupName") {
		problems.AddReason("resourceGroupName", "is required, to create the identity in: give it, or create: false to use an identity that exists")
	} else {
		problems.AddReason("resourceGroupName", azureid.BadResourceGroup(textOf(block, "resourceGroupName")))
	}
	if has(block, "identityName") {
		problems.AddReason("identityName", azureid.BadIdentityName(textOf(block, "identityName")))
	}
	if assignments := valueOf[[]types.AzureRoleAssignment](block, "roleAssignments"); assignments != nil {
		for i, assignment := range *assignments {
			for _, one := range assignment.Check() {
				problems.AddReason(problem.Join(index("roleAssignments", i), one.Path), one.Reason)
			}
		}
	}
}

func (azureCloud) checkTrust(_ property.Map, planned plannedTrust) problem.List {
	_, err := oidc.AzureFederatedCredentials(oidc.AzureTrust{Subjects: planned.subjects, Audience: planned.audience, Issuer: planned.issuer})
	return planned.problems(err)
}

func (l *AzureLogin) permissions(block *property.Map) pulumi.Map {
	given := pulumi.Map{}
	distinct := pulumix.Apply(orZero(l.RoleAssignments), types.DistinctAzureRoles)
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

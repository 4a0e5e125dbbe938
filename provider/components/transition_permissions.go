package components

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// The properties by which users give permissions to the identities that are created.
const (
	awsManagedPolicies   = "aws.managedPolicyArns"
	awsInlinePolicies    = "aws.inlinePolicies"
	azureRoleAssignments = "azure.roleAssignments"
	gcpRoles             = "gcp.roles"
)

// permissions are what the program gives the identities that are created, by property and by what each is called.
func (in lockedEnvironmentArgs) permissions() pulumi.Map {
	all := pulumi.Map{}
	if in.aws != nil && in.aws.creates() {
		if in.aws.ManagedPolicyARNs != nil {
			all[awsManagedPolicies] = pulumix.Apply(*in.aws.ManagedPolicyARNs, byThemselves)
		}
		if policies := in.aws.InlinePolicies; len(policies) > 0 {
			inline := pulumi.Map{}
			for name, policy := range policies {
				inline[name] = policy
			}
			all[awsInlinePolicies] = inline
		}
	}
	if in.azure != nil && in.azure.creates() {
		given := pulumi.Map{}
		distinct := pulumix.Apply(orZero(in.azure.RoleAssignments), distinctAssignments)
		for i, name := range givenAssignments(in.given, "azure").names() {
			given[name] = pulumix.ApplyErr(distinct, func(all []types.AzureRoleAssignment) (string, error) { return asText(all[i]) })
		}
		if len(given) > 0 {
			all[azureRoleAssignments] = given
		}
	}
	if in.gcp != nil && in.gcp.creates() {
		given := pulumi.Map{}
		distinct := pulumix.Apply(orZero(in.gcp.Roles), distinctRoles)
		for i, name := range gcpRoleNames(in.given, "gcp") {
			given[name] = pulumix.Apply(distinct, func(all []string) string { return all[i] })
		}
		if len(given) > 0 {
			all[gcpRoles] = given
		}
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

func asText(assignment types.AzureRoleAssignment) (string, error) {
	text, err := json.Marshal(map[string]string{"scope": assignment.Scope, "roleDefinitionId": assignment.RoleDefinitionID})
	return string(text), err
}

// fingerprint tells the definition from others before the identities that its logins name are made: they stand for any.
func (in lockedEnvironmentArgs) fingerprint() out[string] {
	lock, logins := orZero(in.lock), known([]esc.Login{})
	if in.aws != nil {
		logins = pulumix.Apply2(logins, in.aws.login(known("arn:aws:iam::000000000000:role/any"), lock), withLogin)
	}
	if in.azure != nil {
		identity := known("00000000-0000-0000-0000-000000000000")
		logins = pulumix.Apply2(logins, azureIdentity{clientID: identity, tenantID: identity, subscriptionID: identity}.login(lock), withLogin)
	}
	if in.gcp != nil {
		identity := gcpIdentity{
			projectNumber: known("1"), poolID: known("anything"), providerID: known("anything"),
			serviceAccount: known("anything@anything.iam.gserviceaccount.com"),
		}
		logins = pulumix.Apply2(logins, identity.login(in.gcp, lock), withLogin)
	}
	return pulumix.ApplyErr(in.definition(logins), esc.Fingerprint)
}

// keptPermissions are what the identities have besides what the program gives them, while a definition needs it that came
// with it. They are plain: there is one child for each.
type keptPermissions struct {
	all    map[string]map[string]string
	secret bool
}

// keptIn waits for what the transition says: which children there are depends on it. A preview that cannot tell shows those
// of the program alone.
func keptIn(ctx *pulumi.Context, output pulumi.StringMapMapOutput) keptPermissions {
	found, err := internals.UnsafeAwaitOutput(ctx.Context(), output)
	if err != nil || !found.Known {
		return keptPermissions{} // the registration reports its failure itself
	}
	all, _ := found.Value.(map[string]map[string]string)
	return keptPermissions{all: all, secret: found.Secret}
}

// names are those of one property, sorted.
func (k keptPermissions) names(property string) []string {
	return slices.Sorted(maps.Keys(k.all[property]))
}

// value is one of them, as secret as what it is made from.
func (k keptPermissions) value(property, name string) out[string] {
	value := pulumi.String(k.all[property][name]).ToStringOutput()
	if k.secret {
		value = pulumi.ToSecret(value).(pulumi.StringOutput)
	}
	return pulumix.MustConvertTyped[string](value)
}

// withAWS adds what is kept to a role's policies.
func (k keptPermissions) withAWS(login *AWSLogin) *AWSLogin {
	if len(k.all[awsManagedPolicies])+len(k.all[awsInlinePolicies]) == 0 {
		return login
	}
	with := *login
	for _, name := range k.names(awsManagedPolicies) {
		managed := pulumix.Apply2(orZero(with.ManagedPolicyARNs), k.value(awsManagedPolicies, name), func(all []string, one string) []string {
			return append(slices.Clone(all), one)
		})
		with.ManagedPolicyARNs = &managed
	}
	with.InlinePolicies = maps.Clone(login.InlinePolicies)
	for _, name := range k.names(awsInlinePolicies) {
		if with.InlinePolicies == nil {
			with.InlinePolicies = map[string]out[string]{}
		}
		with.InlinePolicies[name] = k.value(awsInlinePolicies, name)
	}
	return &with
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

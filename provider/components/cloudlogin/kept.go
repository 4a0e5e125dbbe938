package cloudlogin

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
)

// The properties by which users give permissions to the identities that are created.
const (
	awsManagedPolicies   = "aws.managedPolicyArns"
	awsInlinePolicies    = "aws.inlinePolicies"
	azureRoleAssignments = "azure.roleAssignments"
	gcpRoles             = "gcp.roles"
)

// keptPermissions are what the identities have besides what the program gives them, while a definition needs it that came
// with it. They are plain: there is one child for each.
type keptPermissions struct {
	all    map[string]map[string]string
	secret bool
}

// KeptIn waits for what the transition says: which children there are depends on it. A preview that cannot tell shows those
// of the program alone.
func KeptIn(ctx *pulumi.Context, output pulumi.StringMapMapOutput) keptPermissions {
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
func (k keptPermissions) value(property, name string) kit.Out[string] {
	value := pulumi.String(k.all[property][name]).ToStringOutput()
	if k.secret {
		value = pulumi.ToSecret(value).(pulumi.StringOutput)
	}
	return pulumix.MustConvertTyped[string](value)
}

// permissionsAt are the permissions of one property; none if nothing is given.
func permissionsAt(property string, given pulumi.Map) pulumi.Map {
	if len(given) == 0 {
		return nil
	}
	return pulumi.Map{property: given}
}

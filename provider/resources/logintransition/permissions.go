package logintransition

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
)

// Permissions that users give a cloud identity belong to no part of a definition, so they are kept with the whole of it: what the
// program gave together with a definition stays as long as that definition is live, or waits as a draft. What the program takes
// away while the definition stays the same is removed at once.

const (
	fingerprintHelp = "What tells the definition from others: a hash of it, without secrets and without the identities that logins name."
	permissionsHelp = "What the program gives the cloud identities that are created, by the property that says it, and what each is called by."
)

// DefinitionPermissions are what a program gives the cloud identities together with a definition.
type DefinitionPermissions struct {
	Definition  string                       `pulumi:"definition"`
	Permissions map[string]map[string]string `pulumi:"permissions,optional"`
}

// Annotate describes the type.
func (v *DefinitionPermissions) Annotate(a infer.Annotator) {
	a.SetToken("index", "DefinitionPermissions")
	a.Describe(v, "What a program gives the cloud identities together with a definition.")
	a.Describe(&v.Definition, fingerprintHelp)
	a.Describe(&v.Permissions, permissionsHelp)
}

func (v Args) permissions() DefinitionPermissions {
	return DefinitionPermissions{Definition: ptr.Value(v.Definition), Permissions: v.Permissions}
}

// earlierPermissions are those that came with other definitions, the latest for each.
func (v State) earlierPermissions(want Args) []DefinitionPermissions {
	var earlier []DefinitionPermissions
	for _, one := range append([]DefinitionPermissions{v.permissions()}, v.HeldPermissions...) {
		known := func(other DefinitionPermissions) bool { return other.Definition == one.Definition }
		if one.Definition != "" && one.Definition != ptr.Value(want.Definition) && !slices.ContainsFunc(earlier, known) {
			earlier = append(earlier, one)
		}
	}
	return earlier
}

// losesPermissions reports whether there may be something to keep: permissions of other definitions that the program does not give.
func (v State) losesPermissions(want Args) bool {
	next := State{Args: want, HeldPermissions: v.earlierPermissions(want)}
	return len(v.KeptPermissions)+len(next.kept()) > 0
}

// recordsPermissions reports whether the state must learn of another definition, because the program gives permissions together with
// it or gave some together with the one before: whatever the program says next, these stay while that definition is live.
func (v State) recordsPermissions(want Args) bool {
	return ptr.Value(v.Definition) != ptr.Value(want.Definition) && len(v.Permissions)+len(want.Permissions) > 0
}

// kept are the permissions that are held and that the program does not give. Where the program gives another permission under the same
// name, the kept one gets a new name.
func (v State) kept() map[string]map[string]string {
	if len(v.HeldPermissions) == 0 {
		return nil
	}
	kept := map[string]map[string]string{}
	for _, held := range v.HeldPermissions {
		for _, property := range slices.Sorted(maps.Keys(held.Permissions)) {
			for _, name := range slices.Sorted(maps.Keys(held.Permissions[property])) {
				keepPermission(kept, v.Permissions, property, name, held.Permissions[property][name])
			}
		}
	}
	return kept
}

func keepPermission(kept, given map[string]map[string]string, property, name, permission string) {
	for _, there := range []map[string]string{given[property], kept[property]} {
		for _, value := range there {
			if value == permission {
				return
			}
		}
	}
	for isIn(given[property], name) || isIn(kept[property], name) {
		name += keptSuffix
	}
	if kept[property] == nil {
		kept[property] = map[string]string{}
	}
	kept[property][name] = permission
}

func isIn(all map[string]string, name string) bool {
	_, found := all[name]
	return found
}

// The properties whose permissions a cloud limits per role, and those whose permissions are a child resource each.
const (
	awsManagedPolicies   = "aws.managedPolicyArns"
	awsInlinePolicies    = "aws.inlinePolicies"
	azureRoleAssignments = "azure.roleAssignments"
	gcpRoles             = "gcp.roles"
)

// refuseMixedUp fails where a permission is to be kept whose name is a number, because the program marks it as secret: what the
// program gives gets the same number, and would replace the permission.
func (v State) refuseMixedUp() error {
	for _, property := range []string{azureRoleAssignments, gcpRoles} {
		for name := range v.KeptPermissions[property] {
			number, renamed := strings.CutSuffix(name, keptSuffix)
			if renamed || property == azureRoleAssignments && len(number) < 8 { // longer ones are hashes
				return fmt.Errorf("%s: what is secret there is told apart by its number alone, so what came with the live definition of environment %q, "+
					"or with a draft, cannot be kept until the new definition is approved. Nothing was changed. %s. Values that are not secret are kept",
					property, v.path(), changeWithoutApproval)
			}
		}
	}
	return nil
}

const keptSuffix = "+kept"

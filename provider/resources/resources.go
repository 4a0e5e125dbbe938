package resources

import (
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/accessinvariant"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/approvalgate"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/deploymentrole"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/entityaccess"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/environment"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/environmentowner"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/logintransition"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/machinetoken"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/oidcissuer"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/organizationsettings"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/permissionset"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/role"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/stackowner"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/team"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/teamaccess"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/teammembers"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
)

// All are the resources of the package.
func All(sessions session.Source) []infer.InferredResource {
	return []infer.InferredResource{
		infer.Resource(role.New(sessions)),
		infer.Resource(team.New(sessions)),
		infer.Resource(teammembers.New(sessions)),
		infer.Resource(teamaccess.New(sessions)),
		infer.Resource(entityaccess.New(sessions)),
		infer.Resource(environment.New(sessions)),
		infer.Resource(logintransition.New(sessions)),
		infer.Resource(approvalgate.New(sessions)),
		infer.Resource(deploymentrole.New(sessions)),
		infer.Resource(stackowner.New(sessions)),
		infer.Resource(environmentowner.New(sessions)),
		infer.Resource(organizationsettings.New(sessions)),
		infer.Resource(permissionset.New(sessions)),
		infer.Resource(oidcissuer.New(sessions)),
		infer.Resource(machinetoken.New(sessions)),
		infer.Resource(accessinvariant.New(sessions)),
	}
}

// Planners tell what updates of resources change of who has access, by the resource's type. Others change nothing of it.
func Planners() map[string]kit.Planner {
	return map[string]kit.Planner{
		"leastprivilege:index:Role":                 role.New(nil),
		"leastprivilege:index:Team":                 team.New(nil),
		"leastprivilege:index:TeamMembers":          teammembers.New(nil),
		"leastprivilege:index:TeamAccess":           teamaccess.New(nil),
		"leastprivilege:index:EntityAccess":         entityaccess.New(nil),
		"leastprivilege:index:Environment":          environment.New(nil),
		"leastprivilege:index:ApprovalGate":         approvalgate.New(nil),
		"leastprivilege:index:DeploymentRole":       deploymentrole.New(nil),
		"leastprivilege:index:StackOwner":           stackowner.New(nil),
		"leastprivilege:index:EnvironmentOwner":     environmentowner.New(nil),
		"leastprivilege:index:OrganizationSettings": organizationsettings.New(nil),
		"leastprivilege:index:PermissionSet":        permissionset.New(nil),
		"leastprivilege:index:OidcIssuer":           oidcissuer.New(nil),
		"leastprivilege:index:MachineToken":         machinetoken.New(nil),
	}
}

package components

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Package is what a component must say of this very plugin when it registers children of the same package. Without it
// the engine would look for, and start, another version with another configuration.
type Package struct {
	Version     string // semantic version of this plugin
	DownloadURL string // where the engine finds it
}

// Tokens of the resources that components are made of.
const (
	roleToken           = "leastprivilege:index:Role"
	teamToken           = "leastprivilege:index:Team"
	teamMembersToken    = "leastprivilege:index:TeamMembers"
	teamAccessToken     = "leastprivilege:index:TeamAccess"
	environmentToken    = "leastprivilege:index:Environment"
	transitionToken     = "leastprivilege:index:LoginTransition"
	deploymentRoleToken = "leastprivilege:index:DeploymentRole"
	oidcIssuerToken     = "leastprivilege:index:OidcIssuer"
	machineTokenToken   = "leastprivilege:index:MachineToken"
	settingsToken       = "leastprivilege:index:OrganizationSettings"
)

// options are those of a child of the package: under its component, whose provider it inherits, with this plugin's
// version.
func (p Package) options(parent pulumi.Resource, extra ...pulumi.ResourceOption) []pulumi.ResourceOption {
	options := []pulumi.ResourceOption{pulumi.Parent(parent)}
	if p.Version != "" {
		options = append(options, pulumi.Version(p.Version))
	}
	if p.DownloadURL != "" {
		options = append(options, pulumi.PluginDownloadURL(p.DownloadURL))
	}
	return append(options, extra...)
}

// Children as a component sees them: only the outputs that it passes on.
type (
	roleChild struct {
		pulumi.CustomResourceState
		RoleID pulumi.StringOutput `pulumi:"roleId"`
	}
	teamChild struct {
		pulumi.CustomResourceState
		Name pulumi.StringOutput `pulumi:"name"`
	}
	teamMembersChild struct {
		pulumi.CustomResourceState
	}
	teamAccessChild struct {
		pulumi.CustomResourceState
		Team pulumi.StringOutput `pulumi:"team"`
	}
	environmentChild struct {
		pulumi.CustomResourceState
		EnvironmentID pulumi.StringOutput `pulumi:"environmentId"`
		Project       pulumi.StringOutput `pulumi:"project"`
		Name          pulumi.StringOutput `pulumi:"name"`
	}
	transitionChild struct {
		pulumi.CustomResourceState
		TrustedSubjects      pulumi.StringArrayOutput  `pulumi:"trustedSubjects"`
		PermittedAWSReads    pulumi.StringArrayOutput  `pulumi:"permittedAwsReads"`
		MaxAWSSessionSeconds pulumi.IntPtrOutput       `pulumi:"maxAwsSessionSeconds"`
		KeptPermissions      pulumi.StringMapMapOutput `pulumi:"keptPermissions"`
	}
	oidcIssuerChild struct {
		pulumi.CustomResourceState
		IssuerID pulumi.StringOutput `pulumi:"issuerId"`
	}
	machineTokenChild struct {
		pulumi.CustomResourceState
		Value pulumi.StringOutput `pulumi:"value"`
	}
	settingsChild struct {
		pulumi.CustomResourceState
		DefaultStackPermission       pulumi.StringOutput    `pulumi:"defaultStackPermission"`
		DefaultEnvironmentPermission pulumi.StringOutput    `pulumi:"defaultEnvironmentPermission"`
		DefaultAccountPermission     pulumi.StringOutput    `pulumi:"defaultAccountPermission"`
		MembersCanCreateStacks       pulumi.BoolOutput      `pulumi:"membersCanCreateStacks"`
		MembersCanCreateTeams        pulumi.BoolOutput      `pulumi:"membersCanCreateTeams"`
		MembersCanCreateAccounts     pulumi.BoolOutput      `pulumi:"membersCanCreateAccounts"`
		MembersCanTransferStacks     pulumi.BoolOutput      `pulumi:"membersCanTransferStacks"`
		MembersCanDeleteStacks       pulumi.BoolOutput      `pulumi:"membersCanDeleteStacks"`
		MaxAccessTokenExpiry         pulumi.StringOutput    `pulumi:"maxAccessTokenExpiry"`
		DefaultRoleID                pulumi.StringPtrOutput `pulumi:"defaultRoleId"`
		DefaultDeploymentRoleID      pulumi.StringPtrOutput `pulumi:"defaultDeploymentRoleId"`
	}
	deploymentRoleChild struct {
		pulumi.CustomResourceState
		RoleID pulumi.StringPtrOutput `pulumi:"roleId"`
	}
)

// registerComponent registers a component with the inputs that the program gave it, which the state then holds.
func registerComponent(ctx *pulumi.Context, kind, name string, component pulumi.ComponentResource, options []pulumi.ResourceOption) error {
	recorded := wire.Given(givenInputs(ctx.Context()))
	return ctx.RegisterComponentResourceV2("leastprivilege:index:"+kind, name, recorded, component, options...)
}

// register registers a child of the package and fills its outputs. Of the opt-ins the child gets those that it knows.
func register[R pulumi.CustomResource](
	ctx *pulumi.Context, p Package, parent pulumi.Resource, token, name string, props properties, child R,
	extra ...pulumi.ResourceOption,
) (R, error) {
	if allow, given := props["allow"].(out[[]types.OptIn]); given {
		known := types.OptIns(string(tokens.Type(token).Name()))
		props["allow"] = pulumix.Apply(allow, func(all []types.OptIn) []types.OptIn {
			return slices.DeleteFunc(slices.Clone(all), func(one types.OptIn) bool { return !slices.Contains(known, one) })
		})
	}
	return child, ctx.RegisterResource(token, name, pulumi.Map(props), child, p.options(parent, extra...)...)
}

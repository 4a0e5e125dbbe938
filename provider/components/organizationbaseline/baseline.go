// Package organizationbaseline is the component OrganizationBaseline. Its page is organizationbaseline.md.
package organizationbaseline

import (
	_ "embed"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed organizationbaseline.md
var page string

// OrganizationBaseline sets an organization's defaults so that access comes from roles and teams alone.
type OrganizationBaseline struct {
	pulumi.ResourceState

	Settings kit.Out[BaselineSettings] `pulumi:"settings"`
}

// Annotate describes the component.
func (c *OrganizationBaseline) Annotate(a infer.Annotator) {
	a.Describe(c, page)
	a.Describe(&c.Settings, "The settings in force. Resources that use one of them wait until they are set.")
}

// BaselineSettings are the settings in force.
type BaselineSettings struct {
	DefaultStackPermission       string  `pulumi:"defaultStackPermission"`
	DefaultEnvironmentPermission string  `pulumi:"defaultEnvironmentPermission"`
	DefaultAccountPermission     string  `pulumi:"defaultAccountPermission"`
	MembersCanCreateStacks       bool    `pulumi:"membersCanCreateStacks"`
	MembersCanCreateTeams        bool    `pulumi:"membersCanCreateTeams"`
	MembersCanCreateAccounts     bool    `pulumi:"membersCanCreateAccounts"`
	MembersCanTransferStacks     bool    `pulumi:"membersCanTransferStacks"`
	MembersCanDeleteStacks       bool    `pulumi:"membersCanDeleteStacks"`
	MaxAccessTokenExpiry         string  `pulumi:"maxAccessTokenExpiry"`
	DefaultRoleID                *string `pulumi:"defaultRoleId,optional"`
	DefaultDeploymentRoleID      *string `pulumi:"defaultDeploymentRoleId,optional"`
	PermissionMode               *string `pulumi:"permissionMode,optional"`
}

// Annotate describes the settings.
func (v *BaselineSettings) Annotate(a infer.Annotator) {
	a.SetToken("index", "BaselineSettings")
	a.Describe(v, "The settings of an organization that a baseline has set.")
	a.Describe(&v.DefaultStackPermission, "What members hold on every stack.")
	a.Describe(&v.DefaultEnvironmentPermission, "What members hold on every ESC environment.")
	a.Describe(&v.DefaultAccountPermission, "What members hold on every Insights account.")
	a.Describe(&v.MembersCanCreateStacks, "Whether members may create stacks.")
	a.Describe(&v.MembersCanCreateTeams, "Whether members may create teams.")
	a.Describe(&v.MembersCanCreateAccounts, "Whether members may create Insights accounts.")
	a.Describe(&v.MembersCanTransferStacks, "Whether members may transfer stacks to other organizations.")
	a.Describe(&v.MembersCanDeleteStacks, "Whether members may delete stacks.")
	a.Describe(&v.MaxAccessTokenExpiry, "The longest that an access token may live.")
	a.Describe(&v.DefaultRoleID, "The id of the role that new members get, where the baseline sets it.")
	a.Describe(&v.DefaultDeploymentRoleID, "The id of the role of deployments whose stack names none, where the baseline sets it.")
	a.Describe(&v.PermissionMode, "How strictly the organization limits what it runs on its behalf, where the baseline sets it.")
}

// BaselineDefaults are what members hold on everything.
type BaselineDefaults struct {
	StackPermission       *types.DefaultStackPermission       `pulumi:"stackPermission,optional"`
	EnvironmentPermission *types.DefaultEnvironmentPermission `pulumi:"environmentPermission,optional"`
	AccountPermission     *types.DefaultAccountPermission     `pulumi:"accountPermission,optional"`
}

// Annotate describes the defaults.
func (v *BaselineDefaults) Annotate(a infer.Annotator) {
	a.SetToken("index", "BaselineDefaults")
	a.Describe(v, "What members hold on every stack, environment and account.")
	a.Describe(&v.StackPermission, "What members hold on every stack. Default: `none`.")
	a.Describe(&v.EnvironmentPermission, "What members hold on every ESC environment. Default: `none`.")
	a.Describe(&v.AccountPermission, "What members hold on every Insights account. Default: `none`.")
}

// Args are the component's inputs.
type Args struct {
	Organization             *kit.Out[string]               `pulumi:"organization,optional"`
	Defaults                 *kit.Out[BaselineDefaults]     `pulumi:"defaults,optional"`
	MachineTokenMaxExpiry    *kit.Out[string]               `pulumi:"machineTokenMaxExpiry,optional"`
	MembersCanCreateStacks   *kit.Out[bool]                 `pulumi:"membersCanCreateStacks,optional"`
	MembersCanCreateTeams    *kit.Out[bool]                 `pulumi:"membersCanCreateTeams,optional"`
	MembersCanCreateAccounts *kit.Out[bool]                 `pulumi:"membersCanCreateAccounts,optional"`
	MembersCanTransferStacks *kit.Out[bool]                 `pulumi:"membersCanTransferStacks,optional"`
	MembersCanDeleteStacks   *kit.Out[bool]                 `pulumi:"membersCanDeleteStacks,optional"`
	DefaultRoleID            *kit.Out[string]               `pulumi:"defaultRoleId,optional"`
	DefaultDeploymentRoleID  *kit.Out[string]               `pulumi:"defaultDeploymentRoleId,optional"`
	PermissionMode           *kit.Out[types.PermissionMode] `pulumi:"permissionMode,optional"`
	Allow                    *kit.Out[[]types.OptIn]        `pulumi:"allow,optional" list:"set"`
	OnForeign                *kit.Out[types.OnForeign]      `pulumi:"onForeign,optional"`
}

// Annotate describes the inputs.
func (in *Args) Annotate(a infer.Annotator) {
	a.Describe(&in.Organization, kit.OrganizationHelp)
	a.Describe(&in.Defaults, "What members hold on everything. Default: nothing.")
	a.Describe(&in.MachineTokenMaxExpiry, "The longest that an access token may live, in whole days. Pulumi Cloud holds personal tokens "+
		"to it as well. Default: `90d`.")
	a.Describe(&in.MembersCanCreateStacks, "Whether members may create stacks. Default: false.")
	a.Describe(&in.MembersCanCreateTeams, "Whether members may create teams. Default: false.")
	a.Describe(&in.MembersCanCreateAccounts, "Whether members may create Insights accounts. Default: false.")
	a.Describe(&in.MembersCanTransferStacks, "Whether members may transfer stacks to other organizations. Default: false.")
	a.Describe(&in.MembersCanDeleteStacks, "Whether members may delete stacks. Default: false.")
	a.Describe(&in.DefaultRoleID, "The id of the role that new members get, and whoever follows the default role: the output `roleId` of a "+
		"`Role`, or the id of the built-in Reader, Builder, Maintainer or Member. Default: not managed.")
	a.Describe(&in.DefaultDeploymentRoleID, "The id of the role of deployments whose stack names none: the output `roleId` of a `Role`. "+
		"Default: not managed.")
	a.Describe(&in.PermissionMode, "How strictly the organization limits what it runs on its behalf. `restricted` stops deployments without a "+
		"role, and takes the organization's defaults from team tokens; a preview names them. Default: not managed.")
	a.Describe(&in.Allow, "Risks taken deliberately: `lockOut`, `loosenDefaults`.")
	a.Describe(&in.OnForeign, types.OnForeignHelp)
}

const defaultMaxExpiry = "90d"

// Definition is the component.
var Definition = kit.Define(kit.Rules{Check: check}, build)

const token = "leastprivilege:index:OrganizationSettings"

type child struct {
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
	PermissionMode               pulumi.StringPtrOutput `pulumi:"permissionMode"`
}

// build registers the component's child.
func build(c *kit.Construction, baseline *OrganizationBaseline, args Args) error {
	child, err := kit.Register(c, token, c.Name, args.settings(), &child{})
	if err != nil {
		return err
	}
	inForce := pulumi.Map{
		"defaultStackPermission": child.DefaultStackPermission, "defaultEnvironmentPermission": child.DefaultEnvironmentPermission,
		"defaultAccountPermission": child.DefaultAccountPermission, "membersCanCreateStacks": child.MembersCanCreateStacks,
		"membersCanCreateTeams": child.MembersCanCreateTeams, "membersCanCreateAccounts": child.MembersCanCreateAccounts,
		"membersCanTransferStacks": child.MembersCanTransferStacks, "membersCanDeleteStacks": child.MembersCanDeleteStacks,
		"maxAccessTokenExpiry": child.MaxAccessTokenExpiry, "defaultRoleId": child.DefaultRoleID,
		"defaultDeploymentRoleId": child.DefaultDeploymentRoleID, "permissionMode": child.PermissionMode,
	}
	baseline.Settings = pulumix.Apply(pulumix.MustConvertTyped[map[string]any](inForce.ToMapOutput()), baselineSettings)
	return nil
}

// settings are what the child is registered with. What the program does not give is denied.
func (in Args) settings() kit.Properties {
	defaults := kit.OrZero(in.Defaults)
	props := kit.Properties{
		"defaultStackPermission": pulumix.Apply(defaults, func(d BaselineDefaults) string { return string(ptr.Or(d.StackPermission, "none")) }),
		"defaultEnvironmentPermission": pulumix.Apply(defaults, func(d BaselineDefaults) string {
			return string(ptr.Or(d.EnvironmentPermission, "none"))
		}),
		"defaultAccountPermission": pulumix.Apply(defaults, func(d BaselineDefaults) string { return string(ptr.Or(d.AccountPermission, "none")) }),
		"maxAccessTokenExpiry":     kit.OrElse(in.MachineTokenMaxExpiry, defaultMaxExpiry),
		"membersCanCreateStacks":   kit.OrZero(in.MembersCanCreateStacks),
		"membersCanCreateTeams":    kit.OrZero(in.MembersCanCreateTeams),
		"membersCanCreateAccounts": kit.OrZero(in.MembersCanCreateAccounts),
		"membersCanTransferStacks": kit.OrZero(in.MembersCanTransferStacks),
		"membersCanDeleteStacks":   kit.OrZero(in.MembersCanDeleteStacks),
	}
	kit.SetIf(props, "organization", in.Organization)
	kit.SetIf(props, "defaultRoleId", in.DefaultRoleID)
	kit.SetIf(props, "defaultDeploymentRoleId", in.DefaultDeploymentRoleID)
	kit.SetIf(props, "permissionMode", in.PermissionMode)
	kit.SetIf(props, "allow", in.Allow)
	kit.SetIf(props, "onForeign", in.OnForeign)
	return props
}

func baselineSettings(of map[string]any) BaselineSettings {
	return BaselineSettings{
		DefaultStackPermission: as[string](of, "defaultStackPermission"), DefaultEnvironmentPermission: as[string](of, "defaultEnvironmentPermission"),
		DefaultAccountPermission: as[string](of, "defaultAccountPermission"), MembersCanCreateStacks: as[bool](of, "membersCanCreateStacks"),
		MembersCanCreateTeams: as[bool](of, "membersCanCreateTeams"), MembersCanCreateAccounts: as[bool](of, "membersCanCreateAccounts"),
		MembersCanTransferStacks: as[bool](of, "membersCanTransferStacks"), MembersCanDeleteStacks: as[bool](of, "membersCanDeleteStacks"),
		MaxAccessTokenExpiry: as[string](of, "maxAccessTokenExpiry"), DefaultRoleID: as[*string](of, "defaultRoleId"),
		DefaultDeploymentRoleID: as[*string](of, "defaultDeploymentRoleId"), PermissionMode: as[*string](of, "permissionMode"),
	}
}

// as is a setting of a type, the zero value if there is none.
func as[T any](of map[string]any, name string) T {
	value, _ := of[name].(T)
	return value
}

// check checks the inputs as far as they are known.
func check(current kit.Checking, in property.Map) problem.List {
	_, problems := kit.OrganizationOf(current.Session, in)
	problems = append(problems, types.CheckOneOf("onForeign", kit.ValueOf[types.OnForeign](in, "onForeign"))...)
	problems = append(problems, types.CheckOneOf("permissionMode", kit.ValueOf[types.PermissionMode](in, "permissionMode"))...)
	if kit.Has(in, "machineTokenMaxExpiry") {
		if _, err := timetext.ParseDays(kit.TextOf(in, "machineTokenMaxExpiry")); err != nil {
			problems.AddReason("machineTokenMaxExpiry", err.Error())
		}
	}
	for _, role := range []string{"defaultRoleId", "defaultDeploymentRoleId"} {
		problems = append(problems, types.CheckRoleID(role, kit.ValueOf[string](in, role))...)
	}
	if defaults := kit.ValueOf[BaselineDefaults](in, "defaults"); defaults != nil {
		levels := types.CheckOneOf("stackPermission", defaults.StackPermission)
		levels = append(levels, types.CheckOneOf("environmentPermission", defaults.EnvironmentPermission)...)
		levels = append(levels, types.CheckOneOf("accountPermission", defaults.AccountPermission)...)
		problems.AddUnder("defaults", levels)
	}
	return problems
}

package components

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// TieredAccess says once, for several teams, what each tier allows people and automation.
type TieredAccess struct {
	pulumi.ResourceState

	Teams             out[[]string]          `pulumi:"teams"`
	RoleIDs           out[map[string]string] `pulumi:"roleIds"`
	AutomationRoleIDs out[map[string]string] `pulumi:"automationRoleIds"`
}

// Annotate describes the component.
func (c *TieredAccess) Annotate(a infer.Annotator) {
	a.SetToken("index", "TieredAccess")
	a.Describe(c, tieredAccessDocs)
	a.Describe(&c.Teams, "The teams' names, in the order of the input. Whoever takes them waits until the teams have their access.")
	a.Describe(&c.RoleIDs, "The id of the role that each team holds, by the team's name.")
	a.Describe(&c.AutomationRoleIDs, "The id of the role for automation in each tier, by the tier's name: give it to a "+
		"`DeploymentRoleAssignment`.")
}

// Tier is a set of stacks and environments that are alike in how much a mistake costs.
type Tier struct {
	Name               string                  `pulumi:"name"`
	Tags               *out[map[string]string] `pulumi:"tags,optional"`
	StackTags          *out[map[string]string] `pulumi:"stackTags,optional"`
	EnvironmentTags    *out[map[string]string] `pulumi:"environmentTags,optional"`
	AccountTags        *out[map[string]string] `pulumi:"accountTags,optional"`
	People             *TierRights             `pulumi:"people,optional"`
	Automation         *TierRights             `pulumi:"automation,optional"`
	AutomationRoleName *out[string]            `pulumi:"automationRoleName,optional"`
}

const kindTagsHelp = "The same for %s alone, where their tags differ. Default: `tags`."

// Annotate describes the tier.
func (t *Tier) Annotate(a infer.Annotator) {
	a.SetToken("index", "Tier")
	a.Describe(t, "A tier: the stacks and environments with certain tags, and what people and automation may do there.")
	a.Describe(&t.Name, "The tier's name, such as `production`. It must be known at preview.")
	a.Describe(&t.Tags, "What carries all of these tags is in the tier, now and later. Default: `environment: <name>`.")
	a.Describe(&t.StackTags, fmt.Sprintf(kindTagsHelp, "stacks"))
	a.Describe(&t.EnvironmentTags, fmt.Sprintf(kindTagsHelp, "ESC environments"))
	a.Describe(&t.AccountTags, fmt.Sprintf(kindTagsHelp, "Insights accounts"))
	a.Describe(&t.People, "What people may do. Default: in a tier that is called `development` or `dev`, write on stacks and open on "+
		"environments; in any other, read on both. An empty block is nothing. It must be known at preview.")
	a.Describe(&t.Automation, "What automation may do. Default: write on stacks and open on environments. An empty block is nothing, and "+
		"makes no role. It must be known at preview.")
	a.Describe(&t.AutomationRoleName, "The name of the role for automation. Default: `automation-<name>`.")
}

// TierRights are the levels of access in a tier.
type TierRights struct {
	Stacks          *types.StackPermission       `pulumi:"stacks,optional"`
	Environments    *types.EnvironmentPermission `pulumi:"environments,optional"`
	Accounts        *types.AccountPermission     `pulumi:"accounts,optional"`
	MaxOpenDuration *string                      `pulumi:"maxOpenDuration,optional"`
}

// Annotate describes the levels.
func (r *TierRights) Annotate(a infer.Annotator) {
	a.SetToken("index", "TierRights")
	a.Describe(r, "What is allowed in a tier. What is not named is not granted.")
	a.Describe(&r.Stacks, "The level of access to the tier's stacks. `admin` for people needs `allow: [stackAdminForPeople]`.")
	a.Describe(&r.Environments, "The level of access to the tier's environments. `open` and more expose secrets and credentials.")
	a.Describe(&r.Accounts, "The level of access to the tier's Insights accounts.")
	a.Describe(&r.MaxOpenDuration, "The longest that one opening may last, such as `1h`. Goes with `environments: open` or more. "+
		"`pulumi up` opens the environments of its stack for two hours, so less than `2h` keeps automation from running it.")
}

// TieredTeam is a team and what is its own in every tier.
type TieredTeam struct {
	Name            string                  `pulumi:"name"`
	Tags            *out[map[string]string] `pulumi:"tags,optional"`
	StackTags       *out[map[string]string] `pulumi:"stackTags,optional"`
	EnvironmentTags *out[map[string]string] `pulumi:"environmentTags,optional"`
	AccountTags     *out[map[string]string] `pulumi:"accountTags,optional"`
	Tiers           []string                `pulumi:"tiers,optional"`
	DisplayName     *out[string]            `pulumi:"displayName,optional"`
	Description     *out[string]            `pulumi:"description,optional"`
	Members         *out[[]string]          `pulumi:"members,optional"`
	Admins          *out[[]string]          `pulumi:"admins,optional"`
	Existing        *bool                   `pulumi:"existing,optional"`
	RoleName        *out[string]            `pulumi:"roleName,optional"`
}

// Annotate describes the team.
func (t *TieredTeam) Annotate(a infer.Annotator) {
	a.SetToken("index", "TieredTeam")
	a.Describe(t, "A team, and the tags of what is its own.")
	a.Describe(&t.Name, "The team's name, as it stands in addresses. It must be known at preview.")
	a.Describe(&t.Tags, "What carries these tags as well as a tier's is the team's own: a team reaches nothing else. Omitted, it "+
		"reaches everything in the tiers.")
	a.Describe(&t.StackTags, fmt.Sprintf(kindTagsHelp, "stacks"))
	a.Describe(&t.EnvironmentTags, fmt.Sprintf(kindTagsHelp, "ESC environments"))
	a.Describe(&t.AccountTags, fmt.Sprintf(kindTagsHelp, "Insights accounts"))
	a.Describe(&t.Tiers, "The names of the tiers that the team works in. Default: all. They must be known at preview.")
	a.Describe(&t.DisplayName, "The team's name for people, at most 100 characters. Default: `name`.")
	a.Describe(&t.Description, "What the team is for.")
	a.Describe(&t.Members, "Logins of the team's members. Together with `admins` it is the whole membership: anybody else is "+
		"removed. When both are omitted, membership is not managed.")
	a.Describe(&t.Admins, "Logins of the team's admins, who manage its members and grants.")
	a.Describe(&t.Existing, "When true, the team exists already and is managed elsewhere (by SCIM, GitHub, or by hand): only "+
		"its access is owned. It must be known at preview.")
	a.Describe(&t.RoleName, "The name of the role that the team holds. Default: the team's name.")
}

// TieredAccessArgs are the component's inputs.
type TieredAccessArgs struct {
	Organization *out[string]        `pulumi:"organization,optional"`
	Tiers        []Tier              `pulumi:"tiers,optional"`
	Teams        []TieredTeam        `pulumi:"teams"`
	Allow        *out[[]types.OptIn] `pulumi:"allow,optional"`
}

// Annotate describes the inputs.
func (in *TieredAccessArgs) Annotate(a infer.Annotator) {
	a.Describe(&in.Organization, organizationHelp)
	a.Describe(&in.Tiers, "The tiers. Default: `development` and `production`, each with the tag `environment` of its name. How many there "+
		"are must be known at preview.")
	a.Describe(&in.Teams, "The teams. How many there are must be known at preview.")
	a.Describe(&in.Allow, "Risks taken deliberately: `stackAdminForPeople`.")
}

// NewTieredAccess registers the component and its children: one role for the people of each team, and one for the
// automation of each tier.
func (f Factory) NewTieredAccess(
	ctx *pulumi.Context, name string, args TieredAccessArgs, options ...pulumi.ResourceOption,
) (*TieredAccess, error) {
	component := &TieredAccess{}
	if err := ctx.RegisterComponentResource("leastprivilege:index:TieredAccess", name, component, options...); err != nil {
		return nil, err
	}
	tiers := args.Tiers
	if len(tiers) == 0 {
		tiers = defaultTiers()
	}
	teams, roleIDs := map[string]out[string]{}, map[string]out[string]{}
	for _, team := range args.Teams {
		var err error
		roleIDs[team.Name], teams[team.Name], err = f.tieredTeam(ctx, name+"-"+team.Name, component, args, tiers, team)
		if err != nil {
			return nil, err
		}
	}
	automation := map[string]out[string]{}
	for _, tier := range tiers {
		if tier.automation().nothing() {
			continue
		}
		id, err := f.tierRole(ctx, name+"-"+automationPrefix+tier.Name, component, args, tier)
		if err != nil {
			return nil, err
		}
		automation[tier.Name] = id
	}
	component.Teams = pulumix.Apply(collect(teams), func(byName map[string]string) []string {
		names := make([]string, len(args.Teams))
		for i, team := range args.Teams {
			names[i] = byName[team.Name]
		}
		return names
	})
	component.RoleIDs, component.AutomationRoleIDs = collect(roleIDs), collect(automation)
	return component, nil
}

// tieredTeam registers a team with its one role, and returns the role's id and the team's name.
func (f Factory) tieredTeam(
	ctx *pulumi.Context, name string, parent pulumi.Resource, args TieredAccessArgs, tiers []Tier, team TieredTeam,
) (roleID, teamName out[string], err error) {
	parts := teamParts{
		name: known(team.Name), organization: args.Organization, roleName: team.RoleName, displayName: team.DisplayName,
		description: team.Description, members: team.Members, admins: team.Admins, allow: args.Allow,
		existing: team.Existing != nil && *team.Existing,
	}
	granted := known(types.Access{})
	for _, tier := range tiers {
		if team.worksIn(tier.Name) {
			granted = tier.people().in(granted, tier.tags(), team.tags())
		}
	}
	if roleID, err = f.teamRole(ctx, name, parent, parts, granted); err != nil {
		return roleID, teamName, err
	}
	teamName, err = f.teamWith(ctx, name, parent, parts, onlyRole(roleID))
	return roleID, teamName, err
}

// tierRole registers the role for automation in a tier. It reaches what is the teams' own there: with a team that has no
// tags, all of the tier.
func (f Factory) tierRole(
	ctx *pulumi.Context, name string, parent pulumi.Resource, args TieredAccessArgs, tier Tier,
) (out[string], error) {
	granted := known(types.Access{})
	for _, team := range args.Teams {
		if team.worksIn(tier.Name) {
			granted = tier.automation().in(granted, tier.tags(), team.tags())
		}
	}
	props := properties{
		"name":        orElse(tier.AutomationRoleName, automationPrefix+tier.Name),
		"description": known("What automation may do in " + tier.Name + "."),
		"access":      pulumix.Apply(granted, withoutDuplicates),
	}
	setIf(props, "organization", args.Organization)
	setIf(props, "allow", args.Allow)
	role, err := register(ctx, f.Package, parent, roleToken, name, props, &roleChild{})
	if err != nil {
		return out[string]{}, err
	}
	return pulumix.MustConvertTyped[string](role.RoleID), nil
}

// collect is a map of outputs as one output.
func collect(each map[string]out[string]) out[map[string]string] {
	all := known(map[string]string{})
	for _, name := range slices.Sorted(maps.Keys(each)) {
		all = pulumix.Apply2(all, each[name], func(before map[string]string, value string) map[string]string {
			after := maps.Clone(before)
			after[name] = value
			return after
		})
	}
	return all
}

// Package tieredaccess is the component TieredAccess. Its page is tieredaccess.md.
package tieredaccess

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/ownedteam"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed tieredaccess.md
var page string

// TieredAccess is what each tier allows people and automation, for several teams.
type TieredAccess struct {
	pulumi.ResourceState

	Teams             kit.Out[map[string]string]            `pulumi:"teams"`
	RoleIDs           kit.Out[map[string]string]            `pulumi:"roleIds"`
	AutomationRoleIDs kit.Out[map[string]map[string]string] `pulumi:"automationRoleIds"`
}

// Annotate describes the component.
func (c *TieredAccess) Annotate(a infer.Annotator) {
	a.Describe(c, page)
	a.Describe(&c.Teams, "The teams' names, by name. Resources that use one of them wait until the team has its access.")
	a.Describe(&c.RoleIDs, "The id of the role that each team holds, by the team's name.")
	a.Describe(&c.AutomationRoleIDs, "The ids of the roles for automation, by the team's name, then the tier's: give one to the "+
		"`DeploymentRoleAssignment` of a stack of that team in that tier. Each reaches what is the team's own in the tier, and nothing else.")
}

// TieredTeam is a team, and the tags of what belongs to it in every tier.
type TieredTeam struct {
	Name            string                      `pulumi:"name"`
	Tags            *kit.Out[map[string]string] `pulumi:"tags,optional"`
	StackTags       *kit.Out[map[string]string] `pulumi:"stackTags,optional"`
	EnvironmentTags *kit.Out[map[string]string] `pulumi:"environmentTags,optional"`
	AccountTags     *kit.Out[map[string]string] `pulumi:"accountTags,optional"`
	Tiers           []string                    `pulumi:"tiers,optional" list:"set"`
	DisplayName     *kit.Out[string]            `pulumi:"displayName,optional"`
	Description     *kit.Out[string]            `pulumi:"description,optional"`
	Members         *kit.Out[[]string]          `pulumi:"members,optional" list:"set"`
	Admins          *kit.Out[[]string]          `pulumi:"admins,optional" list:"set"`
	Existing        *bool                       `pulumi:"existing,optional"`
	RoleName        *kit.Out[string]            `pulumi:"roleName,optional"`

	AutomationRoleNames *kit.Out[map[string]string] `pulumi:"automationRoleNames,optional"`
}

// Annotate describes the team.
func (t *TieredTeam) Annotate(a infer.Annotator) {
	a.SetToken("index", "TieredTeam")
	a.Describe(t, "A team, and the tags of what is its own.")
	a.Describe(&t.Name, "The team's name, as it stands in addresses. It must be known at preview.")
	a.Describe(&t.Tags, "What carries these tags as well as a tier's is the team's own: its people and its automation reach nothing "+
		"else. Omitted, they reach everything in the tiers.")
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
	a.Describe(&t.AutomationRoleNames, "The names of the roles for the team's automation, by tier. Default: `automation-<team>-<tier>`, such as "+
		"`automation-payments-production`; `automation-<team>/<tier>` for a tier whose name holds a hyphen.")
}

// Args are the component's inputs.
type Args struct {
	Organization *kit.Out[string]        `pulumi:"organization,optional"`
	Tiers        []Tier                  `pulumi:"tiers,optional" list:"set"`
	Teams        []TieredTeam            `pulumi:"teams" list:"set"`
	Allow        *kit.Out[[]types.OptIn] `pulumi:"allow,optional" list:"set"`
}

// Annotate describes the inputs.
func (in *Args) Annotate(a infer.Annotator) {
	a.Describe(&in.Organization, kit.OrganizationHelp)
	a.Describe(&in.Tiers, "The tiers. Default: `development` and `production`, each with the tag `environment` of its name. How many there "+
		"are must be known at preview.")
	a.Describe(&in.Teams, "The teams. How many there are must be known at preview.")
	a.Describe(&in.Allow, "Risks taken deliberately: `stackAdminForPeople`, `lockOut`.")
}

// Definition is the component.
var Definition = kit.Define(kit.Rules{Check: check, MustKnown: mustKnown(), Lifting: lifting()}, build)

// build registers the component's children: for each team one role for its people, and one for its automation
// in each tier.
func build(c *kit.Construction, component *TieredAccess, args Args) error {
	tiers := args.Tiers
	if len(tiers) == 0 {
		tiers = defaultTiers()
	}
	teams, roleIDs, automation := map[string]kit.Out[string]{}, map[string]kit.Out[string]{}, map[string]kit.Out[map[string]string]{}
	for _, team := range args.Teams {
		var err error
		roleIDs[team.Name], teams[team.Name], err = args.team(c.Named(kit.ChildName(c.Name, kit.PathPart(team.Name))), tiers, team)
		if err != nil {
			return err
		}
		byTier, err := args.automationRoles(c, tiers, team)
		if err != nil {
			return err
		}
		automation[team.Name] = collect(byTier)
	}
	component.Teams, component.RoleIDs, component.AutomationRoleIDs = collect(teams), collect(roleIDs), collect(automation)
	return nil
}

// team registers a team with its one role, and returns the role's id and the team's name.
func (in Args) team(c *kit.Construction, tiers []Tier, team TieredTeam) (roleID, name kit.Out[string], err error) {
	parts := ownedteam.Team{
		Name: kit.Known(team.Name), Organization: in.Organization, RoleName: team.RoleName, DisplayName: team.DisplayName,
		Description: team.Description, Members: team.Members, Admins: team.Admins, Allow: in.Allow,
		Existing: ptr.Value(team.Existing),
	}
	granted := kit.Known(types.Access{})
	for _, tier := range tiers {
		if team.worksIn(tier.Name) {
			granted = tier.people().in(granted, tier.tags(), team.tags())
		}
	}
	made, err := parts.Register(c)
	if err != nil {
		return roleID, name, err
	}
	if roleID, err = parts.Role(c, made, granted); err != nil {
		return roleID, name, err
	}
	name, err = parts.Grant(c, made, ownedteam.OnlyRole(roleID))
	return roleID, name, err
}

// automationRoles registers the roles for a team's automation, and returns their ids by tier. There is one for each tier, and
// none for several teams: what a deployment of one of them gets must not reach another's.
func (in Args) automationRoles(c *kit.Construction, tiers []Tier, team TieredTeam) (map[string]kit.Out[string], error) {
	ids := map[string]kit.Out[string]{}
	for _, tier := range tiers {
		rights := tier.automation()
		if !team.worksIn(tier.Name) || rights.nothing() {
			continue
		}
		// One part, as the team's own role has: it distinguishes the two kinds of roles.
		id, err := kit.Role{
			Organization: in.Organization, Name: team.automationRoleName(tier.Name), Allow: in.Allow,
			Description: kit.Known("What automation of the team " + team.Name + " may do in " + tier.Name + "."),
			Access:      rights.in(kit.Known(types.Access{}), tier.tags(), team.tags()),
		}.Register(c, kit.ChildName(c.Name, kit.PathPart(team.Name, tier.Name)))
		if err != nil {
			return nil, err
		}
		ids[tier.Name] = id
	}
	return ids, nil
}

// collect is a map of outputs as one output.
func collect[V any](each map[string]kit.Out[V]) kit.Out[map[string]V] {
	all := kit.Known(map[string]V{})
	for _, name := range slices.Sorted(maps.Keys(each)) {
		all = pulumix.Apply2(all, each[name], func(before map[string]V, value V) map[string]V {
			after := maps.Clone(before)
			after[name] = value
			return after
		})
	}
	return all
}

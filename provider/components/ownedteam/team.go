// Package ownedteam registers teams whose access a component owns. Start at [Team.Register], and go on with [Team.Role] and
// [Team.Grant] in this order.
package ownedteam

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

const (
	token        = "leastprivilege:index:Team"
	membersToken = "leastprivilege:index:TeamMembers"
	accessToken  = "leastprivilege:index:TeamAccess"
)

type child struct {
	pulumi.CustomResourceState
	Name pulumi.StringOutput `pulumi:"name"`
}

type accessChild struct {
	pulumi.CustomResourceState
	Team pulumi.StringOutput `pulumi:"team"`
}

// Team is a team whose access a component owns, as the program gives it.
type Team struct {
	Name                                             kit.Out[string]
	Organization, RoleName, DisplayName, Description *kit.Out[string]
	Members, Admins                                  *kit.Out[[]string]
	Temporary                                        *kit.Out[[]types.TemporaryMember]
	Allow                                            *kit.Out[[]types.OptIn]
	Existing                                         bool
	Unmanaged                                        bool // membership is left to others
}

// Made is a team that is registered. Everybody who is to leave it has left, and those who join may not be in it yet.
type Made struct {
	name  pulumi.Output
	Child []pulumi.Resource // what gives the team more waits for it; empty for a team that exists already
}

// The children of a team are made in the order in which access may change: the team, from which everybody is removed who is no longer
// named; then its role; then its grants, the role's assignment among them; then the people who join. So nobody who leaves
// gets what the team gains, and nobody who joins gets what it loses, also when one of the steps fails.

// Register registers the team unless it exists already. Another name is another team: the old one, with all that it is
// granted, is deleted before the role changes, which it would hold until the end otherwise.
func (team Team) Register(c *kit.Construction) (Made, error) {
	if team.Existing {
		return Made{name: team.Name}, nil
	}
	props := kit.Properties{"name": team.Name}
	kit.SetIf(props, "organization", team.Organization)
	kit.SetIf(props, "displayName", team.DisplayName)
	kit.SetIf(props, "description", team.Description)
	kit.SetIf(props, "allow", team.Allow)
	if team.Unmanaged {
		props["unmanagedMembers"] = kit.Known(true)
	} else {
		team.setMembers(props)
		props["addMembers"] = kit.Known(false)
	}
	child, err := kit.Register(c, token, c.Name, props, &child{}, pulumi.DeleteBeforeReplace(true))
	return Made{name: child.Name, Child: []pulumi.Resource{child}}, err
}

func (team Team) setMembers(props kit.Properties) {
	kit.SetIf(props, "members", team.Members)
	kit.SetIf(props, "admins", team.Admins)
	kit.SetIf(props, "temporaryMembers", team.Temporary)
}

// Role registers the role that the team holds, and returns its id.
func (team Team) Role(c *kit.Construction, made Made, access kit.Out[types.Access]) (kit.Out[string], error) {
	return kit.Role{
		Organization: team.Organization, Name: kit.OrElseOutput(team.RoleName, team.Name), Access: access, Allow: team.Allow,
		Description: pulumix.Apply(team.Name, func(team string) string { return "What the team " + team + " may do." }),
	}.Register(c, c.Name, pulumi.DependsOn(made.Child))
}

// Grant registers everything that a team is granted, and then the people who join it. It returns the team's name, which
// comes when the team has its access.
func (team Team) Grant(
	c *kit.Construction, made Made, granted kit.Properties, extra ...pulumi.ResourceOption,
) (kit.Out[string], error) {
	granted["team"] = made.name
	kit.SetIf(granted, "organization", team.Organization)
	kit.SetIf(granted, "allow", team.Allow)
	owned, err := kit.Register(c, accessToken, c.Name, granted, &accessChild{},
		append(extra, pulumi.DependsOn(made.Child))...)
	if err != nil {
		return kit.Out[string]{}, err
	}
	if !team.Existing && !team.Unmanaged {
		props := kit.Properties{"team": owned.Team}
		kit.SetIf(props, "organization", team.Organization)
		team.setMembers(props)
		// Who is in the team goes with the team, or stays in it when membership is left to others.
		_, err = kit.Register(c, membersToken, c.Name, props, &kit.Child{}, pulumi.RetainOnDelete(true))
	}
	return pulumix.MustConvertTyped[string](owned.Team), err
}

// OnlyRole is the access of a team that holds one role. Everything else that the team could be granted is owned as
// empty: a forgotten grant would undo the role.
func OnlyRole(roleID kit.Out[string]) kit.Properties {
	return kit.Properties{
		"roleIds":      pulumix.Apply(roleID, func(id string) []string { return []string{id} }),
		"stacks":       kit.Known([]Grant{}),
		"environments": kit.Known([]Grant{}),
		"accounts":     kit.Known([]Grant{}),
	}
}

// CheckNames refuses names that the service would refuse. A team that exists already may have any name.
func CheckNames(in property.Map) problem.List {
	var problems problem.List
	if kit.IsTrue(in, "existing") {
		problems = types.CheckName("name", kit.TextOf(in, "name"))
	} else {
		problems = types.CheckTeamName("name", kit.TextOf(in, "name"))
	}
	problems = append(problems, types.CheckTeamDisplayName("displayName", kit.TextOf(in, "displayName"))...)
	problems = append(problems, kit.CheckRoleName("", in)...)
	return append(problems, checkPeople(in)...)
}

// checkPeople refuses a login that is empty or named twice, as the team's resource does.
func checkPeople(in property.Map) problem.List {
	var problems problem.List
	for _, name := range []string{"members", "admins"} {
		if logins := kit.ValueOf[[]string](in, name); logins != nil {
			problems = append(problems, types.CheckLogins(name, *logins)...)
		}
	}
	members, admins := kit.ValueOf[[]string](in, "members"), kit.ValueOf[[]string](in, "admins")
	if members == nil || admins == nil {
		return problems
	}
	for i, admin := range *admins {
		for j, member := range *members {
			if admin != "" && strings.EqualFold(admin, member) {
				problems.Add(kit.Index("admins", i), "%s is in members[%d] as well: an admin is a member, so keep it in admins only", admin, j)
			}
		}
	}
	return problems
}

// CheckExisting refuses properties of a team that is managed elsewhere.
func CheckExisting(in property.Map) problem.List {
	var problems problem.List
	if kit.IsTrue(in, "unmanagedMembers") {
		for _, name := range []string{"members", "admins"} {
			if kit.Has(in, name) {
				problems.AddReason(name, "is left to others by unmanagedMembers: remove "+name+", or unmanagedMembers")
			}
		}
	}
	if !kit.IsTrue(in, "existing") {
		return problems
	}
	for _, name := range []string{"members", "admins", "displayName", "description"} {
		if kit.Has(in, name) {
			problems.AddReason(name, "an existing team is managed elsewhere: remove "+name+", or existing")
		}
	}
	return problems
}

// Grant is one entry of a TeamAccess, as properties.
type Grant = map[string]any

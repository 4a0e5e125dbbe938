package components

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

const (
	teamToken        = "leastprivilege:index:Team"
	teamMembersToken = "leastprivilege:index:TeamMembers"
	teamAccessToken  = "leastprivilege:index:TeamAccess"
)

type teamChild struct {
	pulumi.CustomResourceState
	Name pulumi.StringOutput `pulumi:"name"`
}

type teamAccessChild struct {
	pulumi.CustomResourceState
	Team pulumi.StringOutput `pulumi:"team"`
}

// teamParts are what components say of a team whose access they own.
type teamParts struct {
	name                                             out[string]
	organization, roleName, displayName, description *out[string]
	members, admins                                  *out[[]string]
	temporary                                        *out[[]types.TemporaryMember]
	allow                                            *out[[]types.OptIn]
	existing                                         bool
	unmanaged                                        bool // membership is left to others
}

// madeTeam is a team that may lack the people who join it: everybody who is to leave has left.
type madeTeam struct {
	name  pulumi.Output
	child []pulumi.Resource // what gives the team more waits for it; empty for a team that exists already
}

// The children of a team are made in the order in which access may change: the team, which everybody leaves who is not named
// any more; then its role; then its grants, the role's assignment among them; then the people who join. So nobody who leaves
// gets what the team gains, and nobody who joins gets what it loses, also when one of the steps fails.

// register registers the team unless it exists already. Another name is another team: the old one, with all that it is
// granted, is deleted before the role changes, which it would hold until the end otherwise.
func (team teamParts) register(c *Construction) (madeTeam, error) {
	if team.existing {
		return madeTeam{name: team.name}, nil
	}
	props := properties{"name": team.name}
	setIf(props, "organization", team.organization)
	setIf(props, "displayName", team.displayName)
	setIf(props, "description", team.description)
	setIf(props, "allow", team.allow)
	if team.unmanaged {
		props["unmanagedMembers"] = known(true)
	} else {
		team.setMembers(props)
		props["addMembers"] = known(false)
	}
	child, err := register(c, teamToken, c.Name, props, &teamChild{}, pulumi.DeleteBeforeReplace(true))
	return madeTeam{name: child.Name, child: []pulumi.Resource{child}}, err
}

func (team teamParts) setMembers(props properties) {
	setIf(props, "members", team.members)
	setIf(props, "admins", team.admins)
	setIf(props, "temporaryMembers", team.temporary)
}

// role registers the role that the team holds, and returns its id.
func (team teamParts) role(c *Construction, made madeTeam, access out[types.Access]) (out[string], error) {
	return Role{
		Organization: team.organization, Name: orElseOutput(team.roleName, team.name), Access: access, Allow: team.allow,
		Description: pulumix.Apply(team.name, func(team string) string { return "What the team " + team + " may do." }),
	}.Register(c, c.Name, pulumi.DependsOn(made.child))
}

// grant registers everything that a team is granted, and then the people who join it. It returns the team's name, which
// comes when the team has its access.
func (team teamParts) grant(
	c *Construction, made madeTeam, granted properties, extra ...pulumi.ResourceOption,
) (out[string], error) {
	granted["team"] = made.name
	setIf(granted, "organization", team.organization)
	setIf(granted, "allow", team.allow)
	owned, err := register(c, teamAccessToken, c.Name, granted, &teamAccessChild{},
		append(extra, pulumi.DependsOn(made.child))...)
	if err != nil {
		return out[string]{}, err
	}
	if !team.existing && !team.unmanaged {
		props := properties{"team": owned.Team}
		setIf(props, "organization", team.organization)
		team.setMembers(props)
		// Who is in the team goes with the team, or stays in it when membership is left to others.
		_, err = register(c, teamMembersToken, c.Name, props, &Child{}, pulumi.RetainOnDelete(true))
	}
	return pulumix.MustConvertTyped[string](owned.Team), err
}

// onlyRole is the access of a team that holds one role. Everything else that the team could be granted is owned as
// empty: a forgotten grant would undo the role.
func onlyRole(roleID out[string]) properties {
	return properties{
		"roleIds":      pulumix.Apply(roleID, func(id string) []string { return []string{id} }),
		"stacks":       known([]grant{}),
		"environments": known([]grant{}),
		"accounts":     known([]grant{}),
	}
}

// checkTeamNames refuses names that the service would. A team that exists already is called as it is.
func checkTeamNames(in property.Map) problem.List {
	var problems problem.List
	if isTrue(in, "existing") {
		problems = types.CheckName("name", textOf(in, "name"))
	} else {
		problems = types.CheckTeamName("name", textOf(in, "name"))
	}
	problems = append(problems, types.CheckTeamDisplayName("displayName", textOf(in, "displayName"))...)
	problems = append(problems, checkRoleName("", in)...)
	return append(problems, checkPeople(in)...)
}

// checkRoleName checks the name that the user gives a role, where one is given.
func checkRoleName(path string, in property.Map) problem.List {
	if !has(in, "roleName") || in.Get("roleName").IsComputed() {
		return nil
	}
	return types.CheckName(problem.Join(path, "roleName"), textOf(in, "roleName"))
}

// checkPeople refuses a login that is empty or named twice, as the team's resource does.
func checkPeople(in property.Map) problem.List {
	var problems problem.List
	for _, name := range []string{"members", "admins"} {
		if logins := valueOf[[]string](in, name); logins != nil {
			problems = append(problems, types.CheckLogins(name, *logins)...)
		}
	}
	members, admins := valueOf[[]string](in, "members"), valueOf[[]string](in, "admins")
	if members == nil || admins == nil {
		return problems
	}
	for i, admin := range *admins {
		for j, member := range *members {
			if admin != "" && strings.EqualFold(admin, member) {
				problems.Add(index("admins", i), "%s is in members[%d] as well: an admin is a member, so keep it in admins only", admin, j)
			}
		}
	}
	return problems
}

// checkExisting refuses to say of a team that is managed elsewhere what it is.
func checkExisting(in property.Map) problem.List {
	var problems problem.List
	if isTrue(in, "unmanagedMembers") {
		for _, name := range []string{"members", "admins"} {
			if has(in, name) {
				problems.AddReason(name, "is left to others by unmanagedMembers: remove "+name+", or unmanagedMembers")
			}
		}
	}
	if !isTrue(in, "existing") {
		return problems
	}
	for _, name := range []string{"members", "admins", "displayName", "description"} {
		if has(in, name) {
			problems.AddReason(name, "an existing team is managed elsewhere: remove "+name+", or existing")
		}
	}
	return problems
}

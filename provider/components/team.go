package components

import (
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// teamParts are what components say of a team whose access they own.
type teamParts struct {
	name                                             out[string]
	organization, roleName, displayName, description *out[string]
	members, admins                                  *out[[]string]
	allow                                            *out[[]types.OptIn]
	existing                                         bool
}

// teamWith registers a team, unless it exists already, and everything that it is granted. It returns the team's name,
// which comes when the team has its access.
func (f Factory) teamWith(
	ctx *pulumi.Context, name string, parent pulumi.Resource, team teamParts, granted properties,
) (out[string], error) {
	teamName, err := f.team(ctx, name, parent, team)
	if err != nil {
		return out[string]{}, err
	}
	granted["team"] = teamName
	setIf(granted, "organization", team.organization)
	setIf(granted, "allow", team.allow)
	owned, err := register(ctx, f.Package, parent, teamAccessToken, name, granted, &teamAccessChild{})
	if err != nil {
		return out[string]{}, err
	}
	return pulumix.MustConvertTyped[string](owned.Team), nil
}

// team registers the team unless it exists already, and returns its name.
func (f Factory) team(ctx *pulumi.Context, name string, parent pulumi.Resource, team teamParts) (pulumi.Output, error) {
	if team.existing {
		return team.name, nil
	}
	props := properties{"name": team.name}
	setIf(props, "organization", team.organization)
	setIf(props, "displayName", team.displayName)
	setIf(props, "description", team.description)
	setIf(props, "members", team.members)
	setIf(props, "admins", team.admins)
	setIf(props, "allow", team.allow)
	child, err := register(ctx, f.Package, parent, teamToken, name, props, &teamChild{})
	return child.Name, err
}

// teamRole registers the role that a team holds, and returns its id.
func (f Factory) teamRole(
	ctx *pulumi.Context, name string, parent pulumi.Resource, team teamParts, access out[types.Access],
) (out[string], error) {
	props := properties{
		"name":        orElseOutput(team.roleName, team.name),
		"description": pulumix.Apply(team.name, func(team string) string { return "What the team " + team + " may do." }),
		"access":      access,
	}
	setIf(props, "organization", team.organization)
	setIf(props, "allow", team.allow)
	role, err := register(ctx, f.Package, parent, roleToken, name, props, &roleChild{})
	if err != nil {
		return out[string]{}, err
	}
	return pulumix.MustConvertTyped[string](role.RoleID), nil
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

// checkExisting refuses to say of a team that is managed elsewhere what it is.
func checkExisting(in property.Map) []access.Problem {
	if !isTrue(in, "existing") {
		return nil
	}
	var problems []access.Problem
	for _, name := range []string{"members", "admins", "displayName", "description"} {
		if has(in, name) {
			problems = append(problems, access.Problem{Path: name, Reason: "an existing team is managed elsewhere: remove " + name + ", or existing"})
		}
	}
	return problems
}

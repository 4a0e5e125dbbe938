package graph

import (
	"cmp"
	"maps"
	"slices"
)

// WithTeam is the organization with a team changed; one that does not exist is added first.
func (o Organization) WithTeam(name string, change func(Team) Team) Organization {
	teams := slices.Clone(o.Teams)
	at := slices.IndexFunc(teams, func(t Team) bool { return t.Name == name })
	if at < 0 {
		at = len(teams)
		teams = append(teams, Team{Name: name})
	}
	teams[at] = change(teams[at])
	o.Teams = teams
	return o
}

// WithDefaultRole is the organization with another default role, which members who follow it have at once; "" is the built-in Member.
func (o Organization) WithDefaultRole(id string) Organization {
	o.DefaultRole = id
	o.Users = slices.Clone(o.Users)
	for i := range o.Users {
		if o.Users[i].FollowsDefault {
			o.Users[i].Role, o.Users[i].RoleUnknown = cmp.Or(id, o.MemberRole), ""
		}
	}
	return o
}

// WithRecord is the organization with a role or a permission set.
func (o Organization) WithRecord(id string, record Record) Organization {
	o.Records = maps.Clone(o.Records)
	if o.Records == nil {
		o.Records = map[string]Record{}
	}
	o.Records[id] = record
	return o
}

// WithToken is the organization with a token in place of those that it takes the place of.
func (o Organization) WithToken(token Token, inPlaceOf ...string) Organization {
	o.Tokens = append(slices.DeleteFunc(slices.Clone(o.Tokens), func(t Token) bool {
		return t.Team == token.Team && (t.Name == token.Name || slices.Contains(inPlaceOf, t.Name))
	}), token)
	return o
}

// WithDeployment is the organization with another role for the deployments of a stack.
func (o Organization) WithDeployment(stack, role string) Organization {
	deployments := slices.Clone(o.Deployments)
	at := slices.IndexFunc(deployments, func(d Deployment) bool { return d.Stack == stack })
	if at < 0 {
		at = len(deployments)
		deployments = append(deployments, Deployment{Stack: stack})
	}
	deployments[at].Role = role
	o.Deployments = deployments
	return o
}

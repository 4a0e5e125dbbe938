package teamaccess

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

// grantSet is everything that a team is granted. The service keeps one role per team, and reads a list.
type grantSet struct {
	roles    []string
	entities map[access.EntityRef]access.TeamGrant
}

// ownedAxes says which parts of a team's access are managed; what is not is never touched.
type ownedAxes struct {
	roles                          bool
	stacks, environments, accounts bool
}

func (o ownedAxes) kind(kind access.EntityKind) bool {
	switch kind {
	case access.Stack:
		return o.stacks
	case access.Environment:
		return o.environments
	case access.Account:
		return o.accounts
	default:
		return false
	}
}

// known are those of the axes that hold nothing unknown: the others cannot be compared yet.
func (o ownedAxes) known(op kit.Op) ownedAxes {
	return ownedAxes{
		roles: o.roles && !op.Unknown("roleIds"), stacks: o.stacks && !op.Unknown("stacks"),
		environments: o.environments && !op.Unknown("environments"), accounts: o.accounts && !op.Unknown("accounts"),
	}
}

// grantAction is what a step does.
type grantAction int

const (
	addGrant grantAction = iota
	editGrant
	removeGrant
	assignRole // in place of any other role
	removeRole
)

// grantStep is one call that changes what a team is granted.
type grantStep struct {
	action grantAction
	key    access.EntityRef
	level  access.TeamGrant // to grant; for a removal, what is taken away
	role   string           // id
	lowers bool             // an edit that takes something away and gives nothing
}

// String says what the step gives or takes, for people: `write on stack payments/dev`.
func (s grantStep) String() string {
	if s.action == assignRole || s.action == removeRole {
		return "role " + s.role
	}
	return s.level.String() + " on " + s.key.String()
}

// takes reports whether the step gives nothing.
func (s grantStep) takes() bool { return s.lowers || s.action == removeGrant || s.action == removeRole }

// describeGrants returns a line each: of what the steps take from the team, and of what they give it.
func describeGrants(actual grantSet, steps []grantStep) (taken, given []string) {
	for _, step := range steps {
		switch {
		case step.lowers:
			taken = append(taken, fmt.Sprintf("%s on %s becomes %s", actual.entities[step.key], step.key, step.level))
		case step.takes():
			taken = append(taken, step.String())
		case step.action == editGrant:
			given = append(given, fmt.Sprintf("%s on %s, in place of %s", step.level, step.key, actual.entities[step.key]))
		default:
			given = append(given, step.String())
		}
	}
	return taken, given
}

// plan returns the steps from the actual grants to the desired ones, on the owned axes only. Levels are changed in place.
// What takes away comes before what gives, except where access may move between a role and a grant, which must not
// interrupt it: a role that goes waits for the grants that may take its place, and grants that go wait for a role that
// comes. At no step is anything wider than the old and the new together.
func plan(actual, desired grantSet, owned ownedAxes) []grantStep {
	takes, gives := planEntities(actual, desired, owned)
	var roles []grantStep
	if owned.roles {
		roles = planRoles(actual.roles, desired.roles)
	}
	if slices.ContainsFunc(roles, func(s grantStep) bool { return s.action == assignRole }) {
		return slices.Concat(gives, roles, takes)
	}
	return slices.Concat(takes, gives, roles)
}

// planEntities are the changes of grants on entities: those that take away, and those that give.
func planEntities(actual, desired grantSet, owned ownedAxes) (takes, gives []grantStep) {
	for _, key := range slices.SortedFunc(maps.Keys(actual.entities), access.EntityRef.Compare) {
		if _, keep := desired.entities[key]; !keep && owned.kind(key.Kind) {
			takes = append(takes, grantStep{action: removeGrant, key: key, level: actual.entities[key]})
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(desired.entities), access.EntityRef.Compare) {
		if !owned.kind(key.Kind) {
			continue
		}
		level := desired.entities[key]
		had, has := actual.entities[key]
		switch {
		case !has:
			gives = append(gives, grantStep{action: addGrant, key: key, level: level})
		case had == level:
		case had.Lowers(key.Kind, level):
			takes = append(takes, grantStep{action: editGrant, key: key, level: level, lowers: true})
		default:
			gives = append(gives, grantStep{action: editGrant, key: key, level: level})
		}
	}
	return takes, gives
}

// planRoles assigns what is missing and removes what is left over. Assigning replaces the role that was there, so with
// one of each that is the only call.
func planRoles(actual, desired []string) []grantStep {
	var steps []grantStep
	left := slices.Clone(actual)
	for _, id := range desired {
		if !slices.Contains(actual, id) {
			steps = append(steps, grantStep{action: assignRole, role: id})
			if len(left) == 1 {
				left = nil
			}
		}
	}
	for _, id := range left {
		if !slices.Contains(desired, id) {
			steps = append(steps, grantStep{action: removeRole, role: id})
		}
	}
	return steps
}

// after is what the team is granted once the step is done.
func (s grantStep) after(g grantSet) grantSet {
	next := grantSet{roles: slices.Clone(g.roles), entities: maps.Clone(g.entities)}
	if next.entities == nil {
		next.entities = map[access.EntityRef]access.TeamGrant{}
	}
	switch s.action {
	case addGrant, editGrant:
		next.entities[s.key] = s.level
	case removeGrant:
		delete(next.entities, s.key)
	case assignRole:
		next.roles = []string{s.role}
	case removeRole:
		next.roles = slices.DeleteFunc(next.roles, func(id string) bool { return id == s.role })
	}
	return next
}

// inEffect reports whether the grants are as the step would make them.
func (s grantStep) inEffect(g grantSet) bool {
	switch s.action {
	case addGrant, editGrant:
		level, ok := g.entities[s.key]
		return ok && level == s.level
	case removeGrant:
		_, ok := g.entities[s.key]
		return !ok
	case assignRole:
		return slices.Contains(g.roles, s.role)
	default:
		return !slices.Contains(g.roles, s.role)
	}
}

func sameGrants(a, b grantSet) bool {
	return slices.Equal(a.roles, b.roles) && maps.Equal(a.entities, b.entities)
}

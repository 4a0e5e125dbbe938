package graph

import (
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// Change is what an update is about to change of an organization. Its functions return the value after the change, and never write
// into maps and lists of the value before it, which others share.
type Change struct {
	// Organization may be nil.
	Organization func(Organization) Organization
	// Resource changes an entity, whichever is asked about or imported; it may be nil.
	Resource func(Resource) Resource
	// Creates is an entity that does not exist yet, nil for none.
	Creates *Resource
	// Defines is what it writes as the definition of an environment, nil for nothing.
	Defines *Defined
	// CreatesTeam is the name of a team that does not exist yet, "" for none.
	CreatesTeam string
	// CreatesRole is the id that stands for a role that does not exist yet, "" for none.
	CreatesRole string
	// Unknown is what cannot be told of the change before the update, and what it could hide.
	Unknown []Blind
}

// Defined is the definition of an environment, by its name.
type Defined struct {
	Environment string
	Definition  Definition
}

// Changes are the changes of an update, in the order in which they are made.
type Changes []Change

// Apply returns the organization and an entity as the changes leave them.
func (all Changes) Apply(o Organization, t Resource) (Organization, Resource) {
	imports := slices.Clone(t.Imports)
	for _, one := range all {
		if one.Organization != nil {
			o = one.Organization(o)
		}
		if one.Resource == nil {
			continue
		}
		t = one.Resource(t)
		for i := range imports {
			imports[i].Resource = one.Resource(imports[i].Resource)
		}
	}
	t.Imports = imports
	return o, t
}

// ApplyWhole returns an organization that was read whole as the changes leave it.
func (all Changes) ApplyWhole(o Organization) Organization {
	for _, one := range all {
		if one.Organization != nil {
			o = one.Organization(o)
		}
	}
	for kind, entities := range map[access.EntityKind]*[]Resource{
		access.Stack: &o.Stacks, access.Environment: &o.Environments, access.Account: &o.Accounts,
	} {
		*entities = all.applyEntities(kind, *entities)
	}
	return o
}

func (all Changes) applyEntities(kind access.EntityKind, entities []Resource) []Resource {
	entities = slices.Clone(entities)
	for _, created := range all.Creations(kind) {
		if !slices.ContainsFunc(entities, func(t Resource) bool { return t.Name == created.Name }) {
			entities = append(entities, created)
		}
	}
	for i := range entities {
		_, entities[i] = all.Apply(Organization{}, entities[i])
		if definition, written := all.Definition(entities[i].Name); written && kind == access.Environment {
			entities[i].Definition = definition
		}
	}
	return entities
}

// Created is an entity that one of the changes creates, false when none does.
func (all Changes) Created(kind access.EntityKind, name string) (Resource, bool) {
	for _, one := range slices.Backward(all) {
		if one.Creates != nil && one.Creates.Kind == kind && one.Creates.Name == name {
			return *one.Creates, true
		}
	}
	return Resource{}, false
}

// Definition is what the changes write as the definition of an environment, false when they write none.
func (all Changes) Definition(environment string) (*Definition, bool) {
	for _, one := range slices.Backward(all) {
		if one.Defines != nil && one.Defines.Environment == environment {
			return &one.Defines.Definition, true
		}
	}
	return nil, false
}

// Unknown is what cannot be told of the changes before the update.
func (all Changes) Unknown() []Blind {
	var blind []Blind
	for _, one := range all {
		blind = append(blind, one.Unknown...)
	}
	return blind
}

// CreatesTeam reports whether one of the changes creates a team.
func (all Changes) CreatesTeam(name string) bool {
	return slices.ContainsFunc(all, func(one Change) bool { return one.CreatesTeam == name })
}

// Creations are the entities of a kind that the changes create.
func (all Changes) Creations(kind access.EntityKind) []Resource {
	var created []Resource
	for _, one := range all {
		if one.Creates != nil && one.Creates.Kind == kind {
			created = append(created, *one.Creates)
		}
	}
	return created
}

const plannedID = "planned:"

// PlannedID stands for the id of an object that does not exist yet.
func PlannedID(name string) string { return plannedID + name }

// IsPlannedID reports whether an id stands for that of an object that does not exist yet.
func IsPlannedID(id string) bool { return strings.HasPrefix(id, plannedID) }

// IsPlanned reports whether the entity does not exist yet.
func (t Resource) IsPlanned() bool { return IsPlannedID(t.ID) }

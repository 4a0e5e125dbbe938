package graph

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// Itself is the organization as an entity, on which scopes such as `team:create` are held. [Index.Of] answers about it as about any
// other.
func (o Organization) Itself() Resource {
	return Resource{Entity: access.Entity{Kind: access.Organization}, Name: o.Login}
}

// Entities are all entities of a kind.
func (o Organization) Entities(kind access.EntityKind) []Resource {
	switch kind {
	case access.Stack:
		return o.Stacks
	case access.Environment:
		return o.Environments
	case access.Account:
		return o.Accounts
	default:
		return nil
	}
}

// Entity finds an entity by its kind and name, with what opening an environment opens besides; false when the organization has none.
func (ix *Index) Entity(kind access.EntityKind, name string) (Resource, bool) {
	if kind == access.Organization {
		return ix.Itself(), true
	}
	found, known := ix.entities[entityKey{kind, name}]
	if !known {
		return Resource{}, false
	}
	resource := *found
	if kind == access.Environment && resource.Definition != nil {
		ix.close(&resource)
	}
	return resource, true
}

type entityKey struct {
	kind access.EntityKind
	name string
}

// close adds every environment that opening one opens, each once.
func (ix *Index) close(t *Resource) {
	t.Imports, t.Unclear = nil, t.Definition.UnclearImports(t.Name)
	known := map[Reference]bool{}
	for waiting := slices.Clone(t.Definition.Imports); len(waiting) > 0; waiting = waiting[1:] {
		next := waiting[0]
		if known[next] {
			continue
		}
		known[next] = true
		imported, found := ix.entities[entityKey{access.Environment, next.Name}]
		if !found {
			t.Unclear = fmt.Sprintf("it imports %s, which does not exist or is not visible to this token", next.Name)
			continue
		}
		if imported.Definition != nil {
			if unclear := imported.Definition.UnclearImports(next.Name); unclear != "" {
				t.Unclear = unclear
			}
			waiting = append(waiting, imported.Definition.Imports...)
		}
		if next.Scope != openScope {
			t.Unclear = fmt.Sprintf("it imports a revision of %s, which may import others than the current one", next.Name)
		}
		t.Imports = append(t.Imports, Import{Resource: *imported, Scope: next.Scope})
	}
}

// UnclearImports says why it is not known what an environment with the definition imports, "" where it is.
func (d *Definition) UnclearImports(name string) string {
	if d.Unreadable != "" {
		return fmt.Sprintf("what environment %s imports could not be read", name)
	}
	return d.Unclear
}

// Importers are what imports an environment, by name: the environments that open it when they are opened, and the stacks and accounts
// whose configuration names it or one of these.
type Importers struct{ Environments, Stacks, Accounts []string }

// Importers are what imports an environment.
func (ix *Index) Importers(environment string) Importers {
	var all Importers
	for _, of := range ix.Environments {
		if closed, _ := ix.Entity(access.Environment, of.Name); closed.imports(environment) {
			all.Environments = append(all.Environments, of.Name)
		}
	}
	users := func(entities []Resource) (names []string) {
		for _, t := range entities {
			if slices.ContainsFunc(t.Uses, func(r Reference) bool { return r.Name == environment || slices.Contains(all.Environments, r.Name) }) {
				names = append(names, t.Name)
			}
		}
		slices.Sort(names)
		return names
	}
	slices.Sort(all.Environments)
	all.Stacks, all.Accounts = users(ix.Stacks), users(ix.Accounts)
	return all
}

func (t Resource) imports(environment string) bool {
	return slices.ContainsFunc(t.Imports, func(i Import) bool { return i.Name == environment })
}

// PrincipalID names a principal.
type PrincipalID struct {
	Kind Kind
	Name string
}

// AllPrincipals are everybody who may hold something in the organization, by kind and name: whoever is on a roster, in a team or holds
// something on an entity of its own, every team, token and agent, the deployments of stacks, and the identities outside that
// policies admit.
func (ix *Index) AllPrincipals() []PrincipalID {
	var all []PrincipalID
	add := func(kind Kind, name string) { all = append(all, PrincipalID{kind, name}) }
	for _, login := range ix.everyLogin() {
		add(ix.kindOf(login), login)
	}
	for _, team := range ix.Teams {
		add(TeamKind, team.Name)
	}
	for _, token := range ix.Tokens {
		add(TokenKind, token.Name)
	}
	for _, deployment := range ix.Deployments {
		add(DeploymentKind, deployment.Stack)
	}
	for _, agent := range ix.Agents {
		add(AgentKind, agent.Name)
	}
	for _, one := range ix.outside {
		add(OutsiderKind, one.name)
	}
	slices.SortStableFunc(all, func(a, b PrincipalID) int {
		return cmp.Or(cmp.Compare(rank[a.Kind], rank[b.Kind]), cmp.Compare(a.Name, b.Name))
	})
	return slices.Compact(all)
}

// everyLogin are the logins of members, members of teams, and of whoever holds something on an entity of their own, sorted.
func (ix *Index) everyLogin() []string {
	all := slices.Clone(ix.guests)
	for i := range ix.Users {
		all = append(all, ix.Users[i].Login)
	}
	for _, t := range ix.entities {
		for login := range t.Direct {
			all = append(all, login)
		}
		for login := range t.Assigned {
			all = append(all, login)
		}
		if t.Owner != "" && t.Kind != access.Stack {
			all = append(all, t.Owner)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// kindOf tells service principals from people.
func (ix *Index) kindOf(login string) Kind {
	if user := ix.users[login]; user != nil && user.Service {
		return ServicePrincipalKind
	}
	return UserKind
}

package state

import (
	"maps"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// Assigned are the permission sets that single people hold on one entity, by login. Owners of environments and accounts hold Admin
// unless they are in it; the empty id says that their grant was revoked.
type Assigned map[string]string

// direct is what single people hold on one entity, as it is kept.
type direct struct {
	kind          access.EntityKind
	assigned      *Assigned
	owner         string         // of an environment or account, who comes with Admin on it
	collaborators map[string]int // of a stack, its creator included
}

// directOn finds what single people hold on an entity, false if there is none of that id.
func (st *State) directOn(id string) (direct, bool) {
	if v, ok := StackKind.ByID(st, id); ok {
		return direct{kind: access.Stack, assigned: &v.Assigned, collaborators: v.Collaborators}, true
	}
	if v, ok := EnvironmentKind.ByID(st, id); ok {
		return direct{kind: access.Environment, assigned: &v.Assigned, owner: v.OwnedBy}, true
	}
	if v, ok := AccountKind.ByID(st, id); ok {
		return direct{kind: access.Account, assigned: &v.Assigned, owner: v.Owner}, true
	}
	return direct{}, false
}

// owns reports whether a login is the owner of an environment or account.
func (d direct) owns(login string) bool { return d.kind != access.Stack && d.owner == login }

// DirectOn are the permission sets that single people hold on an entity, by login: collaborators of a stack, owners, and those who
// were assigned one.
func (st *State) DirectOn(id string) map[string]string {
	held := map[string]string{}
	on, ok := st.directOn(id)
	if !ok {
		return held
	}
	for login, permission := range on.collaborators {
		held[login] = st.setID(access.Stack, StackLevel(permission))
	}
	if on.kind != access.Stack {
		held[on.owner] = st.setID(on.kind, access.Admin)
	}
	maps.Copy(held, *on.assigned)
	maps.DeleteFunc(held, func(_, set string) bool { return set == "" })
	return held
}

// DirectOf is the permission set that one person holds on an entity, "" for none; see [State.DirectOn].
func (st *State) DirectOf(id, login string) string {
	on, ok := st.directOn(id)
	if !ok {
		return ""
	}
	if set, ok := (*on.assigned)[login]; ok {
		return set
	}
	if permission, ok := on.collaborators[login]; ok {
		return st.setID(access.Stack, StackLevel(permission))
	}
	if on.owns(login) {
		return st.setID(on.kind, access.Admin)
	}
	return ""
}

// TeamSet is the built-in permission set that a team's grant on an entity is, "" for none.
func (st *State) TeamSet(t *Team, kind access.EntityKind, key string) string {
	switch kind {
	case access.Stack:
		return st.setID(kind, StackLevel(t.Stacks[key]))
	case access.Environment:
		return st.setID(kind, access.Level(t.Environments[key].Permission))
	case access.Account:
		return st.setID(kind, AccountLevel(t.Accounts[key]))
	case access.Organization, access.Team: // grants are on entities
	}
	return ""
}

// WithoutGrants is what is left of the assignments on an entity that is deleted: whose grant was revoked.
func (a Assigned) WithoutGrants() Assigned {
	kept := maps.Clone(a)
	maps.DeleteFunc(kept, func(_, set string) bool { return set != "" })
	if len(kept) == 0 {
		return nil
	}
	return kept
}

// IsSetOf reports whether a record is a permission set that can be assigned on a kind of entity.
func (r *Record) IsSetOf(kind access.EntityKind) bool {
	return r.UXPurpose == PurposeSet && r.ResourceType == string(kind)
}

// setID is the id of the built-in permission set that a level is, "" for none.
func (st *State) setID(kind access.EntityKind, level access.Level) string {
	identifier := access.SetIdentifier(kind, level)
	if identifier == "" {
		return ""
	}
	return st.BuiltinID(identifier)
}

// Assign gives one person a permission set on an entity, in place of what the person held there; no set takes the grant away.
func (st *State) Assign(id, login, set string) {
	on, ok := st.directOn(id)
	if !ok {
		return
	}
	delete(*on.assigned, login)
	delete(on.collaborators, login)
	if permission, ok := st.collaborator(set); ok && on.kind == access.Stack {
		on.collaborators[login] = permission
		return
	}
	withoutEntry := "" // what the person holds if assigned says nothing
	if on.owns(login) {
		withoutEntry = st.setID(on.kind, access.Admin)
	}
	if set == withoutEntry {
		return
	}
	if *on.assigned == nil {
		*on.assigned = Assigned{}
	}
	(*on.assigned)[login] = set
}

// collaborator is the permission of a stack's collaborators that a built-in set is.
func (st *State) collaborator(set string) (permission int, ok bool) {
	for _, permission := range []int{StackRead, StackWrite, StackAdmin} {
		if set == st.setID(access.Stack, StackLevel(permission)) {
			return permission, true
		}
	}
	return 0, false
}

// Unassign takes every direct grant from a person who leaves.
func (st *State) Unassign(login string) {
	for id := range st.keys {
		on, _ := st.directOn(id)
		delete(*on.assigned, login)
		delete(on.collaborators, login)
	}
}

// AssignedSet reports whether somebody holds a permission set on an entity.
func (st *State) AssignedSet(set string) bool {
	for id := range st.keys {
		on, _ := st.directOn(id)
		for _, held := range *on.assigned {
			if held == set {
				return true
			}
		}
	}
	return false
}

// TakeSet takes a permission set from everybody who holds it on an entity. An owner does not get Admin for it.
func (st *State) TakeSet(set string) {
	for id := range st.keys {
		on, _ := st.directOn(id)
		for login, held := range *on.assigned {
			if held == set {
				st.Assign(id, login, "")
			}
		}
	}
}

// checkAssigned refuses sets that do not exist.
func (st *State) checkAssigned(path string, assigned Assigned) error {
	for login, set := range assigned {
		if _, ok := st.Record(set); set != "" && !ok {
			return rest.BadRequest("%s.assigned[%q] names a permission set that does not exist", path, login)
		}
	}
	return nil
}

package state

import (
	"maps"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// Assigned are the permission sets that single people hold on one entity, by login. Owners of environments and accounts hold Admin
// unless they are in it; the empty id says that their grant was revoked.
type Assigned map[string]string

// stackSets are the built-in sets that collaborators of a stack hold, by permission.
var stackSets = map[int]access.Level{
	StackRead: access.Read, StackWrite: access.Write, StackAdmin: access.Admin, StackCreator: access.Admin,
}

// DirectOn are the permission sets that single people hold on an entity, by login: collaborators of a stack, owners, and those who
// were assigned one.
func (st *State) DirectOn(id string) map[string]string {
	held := map[string]string{}
	if v, ok := StackKind.ByID(st, id); ok {
		for login, permission := range v.Collaborators {
			held[login] = st.setID(access.Stack, stackSets[permission])
		}
	}
	if owner, kind, ok := st.ownerOf(id); ok {
		held[owner] = st.setID(kind, access.Admin)
	}
	if at := st.assignedOn(id); at != nil {
		maps.Copy(held, *at)
	}
	maps.DeleteFunc(held, func(_, set string) bool { return set == "" })
	return held
}

// DirectOf is the permission set that one person holds on an entity, "" for none; see [State.DirectOn].
func (st *State) DirectOf(id, login string) string {
	if at := st.assignedOn(id); at != nil {
		if set, ok := (*at)[login]; ok {
			return set
		}
	}
	if v, ok := StackKind.ByID(st, id); ok {
		if permission, ok := v.Collaborators[login]; ok {
			return st.setID(access.Stack, stackSets[permission])
		}
	}
	if owner, kind, ok := st.ownerOf(id); ok && owner == login {
		return st.setID(kind, access.Admin)
	}
	return ""
}

// TeamSet is the built-in permission set that a team's grant on an entity is, "" for none.
func (st *State) TeamSet(t *Team, kind access.EntityKind, key string) string {
	var level access.Level
	switch kind {
	case access.Stack:
		level = stackSets[t.Stacks[key]]
	case access.Environment:
		level = access.Level(t.Environments[key].Permission)
	case access.Account:
		level = map[int]access.Level{1: access.Read, 2: access.Write, 3: access.Admin}[t.Accounts[key]]
	case access.Organization, access.Team: // grants are on entities
	}
	if level == "" {
		return ""
	}
	return st.setID(kind, level)
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

func (st *State) setID(kind access.EntityKind, level access.Level) string {
	return st.BuiltinID(access.SetIdentifier(kind, level))
}

// ownerOf is the owner of an environment or account, which comes with Admin on it. A stack's creator is a collaborator.
func (st *State) ownerOf(id string) (login string, kind access.EntityKind, ok bool) {
	if v, ok := EnvironmentKind.ByID(st, id); ok {
		return v.OwnedBy, access.Environment, true
	}
	if v, ok := AccountKind.ByID(st, id); ok {
		return v.Owner, access.Account, true
	}
	return "", "", false
}

func (st *State) assignedOn(id string) *Assigned {
	if v, ok := StackKind.ByID(st, id); ok {
		return &v.Assigned
	}
	if v, ok := EnvironmentKind.ByID(st, id); ok {
		return &v.Assigned
	}
	if v, ok := AccountKind.ByID(st, id); ok {
		return &v.Assigned
	}
	return nil
}

// Assign gives one person a permission set on an entity, in place of what the person held there; no set takes the grant away.
func (st *State) Assign(id, login, set string) {
	at := st.assignedOn(id)
	if at == nil {
		return
	}
	delete(*at, login)
	owner, kind, owned := st.ownerOf(id)
	isOwner := owned && owner == login
	if v, ok := StackKind.ByID(st, id); ok {
		delete(v.Collaborators, login)
		if permission, ok := st.collaborator(set); ok {
			v.Collaborators[login] = permission
			return
		}
	}
	if isOwner && set == st.setID(kind, access.Admin) || !isOwner && set == "" {
		return
	}
	if *at == nil {
		*at = Assigned{}
	}
	(*at)[login] = set
}

// collaborator is the permission of a stack's collaborators that a built-in set is.
func (st *State) collaborator(set string) (permission int, ok bool) {
	for _, permission := range []int{StackRead, StackWrite, StackAdmin} {
		if set == st.setID(access.Stack, stackSets[permission]) {
			return permission, true
		}
	}
	return 0, false
}

// Unassign takes every direct grant from a person who leaves.
func (st *State) Unassign(login string) {
	for id := range st.keys {
		delete(*st.assignedOn(id), login)
	}
	for _, v := range st.Stacks {
		delete(v.Collaborators, login)
	}
}

// AssignedSet reports whether somebody holds a permission set on an entity.
func (st *State) AssignedSet(set string) bool {
	for id := range st.keys {
		for _, held := range *st.assignedOn(id) {
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
		for login, held := range *st.assignedOn(id) {
			if held == set {
				st.Assign(id, login, "")
			}
		}
	}
}

// checkAssigned refuses sets that do not exist. A restored state is whole before it is checked.
func (st *State) checkAssigned(path string, assigned Assigned) error {
	for login, set := range assigned {
		if _, ok := st.Roles[set]; set != "" && !ok && !isBuiltin(st.Organization.Login, set) {
			return rest.BadRequest("%s.assigned[%q] names a permission set that does not exist", path, login)
		}
	}
	return nil
}

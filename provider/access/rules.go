package access

import (
	"time"
)

// Selector says which entities a rule is about. Exactly one way of naming them is set.
type Selector struct {
	// Project and Name are one stack or environment; an account has a Name only.
	Project, Name string
	// Tags are every entity that carries all of these tags with these values, now and later.
	Tags map[string]string
	// All is every entity of the kind.
	All bool
	// Identity is an entity known by the service's id only, because its name could not be found.
	Identity string
}

// Grant says what a rule allows. Exactly one of Permission, Scopes and PermissionSet is set.
type Grant struct {
	// Permission is a level; see [Permissions].
	Permission Level
	// Scopes are single scopes of the entity's kind.
	Scopes []string
	// PermissionSet is the id of a custom permission set.
	PermissionSet string
	// MaxOpenDuration bounds how long an environment stays open, in whole seconds; 0 means no bound.
	MaxOpenDuration time.Duration
}

// Rule grants something on some entities of one kind.
type Rule struct {
	Selector
	Grant
}

// Access is what may be done: rules by kind of entity, and what is granted on the organization itself.
type Access struct {
	Stacks, Environments, Accounts []Rule
	// Organization is a built-in organization-level set; "" and [None] are nothing.
	Organization Level
	// Scopes are further organization-level scopes.
	Scopes []string
}

// Allow is the name of something risky that a user opts into.
type Allow string

// The opt-ins that [Access.Check] knows.
const (
	// AllowStackAdminForPeople permits stack admin, or one of its scopes, in what people are granted.
	AllowStackAdminForPeople Allow = "stackAdminForPeople"
	// AllowOpenOnAll permits to open every environment.
	AllowOpenOnAll Allow = "openOnAll"
)

// CheckOptions are the circumstances in which an [Access] is checked.
type CheckOptions struct {
	Catalogue Catalogue
	Allow     []Allow
	// ForPeople says that the grantees are people, so that stack admin needs its opt-in.
	ForPeople bool
}

// SetRef names a permission set: a built-in one by its level. In the map that [Decompile] takes, an empty level stands
// for a custom permission set of that kind.
type SetRef struct {
	Kind  EntityKind
	Level Level
}

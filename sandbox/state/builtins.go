package state

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/ids"
)

// Identifiers of the built-in roles.
const (
	RoleAdmin   = "admin"
	RoleMember  = "member"
	RoleBilling = "billing-manager"

	RoleReader     = "reader"
	RoleBuilder    = "builder"
	RoleMaintainer = "maintainer"
)

const (
	PurposeRole        = "role"
	PurposePolicy      = "policy"
	PurposeSet         = "set"
	PurposeRolePrivate = "role_private"
	PurposeRoleTemp    = "role_temporary"
)

// memberScopes and billingScopes are organization-level rights of built-in roles, as documented by Pulumi.
// https://www.pulumi.com/docs/administration/access-identity/rbac/
const (
	memberScopes = `ai_conversations:create ai_conversations:read ai_conversations:update deployments:read
		deployments:read_usage environment:create environment:list_deleted environment_yaml:open integrations:read
		integrations:update org_member:read organization:read_usage policy_groups:read project:decrypt project:encrypt
		resources:search resources:dashboard saml:read stack_access:read tags:read team:read team:list templates:read`
	billingScopes = `deployments:read_usage org_member:read organization:billing organization:read_usage
		resources:dashboard saml:read team:list`
)

// storedRoles are the default roles that are stored, unlike Member, which is computed. What they grant is not documented; here it
// is a level on everything of each kind.
var storedRoles = []struct {
	identifier, name            string
	stack, environment, account access.Level
	organization                string
}{
	{RoleReader, "Reader", access.Read, access.Read, access.Read, ""},
	{RoleBuilder, "Builder", access.Write, access.Open, access.Read, "stack:create"},
	{RoleMaintainer, "Maintainer", access.Admin, access.Admin, access.Admin, "stack:create insights_account:create team:create"},
}

var setNames = map[access.EntityKind]string{
	access.Stack: "Stack", access.Environment: "Environment", access.Account: "Account", access.Organization: "Organization",
}

var levelNames = map[access.Level]string{
	access.Read: "Read", access.Open: "Open", access.Write: "Write", access.Admin: "Admin",
	access.ReadOnly: "Read Only", access.Standard: "Standard", access.Billing: "Billing",
}

// builtinRecords are the roles and permission sets that every organization has. Their ids differ between
// organizations, as at the service: clients must look them up.
func builtinRecords(org string, created time.Time) map[string]*Record {
	all := map[string]*Record{}
	add := func(identifier, name, purpose string, kind access.EntityKind, scopes []string) {
		id := builtinID(org, identifier)
		all[id] = &Record{
			ID: id, Name: name, ResourceType: string(kind), UXPurpose: purpose, DefaultIdentifier: identifier,
			Details: Allow(scopes), Version: 1, Created: created, Modified: created,
		}
	}
	add(RoleAdmin, "Admin", PurposeRole, access.Organization, EveryScope())
	add(RoleMember, "Member", PurposeRole, access.Organization, fields(memberScopes))
	add(RoleBilling, "Billing Manager", PurposeRole, access.Organization, fields(billingScopes))
	for _, role := range storedRoles {
		scopes := slices.Concat(fields(memberScopes), fields(role.organization), LevelScopes(access.Stack, role.stack),
			LevelScopes(access.Environment, role.environment), LevelScopes(access.Account, role.account))
		slices.Sort(scopes)
		add(role.identifier, role.name, PurposeRole, access.Organization, slices.Compact(scopes))
	}
	for _, kind := range access.Kinds() {
		for _, level := range access.Levels(kind) {
			if scopes := LevelScopes(kind, level); len(scopes) > 0 {
				add(access.SetIdentifier(kind, level), setNames[kind]+" "+levelNames[level], PurposeSet, kind, scopes)
			}
		}
	}
	return all
}

// LevelScopes are a built-in set's scopes. The documentation puts settings of environments in no set; here reading
// them comes with Read, and changing them (deletion protection) with Admin.
func LevelScopes(kind access.EntityKind, level access.Level) []string {
	scopes := slices.Clone(access.LevelScopes(kind, level))
	if kind != access.Environment || len(scopes) == 0 {
		return scopes
	}
	scopes = append(scopes, "environment_settings:read")
	if level == access.Admin {
		scopes = append(scopes, "environment_settings:update")
	}
	slices.Sort(scopes)
	return scopes
}

func EveryScope() []string {
	var scopes []string
	for _, kind := range access.Kinds() {
		scopes = append(scopes, access.NewCatalogue(nil).Scopes(kind)...)
	}
	slices.Sort(scopes)
	return slices.Compact(scopes)
}

func fields(s string) []string {
	f := strings.Fields(s)
	slices.Sort(f)
	return f
}

// Allow is a descriptor that grants scopes without a condition.
func Allow(scopes []string) json.RawMessage {
	data, err := json.Marshal(map[string]any{"__type": "PermissionDescriptorAllow", "permissions": scopes})
	if err != nil {
		panic(err) // strings always marshal
	}
	return data
}

// fillBuiltins derives the built-in records, and their ids, which every decision needs.
func (st *State) fillBuiltins() {
	st.builtins, st.builtin = builtinRecords(st.Organization.Login, st.Organization.Created), map[string]string{}
	for id, r := range st.builtins {
		st.builtin[r.DefaultIdentifier] = id
	}
}

// BuiltinID is the record id of a built-in role or set. That of an identifier which does not exist is the id of nothing.
func (st *State) BuiltinID(identifier string) string {
	if id, ok := st.builtin[identifier]; ok {
		return id
	}
	return builtinID(st.Organization.Login, identifier)
}

func builtinID(org, identifier string) string { return ids.Fixed(org, "builtin", identifier) }

// DefaultRole is the id of the role that members without one of their own have.
func (st *State) DefaultRole() string {
	return cmp.Or(st.Organization.Settings.DefaultRoleID, st.BuiltinID(RoleMember))
}

// RoleOf is the id of the role that a member has: its own, or the default role.
func (st *State) RoleOf(u *User) string { return cmp.Or(u.RoleID, st.DefaultRole()) }

// IsStoredRole reports whether an identifier is that of a stored default role.
func IsStoredRole(identifier string) bool {
	for _, role := range storedRoles {
		if role.identifier == identifier {
			return true
		}
	}
	return false
}

// StoredDefault tells whether members have a stored default role and not the computed Member.
func (st *State) StoredDefault() bool { return st.DefaultRole() != st.BuiltinID(RoleMember) }

// TooBroadForDefault reports whether a role is above the ceiling that a restricted organization has on its default role. Where that
// is, is not documented; here Admin and Maintainer are above it.
func (st *State) TooBroadForDefault(id string) bool {
	return id == st.BuiltinID(RoleAdmin) || id == st.BuiltinID(RoleMaintainer)
}

// Describe sets the record's descriptor, which is parsed and checked.
func (r *Record) Describe(details json.RawMessage, parsed access.Descriptor) {
	r.Details, r.parsed = details, parsed
}

// Descriptor is the record's descriptor, parsed once. Records are checked before they are stored.
func (r *Record) Descriptor() access.Descriptor {
	if r.parsed == nil {
		d, err := access.ParseDescriptor(r.Details)
		if err != nil {
			return access.Group{}
		}
		r.parsed = d
	}
	return r.parsed
}

// DescriptorOf resolves the ids that a Compose names.
func (st *State) DescriptorOf(id string) (access.Descriptor, bool) {
	r, ok := st.Record(id)
	if !ok {
		return nil, false
	}
	return r.Descriptor(), true
}

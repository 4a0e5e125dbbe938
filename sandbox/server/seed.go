package server

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/roles"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/seed"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// seeder puts a seed's objects into a new state, in the order in which they refer to each other.
type seeder struct {
	s     *core.Org
	seed  seed.Seed
	now   time.Time
	roles map[string]string // name -> id
	owner string            // of what has none: the first administrator
}

// populate puts a seed's objects into the new state.
func (s *Server) populate(from seed.Seed) error {
	p := &seeder{s: s.org, seed: from, now: s.org.Now(), roles: map[string]string{}}
	for _, step := range []func() error{
		p.addRoles, p.addUsers, p.addSettings, p.addTeams, p.addStacks, p.addEnvironments, p.addAccounts, p.addGrants,
		p.addGates, p.addAgents,
		p.addIssuers,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (p *seeder) addRoles() error {
	for i, r := range p.seed.Roles {
		path := fmt.Sprintf("roles[%d]", i)
		if err := p.addRole(path, r); err != nil {
			return err
		}
	}
	return nil
}

func (p *seeder) addRole(path string, r seed.Role) error {
	purpose, err := seed.OneOf(path+".purpose", r.Purpose, state.PurposeRole, state.PurposePolicy, state.PurposeSet)
	if err != nil {
		return err
	}
	kind, err := seed.OneOf(path+".resourceType", r.ResourceType, string(access.Organization), string(access.Stack),
		string(access.Environment), string(access.Account))
	if err != nil {
		return err
	}
	if r.Name == "" {
		return seed.Problem(path+".name", "give one")
	}
	if _, taken := p.roles[r.Name]; taken {
		return seed.Problem(path+".name", "there is another role %q", r.Name)
	}
	if (r.Scopes == nil) == (r.Details == nil) {
		return seed.Problem(path, "give scopes or details")
	}
	details := state.Allow(r.Scopes)
	if r.Details != nil {
		if details, err = json.Marshal(r.Details); err != nil {
			return seed.Problem(path+".details", "%v", err)
		}
	}
	rec := &state.Record{
		ID: p.s.State.NewID("role", r.Name), Name: r.Name, Description: r.Description, ResourceType: kind,
		UXPurpose: purpose, Details: details, Version: 1, Created: p.now, Modified: p.now,
	}
	if err := roles.CheckDetails(p.s, rec); err != nil {
		return seed.Problem(path, "%v", err)
	}
	p.s.State.Roles[rec.ID] = rec
	p.roles[r.Name] = rec.ID
	return nil
}

func (p *seeder) addUsers() error {
	users := p.seed.Users
	if users == nil {
		users = []seed.User{{Login: "admin", Role: state.RoleAdmin}}
	}
	for i, u := range users {
		path := fmt.Sprintf("users[%d]", i)
		if !p.s.State.ValidLogin(u.Login) {
			return seed.Problem(path+".login", "%q is not a valid login of a person", u.Login)
		}
		if _, taken := p.s.State.Users[u.Login]; taken {
			return seed.Problem(path+".login", "there is another user %q", u.Login)
		}
		role, err := p.roleOfUser(path+".role", u.Role)
		if err != nil {
			return err
		}
		if u.Service != "" && (!slices.Contains(state.ServicePrincipalKinds, u.Service) || u.Role == "") {
			return seed.Problem(path+".servicePrincipal", "give one of %v, and a role", state.ServicePrincipalKinds)
		}
		if u.Follows {
			if u.Role != "" {
				return seed.Problem(path+".followsDefaultRole", "give no role")
			}
			role = ""
		}
		p.s.State.Users[u.Login] = &state.User{
			ID: p.s.State.NewID("user", u.Login), Suspended: u.Suspended, Service: u.Service,
			Login: u.Login, Name: cmp.Or(u.Name, u.Login), Email: cmp.Or(u.Email, u.Login+"@example.com"),
			RoleID: role, Created: p.now,
		}
		if p.owner == "" && u.Service == "" && role == p.s.State.BuiltinID(state.RoleAdmin) && !u.Suspended {
			p.owner = u.Login
		}
	}
	if p.owner == "" {
		return seed.Problem("users", "none is an admin; give at least one the role admin")
	}
	p.s.FirstAdmin = p.owner
	return nil
}

func (p *seeder) roleOfUser(path, name string) (string, error) {
	name = cmp.Or(name, state.RoleMember)
	if slices.Contains([]string{state.RoleAdmin, state.RoleMember, state.RoleBilling}, name) || state.IsStoredRole(name) {
		return p.s.State.BuiltinID(name), nil
	}
	return p.role(path, name)
}

// role finds a role of the seed by name.
func (p *seeder) role(path, name string) (string, error) {
	id, ok := p.roles[name]
	if !ok || p.s.State.Roles[id].UXPurpose != state.PurposeRole {
		return "", seed.Problem(path, "there is no role %q in roles", name)
	}
	return id, nil
}

func (p *seeder) optionalRole(path, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	return p.role(path, name)
}

func (p *seeder) addSettings() (err error) {
	from, to := p.seed.Settings, &p.s.State.Organization.Settings
	if to.DefaultStackPermission, err = stackPermission("settings.defaultStackPermission", from.DefaultStackPermission); err != nil {
		return err
	}
	if to.DefaultEnvironmentPermission, err = seed.OneOf("settings.defaultEnvironmentPermission", from.DefaultEnvironmentPermission,
		state.EnvironmentPermissions...); err != nil {
		return err
	}
	if to.DefaultAccountPermission, err = accountPermission("settings.defaultAccountPermission", from.DefaultAccountPermission); err != nil {
		return err
	}
	if to.DefaultRoleID, err = p.defaultRole(from.DefaultRole); err != nil {
		return err
	}
	mode, err := seed.OneOf("settings.permissionMode", from.PermissionMode, permissive, restricted)
	if err != nil {
		return err
	}
	to.AlwaysRestricted = from.AlwaysRestricted
	to.Restricted = mode == restricted || from.AlwaysRestricted
	if to.DefaultDeploymentRoleID, err = p.optionalRole("settings.defaultDeploymentRole", from.DefaultDeploymentRole); err != nil {
		return err
	}
	if from.MaxAccessTokenExpiryDays < 0 {
		return seed.Problem("settings.maxAccessTokenExpiryDays", "give a positive number, or 0 for no limit")
	}
	to.MaxAccessTokenExpiryDays = from.MaxAccessTokenExpiryDays
	rest.SetIf(&to.MembersCanCreateStacks, from.MembersCanCreateStacks)
	rest.SetIf(&to.MembersCanDeleteStacks, from.MembersCanDeleteStacks)
	rest.SetIf(&to.MembersCanTransferStacks, from.MembersCanTransferStacks)
	rest.SetIf(&to.MembersCanCreateTeams, from.MembersCanCreateTeams)
	rest.SetIf(&to.MembersCanCreateAccounts, from.MembersCanCreateAccounts)
	return nil
}

// defaultRole finds a stored default role, or a role of the seed by name.
func (p *seeder) defaultRole(name string) (string, error) {
	if state.IsStoredRole(name) {
		return p.s.State.BuiltinID(name), nil
	}
	return p.optionalRole("settings.defaultRole", name)
}

func stackPermission(path, name string) (int, error) {
	name, err := seed.OneOf(path, name, state.LevelNone, "read", "write", "admin")
	return map[string]int{"read": state.StackRead, "write": state.StackWrite, "admin": state.StackAdmin}[name], err
}

func accountPermission(path, name string) (int, error) {
	name, err := seed.OneOf(path, name, state.LevelNone, "read", "write", "admin")
	return map[string]int{"read": 1, "write": 2, "admin": 3}[name], err
}

package server

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

const (
	teamRoleAdmin  = "admin"
	teamRoleMember = "member"

	teamPulumi = "pulumi"
	teamGitHub = "github"
	teamSCIM   = "scim"
)

// planter puts a seed's objects into a new state, in the order in which they refer to each other.
type planter struct {
	s     *Server
	seed  Seed
	now   time.Time
	roles map[string]string // name -> id
	owner string            // of what has none: the first administrator
}

func (s *Server) plant(seed Seed) error {
	p := &planter{s: s, seed: seed, now: s.now(), roles: map[string]string{}}
	for _, step := range []func() error{
		p.plantRoles, p.plantUsers, p.plantSettings, p.plantTeams, p.plantStacks, p.plantEnvironments, p.plantAccounts, p.plantGrants,
		p.plantGates,
		p.plantIssuers,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (p *planter) plantRoles() error {
	for i, r := range p.seed.Roles {
		path := fmt.Sprintf("roles[%d]", i)
		if err := p.plantRole(path, r); err != nil {
			return err
		}
	}
	return nil
}

func (p *planter) plantRole(path string, r SeedRole) error {
	purpose, err := oneOf(path+".purpose", r.Purpose, purposeRole, purposePolicy, purposeSet)
	if err != nil {
		return err
	}
	kind, err := oneOf(path+".resourceType", r.ResourceType, string(access.Organization), string(access.Stack),
		string(access.Environment), string(access.Account))
	if err != nil {
		return err
	}
	if r.Name == "" {
		return problem(path+".name", "give one")
	}
	if _, taken := p.roles[r.Name]; taken {
		return problem(path+".name", "there is another role %q", r.Name)
	}
	if (r.Scopes == nil) == (r.Details == nil) {
		return problem(path, "give scopes or details")
	}
	details := allow(r.Scopes)
	if r.Details != nil {
		if details, err = json.Marshal(r.Details); err != nil {
			return problem(path+".details", "%v", err)
		}
	}
	rec := &record{
		ID: p.s.st.newID("role", r.Name), Name: r.Name, Description: r.Description, ResourceType: kind,
		UXPurpose: purpose, Details: details, Version: 1, Created: p.now, Modified: p.now,
	}
	if err := p.s.checkDetails(rec); err != nil {
		return problem(path, "%v", err)
	}
	p.s.st.Roles[rec.ID] = rec
	p.roles[r.Name] = rec.ID
	return nil
}

func (p *planter) plantUsers() error {
	users := p.seed.Users
	if users == nil {
		users = []SeedUser{{Login: "admin", Role: roleAdmin}}
	}
	for i, u := range users {
		path := fmt.Sprintf("users[%d]", i)
		if !p.s.st.validLogin(u.Login) {
			return problem(path+".login", "%q is no login of a person", u.Login)
		}
		if _, taken := p.s.st.Users[u.Login]; taken {
			return problem(path+".login", "there is another user %q", u.Login)
		}
		role, err := p.roleOfUser(path+".role", u.Role)
		if err != nil {
			return err
		}
		p.s.st.Users[u.Login] = &user{
			ID: p.s.st.newID("user", u.Login), Suspended: u.Suspended,
			Login: u.Login, Name: firstNonEmpty(u.Name, u.Login), Email: firstNonEmpty(u.Email, u.Login+"@example.com"),
			RoleID: role, Created: p.now,
		}
		if p.owner == "" && role == p.s.builtinID(roleAdmin) && !u.Suspended {
			p.owner = u.Login
		}
	}
	if p.owner == "" {
		return problem("users", "none is an admin; give at least one the role admin")
	}
	p.s.firstAdmin = p.owner
	return nil
}

func (p *planter) roleOfUser(path, name string) (string, error) {
	switch name {
	case "":
		return p.s.builtinID(roleMember), nil
	case roleAdmin, roleMember, roleBilling:
		return p.s.builtinID(name), nil
	}
	return p.role(path, name)
}

// role finds a role of the seed by name.
func (p *planter) role(path, name string) (string, error) {
	id, ok := p.roles[name]
	if !ok || p.s.st.Roles[id].UXPurpose != purposeRole {
		return "", problem(path, "there is no role %q in roles", name)
	}
	return id, nil
}

func (p *planter) optionalRole(path, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	return p.role(path, name)
}

func (p *planter) plantSettings() (err error) {
	from, to := p.seed.Settings, &p.s.st.Organization.Settings
	if to.DefaultStackPermission, err = stackPermission("settings.defaultStackPermission", from.DefaultStackPermission); err != nil {
		return err
	}
	if to.DefaultEnvironmentPermission, err = oneOf("settings.defaultEnvironmentPermission", from.DefaultEnvironmentPermission,
		environmentPermissions...); err != nil {
		return err
	}
	if to.DefaultAccountPermission, err = accountPermission("settings.defaultAccountPermission", from.DefaultAccountPermission); err != nil {
		return err
	}
	if to.DefaultRoleID, err = p.optionalRole("settings.defaultRole", from.DefaultRole); err != nil {
		return err
	}
	if to.DefaultDeploymentRoleID, err = p.optionalRole("settings.defaultDeploymentRole", from.DefaultDeploymentRole); err != nil {
		return err
	}
	if from.MaxAccessTokenExpiryDays < 0 {
		return problem("settings.maxAccessTokenExpiryDays", "give a positive number, or 0 for no limit")
	}
	to.MaxAccessTokenExpiryDays = from.MaxAccessTokenExpiryDays
	setIf(&to.MembersCanCreateStacks, from.MembersCanCreateStacks)
	setIf(&to.MembersCanDeleteStacks, from.MembersCanDeleteStacks)
	setIf(&to.MembersCanTransferStacks, from.MembersCanTransferStacks)
	setIf(&to.MembersCanCreateTeams, from.MembersCanCreateTeams)
	setIf(&to.MembersCanCreateAccounts, from.MembersCanCreateAccounts)
	return nil
}

// setIf overwrites a value by one that was given.
func setIf[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func stackPermission(path, name string) (int, error) {
	name, err := oneOf(path, name, levelNone, "read", "write", "admin")
	return map[string]int{"read": stackRead, "write": stackWrite, "admin": stackAdmin}[name], err
}

func accountPermission(path, name string) (int, error) {
	name, err := oneOf(path, name, levelNone, "read", "write", "admin")
	return map[string]int{"read": 1, "write": 2, "admin": 3}[name], err
}

var environmentPermissions = []string{levelNone, "read", "open", "write", "admin"}

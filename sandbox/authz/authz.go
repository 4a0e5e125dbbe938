// Package authz decides who may do what in an organization of the sandbox. Call [Rules.Can], or [Rules.For] for several questions
// about one principal.
//
// The access rules stand twice on purpose, as each other's check: here, for what the sandbox allows, and in package graph, for what
// the product answers. Neither may call the other. Both evaluate descriptors by package access, so sandbox/second compares both
// with a third evaluator, which shares no code with them.
package authz

import (
	"cmp"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// Organization is what organization-level scopes are asked about.
var Organization = access.Entity{Kind: access.Organization}

func Stack(st *state.Stack) access.Entity {
	return access.Entity{Kind: access.Stack, ID: st.ID, Tags: st.Tags}
}

func Environment(e *state.Environment) access.Entity {
	return access.Entity{Kind: access.Environment, ID: e.ID, Tags: e.Tags}
}

func Account(a *state.Account) access.Entity {
	return access.Entity{Kind: access.Account, ID: a.ID, Tags: a.Tags}
}

// Rules decides who may do what in an organization.
type Rules struct {
	State *state.State
	// DeploymentRole is what the role of a deployment does; see the options of package core.
	DeploymentRole string
}

// Can reports whether a principal holds a scope on an entity.
func (s Rules) Can(p Principal, scope string, e access.Entity) bool {
	return s.For(p).Can(scope, e)
}

// Decider answers questions about one principal. What does not depend on the entity is found once for all
// of them, so a Decider is valid only while the lock is held and nothing changes.
type Decider struct {
	s     Rules
	p     Principal
	admin bool
	teams []*state.Team
}

func (s Rules) For(p Principal) Decider {
	d := Decider{s: s, p: p, admin: s.IsAdmin(p)}
	if starter, ok := s.runsAs(p); ok {
		d.admin = s.IsAdmin(starter)
	}
	if !d.admin {
		d.teams = s.teamsOf(p)
	}
	return d
}

// runsAs is the person who started a deployment without a role, and whose permissions it has; false if it has nobody's.
func (s Rules) runsAs(p Principal) (Principal, bool) {
	if p.Stack == nil || p.Starter == nil || s.DeploymentRole != RoleCaps || s.DeploymentRoleOf(p.Stack) != "" {
		return Principal{}, false
	}
	return Principal{Login: p.Starter.Login, User: p.Starter}, true
}

func (d Decider) Can(scope string, e access.Entity) bool {
	return d.admin || d.s.scopesWith(d.p, d.teams, e).Has(scope)
}

// ScopesOn is all that a principal may do on an entity: the union of everything that grants it anything there.
// Nothing denies, and no grant takes precedence over another.
func (s Rules) ScopesOn(p Principal, e access.Entity) access.Granted {
	return s.scopesWith(p, s.teamsOf(p), e)
}

func (s Rules) scopesWith(p Principal, teams []*state.Team, e access.Entity) access.Granted {
	g := grants{s: s, entity: e}
	switch {
	case p.User != nil:
		g.addMemberRole(s.State.RoleOf(p.User))
	case p.team != nil:
		g.addTeamToken()
	case p.Stack != nil:
		g.addDeployment(p)
	case p.Token != nil:
		g.addOrganizationToken(p.Token)
	}
	for _, t := range teams {
		g.addTeam(t)
	}
	g.addIdentity(p.Login)
	return g.granted
}

// ScopesOfRole is what a role alone grants on an entity.
func (s Rules) ScopesOfRole(id string, e access.Entity) access.Granted {
	g := grants{s: s, entity: e}
	g.addRole(id)
	return g.granted
}

// grants collects what one principal may do on one entity.
type grants struct {
	s       Rules
	entity  access.Entity
	granted access.Granted
}

func (g *grants) add(path string, scopes []string, maxOpen time.Duration) {
	if len(scopes) == 0 {
		return
	}
	one := access.Granted{Scopes: map[string]time.Duration{}, Reasons: []access.Reason{{Path: path, Scopes: scopes}}}
	for _, scope := range scopes {
		one.Scopes[scope] = maxOpen
	}
	g.merge(one)
}

// merge makes the union; of two limits on an open the more generous one holds, and no limit is the most generous.
func (g *grants) merge(more access.Granted) {
	if g.granted.Scopes == nil {
		g.granted.Scopes = map[string]time.Duration{}
	}
	for scope, limit := range more.Scopes {
		had, ok := g.granted.Scopes[scope]
		if !ok || (had != 0 && (limit == 0 || limit > had)) {
			g.granted.Scopes[scope] = limit
		}
	}
	g.granted.Reasons = append(g.granted.Reasons, more.Reasons...)
}

func (g *grants) addLevel(path string, level access.Level, maxOpen time.Duration) {
	g.add(path, state.LevelScopes(g.entity.Kind, level), maxOpen)
}

// addRole adds what a role's descriptor grants. A role that was deleted grants nothing.
func (g *grants) addRole(id string) {
	r, ok := g.s.State.Record(id)
	if !ok {
		return
	}
	granted := access.Evaluate(r.Descriptor(), g.entity, g.s.State.DescriptorOf)
	for i := range granted.Reasons {
		granted.Reasons[i].Path = "role " + r.Name + ": " + granted.Reasons[i].Path
	}
	g.merge(granted)
}

// addMemberRole adds a person's organization role; only the built-in Member comes with the organization's defaults.
func (g *grants) addMemberRole(id string) {
	if id == g.s.State.BuiltinID(state.RoleMember) {
		g.addMember()
		return
	}
	g.addRole(id)
}

// addMember adds what the built-in Member has: its scopes, the organization's defaults, and the toggles.
func (g *grants) addMember() {
	g.addRole(g.s.State.BuiltinID(state.RoleMember))
	set := g.s.State.Organization.Settings
	switch g.entity.Kind {
	case access.Stack:
		g.addLevel("organization default", state.StackLevel(set.DefaultStackPermission), 0)
	case access.Environment:
		g.addLevel("organization default", access.Level(set.DefaultEnvironmentPermission), 0)
	case access.Account:
		g.addLevel("organization default", state.AccountLevel(set.DefaultAccountPermission), 0)
	case access.Organization:
		g.addToggle(set.MembersCanCreateStacks, "stack:create")
		g.addToggle(set.MembersCanCreateTeams, "team:create")
		g.addToggle(set.MembersCanCreateAccounts, "insights_account:create")
	case access.Team: // nothing is decided on it
	}
}

func (g *grants) addToggle(on bool, scope string) {
	if on {
		g.add("organization setting for members", []string{scope}, 0)
	}
}

func (g *grants) addOrganizationToken(t *state.Token) {
	switch {
	case t.Admin:
		g.addRole(g.s.State.BuiltinID(state.RoleAdmin))
	case t.RoleID != "":
		g.addRole(t.RoleID)
	default:
		g.addMemberRole(g.s.State.DefaultRole())
	}
}

// addTeam adds a team's role and its grants on single entities.
func (g *grants) addTeam(t *state.Team) {
	for _, id := range t.RoleIDs {
		g.addRole(id)
	}
	key := g.s.State.KeyOf(g.entity.ID)
	switch g.entity.Kind {
	case access.Stack:
		g.addLevel("team "+t.Name, state.StackLevel(t.Stacks[key]), 0)
	case access.Environment:
		grant := t.Environments[key]
		limit, _ := time.ParseDuration(grant.MaxOpenDuration) // normalised when it was stored
		g.addLevel("team "+t.Name, access.Level(grant.Permission), limit)
	case access.Account:
		g.addLevel("team "+t.Name, state.AccountLevel(t.Accounts[key]), 0)
	case access.Organization, access.Team:
	}
}

// addIdentity adds what a login has on the entity itself: the permission set that it was assigned there, as a collaborator of a
// stack, its creator included, or the owner of an environment or account. People and machine identities alike have these.
func (g *grants) addIdentity(login string) {
	if r, ok := g.s.State.Record(g.s.State.DirectOf(g.entity.ID, login)); ok {
		granted := access.Evaluate(r.Descriptor(), g.entity, nil)
		for i := range granted.Reasons {
			granted.Reasons[i].Path = "assignment: " + r.Name
		}
		g.merge(granted)
	}
}

// addTeamToken adds what Members have, and every team token, unless the organization is restricted.
func (g *grants) addTeamToken() {
	if !g.s.State.Organization.Settings.Restricted {
		g.addMember()
	}
}

// Values of Rules.DeploymentRole.
const (
	// RoleCaps lets a deployment with a role do what the role grants, whoever started it. Without a role it is whoever started it, and
	// has admin on its own stack if nobody did.
	RoleCaps = "caps"
	// RoleAdded adds what the role grants to admin on the own stack. RoleReplaces leaves admin on the own stack where there is no role.
	// Who started it makes no difference.
	RoleAdded    = "added"
	RoleReplaces = "replaces"
)

// addDeployment adds what a deployment of a stack has, by its role, and by the stack or the person that it runs for.
func (g *grants) addDeployment(p Principal) {
	if starter, ok := g.s.runsAs(p); ok {
		g.merge(g.s.ScopesOn(starter, g.entity))
		return
	}
	role := g.s.DeploymentRoleOf(p.Stack)
	if role != "" {
		g.addRole(role)
	}
	isOwn := g.entity.Kind == access.Stack && g.entity.ID == p.Stack.ID
	if isOwn && (role == "" || g.s.DeploymentRole == RoleAdded) {
		g.addLevel("own stack", access.Admin, 0)
	}
}

// DeploymentRoleOf is the role that deployments of a stack have, "" for none.
func (s Rules) DeploymentRoleOf(st *state.Stack) string {
	return cmp.Or(DeploymentRoleID(st.Deployment), s.State.Organization.Settings.DefaultDeploymentRoleID)
}

// DeploymentRefused says why deployments of a stack are refused in a restricted organization, "" if they are not: they need a role,
// and no access token of their own.
func (s Rules) DeploymentRefused(st *state.Stack) string {
	switch {
	case !s.State.Organization.Settings.Restricted:
		return ""
	case s.DeploymentRoleOf(st) == "":
		return "the organization is restricted, and the stack selects no role for its deployments"
	case HasAccessToken(st.Deployment):
		return "the organization is restricted, and the deployment settings of the stack hold a " + AccessTokenVariable
	}
	return ""
}

// AccessTokenVariable is the variable by which deployment settings give an access token.
const AccessTokenVariable = "PULUMI_ACCESS_TOKEN"

// HasAccessToken tells whether deployment settings hold an access token.
func HasAccessToken(settings map[string]any) bool {
	operation, _ := settings["operationContext"].(map[string]any)
	variables, _ := operation["environmentVariables"].(map[string]any)
	_, has := variables[AccessTokenVariable]
	return has
}

// DeploymentRoleID is the role that deployment settings name, "" for none.
func DeploymentRoleID(settings map[string]any) string {
	operation, _ := settings["operationContext"].(map[string]any)
	role, _ := operation["role"].(map[string]any)
	id, _ := role["id"].(string)
	return id
}

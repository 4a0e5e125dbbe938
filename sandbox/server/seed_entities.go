package server

import (
	"cmp"
	"context"
	"fmt"
	"maps"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/seed"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

func (p *seeder) addTeams() error {
	for i, t := range p.seed.Teams {
		path := fmt.Sprintf("teams[%d]", i)
		if _, taken := p.s.State.Teams[t.Name]; taken || !rest.ValidName(t.Name) {
			return seed.Problem(path+".name", "%q is not a name, or there is another team of it", t.Name)
		}
		kind, err := seed.OneOf(path+".kind", t.Kind, state.TeamPulumi, state.TeamGitHub, state.TeamSCIM)
		if err != nil {
			return err
		}
		tm := state.NewTeam(p.s.State.NewID("team", t.Name), t.Name, cmp.Or(t.DisplayName, t.Name), t.Description, kind, p.now)
		if err := p.addMembers(path, tm, t); err != nil {
			return err
		}
		role, err := p.optionalRole(path+".role", t.Role)
		if err != nil {
			return err
		}
		if role != "" {
			tm.RoleIDs = []string{role}
		}
		p.s.State.Teams[t.Name] = tm
	}
	return nil
}

func (p *seeder) addMembers(path string, tm *state.Team, t seed.Team) error {
	for role, logins := range map[string][]string{state.TeamRoleMember: t.Members, state.TeamRoleAdmin: t.Admins} {
		for i, login := range logins {
			at := fmt.Sprintf("%s.%ss[%d]", path, role, i)
			if err := p.user(at, login); err != nil {
				return err
			}
			if _, in := tm.Members[login]; in {
				return seed.Problem(at, "%q is in the team already", login)
			}
			tm.Members[login] = role
		}
	}
	return nil
}

// user checks that a login is one of the seed's users.
func (p *seeder) user(path, login string) error {
	if _, ok := p.s.State.Users[login]; !ok {
		return seed.Problem(path, "there is no user %q in users", login)
	}
	return nil
}

func (p *seeder) ownerOf(path, login string) (string, error) {
	if login == "" {
		return p.owner, nil
	}
	return login, p.user(path+".owner", login)
}

// checkNew refuses a name of a stack or an environment that is malformed or taken.
func checkNew(path, kind, project, name string, taken bool) error {
	if !rest.ValidName(project) || !rest.ValidName(name) {
		return seed.Problem(path, "give project and %s, of letters, digits, '-', '_' and '.'", kind)
	}
	if taken {
		return seed.Problem(path, "there is another %s %s", kind, state.EntityKey(project, name))
	}
	return nil
}

func (p *seeder) addStacks() error {
	for i, from := range p.seed.Stacks {
		path := fmt.Sprintf("stacks[%d]", i)
		_, taken := p.s.State.Stacks[state.EntityKey(from.Project, from.Stack)]
		if err := checkNew(path, "stack", from.Project, from.Stack, taken); err != nil {
			return err
		}
		owner, err := p.ownerOf(path, from.Owner)
		if err != nil {
			return err
		}
		st := p.s.State.AddStack(from.Project, from.Stack, owner, maps.Clone(from.Tags), p.s.Now())
		st.Environment = from.Environment
	}
	return nil
}

func (p *seeder) addEnvironments() error {
	for i, from := range p.seed.Environments {
		path := fmt.Sprintf("environments[%d]", i)
		_, taken := p.s.State.Environments[state.EntityKey(from.Project, from.Environment)]
		if err := checkNew(path, "environment", from.Project, from.Environment, taken); err != nil {
			return err
		}
		owner, err := p.ownerOf(path, from.Owner)
		if err != nil {
			return err
		}
		e := p.s.State.AddEnvironment(from.Project, from.Environment, owner, p.s.Now())
		sealed, err := environments.SealNew(context.Background(), e.Path(), []byte(from.Definition), p.s.EnvironmentKey(e.ID))
		if err != nil {
			return seed.Problem(path+".definition", "%v", err)
		}
		e.Definition, e.DeletionProtected = string(sealed), from.DeletionProtected
		for name, value := range from.Tags {
			e.Tags[name] = value
		}
		e.Begin(p.now)
	}
	return nil
}

func (p *seeder) addAccounts() error {
	for i, from := range p.seed.Accounts {
		path := fmt.Sprintf("accounts[%d]", i)
		if _, taken := p.s.State.Accounts[from.Account]; taken || !rest.ValidName(from.Account) {
			return seed.Problem(path+".account", "%q is not a name, or there is another account of it", from.Account)
		}
		provider, err := seed.OneOf(path+".provider", from.Provider, state.AccountProviders...)
		if err != nil {
			return err
		}
		owner, err := p.ownerOf(path, from.Owner)
		if err != nil {
			return err
		}
		a := p.s.State.AddAccount(from.Account, provider, from.Environment, owner, p.s.Now())
		for name, value := range from.Tags {
			a.Tags[name] = value
		}
	}
	return nil
}

func (p *seeder) addGrants() error {
	for i, g := range p.seed.Grants {
		path := fmt.Sprintf("grants[%d]", i)
		if (g.Team == "") == (g.User == "") {
			return seed.Problem(path, "give team or user")
		}
		if g.User != "" {
			if err := p.addAssignment(path, g); err != nil {
				return err
			}
			continue
		}
		tm, ok := p.s.State.Teams[g.Team]
		if !ok {
			return seed.Problem(path+".team", "there is no team %q in teams", g.Team)
		}
		if err := p.addTeamGrant(path, tm, g); err != nil {
			return err
		}
	}
	return nil
}

// addAssignment gives a user a permission set on one entity.
func (p *seeder) addAssignment(path string, g seed.Grant) error {
	if err := p.user(path+".user", g.User); err != nil {
		return err
	}
	kind, id, err := p.entity(path, g)
	if err != nil {
		return err
	}
	if (g.Permission == "") == (g.PermissionSet == "") {
		return seed.Problem(path, "give permission or permissionSet")
	}
	set := p.s.State.BuiltinID(access.SetIdentifier(kind, access.Level(g.Permission)))
	if g.PermissionSet != "" {
		set = p.roles[g.PermissionSet]
	}
	r, ok := p.s.State.Record(set)
	if !ok || !r.IsSetOf(kind) {
		return seed.Problem(path, "there is no permission set of %ss %q", kind.Noun(), cmp.Or(g.PermissionSet, g.Permission))
	}
	p.s.State.Assign(id, g.User, set)
	return nil
}

// entity finds the one entity that a grant names.
func (p *seeder) entity(path string, g seed.Grant) (kind access.EntityKind, id string, err error) {
	st := p.s.State
	if v, ok := st.Stacks[state.EntityKey(g.Project, g.Stack)]; ok && g.Environment == "" && g.Account == "" {
		return access.Stack, v.ID, nil
	}
	if v, ok := st.Environments[state.EntityKey(g.Project, g.Environment)]; ok && g.Stack == "" && g.Account == "" {
		return access.Environment, v.ID, nil
	}
	if v, ok := st.Accounts[g.Account]; ok && g.Stack == "" && g.Environment == "" {
		return access.Account, v.ID, nil
	}
	return "", "", seed.Problem(path, "give one stack, environment or account of the seed")
}

func (p *seeder) addTeamGrant(path string, tm *state.Team, g seed.Grant) error {
	named := 0
	for _, name := range []string{g.Stack, g.Environment, g.Account} {
		if name != "" {
			named++
		}
	}
	if named != 1 {
		return seed.Problem(path, "give one of stack, environment and account")
	}
	if g.Permission == "" || g.Permission == state.LevelNone {
		return seed.Problem(path+".permission", "give one")
	}
	switch {
	case g.Stack != "":
		return p.addStackGrant(path, tm, g)
	case g.Environment != "":
		return p.addEnvironmentGrant(path, tm, g)
	}
	if _, ok := p.s.State.Accounts[g.Account]; !ok {
		return seed.Problem(path+".account", "there is no account %q in accounts", g.Account)
	}
	level, err := accountPermission(path+".permission", g.Permission)
	tm.Accounts[g.Account] = level
	return err
}

func (p *seeder) addStackGrant(path string, tm *state.Team, g seed.Grant) error {
	key := state.EntityKey(g.Project, g.Stack)
	if _, ok := p.s.State.Stacks[key]; !ok {
		return seed.Problem(path, "there is no stack %s in stacks", key)
	}
	level, err := stackPermission(path+".permission", g.Permission)
	tm.Stacks[key] = level
	return err
}

func (p *seeder) addEnvironmentGrant(path string, tm *state.Team, g seed.Grant) error {
	key := state.EntityKey(g.Project, g.Environment)
	if _, ok := p.s.State.Environments[key]; !ok {
		return seed.Problem(path, "there is no environment %s in environments", key)
	}
	level, err := seed.OneOf(path+".permission", g.Permission, state.EnvironmentPermissions...)
	if err != nil {
		return err
	}
	limit, err := rest.NormalDuration(g.MaxOpenDuration)
	if err != nil {
		return seed.Problem(path+".maxOpenDuration", "%q is not a duration such as 30m", g.MaxOpenDuration)
	}
	tm.Environments[key] = state.EnvironmentGrant{Permission: level, MaxOpenDuration: limit}
	return nil
}

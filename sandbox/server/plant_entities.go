package server

import (
	"fmt"
	"maps"
	"strings"
	"time"
)

func (p *planter) plantTeams() error {
	for i, t := range p.seed.Teams {
		path := fmt.Sprintf("teams[%d]", i)
		if _, taken := p.s.st.Teams[t.Name]; taken || !validName(t.Name) {
			return problem(path+".name", "%q is no name, or there is another team of it", t.Name)
		}
		kind, err := oneOf(path+".kind", t.Kind, teamPulumi, teamGitHub, teamSCIM)
		if err != nil {
			return err
		}
		tm := newTeam(p.s.st.newID("team", t.Name), t.Name, firstNonEmpty(t.DisplayName, t.Name), t.Description, kind, p.now)
		if err := p.plantMembers(path, tm, t); err != nil {
			return err
		}
		role, err := p.optionalRole(path+".role", t.Role)
		if err != nil {
			return err
		}
		if role != "" {
			tm.RoleIDs = []string{role}
		}
		p.s.st.Teams[t.Name] = tm
	}
	return nil
}

func (p *planter) plantMembers(path string, tm *team, t SeedTeam) error {
	for role, logins := range map[string][]string{teamRoleMember: t.Members, teamRoleAdmin: t.Admins} {
		for i, login := range logins {
			at := fmt.Sprintf("%s.%ss[%d]", path, role, i)
			if err := p.user(at, login); err != nil {
				return err
			}
			if _, in := tm.Members[login]; in {
				return problem(at, "%q is in the team already", login)
			}
			tm.Members[login] = role
		}
	}
	return nil
}

// user checks that a login is one of the seed's users.
func (p *planter) user(path, login string) error {
	if _, ok := p.s.st.Users[login]; !ok {
		return problem(path, "there is no user %q in users", login)
	}
	return nil
}

func (p *planter) ownerOf(path, login string) (string, error) {
	if login == "" {
		return p.owner, nil
	}
	return login, p.user(path+".owner", login)
}

func (p *planter) plantStacks() error {
	for i, from := range p.seed.Stacks {
		path := fmt.Sprintf("stacks[%d]", i)
		if !validName(from.Project) || !validName(from.Stack) {
			return problem(path, "give project and stack, of letters, digits, '-', '_' and '.'")
		}
		key := entityKey(from.Project, from.Stack)
		if _, taken := p.s.st.Stacks[key]; taken {
			return problem(path, "there is another stack %s", key)
		}
		owner, err := p.ownerOf(path, from.Owner)
		if err != nil {
			return err
		}
		st := p.s.addStack(from.Project, from.Stack, owner, maps.Clone(from.Tags))
		st.Environment = from.Environment
	}
	return nil
}

func (p *planter) plantEnvironments() error {
	for i, from := range p.seed.Environments {
		path := fmt.Sprintf("environments[%d]", i)
		if !validName(from.Project) || !validName(from.Environment) {
			return problem(path, "give project and environment, of letters, digits, '-', '_' and '.'")
		}
		key := entityKey(from.Project, from.Environment)
		if _, taken := p.s.st.Environments[key]; taken {
			return problem(path, "there is another environment %s", key)
		}
		owner, err := p.ownerOf(path, from.Owner)
		if err != nil {
			return err
		}
		e := p.s.addEnvironment(from.Project, from.Environment, owner)
		sealed, err := p.s.sealSeed(e, from.Definition)
		if err != nil {
			return problem(path+".definition", "%v", err)
		}
		e.Definition, e.DeletionProtected = sealed, from.DeletionProtected
		for name, value := range from.Tags {
			e.Tags[name] = value
		}
		e.begin(p.now)
	}
	return nil
}

func (p *planter) plantAccounts() error {
	for i, from := range p.seed.Accounts {
		path := fmt.Sprintf("accounts[%d]", i)
		if _, taken := p.s.st.Accounts[from.Account]; taken || !validName(from.Account) {
			return problem(path+".account", "%q is no name, or there is another account of it", from.Account)
		}
		provider, err := oneOf(path+".provider", from.Provider, accountProviders...)
		if err != nil {
			return err
		}
		owner, err := p.ownerOf(path, from.Owner)
		if err != nil {
			return err
		}
		a := p.s.addAccount(from.Account, provider, from.Environment, owner)
		for name, value := range from.Tags {
			a.Tags[name] = value
		}
	}
	return nil
}

func (p *planter) plantGrants() error {
	for i, g := range p.seed.Grants {
		path := fmt.Sprintf("grants[%d]", i)
		if (g.Team == "") == (g.User == "") {
			return problem(path, "give team or user")
		}
		if g.User != "" {
			if err := p.plantCollaborator(path, g); err != nil {
				return err
			}
			continue
		}
		tm, ok := p.s.st.Teams[g.Team]
		if !ok {
			return problem(path+".team", "there is no team %q in teams", g.Team)
		}
		if err := p.plantTeamGrant(path, tm, g); err != nil {
			return err
		}
	}
	return nil
}

func (p *planter) plantCollaborator(path string, g SeedGrant) error {
	if err := p.user(path+".user", g.User); err != nil {
		return err
	}
	st, ok := p.s.st.Stacks[entityKey(g.Project, g.Stack)]
	if !ok {
		return problem(path, "there is no stack %s in stacks (users have direct grants on stacks only)", entityKey(g.Project, g.Stack))
	}
	level, err := stackPermission(path+".permission", g.Permission)
	if err != nil || level == stackNone {
		return problem(path+".permission", "give read, write or admin")
	}
	st.Collaborators[g.User] = level
	return nil
}

func (p *planter) plantTeamGrant(path string, tm *team, g SeedGrant) error {
	named := 0
	for _, name := range []string{g.Stack, g.Environment, g.Account} {
		if name != "" {
			named++
		}
	}
	if named != 1 {
		return problem(path, "give one of stack, environment and account")
	}
	if g.Permission == "" || g.Permission == levelNone {
		return problem(path+".permission", "give one")
	}
	switch {
	case g.Stack != "":
		return p.plantStackGrant(path, tm, g)
	case g.Environment != "":
		return p.plantEnvironmentGrant(path, tm, g)
	}
	if _, ok := p.s.st.Accounts[g.Account]; !ok {
		return problem(path+".account", "there is no account %q in accounts", g.Account)
	}
	level, err := accountPermission(path+".permission", g.Permission)
	tm.Accounts[g.Account] = level
	return err
}

func (p *planter) plantStackGrant(path string, tm *team, g SeedGrant) error {
	key := entityKey(g.Project, g.Stack)
	if _, ok := p.s.st.Stacks[key]; !ok {
		return problem(path, "there is no stack %s in stacks", key)
	}
	level, err := stackPermission(path+".permission", g.Permission)
	tm.Stacks[key] = level
	return err
}

func (p *planter) plantEnvironmentGrant(path string, tm *team, g SeedGrant) error {
	key := entityKey(g.Project, g.Environment)
	if _, ok := p.s.st.Environments[key]; !ok {
		return problem(path, "there is no environment %s in environments", key)
	}
	level, err := oneOf(path+".permission", g.Permission, environmentPermissions...)
	if err != nil {
		return err
	}
	limit, err := normalDuration(g.MaxOpenDuration)
	if err != nil {
		return problem(path+".maxOpenDuration", "%q is not a duration such as 30m", g.MaxOpenDuration)
	}
	tm.Environments[key] = environmentGrant{Permission: level, MaxOpenDuration: limit}
	return nil
}

// normalDuration is a duration as the service returns it: 30m as 30m0s, none as "".
func normalDuration(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return "", fmt.Errorf("%q is not a positive duration such as 30m", text)
	}
	return d.String(), nil
}

const nameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

// validName tells whether a project, stack, environment, account or team may be called so.
func validName(name string) bool {
	for _, r := range name {
		if !strings.ContainsRune(nameCharacters, r) {
			return false
		}
	}
	return name != "" && len(name) <= 100 && name != "." && name != ".."
}

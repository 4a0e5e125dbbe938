package graph

import (
	"cmp"
	"maps"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// used is an act that an identity can use: by which of its ways, how it came to that, and on which entity.
type used struct {
	by    *identity
	chain chain
	rule  Act
	way   int
	where *spot
}

// step is the chain with the act at its end.
func (u used) step(on, text string) chain {
	p := Performed{Act: u.rule, On: on, Text: text}
	if u.where != nil {
		p.Kind = u.where.resource.Kind
	}
	return u.chain.then(p.by(u.by))
}

// effects are what comes of acts. Those that only show the secrets of an environment, or lift a gate, are looked for where that is asked.
var effects map[Act]func(*reached, used)

// It is filled here because effects look the rules up again.
func init() {
	effects = map[Act]func(*reached, used){
		EditRole: (*reached).editRole, AssignRole: (*reached).assignRole, EditTeam: (*reached).editTeam, CreateTeam: (*reached).createTeam,
		EditMember: (*reached).editMember, AddMember: (*reached).addMember, MintToken: (*reached).mintToken, EditIssuer: (*reached).editIssuer,
		EditSignIn:             administersBy("change how people sign in"),
		CreateServicePrincipal: administersBy("create a service principal with a role of their choice"),
		EditAgent:              administersBy("give an agent a role of their choice and a task"),
		EditDefaults:           (*reached).editDefaults, Retag: (*reached).retag, CreateStack: (*reached).createStack,
		UseDeployment: (*reached).useDeployment, SetDeploymentRole: (*reached).setDeploymentRole, EditState: (*reached).editState,
		PublishPolicy: (*reached).publishPolicy, TransferStack: (*reached).transferStack, InstructAgent: (*reached).instructAgent,
		Assign: (*reached).assign,
	}
}

func administersBy(text string) func(*reached, used) {
	return func(r *reached, u used) { r.administers(u.step("", text)) }
}

// editRole rewrites what the principal has a role of, whoever of its identities has it.
func (r *reached) editRole(u used) {
	for _, i := range r.identities {
		for _, h := range i.has {
			if len(h.roles) > 0 {
				name := r.Records[h.roles[0]].Name
				r.administers(h.chain.and(u.step(name, "edit role "+name)))
			}
		}
		r.editSets(u, i)
	}
}

// editSets rewrites the custom permission sets that an identity holds on single entities.
func (r *reached) editSets(u used, i *identity) {
	for _, h := range i.has {
		for _, name := range h.teams {
			r.editTeamSets(u, i, r.teams[name], h.chain)
		}
	}
	for where, list := range i.only {
		for _, h := range list {
			if h.source == r.anySetSource() {
				for _, id := range slices.Sorted(maps.Keys(r.Records)) {
					if _, plain := r.Records[id].Descriptor.(access.Allowed); plain && !r.certain {
						r.editSet(u, i, id, where, h.chain.but("whether "+r.Records[id].Name+" is a permission set for this is not known"))
					}
				}
			}
		}
	}
	if i.name == "" && (r.self.Kind == UserKind || r.self.Kind == ServicePrincipalKind) {
		for _, where := range r.ownOn[r.self.Name] {
			for _, set := range where.resource.Assigned[r.self.Name] {
				r.editSet(u, i, set, where, chain{})
			}
		}
	}
}

func (r *reached) editTeamSets(u used, i *identity, team *Team, before chain) {
	if team == nil {
		return
	}
	for kind, grants := range map[access.EntityKind]map[string]Held{
		access.Stack: team.Stacks, access.Environment: team.Environments, access.Account: team.Accounts,
	} {
		for name, held := range grants {
			if where := r.byName[entityKey{kind, name}]; where != nil {
				r.editSet(u, i, held.Set, where, before)
			}
		}
	}
}

func (r *reached) editSet(u used, i *identity, set string, where *spot, before chain) {
	record, found := r.Records[set]
	if !found || record.Identifier != "" {
		return
	}
	step := u.step(record.Name, "edit permission set "+record.Name)
	r.give(i, r.wholeSource("permission set that can be edited", ""), before.and(step), where)
}

// assignRole gives a role to a team that the principal is in, or whose token it holds.
func (r *reached) assignRole(u used) {
	for _, i := range r.identities {
		for _, h := range i.has {
			for _, name := range h.teams {
				if team := r.teams[name]; team != nil {
					if sees, can := r.sees(u.by, team); can {
						r.administers(h.chain.and(sees).and(u.step(name, "assign role Admin to team "+name)))
					}
				}
			}
		}
	}
}

// sees is how an identity finds a team: by team:read, or as a member of it.
func (r *reached) sees(i *identity, t *Team) (chain, bool) {
	for _, h := range i.has {
		if slices.Contains(h.teams, t.Name) {
			return h.chain, true
		}
	}
	c, can := r.bare(chain{}, i, "team:read", r.itself)
	if can && c.doubt == "" {
		return c, true
	}
	return chain{doubt: "whether it takes team:read as well is not documented"}, !r.certain
}

// login is whom things are given to that only members can have: the principal itself, or a login of whoever holds its token.
func (r *reached) login() (to *identity, doubt string) {
	if r.identities[0].person {
		return r.identities[0], ""
	}
	const name = "a member's login"
	at := slices.IndexFunc(r.identities, func(i *identity) bool { return i.name == name })
	if at < 0 {
		r.identities = append(r.identities, &identity{name: name, only: map[*spot][]holding{}, person: true})
		at = len(r.identities) - 1
	}
	return r.identities[at], "it takes a member's login to give it to"
}

func (r *reached) editTeam(u used) {
	for i := range r.Teams {
		team := &r.Teams[i]
		sees, can := r.sees(u.by, team)
		if can {
			to, doubt := r.login()
			r.give(to, r.teamSource(team), u.chain.and(sees).and(u.step(team.Name, "join team "+team.Name)).but(doubt), nil)
		}
	}
}

func (r *reached) createTeam(u used) {
	c := u.step("", "create a team")
	if c.doubt != "" && r.certain || r.ownTeam != nil && !c.shorter(*r.ownTeam) {
		return
	}
	r.ownTeam, r.changed = &c, true
	r.mintOwn(c, u.by)
}

// mintOwn makes a token of a team that the principal made itself.
func (r *reached) mintOwn(made chain, by *identity) {
	step := Performed{Act: MintToken, On: "", Text: "create a token of that team"}.by(by)
	if c, can := r.bare(chain{}, by, "team:create_token", r.itself); can {
		r.become("the token of their own team", r.teamTokenSource(&Team{}), made.and(c).then(step))
	}
	r.become("the token of their own team", r.teamTokenSource(&Team{}), made.but(adminsMint).then(step))
}

const adminsMint = "whether an admin of a team may create its tokens is not documented"

func (r *reached) editMember(u used) {
	_, doubt := r.login()
	c := u.step(r.self.Name, "make themselves an administrator").but(doubt)
	if r.self.Kind == ServicePrincipalKind {
		c = c.but("whether a service principal is changed as members are is not documented")
	}
	r.administers(c)
}

func (r *reached) addMember(u used) {
	r.administers(u.step("", "add another login of theirs as an administrator"))
}

func (r *reached) mintToken(u used) {
	if u.way == 0 {
		if !u.by.person {
			return // a machine cannot create organization tokens
		}
		c := u.step("", "create an administrator's token")
		if r.self.Kind == ServicePrincipalKind {
			c = c.but("whether a service principal can create organization tokens is not documented")
		}
		r.administers(c)
		return
	}
	for i := range r.Teams {
		team := &r.Teams[i]
		sees, can := r.sees(u.by, team)
		if can {
			r.become("the token of team "+team.Name, r.teamTokenSource(team), u.chain.and(sees).and(u.step(team.Name, "create a token of team "+team.Name)))
		}
	}
}

func (r *reached) editIssuer(u used) {
	switch {
	case u.way == 0:
		r.administers(u.step("", "trust an issuer of their own for administrators' tokens"))
	case u.way == 1 && len(r.Issuers) > 0:
		r.administers(u.step(r.Issuers[0].Name, "trust keys of their own at issuer "+r.Issuers[0].Name+" for administrators' tokens"))
	case u.way == 2 && len(r.Issuers) > 0:
		r.administers(u.step(r.Issuers[0].Name, "let a token of issuer "+r.Issuers[0].Name+" be exchanged for an administrator's"))
	case u.way == 3:
		for _, o := range r.outside {
			r.become("a token of issuer "+o.name, r.outsiderSource(o), u.step(o.issuer.Name, "give issuer "+o.issuer.Name+" keys of their own"))
		}
	}
}

func (r *reached) editDefaults(u used) {
	for _, i := range r.identities {
		for _, h := range slices.Clone(i.has) {
			before := func(step chain) chain { return h.chain.and(step) }
			if h.member {
				r.give(i, r.defaultsSource(), before(u.step("default permissions", "raise the organization's defaults")), nil)
			}
			if h.maybe {
				r.give(i, r.defaultsSource(), before(u.step("default permissions", "raise the organization's defaults")).but("whether "+h.name+" has the defaults is not documented"), nil)
			}
			if h.follows {
				r.defaultRole(u, before)
			}
			if h.runs {
				r.administers(before(u.step("default deployment role", "make Admin the default deployment role")))
			}
		}
	}
}

// defaultRole makes another role the default, which may not be Admin in a restricted organization.
func (r *reached) defaultRole(u used, before func(chain) chain) {
	if !r.Restricted {
		r.administers(before(u.step("default role", "make Admin the default role")))
		return
	}
	for _, id := range slices.Sorted(maps.Keys(r.Records)) {
		if record := r.Records[id]; record.Identifier == "" {
			r.become("the holder of the default role", r.roleSource(id), before(u.step("default role", "make "+record.Name+" the default role")).
				but("whether a restricted organization allows it is not known"))
		}
	}
}

func (r *reached) createStack(u used) {
	c := u.step("", "create a stack and deploy it")
	r.become("the deployment of their own stack", r.deploymentRoleSource(r.DefaultDeploymentRole, true), c)
	set := Performed{Act: SetDeploymentRole, Kind: access.Stack, Text: "give the deployments of that stack a role of their choice"}.by(u.by)
	r.administers(c.then(set).but(anyRoleUnknown))
}

func (r *reached) useDeployment(u used) {
	d := r.deploymentOf(u.where.resource.Name)
	c := u.step(d.Stack, "run a deployment of "+d.Stack+" with code of their own")
	if u.way != 1 {
		r.become("the deployment of "+d.Stack, r.deploymentSource(d), c)
		return
	}
	// What somebody starts without a role does what they may do, until there is a default role.
	r.become("the deployment of "+d.Stack, r.deploymentRoleSource(cmp.Or(d.Role, r.DefaultDeploymentRole), d.Role == ""), c)
	if d.OwnToken {
		r.administers(c.but("the deployment settings hold an access token, which the deployment acts with"))
	}
}

func (r *reached) setDeploymentRole(u used) {
	name := u.where.resource.Name
	r.administers(u.step(name, "give the deployments of "+name+" a role of their choice"))
}

func (r *reached) editState(u used) {
	d := r.deploymentOf(u.where.resource.Name)
	r.become("the deployment of "+d.Stack, r.deploymentSource(d), u.step(d.Stack, "name a plugin of their own in the state of "+d.Stack))
}

func (r *reached) publishPolicy(u used) {
	for _, where := range r.spots[access.Stack] {
		d := r.deploymentOf(where.resource.Name)
		r.become("the deployment of "+d.Stack, r.deploymentSource(d), u.step("", "publish a policy pack that deployments run"))
	}
}

func (r *reached) transferStack(u used) {
	stacks := []*spot{u.where}
	if u.where == nil {
		stacks = r.spots[access.Stack]
	}
	for _, where := range stacks {
		name := where.resource.Name
		r.give(r.identities[0], r.wholeSource("stack in an organization of their own", ""), u.step(name, "transfer "+name+" to an organization of their own"), where)
	}
}

func (r *reached) instructAgent(u used) {
	for _, agent := range r.Agents {
		if agent.Role == "" {
			continue // a task does what the person may do who starts it
		}
		c := u.step(agent.Name, "give agent "+agent.Name+" a task")
		if agent.ApprovalMode != "" {
			c = c.but("what the agent does may need somebody's approval")
		}
		r.become("agent "+agent.Name, r.agentSource(agent), c)
	}
}

func (r *reached) assign(u used) {
	name := u.where.resource.Name
	to, doubt := r.login()
	r.give(to, r.anySetSource(), u.step(name, "assign themselves a permission set on "+name).but(doubt), u.where)
}

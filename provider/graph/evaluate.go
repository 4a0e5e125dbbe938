package graph

import (
	"fmt"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// evaluation asks about one entity. What a role grants there, and what a team has, is worked out once, however many
// principals have it.
type evaluation struct {
	*Index
	resource Resource
	// wanted, if set, is the only scope that is asked for: then only paths to it are found, and no scopes are added up.
	wanted    string
	roles     map[string][]grant
	held      map[string]Access // what an organization role gives a member, by its id
	teams     map[*Team]Access
	all       []string // every scope of the entity's kind; what administrators hold
	notMember []string // logins on the entity that are no member's; nil until they were gathered
}

// grant is what a part of a role gives.
type grant struct {
	scopes   []string
	limit    time.Duration
	rule     string
	set      string // name of the permission set that it comes from
	doubt    string
	repeated bool
}

func (ix *Index) evaluation(t Resource) *evaluation {
	return &evaluation{Index: ix, resource: t, roles: map[string][]grant{}, held: map[string]Access{}, teams: map[*Team]Access{}}
}

// login adds up what a person or an identity of automation has: as a member, by teams, and on the entity itself.
func (e *evaluation) login(login string) Access {
	c := collector{evaluation: e}
	if user := e.users[login]; user != nil {
		if user.Suspended {
			return Access{}
		}
		c.user(*user)
	}
	for _, team := range e.teamsOf[login] {
		c.merge(e.granted(team))
	}
	c.own(login, "")
	return c.access
}

func (c *collector) user(u User) {
	switch {
	case u.Admin:
		c.administrator("", Step{OrganizationRoleStep, "Admin", "administrator by the identity provider"})
	case u.RoleUnknown != "":
		c.administrator(u.RoleUnknown, Step{OrganizationRoleStep, "", "organization role, which is not known"})
	case u.FollowsDefault:
		c.merge(followed(c.ofRole(u.Role)))
	default:
		c.merge(c.ofRole(u.Role))
	}
}

// followed says in each path that the organization role is the default role, which changes when the default does.
func followed(held Access) Access {
	paths := make([]Path, len(held.Paths))
	for i, path := range held.Paths {
		path.Steps = slices.Clone(path.Steps)
		if len(path.Steps) > 0 && path.Steps[0].Kind == OrganizationRoleStep {
			path.Steps[0].Text += ", the default role"
		}
		paths[i] = path
	}
	held.Paths = paths
	return held
}

// ofRole is what an organization role gives a member.
func (e *evaluation) ofRole(id string) Access {
	held, known := e.held[id]
	if !known {
		c := collector{evaluation: e}
		c.memberRole(id)
		held = c.access
		e.held[id] = held
	}
	return held
}

// team adds up what a token of the team has: the team's grants, and the defaults of the organization, which no team
// token is ever narrower than unless the organization is restricted.
func (e *evaluation) team(t *Team) Access {
	c := collector{evaluation: e}
	if !e.Restricted {
		c.merge(e.ofRole(e.MemberRole))
	}
	c.merge(e.granted(t))
	c.machine(TeamKind)
	return c.access
}

// granted is what a team itself is granted.
func (e *evaluation) granted(t *Team) Access {
	granted, known := e.teams[t]
	if !known {
		c := collector{evaluation: e}
		c.team(t)
		granted = c.access
		e.teams[t] = granted
	}
	return granted
}

func (e *evaluation) token(t Token) Access {
	if t.Team != "" {
		if team := e.Index.teams[t.Team]; team != nil {
			return e.team(team)
		}
		return Access{} // deleting a team invalidates its tokens
	}
	c := collector{evaluation: e}
	switch {
	case t.Admin:
		c.administrator("", Step{TokenStep, t.Name, "administrator token"})
	case t.Role != "":
		c.assigned(t.Role, Step{TokenStep, "", "token's role"}, "a token")
	default:
		c.memberRole(e.DefaultRole)
	}
	c.machine(TokenKind)
	return c.access
}

// deployment adds up admin on the stack itself and the role of its deployments. Descriptions of the service disagree
// whether the role adds to the stack's own rights or takes their place.
func (e *evaluation) deployment(d Deployment) Access {
	c := collector{evaluation: e}
	if d.OwnToken {
		c.administrator("the deployment settings hold an access token, which the deployment acts with",
			Step{TokenStep, "", "access token in the deployment settings"})
	}
	role, what := d.Role, "deployment role"
	if role == "" {
		role, what = e.DefaultDeploymentRole, "default deployment role"
	}
	if e.resource.Kind == access.Stack && e.resource.Name == d.Stack {
		doubt := ""
		if role != "" {
			doubt = "whether a deployment with a role keeps the rights on its own stack is not documented"
		} else if e.Restricted {
			doubt = "the organization is restricted: what runs without a role is refused, unless the stack selects a service principal or a team"
		}
		c.level(Held{Level: access.Admin}, doubt, Step{GrantStep, d.Stack, "the deployment's own stack"})
	}
	if role != "" {
		c.assigned(role, Step{DeploymentRoleStep, "", what}, "a deployment")
	}
	c.machine(DeploymentKind)
	return c.access
}

// collector adds up what grants one principal something on the entity.
type collector struct {
	*evaluation
	access Access
}

// memberRole adds a member's organization role. Only the built-in Member comes with the organization's defaults, and an
// administrator holds everything.
func (c *collector) memberRole(id string) {
	switch id {
	case "", c.MemberRole:
		c.member()
	case c.AdminRole:
		c.administrator("", Step{OrganizationRoleStep, "Admin", "organization role Admin"})
	default:
		c.role(id, Step{OrganizationRoleStep, "", "organization role"})
	}
}

// assigned adds a role that something other than a member holds. Whether the built-in Member then comes with the
// defaults is not documented; Admin holds everything.
func (c *collector) assigned(id string, as Step, holder string) {
	if id == c.AdminRole {
		as.Name, as.Text = "Admin", as.Text+" Admin"
		c.administrator("", as)
		return
	}
	c.role(id, as)
	if id == c.MemberRole {
		as.Name, as.Text = "Member", as.Text+" Member"
		c.defaults("whether "+holder+" with the role Member has the organization's defaults is not documented", as)
	}
}

// administrator adds everything that there is.
func (c *collector) administrator(doubt string, steps ...Step) {
	if c.all == nil {
		c.all = c.Catalogue.Scopes(c.resource.Kind)
		if record, found := c.Records[c.AdminRole]; found && record.Unreadable == "" {
			for _, leaf := range c.evaluators[c.AdminRole].Leaves(c.resource.Entity, c.open) {
				c.all = append(c.all, leaf.Scopes...)
			}
			slices.Sort(c.all)
			c.all = slices.Compact(c.all)
		}
	}
	c.add(c.all, 0, doubt, steps...)
}

// member adds the built-in Member role and the organization's defaults.
func (c *collector) member() {
	c.role(c.MemberRole, Step{OrganizationRoleStep, "", "organization role"})
	c.defaults("")
}

// defaults adds what the settings of the organization give to who has them.
func (c *collector) defaults(doubt string, steps ...Step) {
	if c.resource.Kind == access.Organization {
		c.toggles(doubt, steps...)
		return
	}
	level := map[access.EntityKind]access.Level{
		access.Stack: c.Defaults.Stack, access.Environment: c.Defaults.Environment, access.Account: c.Defaults.Account,
	}[c.resource.Kind]
	c.level(Held{Level: level}, doubt, append(steps, Step{DefaultStep, string(level), "organization default for members: " + string(level)})...)
}

// team adds a team's roles and its grant on the entity.
func (c *collector) team(t *Team) {
	in := Step{TeamStep, t.Name, "team " + t.Name}
	for _, id := range t.Roles {
		c.role(id, in, Step{RoleStep, "", "role"})
		if id == c.MemberRole {
			c.defaults("whether a team with the role Member has the organization's defaults is not documented", in,
				Step{RoleStep, "Member", "role Member"})
		}
		if id == c.AdminRole {
			c.administrator("", in, Step{RoleStep, "Admin", "role Admin"})
		}
	}
	grants := map[access.EntityKind]map[string]Held{
		access.Stack: t.Stacks, access.Environment: t.Environments, access.Account: t.Accounts,
	}[c.resource.Kind]
	if held, granted := grants[c.resource.Name]; granted {
		c.level(held, "", c.through(held.Set, in, Step{GrantStep, c.resource.Name, "grant on the entity: " + c.named(held)})...)
	}
}

// through adds the permission set that a grant consists of to the steps, "" for a grant that names a level.
func (c *collector) through(set string, steps ...Step) []Step {
	if set == "" {
		return steps
	}
	return append(steps, permissionSet(c.Records[set].Name)...)
}

// permissionSet is the step through a permission set, none for "".
func permissionSet(name string) []Step {
	if name == "" {
		return nil
	}
	return []Step{{PermissionSetStep, name, "permission set " + name}}
}

func (c *collector) named(held Held) string {
	if held.Set != "" {
		return "permission set " + c.Records[held.Set].Name
	}
	return string(held.Level)
}

// own adds what a login has on the entity itself.
func (c *collector) own(login, doubt string) {
	if level, direct := c.resource.Direct[login]; direct {
		c.level(Held{Level: level}, doubt, Step{CreatorStep, login, "collaborator of the stack: " + string(level)})
	}
	for _, set := range c.resource.Assigned[login] {
		c.level(Held{Set: set}, doubt, c.through(set, Step{AssignmentStep, login, "assignment on the entity: permission set " + c.Records[set].Name})...)
	}
	if login != "" && c.resource.Owner == login && c.resource.Kind != access.Stack {
		// What an owner may do is not documented; see it as the most.
		if c.resource.OwnerRevoked {
			doubt = "whether an owner keeps access whose assignment was revoked is not documented"
		}
		c.level(Held{Level: access.Admin}, doubt, Step{OwnerStep, login, "owner of the entity"})
	}
}

// role adds what a role grants; the last step says what it is to the principal. A role that was deleted grants nothing.
func (c *collector) role(id string, steps ...Step) {
	record, found := c.Records[id]
	if !found {
		return
	}
	last := &steps[len(steps)-1]
	last.Name, last.Text = record.Name, last.Text+" "+record.Name
	if record.Unreadable != "" {
		c.administrator(record.Unreadable, steps...)
		return
	}
	for _, granted := range c.grantsOf(id) {
		path := slices.Clone(steps)
		if granted.rule != "" {
			path = append(path, Step{RuleStep, granted.rule, granted.rule})
		}
		path = append(path, permissionSet(granted.set)...)
		c.merge(granted.access(path))
	}
}

// grantsOf is what a role gives on the entity, of which a built-in one has no rules to show.
func (c *collector) grantsOf(id string) []grant {
	if grants, known := c.roles[id]; known {
		return grants
	}
	var grants []grant
	for _, leaf := range c.evaluators[id].Leaves(c.resource.Entity, c.open) {
		if leaf.Any {
			leaf.Scopes = c.Catalogue.Scopes(c.resource.Kind)
		}
		if c.wanted != "" && !slices.Contains(leaf.Scopes, c.wanted) {
			continue
		}
		g := grant{scopes: leaf.Scopes, limit: leaf.Limit, doubt: leaf.Doubt, repeated: leaf.Repeated}
		if c.Records[id].Identifier == "" {
			g.rule = leaf.Rule(c.resource.Kind, c.resource.Name, c.setText)
		}
		if c.setText(leaf.Record) != "" {
			g.set = c.Records[leaf.Record].Name
		}
		grants = append(grants, g)
	}
	c.roles[id] = grants
	return grants
}

func (g grant) access(steps []Step) Access {
	out := Access{Paths: []Path{{Steps: steps, Scopes: g.scopes, Certainty: Certain, Doubt: g.doubt}}}
	if g.doubt != "" {
		out.Paths[0].Certainty = Possible
	}
	for _, scope := range g.scopes {
		switch {
		case g.repeated:
		case g.doubt != "":
			out.mayHold(scope, g.limit)
		default:
			out.Grant(scope, g.limit)
		}
	}
	return out
}

// mayHold adds a scope that is only possibly held.
func (a *Access) mayHold(scope string, limit time.Duration) {
	possible := access.Granted{Scopes: a.Possible}
	possible.Grant(scope, limit)
	a.Possible = possible.Scopes
}

// level adds a grant on the entity. A level that this version does not know may be anything.
func (c *collector) level(held Held, doubt string, steps ...Step) {
	scopes := c.levelScopes(c.resource.Kind, held.Level)
	known := len(scopes) > 0 || held.Level == "" || held.Level == access.None
	if held.Set != "" {
		var set access.Allowed
		set, known = c.Records[held.Set].Descriptor.(access.Allowed)
		scopes = slices.Sorted(slices.Values(set.Permissions))
	}
	if !known {
		c.administrator(fmt.Sprintf("what %q gives is not known to this version", c.named(held)), steps...)
		return
	}
	c.add(scopes, held.MaxOpen, doubt, steps...)
}

func (c *collector) add(scopes []string, limit time.Duration, doubt string, steps ...Step) {
	if len(scopes) > 0 && (c.wanted == "" || slices.Contains(scopes, c.wanted)) {
		c.merge(grant{scopes: scopes, limit: limit, doubt: doubt}.access(steps))
	}
}

// merge makes the union. Paths that are the first ones are shared, since one role or team is often all that many people have.
func (c *collector) merge(more Access) {
	if len(c.access.Paths) == 0 {
		c.access.Paths = slices.Clip(more.Paths)
	} else {
		c.access.Paths = append(c.access.Paths, more.Paths...)
	}
	if c.wanted != "" {
		return
	}
	for scope, limit := range more.Scopes {
		c.access.Grant(scope, limit)
	}
	for scope, limit := range more.Possible {
		c.access.mayHold(scope, limit)
	}
}

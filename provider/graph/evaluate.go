package graph

import (
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// evaluation asks about one entity. What a role grants there, and what a team has, is worked out once, however many
// principals have it.
type evaluation struct {
	*Index
	target Target
	// wanted, if set, is the only scope that is asked for: then only paths to it are found, and no scopes are added up.
	wanted string
	roles  map[string]access.Granted
	teams  map[*Team]Access
	all    []string // every scope of the entity's kind; what administrators hold
}

func (ix *Index) evaluation(t Target) *evaluation {
	return &evaluation{Index: ix, target: t, roles: map[string]access.Granted{}, teams: map[*Team]Access{}}
}

// user adds up a member's organization role, the defaults that come with it, their teams, and what is theirs on the
// entity itself.
func (e *evaluation) user(u User) Access {
	c := collector{evaluation: e}
	c.memberRole(u.Role)
	for _, team := range e.teamsOf[u.Login] {
		c.merge(e.granted(team))
	}
	c.own(u.Login)
	return c.access
}

// team adds up what a token of the team has: the team's grants, and the defaults of the organization, which no team
// token is ever narrower than.
func (e *evaluation) team(t *Team) Access {
	c := collector{evaluation: e}
	c.member()
	c.merge(e.granted(t))
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
		if team := e.teamNamed(t.Team); team != nil {
			return e.team(team)
		}
		return Access{} // deleting a team invalidates its tokens
	}
	c := collector{evaluation: e}
	switch {
	case t.Admin:
		c.administrator("administrator token")
	case t.Role != "":
		c.role(t.Role, "token's role")
	default:
		c.memberRole(e.DefaultRole)
	}
	return c.access
}

// deployment adds up admin on the stack itself and the role of its deployments. Descriptions of the service disagree
// whether the role adds to the stack's own rights or takes their place; this is the wider reading.
func (e *evaluation) deployment(d Deployment) Access {
	c := collector{evaluation: e}
	if e.target.Kind == access.Stack && e.target.Name == d.Stack {
		c.level(access.Admin, 0, "the deployment's own stack")
	}
	switch {
	case d.Role != "":
		c.role(d.Role, "deployment role")
	case e.DefaultDeploymentRole != "":
		c.role(e.DefaultDeploymentRole, "default deployment role")
	}
	return c.access
}

// collector adds up what grants one principal something on the entity.
type collector struct {
	*evaluation
	access Access
}

// memberRole adds an organization role. Only the built-in Member comes with the organization's defaults, and an
// administrator holds everything.
func (c *collector) memberRole(id string) {
	switch id {
	case c.AdminRole:
		c.administrator("organization role Admin")
	case c.MemberRole, "":
		c.member()
	default:
		c.role(id, "organization role")
	}
}

// administrator adds everything that there is.
func (c *collector) administrator(via string) {
	if c.all == nil {
		c.all = access.NewCatalogue(nil).Scopes(c.target.Kind)
	}
	c.add(c.all, 0, via)
}

// member adds the built-in Member role and the organization's defaults.
func (c *collector) member() {
	c.role(c.MemberRole, "organization role")
	defaults := map[access.EntityKind]access.Level{
		access.Stack: c.Defaults.Stack, access.Environment: c.Defaults.Environment,
		access.Account: c.Defaults.Account,
	}
	c.level(defaults[c.target.Kind], 0, "organization default for members: "+string(defaults[c.target.Kind]))
}

// team adds a team's roles and its grant on the entity.
func (c *collector) team(t *Team) {
	via := "team " + t.Name
	for _, id := range t.Roles {
		c.role(id, via, "role")
	}
	const grant = "grant on the entity: "
	switch c.target.Kind {
	case access.Stack:
		c.level(t.Stacks[c.target.Name], 0, via, grant+string(t.Stacks[c.target.Name]))
	case access.Environment:
		held := t.Environments[c.target.Name]
		c.level(held.Level, held.MaxOpen, via, grant+string(held.Level))
	case access.Account:
		c.level(t.Accounts[c.target.Name], 0, via, grant+string(t.Accounts[c.target.Name]))
	case access.Organization, access.Team:
	}
}

// own adds what a login has on the entity itself.
func (c *collector) own(login string) {
	c.level(c.target.Direct[login], 0, "collaborator of the stack: "+string(c.target.Direct[login]))
	if c.target.Owner == login && c.target.Kind != access.Stack {
		// What an owner may do is not documented; see it as the most.
		c.level(access.Admin, 0, "owner of the entity")
	}
}

// role adds what a role grants; the last part of via says what it is to the principal. A role that is gone grants
// nothing.
func (c *collector) role(id string, via ...string) {
	granted, known := c.roles[id]
	if !known {
		if evaluator, found := c.evaluators[id]; found {
			granted = evaluator.Evaluate(c.target.Entity)
		}
		c.roles[id] = granted
	}
	if len(granted.Scopes) == 0 || c.wanted != "" && !granted.Has(c.wanted) {
		return
	}
	via[len(via)-1] += " " + c.Records[id].Name
	c.merge(Access{Granted: granted, Paths: below(via, granted.Reasons)})
}

// below are the reasons within a role, as paths.
func below(via []string, reasons []access.Reason) []Path {
	paths := make([]Path, 0, len(reasons))
	for _, reason := range reasons {
		path := slices.Clone(via)
		if reason.Path != "" {
			path = append(path, reason.Path)
		}
		paths = append(paths, Path{Via: path, Scopes: reason.Scopes})
	}
	return paths
}

func (c *collector) level(level access.Level, limit time.Duration, via ...string) {
	c.add(access.LevelScopes(c.target.Kind, level), limit, via...)
}

func (c *collector) add(scopes []string, limit time.Duration, via ...string) {
	if len(scopes) == 0 {
		return
	}
	more := Access{Paths: []Path{{Via: via, Scopes: scopes}}}
	for _, scope := range scopes {
		more.Grant(scope, limit)
	}
	c.merge(more)
}

// merge makes the union.
func (c *collector) merge(more Access) {
	for _, path := range more.Paths {
		if c.wanted == "" || slices.Contains(path.Scopes, c.wanted) {
			c.access.Paths = append(c.access.Paths, path)
		}
	}
	if c.wanted != "" {
		return
	}
	for scope, limit := range more.Scopes {
		c.access.Grant(scope, limit)
	}
}

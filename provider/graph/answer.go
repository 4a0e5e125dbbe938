package graph

import (
	"cmp"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

const (
	openScope        = "environment:open"
	openVersionScope = "environment_version:open"
	writeScope       = "environment:write"
)

// gateActions are the actions of gates that using a scope takes.
var gateActions = map[string]string{openScope: "open", openVersionScope: "open", writeScope: "update"}

// readScopes are what seeing an entity takes.
var readScopes = map[access.EntityKind]string{
	access.Stack: "stack:read", access.Environment: "environment:read", access.Account: "insights_account:read",
}

// OpensImports reports whether using a scope on an environment opens what it imports as well. No other answer depends on imports.
func OpensImports(scope string) bool { return scope == openScope || scope == openVersionScope }

// WhoCan lists every principal that holds a scope on an entity, by kind and name, with all paths to it. Opening an
// environment takes opening what it imports as well.
func (ix *Index) WhoCan(scope string, t Resource) Answer {
	q := ix.question(scope, t)
	var answer Answer
	ask := func(kind Kind, name string, of func(*evaluation) Access) {
		p := Principal{Kind: kind, Name: name, Gated: q.gated}
		if !q.decide(&p, of) {
			return
		}
		if len(p.Missing) > 0 {
			answer.Blocked = append(answer.Blocked, p)
			return
		}
		p.SelfApproval = q.gated && q.approves(p, of)
		if answer.Principals == nil {
			answer.Principals = make([]Principal, 0, len(ix.Users)+len(ix.Teams)+len(ix.Tokens)+len(ix.Deployments))
		}
		answer.Principals = append(answer.Principals, p)
	}
	for _, login := range q.on.logins() {
		ask(ix.kindOf(login), login, func(e *evaluation) Access { return e.login(login) })
	}
	for i := range ix.Teams {
		ask(TeamKind, ix.Teams[i].Name, func(e *evaluation) Access { return e.team(&ix.Teams[i]) })
	}
	for _, token := range ix.Tokens {
		ask(TokenKind, token.Name, func(e *evaluation) Access { return e.token(token) })
	}
	for _, deployment := range ix.Deployments {
		ask(DeploymentKind, deployment.Stack, func(e *evaluation) Access { return e.deployment(deployment) })
	}
	for _, agent := range ix.Agents {
		ask(AgentKind, agent.Name, func(e *evaluation) Access { return e.agent(agent) })
	}
	for _, one := range ix.outside {
		ask(OutsiderKind, one.name, func(e *evaluation) Access { return e.outsider(one) })
	}
	sortPrincipals(answer.Principals)
	sortPrincipals(answer.Blocked)
	return answer
}

var rank = map[Kind]int{UserKind: 0, ServicePrincipalKind: 1, TeamKind: 2, TokenKind: 3, DeploymentKind: 4, AgentKind: 5, OutsiderKind: 6}

func sortPrincipals(all []Principal) {
	slices.SortStableFunc(all, func(a, b Principal) int {
		return cmp.Or(cmp.Compare(rank[a.Kind], rank[b.Kind]), cmp.Compare(a.Name, b.Name))
	})
}

// question is a scope on an entity, and on what it imports.
type question struct {
	*Index
	scope    string
	resource Resource
	on       *evaluation
	reads    *evaluation // that the entity can be seen; nil where that is the question
	imports  []*evaluation
	readsOf  []*evaluation // that an import can be seen
	gated    bool
}

func (ix *Index) question(scope string, t Resource) *question {
	q := &question{Index: ix, scope: scope, resource: t, on: ix.evaluation(t), gated: t.gates(scope)}
	q.on.wanted = scope
	if read := readScopes[t.Kind]; scope != read {
		q.reads = ix.evaluation(t)
		q.reads.wanted = read
	}
	if !OpensImports(scope) {
		return q
	}
	for _, imported := range t.Imports {
		e := ix.evaluation(imported.Resource)
		e.wanted = imported.Scope
		q.imports = append(q.imports, e)
		reads := ix.evaluation(imported.Resource)
		reads.wanted = "environment:read"
		q.readsOf = append(q.readsOf, reads)
		q.gated = q.gated || imported.gates(imported.Scope)
	}
	return q
}

// gates reports whether using the scope on the entity alone needs an approval.
func (t Resource) gates(scope string) bool {
	action := gateActions[scope]
	return action != "" && slices.Contains(t.Gated, action)
}

// decide fills in what a principal holds, false when it holds nothing that the question is about.
func (q *question) decide(p *Principal, of func(*evaluation) Access) bool {
	p.Paths = of(q.on).Paths
	if len(p.Paths) == 0 {
		return false
	}
	p.Certainty = certainty(p.Paths)
	doubt := func(why string) {
		if p.Certainty == Certain {
			p.Certainty, p.Doubt = Possible, why
		}
	}
	if p.Certainty == Certain && q.reads != nil && !slices.ContainsFunc(of(q.reads).Paths, isCertain) {
		doubt("the principal may not certainly read it, and whether this takes " + q.reads.wanted + " as well is not documented")
	}
	if why := q.withheld(*p, q.scope, q.resource); why != "" {
		doubt(why)
	}
	if !OpensImports(q.scope) {
		return true
	}
	if q.resource.Unclear != "" {
		doubt(q.resource.Unclear)
	}
	for i, imported := range q.imports {
		name := imported.resource.Name
		switch held := of(imported).Paths; {
		case len(held) == 0 && q.scope == openVersionScope:
			doubt("the current revision imports " + name + ", which the principal may not open; other revisions may not import it")
		case len(held) == 0:
			p.Missing = append(p.Missing, name)
		case certainty(held) == Possible:
			doubt("it imports " + name + ", which the principal may possibly not open")
		case !slices.ContainsFunc(of(q.readsOf[i]).Paths, isCertain):
			doubt("it imports " + name + ", which the principal may open and not certainly read")
		}
	}
	return true
}

func certainty(paths []Path) Certainty {
	if slices.ContainsFunc(paths, isCertain) {
		return Certain
	}
	return Possible
}

func isCertain(p Path) bool { return p.Certainty == Certain }

// approves reports whether a principal can give every approval that the question needs itself.
func (q *question) approves(p Principal, of func(*evaluation) Access) bool {
	if q.resource.gates(q.scope) && !q.approvesAt(p, of, q.resource, gateActions[q.scope]) {
		return false
	}
	for _, e := range q.imports {
		if e.resource.gates(e.wanted) && !q.approvesAt(p, of, e.resource, gateActions[e.wanted]) {
			return false
		}
	}
	return true
}

func (q *question) approvesAt(p Principal, of func(*evaluation) Access, t Resource, action string) bool {
	known := false
	for _, gate := range t.Gates {
		if gate.Action != action {
			continue
		}
		known = true
		if !gate.SelfApproval || gate.Approvals > 1 || !q.eligible(p, of, gate, t) {
			return false
		}
	}
	return known
}

func (q *question) eligible(p Principal, of func(*evaluation) Access, gate Gate, t Resource) bool {
	person := p.Kind == UserKind
	if person && slices.Contains(gate.Users, p.Name) {
		return true
	}
	if person && slices.ContainsFunc(q.teamsOf[p.Name], func(team *Team) bool { return slices.Contains(gate.Teams, team.Name) }) {
		return true
	}
	return slices.ContainsFunc(gate.PermissionsOn, func(scope string) bool {
		e := q.evaluation(t)
		e.wanted = scope
		return len(of(e).Paths) > 0
	})
}

// Of is what a principal may do on an entity; false when there is no such principal.
func (ix *Index) Of(kind Kind, name string, t Resource) (Access, bool) {
	return ix.evaluation(t).principal(kind, name)
}

// MissingImports are the environments that opening the entity opens and that the principal may not open: while there are
// any, it cannot open the entity either.
func (ix *Index) MissingImports(kind Kind, name string, t Resource) []string {
	var missing []string
	for _, imported := range t.Imports {
		if held, _ := ix.Of(kind, name, imported.Resource); held.Holds(imported.Scope) == "" {
			missing = append(missing, imported.Name)
		}
	}
	slices.Sort(missing)
	return slices.Compact(missing)
}

// OfUser is what a person may do on an entity; false when nothing is known of them.
func (ix *Index) OfUser(login string, t Resource) (Access, bool) { return ix.Of(UserKind, login, t) }

// OfTeam is what a token of a team may do on an entity, and so the team by itself; false when there is no such team.
func (ix *Index) OfTeam(name string, t Resource) (Access, bool) { return ix.Of(TeamKind, name, t) }

// OfToken is what the machine tokens of a name may do on an entity: one of the organization, and any of teams; false when there is none.
func (ix *Index) OfToken(name string, t Resource) (Access, bool) { return ix.Of(TokenKind, name, t) }

func (e *evaluation) principal(kind Kind, name string) (Access, bool) {
	switch kind {
	case UserKind, ServicePrincipalKind:
		return e.login(name), e.knows(name, e.resource)
	case TeamKind:
		if team := e.Index.teams[name]; team != nil {
			return e.team(team), true
		}
	case TokenKind:
		c := collector{evaluation: e}
		named := e.tokensOf(name)
		for _, token := range named {
			c.merge(e.token(token))
		}
		return c.access, len(named) > 0
	case DeploymentKind:
		if i := slices.IndexFunc(e.Deployments, func(d Deployment) bool { return d.Stack == name }); i >= 0 {
			return e.deployment(e.Deployments[i]), true
		}
	case AgentKind:
		if i := slices.IndexFunc(e.Agents, func(a Agent) bool { return a.Name == name }); i >= 0 {
			return e.agent(e.Agents[i]), true
		}
	case OutsiderKind:
		if i := slices.IndexFunc(e.outside, func(o outsider) bool { return o.name == name }); i >= 0 {
			return e.outsider(e.outside[i]), true
		}
	}
	return Access{}, false
}

// Level is the strongest level of the entity's kind that is wholly and certainly held, none if there is none.
func (ix *Index) Level(a Access, kind access.EntityKind) access.Level {
	for _, level := range slices.Backward(access.Permissions(kind)) {
		if !slices.ContainsFunc(ix.levelScopes(kind, level), func(scope string) bool { return !a.Has(scope) }) {
			return level
		}
	}
	return access.None
}

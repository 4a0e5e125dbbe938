package review

import (
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/usage"
)

// Suggestion is the smallest access that would have allowed what a principal used, of what it holds.
type Suggestion struct {
	Access access.Access
	// Unused is what it holds and did not use, as far as the log shows use.
	Unused []Unused
	// Events is how many events of it there are, and Gaps what the log, or this reading of it, does not show.
	Events int
	Gaps   []string
}

// Unused are scopes on an entity that were not used.
type Unused struct {
	Entity string // kind:name
	Scopes []string
}

// Suggest finds the smallest access for a team, an organization token, or the deployments of a stack; false when there is no such
// principal. It never has a scope that the principal does not hold. What the log cannot show as used is left out and named in the gaps; of
// deployments, which the log does not name, everything is kept.
func Suggest(in Input, of graph.PrincipalID) (Suggestion, bool) {
	r := newReviewer(in)
	h, found := r.suggestedFor(of)
	if !found {
		return Suggestion{}, false
	}
	s := &suggester{reviewer: r, holders: h, need: map[graph.PrincipalID]*needed{}}
	s.collect()
	return s.suggestion(), true
}

func (r *reviewer) suggestedFor(of graph.PrincipalID) (holders, bool) {
	switch of.Kind {
	case graph.TeamKind:
		at := slices.IndexFunc(r.Teams, func(t graph.Team) bool { return t.Name == of.Name })
		if at < 0 {
			return holders{}, false
		}
		return teamHolders(r.Teams[at]), true
	case graph.TokenKind:
		return holders{PrincipalID: of}, slices.ContainsFunc(r.Tokens, func(t graph.Token) bool { return t.Name == of.Name && t.Team == "" })
	case graph.DeploymentKind:
		unnamed := "the audit log does not say which stack's deployment acted: everything that it holds is kept"
		return holders{PrincipalID: of, anybody: unnamed}, slices.ContainsFunc(r.Deployments, func(d graph.Deployment) bool { return d.Stack == of.Name })
	case graph.UserKind, graph.ServicePrincipalKind, graph.AgentKind, graph.OutsiderKind:
	}
	return holders{}, false
}

// needed is what is needed on an entity.
type needed struct {
	on     graph.Resource
	scopes map[string]bool
}

// suggester gathers what was used.
type suggester struct {
	*reviewer
	holders holders
	need    map[graph.PrincipalID]*needed // by kind and name of the entity
	events  int
	gaps    []string
}

// companions are scopes that using another one takes besides, and that leave no event: an entity has to be seen, and an update encrypts.
var companions = map[access.EntityKind]map[string][]string{
	access.Environment: {"": {"environment:read"}},
	access.Stack:       {"": {"stack:read"}, "stack:write": {"stack:encrypt"}},
	access.Account:     {"": {"insights_account:read"}},
}

func (s *suggester) collect() {
	switch {
	case s.Usage == nil:
		s.gap("the audit log was not read: everything that it holds is kept")
	case s.holders.anybody != "":
		s.gap(s.holders.anybody)
	}
	if s.Usage == nil || s.holders.anybody != "" {
		for _, t := range s.everything() {
			s.take(t, s.held(t).List())
		}
		return
	}
	for _, blind := range s.blind {
		s.gap(blind.What)
	}
	for _, use := range s.actors.all {
		s.use(use)
	}
}

// everything are all entities, and the organization.
func (s *suggester) everything() []graph.Resource {
	return append(slices.Clip(s.entities), s.Itself())
}

func (s *suggester) gap(text string) {
	if !slices.Contains(s.gaps, text) {
		s.gaps = append(s.gaps, text)
	}
}

// held is what the principal holds on an entity. Of a team it is what the team's tokens hold.
func (s *suggester) held(t graph.Resource) graph.Access {
	held, _ := s.Of(s.holders.Kind, s.holders.Name, t)
	if s.holders.Kind == graph.TokenKind {
		held, _ = s.ofToken("", s.holders.Name, t)
	}
	return held
}

// own is what the principal itself was granted on an entity, sorted: of a team, not what the defaults give its tokens besides.
func (s *suggester) own(t graph.Resource) []string {
	scopes := s.granted(t, actor{})
	slices.Sort(scopes)
	return slices.Compact(scopes)
}

// granted is what a use may have come by: of a member of a team, what the team itself is granted; else everything that is held.
func (s *suggester) granted(t graph.Resource, who actor) []string {
	var scopes []string
	for _, path := range s.held(t).Paths {
		byTeam := slices.ContainsFunc(path.Steps, func(step graph.Step) bool { return step.Kind == graph.TeamStep })
		if s.holders.Kind != graph.TeamKind || who.Kind == graph.TokenKind || byTeam {
			scopes = append(scopes, path.Scopes...)
		}
	}
	return scopes
}

// use takes what a use needs.
func (s *suggester) use(use usage.Use) {
	for _, who := range s.actors.acting(s.holders, use.Actor) {
		if !who.certain {
			s.gap(fmt.Sprintf("the log does not say which token acted as %s: what any may have used is kept", use.Login))
		}
		t, found := s.entityOf(use)
		if !found {
			s.gap(fmt.Sprintf("%s was used on %s %q, which does not exist any more or is not told", use.Scopes[0], use.Kind.Noun(), use.Entity))
			continue
		}
		granted := s.granted(t, who)
		scopes := intersect(use.Scopes, granted)
		if len(scopes) == 0 {
			if s.holders.Kind != graph.TeamKind || who.Kind == graph.TokenKind {
				s.gap(fmt.Sprintf("%s was used on %s, and is not held now", use.Scopes[0], entityText(t)))
			}
			continue
		}
		s.events += use.Count
		if len(scopes) > 1 {
			s.gap(fmt.Sprintf("the log does not tell which of %s and %s was used on %s: both are kept", scopes[0], scopes[1], entityText(t)))
		}
		s.take(t, scopes)
		s.beside(t, scopes, granted)
	}
}

func (s *suggester) entityOf(use usage.Use) (graph.Resource, bool) {
	if use.Kind == access.Organization {
		return s.Itself(), true
	}
	return s.Entity(use.Kind, use.Entity)
}

// beside takes what else the use takes: seeing the entity, and opening what an environment imports.
func (s *suggester) beside(t graph.Resource, scopes, granted []string) {
	s.take(t, intersect(companions[t.Kind][""], granted))
	for _, scope := range scopes {
		s.take(t, intersect(companions[t.Kind][scope], granted))
	}
	if t.Kind != access.Environment || !slices.ContainsFunc(scopes, graph.OpensImports) {
		return
	}
	if t.Unclear != "" {
		s.gap(opensBesides(t.Name, t.Unclear))
	}
	for _, imported := range t.Imports {
		if on, found := s.Entity(access.Environment, imported.Name); found {
			s.take(on, intersect([]string{imported.Scope, "environment:read"}, s.held(on).List()))
		}
	}
}

// take adds scopes that are needed.
func (s *suggester) take(t graph.Resource, scopes []string) {
	if len(scopes) == 0 {
		return
	}
	at := graph.PrincipalID{Kind: graph.Kind(t.Kind), Name: t.Name}
	if s.need[at] == nil {
		s.need[at] = &needed{on: t, scopes: map[string]bool{}}
	}
	for _, scope := range scopes {
		s.need[at].scopes[scope] = true
	}
}

func (s *suggester) suggestion() Suggestion {
	out := Suggestion{Events: s.events}
	silentOn := map[string]int{}
	for _, t := range s.everything() {
		used := s.need[graph.PrincipalID{Kind: graph.Kind(t.Kind), Name: t.Name}]
		if used != nil {
			s.rule(&out.Access, t, sortedKeys(used.scopes))
		}
		var unused []string
		for _, scope := range s.own(t) {
			switch {
			case used != nil && used.scopes[scope]:
			case usage.Shows(t.Kind, scope):
				unused = append(unused, scope)
			default:
				silentOn[scope]++
			}
		}
		if len(unused) > 0 {
			out.Unused = append(out.Unused, Unused{entityText(t), unused})
		}
	}
	for _, scope := range sortedKeys(silentOn) {
		s.gap(fmt.Sprintf("the log has no event for the use of %s, which is held on %d entities and left out", scope, silentOn[scope]))
	}
	out.Access = out.Access.Canonical()
	out.Gaps = s.gaps
	return out
}

// rule writes what is needed on an entity: as a permission where one is exactly that, else as scopes.
func (s *suggester) rule(a *access.Access, t graph.Resource, scopes []string) {
	if t.Kind == access.Organization {
		a.Scopes = append(a.Scopes, scopes...)
		return
	}
	project, name := cut(t.Name)
	if t.Kind == access.Account {
		project, name = "", t.Name
	}
	rule := access.Rule{Selector: access.Selector{Project: project, Name: name}, Grant: access.Grant{Scopes: scopes}}
	for _, level := range access.Permissions(t.Kind) {
		if slices.Equal(access.LevelScopes(t.Kind, level), scopes) {
			rule.Grant = access.Grant{Permission: level}
		}
	}
	if bound := s.held(t).Scopes[openScope]; bound > 0 && slices.Contains(scopes, openScope) {
		rule.MaxOpenDuration = bound
	}
	switch t.Kind {
	case access.Stack:
		a.Stacks = append(a.Stacks, rule)
	case access.Environment:
		a.Environments = append(a.Environments, rule)
	default:
		a.Accounts = append(a.Accounts, rule)
	}
}

package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/usage"
)

// teamAccount begins the login of the machine identity of a team; that of an organization has the organization's name. Other logins with
// account are machine identities, too; which one a deployment acts as is not documented.
const (
	teamAccount = "team-account:"
	account     = "-account:"
)

// actors are the principals that the log shows, with what they used.
type actors struct {
	ix     *graph.Index
	log    *usage.Log
	all    []usage.Use // without those that were refused
	denied []usage.Use
	on     map[place][]usage.Use // those of all, and what opens opened besides, by what they are on
	who    map[usage.Actor][]actor
	// unclear says what was used of which it cannot be told what it was on.
	unclear []graph.Blind
}

// place is an entity that is used; "" is the organization, or one that cannot be told.
type place struct {
	kind access.EntityKind
	name string
}

// actor is a principal that may have acted. A log without the names of tokens does not tell which token of several it was.
type actor struct {
	graph.PrincipalID
	team    string // of a token of a team
	certain bool
}

func actorsOf(ix *graph.Index, log *usage.Log) *actors {
	a := &actors{ix: ix, log: log, who: map[usage.Actor][]actor{}, on: map[place][]usage.Use{}}
	if log == nil {
		return a
	}
	uses := log.Uses()
	renamed := slices.ContainsFunc(uses, func(use usage.Use) bool { return use.Kind == access.Stack && use.Used("stack:rename") })
	for _, use := range uses {
		if use.Refused {
			a.denied = append(a.denied, use)
			continue
		}
		a.all = append(a.all, use)
		_, found := ix.Entity(use.Kind, use.Entity)
		if found || use.Entity == "" || use.Kind == access.Stack && !renamed { // stacks come and go
			a.put(use)
			a.besides(use)
			continue
		}
		a.untold(use, use.Scopes, fmt.Sprintf("which %ss were used under names that do not exist: they were deleted, or have other names now", use.Kind.Noun()))
	}
	return a
}

// put adds a use to those on its entity.
func (a *actors) put(use usage.Use) {
	at := place{use.Kind, use.Entity}
	a.on[at] = append(a.on[at], use)
}

// openTextScope is the scope for opening text that is not stored, such as the environment block of a stack's configuration.
const openTextScope = "environment_yaml:open"

// opens reports whether a use may have opened an environment, and with it what that imports.
func opens(use usage.Use) bool { return slices.ContainsFunc(use.Scopes, graph.OpensImports) }

// besides adds what an open takes besides: a scope on each environment that is imported. The log has an event of what was opened alone.
func (a *actors) besides(use usage.Use) {
	anyOpen := []string{openScope, openVersionScope}
	if use.Kind == access.Organization && use.Used(openTextScope) {
		use.Kind = access.Environment
		a.untold(use, anyOpen, "which environments were opened by text that is not stored, such as the environment block of a stack's configuration")
		return
	}
	if use.Kind != access.Environment || use.Entity == "" || !opens(use) {
		return
	}
	t, _ := a.ix.Entity(use.Kind, use.Entity)
	why := t.Unclear
	if t.Definition == nil {
		why = "its definition was not read"
	}
	if why != "" {
		a.untold(use, anyOpen, opensBesides(use.Entity, why))
	}
	for _, imported := range t.Imports {
		use.Scopes, use.Entity = []string{imported.Scope}, imported.Name
		a.put(use)
	}
}

func opensBesides(name, why string) string {
	return fmt.Sprintf("what opening %s opens besides: %s", name, why)
}

// untold adds a use of scopes on an entity that cannot be told.
func (a *actors) untold(use usage.Use, scopes []string, what string) {
	use.Scopes, use.Entity = scopes, ""
	a.put(use)
	blind := graph.Blind{What: what, Hides: "uses; grants that they may have used are not reported as unused"}
	if !slices.Contains(a.unclear, blind) {
		a.unclear = append(a.unclear, blind)
	}
}

// of are the principals that may have acted.
func (a *actors) of(who usage.Actor) []actor {
	found, known := a.who[who]
	if !known {
		found = a.find(who)
		a.who[who] = found
	}
	return found
}

func (a *actors) find(who usage.Actor) []actor {
	ofTeam := strings.HasPrefix(who.Login, teamAccount)
	if !ofTeam && strings.Contains(who.Login, account) {
		return a.deployments()
	}
	if !ofTeam && !strings.EqualFold(who.Login, a.ix.Login) {
		kind := graph.UserKind
		for _, user := range a.ix.Users {
			if logins.Same(user.Login, who.Login) {
				if who.Login = user.Login; user.Service {
					kind = graph.ServicePrincipalKind
				}
			}
		}
		return []actor{{PrincipalID: graph.PrincipalID{Kind: kind, Name: who.Login}, certain: true}}
	}
	var found []actor
	for _, token := range a.ix.Tokens {
		if (token.Team != "") != ofTeam || who.TokenID != "" && token.ID != "" && who.TokenID != token.ID ||
			who.TokenName != "" && who.TokenName != token.Name {
			continue
		}
		found = append(found, actor{graph.PrincipalID{Kind: graph.TokenKind, Name: token.Name}, token.Team, false})
	}
	named := who.TokenID != "" || who.TokenName != ""
	if len(found) == 1 && named {
		found[0].certain = true
	}
	if !ofTeam && !named {
		found = append(found, a.deployments()...)
	}
	return found
}

// deployments are those of all stacks, any of which may have acted.
func (a *actors) deployments() []actor {
	var all []actor
	for _, d := range a.ix.Deployments {
		all = append(all, actor{PrincipalID: graph.PrincipalID{Kind: graph.DeploymentKind, Name: d.Stack}})
	}
	return all
}

// text names who acted: the principal where it is told, else the login.
func (a *actors) text(who usage.Actor) string {
	if found := a.of(who); len(found) == 1 {
		return principalText(found[0].PrincipalID)
	}
	return "login:" + who.Login
}

// holders are principals that hold a grant together: a person, or a team with its members and tokens.
type holders struct {
	graph.PrincipalID
	members []string // logins, for a team
	// anybody says that it cannot be told who acts for the principal: then no use shows that it is not used.
	anybody string
}

// has tells whether an actor acts for the holders.
func (h holders) has(a actor) bool {
	if h.Kind == graph.TeamKind {
		return a.Kind == graph.TokenKind && a.team == h.Name ||
			(a.Kind == graph.UserKind || a.Kind == graph.ServicePrincipalKind) && logins.Index(h.members, a.Name) >= 0
	}
	return a.PrincipalID == h.PrincipalID && (a.Kind != graph.TokenKind || a.team == "")
}

// acting are the principals that may have acted for the holders: those that there are, or else a token that was deleted since. Deleted
// tokens of a team were the team's, and a deleted token of the organization may have been replaced by the one of its name.
func (a *actors) acting(h holders, who usage.Actor) []actor {
	found := a.of(who)
	told := slices.ContainsFunc(found, func(one actor) bool { return one.certain })
	found = slices.DeleteFunc(slices.Clone(found), func(one actor) bool { return !h.has(one) })
	if told || len(found) > 0 {
		return found
	}
	ofTeam, ofOrganization := strings.HasPrefix(who.Login, teamAccount), strings.EqualFold(who.Login, a.ix.Login)
	if h.Kind == graph.TeamKind && ofTeam || h.Kind == graph.TokenKind && ofOrganization && (who.TokenName == "" || who.TokenName == h.Name) {
		return []actor{{PrincipalID: graph.PrincipalID{Kind: graph.TokenKind, Name: who.TokenName}}}
	}
	return nil
}

// used is how holders used scopes on entities.
type used struct {
	scopes map[string]bool // that were used, for certain
	uses   []usage.Use
	// perhaps says why more may have been used, "" where the log shows all.
	perhaps string
}

// by is what holders used of the scopes on an entity.
func (a *actors) by(h holders, t graph.Resource, scopes []string) used {
	at, untold := place{t.Kind, t.Name}, a.on[place{t.Kind, ""}]
	if t.Kind == access.Organization {
		at.name, untold = "", nil
	}
	out := used{scopes: map[string]bool{}}
	switch {
	case a.log == nil:
		out.perhaps = "the audit log was not read"
	case a.log.Events == 0:
		out.perhaps = "the audit log has no event in this time"
	case h.anybody != "":
		out.perhaps = h.anybody
	case a.log.Damage.Lines > 0:
		out.perhaps = "lines of the audit log could not be read"
	}
	for _, use := range slices.Concat(a.on[at], untold) {
		hits := intersect(use.Scopes, scopes)
		if len(hits) == 0 {
			continue
		}
		for _, who := range a.acting(h, use.Actor) {
			switch {
			case use.Entity == "" && t.Kind != access.Organization:
				out.perhaps = "the log has events of it that do not say on which entity"
			case !who.certain:
				out.perhaps = "the log does not say which token acted as " + use.Login
			default:
				out.uses = append(out.uses, use)
				for _, scope := range hits {
					out.scopes[scope] = true
				}
			}
		}
	}
	return out
}

func intersect(a, b []string) []string {
	var both []string
	for _, one := range a {
		if slices.Contains(b, one) {
			both = append(both, one)
		}
	}
	return both
}

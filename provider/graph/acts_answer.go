package graph

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// Escalation is how a principal comes to a scope that it does not hold.
type Escalation struct {
	Principal PrincipalID
	Acts      []Performed // in order
	Certainty Certainty
	Doubt     string
	// Everything says that they lead to an administrator's rights. Reaches are what is gained, if that was not asked for as a whole.
	Everything bool
	Reaches    []Gain
	Severity   Severity
}

// Gain is a scope on an entity.
type Gain struct {
	Scope string
	Kind  access.EntityKind
	Name  string
}

// Severity is how bad something is.
type Severity string

// The severities.
const (
	High   Severity = "high"
	Medium Severity = "medium"
	Low    Severity = "low"
)

// reach finds both what is certain and what is possible, once for principals that have the same.
func (e *escalator) reach(p PrincipalID) (certain, possible *reached) {
	return e.state(p, true), e.state(p, false)
}

func (e *escalator) state(p PrincipalID, certain bool) *reached {
	key := e.key(p)
	if certain {
		key += " for certain"
	}
	if known, found := e.states[key]; found && e.alike(p) {
		return known
	}
	r := e.find(p, certain)
	if e.alike(p) {
		e.states[key] = r
	}
	return r
}

// alike reports whether principals with the same grants come to the same: not if they hold something themselves, or approve by name.
func (e *escalator) alike(p PrincipalID) bool {
	return p.Kind == UserKind && len(e.ownOn[p.Name]) == 0 && !e.approvers[p.Name]
}

// key names what a principal has.
func (e *escalator) key(p PrincipalID) string {
	key := string(p.Kind) + " "
	user := e.users[p.Name]
	if p.Kind != UserKind || user == nil {
		return key + p.Name
	}
	if user.Suspended {
		return key + "suspended"
	}
	key += e.memberSource(user).name
	var teams []string
	for _, team := range e.teamsOf[p.Name] {
		teams = append(teams, team.Name)
	}
	slices.Sort(teams)
	return key + " in " + strings.Join(teams, ", ")
}

// comes is how a principal comes to use a scope on an entity, without an approval by somebody else.
func (r *reached) comes(scope string, where *spot) (shortest chain, via *identity, can bool) {
	var found best
	keep := func(c chain, i *identity, can bool) {
		if had := found.chain; can && (c.doubt == "" || !r.certain) {
			if found.keep(c, true); via == nil || len(had.steps) != len(found.steps) || had.doubt != found.doubt {
				via = i
			}
		}
	}
	for _, i := range r.identities {
		c, can := r.uses(chain{}, i, scope, where)
		keep(c, i, can)
	}
	if r.all != nil {
		c, can := r.past(scope, where)
		keep(c, nil, can)
	}
	if scope == openScope || scope == openVersionScope {
		c, can := r.reads(where)
		keep(c, nil, can)
	}
	return found.chain, via, found.can
}

// past is how an administrator's rights lead to a scope, past the gates.
func (r *reached) past(scope string, where *spot) (chain, bool) {
	c := *r.all
	if action := gateActions[scope]; action != "" {
		for _, at := range append([]*spot{where}, where.imports...) {
			if at != where && (!OpensImports(scope) || scope == openVersionScope && !r.certain) {
				break // other revisions may not import it
			}
			var can bool
			if c, can = r.passes(c, nil, at, action); !can {
				return c, false
			}
		}
	}
	if OpensImports(scope) && where.resource.Unclear != "" {
		c = c.but(where.resource.Unclear)
	}
	return c, true
}

// reads is how a principal comes to see the secrets of an environment without opening it.
func (r *reached) reads(where *spot) (chain, bool) {
	var found best
	keep := func(c chain, can bool) { found.keep(c, can && (c.doubt == "" || !r.certain)) }
	name := where.resource.Name
	for _, i := range r.identities {
		c, ok := r.uses(chain{}, i, openVersionScope, where)
		keep(c.then(Performed{Act: OpenVersion, Kind: access.Environment, On: name, Text: "open the latest revision of " + name}.by(i)), ok)
		if r.certain {
			continue
		}
		for _, way := range ruleOf(Clone).Ways {
			if c, ok = r.way(i, way, where); ok {
				c, ok = r.opensImports(c, i, openScope, where)
				keep(c.then(Performed{Act: Clone, Kind: access.Environment, On: name, Text: "clone " + name}.by(i)), ok)
			}
		}
	}
	if !r.certain {
		keep(r.injects(where))
	}
	return found.chain, found.can
}

func ruleOf(act Act) ActRule {
	return actRules[slices.IndexFunc(actRules, func(rule ActRule) bool { return rule.Act == act })]
}

// opener is a principal that opens environments: those that its grants open, which others may have as well, and those of its own.
type opener struct {
	who    PrincipalID
	shared map[*spot]bool
	own    map[*spot]bool
}

func (o opener) opens(where *spot) bool { return o.shared[where] || o.own[where] }

// injects is how a principal has somebody else open an environment: it writes one that the other one opens.
func (r *reached) injects(where *spot) (shortest chain, can bool) {
	for _, w := range r.written() {
		c := w.chain
		if can && len(shortest.steps) <= len(c.steps)+1 {
			break
		}
		who, found := r.opensBoth(w.where, where)
		if !found {
			continue
		}
		name := w.where.resource.Name
		text := "import it into " + name + ", and send elsewhere what it holds"
		c = c.but("it takes " + string(who.Kind) + " " + who.Name + " to open " + name)
		shortest, can = c.then(Performed{Act: InjectImport, Kind: access.Environment, On: name, Text: text}.by(w.by)), true
	}
	return shortest, can
}

// writes is an environment that an identity of the principal can write.
type writes struct {
	where *spot
	by    *identity
	chain chain
}

// written are the environments that the principal can write, those first that take fewer acts.
func (r *reached) written() []writes {
	if r.writes != nil {
		return r.writes
	}
	r.writes = []writes{}
	bit := relevant[access.Environment][writeScope]
	for _, i := range r.identities {
		for _, where := range r.spots[access.Environment] {
			if !r.touches(i, where, bit) {
				continue
			}
			if c, ok := r.uses(chain{}, i, "environment:write", where); ok {
				r.writes = append(r.writes, writes{where, i, c})
			}
		}
	}
	slices.SortStableFunc(r.writes, func(a, b writes) int { return cmp.Compare(len(a.chain.steps), len(b.chain.steps)) })
	return r.writes
}

// opensBoth finds somebody else who opens two environments, gates aside that somebody has to lift first.
func (r *reached) opensBoth(one, other *spot) (PrincipalID, bool) {
	for _, opener := range r.whoOpens() {
		if opener.who != r.self && opener.opens(one) && opener.opens(other) {
			return opener.who, true
		}
	}
	return PrincipalID{}, false
}

// whoOpens are the principals that open environments as they are, those first who open the most.
func (e *escalator) whoOpens() []opener {
	if e.openers != nil {
		return e.openers
	}
	e.openers = []opener{}
	seen := map[string]int{}
	for _, p := range e.AllPrincipals() {
		key := e.key(p)
		if e.alike(p) {
			// A second one, so that everybody meets somebody else.
			if seen[key]++; seen[key] > 2 {
				continue
			}
		}
		if o := e.opensOf(p, key); len(o.shared)+len(o.own) > 0 {
			e.openers = append(e.openers, o)
		}
	}
	slices.SortStableFunc(e.openers, func(a, b opener) int { return len(b.shared) + len(b.own) - len(a.shared) - len(a.own) })
	return e.openers
}

func (e *escalator) opensOf(p PrincipalID, key string) opener {
	r := &reached{escalator: e, self: p, others: map[*spot][]variant{}}
	self := r.start()
	o := opener{who: p, shared: e.opens[key], own: map[*spot]bool{}}
	for where := range self.only {
		for _, at := range append([]*spot{where}, e.importers[where]...) {
			if r.opensNow(self, at) {
				o.own[at] = true
			}
		}
	}
	if o.shared != nil {
		return o
	}
	o.shared = map[*spot]bool{}
	self.only = nil
	for _, where := range e.spots[access.Environment] {
		if r.opensNow(self, where) {
			o.shared[where] = true
		}
	}
	e.opens[key] = o.shared
	return o
}

// opensNow reports whether an identity possibly opens an environment without an approval.
func (r *reached) opensNow(i *identity, where *spot) bool {
	if slices.Contains(where.resource.Gated, "open") {
		return false
	}
	if _, can := r.holdsAt(chain{}, i, openScope, where); !can {
		return false
	}
	for n, imported := range where.imports {
		if _, can := r.holdsAt(chain{}, i, where.resource.Imports[n].Scope, imported); !can || slices.Contains(imported.resource.Gated, "open") {
			return false
		}
	}
	return true
}

// at finds the spot of an entity, which may be one that the organization does not list.
func (e *escalator) at(t Resource) *spot {
	if t.Kind == access.Organization {
		return e.itself
	}
	if known := e.byName[entityKey{t.Kind, t.Name}]; known != nil {
		return known
	}
	where := e.spot(t)
	e.add(where)
	e.resolve(where)
	return where
}

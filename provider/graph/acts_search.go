package graph

import (
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// reached is what one principal comes to, as far as it is certain, or possible as well.
type reached struct {
	*escalator
	self    PrincipalID
	certain bool
	// identities are whom it can act as, itself first.
	identities []*identity
	others     map[*spot][]variant
	all        *chain // to an administrator's rights
	ownTeam    *chain // to a team that it made
	tags       map[*spot]tagging
	retagged   map[*spot]bool // since it was looked what other tags give
	tagSources int            // how many of its sources depended on tags then
	writes     []writes       // nil until they were gathered
	gained     []Escalation
	asked      bool // gained is known
	changed    bool
}

// identity is somebody that the principal can act as: itself, or a token, deployment or agent that it got hold of. One call is made by one
// identity.
type identity struct {
	name   string // "" for the principal itself
	has    []holding
	only   map[*spot][]holding // what it has on single entities
	person bool                // a member of the organization, who can be given things
}

type holding struct {
	*source
	chain chain
}

// variant is an entity with other tags, and how the principal puts them there.
type variant struct {
	*spot
	chain chain
}

// find begins with what a principal has, and lets it use every act until nothing new comes of it. That ends: there are so many identities
// and sources, and chains become only shorter.
func (e *escalator) find(p PrincipalID, certain bool) *reached {
	r := &reached{escalator: e, self: p, certain: certain, others: map[*spot][]variant{}}
	self := r.start()
	r.identities = append([]*identity{self}, r.identities...)
	for r.changed = true; r.changed; {
		r.changed = false
		for _, i := range slices.Clone(r.identities) {
			r.round(i)
		}
		r.varyAll()
	}
	return r
}

// round lets one identity use every act.
func (r *reached) round(i *identity) {
	for _, way := range waysOn[access.Organization] {
		if way.Doubt != "" && r.certain {
			continue
		}
		if by, can := r.way(i, way.Way, r.itself); can {
			effects[way.act](r, used{by: i, chain: by, way: way.n, rule: way.act})
		}
	}
	for _, kind := range []access.EntityKind{access.Stack, access.Environment, access.Account} {
		for _, where := range r.actsBy(i, kind) {
			for _, way := range waysOn[kind] {
				if way.Doubt != "" && r.certain || !r.touches(i, where, way.bit) {
					continue
				}
				if by, can := r.way(i, way.Way, where); can {
					effects[way.act](r, used{by: i, chain: by, way: way.n, rule: way.act, where: where})
				}
			}
		}
	}
}

// actsBy are the entities of a kind on which an identity may have what acts need.
func (r *reached) actsBy(i *identity, kind access.EntityKind) []*spot {
	var all []*spot
	for _, h := range i.has {
		all = append(all, r.actsOn(h.source, kind)...)
	}
	for where := range i.only {
		if where.resource.Kind == kind {
			all = append(all, where)
		}
	}
	for where := range r.others {
		if where.resource.Kind == kind {
			all = append(all, where)
		}
	}
	slices.SortFunc(all, func(a, b *spot) int { return a.n - b.n })
	return slices.Compact(all)
}

// actWay is a way of an act.
type actWay struct {
	Way
	act Act
	n   int    // its place among the ways of the act
	bit uint64 // of its first scope, see relevant
}

// waysOn are the ways that are tried everywhere, by kind.
var waysOn = func() map[access.EntityKind][]actWay {
	all := map[access.EntityKind][]actWay{}
	for _, rule := range actRules {
		for n, way := range rule.Ways {
			if !shown[rule.Act] {
				all[way.On] = append(all[way.On], actWay{way, rule.Act, n, relevant[way.On][way.Scopes[0]]})
			}
		}
	}
	return all
}()

// touches tells quickly whether an identity may hold a scope on an entity, by its bit.
func (r *reached) touches(i *identity, where *spot, bit uint64) bool {
	if len(i.only[where]) > 0 || len(r.others[where]) > 0 {
		return true
	}
	return slices.ContainsFunc(i.has, func(h holding) bool {
		held := h.at(where)
		return (held.certain|held.possible)&bit != 0
	})
}

// way is how an identity comes to use a way on an entity.
func (r *reached) way(i *identity, way Way, where *spot) (total chain, can bool) {
	for _, scope := range way.Scopes {
		if total, can = r.uses(total, i, scope, where); !can {
			return total, false
		}
	}
	for _, scope := range way.Also {
		if total, can = r.uses(total, i, scope, r.itself); !can {
			return total, false
		}
	}
	return total.but(way.Doubt), way.Doubt == "" || !r.certain
}

// best keeps the shortest chain; of two, the one that is certain.
type best struct {
	chain
	can bool
}

func (b *best) keep(c chain, can bool) {
	if can && (!b.can || c.shorter(b.chain) || len(c.steps) == len(b.steps) && b.doubt != "" && c.doubt == "") {
		b.chain, b.can = c, true
	}
}

// uses is how an identity comes to use a scope on an entity, whatever its tags are by then, after what was done before: it holds it, may
// read the entity, gets past the gates and may open what the entity imports.
func (r *reached) uses(before chain, i *identity, scope string, where *spot) (chain, bool) {
	var found best
	found.keep(r.usesAt(before, i, scope, where))
	for _, other := range r.others[where] {
		found.keep(r.usesAt(before.and(other.chain), i, scope, other.spot))
	}
	return found.chain, found.can
}

func (r *reached) usesAt(before chain, i *identity, scope string, at *spot) (chain, bool) {
	var found best
	action := gateActions[scope]
	r.ways(before, i, scope, at, func(c chain) {
		can := true
		if action != "" {
			c, can = r.passes(c, i, at, action)
		}
		if can && OpensImports(scope) {
			c, can = r.opensImports(c, i, scope, at)
		}
		found.keep(c, can)
	})
	return found.chain, found.can
}

// holdsAt is how an identity comes to hold a scope and to read the entity, which using it may take as well.
func (r *reached) holdsAt(before chain, i *identity, scope string, at *spot) (chain, bool) {
	var found best
	r.ways(before, i, scope, at, func(c chain) { found.keep(c, true) })
	return found.chain, found.can
}

// ways visits how an identity comes to hold a scope and to read the entity: one that is longer may do for something else as well.
func (r *reached) ways(before chain, i *identity, scope string, at *spot, visit func(chain)) {
	read := readScopes[at.resource.Kind]
	r.holders(i, scope, at, func(c chain) {
		c = before.and(c)
		if scope == read || read == "" {
			visit(c)
			return
		}
		reads, can := r.bare(c, i, read, at)
		if can && reads.doubt == c.doubt {
			visit(reads)
			if len(reads.steps) == len(c.steps) {
				return
			}
		}
		if !r.certain {
			visit(c.but("it may not certainly be read, and whether this takes " + read + " as well is not documented"))
		}
	})
}

// bare is how an identity comes to hold a scope, reading aside.
func (r *reached) bare(before chain, i *identity, scope string, at *spot) (chain, bool) {
	var found best
	r.holders(i, scope, at, func(c chain) { found.keep(before.and(c), true) })
	return found.chain, found.can
}

// holders visits what gives an identity a scope.
func (r *reached) holders(i *identity, scope string, at *spot, visit func(chain)) {
	look := func(h holding) {
		switch h.holds(scope, at) {
		case Certain:
			visit(h.chain)
		case Possible:
			if !r.certain {
				visit(h.chain.but("whether " + h.name + " gives " + scope + " is not certain"))
			}
		}
	}
	for _, h := range i.has {
		look(h)
	}
	for _, h := range i.only[at.of] {
		look(h)
	}
}

// opensImports adds what opening the imports takes.
func (r *reached) opensImports(c chain, i *identity, scope string, at *spot) (chain, bool) {
	if at.resource.Unclear != "" {
		if r.certain {
			return c, false
		}
		c = c.but(at.resource.Unclear)
	}
	for n, imported := range at.imports {
		one, can := r.opensImport(c, i, at.resource.Imports[n].Scope, imported)
		switch {
		case can && (len(one.steps) == len(c.steps) || scope != openVersionScope || r.certain):
			c = one
		case scope == openVersionScope && !r.certain:
			c = c.but("it imports " + imported.resource.Name + ", which may not be opened; other revisions may not import it")
		default:
			return c, false
		}
	}
	return c, true
}

// opensImport is about one import, without what it imports in turn: that is among the imports itself.
func (r *reached) opensImport(before chain, i *identity, scope string, imported *spot) (chain, bool) {
	var found best
	try := func(before chain, at *spot) {
		if c, can := r.holdsAt(before, i, scope, at); can {
			found.keep(r.passes(c, i, at, gateActions[scope]))
		}
	}
	try(before, imported)
	for _, other := range r.others[imported] {
		try(before.and(other.chain), other.spot)
	}
	return found.chain, found.can
}

func (p Performed) by(i *identity) Performed {
	if i.name != "" {
		p.By, p.Text = i.name, "as "+i.name+", "+p.Text
	}
	return p
}

// give adds something that an identity has, unless it is had by as short a chain.
func (r *reached) give(i *identity, s *source, c chain, only *spot) {
	if c.doubt != "" && r.certain || r.all != nil && !c.shorter(*r.all) {
		return
	}
	list := i.has
	if only != nil {
		list = i.only[only]
	}
	at := slices.IndexFunc(list, func(h holding) bool { return h.source == s })
	switch {
	case at < 0:
		list = append(list, holding{s, c})
	case c.shorter(list[at].chain):
		list[at].chain = c
	default:
		return
	}
	r.changed = true
	if only != nil {
		i.only[only] = list
		return
	}
	i.has = list
}

// become adds an identity that the principal can act as.
func (r *reached) become(name string, s *source, c chain) {
	if c.doubt != "" && r.certain || r.all != nil && !c.shorter(*r.all) {
		return
	}
	at := slices.IndexFunc(r.identities, func(i *identity) bool { return i.name == name })
	if at < 0 {
		r.identities = append(r.identities, &identity{name: name, only: map[*spot][]holding{}})
		at = len(r.identities) - 1
	}
	r.give(r.identities[at], s, c, nil)
}

// administers notes how the principal comes to an administrator's rights.
func (r *reached) administers(c chain) {
	if c.doubt != "" && r.certain || r.all != nil && !c.shorter(*r.all) {
		return
	}
	r.all, r.changed = &c, true
}

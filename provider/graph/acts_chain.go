package graph

import (
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// Performed is an act as a principal uses it.
type Performed struct {
	Act Act
	// By is the identity that uses it where that is not the principal itself, such as `the token of team payments`.
	By string
	// Kind and On are what it is used on: an entity, or the name of a team, role, agent or issuer, which has no kind.
	Kind access.EntityKind
	On   string
	Text string // in words
}

// chain is what a principal does, in order; "" as its doubt says that all of it is certain.
type chain struct {
	steps []*Performed
	doubt string
}

// shorter reports whether a chain is better than another one.
func (c chain) shorter(than chain) bool { return len(c.steps) < len(than.steps) }

// and joins what two chains do, each act once.
func (c chain) and(more chain) chain {
	if len(more.steps) == 0 && more.doubt == "" {
		return c
	}
	out := chain{steps: slices.Clip(c.steps), doubt: c.doubt}
	for _, step := range more.steps {
		if !slices.ContainsFunc(out.steps, func(has *Performed) bool { return *has == *step }) {
			out.steps = append(out.steps, step)
		}
	}
	return out.but(more.doubt)
}

// then does one act more.
func (c chain) then(step Performed) chain { return c.and(chain{steps: []*Performed{&step}}) }

func (c chain) but(doubt string) chain {
	if c.doubt == "" {
		c.doubt = doubt
	}
	return c
}

// steps are the acts as steps of a path.
func (c chain) path() []Step {
	var steps []Step
	for _, step := range c.steps {
		steps = append(steps, Step{ActStep, string(step.Act), step.Text})
	}
	return steps
}

// source is something that gives access: what a person has by the organization role, a team, a token, a deployment's role. Principals share
// them, so what each gives where is worked out once.
type source struct {
	name string
	of   func(*evaluation) Access
	// roles are the custom roles that it consists of, which may be made to say more.
	roles []string
	ids   []string // of all roles that it consists of
	// teams are those whose access it has.
	teams []string
	// member says that it has the organization's defaults, follows that it is the organization's default role, and runs that it is the
	// default deployment role.
	member, follows, runs bool
	maybe                 bool // it has the role Member, and possibly the defaults
	// values are those that its roles compare tags with, by kind and key; tagged says that there are some.
	values map[access.EntityKind]map[string][]string
	tagged bool
	held   []bits // by the spot's number, where known says so
	known  []bool
	access map[*spot]Access
	all    map[*spot]bool                // whether it gives all there that its roles mention
	active map[access.EntityKind][]*spot // where it gives what acts need
}

// spot is an entity, or the same with other tags.
type spot struct {
	n        int // its number
	resource Resource
	on       *evaluation
	of       *spot // the entity as it is; itself unless the tags differ
	imports  []*spot
	sets     []string // custom permission sets that teams and logins hold on it
}

func (e *escalator) spot(t Resource) *spot {
	s := &spot{n: e.count, resource: t, on: e.evaluation(t)}
	e.count++
	s.of = s
	return s
}

// bits are scopes that acts need, by their index in relevant.
type bits struct{ certain, possible uint64 }

// relevant are the scopes that acts need, by kind.
var relevant = func() map[access.EntityKind]map[string]uint64 {
	all := map[access.EntityKind]map[string]uint64{}
	add := func(kind access.EntityKind, scopes ...string) {
		if all[kind] == nil {
			all[kind] = map[string]uint64{}
		}
		for _, scope := range scopes {
			if _, known := all[kind][scope]; !known {
				all[kind][scope] = 1 << len(all[kind])
			}
		}
	}
	for _, rule := range actRules {
		for _, way := range rule.Ways {
			add(way.On, way.Scopes...)
			add(access.Organization, way.Also...)
		}
	}
	for kind, read := range readScopes {
		add(kind, read)
	}
	add(access.Environment, openScope)
	add(access.Organization, "team:read", "environment:create")
	return all
}()

func (s *source) at(where *spot) bits {
	for len(s.known) <= where.n {
		s.known, s.held = append(s.known, make([]bool, where.n+1)...), append(s.held, make([]bits, where.n+1)...)
	}
	if s.known[where.n] {
		return s.held[where.n]
	}
	given, held := s.gives(where), bits{}
	for scope := range given.Scopes {
		held.certain |= relevant[where.resource.Kind][scope]
	}
	for scope := range given.Possible {
		held.possible |= relevant[where.resource.Kind][scope]
	}
	s.known[where.n], s.held[where.n] = true, held
	return held
}

// needed are the scopes on a kind of entity that acts need which are tried everywhere.
var needed = func() map[access.EntityKind]uint64 {
	all := map[access.EntityKind]uint64{}
	for _, rule := range actRules {
		for _, way := range rule.Ways {
			if shown[rule.Act] {
				continue
			}
			for _, scope := range way.Scopes {
				all[way.On] |= relevant[way.On][scope]
			}
		}
	}
	return all
}()

// shown are the acts that only show secrets or lift gates, which are looked for where that is asked.
var shown = map[Act]bool{OpenVersion: true, Clone: true, InjectImport: true, RemoveGate: true, ApproveSelf: true}

// actsOn are the entities of a kind on which a source gives something that acts need.
func (e *escalator) actsOn(s *source, kind access.EntityKind) []*spot {
	found, known := s.active[kind]
	if !known {
		for _, where := range e.spots[kind] {
			if held := s.at(where); (held.certain|held.possible)&needed[kind] != 0 {
				found = append(found, where)
			}
		}
		s.active[kind] = found
	}
	return found
}

// gives is what a source gives on an entity.
func (s *source) gives(where *spot) Access {
	given, known := s.access[where]
	if !known {
		given = s.of(where.on)
		s.access[where] = given
	}
	return given
}

// holds reports whether it gives a scope.
func (s *source) holds(scope string, where *spot) Certainty {
	if bit, known := relevant[where.resource.Kind][scope]; known {
		switch held := s.at(where); {
		case held.certain&bit != 0:
			return Certain
		case held.possible&bit != 0:
			return Possible
		}
		return ""
	}
	return s.gives(where).Holds(scope)
}

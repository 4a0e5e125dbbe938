package graph

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// place is an entity in both organizations.
type place struct {
	*comparison
	kind  access.EntityKind
	name  string
	sides [2]*side
	roles map[string]bool // whether a role grants the same on both sides, by id
	teams map[string]bool
}

// side is an entity in one of the organizations.
type side struct {
	*evaluation
	there     bool
	questions map[string]*question // by scope
}

func (c *comparison) at(kind access.EntityKind, name string) *place {
	at := &place{comparison: c, kind: kind, name: name, roles: map[string]bool{}, teams: map[string]bool{}}
	for i, ix := range []*Index{c.before, c.after} {
		resource, there := ix.Entity(kind, name)
		at.sides[i] = &side{ix.evaluation(resource), there, map[string]*question{}}
	}
	return at
}

// resources are the entity and what opening it opens, in both organizations.
func (p *place) resources() []Resource {
	var all []Resource
	for _, side := range p.sides {
		all = append(all, side.resource)
		for _, imported := range side.resource.Imports {
			all = append(all, imported.Resource)
		}
	}
	return all
}

// touched reports whether the entity itself differs, or what it opens: then it may be another one for everybody.
func (p *place) touched() bool {
	before, after := p.sides[0], p.sides[1]
	if before.there != after.there || !reflect.DeepEqual(before.resource, after.resource) {
		return true
	}
	for _, t := range p.resources() {
		for login, sets := range t.Assigned {
			if p.members[login] || slices.ContainsFunc(sets, func(id string) bool { return p.records[id] }) {
				return true
			}
		}
		for login := range t.Direct {
			if p.members[login] {
				return true
			}
		}
		if p.members[t.Owner] {
			return true
		}
	}
	return false
}

// namedLogins are the logins that hold something of their own here, or approve by their name.
func (p *place) namedLogins() []string {
	var all []string
	for _, t := range p.resources() {
		all = slices.AppendSeq(slices.AppendSeq(append(all, t.Owner), maps.Keys(t.Direct)), maps.Keys(t.Assigned))
		for _, gate := range t.Gates {
			all = append(all, gate.Users...)
		}
	}
	return uniqueSorted(all)
}

// same reports whether everything that a class of logins holds is the same here.
func (p *place) same(of *class) bool {
	for _, side := range p.sides {
		if len(side.resource.Imports) > 0 || len(side.resource.Gated) > 0 {
			return false
		}
	}
	if !of.same || p.records[of.role] && !p.sameRole(of.role) {
		return false
	}
	return !slices.ContainsFunc(of.teams, func(t *Team) bool { return p.comparison.teams[t.Name] && !p.sameTeam(t.Name) })
}

func (p *place) sameRole(id string) bool {
	same, known := p.roles[id]
	if !known {
		same = reflect.DeepEqual(p.sides[0].ofRole(id).Paths, p.sides[1].ofRole(id).Paths)
		p.roles[id] = same
	}
	return same
}

func (p *place) sameTeam(name string) bool {
	same, known := p.teams[name]
	if !known {
		before, after := p.before.teams[name], p.after.teams[name]
		same = before != nil && after != nil && reflect.DeepEqual(p.sides[0].granted(before).Paths, p.sides[1].granted(after).Paths)
		p.teams[name] = same
	}
	return same
}

// standing is how a principal stands to one scope.
type standing struct {
	Standing
	certainty Certainty
}

var (
	certainties = map[Certainty]int{"": 0, Possible: 1, Certain: 2}
	standings   = map[Standing]int{NotHeld: 0, NeedsApproval: 1, NeedsOwnApproval: 2, Usable: 3}
)

// found is what a principal gains or loses here.
type found struct {
	gains         bool
	certainty     Certainty
	before, after Standing
}

// differ is what a principal gains and loses here: the scopes of each difference.
func (p *place) differ(h Holder, held heldBy) map[found][]string {
	var has [2]Access
	for i, side := range p.sides {
		if side.there && held[i] != nil {
			has[i] = held[i](side.evaluation)
		}
	}
	var scopes []string
	for _, one := range has {
		scopes = slices.AppendSeq(slices.AppendSeq(scopes, maps.Keys(one.Scopes)), maps.Keys(one.Possible))
	}
	out := map[found][]string{}
	for _, scope := range uniqueSorted(scopes) {
		var stands [2]standing
		for i, side := range p.sides {
			stands[i] = side.stands(h, held[i], has[i], scope)
		}
		before, after := stands[0], stands[1]
		if certainty, gains := beyond(before, after, has[0], has[1], scope); gains {
			key := found{true, certainty, before.Standing, after.Standing}
			out[key] = append(out[key], scope)
		}
		if certainty, loses := beyond(after, before, has[1], has[0], scope); loses {
			key := found{false, certainty, before.Standing, after.Standing}
			out[key] = append(out[key], scope)
		}
	}
	return out
}

// beyond reports whether a principal that stands to a scope in the second way may do more than in the first, and whether that is certain.
func beyond(from, to standing, fromAccess, toAccess Access, scope string) (Certainty, bool) {
	less, more := certainties[from.certainty], certainties[to.certainty]
	switch {
	case more == 0:
		return "", false
	case less == 0, standings[from.Standing] < standings[to.Standing]:
		return to.certainty, true
	case less < more:
		return Possible, true
	}
	// Either may be so and the other one not, where there is another way to it.
	return Possible, less == 1 && more == 1 && hasOtherPath(fromAccess, toAccess, scope)
}

func hasOtherPath(from, to Access, scope string) bool {
	known := map[string]bool{}
	for _, path := range from.Paths {
		known[pathKey(path)] = known[pathKey(path)] || slices.Contains(path.Scopes, scope)
	}
	return slices.ContainsFunc(to.Paths, func(path Path) bool { return slices.Contains(path.Scopes, scope) && !known[pathKey(path)] })
}

func pathKey(path Path) string { return strings.Join(path.StepTexts(), "\x00") }

// stands is how a principal stands to a scope here. Approvals, and what opening it opens, are asked for as in [Index.WhoCan].
func (s *side) stands(h Holder, held func(*evaluation) Access, has Access, scope string) standing {
	certainty := has.Holds(scope)
	if certainty == "" {
		return standing{}
	}
	if gateActions[scope] == "" || s.plain() {
		if read := readScopes[s.resource.Kind]; certainty == Certain && read != "" && scope != read && !has.Has(read) {
			certainty = Possible
		}
		if s.withheld(Principal{Kind: h.Kind, Name: h.Name}, scope, s.resource) != "" {
			certainty = Possible
		}
		return standing{Usable, certainty}
	}
	q := s.questions[scope]
	if q == nil {
		q = s.question(scope, s.resource)
		s.questions[scope] = q
	}
	one := Principal{Kind: h.Kind, Name: h.Name, Gated: q.gated}
	switch {
	case !q.decide(&one, held) || len(one.Missing) > 0:
		return standing{}
	case !q.gated:
		return standing{Usable, one.Certainty}
	case q.approves(one, held):
		return standing{NeedsOwnApproval, one.Certainty}
	}
	return standing{NeedsApproval, one.Certainty}
}

// plain reports whether opening the entity takes no approval and opens nothing else.
func (s *side) plain() bool {
	return len(s.resource.Imports) == 0 && s.resource.Unclear == "" && len(s.resource.Gated) == 0
}

// pathTo is a way by which a principal holds a scope here, a certain one if there is one.
func (s *side) pathTo(held func(*evaluation) Access, scope string) Path {
	e := s.Index.evaluation(s.resource)
	e.wanted = scope
	paths := held(e).Paths
	if len(paths) == 0 {
		return Path{}
	}
	return paths[max(0, slices.IndexFunc(paths, isCertain))]
}

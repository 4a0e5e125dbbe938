package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// WhoCanIndirect is [Index.WhoCan], and besides everybody who can come to use the scope by acts, each with the shortest way, and who may
// open what imports the environment. It needs an organization that was read whole.
func (ix *Index) WhoCanIndirect(scope string, t Resource) Answer {
	answer := ix.WhoCan(scope, t)
	e := ix.escalator()
	where := e.at(t)
	known := map[PrincipalID]int{}
	for n, p := range answer.Principals {
		known[PrincipalID{p.Kind, p.Name}] = n
	}
	for _, p := range e.AllPrincipals() {
		n, direct := known[p]
		if direct && answer.Principals[n].Certainty == Certain && !answer.Principals[n].Gated {
			continue
		}
		path, found := e.indirect(p, scope, where)
		switch {
		case !found:
		case direct:
			answer.Principals[n].Paths = append(slices.Clone(answer.Principals[n].Paths), path)
			if path.Certainty == Certain {
				answer.Principals[n].Certainty, answer.Principals[n].Doubt = Certain, ""
			}
		default:
			answer.Principals = append(answer.Principals, Principal{Kind: p.Kind, Name: p.Name, Certainty: path.Certainty, Indirect: true, Paths: []Path{path}})
		}
	}
	ix.byImports(&answer, scope, t)
	sortPrincipals(answer.Principals)
	return answer
}

// indirect is the shortest way by acts; a certain one is better than one that is only possible.
func (e *escalator) indirect(p PrincipalID, scope string, where *spot) (Path, bool) {
	certain, possible := e.reach(p)
	for _, r := range []*reached{certain, possible} {
		c, via, can := r.comes(scope, where)
		if can && len(c.steps) > 0 {
			return r.pathOf(c, via, scope, where), true
		}
		if can {
			break // it holds the scope
		}
	}
	return Path{}, false
}

// pathOf is a chain, and the grants by which the scope is held at its end.
func (r *reached) pathOf(c chain, via *identity, scope string, where *spot) Path {
	path := Path{Steps: c.path(), Scopes: []string{scope}, Certainty: Certain, Doubt: c.doubt}
	if c.doubt != "" {
		path.Certainty = Possible
	}
	if via == nil {
		return path
	}
	spots := []*spot{where}
	for _, other := range r.others[where] {
		spots = append(spots, other.spot)
	}
	for _, at := range spots {
		for _, h := range slices.Concat(via.has, via.only[where]) {
			for _, held := range h.gives(at).Paths {
				if slices.Contains(held.Scopes, scope) && (held.Certainty == Certain || c.doubt != "") {
					path.Steps = append(path.Steps, held.Steps...)
					return path
				}
			}
		}
	}
	return path
}

// telling are the scopes on entities that escalations are looked for where no scope is asked for.
var telling = map[access.EntityKind][]string{
	access.Environment: {openScope, writeScope},
	access.Stack:       {"stack:decrypt", "stack:write"},
	access.Account:     {"insights_account:update"},
}

// Escalations are the ways by acts to what principals do not hold, the shortest first. Without a principal they are of everybody who is no
// administrator, without a scope to an administrator's rights, and to what tells most about each entity.
func (ix *Index) Escalations(of *PrincipalID, scope string, on *Resource) []Escalation {
	e := ix.escalator()
	var all []Escalation
	for _, p := range e.AllPrincipals() {
		if of != nil && *of != p || of == nil && e.administers(p) {
			continue
		}
		if scope == "" && on == nil {
			all = append(all, e.everything(p)...)
			continue
		}
		all = append(all, e.gains(p, e.targets(scope, on))...)
	}
	slices.SortStableFunc(all, func(a, b Escalation) int {
		return cmp.Or(cmp.Compare(len(a.Acts), len(b.Acts)), cmp.Compare(a.Certainty, b.Certainty),
			cmp.Compare(rank[a.Principal.Kind], rank[b.Principal.Kind]), cmp.Compare(a.Principal.Name, b.Principal.Name))
	})
	return all
}

// administers reports whether a principal certainly holds everything in the organization already.
func (e *escalator) administers(p PrincipalID) bool {
	r := &reached{escalator: e, self: p, certain: true, others: map[*spot][]variant{}}
	self := r.start()
	for _, scope := range e.Catalogue.Scopes(access.Organization) {
		if _, can := r.bare(chain{}, self, scope, e.itself); !can {
			return false
		}
	}
	return true
}

// target is a scope on an entity.
type target struct {
	scope string
	where *spot
}

func (e *escalator) targets(scope string, on *Resource) []target {
	if scope == "" && on == nil && e.telling != nil {
		return e.telling
	}
	var all []target
	add := func(where *spot) {
		scopes := telling[where.resource.Kind]
		if scope != "" {
			scopes = []string{scope}
		}
		for _, one := range scopes {
			if scope == "" || e.Catalogue.Has(where.resource.Kind, one) {
				all = append(all, target{one, where})
			}
		}
	}
	if on != nil {
		add(e.at(*on))
		return all
	}
	for _, kind := range []access.EntityKind{access.Environment, access.Stack, access.Account} {
		for _, where := range e.spots[kind] {
			add(where)
		}
	}
	if scope != "" {
		add(e.itself)
	} else {
		e.telling = all
	}
	return all
}

// everything is an administrator's rights if the principal can come to them, and what it comes to besides: for certain, or possibly on what
// is sensitive.
func (e *escalator) everything(p PrincipalID) []Escalation {
	certain, possible := e.reach(p)
	if possible.asked {
		return of(p, possible.gained)
	}
	var all []Escalation
	add := func(r *reached) {
		escalation := Escalation{Everything: true}
		escalation.by(*r.all)
		escalation.Severity = severity(true, escalation.Certainty)
		all = append(all, escalation)
	}
	switch {
	case certain.all != nil:
		add(certain)
	case possible.all != nil:
		add(possible)
		all = append(all, grouped(certain, e.targets("", nil), nil)...)
	default:
		var grave []target
		for _, t := range e.targets("", nil) {
			if sensitive(t.where.resource) {
				grave = append(grave, t)
			}
		}
		all = append(grouped(certain, e.targets("", nil), nil), grouped(possible, grave, nil)...)
	}
	possible.gained, possible.asked = all, true
	return of(p, all)
}

func of(p PrincipalID, all []Escalation) []Escalation {
	all = slices.Clone(all)
	for i := range all {
		all[i].Principal = p
		all[i].Acts = slices.Clone(all[i].Acts)
		for n := range all[i].Acts {
			if all[i].Acts[n].Act == EditMember { // which everybody does to themselves, and others have the same answer
				all[i].Acts[n].On = p.Name
			}
		}
	}
	return all
}

func (e *escalator) gains(p PrincipalID, targets []target) []Escalation {
	certain, possible := e.reach(p)
	return of(p, grouped(certain, targets, possible))
}

// grouped are the targets that a principal comes to, those of the same acts together. Without possible, only what is certain.
func grouped(certain *reached, targets []target, possible *reached) []Escalation {
	var all []Escalation
	at := map[string]int{}
	for _, t := range targets {
		c, found := shortest(certain, possible, t)
		if !found {
			continue
		}
		key := fmt.Sprint(c.doubt == "")
		for _, step := range c.steps {
			key += string(step.Act) + "\x00" + step.By + "\x00" + string(step.Kind) + "\x00" + step.On + "\x00"
		}
		n, known := at[key]
		if !known {
			n = len(all)
			at[key] = n
			all = append(all, Escalation{Severity: Low})
			all[n].by(c)
		}
		all[n].Reaches = append(all[n].Reaches, Gain{t.scope, t.where.resource.Kind, t.where.resource.Name})
		all[n].Severity = graver(all[n].Severity, severity(sensitive(t.where.resource), all[n].Certainty))
	}
	return all
}

func shortest(certain, possible *reached, t target) (chain, bool) {
	for _, r := range []*reached{certain, possible} {
		if r == nil {
			continue
		}
		if c, _, can := r.comes(t.scope, t.where); can {
			return c, len(c.steps) > 0
		}
	}
	return chain{}, false
}

func (x *Escalation) by(c chain) {
	x.Certainty, x.Doubt = Certain, c.doubt
	if c.doubt != "" {
		x.Certainty = Possible
	}
	for _, step := range c.steps {
		x.Acts = append(x.Acts, *step)
	}
}

// severity is lower for what is only possible.
func severity(grave bool, certainty Certainty) Severity {
	switch {
	case grave && certainty == Certain:
		return High
	case grave || certainty == Certain:
		return Medium
	}
	return Low
}

func graver(a, b Severity) Severity {
	order := []Severity{Low, Medium, High}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

// sensitive entities say that they are production, or log in to a cloud.
func sensitive(t Resource) bool {
	for _, key := range []string{"tier", "environment"} {
		if value := strings.ToLower(t.Tags[key]); value == "prod" || value == "production" {
			return true
		}
	}
	return t.Definition != nil && len(t.Definition.Logins) > 0
}

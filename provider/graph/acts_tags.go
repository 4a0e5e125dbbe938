package graph

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// maxTags bounds the sets of tags that are tried on one entity. What others may give is possible, see [escalator.untriedSource].
var maxTags = 512

// otherValue is a value of a tag that no rule names.
const otherValue = "another value"

// tagValues are the values that a role compares tags with, by key, the records that it composes included.
func (e *escalator) tagValues(id string, kind access.EntityKind) map[string][]string {
	all := map[string][]string{}
	seen := map[string]bool{}
	for waiting := []string{id}; len(waiting) > 0; waiting = waiting[1:] {
		record, found := e.Records[waiting[0]]
		if !found || seen[waiting[0]] || record.Unreadable != "" {
			continue
		}
		seen[waiting[0]] = true
		for key, values := range access.TagValues(record.Descriptor, kind) {
			all[key] = append(all[key], values...)
		}
		waiting = append(waiting, access.Composed(record.Descriptor)...)
	}
	return all
}

// tagging is how the principal comes to write tags of an entity, by what may be done.
type tagging map[string]chain

// Ways of [Retag], by what they do with tags.
var tagPowers = [][]string{
	{"create", "update", "delete"}, {"create", "update", "delete"}, {"create"}, {"update"}, {"delete"}, {"create", "update", "delete"},
}

func (r *reached) retag(u used) {
	if r.tags == nil {
		r.tags, r.retagged = map[*spot]tagging{}, map[*spot]bool{}
	}
	powers := r.tags[u.where]
	if powers == nil {
		powers = tagging{}
		r.tags[u.where] = powers
	}
	for _, power := range tagPowers[u.way] {
		c := u.chain
		if had, has := powers[power]; !has || c.shorter(had) || len(c.steps) == len(had.steps) && had.doubt != "" && c.doubt == "" {
			powers[power] = c
			r.retagged[u.where] = true
		}
	}
}

// varyAll looks for tags that give the principal something, where it can write other ones than before or has other rules.
func (r *reached) varyAll() {
	count := 0
	for _, i := range r.identities {
		for _, h := range i.has {
			if h.tagged {
				count++
			}
		}
	}
	for _, where := range slices.SortedFunc(maps.Keys(r.tags), func(a, b *spot) int { return a.n - b.n }) {
		if !r.retagged[where] && count == r.tagSources || r.full(where) {
			continue
		}
		all, keys, complete := r.candidates(where)
		for _, tags := range all {
			r.vary(where, tags, keys)
		}
		if !complete {
			r.untried(where)
		}
	}
	r.tagSources = count
	clear(r.retagged)
}

// full reports whether no other tags can give the principal more on an entity, since its roles give all there that they give anywhere.
func (r *reached) full(where *spot) bool {
	for _, i := range r.identities {
		for _, h := range i.has {
			if h.tagged && !r.givesAll(h.source, where) {
				return false
			}
		}
	}
	return true
}

func (e *escalator) givesAll(s *source, where *spot) bool {
	all, known := s.all[where]
	if known {
		return all
	}
	all = true
	kind, given := where.resource.Kind, s.gives(where)
	for _, id := range s.ids {
		for _, scope := range e.mentioned(id, kind) {
			all = all && (given.Has(scope) || e.elsewhere(kind, scope))
		}
	}
	s.all[where] = all
	return all
}

// elsewhere reports whether a scope is held on other kinds of entities alone.
func (e *escalator) elsewhere(kind access.EntityKind, scope string) bool {
	return !e.Catalogue.Has(kind, scope) && slices.ContainsFunc(access.Kinds(), func(other access.EntityKind) bool { return e.Catalogue.Has(other, scope) })
}

// candidates are the sets of tags that the roles of the principal tell apart, and the keys that they ask for; complete says that there
// are no others.
func (r *reached) candidates(where *spot) (all []map[string]string, keys map[string][]string, complete bool) {
	values := map[string][]string{}
	for _, i := range r.identities {
		for _, h := range i.has {
			if !h.tagged {
				continue
			}
			for key, all := range h.values[where.resource.Kind] {
				values[key] = append(values[key], all...)
			}
		}
	}
	all = []map[string]string{maps.Clone(where.resource.Tags)}
	if all[0] == nil {
		all[0] = map[string]string{}
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		options := slices.Compact(slices.Sorted(slices.Values(append(values[key], "", otherValue))))
		var next []map[string]string
		for _, tags := range all {
			next = append(next, tags)
			if _, has := tags[key]; has {
				without := maps.Clone(tags)
				delete(without, key)
				next = append(next, without)
			}
			for _, value := range options {
				if had, has := tags[key]; !has || had != value {
					with := maps.Clone(tags)
					with[key] = value
					next = append(next, with)
				}
			}
		}
		if all = next; len(all) > maxTags {
			return all[:maxTags], values, false
		}
	}
	return all[1:], values, true
}

// reach is how tags are brought from what they are to what they are to be.
func (p tagging) reach(from, to map[string]string, keys map[string][]string) (best chain, can bool) {
	for _, powers := range [][]string{
		{"create"}, {"update"}, {"delete"}, {"create", "update"}, {"create", "delete"}, {"update", "delete"}, {"create", "update", "delete"},
	} {
		var total chain
		all := true
		for _, power := range powers {
			c, has := p[power]
			total, all = total.and(c), all && has
		}
		if all && suffice(powers, from, to, keys) && (!can || total.shorter(best) || len(total.steps) == len(best.steps) && best.doubt != "" && total.doubt == "") {
			best, can = total, true
		}
	}
	return best, can
}

// suffice reports whether tags can be brought from one state to another, as far as the keys go that somebody asks for. An update can
// rename a tag, so that it moves to any key.
func suffice(powers []string, from, to map[string]string, keys map[string][]string) bool {
	may := func(power string) bool { return slices.Contains(powers, power) }
	if may("update") {
		count := 0
		for key := range to {
			if _, asked := keys[key]; asked {
				count++
			}
		}
		return may("create") || count <= len(from)
	}
	for key, value := range to {
		had, has := from[key]
		if has && had != value && !(may("create") && may("delete")) || !has && !may("create") {
			return false
		}
	}
	for key := range from {
		if _, stays := to[key]; !stays && !may("delete") {
			return false
		}
	}
	return true
}

// vary notes an entity with other tags, where that gives the principal something.
func (r *reached) vary(where *spot, tags map[string]string, keys map[string][]string) {
	by, can := r.tags[where].reach(where.resource.Tags, tags, keys)
	if !can || by.doubt != "" && r.certain || r.all != nil && len(by.steps)+1 >= len(r.all.steps) {
		return
	}
	other := r.withTags(where, tags)
	at := slices.IndexFunc(r.others[where], func(v variant) bool { return v.spot == other })
	if at >= 0 && len(by.steps)+1 >= len(r.others[where][at].chain.steps) || at < 0 && !r.gains(where, other) {
		return
	}
	by = by.then(Performed{Act: Retag, Kind: where.resource.Kind, On: where.resource.Name, Text: "tag " + where.resource.Name + " " + tagsText(where.resource.Tags, tags)})
	r.changed = true
	if at >= 0 {
		r.others[where][at].chain = by
		return
	}
	r.others[where] = append(r.others[where], variant{other, by})
}

// untried gives the principal, possibly, what its roles may grant by tags that were not tried.
func (r *reached) untried(where *spot) {
	if r.certain {
		return
	}
	var by best
	for _, c := range r.tags[where] {
		by.keep(c, true)
	}
	name := where.resource.Name
	step := Performed{Act: Retag, Kind: where.resource.Kind, On: name, Text: "tag " + name + " otherwise"}
	for _, i := range r.identities {
		for _, h := range slices.Clone(i.has) {
			if h.tagged {
				r.give(i, r.untriedSource(h.source), h.chain.and(by.chain).then(step).but(fmt.Sprintf("only %d sets of tags were tried", maxTags)), where)
			}
		}
	}
}

// untriedSource is everything that the roles of a source mention, which they may grant by some tags.
func (e *escalator) untriedSource(of *source) *source {
	return e.source("other tags for "+of.name, func(s *source) {
		s.of = func(on *evaluation) Access {
			c := collector{evaluation: on}
			for _, id := range of.ids {
				c.add(e.mentioned(id, on.resource.Kind), 0, "not every set of tags was tried", Step{RoleStep, e.Records[id].Name, "role " + e.Records[id].Name + ", by other tags"})
			}
			return c.access
		}
	})
}

// mentioned are the scopes that a role grants anywhere, the records that it composes included.
func (e *escalator) mentioned(id string, kind access.EntityKind) []string {
	var scopes []string
	seen := map[string]bool{}
	for waiting := []string{id}; len(waiting) > 0; waiting = waiting[1:] {
		record, found := e.Records[waiting[0]]
		if !found || seen[waiting[0]] {
			continue
		}
		seen[waiting[0]] = true
		if record.Unreadable != "" {
			return e.Catalogue.Scopes(kind)
		}
		for part := range access.Walk(record.Descriptor) {
			if granted, is := part.(access.Allowed); is {
				scopes = append(scopes, granted.Permissions...)
			}
		}
		waiting = append(waiting, access.Composed(record.Descriptor)...)
	}
	slices.Sort(scopes)
	return slices.Compact(scopes)
}

// tagsText says what is changed.
func tagsText(from, to map[string]string) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(to)) {
		if had, has := from[key]; !has || had != to[key] {
			parts = append(parts, key+"="+to[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(from)) {
		if _, stays := to[key]; !stays {
			parts = append(parts, "without "+key)
		}
	}
	return fmt.Sprint(parts)
}

// gains reports whether a source of the principal gives more on one than on the other.
func (r *reached) gains(before, after *spot) bool {
	for _, i := range r.identities {
		for _, h := range i.has {
			if !h.tagged {
				continue
			}
			had := h.gives(before)
			for _, path := range h.gives(after).Paths {
				for _, scope := range path.Scopes {
					if was := had.Holds(scope); was == "" || was == Possible && path.Certainty == Certain {
						return true
					}
				}
			}
		}
	}
	return false
}

// withTags is an entity with other tags; principals share it.
func (e *escalator) withTags(where *spot, tags map[string]string) *spot {
	for _, other := range e.other[where] {
		if maps.Equal(other.resource.Tags, tags) {
			return other
		}
	}
	t := where.resource
	t.Tags = tags
	other := e.spot(t)
	other.of, other.imports, other.sets = where, where.imports, where.sets
	e.other[where] = append(e.other[where], other)
	return other
}

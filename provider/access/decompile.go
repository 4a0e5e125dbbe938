package access

import (
	"maps"
	"slices"
)

// Decompile reads a tree back into rules. names has the entity for an id; an id without a name becomes a rule with
// Identity. sets has the permission set for a record id: a built-in one by its level, a custom one by an empty level. A
// record id that is not in sets is taken for a custom set of the entities that the condition around it is about; without a
// condition around it nothing says what it is a set of, so it is unrecognized: callers should pass custom sets too.
//
// What rules cannot express is returned in unrecognized, one bounded line each: where in the tree it stands, why it is no
// rule, what it grants, and its JSON. What grants nothing at all by itself (empty groups, bounds on scopes that open
// nothing) is left out silently.
//
// For an access a that Compile accepts, Decompile(Compile(a)) is a.Canonical() with nothing unrecognized, provided that
// names and sets are what Compile resolved by, read backwards, and that a names no entity by the Identity and no built-in
// set by the PermissionSet that they know under a name.
func Decompile(d Descriptor, names map[string]EntityRef, sets map[string]SetRef) (a Access, unrecognized []string) {
	r := reader{names: names, sets: sets}
	r.everywhere(d, nil)
	return r.access.Canonical(), r.unrecognized
}

// reader gathers rules while it walks a tree.
type reader struct {
	names        map[string]EntityRef
	sets         map[string]SetRef
	access       Access
	unrecognized []string
}

// everywhere reads what is granted without a condition, and the conditions.
func (r *reader) everywhere(d Descriptor, path []step) {
	switch d := d.(type) {
	case Group:
		for i, entry := range d.Entries {
			r.everywhere(entry, append(path, step{"entries", i}))
		}
	case Compose:
		for i, id := range d.IDs {
			r.setEverywhere(id, append(path, step{"permissionDescriptors", i}))
		}
	case Allowed:
		r.allowEverywhere(d, path)
	case Condition:
		places, ok := r.places(d.Condition)
		if !ok {
			r.unknown(path, "its condition is none that a rule can state", d)
		}
		for _, place := range places {
			r.inPlace(place, d.SubNode, append(path, step{"subNode", whole}))
		}
	default:
		r.unknown(path, "no rule can state a choice", d)
	}
}

func (r *reader) setEverywhere(id string, path []step) {
	set, known := r.sets[id]
	switch {
	case !known || set.Kind != Organization && !ruled(set.Kind):
		r.unknown(path, "a permission set that is not known stands outside of any condition", Compose{[]string{id}})
	case set.Kind != Organization && set.Level == "":
		r.add(set.Kind, Selector{All: true}, Grant{PermissionSet: id})
	case set.Kind != Organization:
		r.add(set.Kind, Selector{All: true}, Grant{Permission: set.Level})
	case set.Level == "":
		r.unknown(path, "a custom permission set of the organization", Compose{[]string{id}})
	default:
		r.organization(set.Level, path, Compose{[]string{id}})
	}
}

// organization takes an organization-level set. Access holds one; Standard contains ReadOnly.
func (r *reader) organization(level Level, path []step, d Descriptor) {
	held := r.access.Organization
	switch {
	case held == "" || held == ReadOnly && level == Standard:
		r.access.Organization = level
	case held == level || held == Standard && level == ReadOnly:
	default:
		r.unknown(path, "a second organization-level permission set beside "+string(held), d)
	}
}

// allowEverywhere splits an Allow by the kinds that its scopes belong to, which is how the service applies it, unless they are a
// level's: Environment Write holds scopes that exist on the organization too. Such scopes are moved there by Canonical, if they
// are not part of a level.
func (r *reader) allowEverywhere(d Allowed, path []step) {
	scopes := r.readable(d, path)
	if level := levelOf(Organization, sortedSet(scopes)); level != "" && r.access.Organization == "" {
		r.access.Organization = level
		return
	}
	byKind := map[EntityKind][]string{}
	if kind, level := entityLevelOf(scopes); level != "" {
		byKind[kind], scopes = scopes, nil
	}
	for _, scope := range scopes {
		kind := kindOf(scope)
		byKind[kind] = append(byKind[kind], scope)
	}
	r.access.Scopes = append(r.access.Scopes, byKind[Organization]...)
	for _, kind := range entityKindsInOrder {
		if len(byKind[kind]) > 0 {
			r.add(kind, Selector{All: true}, inlineGrant(byKind[kind], d))
		}
	}
}

// readable returns the scopes of an Allow; an empty name, which some clients write for scopes that they do not know, is
// reported.
func (r *reader) readable(d Allowed, path []step) []string {
	scopes, nameless := partition(d.Permissions, func(scope string) bool { return scope != "" })
	if len(nameless) > 0 {
		r.unknown(path, "a scope without a name", d)
	}
	return scopes
}

// inlineGrant keeps a bound only where there is something to bound.
func inlineGrant(scopes []string, d Allowed) Grant {
	g := Grant{Scopes: scopes}
	if len(g.opening()) > 0 {
		g.MaxOpenDuration = d.MaxOpenDuration
	}
	return g
}

// placement is what a condition is about.
type placement struct {
	kind     EntityKind
	selector Selector
}

// inPlace reads what is granted under a condition.
func (r *reader) inPlace(p placement, d Descriptor, path []step) {
	switch d := d.(type) {
	case Group:
		for i, entry := range d.Entries {
			r.inPlace(p, entry, append(path, step{"entries", i}))
		}
	case Compose:
		for i, id := range d.IDs {
			r.setInPlace(p, id, append(path, step{"permissionDescriptors", i}))
		}
	case Allowed:
		r.allowInPlace(p, d, path)
	default:
		r.unknown(path, "no rule can state a condition or choice inside the condition on "+r.describe(p), d)
	}
}

func (r *reader) setInPlace(p placement, id string, path []step) {
	set, known := r.sets[id]
	switch {
	case id == "":
		r.unknown(path, "a permission set without an id", Compose{[]string{id}})
	case known && set.Kind != p.kind:
		r.unknown(path, "a permission set of the "+set.Kind.Noun()+", which grants nothing on "+r.describe(p),
			Compose{[]string{id}})
	case known && set.Level != "":
		r.add(p.kind, p.selector, Grant{Permission: set.Level})
	default:
		r.add(p.kind, p.selector, Grant{PermissionSet: id})
	}
}

func (r *reader) allowInPlace(p placement, d Allowed, path []step) {
	scopes, misplaced := partition(r.readable(d, path), func(scope string) bool { return belongs(p.kind, scope) })
	if len(misplaced) > 0 {
		r.unknown(path, "scopes that grant nothing on "+r.describe(p), Allowed{Permissions: misplaced})
	}
	if len(scopes) > 0 {
		r.add(p.kind, p.selector, inlineGrant(scopes, d))
	}
}

// ruled reports whether rules are about such entities.
func ruled(kind EntityKind) bool { return slices.Contains(entityKindsInOrder, kind) }

func (r *reader) add(kind EntityKind, s Selector, g Grant) {
	r.access.setRules(kind, append(r.access.Rules(kind), Rule{s, g}))
}

// places reads a condition of the forms that Compile writes, whichever way round an Equal is, and an In: there is a place for each of
// its values, since a rule has one.
func (r *reader) places(condition Expression) ([]placement, bool) {
	switch condition := condition.(type) {
	case Equal:
		return single(r.placeEqual(condition))
	case In:
		return r.placeIn(condition)
	case And:
		return r.placeTags(condition)
	default:
		return nil, false
	}
}

func single(p placement, ok bool) ([]placement, bool) {
	if !ok {
		return nil, false
	}
	return []placement{p}, true
}

// placeIn compares with each value, and is understood if every comparison is. A set without values is none that a rule states.
func (r *reader) placeIn(in In) ([]placement, bool) {
	var all []placement
	for _, member := range members(in.Values) {
		place, ok := r.placeEqual(Equal{in.Target, member})
		if !ok {
			return nil, false
		}
		all = append(all, place)
	}
	return all, len(all) > 0 && len(all) <= MaxEntries
}

func (r *reader) placeEqual(e Equal) (placement, bool) {
	switch left := e.Left.(type) {
	case Context:
		literal, ok := e.Right.(LiteralEntity)
		return r.placeEntity(left, literal, ok)
	case Tag:
		literal, ok := e.Right.(LiteralString)
		return placeTag(left, literal, ok)
	case LiteralEntity:
		context, ok := e.Right.(Context)
		return r.placeEntity(context, left, ok)
	case LiteralString:
		tag, ok := e.Right.(Tag)
		return placeTag(tag, left, ok)
	default:
		return placement{}, false
	}
}

func (r *reader) placeEntity(c Context, literal LiteralEntity, ok bool) (placement, bool) {
	if !ok || c.Kind != literal.Kind || !ruled(c.Kind) || literal.Identity == "" {
		return placement{}, false
	}
	if ref, known := r.names[literal.Identity]; known && ref.Kind == c.Kind {
		return placement{c.Kind, Selector{Project: ref.Project, Name: ref.Name}}, true
	}
	return placement{c.Kind, Selector{Identity: literal.Identity}}, true
}

func placeTag(tag Tag, literal LiteralString, ok bool) (placement, bool) {
	context, fits := tag.Context.(Context)
	if !ok || !fits || !ruled(context.Kind) || tag.Key == "" || literal.Value == "" {
		return placement{}, false
	}
	return placement{context.Kind, Selector{Tags: map[string]string{tag.Key: literal.Value}}}, true
}

// placeTags joins tag conditions on one kind of entity. Two values for one tag never match, which no rule says.
func (r *reader) placeTags(and And) ([]placement, bool) {
	left, ok := r.places(and.Left)
	right, rightOK := r.places(and.Right)
	if !ok || !rightOK || len(left)*len(right) > MaxEntries {
		return nil, false
	}
	var all []placement
	for _, one := range left {
		for _, other := range right {
			joined, ok := joinTags(one, other)
			if !ok {
				return nil, false
			}
			all = append(all, joined)
		}
	}
	return all, true
}

func joinTags(left, right placement) (placement, bool) {
	if left.kind != right.kind || left.selector.Tags == nil || right.selector.Tags == nil {
		return placement{}, false
	}
	tags := maps.Clone(left.selector.Tags)
	for key, value := range right.selector.Tags {
		if held, twice := tags[key]; twice && held != value {
			return placement{}, false
		}
		tags[key] = value
	}
	return placement{left.kind, Selector{Tags: tags}}, true
}

package access

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// Check returns everything that is wrong, in the order in which the access was written; nil if it can be granted. An
// unchecked opt-in that is needed is a problem too, and says the name of the opt-in. What a custom permission set holds is
// not known here, so that guardrails do not see into one.
func (a Access) Check(o CheckOptions) problem.List {
	c := checker{has: o.Catalogue.Has, options: o}
	c.access(a)
	c.limit(a)
	if a.IsEmpty() {
		c.problems.Add("", "grants nothing; add rules under stacks, environments or accounts, or set organization or scopes")
	}
	return c.problems
}

type checker struct {
	has      func(EntityKind, string) bool
	options  CheckOptions
	problems problem.List
}

func (c *checker) allowed(a Allow) bool { return slices.Contains(c.options.Allow, a) }

func (c *checker) access(a Access) {
	for _, kind := range entityKindsInOrder {
		for i, rule := range a.Rules(kind) {
			c.rule(subject{kind: kind, path: fmt.Sprintf("%ss[%d]", kind.Noun(), i)}, rule)
		}
	}
	c.organization(a.Organization)
	for i, scope := range a.Scopes {
		c.organizationScope(fmt.Sprintf("scopes[%d]", i), scope)
	}
}

// subject is the rule that is being checked.
type subject struct {
	kind EntityKind
	path string
}

// at is the path of one of the rule's properties.
func (s subject) at(property string) string { return s.path + "." + property }

func (c *checker) rule(s subject, r Rule) {
	c.selector(s, r.Selector)
	c.grant(s, r.Grant)
	c.maxOpenDuration(s, r.Grant)
	if s.kind == Environment && r.All {
		c.openOnAll(s, r.Grant)
	}
	if s.kind == Stack && c.options.ForPeople {
		c.stackAdmin(s, r.Grant)
	}
}

func (c *checker) selector(s subject, sel Selector) {
	var ways []string
	for _, way := range []struct {
		set  bool
		name string
	}{
		{sel.named(), strings.Join(nameProperties(s.kind), " and ")},
		{sel.Tags != nil, "tags"},
		{sel.All, "all"},
		{sel.Identity != "", "identity"},
	} {
		if way.set {
			ways = append(ways, way.name)
		}
	}
	if len(ways) != 1 {
		c.problems.Add(s.path, "say which %ss in exactly one way: {%s}, {tags} or {all: true}; got %s",
			s.kind.Noun(), strings.Join(nameProperties(s.kind), ", "), orNone(ways))
	}
	if sel.named() {
		c.name(s, sel)
	}
	if sel.Tags != nil {
		c.tags(s.at("tags"), sel.Tags)
	}
}

// nameProperties are the properties that name one entity.
func nameProperties(kind EntityKind) []string {
	if kind == Account {
		return []string{"account"}
	}
	return []string{"project", kind.Noun()}
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none of them"
	}
	return strings.Join(names, ", ")
}

func (c *checker) name(s subject, sel Selector) {
	if s.kind == Account {
		c.segment(s, "account", sel.Name)
		if sel.Project != "" {
			c.problems.Add(s.at("project"), "an account is in no project; leave it out")
		}
		return
	}
	c.segment(s, "project", sel.Project)
	c.segment(s, s.kind.Noun(), sel.Name)
}

// CheckTags checks the tags that select entities.
func CheckTags(path string, tags map[string]string) problem.List {
	c := checker{}
	c.tags(path, tags)
	return c.problems
}

// segment checks a single name. "project/stack" in one property is the mistake that people make.
func (c *checker) segment(s subject, property, name string) {
	switch {
	case name == "":
		c.problems.Add(s.at(property), "is missing; a rule about one %s needs %s", s.kind.Noun(),
			strings.Join(nameProperties(s.kind), " and "))
	case name == "." || name == "..":
		c.problems.Add(s.at(property), "%q is a place in a path, not a name", name)
	case strings.Contains(name, "/"):
		c.problems.Add(s.at(property), "%q contains a slash; give the bare name%s", name, apart(s.kind))
	}
}

func apart(kind EntityKind) string {
	if kind == Account {
		return ""
	}
	return fmt.Sprintf(", with project and %s apart and without the organization", kind.Noun())
}

func (c *checker) tags(path string, tags map[string]string) {
	if len(tags) == 0 {
		c.problems.Add(path, "is empty, which would match everything; name a tag, or say all: true if that is meant")
	}
	for _, key := range sortedKeys(tags) {
		switch {
		case key == "":
			c.problems.Add(path, "has a tag without a name")
		case tags[key] == "":
			c.problems.Add(fmt.Sprintf("%s[%q]", path, key),
				"has no value; the console would read that as \"has the tag, whatever its value\". Give the value to match")
		}
	}
}

func (c *checker) grant(s subject, g Grant) {
	var ways []string
	if g.Permission != "" {
		ways = append(ways, "permission")
		c.permission(s, g.Permission)
	}
	if g.Scopes != nil {
		ways = append(ways, "scopes")
		c.scopes(s, g.Scopes)
	}
	if g.PermissionSet != "" {
		ways = append(ways, "permissionSet")
		c.permissionSet(s, g.PermissionSet)
	}
	if len(ways) != 1 {
		c.problems.Add(s.path, "grant in exactly one way: permission, scopes or permissionSet; got %s", orNone(ways))
	}
}

func (c *checker) permission(s subject, level Level) {
	if levels := Permissions(s.kind); !slices.Contains(levels, level) {
		c.problems.Add(s.at("permission"), "%q is not a valid %s permission; valid are %s", level, s.kind.Noun(), joined(levels))
	}
}

func (c *checker) permissionSet(s subject, id string) {
	if strings.Contains(id, "/") {
		c.problems.Add(s.at("permissionSet"), "%q contains a slash; give the bare id of the permission set, without the organization", id)
	}
}

func (c *checker) scopes(s subject, scopes []string) {
	if len(scopes) == 0 {
		c.problems.Add(s.at("scopes"), "is empty; name at least one scope, or leave out the rule")
	}
	for i, scope := range scopes {
		if !c.has(s.kind, scope) {
			c.problems.Add(fmt.Sprintf("%s[%d]", s.at("scopes"), i), "%s", c.unknown(s.kind, scope))
		}
	}
}

// unknown returns why a scope cannot be granted on a kind of entity, and what can.
func (c *checker) unknown(kind EntityKind, scope string) string {
	reason := c.options.Catalogue.unknown(kind, scope)
	for _, other := range Kinds() {
		if other != kind && c.has(other, scope) {
			return reason + "; put it under " + place(other)
		}
	}
	return reason
}

// place is where a scope of the kind is written.
func place(kind EntityKind) string {
	if kind == Organization {
		return "access.scopes"
	}
	return "the scopes of a rule in " + kind.Noun() + "s"
}

func (c *checker) maxOpenDuration(s subject, g Grant) {
	path := s.at("maxOpenDuration")
	switch {
	case g.MaxOpenDuration == 0:
	case s.kind != Environment:
		c.problems.Add(path, "only environments are opened; leave it out for %ss", s.kind.Noun())
	case g.MaxOpenDuration < 0:
		c.problems.Add(path, "%s is not positive", g.MaxOpenDuration)
	case g.MaxOpenDuration%time.Second != 0:
		c.problems.Add(path, "%s is not a whole number of seconds", g.MaxOpenDuration)
	case g.PermissionSet != "":
		c.problems.Add(path, "a permission set is granted as it is and cannot be bounded; use permission or scopes instead")
	case len(g.opening()) == 0:
		c.problems.Add(path, "bounds nothing, since the rule does not let anybody open; grant open, or leave it out")
	}
}

// Opens reports whether the grant reveals an environment's values. What a custom permission set holds is not known here, so
// one counts.
func (g Grant) Opens() bool { return g.PermissionSet != "" || len(g.opening()) > 0 }

// Gives reports whether the grant is known to give a scope on entities of the kind.
func (g Grant) Gives(kind EntityKind, scope string) bool {
	return slices.Contains(g.scopesOn(kind), scope)
}

// opening returns the scopes of the grant that open an environment.
func (g Grant) opening() []string {
	return slices.DeleteFunc(g.scopesOn(Environment), func(scope string) bool { return !opens(scope) })
}

// scopesOn returns the scopes that the grant gives on entities of the kind, as far as they are known here.
func (g Grant) scopesOn(kind EntityKind) []string {
	return sortedSet(slices.Concat(LevelScopes(kind, g.Permission), g.Scopes))
}

func (c *checker) openOnAll(s subject, g Grant) {
	if scopes := g.opening(); len(scopes) > 0 && !c.allowed(AllowOpenOnAll) {
		c.problems.Add(s.at(g.property()), "would open every environment, with all credentials in them, now and later (%s); name"+
			" environments or use tags, or add %s to allow if that is meant", strings.Join(scopes, ", "), AllowOpenOnAll)
	}
}

func (c *checker) stackAdmin(s subject, g Grant) {
	granted, write := g.scopesOn(Stack), LevelScopes(Stack, Write)
	admin := slices.DeleteFunc(LevelScopes(Stack, Admin), func(scope string) bool {
		return slices.Contains(write, scope) || !slices.Contains(granted, scope)
	})
	if len(admin) > 0 && !c.allowed(AllowStackAdminForPeople) {
		c.problems.Add(s.at(g.property()), "would let people administer stacks (%s); grant write, or add %s to allow if that is meant",
			strings.Join(admin, ", "), AllowStackAdminForPeople)
	}
}

// property is the one that the grant's scopes come from.
func (g Grant) property() string {
	if g.Permission != "" {
		return "permission"
	}
	return "scopes"
}

func (c *checker) organization(level Level) {
	levels := Levels(Organization)
	if level != "" && level != None && !slices.Contains(levels, level) {
		c.problems.Add("organization", "%q is not a valid organization permission; valid are %s, %s", level, None, joined(levels))
	}
}

func (c *checker) organizationScope(path, scope string) {
	if c.has(Organization, scope) {
		return
	}
	for _, kind := range entityKindsInOrder {
		if c.has(kind, scope) {
			c.problems.Add(path, "%q is a scope of the %s: here it would open every %s. If that is meant, write it as a rule in %ss:"+
				" {all: true, scopes: [%s]}", scope, kind.Noun(), kind.Noun(), kind.Noun(), scope)
			return
		}
	}
	c.problems.Add(path, "%s", c.unknown(Organization, scope))
}

// limit counts as Entries does for what Compile makes: each canonical rule, the organization's set and its scopes become
// one leaf each.
func (c *checker) limit(a Access) {
	canonical := a.Canonical()
	entries := min(1, len(canonical.Scopes)) + min(1, len(canonical.Organization))
	for _, kind := range entityKindsInOrder {
		entries += len(canonical.Rules(kind))
	}
	if entries > MaxEntries {
		c.problems.Add("", "%s", tooMany(entries, len(canonical.Entities())))
	}
}

func tooMany(entries, named int) string {
	return fmt.Sprintf("makes %d entries (%d entities are named one by one), and Pulumi Cloud holds at most %d in one role;"+
		" give the entities a tag and write one rule with tags", entries, named, MaxEntries)
}

func joined(levels []Level) string {
	names := make([]string, len(levels))
	for i, level := range levels {
		names[i] = string(level)
	}
	return strings.Join(names, ", ")
}

package access

import (
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
)

// UnresolvedError says for which entities and built-in permission sets [Compile] was given no id.
type UnresolvedError struct {
	Entities []EntityRef
	Sets     []SetRef
}

func (e *UnresolvedError) Error() string {
	var missing []string
	for _, ref := range e.Entities {
		missing = append(missing, ref.String()+" does not exist, or the token cannot see it: create it first, or correct the rule")
	}
	for _, set := range e.Sets {
		missing = append(missing, fmt.Sprintf("the built-in permission set %s was not found among the organization's: the token may"+
			" lack role:read", SetIdentifier(set.Kind, set.Level)))
	}
	return "access: " + shortlist.Joined(missing, 20, "; ", "; and ")
}

// LimitError says which limit of the service a descriptor is over, and the way out.
type LimitError struct{ Reason string }

func (e *LimitError) Error() string { return "access: " + e.Reason }

// Compile turns rules into a descriptor, laid out as the console's own editor does: one [Group] of what is granted without
// a condition, then one [Condition] per entity and per set of tags, in canonical order. Several rules on the same entity
// or the same tags share a condition. Permission sets are composed by record id, all of one place in one sorted [Compose];
// scopes, [View], and permissions with a MaxOpenDuration are an inline [Allowed] each.
//
// ids has the service's id of every entity of [Access.Entities], sets the record id of every set of [Access.Sets]. An
// organization-level set without a record id is spelt out inline, since not every service lists those.
//
// Errors: [UnresolvedError] names what has no id, [LimitError] what the service would refuse.
func Compile(v Valid, ids map[EntityRef]string, sets map[SetRef]string) (Descriptor, error) {
	a := v.access
	c := compiler{ids: ids, sets: sets, branches: map[string]*branch{}}
	c.access(a.Canonical())
	if len(c.missing.Entities)+len(c.missing.Sets) > 0 {
		return nil, &c.missing
	}
	d := c.tree()
	return d, withinLimits(d, a)
}

func withinLimits(d Descriptor, a Access) error {
	if n := Entries(d); n > MaxEntries {
		return &LimitError{tooMany(n, len(a.Entities()))}
	}
	text, err := MarshalDescriptor(d)
	if err != nil {
		return err
	}
	if len(text) > MaxDescriptorBytes {
		return &LimitError{fmt.Sprintf("makes a definition of %d bytes, and Pulumi Cloud holds at most %d in one role; write"+
			" fewer rules, on tags that several entities share", len(text), MaxDescriptorBytes)}
	}
	return nil
}

// compiler gathers what is granted in each place.
type compiler struct {
	ids        map[EntityRef]string
	sets       map[SetRef]string
	everywhere branch
	branches   map[string]*branch
	order      []*branch
	missing    UnresolvedError
}

// branch is a place in the tree: a condition, and what is granted there.
type branch struct {
	condition Expression
	composed  []string
	inline    []Descriptor
}

func (c *compiler) access(a Access) {
	c.organization(a)
	for _, ref := range a.Entities() {
		if c.ids[ref] == "" {
			c.missing.Entities = append(c.missing.Entities, ref)
		}
	}
	for _, ref := range a.Sets() {
		if ref.Kind != Organization && c.sets[ref] == "" {
			c.missing.Sets = append(c.missing.Sets, ref)
		}
	}
	for _, kind := range entityKindsInOrder {
		for _, rule := range a.Rules(kind) {
			c.grant(kind, c.branch(kind, rule.Selector), rule.Grant)
		}
	}
}

// organization keeps the scopes of a set that is spelt out apart from the further ones, so that Decompile can tell them.
func (c *compiler) organization(a Access) {
	if a.Organization != "" {
		if id := c.sets[SetRef{Organization, a.Organization}]; id != "" {
			c.everywhere.composed = append(c.everywhere.composed, id)
		} else {
			c.everywhere.allow(Allowed{Permissions: LevelScopes(Organization, a.Organization)})
		}
	}
	if len(a.Scopes) > 0 {
		c.everywhere.allow(Allowed{Permissions: a.Scopes})
	}
}

func (c *compiler) branch(kind EntityKind, s Selector) *branch {
	if s.All {
		return &c.everywhere
	}
	if s.named() {
		// A rule by name and one by id may mean the same entity.
		s = Selector{Identity: c.ids[s.ref(kind)]}
	}
	key := string(kind) + " " + s.key()
	t, known := c.branches[key]
	if !known {
		t = &branch{condition: conditionOf(kind, s)}
		c.branches[key] = t
		c.order = append(c.order, t)
	}
	return t
}

// conditionOf folds the tags to the left, in the order of their names.
func conditionOf(kind EntityKind, s Selector) Expression {
	if s.Identity != "" {
		return Equal{Context{kind}, LiteralEntity{kind, s.Identity}}
	}
	var condition Expression
	for _, key := range sortedKeys(s.Tags) {
		equal := Equal{Tag{Context{kind}, key}, LiteralString{s.Tags[key]}}
		if condition == nil {
			condition = equal
		} else {
			condition = And{condition, equal}
		}
	}
	return condition
}

func (c *compiler) grant(kind EntityKind, t *branch, g Grant) {
	switch {
	case g.PermissionSet != "":
		t.composed = append(t.composed, g.PermissionSet)
	case Builtin(kind, g.Permission) && g.MaxOpenDuration == 0:
		t.composed = append(t.composed, c.sets[SetRef{kind, g.Permission}])
	default:
		t.allow(Allowed{Permissions: g.scopesOn(kind), MaxOpenDuration: g.MaxOpenDuration})
	}
}

func (t *branch) allow(a Allowed) { t.inline = append(t.inline, a) }

// parts are what is granted in a place: the composed sets first.
func (t *branch) parts() []Descriptor {
	if len(t.composed) == 0 {
		return t.inline
	}
	return append([]Descriptor{Compose{sortedSet(t.composed)}}, t.inline...)
}

func (t *branch) node() Descriptor {
	if parts := t.parts(); len(parts) != 1 {
		return Group{parts}
	}
	return t.parts()[0]
}

func (c *compiler) tree() Descriptor {
	entries := c.everywhere.parts()
	for _, t := range c.order {
		entries = append(entries, Condition{t.condition, t.node()})
	}
	return Group{entries}
}

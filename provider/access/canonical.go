package access

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// entityKindsInOrder are the kinds that rules are about, in the order in which [Access] lists them.
var entityKindsInOrder = []EntityKind{Stack, Environment, Account}

// Rules returns the rules about a kind of entity.
func (a Access) Rules(kind EntityKind) []Rule {
	switch kind {
	case Stack:
		return a.Stacks
	case Environment:
		return a.Environments
	case Account:
		return a.Accounts
	default:
		return nil
	}
}

func (a *Access) setRules(kind EntityKind, rules []Rule) {
	switch kind {
	case Stack:
		a.Stacks = rules
	case Environment:
		a.Environments = rules
	case Account:
		a.Accounts = rules
	case Organization, Team: // have no rules
	}
}

// Canonical returns the one form of everything that says the same, so that order, duplicates and spelling never make a
// difference; compare canonical values with reflect.DeepEqual. The argument is left alone.
//
//   - Rules and scopes are sorted, without duplicates; empty lists, empty tags and [None] become the zero value. Several
//     rules on one entity stay several rules.
//   - A scope that exists both on entities and on the organization (stack:create, change_gate:*) means the same on all
//     entities as on the organization, namely an Allow without a condition. It stands in Access.Scopes, unless it is part of a
//     level.
//   - Scopes that spell out a level are that level where it would be granted inline: a built-in set on the organization and
//     with a MaxOpenDuration, and [View] everywhere.
func (a Access) Canonical() Access {
	c := Access{Organization: a.Organization}
	scopes := slices.Clone(a.Scopes)
	for _, kind := range entityKindsInOrder {
		rules, lifted := canonicalRules(kind, a.Rules(kind))
		c.setRules(kind, rules)
		scopes = append(scopes, lifted...)
	}
	c.Scopes = sortedSet(scopes)
	if c.Organization == None {
		c.Organization = ""
	}
	if level := levelOf(Organization, c.Scopes); level != "" && c.Organization == "" {
		c.Organization, c.Scopes = level, nil
	}
	return c
}

// canonicalRules also returns the scopes that belong among the organization's.
func canonicalRules(kind EntityKind, rules []Rule) (canonical []Rule, lifted []string) {
	type keyed struct {
		key  string
		rule Rule
	}
	var sorted []keyed
	for _, rule := range rules {
		rule, up := canonicalRule(kind, rule)
		lifted = append(lifted, up...)
		if len(up) == 0 || rule.hasGrant() {
			sorted = append(sorted, keyed{rule.key(), rule})
		}
	}
	slices.SortFunc(sorted, func(a, b keyed) int { return cmp.Compare(a.key, b.key) })
	sorted = slices.CompactFunc(sorted, func(a, b keyed) bool { return a.key == b.key })
	for _, k := range sorted {
		canonical = append(canonical, k.rule)
	}
	return canonical, lifted
}

func canonicalRule(kind EntityKind, r Rule) (canonical Rule, lifted []string) {
	r.Scopes = sortedSet(r.Scopes)
	if len(r.Tags) == 0 {
		r.Tags = nil
	}
	if r.Permission == "" && r.PermissionSet == "" {
		if level := levelOf(kind, r.Scopes); level != "" && (r.MaxOpenDuration != 0 || !Builtin(kind, level)) {
			r.Permission, r.Scopes = level, nil
		}
	}
	if r.All {
		r.Scopes, lifted = partition(r.Scopes, func(scope string) bool { return !belongs(Organization, scope) })
	}
	return r, lifted
}

// partition splits the values by a condition; a part without values is nil.
func partition(values []string, in func(string) bool) (yes, no []string) {
	for _, value := range values {
		if in(value) {
			yes = append(yes, value)
		} else {
			no = append(no, value)
		}
	}
	return yes, no
}

func (g Grant) hasGrant() bool {
	return g.Permission != "" || len(g.Scopes) > 0 || g.PermissionSet != ""
}

// key orders rules and tells different ones apart: two canonical rules have one key exactly if they are equal.
func (r Rule) key() string {
	key := []byte(r.Selector.key())
	for _, part := range []string{string(r.Permission), r.PermissionSet, strings.Join(r.Scopes, " ")} {
		key = append(strconv.AppendQuote(key, part), ' ')
	}
	return string(strconv.AppendInt(key, int64(r.MaxOpenDuration/time.Nanosecond), 10))
}

// key puts named entities first and "all" last, and quotes parts so that none can run into the next.
func (s Selector) key() string {
	key := []byte(s.rank())
	for _, part := range []string{s.Project, s.Name, s.Identity} {
		key = append(strconv.AppendQuote(key, part), ' ')
	}
	for _, name := range slices.Sorted(maps.Keys(s.Tags)) {
		key = append(strconv.AppendQuote(key, name), '=')
		key = append(strconv.AppendQuote(key, s.Tags[name]), ' ')
	}
	return strconv.FormatBool(s.All) + " " + string(key)
}

func (s Selector) rank() string {
	switch {
	case s.Identity != "":
		return "2 "
	case s.Tags != nil:
		return "3 "
	default:
		return "1 "
	}
}

// IsEmpty reports whether nothing is granted.
func (a Access) IsEmpty() bool {
	return len(a.Stacks)+len(a.Environments)+len(a.Accounts)+len(a.Scopes) == 0 &&
		(a.Organization == "" || a.Organization == None)
}

// FlatScopes returns every scope that is granted somewhere, sorted: a summary for people. What a custom permission set
// holds is not known here and is left out.
func (a Access) FlatScopes() []string {
	scopes := slices.Concat(a.Scopes, LevelScopes(Organization, a.Organization))
	for _, kind := range entityKindsInOrder {
		levels := map[Level]bool{}
		for _, rule := range a.Rules(kind) {
			levels[rule.Permission] = true
			scopes = append(scopes, rule.Scopes...)
		}
		for level := range levels {
			scopes = append(scopes, LevelScopes(kind, level)...)
		}
	}
	return sortedSet(scopes)
}

// Entities returns the entities that rules name, sorted and distinct: [Compile] needs the id of each.
func (a Access) Entities() []EntityRef {
	var refs []EntityRef
	for _, kind := range entityKindsInOrder {
		for _, rule := range a.Rules(kind) {
			if rule.named() {
				refs = append(refs, rule.ref(kind))
			}
		}
	}
	slices.SortFunc(refs, EntityRef.Compare)
	return slices.Compact(refs)
}

// Sets returns the built-in permission sets that are composed, sorted and distinct. [Compile] needs the record id of each;
// only an organization-level one may be missing.
func (a Access) Sets() []SetRef {
	var refs []SetRef
	for _, kind := range entityKindsInOrder {
		for _, rule := range a.Rules(kind) {
			if Builtin(kind, rule.Permission) && rule.MaxOpenDuration == 0 {
				refs = append(refs, SetRef{kind, rule.Permission})
			}
		}
	}
	if a.Organization != "" && a.Organization != None {
		refs = append(refs, SetRef{Organization, a.Organization})
	}
	slices.SortFunc(refs, func(a, b SetRef) int {
		return cmp.Or(compareKinds(a.Kind, b.Kind), cmp.Compare(a.Level, b.Level))
	})
	return slices.Compact(refs)
}

func (s Selector) named() bool { return s.Project != "" || s.Name != "" }

func (s Selector) ref(kind EntityKind) EntityRef {
	return EntityRef{Kind: kind, Project: s.Project, Name: s.Name}
}

package role

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
)

// lostAccess is what one access gives and another one does not, one line for each rule that loses something. It compares
// scopes, not rules: a rule that goes is not a loss where another one gives the same, and a lower level loses what is between.
func lostAccess(from, to access.Access) []string {
	var lines []string
	for _, of := range ruleKinds {
		cover := newRuleCover(of.kind, to.Rules(of.kind))
		for _, rule := range from.Rules(of.kind) {
			if line := lostRule(of.kind, of.noun, rule, cover); line != "" && !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	return append(lines, lostOrganization(from, to)...)
}

// granted are scopes with how long an environment may stay open, 0 without bound. A custom permission set, whose scopes
// are not known here, is one of them by a name of its own.
type granted map[string]time.Duration

func grantedBy(kind access.EntityKind, grant access.Grant) granted {
	all := access.Granted{}
	switch {
	case grant.PermissionSet != "":
		all.Grant(setText(grant.PermissionSet), 0)
	case grant.Permission != "":
		for _, scope := range access.LevelScopes(kind, grant.Permission) {
			all.Grant(scope, grant.MaxOpenDuration)
		}
	default:
		for _, scope := range grant.Scopes {
			all.Grant(scope, grant.MaxOpenDuration)
		}
	}
	return all.Scopes
}

// without are the names of what g gives and other does not, or for a shorter time.
func (g granted) without(other granted) []string {
	var missing []string
	for _, scope := range slices.Sorted(maps.Keys(g)) {
		limit, held := other[scope]
		switch {
		case !held:
			missing = append(missing, scope)
		case limit != 0 && (g[scope] == 0 || g[scope] > limit):
			missing = append(missing, fmt.Sprintf("%s for longer than %s", scope, timetext.FormatDuration(limit)))
		}
	}
	return missing
}

// ruleCover finds what rules give on what a selector selects.
type ruleCover struct {
	kind  access.EntityKind
	same  map[string][]access.Rule // by what they select
	wider []access.Rule            // by tags, or all
}

func newRuleCover(kind access.EntityKind, rules []access.Rule) ruleCover {
	c := ruleCover{kind: kind, same: map[string][]access.Rule{}}
	for _, rule := range rules {
		key := selectorText("", rule.Selector)
		c.same[key] = append(c.same[key], rule)
		if rule.All || rule.Tags != nil {
			c.wider = append(c.wider, rule)
		}
	}
	return c
}

// on returns what the rules give for certain on all that a selector selects, and those that select the same.
func (c ruleCover) on(s access.Selector) (granted, []access.Rule) {
	same := c.same[selectorText("", s)]
	all := access.Granted{Scopes: map[string]time.Duration{}}
	add := func(rule access.Rule) {
		for scope, limit := range grantedBy(c.kind, rule.Grant) {
			all.Grant(scope, limit)
		}
	}
	for _, rule := range same {
		add(rule)
	}
	for _, rule := range c.wider {
		if rule.All || (s.Tags != nil && within(rule.Tags, s.Tags)) {
			add(rule)
		}
	}
	return all.Scopes, same
}

// within reports whether all of some tags are among others.
func within(few, many map[string]string) bool {
	for key, value := range few {
		if other, ok := many[key]; !ok || other != value {
			return false
		}
	}
	return true
}

func lostRule(kind access.EntityKind, noun string, rule access.Rule, to ruleCover) string {
	held := grantedBy(kind, rule.Grant)
	kept, same := to.on(rule.Selector)
	missing := held.without(kept)
	switch {
	case len(missing) == 0:
		return ""
	case len(same) == 0:
		return ruleText(noun, rule)
	}
	texts := make([]string, len(same))
	for i, other := range same {
		texts[i] = grantText(other.Grant)
	}
	return fmt.Sprintf("%s: %s, where it would be %s (%s)", selectorText(noun, rule.Selector), grantText(rule.Grant),
		strings.Join(texts, " and "), shortlist.Of(missing, 5))
}

func lostOrganization(from, to access.Access) []string {
	scopesOf := func(a access.Access) []string {
		return slices.Concat(access.LevelScopes(access.Organization, a.Organization), a.Scopes)
	}
	kept := scopesOf(to)
	lost := func(scope string) bool { return !slices.Contains(kept, scope) }
	var lines []string
	if set := access.LevelScopes(access.Organization, from.Organization); slices.ContainsFunc(set, lost) {
		lines = append(lines, "the organization: "+string(from.Organization))
	}
	for _, scope := range from.Scopes {
		if lost(scope) {
			lines = append(lines, "the organization: "+scope)
		}
	}
	return lines
}

func setText(id string) string { return "the permission set " + id }

// revoked is what holders of the role have and would not have any more, and given what they would have besides: one line
// each.
func revoked(state State, want Args) (lost, gained []string, err error) {
	have, need, err := canonicalAccesses(state.Access, want.Access, state.inline())
	return lostAccess(have, need), lostAccess(need, have), err
}

// ruleText is a rule in a line: "stack payments/dev: write".
func ruleText(noun string, rule access.Rule) string {
	return selectorText(noun, rule.Selector) + ": " + grantText(rule.Grant)
}

func selectorText(noun string, s access.Selector) string {
	switch {
	case s.All:
		return "every " + noun
	case s.Identity != "":
		return fmt.Sprintf("the %s with the id %s, which has no name any more", noun, s.Identity)
	case s.Tags != nil:
		var tags []string
		for key, value := range s.Tags {
			tags = append(tags, key+"="+value)
		}
		slices.Sort(tags)
		return noun + "s with " + strings.Join(tags, ", ")
	case s.Project == "":
		return noun + " " + s.Name
	}
	return noun + " " + s.Project + "/" + s.Name
}

func grantText(g access.Grant) string {
	var what string
	switch {
	case g.Permission != "":
		what = string(g.Permission)
	case g.PermissionSet != "":
		what = "the permission set " + g.PermissionSet
	default:
		what = strings.Join(g.Scopes, ", ")
	}
	if g.MaxOpenDuration > 0 {
		what += ", opened for at most " + timetext.FormatDuration(g.MaxOpenDuration)
	}
	return what
}

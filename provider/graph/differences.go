package graph

import (
	"cmp"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// Standing is how a principal stands to a scope on an entity.
type Standing string

// The standings, from the weakest.
const (
	NotHeld          Standing = ""
	NeedsApproval    Standing = "approval"    // held, and using it takes an approval of others
	NeedsOwnApproval Standing = "ownApproval" // held, and using it takes an approval that the principal can give itself
	Usable           Standing = "usable"
)

// Holder is a principal of a [Difference].
type Holder struct {
	PrincipalID
	Team string // of a token; "" for an organization's
}

// Difference is what some principals gain or lose by a change, all of them the same.
type Difference struct {
	Gains    bool     // false for what they lose
	Holders  []Holder // by kind and name
	Kind     access.EntityKind
	Entities []string // by name
	Scopes   []string // the most telling first
	// Before and After are the same where only the certainty differs.
	Before, After Standing
	// Certainty is possible where they may have held it before, or may not hold it afterwards.
	Certainty Certainty
	// Path is how the first holder comes to the first scope on the first entity: afterwards for what is gained, before the change for
	// what is lost.
	Path Path
}

// Differences are what everybody gains and loses when one organization becomes another one: gains first, the certain and most telling ones
// first. Both must have been read whole. They are complete: whoever may use a scope on an entity afterwards, and might not before, is in one
// of them, and whoever may not any more. What principals come to by acts is not in them, nor for how long an environment stays open.
func Differences(before, after *Index) []Difference {
	c := newComparison(byTeamNames(before), byTeamNames(after))
	for _, kind := range access.Kinds() {
		for _, name := range c.names(kind) {
			c.compare(kind, name)
		}
	}
	return c.merged()
}

// byTeamNames is an index with its teams by name, so that examples do not depend on where teams are listed: a planned organization has those
// last that are about to come.
func byTeamNames(ix *Index) *Index {
	name := func(t Team) string { return t.Name }
	if slices.IsSortedFunc(ix.Teams, func(a, b Team) int { return cmp.Compare(name(a), name(b)) }) {
		return ix
	}
	o := ix.Organization
	o.Teams = sorted(o.Teams, name)
	return NewIndex(o)
}

// comparison compares two organizations, entity by entity.
type comparison struct {
	before, after *Index
	suspects
	actors  []*actor // everybody who is not a login
	classes []*class
	classOf map[string]*class // by login
	found   findings
}

// names are the entities of a kind that either organization has.
func (c *comparison) names(kind access.EntityKind) []string {
	if kind == access.Organization {
		return []string{c.after.Login}
	}
	var names []string
	for _, ix := range []*Index{c.before, c.after} {
		for _, t := range ix.Entities(kind) {
			names = append(names, t.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// compare finds what everybody gains and loses on one entity. Principals that hold the same as before for certain are not evaluated.
func (c *comparison) compare(kind access.EntityKind, name string) {
	at := c.at(kind, name)
	all := c.everyone || c.kinds[kind] || at.touched()
	for _, one := range c.actors {
		if all || one.suspect {
			at.add("actor "+one.key(), []Holder{one.Holder}, at.differ(one.Holder, one.of))
		}
	}
	named := at.namedLogins()
	for _, of := range c.classes {
		if !all && (!of.suspect || at.same(of)) {
			continue
		}
		others, key := of.logins, of.key
		for _, login := range named {
			if c.classOf[login] == of {
				holder := Holder{PrincipalID: PrincipalID{of.kind, login}}
				at.add("login "+login, []Holder{holder}, at.differ(holder, loginOf(login)))
				others = slices.DeleteFunc(slices.Clone(others), func(h Holder) bool { return h.Name == login })
				key += "\x00" + login
			}
		}
		if len(others) > 0 {
			at.add("class "+key, others, at.differ(others[0], loginOf(others[0].Name)))
		}
	}
}

// heldBy is what a principal holds in either organization; nil where one of them does not have it.
type heldBy [2]func(*evaluation) Access

func loginOf(login string) heldBy {
	held := func(e *evaluation) Access { return e.login(login) }
	return heldBy{held, held}
}

func compareHolders(a, b Holder) int {
	return cmp.Or(cmp.Compare(rank[a.Kind], rank[b.Kind]), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Team, b.Team))
}

package page

import (
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// The codes of a cell's level. Those from 2 are the levels of the kind in ascending order.
const (
	levelNone = iota
	levelScopes
	levelFirst
)

// Marks of a cell.
const (
	markGated    = 1 << iota // opening takes an approval
	markOwn                  // that the principal can give itself
	markBlocked              // opening takes opening an import that the principal may not open
	markDoubtful             // whether it can open is not certain although it holds the scope
)

// levelsOf are the levels of a kind in ascending order. The organization's own Billing stands beside the others; Admin is everything there.
func levelsOf(kind access.EntityKind) []access.Level {
	if kind == access.Organization {
		return []access.Level{access.Billing, access.ReadOnly, access.Standard, access.Admin}
	}
	return access.Permissions(kind)
}

func levelNames() [][]string {
	var all [][]string
	for _, kind := range pageKinds {
		var names []string
		for _, level := range levelsOf(kind) {
			names = append(names, string(level))
		}
		all = append(all, names)
	}
	return all
}

// cellsOf are the cells of an entity, by principal. A cell is: the code of the level that is certainly held, that of the one that is at most
// held, the marks, a list of notes, and a list of paths.
func (b *builder) cellsOf(t graph.Resource, openers map[graph.PrincipalID]opening) []int {
	all := make([]int, len(b.principals))
	for i, held := range b.Everybody(b.principals, t) {
		opens := openers[b.principals[i]]
		paths := make([]int, len(held.Paths))
		for n, path := range held.Paths {
			paths[n] = b.path(path)
		}
		var cell numbers
		certain, most := b.levels(held, t.Kind)
		cell.add(certain, most, opens.marks)
		cell.list(b.textList(opens.notes))
		cell.list(paths)
		all[i] = b.cells.of(string(cell))
	}
	return all
}

// levels are the codes of what is certainly held, and of what is held at most.
func (b *builder) levels(held graph.Access, kind access.EntityKind) (certain, most int) {
	certain = b.level(kind, len(held.Scopes) > 0, held.Has)
	most = certain
	if len(held.Possible) > 0 {
		most = b.level(kind, true, func(scope string) bool { return held.Holds(scope) != "" })
	}
	return certain, most
}

func (b *builder) level(kind access.EntityKind, some bool, has func(scope string) bool) int {
	if !some {
		return levelNone
	}
	for i, scopes := range slices.Backward(b.levelScopes[kind]) {
		if len(scopes) > 0 && !slices.ContainsFunc(scopes, func(scope string) bool { return !has(scope) }) {
			return levelFirst + i
		}
	}
	return levelScopes
}

const openScope = "environment:open"

// opening is what opening an environment takes of a principal that holds the scope, besides the scope.
type opening struct {
	certainty graph.Certainty
	usable    bool // without an approval of others
	marks     int
	notes     []string
}

// openingOf is how a principal stands to opening. missing are the imports that it may not open.
func openingOf(p graph.Principal) opening {
	o := opening{certainty: p.Certainty, usable: (!p.Gated || p.SelfApproval) && len(p.Missing) == 0}
	switch {
	case p.SelfApproval:
		o.marks, o.notes = markGated|markOwn, append(o.notes, "Opening takes an approval, which this principal can give itself.")
	case p.Gated:
		o.marks, o.notes = markGated, append(o.notes, "Opening takes an approval of others.")
	}
	if p.Doubt != "" {
		o.marks |= markDoubtful
		o.notes = append(o.notes, "Opening is only possible: "+p.Doubt+".")
	}
	for _, imported := range p.Missing {
		o.marks |= markBlocked
		o.notes = append(o.notes, "Cannot open it now: it imports "+imported+", which this principal may not open.")
	}
	return o
}

// better reports whether an opening is more than another one, for tokens of one name.
func (o opening) better(other opening) bool {
	if o.usable != other.usable {
		return o.usable
	}
	return o.certainty == graph.Certain && other.certainty != graph.Certain
}

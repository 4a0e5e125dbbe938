package graph

import (
	"cmp"
	"slices"
	"strings"
)

// findings gather what was found at each place into differences.
type findings struct {
	by   map[string]*Difference
	keys []string
}

// add adds what some principals, who are the same ones wherever the key is the same, gain and lose at a place.
func (p *place) add(key string, holders []Holder, all map[found][]string) {
	for one, scopes := range all {
		scopes = mostTelling(scopes)
		whole := strings.Join([]string{key, one.key(), string(p.kind), strings.Join(scopes, ",")}, "\x02")
		at := p.found.by[whole]
		if at == nil {
			at = &Difference{
				Gains: one.gains, Holders: holders, Kind: p.kind, Scopes: scopes, Before: one.before, After: one.after, Certainty: one.certainty,
			}
			p.found.by[whole] = at
			p.comparison.found.keys = append(p.comparison.found.keys, whole)
		}
		at.Entities = append(at.Entities, p.name)
	}
}

func (f found) key() string {
	return strings.Join([]string{map[bool]string{true: "gains", false: "loses"}[f.gains], string(f.certainty), string(f.before), string(f.after)}, " ")
}

// merged joins the holders of the same differences on the same entities, and finds an example of each.
func (c *comparison) merged() []Difference {
	by := map[string]*Difference{}
	slices.Sort(c.found.keys)
	for _, key := range c.found.keys {
		one := c.found.by[key]
		_, what, _ := strings.Cut(key, "\x02")
		whole := what + "\x02" + strings.Join(one.Entities, ",")
		if at := by[whole]; at != nil {
			at.Holders = slices.Concat(at.Holders, one.Holders)
			continue
		}
		by[whole] = one
	}
	all := make([]Difference, 0, len(by))
	for _, one := range by {
		one.Holders = slices.SortedFunc(slices.Values(one.Holders), compareHolders)
		all = append(all, *one)
	}
	slices.SortFunc(all, compareDifferences)
	for i := range all {
		all[i].Path = c.example(all[i])
	}
	return all
}

// example is how the first holder of a difference comes to it.
func (c *comparison) example(d Difference) Path {
	at, side := c.at(d.Kind, d.Entities[0]), 0
	if d.Gains {
		side = 1
	}
	first := d.Holders[0]
	held := loginOf(first.Name)
	if first.Kind != UserKind && first.Kind != ServicePrincipalKind {
		held = c.actors[slices.IndexFunc(c.actors, func(a *actor) bool { return a.Holder == first })].of
	}
	return at.sides[side].pathTo(held[side], d.Scopes[0])
}

func compareDifferences(a, b Difference) int {
	order := func(is bool) int {
		if is {
			return 0
		}
		return 1
	}
	return cmp.Or(
		cmp.Compare(order(a.Gains), order(b.Gains)),
		-cmp.Compare(certainties[a.Certainty], certainties[b.Certainty]),
		cmp.Compare(tellingRank(a.Scopes[0]), tellingRank(b.Scopes[0])),
		-cmp.Compare(len(a.Entities), len(b.Entities)),
		compareHolders(a.Holders[0], b.Holders[0]),
		cmp.Compare(a.Kind, b.Kind),
		slices.Compare(a.Entities, b.Entities),
		slices.Compare(a.Scopes, b.Scopes),
		slices.CompareFunc(a.Holders, b.Holders, compareHolders),
		cmp.Compare(standings[a.Before], standings[b.Before]),
		cmp.Compare(standings[a.After], standings[b.After]),
	)
}

// tellingScopes are the scopes that tell most of what a principal may do, in this order. Others follow, and those that only read come last.
var tellingScopes = []string{
	openScope, openVersionScope, writeScope, "environment:delete", "stack:write", "stack:decrypt", "stack:delete", "insights_account:update",
	"role:update", "team:update", "org_member:update", "org_token:create", "auth_policies:update",
	"environment:read", "stack:read", "insights_account:read",
}

func tellingRank(scope string) int {
	if at := slices.Index(tellingScopes, scope); at >= 0 {
		return at
	}
	if strings.HasSuffix(scope, ":read") {
		return len(tellingScopes) + 1
	}
	return len(tellingScopes)
}

func mostTelling(scopes []string) []string {
	return slices.SortedFunc(slices.Values(scopes), func(a, b string) int {
		return cmp.Or(cmp.Compare(tellingRank(a), tellingRank(b)), cmp.Compare(a, b))
	})
}

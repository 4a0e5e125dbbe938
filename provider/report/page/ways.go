package page

import (
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// Marks of a way.
const (
	wayCertain    = 1 << iota
	wayEverything // it leads to an administrator's rights
)

// way is how a principal comes to what it does not hold.
type way struct {
	principal graph.PrincipalID
	certain   bool
	doubt     string
	acts      []string // in order
	reaches   []graph.Gain
	all       bool
}

// add adds a way: the principal, the marks, a list of acts, the doubt or nothing for none, and what it reaches: a list of pairs of entity and
// scope.
func (b *builder) add(w way) {
	principal, known := b.principalAt[w.principal]
	if !known {
		return
	}
	marks := 0
	if w.certain {
		marks |= wayCertain
	}
	if w.all {
		marks |= wayEverything
	}
	b.ways.add(principal, marks)
	b.ways.list(b.textList(w.acts))
	var doubts []string
	if w.doubt != "" {
		doubts = []string{w.doubt}
	}
	b.ways.list(b.textList(doubts))
	var pairs []int
	for _, gain := range w.reaches {
		if at, known := b.entityAt[gain.Kind.Noun()+":"+gain.Name]; known {
			pairs = append(pairs, at, b.text(gain.Scope))
		}
	}
	b.ways.list(pairs)
}

// escalations adds what principals come to by acts.
func (b *builder) escalations(all []graph.Escalation) {
	for _, e := range all {
		w := way{principal: e.Principal, certain: e.Certainty == graph.Certain, doubt: e.Doubt, reaches: e.Reaches, all: e.Everything}
		for _, act := range e.Acts {
			text := act.Text
			if act.By != "" {
				text += ", as " + act.By
			}
			w.acts = append(w.acts, text)
		}
		b.add(w)
	}
}

// openers are who may open environments. Those of environments that import others are kept.
type openers struct {
	*builder
	importers map[string][]string // by the name of what is imported
	kept      map[string]map[graph.PrincipalID]graph.Principal
}

func newOpeners(b *builder) *openers {
	o := &openers{b, map[string][]string{}, map[string]map[graph.PrincipalID]graph.Principal{}}
	for _, t := range b.entities {
		for _, imported := range t.Imports {
			if !slices.Contains(o.importers[imported.Name], t.Name) {
				o.importers[imported.Name] = append(o.importers[imported.Name], t.Name)
			}
		}
	}
	return o
}

// of is how principals stand to opening an environment; nobody for other entities.
func (o *openers) of(t graph.Resource) map[graph.PrincipalID]opening {
	if t.Kind != access.Environment {
		return nil
	}
	answer := o.WhoCan(openScope, t)
	all := map[graph.PrincipalID]opening{}
	keep := len(t.Imports) > 0 || len(o.importers[t.Name]) > 0
	for _, p := range slices.Concat(answer.Principals, answer.Blocked) {
		id := graph.PrincipalID{Kind: p.Kind, Name: p.Name}
		one := openingOf(p)
		if other, twice := all[id]; !twice || one.better(other) {
			all[id] = one
		}
		if keep {
			if o.kept[t.Name] == nil {
				o.kept[t.Name] = map[graph.PrincipalID]graph.Principal{}
			}
			o.kept[t.Name][id] = p
		}
	}
	return all
}

// imports adds who opens an environment by another one that imports it, and may not open it itself.
func (o *openers) imports() {
	for _, t := range o.entities {
		for _, importer := range o.importers[t.Name] {
			for _, id := range o.principals {
				p, opens := o.kept[importer][id]
				if _, itself := o.kept[t.Name][id]; !opens || itself {
					continue
				}
				o.add(way{
					principal: id, doubt: "whether opening it takes opening what it imports is not documented",
					acts:    []string{"open " + importer + ", which imports it: " + p.Paths[0].StepTexts()[0]},
					reaches: []graph.Gain{{Scope: openScope, Kind: access.Environment, Name: t.Name}},
				})
			}
		}
	}
}

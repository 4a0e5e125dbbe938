package page

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
)

// document is what the script reads. Texts stand in it once, and so do steps, paths and cells: everything else are indexes of these.
type document struct {
	Texts      []string   `json:"texts"`
	Principals []named    `json:"principals"`
	Entities   []named    `json:"entities"`
	Levels     [][]string `json:"levels"` // the names of the levels by kind of entity, in the order of Kinds
	Kinds      []string   `json:"kinds"`
	Blind      bool       `json:"blind"` // something could not be read, so that no cell is empty
	Indirect   bool       `json:"indirect"`
	Steps      numbers    `json:"steps"`  // kind, text
	Sets       numbers    `json:"sets"`   // a list of scopes
	Paths      numbers    `json:"paths"`  // a list of steps, the set of scopes, and 0 for certain or 1 and the doubt
	Cells      numbers    `json:"cells"`  // see cellOf
	Matrix     numbers    `json:"matrix"` // by entity, the cell of each principal
	Ways       numbers    `json:"ways"`   // see wayOf
	Findings   []found    `json:"findings"`
}

// named is a principal or an entity.
type named struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	Note string `json:"note,omitempty"`
}

// found is a finding as the matrix needs it. Principal and Entity are indexes, -1 for none and -2 for what is not in the matrix.
type found struct {
	ID        string `json:"id"`
	Rule      string `json:"rule"`
	Severity  string `json:"severity"`
	Principal int    `json:"principal"`
	Entity    int    `json:"entity"`
}

const (
	nobody  = -1
	outside = -2
)

// pageKinds are the kinds of entities in the order of the matrix.
var pageKinds = []access.EntityKind{access.Environment, access.Stack, access.Account, access.Organization}

type builder struct {
	*graph.Index
	principals  []graph.PrincipalID
	principalAt map[graph.PrincipalID]int
	entities    []graph.Resource
	entityAt    map[string]int // by kind:name
	texts       table
	shown       map[string]int // the index of a text of the service
	steps       table
	sets        table
	paths       table
	cells       table
	ways        numbers
	levelScopes map[access.EntityKind][][]string // by kind, of each level
}

func documentOf(in Input, findings []review.Finding) document {
	b := newBuilder(in.Snapshot.Organization)
	d := document{Blind: len(in.Snapshot.Blind) > 0, Indirect: in.Indirect, Levels: levelNames(), Principals: []named{}, Entities: []named{}, Findings: []found{}}
	for _, kind := range pageKinds {
		d.Kinds = append(d.Kinds, kind.Noun())
	}
	for _, p := range b.principals {
		d.Principals = append(d.Principals, named{string(p.Kind), visible(p.Name), b.note(p)})
	}
	for _, t := range b.entities {
		d.Entities = append(d.Entities, named{t.Kind.Noun(), visible(t.Name), strings.Join(t.Gated, ", ")})
	}
	openers := newOpeners(b)
	for _, t := range b.entities {
		for _, cell := range b.cellsOf(t, openers.of(t)) {
			d.Matrix.add(cell)
		}
	}
	b.escalations(in.Escalations)
	openers.imports()
	for _, f := range findings {
		d.Findings = append(d.Findings, b.found(f))
	}
	d.Texts, d.Steps, d.Sets, d.Paths, d.Cells, d.Ways = b.texts.all, b.steps.joined(), b.sets.joined(), b.paths.joined(), b.cells.joined(), b.ways
	return d
}

func newBuilder(o graph.Organization) *builder {
	b := &builder{Index: graph.NewIndex(o), principalAt: map[graph.PrincipalID]int{}, entityAt: map[string]int{}, shown: map[string]int{}}
	b.principals = b.AllPrincipals()
	for i, p := range b.principals {
		b.principalAt[p] = i
	}
	for _, kind := range pageKinds {
		names := make([]string, 0, len(o.Entities(kind)))
		for _, t := range o.Entities(kind) {
			names = append(names, t.Name)
		}
		if kind == access.Organization {
			names = []string{o.Login}
		}
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			t, _ := b.Entity(kind, name)
			b.entityAt[t.Kind.Noun()+":"+t.Name] = len(b.entities)
			b.entities = append(b.entities, t)
		}
	}
	b.addLevels()
	return b
}

func (b *builder) addLevels() {
	b.levelScopes = map[access.EntityKind][][]string{}
	for _, kind := range pageKinds {
		for _, level := range levelsOf(kind) {
			scopes := b.LevelScopes(kind, level)
			if kind == access.Organization && level == access.Admin {
				scopes = b.Catalogue.Scopes(kind)
			}
			b.levelScopes[kind] = append(b.levelScopes[kind], scopes)
		}
	}
}

// note is what a reader must know of a principal to understand an empty row.
func (b *builder) note(p graph.PrincipalID) string {
	for i := range b.Users {
		if u := &b.Users[i]; u.Login == p.Name && (p.Kind == graph.UserKind || p.Kind == graph.ServicePrincipalKind) && u.Suspended {
			return "suspended"
		}
	}
	return ""
}

func (b *builder) found(f review.Finding) found {
	out := found{ID: f.ID, Rule: f.Rule, Severity: string(f.Severity), Principal: nobody, Entity: nobody}
	if kind, name, is := strings.Cut(f.Principal, ":"); is {
		out.Principal = outside
		if at, known := b.principalAt[graph.PrincipalID{Kind: graph.Kind(kind), Name: name}]; known {
			out.Principal = at
		}
	}
	if f.Entity != "" {
		out.Entity = outside
		if at, known := b.entityAt[f.Entity]; known {
			out.Entity = at
		}
	}
	return out
}

// text is the index of a text of the service, as the page shows it.
func (b *builder) text(text string) int {
	at, known := b.shown[text]
	if !known {
		at = b.texts.of(visible(text))
		b.shown[text] = at
	}
	return at
}

func (b *builder) textList(texts []string) []int {
	all := make([]int, len(texts))
	for i, text := range texts {
		all[i] = b.text(text)
	}
	return all
}

// path is the index of a path.
func (b *builder) path(p graph.Path) int {
	steps := make([]int, len(p.Steps))
	for i, step := range p.Steps {
		var one numbers
		one.add(b.text(string(step.Kind)), b.text(step.Text))
		steps[i] = b.steps.of(string(one))
	}
	var set, path numbers
	set.list(b.textList(p.Scopes))
	path.list(steps)
	path.add(b.sets.of(string(set)))
	if p.Certainty == graph.Certain {
		path.add(0)
	} else {
		path.add(1, b.text(cmp.Or(p.Doubt, "the documentation does not say")))
	}
	return b.paths.of(string(path))
}

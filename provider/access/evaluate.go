package access

import (
	"maps"
	"slices"
	"strconv"
	"time"
)

// Entity is what access is asked for.
type Entity struct {
	// Kind is what it is; [Organization] asks for organization-level scopes.
	Kind EntityKind `json:"kind,omitempty"`
	// ID is the service's id, as literals in conditions have it.
	ID string `json:"id,omitempty"`
	// Tags are the tags that the entity carries now.
	Tags map[string]string `json:"tags,omitempty"`
}

// HasTags reports whether all of some tags are among those that an entity carries.
func HasTags(carried, tags map[string]string) bool {
	for name, value := range tags {
		if got, has := carried[name]; !has || got != value {
			return false
		}
	}
	return true
}

// Records finds the descriptor of a record that a [Compose] names. A record that is not found grants nothing.
type Records func(id string) (Descriptor, bool)

// Reason is a leaf of a descriptor that grants something: the path to it in the tree, such as `entries[3].subNode`, and
// the scopes that it grants, sorted. The path goes on into composed records:
// `entries[0].permissionDescriptors[1].entries[2]`. A record that is reached a second time is one reason as a whole.
type Reason struct {
	Path   string
	Scopes []string
}

// Granted is what a descriptor allows on an entity; its zero value is nothing.
type Granted struct {
	// Scopes maps each scope to how long an environment may stay open: the most generous of all grants, 0 without bound.
	// Only scopes that open an environment are ever bounded.
	Scopes map[string]time.Duration
	// Reasons are all leaves that grant something, in the order of the tree.
	Reasons []Reason
}

// Has reports whether the scope is granted.
func (g Granted) Has(scope string) bool {
	_, granted := g.Scopes[scope]
	return granted
}

// List returns the granted scopes, sorted.
func (g Granted) List() []string { return slices.Sorted(maps.Keys(g.Scopes)) }

// Grant adds a scope; the most generous bound wins. Scopes that open nothing have none.
func (g *Granted) Grant(scope string, limit time.Duration) {
	if g.Scopes == nil {
		g.Scopes = map[string]time.Duration{}
	}
	if !opens(scope) {
		limit = 0
	}
	held, already := g.Scopes[scope]
	if !already || limit == 0 || (held != 0 && limit > held) {
		g.Scopes[scope] = limit
	}
}

// opens reports whether a scope reveals an environment's values, which is what MaxOpenDuration bounds.
func opens(scope string) bool { return scope == openScope || scope == openVersionScope }

const (
	openScope        = "environment:open"
	openVersionScope = "environment_version:open"
)

// Evaluate returns what a descriptor grants on an entity: the union of all branches whose conditions hold, nothing by
// default. There is no deny, so nothing ends the walk early and every reason is found.
//
// A scope counts only on the kind of entity that it belongs to: an Allow without a condition reaches every entity of
// each scope's kind, a stack scope under an environment condition reaches nothing, and organization-level scopes are
// granted only where no condition looks at an entity. A condition that looks at another kind of entity than the one
// asked about does not fit, and what does not fit grants nothing, under Not and in either branch of an IfThenElse as well;
// only an Or may hold by its other side.
func Evaluate(d Descriptor, e Entity, records Records) Granted {
	w := walker{entity: e, records: records}
	w.walk(d)
	return w.granted
}

// walker visits the leaves whose conditions hold for an entity. A record that is not a plain Allow is walked once, since
// for one entity it grants the same wherever it is reached; that ends cycles, and keeps the walk linear.
type walker struct {
	entity  Entity
	records Records
	path    []step
	walked  map[string][]string
	granted Granted

	// wanted, if set, is the only scope that is looked for; then found is the whole answer, and nothing else is gathered.
	wanted string
	found  bool
}

func (w *walker) leaf(a Allowed) {
	if w.wanted == "" {
		w.collect(a)
		return
	}
	w.found = w.found || slices.Contains(a.Permissions, w.wanted)
}

// collect takes what a leaf grants on the entity.
func (w *walker) collect(a Allowed) {
	var scopes []string
	for _, scope := range a.Permissions {
		if belongs(w.entity.Kind, scope) {
			scopes = append(scopes, scope)
			w.granted.Grant(scope, a.MaxOpenDuration)
		}
	}
	w.because(scopes)
}

func (w *walker) walk(d Descriptor) {
	switch d := d.(type) {
	case Allowed:
		w.leaf(d)
	case Group:
		for i, entry := range d.Entries {
			w.at(step{"entries", i}, entry)
		}
	case Condition:
		if holds(d.Condition, w.entity) {
			w.at(step{"subNode", whole}, d.SubNode)
		}
	case IfThenElse:
		w.walkIfThenElse(d)
	case Select:
		w.walkSelect(d)
	case Compose:
		for i, id := range d.IDs {
			w.enter(step{"permissionDescriptors", i})
			w.walkRecord(id)
			w.leave()
		}
	}
}

// at walks a part of the tree.
func (w *walker) at(s step, d Descriptor) {
	w.enter(s)
	w.walk(d)
	w.leave()
}

// enter and leave keep the path, which only reasons need.
func (w *walker) enter(s step) {
	if w.wanted == "" {
		w.path = append(w.path, s)
	}
}

func (w *walker) leave() {
	if w.wanted == "" {
		w.path = w.path[:len(w.path)-1]
	}
}

func (w *walker) walkIfThenElse(d IfThenElse) {
	switch evaluateCondition(d.Condition, w.entity) {
	case yes:
		w.at(step{"subNodeForTrue", whole}, d.WhenTrue)
	case no:
		w.at(step{"subNodeForFalse", whole}, d.WhenFalse)
	case notApplicable: // neither branch: the condition is not about this entity
	}
}

func (w *walker) walkSelect(d Select) {
	for i, option := range d.Options {
		if holds(Equal{d.Selector, option.Value}, w.entity) {
			w.enter(step{"options", i})
			w.at(step{"node", whole}, option.Node)
			w.leave()
		}
	}
}

func (w *walker) walkRecord(id string) {
	if w.records == nil {
		return
	}
	record, found := w.records(id)
	if !found {
		return
	}
	if set, plain := record.(Allowed); plain {
		w.leaf(set)
		return
	}
	if scopes, again := w.walked[id]; again {
		w.because(scopes)
		return
	}
	w.walkOnce(id, record)
}

// walkOnce walks a record and remembers what it granted in total; until then the memory is empty, which ends a cycle.
func (w *walker) walkOnce(id string, record Descriptor) {
	if w.walked == nil {
		w.walked = map[string][]string{}
	}
	w.walked[id] = nil
	before := len(w.granted.Reasons)
	w.walk(record)
	var scopes []string
	for _, reason := range w.granted.Reasons[before:] {
		scopes = append(scopes, reason.Scopes...)
	}
	w.walked[id] = scopes
}

// because notes that the place which the walk has reached grants these scopes.
func (w *walker) because(scopes []string) {
	if len(scopes) > 0 {
		w.granted.Reasons = append(w.granted.Reasons, Reason{Path: render(w.path), Scopes: sortedSet(scopes)})
	}
}

// step is a part of a path: a field, and an index where it is a list.
type step struct {
	field string
	index int
}

// whole is the index of a field that is not a list.
const whole = -1

func render(path []step) string {
	var text []byte
	for i, s := range path {
		if i > 0 {
			text = append(text, '.')
		}
		text = append(text, s.field...)
		if s.index != whole {
			text = append(text, '[')
			text = strconv.AppendInt(text, int64(s.index), 10)
			text = append(text, ']')
		}
	}
	return string(text)
}

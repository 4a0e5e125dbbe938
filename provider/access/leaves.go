package access

import (
	"slices"
	"time"
)

// Leaf is a part of a descriptor that grants scopes on an entity, or may grant them.
type Leaf struct {
	// Conditions are those on the way to it, outermost first. Branches of an [IfThenElse] that are taken when the condition
	// does not hold appear as [Not].
	Conditions []Expression
	// Record is the id of the innermost record that the way leads through, "" for the descriptor itself.
	Record string
	// Scopes are what it grants on the entity, sorted. Limit bounds how long an environment stays open; 0 means no bound.
	Scopes []string
	Limit  time.Duration
	// Any says that what it grants is not known: it may be anything.
	Any bool
	// Repeated says that other leaves grant the same already, with their limits: this is one more way to it.
	Repeated bool
	// Doubt says why it is not known whether it grants this; "" where it is known.
	Doubt string
}

// Opener finds the descriptor of a record that a [Compose] names, as [Records] does. A record that is there and that
// cannot be read has a reason, and no descriptor.
type Opener func(id string) (d Descriptor, unreadable string, found bool)

// Leaves answers as [Evaluate] does, and tells what is certain from what Pulumi Cloud does not document: there a leaf has
// a Doubt. A leaf without one grants what it says under every reading of the documentation.
func (ev *Evaluator) Leaves(e Entity, open Opener) []Leaf {
	w := leafWalker{entity: e, open: open}
	ev.each(e, func(part entry) {
		w.at = position{}
		if n := len(part.path); n > 0 && part.path[n-1].field == "subNode" { // what the index found by its id
			w.at.conditions = []Expression{Equal{Context{e.Kind}, LiteralEntity{e.Kind, e.ID}}}
		}
		w.walk(part.node)
	})
	return w.leaves
}

// position is how a walk got to where it is.
type position struct {
	conditions []Expression
	record     string
	doubt      string
}

func (p position) under(condition Expression, doubt string) position {
	p.conditions = append(slices.Clip(p.conditions), condition)
	if p.doubt == "" {
		p.doubt = doubt
	}
	return p
}

// leafWalker gathers leaves. A record that is reached a second time, with no less doubt, is one leaf as a whole, which
// ends cycles and keeps the walk linear.
type leafWalker struct {
	entity Entity
	open   Opener
	at     position
	walked map[walkedRecord]*Leaf
	leaves []Leaf
}

type walkedRecord struct {
	id      string
	certain bool
}

func (w *leafWalker) walk(d Descriptor) {
	switch d := d.(type) {
	case Allowed:
		w.allow(d)
	case Group:
		for _, part := range d.Entries {
			w.walk(part)
		}
	case Condition:
		w.branch(d.Condition, weigh(d.Condition, w.entity), d.SubNode)
	case IfThenElse:
		weighed := weigh(d.Condition, w.entity)
		w.branch(d.Condition, weighed, d.WhenTrue)
		w.branch(Not{d.Condition}, weighed.opposite(), d.WhenFalse)
	case Select:
		w.choose(d)
	case Compose:
		for _, id := range d.IDs {
			w.compose(id)
		}
	}
}

// choose walks the options that may be chosen. What one gives is certain only where no earlier one may be chosen.
func (w *leafWalker) choose(d Select) {
	earlier := false
	for _, option := range d.Options {
		is := Equal{d.Selector, option.Value}
		weighed := weigh(is, w.entity)
		if earlier && weighed.doubt == "" {
			weighed.doubt = doubtOption
		}
		w.branch(is, weighed, option.Node)
		earlier = earlier || weighed.may
	}
}

func (w *leafWalker) branch(condition Expression, weighed weight, d Descriptor) {
	if !weighed.may {
		return
	}
	before := w.at
	w.at = before.under(condition, weighed.doubt)
	w.walk(d)
	w.at = before
}

func (w *leafWalker) allow(a Allowed) {
	var scopes []string
	for _, scope := range a.Permissions {
		if belongs(w.entity.Kind, scope) {
			scopes = append(scopes, scope)
		}
	}
	w.leaf(Leaf{Scopes: sortedSet(scopes), Limit: a.MaxOpenDuration})
}

func (w *leafWalker) leaf(l Leaf) {
	if len(l.Scopes) == 0 && !l.Any {
		return
	}
	l.Conditions, l.Record = w.at.conditions, w.at.record
	if l.Doubt == "" {
		l.Doubt = w.at.doubt
	}
	w.leaves = append(w.leaves, l)
}

func (w *leafWalker) compose(id string) {
	d, unreadable, found := w.open(id)
	before := w.at
	w.at.record = id
	defer func() { w.at = before }()
	switch set, plain := d.(Allowed); {
	case !found:
	case unreadable != "":
		w.leaf(Leaf{Any: true, Doubt: unreadable})
	case plain:
		w.allow(set)
	default:
		w.composeOnce(walkedRecord{id, before.doubt == ""}, d)
	}
}

// composeOnce walks a record, and remembers what it grants in total; until then the memory is empty, which ends a cycle.
func (w *leafWalker) composeOnce(key walkedRecord, d Descriptor) {
	if whole, again := w.walked[key]; again {
		if whole != nil {
			w.leaf(*whole)
		}
		return
	}
	if w.walked == nil {
		w.walked = map[walkedRecord]*Leaf{}
	}
	w.walked[key] = nil
	first := len(w.leaves)
	w.walk(d)
	whole := Leaf{Repeated: true}
	for _, leaf := range w.leaves[first:] {
		if leaf.Doubt == "" || !key.certain {
			whole.Scopes = append(whole.Scopes, leaf.Scopes...)
		}
	}
	whole.Scopes = sortedSet(whole.Scopes)
	w.walked[key] = &whole
}

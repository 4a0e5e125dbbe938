package access

// Evaluator answers as [Evaluate] does, for many entities: entries on single entities are found by id, so that an answer
// costs as much as the rules on tags and on everything, however many entities a role names. It is safe for concurrent use
// if its records are. Neither the descriptor nor the records may change while it is in use.
type Evaluator struct {
	records Records
	rest    []entry
	byID    map[entityID][]entry
}

// entry is a part of a tree, where it stands, and when its turn is.
type entry struct {
	turn int
	path []step
	node Descriptor
}

type entityID struct {
	kind EntityKind
	id   string
}

// NewEvaluator indexes a descriptor.
func NewEvaluator(d Descriptor, records Records) *Evaluator {
	ev := &Evaluator{records: records, byID: map[entityID][]entry{}}
	turn := 0
	ev.index(d, nil, &turn)
	return ev
}

func (ev *Evaluator) index(d Descriptor, path []step, turn *int) {
	if group, ok := d.(Group); ok {
		for i, part := range group.Entries {
			// Paths are kept, so that siblings must not share the memory behind them.
			ev.index(part, append(path[:len(path):len(path)], step{"entries", i}), turn)
		}
		return
	}
	*turn++
	if id, node, ok := onEntity(d); ok {
		path = append(path[:len(path):len(path)], step{"subNode", whole})
		ev.byID[id] = append(ev.byID[id], entry{*turn, path, node})
		return
	}
	ev.rest = append(ev.rest, entry{*turn, path, d})
}

// onEntity recognizes a condition on one entity, in the form that Compile and the console write.
func onEntity(d Descriptor) (entityID, Descriptor, bool) {
	condition, _ := d.(Condition)
	equal, _ := condition.Condition.(Equal)
	context, isContext := equal.Left.(Context)
	literal, isLiteral := equal.Right.(LiteralEntity)
	if !isContext || !isLiteral || context.Kind != literal.Kind || !ruled(context.Kind) || literal.Identity == "" {
		return entityID{}, nil, false
	}
	return entityID{literal.Kind, literal.Identity}, condition.SubNode, true
}

// Evaluate is [Evaluate] of the descriptor.
func (ev *Evaluator) Evaluate(e Entity) Granted {
	w := walker{entity: e, records: ev.records}
	ev.each(e, func(part entry) {
		w.path = append(w.path[:0], part.path...)
		w.walk(part.node)
	})
	return w.granted
}

// Holds reports whether the scope is granted on the entity. It is [Granted.Has] of Evaluate, without the reasons and
// without what gathering them costs.
func (ev *Evaluator) Holds(scope string, e Entity) bool {
	if scope == "" || !belongs(e.Kind, scope) {
		return false
	}
	w := walker{entity: e, records: ev.records, wanted: scope}
	return w.finds(ev.byID[entityID{e.Kind, e.ID}]) || w.finds(ev.rest)
}

// finds reports whether one of the entries grants the wanted scope.
func (w *walker) finds(entries []entry) bool {
	for i := range entries {
		if w.walk(entries[i].node); w.found {
			return true
		}
	}
	return false
}

// each visits the entries that may grant something on the entity, in the order of the tree.
func (ev *Evaluator) each(e Entity, visit func(entry)) {
	own, rest := ev.byID[entityID{e.Kind, e.ID}], ev.rest
	for len(own)+len(rest) > 0 {
		next := &rest
		if len(rest) == 0 || len(own) > 0 && own[0].turn < rest[0].turn {
			next = &own
		}
		visit((*next)[0])
		*next = (*next)[1:]
	}
}

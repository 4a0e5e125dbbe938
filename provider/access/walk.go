package access

import "iter"

// Walk visits a descriptor and all its parts, in the order of the tree: each part before what is in it. What a record
// holds that a [Compose] names is not part of the descriptor.
func Walk(d Descriptor) iter.Seq[Descriptor] {
	return func(yield func(Descriptor) bool) { visit(d, yield) }
}

// visit reports whether the walk goes on.
func visit(d Descriptor, yield func(Descriptor) bool) bool {
	if !yield(d) {
		return false
	}
	for part := range parts(d) {
		if !visit(part, yield) {
			return false
		}
	}
	return true
}

// parts are the descriptors directly in another one.
func parts(d Descriptor) iter.Seq[Descriptor] {
	return func(yield func(Descriptor) bool) {
		switch d := d.(type) {
		case Group:
			for _, entry := range d.Entries {
				if !yield(entry) {
					return
				}
			}
		case Condition:
			yield(d.SubNode)
		case IfThenElse:
			_ = yield(d.WhenTrue) && yield(d.WhenFalse)
		case Select:
			for _, option := range d.Options {
				if !yield(option.Node) {
					return
				}
			}
		}
	}
}

// expressionsIn are the expressions directly in a descriptor.
func expressionsIn(d Descriptor) []Expression {
	switch d := d.(type) {
	case Condition:
		return []Expression{d.Condition}
	case IfThenElse:
		return []Expression{d.Condition}
	case Select:
		all := []Expression{d.Selector}
		for _, option := range d.Options {
			all = append(all, option.Value)
		}
		return all
	default:
		return nil
	}
}

// walkExpression visits an expression and all its parts, from left to right. A context that was left out is nil.
func walkExpression(e Expression) iter.Seq[Expression] {
	return func(yield func(Expression) bool) { visitExpression(e, yield) }
}

func visitExpression(e Expression, yield func(Expression) bool) bool {
	if !yield(e) {
		return false
	}
	for _, operand := range operands(e) {
		if !visitExpression(operand, yield) {
			return false
		}
	}
	return true
}

func operands(e Expression) []Expression {
	switch e := e.(type) {
	case And:
		return []Expression{e.Left, e.Right}
	case Or:
		return []Expression{e.Left, e.Right}
	case Equal:
		return []Expression{e.Left, e.Right}
	case In:
		return []Expression{e.Target, e.Values}
	case Not:
		return []Expression{e.Node}
	case HasTag:
		return []Expression{e.Context}
	case Tag:
		return []Expression{e.Context}
	default:
		return nil
	}
}

// Entries counts the leaf grants of a descriptor: each Allow, and each record that a Compose names. The service does not
// say how it counts towards its limit ([MaxEntries]); this is the reading that never counts too few.
func Entries(d Descriptor) int {
	count := 0
	for part := range Walk(d) {
		switch part := part.(type) {
		case Allowed:
			count++
		case Compose:
			count += len(part.IDs)
		}
	}
	return count
}

// Composed lists the records that a descriptor names itself, in the order of the tree.
func Composed(d Descriptor) []string {
	var ids []string
	for part := range Walk(d) {
		if compose, ok := part.(Compose); ok {
			ids = append(ids, compose.IDs...)
		}
	}
	return ids
}

package access

import "slices"

// DecidesByTags reports whether what a descriptor grants on an entity of a kind may depend on the entity's tags. While it does
// not, nobody has to read them. Records that the descriptor composes are not looked into: ask about each.
func DecidesByTags(d Descriptor, kind EntityKind) bool {
	switch d := d.(type) {
	case Group:
		return slices.ContainsFunc(d.Entries, func(part Descriptor) bool { return DecidesByTags(part, kind) })
	case Condition:
		return readsTags(d.Condition, kind) || DecidesByTags(d.SubNode, kind)
	case IfThenElse:
		return readsTags(d.Condition, kind) || DecidesByTags(d.WhenTrue, kind) || DecidesByTags(d.WhenFalse, kind)
	case Select:
		return readsTags(d.Selector, kind) || slices.ContainsFunc(d.Options, func(option Option) bool {
			return readsTags(option.Value, kind) || DecidesByTags(option.Node, kind)
		})
	default:
		return false
	}
}

func readsTags(expression Expression, kind EntityKind) bool {
	switch x := expression.(type) {
	case And:
		return readsTags(x.Left, kind) || readsTags(x.Right, kind)
	case Or:
		return readsTags(x.Left, kind) || readsTags(x.Right, kind)
	case Not:
		return readsTags(x.Node, kind)
	case Equal:
		return readsTags(x.Left, kind) || readsTags(x.Right, kind)
	case HasTag:
		return mayBe(x.Context, kind)
	case Tag:
		return mayBe(x.Context, kind)
	default:
		return false
	}
}

// mayBe reports whether a context may be an entity of the kind. One that was left out may be any.
func mayBe(context Expression, kind EntityKind) bool {
	of, said := context.(Context)
	return !said || of.Kind == kind
}

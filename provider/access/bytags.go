package access

// DecidesByTags reports whether what a descriptor grants on an entity of a kind may depend on the entity's tags. While it does
// not, nobody has to read them. Records that the descriptor composes are not looked into: ask about each.
func DecidesByTags(d Descriptor, kind EntityKind) bool {
	for part := range Walk(d) {
		for _, expression := range expressionsIn(part) {
			if readsTags(expression, kind) {
				return true
			}
		}
	}
	return false
}

func readsTags(expression Expression, kind EntityKind) bool {
	for part := range walkExpression(expression) {
		switch part := part.(type) {
		case HasTag:
			if mayBe(part.Context, kind) {
				return true
			}
		case Tag:
			if mayBe(part.Context, kind) {
				return true
			}
		}
	}
	return false
}

// mayBe reports whether a context may be an entity of the kind. One that was left out may be any.
func mayBe(context Expression, kind EntityKind) bool {
	of, said := context.(Context)
	return !said || of.Kind == kind
}

package access

// Expression is a part of a condition: [And], [Or], [Not], [Equal], [In] and [HasTag] are true or false; [Tag], [Context] and
// the literals are values; [EntitySet] and [StringSet] are sets of values, which In takes.
type Expression interface{ isExpression() }

// And holds where both sides hold.
type And struct{ Left, Right Expression }

// Or holds where one side holds.
type Or struct{ Left, Right Expression }

// Not holds where its node does not.
type Not struct{ Node Expression }

// Equal holds where both sides have the same value.
type Equal struct{ Left, Right Expression }

// In holds where the target equals one of the values of a set.
type In struct {
	Target Expression
	Values Expression // a set
}

// EntitySet is any of some entities of one kind, by the service's ids for them.
type EntitySet struct {
	Kind       EntityKind
	Identities []string
}

// StringSet is any of some texts.
type StringSet struct{ Values []string }

// HasTag holds where the entity carries the tag. Context is nil where the wire format left it out; such a condition is
// kept but never holds, since the service does not say which entity it then means.
type HasTag struct {
	Context Expression
	Key     string
}

// Tag is the value of a tag of the entity.
type Tag struct {
	Context Expression
	Key     string
}

// Context is the entity being asked about: a stack, an environment, an account or a team.
type Context struct{ Kind EntityKind }

// LiteralString is a text.
type LiteralString struct{ Value string }

// LiteralNumber is a number.
type LiteralNumber struct{ Value float64 }

// LiteralBool is true or false.
type LiteralBool struct{ Value bool }

// LiteralEntity is one entity, by the service's id for it (never by its name).
type LiteralEntity struct {
	Kind     EntityKind
	Identity string
}

func (And) isExpression()           {}
func (Or) isExpression()            {}
func (Not) isExpression()           {}
func (Equal) isExpression()         {}
func (In) isExpression()            {}
func (EntitySet) isExpression()     {}
func (StringSet) isExpression()     {}
func (HasTag) isExpression()        {}
func (Tag) isExpression()           {}
func (Context) isExpression()       {}
func (LiteralString) isExpression() {}
func (LiteralNumber) isExpression() {}
func (LiteralBool) isExpression()   {}
func (LiteralEntity) isExpression() {}

// members are the values of a set, each as a literal. A value that is not a set has none.
func members(set Expression) []Expression {
	var all []Expression
	switch set := set.(type) {
	case EntitySet:
		for _, id := range set.Identities {
			all = append(all, LiteralEntity{set.Kind, id})
		}
	case StringSet:
		for _, text := range set.Values {
			all = append(all, LiteralString{text})
		}
	}
	return all
}

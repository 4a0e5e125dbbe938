// Package access translates a user's access rules into Pulumi Cloud's permission descriptors and back, and evaluates
// descriptors. Start at [Access.Check], [Compile] and [Evaluate]. It is pure: no I/O, no clock, no Pulumi types.
//
// # From a user's rules to a role, and back
//
// An [Access] is what a user writes. It goes through the package like this:
//
//	problems := a.Check(options)          // everything wrong with it, with the user's own paths
//	a = a.Canonical()                     // one form for all that says the same; compare these
//	ids := resolve(a.Entities())          // the caller looks up the entities' ids
//	sets := resolve(a.Sets())             // and the records of built-in permission sets
//	valid, problems := Parse(a)           // only a valid one can be compiled
//	d, err := Compile(valid, ids, sets)   // the tree, laid out as the console's editor does
//	text, err := MarshalDescriptor(d)     // what the service takes
//
//	d, err := ParseDescriptor(text)       // what the service says
//	a, unrecognized := Decompile(d, names, sets)
//
// A role holds ids, not names: an entity that was deleted and recreated under its name has a new id, and the role says
// nothing about it. Decompile then gives a rule with an Identity in place of a name, which is how drift shows.
//
// # From a descriptor to a decision
//
// [Evaluate] says what a [Descriptor] grants on an [Entity], and where in the tree. [Evaluator] does so for many entities.
// Access on Pulumi Cloud is a union: there is no deny, so whoever decides for a person evaluates every role they have and
// adds up.
//
// # Where to change what
//
//	catalogue.go, sets.go      data: every scope, every built-in permission set
//	scopes.go                  Catalogue: which scope belongs to which kind of entity
//	rules.go, canonical.go     Access and its canonical form
//	check.go, valid.go         what is wrong with an Access, and one with nothing wrong
//	compile.go                 rules to tree
//	decompile.go               tree to rules; unrecognized.go says what could not be read
//	descriptor.go, expression.go, parse.go, parseexpression.go, marshal.go
//	                           the tree and its JSON
//	evaluate.go, condition.go  decisions; evaluator.go has the index
//
// # Laws
//
// The tests hold the package to these, on generated values:
//
//   - ParseDescriptor reads back what MarshalDescriptor wrote.
//   - Canonical is idempotent, and blind to order and duplicates.
//   - Decompile reads back what Compile wrote; what it reads from any other tree never grants more than that tree.
//   - What Compile makes of rules grants on every entity exactly what the rules say.
//   - One more rule never takes a scope away, and a Group grants the union of its entries.
//   - Nothing is granted by a condition about another kind of entity, nor by its opposite.
package access

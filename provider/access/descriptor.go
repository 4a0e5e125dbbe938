package access

import (
	"slices"
	"time"
)

// Limits of the service for one descriptor.
const (
	// MaxEntries is how many leaf grants a descriptor may hold, counted by [Entries].
	MaxEntries = 2000
	// MaxDescriptorBytes is how long a descriptor's JSON text may be.
	MaxDescriptorBytes = 1 << 20
)

// Descriptor says what is granted: a tree of [Allowed], [Group], [Condition], [IfThenElse], [Select] and [Compose].
type Descriptor interface{ isDescriptor() }

// Allowed grants scopes on every entity in reach of the surrounding condition (PermissionDescriptorAllow).
type Allowed struct {
	Permissions []string
	// MaxOpenDuration bounds how long an environment stays open, in whole seconds; 0 is no bound.
	MaxOpenDuration time.Duration
}

// Group grants what any of its entries grants.
type Group struct{ Entries []Descriptor }

// Condition grants its sub-node where the condition holds.
type Condition struct {
	Condition Expression
	SubNode   Descriptor
}

// IfThenElse grants one of two sub-nodes.
type IfThenElse struct {
	Condition           Expression
	WhenTrue, WhenFalse Descriptor
}

// Select grants the nodes of the options whose value equals the selector's.
type Select struct {
	Selector Expression
	Options  []Option
}

// Option is a case of a [Select].
type Option struct {
	Value Expression
	Node  Descriptor
}

// Compose grants what the named records grant.
type Compose struct{ IDs []string }

func (Allowed) isDescriptor()    {}
func (Group) isDescriptor()      {}
func (Condition) isDescriptor()  {}
func (IfThenElse) isDescriptor() {}
func (Select) isDescriptor()     {}
func (Compose) isDescriptor()    {}

// Entries counts the leaf grants of a descriptor: each Allow, and each record that a Compose names. The service does not
// say how it counts towards its limit ([MaxEntries]); this is the reading that never counts too few.
func Entries(d Descriptor) int {
	count := 0
	switch d := d.(type) {
	case Allowed:
		return 1
	case Compose:
		return len(d.IDs)
	case Group:
		for _, entry := range d.Entries {
			count += Entries(entry)
		}
	case Condition:
		return Entries(d.SubNode)
	case IfThenElse:
		return Entries(d.WhenTrue) + Entries(d.WhenFalse)
	case Select:
		for _, option := range d.Options {
			count += Entries(option.Node)
		}
	}
	return count
}

// Composed lists the records that a descriptor names itself, in the order of the tree.
func Composed(d Descriptor) []string {
	var ids []string
	switch d := d.(type) {
	case Compose:
		return d.IDs
	case Group:
		for _, entry := range d.Entries {
			ids = append(ids, Composed(entry)...)
		}
	case Condition:
		return Composed(d.SubNode)
	case IfThenElse:
		return slices.Concat(Composed(d.WhenTrue), Composed(d.WhenFalse))
	case Select:
		for _, option := range d.Options {
			ids = append(ids, Composed(option.Node)...)
		}
	}
	return ids
}

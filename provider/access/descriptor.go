package access

import "time"

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
	// MaxOpenDuration bounds how long an environment stays open, in whole seconds; 0 means no bound.
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

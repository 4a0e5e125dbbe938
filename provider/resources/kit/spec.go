package kit

import (
	"context"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// Spec is what is a resource's own. Live is what one look at the object in the service returns, None where nothing is looked
// up that way. Hooks that may be nil say so.
type Spec[Args, State, Live any] struct {
	// Noun is what messages call the object: "permission set".
	Noun string
	// Name is the object's name in messages.
	Name func(State) string

	// ID is the object's id, its organization first: see [JoinID]. It is empty while a part is not known yet.
	ID func(State) string
	// IDForm is what an import takes: "organization/name".
	IDForm string
	// Split takes an id apart. Nil: at slashes, into as many parts as IDForm has.
	Split func(id string) ([]string, error)

	// Prepare changes the inputs as the program gave them, before they are decoded, so that marks of secrets and unknowns stay
	// where they are. May be nil.
	Prepare func(op Op, inputs property.Map) property.Map
	// Sets are the paths of lists in which neither order nor duplicates make a difference.
	Sets []string
	// Rules are what is wrong with the inputs.
	Rules func(ctx context.Context, op Op, inputs Args) problem.List

	// Diff compares the inputs with the state: see [Differences] and [Compare].
	Diff func(ctx context.Context, op Op, before State, desired Args) (p.DiffResponse, error)

	// PreviewCreate returns the state that is to be expected, and says what creating the object means.
	PreviewCreate func(ctx context.Context, op Op, desired Args) (State, error)
	// Create creates the object. It returns nil exactly when no object exists afterwards; with a state, an error is a partial
	// failure, from which the next update goes on.
	Create func(ctx context.Context, op Op, desired Args) (*State, error)

	// Look reads the object by the parts of its id. It returns a 404 only for the object itself.
	Look func(ctx context.Context, op Op, id []string) (Live, error)
	// Read returns inputs and state of the object that was looked up, nil for one that was deleted. A 404 that means that it was
	// deleted is marked by [Missing]; any other is an error.
	Read func(ctx context.Context, op Op, id []string, live Live, before Before[Args, State]) (*Found[Args, State], error)

	// PreviewUpdate returns the state that is to be expected, and says what the update means.
	PreviewUpdate func(ctx context.Context, op Op, before State, desired Args) (State, error)
	// Update changes the object. It returns nil with an error exactly when nothing was changed; with a state, an error is a
	// partial failure. A 404 that means that the object was deleted is marked by [Missing], also where an earlier step was done.
	Update func(ctx context.Context, op Op, before State, desired Args) (*State, error)

	// Planned is what the update that was previewed is about to change of who has access; before is nil for a create. An input that is
	// not known yet is [graph.Change.Unknown]. May be nil, for a resource that changes nothing of it.
	Planned func(ctx context.Context, op Op, before *State, desired Args) (organization string, changes graph.Changes)
	// Explains reports whether a preview says who gains and who loses access by what is planned. Nil: always.
	Explains func(op Op, before *State, desired Args) bool

	// Remove deletes the object that was looked up, which is the zero value if it was deleted: the delete is sent all the same,
	// because a look is a single answer. Whether the object still exists is looked up afterwards. May be nil, then there is
	// Delete.
	Remove func(ctx context.Context, op Op, state State, live Live) error
	// Seen returns what Look would, where this process knows it without another look: that the object is there, or that its absence
	// afterwards will mean that it was deleted. May be nil.
	Seen func(op Op, state State) (live Live, seen bool)
	// Left reports whether the object still exists after Remove. Nil: by another Look.
	Left func(ctx context.Context, op Op, id []string) (bool, error)
	// Stays ends the message about an object that still exists, with what to do: ": run again".
	Stays string
	// Removed is called once the object does not exist any more. May be nil.
	Removed func(op Op, state State, live Live)
	// Delete does the whole of a deletion that is not one call about one object. May be nil.
	Delete func(ctx context.Context, op Op, state State) error
}

// None is the Live of a resource whose object is not looked up as one.
type None = struct{}

// Before is what the engine knows of an object that is read; both are empty at an import.
type Before[Args, State any] struct {
	Inputs Args
	State  State
}

// Found is an object that was read.
type Found[Args, State any] struct {
	Inputs Args
	State  State
}

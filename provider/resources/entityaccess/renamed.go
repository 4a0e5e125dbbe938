package entityaccess

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// A stack that is renamed, or moved to another project, keeps its id and every grant on it, while its old name leads nowhere, or to
// another stack. What this resource granted is then looked for by the id.

// renamedError is that of a stack on which this resource granted something, and which has another name now.
type renamedError struct{ from, to access.EntityRef }

func (e *renamedError) Error() string {
	return fmt.Sprintf("%s on which this resource granted access was renamed to %s, and keeps its grants. Run `pulumi refresh`, then set stack to the "+
		"new name; if another stack is meant that has the old name now, the update after the refresh takes the grants of %[2]s away", e.from, e.to)
}

// findRenamed looks for a stack by the id that the state has where its name did not lead to it. The error is a *[renamedError] where it
// has another name.
func (r *reconciler) findRenamed(ctx context.Context, now actual, err error) error {
	id := r.before.EntityID
	if r.ref.Kind != access.Stack || id == "" || err == nil && now.id == id || err != nil && !isMissing(err) {
		return err
	}
	for stack, listErr := range r.client.Stacks(ctx, r.organization) {
		if listErr != nil {
			return fmt.Errorf("whether %s was renamed could not be read: %w", r.ref, listErr) // not that it was not found
		}
		if stack.ID == id {
			return &renamedError{r.ref, access.EntityRef{Kind: access.Stack, Project: stack.Project, Name: stack.Name}}
		}
	}
	return err
}

// renamedTo returns where the error says that a stack is, with a warning.
func renamedTo(ctx context.Context, err error) (*types.StackRef, bool) {
	var renamed *renamedError
	if !errors.As(err, &renamed) {
		return nil, false
	}
	wire.Log(ctx).Warningf("%s was renamed to %s: what this resource granted is looked for there", renamed.from, renamed.to)
	return &types.StackRef{Project: renamed.to.Project, Stack: renamed.to.Name}, true
}

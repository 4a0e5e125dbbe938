package resources

import (
	"context"
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// refuseToLeave fails where a gate in force would go while its environment is protected: the environment would stay behind
// without its guard.
func (g gateKeeper) refuseToLeave(ctx context.Context, state ApprovalGateState, doing string) error {
	protected, err := protectedFromDeletion(ctx, g.session, state.Organization, state.Project, state.Environment)
	switch {
	case err != nil:
		return fmt.Errorf("gate %q: whether environment %s is protected from deletion could not be read, so the gate stays: %w",
			state.Name, state.path(), err)
	case !protected:
		return nil
	}
	return fmt.Errorf("gate %q guards environment %s, which is protected from deletion: the gate stays as long as the protection, and %s. "+
		"To take the environment down, set its deletionProtected to false, run `pulumi up`, then remove both. To do without the "+
		"approval%s", state.Name, state.path(), doing, withoutApproval(wire.Component(ctx)))
}

// withoutApproval is what to do to keep the environment without its gate, where the gate is declared in that component.
func withoutApproval(component string) string {
	switch component {
	case "":
		return ", set `enabled: false` on the gate and run `pulumi up` first"
	case "BreakGlass":
		return " and keep the environment: put the BreakGlass back, with `members: []` if nobody is to have the access any more, set the " +
			"environment's deletionProtected to false, and run `pulumi up`; then remove the BreakGlass and run `pulumi up`; then protect the " +
			"environment again"
	}
	return ", set `enabled: false` in openApproval or updateApproval of the " + component + " and run `pulumi up` first"
}

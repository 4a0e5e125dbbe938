package environment

import (
	"context"
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/borrowing"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

// previewCreate warns of a name that is taken, and of the logins that the definition borrows.
func previewCreate(ctx context.Context, op kit.Op, desired Args) (State, error) {
	warnTaken(ctx, op, desired)
	warnBorrowed(ctx, op, desired)
	return State{}.with(desired), nil
}

// previewUpdate says which tags go, which changes wait for an approval, and which logins the definition borrows.
func previewUpdate(
	ctx context.Context, op kit.Op, before State, desired Args,
) (State, error) {
	e := writerOf(op, before)
	e.warnTags(ctx, op, desired)
	e.warnWaiting(ctx, op, desired)
	if ptr.Value(desired.Definition) != ptr.Value(before.Definition) {
		warnBorrowed(ctx, op, desired)
	}
	return before.with(desired), nil
}

// warnTaken looks for an environment of that name.
func warnTaken(ctx context.Context, op kit.Op, desired Args) {
	if op.Unknown(kit.OrganizationProperty, "project", "name") {
		return
	}
	organization := ptr.Value(desired.Organization)
	if _, err := op.Session.Client.EnvironmentMetadata(ctx, organization, desired.Project, desired.Name); err == nil {
		kit.WarnTaken(ctx, op.Session, fmt.Sprintf("environment %q", desired.path()), kit.JoinID(organization, desired.Project, desired.Name))
	}
}

// warnBorrowed says at preview whose logins the definition borrows, as far as it is known.
func warnBorrowed(ctx context.Context, op kit.Op, desired Args) {
	imports, err := esc.ImportsIn(ptr.Value(desired.Definition))
	if err != nil {
		return // the check reports it
	}
	borrowing.WarnExisting(ctx, op.Session, ptr.Value(desired.Organization), desired.path(), imports)
}

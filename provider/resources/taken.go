package resources

import (
	"context"
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
)

// What stands here tells at the preview of a create that the name is taken. It never fails: the same update may free the name,
// by a deletion or a new name. What this token may not read says nothing. Each look is one list or one read.

// warnTakenEnvironment looks for an environment of that name.
func warnTakenEnvironment(ctx context.Context, current *session.Session, want EnvironmentArgs) {
	if !allGiven(ctx, "project", "name") {
		return
	}
	organization := text(want.Organization)
	if _, err := current.Client.EnvironmentMetadata(ctx, organization, want.Project, want.Name); err == nil {
		warnTaken(ctx, fmt.Sprintf("environment %q", want.Project+"/"+want.Name), environmentID(organization, want.Project, want.Name))
	}
}

package resources

import (
	"context"
	"fmt"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
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

// noteTakenTokens tells which tokens there are of the name that is asked for: the new one is numbered after them.
func (w *tokenWriter) noteTakenTokens(ctx context.Context, want MachineTokenState) {
	if !allGiven(ctx, "name", "team") {
		return
	}
	var there []string
	for token, err := range w.list(ctx) {
		if err != nil {
			return
		}
		if isGeneration(token.Name, want.Name) {
			there = append(there, token.Name)
		}
	}
	if len(there) > 0 {
		wire.Log(ctx).Warningf("token %q: there are tokens of this name already, which this resource does not manage: %s. The new one gets the "+
			"next name that is free. If this resource was renamed in the program, give it the alias of its old name: aliases: [{name: OLD-NAME}]; "+
			"if another program makes them, choose another name", want.Name, shortlist.Of(there, 20))
	}
}

// isGeneration reports whether a token is called by a name and the number of a generation.
func isGeneration(token, name string) bool {
	number, cut := strings.CutPrefix(token, name+"-")
	return cut && number != "" && strings.Trim(number, "0123456789") == ""
}

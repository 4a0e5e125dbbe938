package kit

import (
	"context"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// WarnRemovals tells at preview what an update would take away.
func WarnRemovals(ctx context.Context, heading string, lines []string) {
	if len(lines) > 0 {
		wire.Log(ctx).Warning(Bulleted(heading, lines))
	}
}

// NoteGains tells at preview what an update would give.
func NoteGains(ctx context.Context, heading string, lines []string) {
	if len(lines) > 0 {
		wire.Log(ctx).Info(Bulleted(heading, lines))
	}
}

// Bulleted is [shortlist.Bulleted].
func Bulleted(heading string, lines []string) string { return shortlist.Bulleted(heading, lines) }

// Progress shows a line in the CLI that the next one replaces.
func Progress(ctx context.Context, format string, args ...any) {
	wire.Log(ctx).InfoStatusf(format, args...)
}

// WarnTaken says at the preview of a create that the name is taken. It is a warning: the same update may free the name, by a
// deletion or a new name.
func WarnTaken(ctx context.Context, current *session.Session, object, id string) {
	wire.Log(ctx).Warningf("%s exists already, so an update cannot create it, unless the same update deletes or renames it first. %s. If "+
		"this is a resource or component that was renamed in the program, give it the alias of its old name: aliases: [{name: OLD-NAME}]",
		object, TakeOver(ctx, current, id))
}

// AllGiven reports whether the organization and these inputs are known, so that it can be asked for what they name.
func AllGiven(ctx context.Context, inputs ...string) bool {
	return !Op{Unknowns: wire.UnknownInputs(ctx)}.Unknown(append(inputs, OrganizationProperty)...)
}

// Package entitygrants reads what single people are assigned on single entities.
package entitygrants

import (
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

// UnlistedError is that of an organization whose assignments cannot be listed.
type UnlistedError struct{ Organization, On string }

// Error says what cannot be listed, and what to use instead.
func (e *UnlistedError) Error() string {
	return fmt.Sprintf("organization %q does not have permission sets for single people on single entities (entityUserAssignmentsEnabled), "+
		"so who holds direct grants on %s cannot be listed. Manage grants of teams with TeamAccess, and creators of stacks with StackOwner",
		e.Organization, e.On)
}

// RequireListing refuses an organization whose assignments cannot be listed: an empty answer there would not mean that nobody
// holds anything.
func RequireListing(organization string, seen cloud.Organization, on string) error {
	if seen.Features.UserAssignments {
		return nil
	}
	return &UnlistedError{Organization: organization, On: on}
}

// Level is the built-in level that permission sets (ids) amount to: where they are one, and that is built in.
func Level(kind access.EntityKind, known []cloud.PermissionSet, ids []string) (access.Level, bool) {
	if len(ids) != 1 {
		return "", false
	}
	at := slices.IndexFunc(known, func(set cloud.PermissionSet) bool { return set.ID == ids[0] })
	if at < 0 {
		return "", false
	}
	for _, level := range access.Levels(kind) {
		if known[at].DefaultIdentifier == access.SetIdentifier(kind, level) {
			return level, true
		}
	}
	return "", false
}

package resources

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// warnRemovals tells at preview what an update would take away.
func warnRemovals(ctx context.Context, heading string, lines []string) {
	if len(lines) > 0 {
		wire.Log(ctx).Warning(bulleted(heading, lines))
	}
}

// noteGains tells at preview what an update would give.
func noteGains(ctx context.Context, heading string, lines []string) {
	if len(lines) > 0 {
		wire.Log(ctx).Info(bulleted(heading, lines))
	}
}

// bulleted is a heading with a line each, up to 20, then a count.
func bulleted(heading string, lines []string) string {
	if len(lines) == 0 {
		return heading
	}
	return heading + "\n  - " + shortlist.Joined(lines, 20, "\n  - ", "\n  ... and ")
}

// progress shows a line in the CLI that the next one replaces.
func progress(ctx context.Context, format string, args ...any) {
	wire.Log(ctx).InfoStatusf(format, args...)
}

// partly turns the failure of a step into one that keeps the state of the steps before it: the next update goes on from
// there. Where the outcome of the step is not known, it reads first what is there.
func partly(err error) error {
	return partialFailure{infer.ResourceInitFailedError{Reasons: []string{err.Error()}}, err}
}

// partlySettled is partly for a resource whose updates begin with what is there in any case.
func partlySettled(err error) error {
	return infer.ResourceInitFailedError{Reasons: []string{err.Error()}}
}

type partialFailure struct {
	infer.ResourceInitFailedError
	cause error
}

func (f partialFailure) Unwrap() []error { return []error{f.ResourceInitFailedError, f.cause} }

// requireSight decides what a 404 means. It returns nil when the object is gone, that is when the caller administers
// the organization and so would see it; an error that names both possibilities when the caller may just not see it;
// and any other error as it is. A delete is sent all the same: the look before it was a single answer.
func requireSight(ctx context.Context, current *session.Session, organization string, err error) error {
	if !errors.Is(err, cloud.ErrNotFound) {
		return err
	}
	seen, sightErr := current.Client.Organization(ctx, organization)
	if sightErr != nil {
		return fmt.Errorf("%w\n  whether it is gone could not be decided: %w", err, sightErr)
	}
	if seen.IsAdmin() {
		return nil
	}
	return fmt.Errorf("%w\n  It is missing, or not visible to this token, whose role in organization %q is %q. "+
		"Run again with an organization administrator's token; "+
		"if you know that it is gone, remove it from the state with `pulumi state delete`", err, organization, seen.UserRole)
}

// splitID takes a resource id apart; form shows what it looks like.
func splitID(id string, parts int, form string) ([]string, error) {
	split := strings.Split(id, "/")
	if len(split) != parts {
		return nil, fmt.Errorf("%q is not an id of this resource: write it as %s", id, form)
	}
	for _, part := range split {
		if part == "" {
			return nil, fmt.Errorf("%q is not an id of this resource: a part is empty; write it as %s", id, form)
		}
	}
	return split, nil
}

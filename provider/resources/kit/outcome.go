package kit

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
)

// Partial turns the failure of a step into one that keeps the state of the steps before it: the next update goes on from
// there. Where the outcome of the step is not known, it reads first what is there. One that is partial already, and nil, stay as
// they are.
func Partial(err error) error {
	if err == nil || isPartial(err) {
		return err
	}
	return partialFailure{initFailed(err), err}
}

// PartialSettled is Partial for a resource whose updates begin with what is there in any case.
func PartialSettled(err error) error {
	if err == nil || isPartial(err) {
		return err
	}
	return initFailed(err)
}

func initFailed(err error) infer.ResourceInitFailedError {
	return infer.ResourceInitFailedError{Reasons: []string{err.Error()}}
}

type partialFailure struct {
	infer.ResourceInitFailedError
	cause error
}

func (f partialFailure) Unwrap() []error { return []error{f.ResourceInitFailedError, f.cause} }

func isPartial(err error) bool {
	var partial infer.ResourceInitFailedError
	return errors.As(err, &partial)
}

// Reached is the result of a step that reports by [Partial] whether there is a state to keep.
func Reached[State any](state State, err error) (*State, error) {
	if err != nil && !isPartial(err) {
		return nil, err
	}
	return &state, err
}

// missingError is a 404 that means that the object itself was not found.
type missingError struct{ error }

func (e missingError) Unwrap() error { return e.error }

// Missing marks a 404 as one on the object itself. Other errors, and nil, stay as they are.
func Missing(err error) error {
	if !cloud.IsNotFound(err) {
		return err
	}
	return missingError{err}
}

func isMissing(err error) bool {
	var missing missingError
	return errors.As(err, &missing)
}

// Twice looks again at what was not found: what is taken for deleted is given up, and a single answer may be wrong.
func Twice[Live any](look func() (Live, error)) (Live, error) {
	live, err := look()
	if errors.Is(err, cloud.ErrNotFound) {
		return look()
	}
	return live, err
}

// RequireSight decides what a 404 means. It returns nil when the object was deleted, that is when the caller administers
// the organization and so would see it; an error that names both possibilities when the caller may just not see it;
// and any other error as it is. A delete is sent all the same: the look before it was a single answer.
func RequireSight(ctx context.Context, current *session.Session, organization string, err error) error {
	if !errors.Is(err, cloud.ErrNotFound) {
		return err
	}
	seen, sightErr := current.Client.Organization(ctx, organization)
	if sightErr != nil {
		return fmt.Errorf("%w\n  whether it was deleted could not be decided: %w", err, sightErr)
	}
	if seen.IsAdmin() {
		return nil
	}
	return fmt.Errorf("%w\n  It is missing, or not visible to this token, whose role in organization %q is %q. "+
		"Run again with an organization administrator's token; "+
		"if you know that it was deleted, remove it from the state with `pulumi state delete`", err, organization, seen.UserRole)
}

// ExistsAlready says what to do about a create that meets an object of that name.
func ExistsAlready(ctx context.Context, current *session.Session, err error, object, id string) error {
	if !errors.Is(err, cloud.ErrConflict) {
		return err
	}
	return fmt.Errorf("%w\n  %s exists already. %s. If it was renamed in the program, give it the alias of its old name: "+
		"aliases: [{name: OLD-NAME}]. If you cannot find it, it is not visible to this token", err, object, TakeOver(ctx, current, id))
}

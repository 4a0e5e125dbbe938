package resources

import (
	"errors"
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

// lockOutError is the refusal of a change that would lock its caller out.
type lockOutError struct{ text string }

func (e *lockOutError) Error() string { return e.text }

// asLockOut is the refusal among errors, and what the token may not read for it: an update would stop at either. It is nil
// for any other error.
func asLockOut(err error) error {
	var refused *lockOutError
	if errors.As(err, &refused) {
		return refused
	}
	if errors.Is(err, cloud.ErrForbidden) {
		return fmt.Errorf("whether this would lock the caller out could not be read, and is not checked with allow: [lockOut]: %w", err)
	}
	return nil
}

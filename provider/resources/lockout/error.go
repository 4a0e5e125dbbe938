package lockout

import (
	"errors"
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

// Error is the refusal of a change that would lock its caller out.
type Error struct{ Text string }

// Error is the refusal.
func (e *Error) Error() string { return e.Text }

// AsRefusal is the refusal among errors, and what the token may not read for it: an update would stop at either. It is nil
// for any other error.
func AsRefusal(err error) error {
	var refused *Error
	if errors.As(err, &refused) {
		return refused
	}
	if errors.Is(err, cloud.ErrForbidden) {
		return fmt.Errorf("whether this would lock the caller out could not be read, and is not checked with allow: [lockOut]: %w", err)
	}
	return nil
}

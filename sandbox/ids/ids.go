// Package ids derives ids from the names of objects: two sandboxes that get the same calls give out the same ids. Use [Fixed].
package ids

import (
	"fmt"

	"github.com/google/uuid"
)

// space sets the ids of sandboxes apart from others that are made in the same way.
var space = uuid.MustParse("6f1c2d7e-8a54-4a6e-9d0c-5b6f0d1e7a11")

// Fixed is the id of something of which there is only one, ever.
func Fixed(parts ...string) string {
	return uuid.NewSHA1(space, fmt.Appendf(nil, "%q", parts)).String()
}

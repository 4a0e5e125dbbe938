// Package tokenlife checks how long machine tokens live and when they are rotated. Call [Check].
package tokenlife

import (
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
)

// maxTokenLife is the service's limit of two years, as it holds in every calendar.
const maxTokenLife = 730 * timetext.Day

// Check returns what is wrong with how long a machine token lives, when it is rotated, and how long the one before
// is kept, at `expiresIn`, `rotateBefore` and `gracePeriod`.
func Check(expiresIn string, rotateBefore, gracePeriod *string) problem.List {
	var problems problem.List
	life := map[string]time.Duration{}
	for _, given := range []struct {
		path string
		text *string
	}{{"expiresIn", &expiresIn}, {"rotateBefore", rotateBefore}, {"gracePeriod", gracePeriod}} {
		if given.text == nil {
			continue
		}
		d, err := timetext.ParseDuration(*given.text)
		switch {
		case err != nil:
			problems.Add(given.path, "%v", err)
		case d%time.Second != 0:
			problems.Add(given.path, "%s is not a whole number of seconds", *given.text)
		default:
			life[given.path] = d
		}
	}
	total, known := life["expiresIn"]
	if known && total > maxTokenLife {
		problems.Add("expiresIn", "%s is longer than the two years (730d) that Pulumi Cloud lets a token live", expiresIn)
	}
	if known && life["rotateBefore"]+life["gracePeriod"] >= total {
		path := "rotateBefore"
		if rotateBefore == nil {
			path = "gracePeriod"
		}
		problems.Add(path, "rotateBefore and gracePeriod together must be shorter than expiresIn (%s): the token would be rotated at every update",
			expiresIn)
	}
	return problems
}

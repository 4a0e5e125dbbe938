package codify_test

import (
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/codify"
)

// Whatever pattern is given selects objects of the plan or is an error, and what it excludes is not among what it selects.
func FuzzSelect(f *testing.F) {
	for _, pattern := range []string{"", "*", "team:*", "team:pay*ments", "payments/prod", "[", "\\", "a.b", "**", "\x00", "é"} {
		f.Add(pattern, "team:payments")
		f.Add("*", pattern)
	}
	plan := codify.Plan{Organization: "acme", Objects: []codify.Object{
		{Key: "team:payments", Type: "Team", Name: "payments"}, {Key: "environment:payments/prod", Type: "Environment", Name: "prod"},
	}}
	f.Fuzz(func(t *testing.T, only, exclude string) {
		without, err := plan.Select(nil, []string{exclude})
		if err != nil {
			return
		}
		both, err := plan.Select([]string{only}, []string{exclude})
		if err == nil && len(both.Objects) > len(without.Objects) {
			t.Fatalf("%q without %q selects %d objects", only, exclude, len(both.Objects))
		}
	})
}

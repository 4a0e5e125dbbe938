package cloudlogin

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
)

func TestRoleNamesAreDistinctProperty(t *testing.T) {
	t.Parallel()
	role := rapid.StringMatching(`(roles/|projects/p/)?[ab]([-/][ab]){0,3}`)
	rapid.Check(t, func(t *rapid.T) {
		roles := kit.Distinct(rapid.SliceOfN(role, 1, 5).Draw(t, "roles"))
		if names := roleNames(roles); len(kit.Distinct(names)) != len(roles) {
			t.Fatalf("%q are called %q", roles, names)
		}
	})
}

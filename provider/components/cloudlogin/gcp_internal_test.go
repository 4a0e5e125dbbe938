package cloudlogin

import (
	"testing"

	"pgregory.net/rapid"
)

func TestRoleNamesAreDistinctProperty(t *testing.T) {
	t.Parallel()
	role := rapid.StringMatching(`(roles/|projects/p/)?[ab]([-/][ab]){0,3}`)
	rapid.Check(t, func(t *rapid.T) {
		roles := distinctRoles(rapid.SliceOfN(role, 1, 5).Draw(t, "roles"))
		if names := roleNames(roles); len(distinctRoles(names)) != len(roles) {
			t.Fatalf("%q are called %q", roles, names)
		}
	})
}

package resources_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// A resource that is renamed without an alias, or replaced by another kind of the same, is deleted after the new one was created. The
// delete takes nothing that the new one declares.
func TestRenamedResourcesKeepWhatTheNewOneDeclares(t *testing.T) {
	t.Parallel()
	sandbox := servertest.Start(t, server.Options{Seed: []byte(resourcetest.Granted)})
	w := resourcetest.On(t, sandbox)
	named := func(kind, name string, inputs map[string]any) enginetest.Declared {
		return enginetest.Declared{Type: kind, Name: name, Inputs: inputs}
	}
	developer := w.RoleID("developer")
	access := map[string]any{"team": "payments", "roleIds": []any{developer},
		"stacks":   []any{map[string]any{"project": "payments", "stack": "dev", "permission": "write"}},
		"accounts": []any{map[string]any{"account": "aws-prod", "permission": "read"}}}
	members := map[string]any{"team": "payments", "members": []any{"ana"}}
	settings := map[string]any{"defaultStackPermission": "read"}
	for name, test := range map[string]struct {
		before, after enginetest.Declared
		holds         func() any
		stays         bool // also after a destroy: what was there before went with the first one
	}{
		"TeamAccess": {named("TeamAccess", "a", access), named("TeamAccess", "b", access), func() any {
			team := w.Team("payments")
			return []any{team.RoleIDs, team.Stacks, team.Accounts}
		}, false},
		"TeamMembers": {named("TeamMembers", "a", members), named("TeamMembers", "b", members), func() any { return w.Members("payments") }, false},
		"OrganizationSettings": {named("OrganizationSettings", "a", settings), named("OrganizationSettings", "b", settings), func() any {
			return w.Metadata()["defaultStackPermission"]
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			e := enginetest.New(t, sandbox, servertest.NewWatcher(func(servertest.Write) {}))
			untouched := test.holds()
			require.NoError(t, e.Up(test.before))
			declared := test.holds()
			require.NotEqual(t, untouched, declared)
			require.NoError(t, e.Up(test.after))
			assert.Equal(t, declared, test.holds())
			require.NoError(t, e.Up(test.before))
			assert.Equal(t, declared, test.holds())
			require.NoError(t, e.Destroy())
			if test.stays {
				untouched = declared
			}
			assert.Equal(t, untouched, test.holds())
		})
	}
}

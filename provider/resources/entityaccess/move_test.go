package entityaccess_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// Mode report changes nothing, so it is not set in the update that moves to another entity, which would take away what was granted.
func TestMovingInModeReportIsRefused(t *testing.T) {
	t.Parallel()
	w := newWatched(t, access.Stack)
	declared := func(stack, mode string) enginetest.Declared {
		return enginetest.Declared{Type: "EntityAccess", Name: "x", Inputs: map[string]any{
			"stack": map[string]any{"project": "payments", "stack": stack}, "users": list{user("di", "read")}, "mode": mode,
		}}
	}
	require.NoError(t, w.engine.Up(declared("prod", "enforce")))
	granted := held(w.World, access.Stack)
	w.watcher.FailAt(0, servertest.Refused, false)
	require.ErrorContains(t, w.engine.Up(declared("dev", "report")), "Update twice")
	assert.Empty(t, w.watcher.Writes())
	require.NoError(t, w.engine.Up(declared("prod", "report")))
	require.NoError(t, w.engine.Up(declared("dev", "report")))
	assert.Empty(t, w.watcher.Writes())
	assert.Equal(t, granted, held(w.World, access.Stack))
}

// An owner by tags is held against an EntityAccess on what carries them, whichever comes first.
func TestOwnersByTagsAreHeldAgainstEntityAccess(t *testing.T) {
	t.Parallel()
	w := newWatched(t, access.Stack)
	w.Admin("POST", "/api/stacks/acme/payments/prod/tags", map[string]any{"name": "tier", "value": "prod"})
	entity := enginetest.Declared{Type: "EntityAccess", Name: "x", Inputs: onStack(map[string]any{"users": list{user("di", "read")}})}
	owner := func(tier string, keep ...any) enginetest.Declared {
		return enginetest.Declared{Type: "StackOwner", Name: "o", Inputs: map[string]any{
			"tags": map[string]any{"tier": tier}, "owner": "bo", "keep": append(list{}, keep...),
		}}
	}
	for _, program := range [][]enginetest.Declared{{entity, owner("prod", "bo")}, {owner("prod", "bo"), entity}} {
		require.ErrorContains(t, w.engine.Preview(program...), "are owned by")
	}
	require.NoError(t, w.engine.Preview(entity, owner("prod", "DI")))
	require.NoError(t, w.engine.Preview(entity, owner("dev", "bo")))
}

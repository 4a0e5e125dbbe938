package stackowner_test

import (
	"cmp"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// assignable are the stacks of owned, in an organization with a custom permission set.
var assignable = strings.Replace(owned, "stacks:\n", `  - {name: auditors, purpose: set, resourceType: stack, scopes: ["stack:read"]}
stacks:
`, 1)

const auditors = "auditors"

func stackID(w resourcetest.World) string {
	w.T.Helper()
	stack, err := w.Client(w.Token).Stack(w.T.Context(), "acme", "payments", "dev")
	require.NoError(w.T, err)
	return stack.ID
}

// assign gives somebody a permission set on payments/dev: a built-in level, or the custom set.
func assign(w resourcetest.World, login, level string) {
	w.T.Helper()
	set := ""
	if level == auditors {
		sets, err := w.Client(w.Token).Roles(w.T.Context(), "acme", cloud.PurposeSet)
		require.NoError(w.T, err)
		for _, one := range sets {
			if one.Name == auditors {
				set = one.ID
			}
		}
	} else {
		set = w.SetID("stack-" + level)
	}
	require.NoError(w.T, w.Client(w.Token).Assign(w.T.Context(), "acme", access.Stack, stackID(w), login, set))
}

// held is the owner of payments/dev, and what people hold on it by whichever list.
func held(w resourcetest.World) (owner string, holds map[string]string) {
	w.T.Helper()
	client := w.Client(w.Token)
	owner, err := client.StackOwner(w.T.Context(), "acme", "payments", "dev")
	require.NoError(w.T, err)
	found, err := client.EntityAssignments(w.T.Context(), "acme", access.Stack, stackID(w))
	require.NoError(w.T, err)
	names := map[string]string{}
	for _, set := range found.Sets {
		names[set.ID] = cmp.Or(strings.TrimPrefix(set.DefaultIdentifier, "stack-"), set.Name)
	}
	holds = map[string]string{}
	for _, one := range found.Users {
		holds[one.Login] = names[one.SetID]
	}
	return owner, holds
}

// A permission set that a person is assigned is a direct grant, which the list of collaborators does not show.
func TestAssignedPermissionSetsAreDirectGrants(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, assignable)
	assign(w, "di", auditors)
	assign(w, "cy", "write")
	e := w.Resource("StackOwner")
	_, err := e.Preview(resourcetest.OwnerInputs(nil))
	require.NoError(t, err)
	said := e.Said()
	assert.Contains(t, said, "payments/dev: the permissionSet ")
	assert.Contains(t, said, " grant of di")
	assert.Contains(t, said, "payments/dev: the write grant of cy")
	kept := resourcetest.OwnerInputs(map[string]any{"keep": []string{"di"}})
	require.NoError(t, e.Up(kept))
	owner, holds := held(w)
	assert.Equal(t, "ana", owner)
	assert.Equal(t, map[string]string{"di": auditors}, holds)
	e.Settled(kept)
	require.NoError(t, e.Up(resourcetest.OwnerInputs(nil)))
	_, holds = held(w)
	assert.Empty(t, holds)

	assign(w, "di", auditors)
	require.NoError(t, e.Refresh())
	assert.Equal(t, []string{"stacks"}, resourcetest.Changed(e.Diff(resourcetest.OwnerInputs(nil))), "it is drift")
	imported := w.Resource("StackOwner")
	require.NoError(t, imported.Adopt("acme/payments/dev"))
	assert.Contains(t, resourcetest.Show(imported.Inputs.Get("keep")), "di")
}

// An organization without permission sets for single people has collaborators alone.
func TestOrganizationWithoutAssignments(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	_, metadata := w.Call(w.Token, http.MethodGet, "/api/orgs/acme/metadata", nil)
	off := strings.Replace(string(metadata), `"entityUserAssignmentsEnabled":true`, `"entityUserAssignmentsEnabled":false`, 1)
	require.NotEqual(t, string(metadata), off)
	w.Reset()
	w.Fault(servertest.Fault{Match: resourcetest.OrganizationRoute, Body: &off, Times: 9})
	e := w.Resource("StackOwner")
	require.NoError(t, e.Up(resourcetest.OwnerInputs(nil)))
	assert.Equal(t, "ana:", ownership(w, "payments/dev"))
	assert.Zero(t, w.Calls()[listRoute])
}

// The law of ownership with a failure at any write: the next update, or a refresh and then the update, ends with the declared owner, with what
// those in keep held, whatever a change of the owner took, and with nothing that anybody else holds.
func TestKeptHoldWhatTheyHeldAfterAFailureAtAnyWrite(t *testing.T) {
	t.Parallel()
	people := []string{"ana", "bo", "cy", "di"}
	sandbox := servertest.Start(t, server.Options{Seed: []byte(assignable)})
	w, watcher := resourcetest.On(t, sandbox), servertest.NewWatcher(nil)
	engine := enginetest.New(t, sandbox, watcher)
	empty, nothing := w.History(), engine.Snapshot()
	rapid.Check(t, func(t *rapid.T) {
		watcher.FailAt(0, servertest.Refused, false)
		watcher.After(nil)
		w.Restore(empty)
		engine.Restore(nothing)
		for _, login := range people {
			if rapid.Bool().Draw(t, "assigned") {
				assign(w, login, rapid.SampledFrom([]string{"read", "write", "admin", auditors}).Draw(t, "level"))
			}
		}
		_, want := held(w)
		owner, keep := rapid.SampledFrom(people).Draw(t, "owner"), []string{}
		for _, login := range people {
			if rapid.Bool().Draw(t, "keep "+login) {
				keep = append(keep, login)
			} else {
				delete(want, login)
			}
		}
		program := enginetest.Declared{Type: "StackOwner", Name: "x", Inputs: resourcetest.OwnerInputs(map[string]any{"owner": owner, "keep": keep})}
		if rapid.Bool().Draw(t, "takes") { // the service takes the grant of the owner before
			taken := false
			watcher.After(func(write servertest.Write) {
				if now, _ := held(w); strings.HasSuffix(write.Path, "/ownership") && now == owner && !taken {
					taken = true
					require.NoError(t, w.Client(w.Token).Unassign(w.T.Context(), "acme", access.Stack, stackID(w), "bo"))
				}
			})
		}
		how := rapid.SampledFrom(servertest.Failures).Draw(t, "how")
		watcher.FailAt(rapid.IntRange(0, 5).Draw(t, "fail at"), how, rapid.Bool().Draw(t, "outage"))
		failed := engine.Up(program)
		watcher.FailAt(0, servertest.Refused, false)
		if rapid.Bool().Draw(t, "refresh") {
			_, err := engine.Refresh()
			require.NoError(t, err)
		}
		require.NoError(t, engine.Up(program), "after %v", failed)
		now, holds := held(w)
		require.Equal(t, owner, now, "after %v", failed)
		require.True(t, maps.Equal(want, holds), "want %v, holds %v, after %v", want, holds, failed)
		watcher.FailAt(0, servertest.Refused, false)
		require.NoError(t, engine.Up(program))
		require.Empty(t, watcher.Writes(), "a no-op writes nothing")
	})
}

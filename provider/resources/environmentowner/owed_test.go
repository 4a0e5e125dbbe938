package environmentowner_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// What a change of the owner took from somebody in keep and could not be given back at once is recorded: previews name it, and the next update
// gives it back, after a refresh too.
func TestOwedGrantIsGivenBackByTheNextUpdate(t *testing.T) {
	t.Parallel()
	kept := inputs(object{"keep": []string{"bo"}})
	for _, held := range []string{"admin", "open", auditors} {
		for _, refresh := range []bool{false, true} {
			t.Run(held, func(t *testing.T) {
				t.Parallel()
				w := resourcetest.New(t, owned)
				assign(w, "payments/dev", "bo", held)
				watcher := servertest.NewWatcher(nil)
				e := w.Through(t.Context(), &http.Client{Transport: watcher}, w.Token, "EnvironmentOwner")
				watcher.FailAt(3, servertest.Refused, false)
				require.ErrorContains(t, e.Up(kept), "the next update tries again")
				watcher.FailAt(0, servertest.Refused, false)
				assert.Equal(t, "ana:", ownership(w, "payments/dev"))
				assert.Contains(t, resourcetest.Show(e.State.Get("environments")), "owed: [{login: bo, permission: ")
				if refresh {
					require.NoError(t, e.Refresh())
				}
				assert.Contains(t, resourcetest.Changed(e.Diff(kept)), "environments")
				e.Said()
				_, err := e.Preview(kept)
				require.NoError(t, err)
				assert.Contains(t, e.Said(), "an update would give back")
				require.NoError(t, e.Up(kept))
				assert.Equal(t, "ana: bo="+held, ownership(w, "payments/dev"))
				assert.NotContains(t, resourcetest.Show(e.State.Get("environments")), "owed")
				e.Settled(kept)
			})
		}
	}
}

// The grants could not be read after the change of the owner, so that nobody knows what it took.
func TestOwedGrantAfterAReadThatFails(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	forbidden := false
	watcher := servertest.NewWatcher(func(write servertest.Write) {
		if strings.HasSuffix(write.Path, "/ownership") && !forbidden {
			forbidden = true
			w.Fault(servertest.Fault{Match: listRoute, Status: http.StatusForbidden, Times: 3})
		}
	})
	e := w.Through(t.Context(), &http.Client{Transport: watcher}, w.Token, "EnvironmentOwner")
	kept := inputs(object{"keep": []string{"ana", "bo"}})
	require.ErrorContains(t, e.Up(kept), "reading back who holds direct grants")
	w.Call(w.Token, "DELETE", "/_sandbox/faults", nil)
	assert.Equal(t, "ana: ana=admin", ownership(w, "payments/dev"))
	require.NoError(t, e.Up(kept))
	assert.Equal(t, "ana: ana=admin bo=admin", ownership(w, "payments/dev"))
	e.Settled(kept)
}

// Who left keep, or was given something else in the meantime, is not given back anything. A destroy gives back what is owed.
func TestOwedGrantThatIsNotDueAnyMore(t *testing.T) {
	t.Parallel()
	kept := inputs(object{"keep": []string{"bo"}})
	failed := func(t *testing.T) (resourcetest.World, *resourcetest.Engine) {
		w := resourcetest.New(t, owned)
		watcher := servertest.NewWatcher(nil)
		e := w.Through(t.Context(), &http.Client{Transport: watcher}, w.Token, "EnvironmentOwner")
		watcher.FailAt(3, servertest.Refused, false)
		require.Error(t, e.Up(kept))
		watcher.FailAt(0, servertest.Refused, false)
		return w, e
	}
	t.Run("left keep", func(t *testing.T) {
		t.Parallel()
		w, e := failed(t)
		require.NoError(t, e.Up(inputs(nil)))
		assert.Equal(t, "ana:", ownership(w, "payments/dev"))
		require.NoError(t, e.Up(kept))
		assert.Equal(t, "ana:", ownership(w, "payments/dev"), "what left keep was given up")
	})
	t.Run("holds something else", func(t *testing.T) {
		t.Parallel()
		w, e := failed(t)
		assign(w, "payments/dev", "bo", "read")
		e.Said()
		require.NoError(t, e.Up(kept))
		assert.Equal(t, "ana: bo=read", ownership(w, "payments/dev"))
		assert.Contains(t, e.Said(), "the admin grant of bo is not given back, because bo holds read there by now")
	})
	t.Run("owns again", func(t *testing.T) {
		t.Parallel()
		w, e := failed(t)
		back := inputs(object{"owner": "bo", "keep": []string{"bo"}})
		require.NoError(t, e.Up(back))
		assert.Equal(t, "bo: bo=admin", ownership(w, "payments/dev"))
		e.Settled(back)
	})
	t.Run("destroy", func(t *testing.T) {
		t.Parallel()
		w, e := failed(t)
		require.NoError(t, e.Destroy())
		assert.Equal(t, "bo: bo=admin", ownership(w, "payments/dev"))
	})
}

// Several permission sets of a kept owner of before could not be given back, so nothing is changed.
func TestSeveralSetsOfAKeptOwnerAreRefused(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	e := w.Resource("EnvironmentOwner")
	client := w.Client(w.Token)
	metadata, err := client.EnvironmentMetadata(t.Context(), "acme", "payments", "dev")
	require.NoError(t, err)
	_, list := w.Call(w.Token, http.MethodPost, "/api/orgs/acme/assignments/list",
		object{"context": object{"__type": "PermissionExpressionEnvironment"}, "id": metadata.ID})
	from := strings.Index(string(list), `{"principal"`)
	to := strings.Index(string(list), `],"availablePermissionSets"`)
	require.Positive(t, from)
	one := string(list)[from:to]
	other := strings.Replace(one, w.SetID("environment-admin"), setNamed(w, auditors), 1)
	require.NotEqual(t, one, other)
	several := strings.Replace(string(list), one, one+","+other, 1)
	w.Reset()
	for _, keep := range [][]string{{"bo"}, {"di", "BO"}} {
		w.Fault(servertest.Fault{Match: listRoute, Body: &several, Times: 2})
		kept := inputs(object{"keep": keep})
		_, err = e.Preview(kept)
		require.ErrorContains(t, err, "one permission set at a time")
		require.ErrorContains(t, e.Up(kept), "leave bo out of keep")
	}
	assert.Empty(t, w.Writes())
	assert.Empty(t, e.ID)
	w.Fault(servertest.Fault{Match: listRoute, Body: &several})
	require.NoError(t, e.Up(inputs(nil)), "who is not kept needs nothing given back")
	assert.Equal(t, "ana:", ownership(w, "payments/dev"))
}

package environmentowner_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// declaring is an EntityAccess on the environment of the tests.
func declaring(holds map[string]string) enginetest.Declared {
	users := []any{}
	for _, login := range slices.Sorted(maps.Keys(holds)) {
		users = append(users, object{"user": login, "permission": holds[login]})
	}
	return enginetest.Declared{Type: "EntityAccess", Name: "e", Inputs: object{
		"environment": object{"project": "payments", "environment": "dev"}, "users": users,
	}}
}

func owning(name, owner string, keep []string) enginetest.Declared {
	return enginetest.Declared{Type: "EnvironmentOwner", Name: name, Inputs: inputs(object{"owner": owner, "keep": append([]string{}, keep...)})}
}

// An owner that goes gives the environment back, and takes and gives nothing on it that an EntityAccess decides about: in the same update,
// in a later one, whoever owned it before.
func TestAnOwnerThatGoesLeavesWhatAnEntityAccessDeclares(t *testing.T) {
	t.Parallel()
	sandbox := servertest.Start(t, server.Options{Seed: []byte(owned)})
	w := resourcetest.On(t, sandbox)
	watcher := servertest.NewWatcher(func(servertest.Write) {})
	e := enginetest.New(t, sandbox, watcher)
	empty, nothing := w.History(), e.Snapshot()
	levels := []string{"", "read", "open", "write", "admin"}
	rapid.Check(t, func(rt *rapid.T) {
		w.Restore(empty)
		e.Restore(nothing)
		owner := rapid.SampledFrom(people).Draw(rt, "owner")
		holds := func(label string, ofOwner []string) map[string]string {
			all := map[string]string{}
			for _, login := range people {
				among := levels
				if login == owner {
					among = ofOwner
				}
				if level := rapid.SampledFrom(among).Draw(rt, label+" "+login); level != "" {
					all[login] = level
				}
			}
			return all
		}
		held := holds("held", []string{"", "admin"}) // who owns and is kept holds admin
		program := []enginetest.Declared{owning("x", owner, slices.Sorted(maps.Keys(held))), declaring(held)}
		require.NoError(rt, e.Up(program...))
		agrees := func(wantOwner string, want map[string]string) {
			gotOwner, got := actual(w)
			require.Equal(rt, wantOwner, gotOwner)
			require.Equal(rt, want, got)
		}
		agrees(owner, held)
		then := held
		if rapid.Bool().Draw(rt, "the EntityAccess changes as well") {
			then = holds("then", levels)
		}
		if rapid.Bool().Draw(rt, "another owner takes over") && maps.Equal(then, held) {
			require.NoError(rt, e.Up(owning("y", owner, slices.Sorted(maps.Keys(held))), declaring(held)))
			agrees(owner, held)
			require.NoError(rt, e.Up(declaring(held)))
			agrees(owner, held) // y found it with this owner
			return
		}
		require.NoError(rt, e.Up(declaring(then)))
		agrees("bo", then)
	})
}

// An owner that takes over from another one, by a new name or another selection, keeps the environment.
func TestAnOwnerThatGoesLeavesTheEnvironmentToAnother(t *testing.T) {
	t.Parallel()
	for name, selection := range map[string]object{
		"renamed": {"project": "payments", "environment": "dev"}, "project": {"project": "payments"}, "tags": {"tags": object{"team": "payments"}},
		"tags of a project": {"project": "payments", "tags": object{"stage": "development"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sandbox := servertest.Start(t, server.Options{Seed: []byte(owned)})
			w := resourcetest.On(t, sandbox)
			e := enginetest.New(t, sandbox, servertest.NewWatcher(func(servertest.Write) {}))
			require.NoError(t, e.Up(owning("x", "ana", []string{"ana"})))
			heir := enginetest.Declared{Type: "EnvironmentOwner", Name: "y", Inputs: inputsOf(selection, object{"owner": "ana", "keep": []string{"ana"}})}
			require.NoError(t, e.Up(heir))
			require.Equal(t, "ana: ana=admin", ownership(w, "payments/dev"))
		})
	}
	t.Run("other tags", func(t *testing.T) {
		t.Parallel()
		sandbox := servertest.Start(t, server.Options{Seed: []byte(owned)})
		w := resourcetest.On(t, sandbox)
		e := enginetest.New(t, sandbox, servertest.NewWatcher(func(servertest.Write) {}))
		require.NoError(t, e.Up(owning("x", "ana", []string{"ana"})))
		other := enginetest.Declared{Type: "EnvironmentOwner", Name: "y", Inputs: inputsOf(production, object{"owner": "ana"})}
		require.NoError(t, e.Up(other))
		require.Equal(t, "bo:", ownership(w, "payments/dev"), "it is not among those of the other")
	})
}

// A change of the owner gives the new one admin, which an EntityAccess that declares less would not see.
func TestAnOwnerOfWhomLessIsDeclaredIsRefused(t *testing.T) {
	t.Parallel()
	sandbox := servertest.Start(t, server.Options{Seed: []byte(owned)})
	w := resourcetest.On(t, sandbox)
	e := enginetest.New(t, sandbox, servertest.NewWatcher(func(servertest.Write) {}))
	less := declaring(map[string]string{"ana": "read"})
	require.NoError(t, e.Up(less))
	require.ErrorContains(t, e.Up(less, owning("x", "ana", []string{"ana"})), "Declare admin there, or leave ana out of users")
	require.Equal(t, "bo: ana=read", ownership(w, "payments/dev"))
	require.NoError(t, e.Up(declaring(map[string]string{"ana": "admin"}), owning("x", "ana", []string{"ana"})))
	require.Equal(t, "ana: ana=admin", ownership(w, "payments/dev"))
}

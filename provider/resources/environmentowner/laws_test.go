package environmentowner_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const environment = "payments/dev"

var people = []string{"ana", "bo", "cy", "di"}

// model is who owns the environment, what people hold on it, and to whom a deletion gives it back.
type model struct {
	owner, previous string
	holds           map[string]string // level by login
	wants           drawn
}

// drawn is what a program declares.
type drawn struct {
	owner string
	keep  map[string]bool
}

func draw(t *rapid.T) drawn {
	d := drawn{owner: rapid.SampledFrom(people).Draw(t, "owner"), keep: map[string]bool{}}
	for _, login := range people {
		d.keep[login] = rapid.Bool().Draw(t, "keep "+login)
	}
	return d
}

func (d drawn) program() enginetest.Declared {
	keep := []string{}
	for login, kept := range d.keep {
		if kept {
			keep = append(keep, login)
		}
	}
	return enginetest.Declared{Type: "EnvironmentOwner", Name: "x", Inputs: inputs(object{"owner": d.owner, "keep": keep})}
}

// actual reads the model's part that is in the service.
func actual(w resourcetest.World) (owner string, holds map[string]string) {
	owner, rest, _ := strings.Cut(ownership(w, environment), ":")
	holds = map[string]string{}
	for _, one := range strings.Fields(rest) {
		login, level, _ := strings.Cut(one, "=")
		holds[login] = level
	}
	return owner, holds
}

// give moves the ownership as the service does: the grants of both go, and the new owner holds admin.
func (m *model) give(to string) {
	delete(m.holds, m.owner)
	m.holds[to], m.owner = "admin", to
}

func (m *model) up(d drawn) {
	m.wants = d
	if m.owner != d.owner {
		if m.previous == "" {
			m.previous = m.owner
		}
		before, held := m.owner, m.holds[m.owner]
		m.give(d.owner)
		if held != "" {
			m.holds[before] = held
		}
	}
	maps.DeleteFunc(m.holds, func(login, _ string) bool { return !d.keep[login] })
}

func (m *model) destroy() {
	if m.previous == "" || m.previous == m.wants.owner || m.owner != m.wants.owner {
		return
	}
	held := m.holds[m.previous]
	m.give(m.previous)
	switch {
	case held != "":
		m.holds[m.previous] = held
	case !m.wants.keep[m.previous]:
		delete(m.holds, m.previous)
	}
}

// console changes the environment as somebody does it in the console.
func (m *model) console(t *rapid.T, w resourcetest.World) {
	if to := rapid.SampledFrom(people).Draw(t, "given to"); to != m.owner && rapid.IntRange(0, 3).Draw(t, "given away") == 0 {
		give(w, environment, to)
		m.give(to)
	}
	for _, login := range people {
		if rapid.IntRange(0, 3).Draw(t, "assigned") == 0 {
			level := rapid.SampledFrom([]string{"read", "open", "write", "admin", auditors}).Draw(t, "level")
			assign(w, environment, login, level)
			m.holds[login] = level
		}
	}
}

// world is a sandbox that begins anew for every drawn case.
type world struct {
	resourcetest.World
	watcher *servertest.Watcher
	engine  *enginetest.Engine
}

func forAll(t *testing.T, law func(w world, m *model, t *rapid.T)) {
	t.Helper()
	sandbox := servertest.Start(t, server.Options{Seed: []byte(owned)})
	w := world{World: resourcetest.On(t, sandbox), watcher: servertest.NewWatcher(func(servertest.Write) {})}
	w.engine = enginetest.New(t, sandbox, w.watcher)
	empty, nothing := w.History(), w.engine.Snapshot()
	rapid.Check(t, func(rt *rapid.T) {
		w.watcher.FailAt(0, servertest.Refused, false)
		w.Restore(empty)
		w.engine.Restore(nothing)
		m := &model{}
		m.owner, m.holds = actual(w.World)
		law(w, m, rt)
	})
}

func (w world) agrees(t *rapid.T, m *model) {
	owner, holds := actual(w.World)
	require.Equal(t, m.owner, owner)
	require.Equal(t, m.holds, holds)
}

// The law of the resource: after every update the owner is the declared one, who is in keep holds what they held, an owner who is
// kept what comes with owning, and nobody else anything. A second update writes nothing, a refresh finds nothing, and a deletion
// gives the ownership back and no grant that was removed.
func TestOwnerIsAsDeclaredAndOnlyTheKeptHoldSomething(t *testing.T) {
	t.Parallel()
	forAll(t, func(w world, m *model, t *rapid.T) {
		for range rapid.IntRange(1, 3).Draw(t, "programs") {
			m.console(t, w.World)
			_, err := w.engine.Refresh()
			require.NoError(t, err)
			d := draw(t)
			require.NoError(t, w.engine.Up(d.program()))
			m.up(d)
			w.agrees(t, m)

			w.watcher.FailAt(0, servertest.Refused, false)
			require.NoError(t, w.engine.Up(d.program()))
			require.Empty(t, w.watcher.Writes(), "a no-op writes nothing")
			changed, err := w.engine.Refresh()
			require.NoError(t, err)
			require.Empty(t, changed, "a refresh finds nothing")
		}
		m.console(t, w.World)
		require.NoError(t, w.engine.Destroy())
		m.destroy()
		w.agrees(t, m)
	})
}

// After a failure at any write the next update, or a refresh and then the update, ends where an undisturbed one does, and what a kept owner
// of before held is given back.
func TestAFailureIsMadeUpForByTheNextUpdate(t *testing.T) {
	t.Parallel()
	forAll(t, func(w world, m *model, t *rapid.T) {
		m.console(t, w.World)
		d := draw(t)
		saved, state := w.History(), w.engine.Snapshot()
		w.watcher.FailAt(0, servertest.Refused, false)
		require.NoError(t, w.engine.Up(d.program()))
		m.up(d)
		writes := len(w.watcher.Writes())

		w.Restore(saved)
		w.engine.Restore(state)
		how := rapid.SampledFrom(servertest.Failures).Draw(t, "how")
		w.watcher.FailAt(rapid.IntRange(0, writes).Draw(t, "fail at"), how, rapid.Bool().Draw(t, "outage"))
		failed := w.engine.Up(d.program())
		w.watcher.FailAt(0, servertest.Refused, false)
		if rapid.Bool().Draw(t, "refresh") {
			_, err := w.engine.Refresh()
			require.NoError(t, err)
		}
		require.NoError(t, w.engine.Up(d.program()), "after %v", failed)
		owner, holds := actual(w.World)
		require.Equal(t, m.owner, owner, "after %v", failed)
		require.Equal(t, m.holds, holds, "after %v", failed)
		changed, err := w.engine.Refresh()
		require.NoError(t, err)
		require.Empty(t, changed, "a refresh finds nothing")
	})
}

// A destroy after one that failed at any write gives the ownership back as well, and what others hold in the end is what an undisturbed one
// leaves, but for the owner, whose grant the failure names.
func TestAFailedDestroyIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	forAll(t, func(w world, m *model, t *rapid.T) {
		m.console(t, w.World)
		d := draw(t)
		require.NoError(t, w.engine.Up(d.program()))
		m.up(d)
		saved, state := w.History(), w.engine.Snapshot()
		w.watcher.FailAt(0, servertest.Refused, false)
		require.NoError(t, w.engine.Destroy())
		m.destroy()
		w.agrees(t, m)
		writes := len(w.watcher.Writes())

		w.Restore(saved)
		w.engine.Restore(state)
		how := rapid.SampledFrom(servertest.Failures).Draw(t, "how")
		w.watcher.FailAt(rapid.IntRange(0, writes).Draw(t, "fail at"), how, rapid.Bool().Draw(t, "outage"))
		failed := w.engine.Destroy()
		w.watcher.FailAt(0, servertest.Refused, false)
		require.NoError(t, w.engine.Destroy(), "after %v", failed)
		owner, holds := actual(w.World)
		require.Equal(t, m.owner, owner, "after %v", failed)
		if holds[owner] != m.holds[owner] {
			require.ErrorContains(t, failed, "went back to "+owner)
			delete(holds, owner)
			delete(m.holds, owner)
		}
		require.Equal(t, m.holds, holds, "after %v", failed)
	})
}

// At no moment of an update, whether it fails or not, does anybody hold what they held neither before nor after it, but the new owner: the
// service gives admin with the ownership. The very next write takes that, where it is not to stay.
func TestNobodyHoldsMoreThanBeforeAndAfterButTheNewOwnerForOneCall(t *testing.T) {
	t.Parallel()
	forAll(t, func(w world, m *model, t *rapid.T) {
		m.console(t, w.World)
		d := draw(t)
		before, owner := maps.Clone(m.holds), m.owner
		m.up(d)
		saved, state := w.History(), w.engine.Snapshot()
		require.NoError(t, w.engine.Up(d.program()))
		writes := len(w.watcher.Writes())

		w.Restore(saved)
		w.engine.Restore(state)
		failAt, how := rapid.IntRange(0, writes).Draw(t, "fail at"), rapid.SampledFrom(servertest.Failures).Draw(t, "how")
		w.watcher.FailAt(failAt, how, false)
		given := 0 // the write that gave the ownership
		w.watcher.After(func(write servertest.Write) {
			now, holds := actual(w.World)
			if now != owner && given == 0 {
				given = write.Number
			}
			for login, level := range holds {
				if level == before[login] || level == m.holds[login] {
					continue
				}
				require.Equal(t, d.owner, login, "%s holds %s after %s", login, level, write)
				gives := strings.HasSuffix(write.Path, "/ownership")
				require.True(t, gives || failAt == given+1, "%s still holds %s after %s, although nothing took that long", login, level, write)
			}
		})
		_ = w.engine.Up(d.program())
		w.watcher.After(nil)
	})
}

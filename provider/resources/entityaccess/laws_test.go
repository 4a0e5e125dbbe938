package entityaccess_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// watched is a sandbox whose access is looked at after every write.
type watched struct {
	resourcetest.World
	kind    access.EntityKind
	watcher *servertest.Watcher
	engine  *enginetest.Engine
	bounds  []servertest.Holdings // what may be held now: what one of these gives
	beyond  []string
}

func newWatched(t *testing.T, kind access.EntityKind) *watched {
	sandbox := servertest.Start(t, server.Options{Seed: []byte(estate)})
	w := &watched{World: resourcetest.On(t, sandbox), kind: kind}
	w.watcher = servertest.NewWatcher(func(write servertest.Write) {
		if w.bounds == nil {
			return
		}
		for _, line := range sandbox.Holdings().Beyond(w.bounds...) {
			w.beyond = append(w.beyond, fmt.Sprintf("after %s: %s", write, line))
		}
	})
	w.engine = enginetest.New(t, sandbox, w.watcher)
	return w
}

// drawn is a program with one EntityAccess, and what it declares by axis: nil where the axis is left out.
type drawn struct {
	users, teams map[string]string
	mode         string
}

// levelsOf are the levels that a principal may be given, none first.
func levelsOf(kind access.EntityKind) []string {
	levels := []string{""}
	for _, level := range access.Levels(kind) {
		levels = append(levels, string(level))
	}
	return levels
}

func drawGrants(t *rapid.T, what string, kind access.EntityKind, names ...string) map[string]string {
	out := map[string]string{}
	for _, name := range names {
		if level := rapid.SampledFrom(levelsOf(kind)).Draw(t, what+" "+name); level != "" {
			out[name] = level
		}
	}
	return out
}

func (w *watched) draw(t *rapid.T) drawn {
	var d drawn
	axes := rapid.SampledFrom([]string{"users", "teams", "users and teams"}).Draw(t, "axes")
	if strings.Contains(axes, "users") {
		d.users = drawGrants(t, "user", w.kind, "bo", "cy", "di")
	}
	if strings.Contains(axes, "teams") {
		d.teams = drawGrants(t, "team", w.kind, "payments", "web")
	}
	return d
}

func (w *watched) program(d drawn) enginetest.Declared {
	inputs := map[string]any{}
	if w.kind == access.Stack {
		inputs["allow"] = []string{"stackAdminForPeople"}
	}
	if d.mode != "" {
		inputs["mode"] = d.mode
	}
	for axis, grants := range map[string]map[string]string{"user": d.users, "team": d.teams} {
		if grants == nil {
			continue
		}
		all := []any{}
		for name, level := range grants {
			all = append(all, map[string]any{axis: name, "permission": level})
		}
		inputs[axis+"s"] = all
	}
	on := map[access.EntityKind]func(map[string]any) map[string]any{
		access.Stack: onStack, access.Environment: onEnvironment, access.Account: onAccount,
	}[w.kind]
	return enginetest.Declared{Type: "EntityAccess", Name: "x", Inputs: on(inputs)}
}

// model is what an entity is to hold, and what the resource granted, by `user NAME` and `team NAME`.
type model struct{ actual, own map[string]string }

func (m *model) up(d drawn) {
	for axis, declared := range map[string]map[string]string{"user ": d.users, "team ": d.teams} {
		if declared == nil {
			for who, level := range m.own {
				if strings.HasPrefix(who, axis) {
					if m.actual[who] == level {
						delete(m.actual, who)
					}
					delete(m.own, who)
				}
			}
			continue
		}
		for _, of := range []map[string]string{m.actual, m.own} {
			maps.DeleteFunc(of, func(who, _ string) bool { return strings.HasPrefix(who, axis) })
			for name, level := range declared {
				of[axis+name] = level
			}
		}
	}
}

// asModel is the form of held that the model has, without bounds.
func asModel(text string) map[string]string {
	out := map[string]string{}
	for _, one := range strings.Split(text, ", ") {
		who, level, found := strings.Cut(one, "=")
		if !found {
			continue
		}
		if !strings.HasPrefix(who, "team ") {
			who = "user " + who
		}
		level, _, _ = strings.Cut(level, " for ")
		out[who] = level
	}
	return out
}

// grant changes a grant as somebody does it in the console.
func (w *watched) grant(m *model, login, level string) {
	if m.actual["user "+login] == level {
		return
	}
	assign(w.World, w.kind, login, level)
	m.actual["user "+login] = level
	if level == "" {
		delete(m.actual, "user "+login)
	}
}

// elsewhere is what is held on everything but the entity.
func (w *watched) elsewhere() servertest.Holdings {
	name := map[access.EntityKind]string{
		access.Stack: "stack payments/prod", access.Environment: "environment payments/prod", access.Account: "account aws",
	}[w.kind]
	held := w.Holdings()
	maps.DeleteFunc(held, func(h server.Holding, _ time.Duration) bool { return h.Entity == name })
	return held
}

func forEveryKind(t *testing.T, law func(w *watched, t *rapid.T)) {
	t.Helper()
	for _, kind := range []access.EntityKind{access.Stack, access.Environment, access.Account} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := newWatched(t, kind)
			empty, nothing := w.History(), w.engine.Snapshot()
			rapid.Check(t, func(rt *rapid.T) {
				w.bounds, w.beyond = nil, nil
				w.watcher.FailAt(0, servertest.Refused, false)
				w.Restore(empty)
				w.engine.Restore(nothing)
				law(w, rt)
			})
		})
	}
}

// The law of the resource: after every update the entity holds exactly what is declared on the axes that are present, and
// what was there on the others, without what the resource itself had granted there. Nothing else changes, a second update writes
// nothing, and a refresh finds nothing. A destroy takes away what it granted and nobody changed.
func TestEntityHoldsExactlyWhatIsDeclared(t *testing.T) {
	t.Parallel()
	forEveryKind(t, func(w *watched, t *rapid.T) {
		m := model{actual: asModel(held(w.World, w.kind)), own: map[string]string{}}
		elsewhere := w.elsewhere()
		for range rapid.IntRange(1, 3).Draw(t, "programs") {
			for _, login := range []string{"bo", "cy", "di"} {
				if rapid.IntRange(0, 3).Draw(t, "changed in the console") == 0 {
					w.grant(&m, login, rapid.SampledFrom(levelsOf(w.kind)).Draw(t, "level"))
				}
			}
			// What the inputs are may have been refreshed or not: the update reads what is there.
			_, err := w.engine.Refresh()
			require.NoError(t, err)
			d := w.draw(t)
			require.NoError(t, w.engine.Up(w.program(d)))
			m.up(d)
			require.Equal(t, m.actual, asModel(held(w.World, w.kind)), "%+v", d)
			require.Equal(t, elsewhere, w.elsewhere())

			w.watcher.FailAt(0, servertest.Refused, false)
			require.NoError(t, w.engine.Up(w.program(d)))
			require.Empty(t, w.watcher.Writes(), "a no-op writes nothing")
			changed, err := w.engine.Refresh()
			require.NoError(t, err)
			require.Empty(t, changed, "a refresh finds nothing")
		}
		if rapid.Bool().Draw(t, "changed before the destroy") {
			w.grant(&m, "di", rapid.SampledFrom(levelsOf(w.kind)).Draw(t, "level"))
		}
		require.NoError(t, w.engine.Destroy())
		m.up(drawn{})
		require.Equal(t, m.actual, asModel(held(w.World, w.kind)))
		require.Equal(t, elsewhere, w.elsewhere())
	})
}

// The law of order: during an update, and after a failure at any of its calls, nobody holds what neither the old grants nor the
// new ones give, and the next update ends where an undisturbed one does.
func TestNobodyHoldsMoreThanBeforeAndAfter(t *testing.T) {
	t.Parallel()
	forEveryKind(t, func(w *watched, t *rapid.T) {
		before, after := w.program(w.draw(t)), w.program(w.draw(t))
		require.NoError(t, w.engine.Up(before))
		start, saved, state := w.Holdings(), w.History(), w.engine.Snapshot()
		w.watcher.FailAt(0, servertest.Refused, false)
		require.NoError(t, w.engine.Up(after))
		end, granted, writes := w.Holdings(), held(w.World, w.kind), len(w.watcher.Writes())

		w.bounds = []servertest.Holdings{start, end}
		fail := rapid.IntRange(0, writes).Draw(t, "fail at")
		how := rapid.SampledFrom(servertest.Failures).Draw(t, "how")
		w.Restore(saved)
		w.engine.Restore(state)
		w.watcher.FailAt(fail, how, rapid.Bool().Draw(t, "outage"))
		failed := w.engine.Up(after)
		require.Empty(t, w.beyond, "with %q at %d of %d writes", how, fail, writes)
		if fail == 0 {
			require.NoError(t, failed)
		}
		w.watcher.FailAt(0, servertest.Refused, false)
		require.NoError(t, w.engine.Up(after), "after %v", failed)
		require.Empty(t, w.beyond, "in the update after %v", failed)
		require.Equal(t, granted, held(w.World, w.kind), "after %v", failed)
		changed, err := w.engine.Refresh()
		require.NoError(t, err)
		require.Empty(t, changed, "a refresh finds nothing")
	})
}

// Mode report writes nothing, from creation to deletion, and lists exactly what mode enforce would change.
func TestReportWritesNothing(t *testing.T) {
	t.Parallel()
	forEveryKind(t, func(w *watched, t *rapid.T) {
		before, d := asModel(held(w.World, w.kind)), w.draw(t)
		d.mode = "report"
		require.NoError(t, w.engine.Preview(w.program(d)))
		require.NoError(t, w.engine.Up(w.program(d)))
		outputs := w.engine.Outputs("EntityAccess", "x")
		listed := map[string]bool{}
		for _, output := range []string{"wouldRemove", "wouldGrant"} {
			for _, one := range outputs.Get(output).AsArray().All {
				for _, who := range []string{"user", "team"} {
					if name := one.AsMap().Get(who); name.IsString() {
						listed[who+" "+name.AsString()] = true
					}
				}
			}
		}
		after := model{actual: maps.Clone(before), own: map[string]string{}}
		after.up(d)
		different := map[string]bool{}
		for _, who := range slices.Concat(slices.Collect(maps.Keys(before)), slices.Collect(maps.Keys(after.actual))) {
			if before[who] != after.actual[who] {
				different[who] = true
			}
		}
		if w.kind == access.Environment && after.actual["team web"] == "open" && d.teams != nil {
			different["team web"] = true // it was bounded
		}
		require.Equal(t, different, listed)
		_, err := w.engine.Refresh()
		require.NoError(t, err)
		require.NoError(t, w.engine.Up(w.program(w.reporting(t))))
		require.NoError(t, w.engine.Destroy())
		require.Empty(t, w.watcher.Writes())
	})
}

func (w *watched) reporting(t *rapid.T) drawn {
	d := w.draw(t)
	d.mode = "report"
	return d
}

package entityaccess_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// owners is a program in which one resource owns the grants of people on an entity, and one those of the team web. Either may be missing.
type owners struct {
	people string            // "", EntityAccess or an owner
	users  map[string]string // that an EntityAccess declares
	keep   []string          // of an owner
	team   string            // "", EntityAccess or TeamAccess
	level  string            // of the team web, "" for none
	suffix string            // of the resources' names: another one is a rename without an alias
}

func (w *watched) ownerKind() string {
	if w.kind == access.Environment {
		return "EnvironmentOwner"
	}
	return "StackOwner"
}

func (w *watched) drawOwners(t *rapid.T, label string) owners {
	o := owners{
		people: rapid.SampledFrom([]string{"", "EntityAccess", w.ownerKind()}).Draw(t, label+" people"),
		team:   rapid.SampledFrom([]string{"", "EntityAccess", "TeamAccess"}).Draw(t, label+" team"),
		suffix: rapid.SampledFrom([]string{"x", "y"}).Draw(t, label+" name"),
		users:  map[string]string{},
	}
	for _, login := range []string{"bo", "cy", "di"} {
		held := rapid.SampledFrom([]string{"", "read", "write"}).Draw(t, label+" "+login)
		if held != "" {
			o.users[login], o.keep = held, append(o.keep, login)
		}
	}
	o.level = rapid.SampledFrom([]string{"", "read", "write"}).Draw(t, label+" level")
	return o
}

func (w *watched) programOf(o owners) []enginetest.Declared {
	var all []enginetest.Declared
	kind := string(w.kind)
	on := map[string]any{"project": "payments", kind: "prod"}
	entity := map[string]any{kind: on}
	if o.people == "EntityAccess" {
		users := list{}
		for login, level := range o.users {
			users = append(users, user(login, level))
		}
		entity["users"] = users
	}
	if o.team == "EntityAccess" {
		teams := list{}
		if o.level != "" {
			teams = list{team("web", o.level)}
		}
		entity["teams"] = teams
	}
	// First: an owner keeps what it finds, and would find nothing where the axis of an EntityAccess left before.
	if o.people == w.ownerKind() {
		keep := append([]string{}, o.keep...)
		all = append(all, enginetest.Declared{Type: o.people, Name: o.suffix, Inputs: map[string]any{
			"project": "payments", kind: "prod", "owner": "bo", "keep": keep,
		}})
	}
	if len(entity) > 1 {
		all = append(all, enginetest.Declared{Type: "EntityAccess", Name: o.suffix, Inputs: entity})
	}
	if o.team == "TeamAccess" {
		grants := list{}
		if o.level != "" {
			grants = list{map[string]any{"project": "payments", kind: "prod", "permission": o.level}}
		}
		all = append(all, enginetest.Declared{Type: "TeamAccess", Name: o.suffix, Inputs: map[string]any{"team": "web", kind + "s": grants}})
	}
	return all
}

// owning is a plain model of what programs make of the grants, and of what a resource granted.
type owning struct{ actual, own map[string]string }

// up is the law in plain words: what a program declares is there. What a resource of it owns whole and does not declare is not. What the
// program before granted, and nobody declares or keeps any more, is taken away. Everything else stays.
func (m *owning) up(o owners) {
	next := map[string]string{}
	for who, level := range m.actual {
		isTeam := who == "team web"
		ours := m.own[who] == level
		kept := false
		for _, login := range o.keep {
			kept = kept || who == "user "+login
		}
		switch {
		case isTeam && o.team != "", !isTeam && o.people == "EntityAccess":
		case !isTeam && o.people != "" && !kept:
		case isTeam && ours && o.team == "", !isTeam && ours && o.people == "":
		default:
			next[who] = level
		}
	}
	own := map[string]string{}
	if o.people == "EntityAccess" {
		for login, level := range o.users {
			next["user "+login], own["user "+login] = level, level
		}
	}
	if o.team != "" && o.level != "" {
		next["team web"], own["team web"] = o.level, o.level
	}
	m.actual, m.own = next, own
}

// Whichever resource takes over from which in one update, by another kind or another name: the delete of the old one, which comes last,
// takes nothing that the new one declares, and leaves nothing that nobody declares.
func TestOneResourceTakesOverFromAnother(t *testing.T) {
	t.Parallel()
	for _, kind := range []access.EntityKind{access.Stack, access.Environment} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := newWatched(t, kind)
			empty, nothing := w.History(), w.engine.Snapshot()
			rapid.Check(t, func(rt *rapid.T) {
				w.watcher.FailAt(0, servertest.Refused, false)
				w.Restore(empty)
				w.engine.Restore(nothing)
				m := owning{actual: asModel(held(w.World, kind)), own: map[string]string{}}
				for range rapid.IntRange(1, 3).Draw(rt, "programs") {
					o := w.drawOwners(rt, "program")
					require.NoError(rt, w.engine.Up(w.programOf(o)...))
					m.up(o)
					require.Equal(rt, m.actual, asModel(held(w.World, kind)), "%+v", o)
					w.watcher.FailAt(0, servertest.Refused, false)
					require.NoError(rt, w.engine.Up(w.programOf(o)...))
					require.Empty(rt, w.watcher.Writes(), "a no-op writes nothing")
				}
				require.NoError(rt, w.engine.Destroy())
				for who, level := range m.own {
					if m.actual[who] == level {
						delete(m.actual, who)
					}
				}
				require.Equal(rt, m.actual, asModel(held(w.World, kind)), "nothing is left that a resource granted")
			})
		})
	}
}

// An axis that leaves one resource for another one in the same update is left as well, whichever comes first in the program.
func TestAnAxisMovesToAnotherResource(t *testing.T) {
	t.Parallel()
	w := newWatched(t, access.Stack)
	granting := list{map[string]any{"project": "payments", "stack": "prod", "permission": "write"}}
	both := enginetest.Declared{Type: "TeamAccess", Name: "t", Inputs: map[string]any{"team": "web", "stacks": granting, "accounts": list{}}}
	without := enginetest.Declared{Type: "TeamAccess", Name: "t", Inputs: map[string]any{"team": "web", "accounts": list{}}}
	entity := enginetest.Declared{Type: "EntityAccess", Name: "e", Inputs: onStack(map[string]any{"teams": list{team("web", "write")}})}
	for range 2 {
		require.NoError(t, w.engine.Up(both))
		require.NoError(t, w.engine.Up(entity, without))
		require.Equal(t, "write", asModel(held(w.World, access.Stack))["team web"])
	}
	w.watcher.FailAt(0, servertest.Refused, false)
	require.NoError(t, w.engine.Up(entity, without))
	require.Empty(t, w.watcher.Writes())
	require.NoError(t, w.engine.Up(without))
	require.NotContains(t, held(w.World, access.Stack), "team web", "the one that has it takes it away")
}

// A resource that goes leaves nothing to one that only reports, or that declares another level.
func TestNothingIsLeftToWhatDoesNotDeclareIt(t *testing.T) {
	t.Parallel()
	w := newWatched(t, access.Stack)
	granting := enginetest.Declared{Type: "EntityAccess", Name: "e", Inputs: onStack(map[string]any{"teams": list{team("payments", "write")}})}
	reporting := enginetest.Declared{Type: "EntityAccess", Name: "r", Inputs: onStack(map[string]any{
		"teams": list{team("payments", "write")}, "mode": "report",
	})}
	require.NoError(t, w.engine.Up(granting))
	require.Contains(t, held(w.World, access.Stack), "team payments=write")
	require.NoError(t, w.engine.Up(reporting))
	require.NotContains(t, held(w.World, access.Stack), "team payments")
}

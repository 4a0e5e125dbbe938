package components_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const orderSeed = `
organization: acme
users: [{login: ana, role: admin}, {login: bo}, {login: cy}, {login: di}, {login: eve}]
teams: [{name: made, members: [eve]}]
stacks:
  - {project: web, stack: dev, owner: ana, tags: {tier: dev}}
  - {project: web, stack: prod, owner: ana, tags: {tier: prod}}
environments:
  - {project: web, environment: dev, owner: ana, tags: {tier: dev}, definition: "values: {}"}
  - {project: web, environment: prod, owner: ana, tags: {tier: prod}, definition: "values: {}"}
`

func someOf(t *rapid.T, what string, names ...string) []string {
	return rapid.SliceOfDistinct(rapid.SampledFrom(names), rapid.ID).Draw(t, what)
}

// rulesFor are the access rules of a team; by name only where they are granted entity by entity.
func rulesFor(t *rapid.T, byName bool) map[string]any {
	rule := func(name string, least int, levels ...string) []any {
		rules := []any{}
		for _, at := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"dev", "prod"}), least, 2, rapid.ID).Draw(t, name) {
			rule := map[string]any{"permission": rapid.SampledFrom(levels).Draw(t, "level")}
			if byName || rapid.Bool().Draw(t, "by name") {
				rule["project"], rule[name] = "web", at
			} else {
				rule["tags"] = map[string]any{"tier": at}
			}
			rules = append(rules, rule)
		}
		return rules
	}
	access := map[string]any{"stacks": rule("stack", 1, "read", "write"), "environments": rule("environment", 0, "read", "open", "write")}
	if !byName {
		access["scopes"] = []string{rapid.SampledFrom([]string{"audit_logs:read", "team:read"}).Draw(t, "scope")}
	}
	return access
}

// aScopedTeam is a program with one ScopedTeam.
func aScopedTeam(t *rapid.T) []enginetest.Declared {
	inputs := map[string]any{"name": rapid.SampledFrom([]string{"one", "one", "one", "two"}).Draw(t, "name")}
	switch rapid.IntRange(0, 4).Draw(t, "mode") {
	case 0:
		inputs["grantThrough"], inputs["access"] = "entity", rulesFor(t, true)
	default:
		inputs["access"] = rulesFor(t, false)
	}
	members := someOf(t, "people", "bo", "cy", "di")
	admins := rapid.IntRange(0, len(members)).Draw(t, "admins")
	if rapid.Bool().Draw(t, "members") {
		inputs["members"] = members[admins:]
	}
	if rapid.Bool().Draw(t, "with admins") {
		inputs["admins"] = members[:admins]
	}
	return []enginetest.Declared{{Type: "ScopedTeam", Name: "x", Inputs: inputs}}
}

var orderClock = time.Date(2030, time.March, 1, 12, 0, 0, 0, time.UTC)

func atOrderClock() time.Time { return orderClock }

// aBreakGlass is a program with one BreakGlass.
func aBreakGlass(t *rapid.T) []enginetest.Declared {
	members := []any{}
	for _, login := range someOf(t, "people", "bo", "cy", "di") {
		until := orderClock.Add(time.Duration(rapid.SampledFrom([]int{-1, 1, 2}).Draw(t, "until")) * time.Hour)
		members = append(members, map[string]any{"user": login, "until": until.Format(time.RFC3339)})
	}
	access := rulesFor(t, true)
	access["scopes"] = []string{"audit_logs:read"}
	return []enginetest.Declared{{Type: "BreakGlass", Name: "x", Inputs: map[string]any{
		"name": "glass", "members": members, "access": access, "maxOpenDuration": rapid.SampledFrom([]string{"1h", "2h"}).Draw(t, "bound"),
		"approvers": map[string]any{"users": []string{"eve"}},
	}}}
}

// watched is a sandbox whose access is looked at after every write.
type watched struct {
	sandbox *servertest.Running
	watcher *servertest.Watcher
	engine  *enginetest.Engine
	bounds  []servertest.Holdings // what may be held now: what one of these gives
	beyond  []string
}

func newWatched(t *testing.T) *watched {
	w := &watched{sandbox: servertest.Start(t, server.Options{Seed: []byte(orderSeed), Now: func() time.Time { return orderClock }})}
	w.watcher = servertest.NewWatcher(func(write servertest.Write) {
		if w.bounds == nil {
			return
		}
		for _, line := range w.sandbox.Holdings().Beyond(w.bounds...) {
			w.beyond = append(w.beyond, fmt.Sprintf("after %s: %s", write, line))
		}
	})
	w.engine = enginetest.New(t, w.sandbox, w.watcher, provider.WithClock(func() time.Time { return orderClock }))
	return w
}

// TestNobodyHoldsMoreThanOldAndNew is the law of order: during an update, and after a failure at any of its calls, nobody
// has what neither the old program gives them nor the new one.
func TestNobodyHoldsMoreThanOldAndNew(t *testing.T) {
	forTeamsOfTwoPrograms(t, (*watched).checkOrder)
}

// forTeamsOfTwoPrograms checks a law of two programs, one after the other, each with a component that makes a team.
func forTeamsOfTwoPrograms(t *testing.T, check func(w *watched, t *rapid.T, before, after []enginetest.Declared)) {
	t.Helper()
	for name, program := range map[string]func(*rapid.T) []enginetest.Declared{
		"ScopedTeam": aScopedTeam, "BreakGlass": aBreakGlass,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWatched(t)
			empty, nothing := w.sandbox.History(), w.engine.Snapshot()
			rapid.Check(t, func(rt *rapid.T) {
				w.sandbox.Restore(empty)
				w.engine.Restore(nothing)
				check(w, rt, program(rt), program(rt))
			})
		})
	}
}

func (w *watched) checkOrder(t *rapid.T, before, after []enginetest.Declared) {
	w.bounds, w.beyond = nil, nil
	w.watcher.FailAt(0, servertest.Refused, false)
	require.NoError(t, w.engine.Up(before...))
	held, saved, state := w.sandbox.Holdings(), w.sandbox.History(), w.engine.Snapshot()

	w.watcher.FailAt(0, servertest.Refused, false)
	require.NoError(t, w.engine.Up(after...))
	end, writes := w.sandbox.Holdings(), len(w.watcher.Writes())

	w.bounds = []servertest.Holdings{held, end}
	fail := rapid.IntRange(0, writes).Draw(t, "fail at")
	how := rapid.SampledFrom(servertest.Failures).Draw(t, "how")
	w.sandbox.Restore(saved)
	w.engine.Restore(state)
	w.watcher.FailAt(fail, how, rapid.Bool().Draw(t, "outage"))
	failed := w.engine.Up(after...)
	require.Empty(t, w.beyond, "with %q at %d of %d writes", how, fail, writes)
	if fail == 0 {
		require.NoError(t, failed)
	}
	// Whatever happened, the next update ends where an undisturbed one does.
	w.watcher.FailAt(0, servertest.Refused, false)
	require.NoError(t, w.engine.Up(after...), "after %v", failed)
	require.Empty(t, w.beyond, "in the update after %v", failed)
	require.Equal(t, end, w.sandbox.Holdings(), "after %v", failed)
	changed, err := w.engine.Refresh()
	require.NoError(t, err)
	require.Empty(t, changed, "a refresh finds nothing")
	require.False(t, slices.ContainsFunc(w.engine.Names(), func(name string) bool { return name == "" }))
}

// Somebody who moves between two teams of equal access has it at every moment, if the team that they leave waits for the
// one that they join.
func TestMovingBetweenTeamsLeavesNoGap(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	team := func(name string, members ...string) enginetest.Declared {
		return enginetest.Declared{Type: "ScopedTeam", Name: name, Inputs: map[string]any{
			"name": name, "members": members, "access": map[string]any{
				"stacks": []any{map[string]any{"project": "web", "stack": "dev", "permission": "write"}},
			},
		}}
	}
	require.NoError(t, w.engine.Up(team("to"), team("from", "bo")))
	held := w.sandbox.Holdings()
	var gaps []string
	w.watcher.After(func(servertest.Write) { gaps = append(gaps, held.Beyond(w.sandbox.Holdings())...) })
	require.NoError(t, w.engine.Up(team("to", "bo"), team("from")))
	require.Empty(t, gaps)
	require.Empty(t, w.sandbox.Holdings().Beyond(held))
}

// A team whose access goes from a role to grants keeps nothing of the role, and its members miss nothing on the way.
func TestScopedTeamFromRoleToEntity(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	team := func(through, level string) enginetest.Declared {
		return enginetest.Declared{Type: "ScopedTeam", Name: "x", Inputs: map[string]any{
			"name": "x", "members": []string{"bo"}, "grantThrough": through, "access": map[string]any{
				"stacks": []any{map[string]any{"project": "web", "stack": "prod", "permission": level}},
			},
		}}
	}
	write := server.Holding{Login: "bo", Entity: "stack web/prod", Scope: "stack:write"}
	read := server.Holding{Login: "bo", Entity: "stack web/prod", Scope: "stack:read"}
	require.NoError(t, w.engine.Up(team("role", "write")))
	w.watcher.After(func(write servertest.Write) { require.Contains(t, w.sandbox.Holdings(), read, write) })
	require.NoError(t, w.engine.Up(team("entity", "read")))
	require.NotContains(t, w.sandbox.Holdings(), write)
	require.NotContains(t, w.engine.Names(), "Role x")
	require.NoError(t, w.engine.Up(team("role", "write")))
	require.Contains(t, w.sandbox.Holdings(), write)
}

// TestGoingBackTakesAwayWhatAFailureGave is the law of the way back: after an update that failed at any of its calls, with or without its
// being carried out, the earlier program gives nobody more than it did. No refresh is needed for that.
func TestGoingBackTakesAwayWhatAFailureGave(t *testing.T) {
	forTeamsOfTwoPrograms(t, (*watched).checkWayBack)
}

func (w *watched) checkWayBack(t *rapid.T, before, after []enginetest.Declared) {
	w.watcher.FailAt(0, servertest.Refused, false)
	require.NoError(t, w.engine.Up(before...))
	held := w.sandbox.Holdings()

	how := rapid.SampledFrom(servertest.Failures).Draw(t, "how")
	w.watcher.FailAt(rapid.IntRange(1, 12).Draw(t, "fail at"), how, rapid.Bool().Draw(t, "outage"))
	failed := w.engine.Up(after...)

	w.watcher.FailAt(0, servertest.Refused, false)
	require.NoError(t, w.engine.Up(before...), "after %v", failed)
	require.Empty(t, w.sandbox.Holdings().Beyond(held), "after %v", failed)
}

package usage_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/audit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/usage"
)

// naive is who did what on what, worked out without the package: from the descriptions that the test wrote itself.
type naive struct{ actor, scope, entity string }

func naiveUses(events []audit.Event) map[naive][]audit.Event {
	all := map[naive][]audit.Event{}
	add := func(e audit.Event, scope, entity string) {
		at := naive{e.User + "/" + e.TokenName, scope, entity}
		all[at] = append(all[at], e)
	}
	for _, e := range events {
		entity := ""
		for _, known := range []string{"payments/prod", "payments/dev", "web/prod"} {
			if strings.Contains(e.Description, known) {
				entity = known
			}
		}
		switch e.Kind {
		case "environment-open", "environment-read-open":
			add(e, "environment:open", entity)
		case "environment-read":
			add(e, "environment:read", entity)
		case "environment-cloned":
			add(e, "environment:clone", entity)
			add(e, "environment:create", "")
		case "environment-unauthorized-open":
			add(e, "refused environment:open", entity)
		case "stack-update-started":
			add(e, "stack:write", entity)
		case "secret-decrypted":
			add(e, "stack:decrypt", entity)
		case "auth-failure-stack-permission":
			add(e, "refused", entity)
		case "team-updated":
			add(e, "team:update", "")
		}
	}
	return all
}

func logOf(events []audit.Event) *usage.Log {
	log := usage.New("acme", time.Time{}, time.Time{})
	for _, e := range events {
		log.Add(e)
	}
	return log
}

func TestUsesAgreeWithTheNaiveCount(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := rapid.SliceOfN(rapid.Custom(drawEvent), 0, 40).Draw(t, "events")
		want := naiveUses(events)
		uses := logOf(events).Uses()
		assert.Len(t, uses, len(want))
		for _, u := range uses {
			scope := ""
			if len(u.Scopes) > 0 {
				scope = u.Scopes[0]
			}
			if u.Refused {
				scope = strings.TrimSpace("refused " + scope)
			}
			of := want[naive{u.Login + "/" + u.TokenName, scope, u.Entity}]
			byTime := func(a, b audit.Event) int { return a.Time.Compare(b.Time) }
			if !assert.NotEmpty(t, of, "%v", u) {
				continue
			}
			assert.Equal(t, len(of), u.Count)
			assert.Equal(t, slices.MinFunc(of, byTime).Time, u.First)
			assert.Equal(t, slices.MaxFunc(of, byTime).Time, u.Last)
			var addresses []string
			for _, e := range of {
				addresses = append(addresses, e.SourceIP)
			}
			slices.Sort(addresses)
			assert.Equal(t, slices.Compact(addresses), u.Addresses)
		}
	})
}

// The order of events makes no difference, and neither does how they are divided among logs.
func TestLogsMerge(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := rapid.SliceOfN(rapid.Custom(drawEvent), 0, 40).Draw(t, "events")
		whole := logOf(events)
		shuffled := rapid.Permutation(events).Draw(t, "shuffled")
		at := rapid.IntRange(0, len(events)).Draw(t, "cut")
		merged := logOf(shuffled[:at])
		merged.Merge(logOf(shuffled[at:]))
		assert.Equal(t, whole, merged)
	})
}

// More addresses than are kept leave the same ones, in any order.
func TestAddressesAreBounded(t *testing.T) {
	t.Parallel()
	var events []audit.Event
	for i := range 3 * usage.MaxAddresses {
		events = append(events, audit.Event{Time: began.Add(time.Duration(i) * time.Minute), Kind: "environment-open", User: "bo",
			Description: "Opened environment payments/prod", SourceIP: fmt.Sprintf("192.0.2.%d", i)})
	}
	first := logOf(events)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	second := logOf(events)
	assert.Equal(t, first, second)
	uses, habits := first.Uses(), first.Habits()
	assert.Len(t, uses, 1)
	assert.Len(t, uses[0].Addresses, usage.MaxAddresses)
	assert.True(t, uses[0].More)
	assert.Len(t, habits[0].ByAddress, usage.MaxAddresses)
	assert.True(t, habits[0].More)
}

func TestOnlyTheWindowCounts(t *testing.T) {
	t.Parallel()
	log := usage.New("acme", began, began.Add(time.Hour))
	for _, after := range []time.Duration{-time.Second, 0, time.Hour, time.Hour + time.Second} {
		log.Add(audit.Event{Time: began.Add(after), Kind: "environment-open", Description: "Opened environment payments/prod", User: "bo"})
	}
	assert.Equal(t, 2, log.Events)
	assert.Equal(t, 2, log.Uses()[0].Count)
}

// What cannot be told is counted.
func TestWhatCannotBeToldIsCounted(t *testing.T) {
	t.Parallel()
	log := logOf([]audit.Event{
		{Time: began, Kind: "stack-update-started", Description: "A stack update started.", User: "bo"},
		{Time: began, Kind: "brand-new", Description: "Something about environment payments/prod", User: "bo"},
		{Time: began, Kind: "environment-open", Description: "Opened an anonymous environment", User: "bo"},
		{Time: began, Kind: "user-login", Description: "bo logged in", User: "bo"},
	})
	assert.Equal(t, map[string]int{"stack-update-started": 1}, log.Unattributed)
	assert.Equal(t, map[string]int{"brand-new": 1}, log.Unknown)
	assert.Equal(t, []string{"environment_yaml:open"}, log.Uses()[0].Scopes)
}

// Memory does not grow with the events. In the window of an event stream of few principals and entities, it is what these take.
func TestMemoryIsFlat(t *testing.T) {
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	log := usage.New("acme", time.Time{}, time.Time{})
	addMany(log, 5_000)
	small := heap()
	addMany(log, 75_000)
	large := heap()
	assert.Equal(t, 80_000, log.Events)
	assert.Less(t, large-before, 2*(small-before)+1<<18, "16 times the events take no more memory")
	runtime.KeepAlive(log)
}

func addMany(log *usage.Log, events int) {
	for i := range events {
		log.Add(audit.Event{
			Time: began.Add(time.Duration(i) * time.Second), Kind: "environment-open", User: fmt.Sprintf("user-%d", i%50),
			Description: fmt.Sprintf("Opened environment payments/env-%d", i%40), SourceIP: fmt.Sprintf("192.0.2.%d", i%200),
		})
	}
}

func BenchmarkAdd(b *testing.B) {
	log := usage.New("acme", time.Time{}, time.Time{})
	b.ReportAllocs()
	addMany(log, b.N)
}

func BenchmarkRead(b *testing.B) {
	for _, form := range []string{"json", "csv", "cef"} {
		b.Run(form, func(b *testing.B) {
			line := written[form](audit.Event{Time: began, Kind: "environment-open", Description: "Opened environment payments/prod", User: "bo",
				SourceIP: "192.0.2.1"}) + "\n"
			b.SetBytes(int64(len(line)))
			log := usage.New("acme", time.Time{}, time.Time{})
			log.Read("bench", strings.NewReader(strings.Repeat(line, b.N)))
			assert.Equal(b, b.N, log.Events)
		})
	}
}

// Every scope of the table is one of the kind, in the catalogue that roles are checked with.
func TestEventsUseScopesThatExist(t *testing.T) {
	t.Parallel()
	catalogue := access.NewCatalogue(nil)
	shown := 0
	for _, kind := range access.Kinds() {
		for _, scope := range catalogue.Scopes(kind) {
			if usage.Shows(kind, scope) {
				shown++
			}
		}
	}
	for _, event := range usage.EventKinds() {
		for _, act := range usage.ScopesOf(event) {
			for _, scope := range act.Scopes {
				assert.True(t, catalogue.Has(act.Kind, scope), "%s uses %s on %s", event, scope, act.Kind)
			}
		}
	}
	assert.Greater(t, shown, 60)
	assert.False(t, usage.Shows(access.Stack, "stack:read"))
	assert.True(t, usage.Shows(access.Environment, "environment:read"))
	assert.Equal(t, usage.ScopesOf("cloud-account-updated"), usage.ScopesOf("insights-account-updated"), "the older name of the event")
}

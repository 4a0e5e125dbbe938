package faultmatrix_test

import (
	"fmt"
	"hash/fnv"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// chosen says which cases are tried: "all", those whose name contains a text, or a sample, which depends on a seed.
var chosen, seedOfSample = os.Getenv("LEASTPRIVILEGE_LAW_FAULTS"), os.Getenv("LEASTPRIVILEGE_LAW_SEED")

// sampled is of how many cases `make test` tries one.
const sampled = 100

func isChosen(name string) bool {
	switch chosen {
	case "all":
		return true
	case "":
		return chance(seedOfSample+name)%sampled == 0
	}
	return strings.Contains(name, chosen)
}

// TestEveryFaultIsRecoveredFrom is the law of faults: after any fault at any call of any operation, the next update comes to what is
// declared, without a duplicate, a leftover or a step by hand, and a destroy removes all of it.
func TestEveryFaultIsRecoveredFrom(t *testing.T) {
	t.Parallel()
	everyCall(t, func(t *testing.T, b *bench, p program, op operation, at int, counts *tally) {
		for _, f := range faults {
			for _, r := range f.reaches() {
				s := strike{f, at, r}
				if name := s.name(p, op); isChosen(name) {
					b.tryFault(t, p, op, s, chance("refreshed", name)%2 == 0, counts)
				}
			}
		}
	})
}

// TestEveryCrashIsRecoveredFrom is the law of crashes: after the plugin was killed before or after any of its calls, so that nothing it did
// in that operation reached the state, a refresh and an update come to what is declared. An object that was made and is not in the state
// is taken over by the command that the error gives.
func TestEveryCrashIsRecoveredFrom(t *testing.T) {
	t.Parallel()
	everyCall(t, func(t *testing.T, b *bench, p program, op operation, at int, counts *tally) {
		for _, f := range crashes {
			s := strike{f, at, once}
			if name := s.name(p, op); isChosen(name) {
				b.tryFault(t, p, op, s, true, counts)
			}
		}
	})
}

// everyCall tries something at every call of every operation of every program, and prints what came of it.
func everyCall(t *testing.T, try func(t *testing.T, b *bench, p program, op operation, at int, counts *tally)) {
	t.Helper()
	counts := &tally{}
	t.Run("programs", func(t *testing.T) {
		for _, p := range programs {
			t.Run(p.kind, func(t *testing.T) {
				t.Parallel()
				b := newBench(t)
				for _, op := range b.operations(p) {
					for at := 1; at <= len(op.calls); at++ {
						try(t, b, p, op, at, counts)
					}
				}
			})
		}
	})
	counts.print(t)
}

// A resource or component without a program here fails this test.
func TestEverythingHasAProgram(t *testing.T) {
	t.Parallel()
	var declared []string
	for _, p := range programs {
		declared = append(declared, p.kind)
	}
	assert.ElementsMatch(t, newBench(t).engine.Kinds(), slices.Compact(slices.Sorted(slices.Values(declared))))
}

// reaches are how far a fault goes, beyond one call.
func (f fault) reaches() []reach {
	all := []reach{once}
	if !f.slow && !strings.HasPrefix(f.name, "cancellation") {
		all = append(all, stuck)
	}
	if f.outage {
		all = append(all, outage)
	}
	return all
}

// chance is a number that only depends on what is given.
func chance(of ...any) uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, of...)
	return h.Sum64() >> 7
}

func (b *bench) tryFault(t *testing.T, p program, op operation, s strike, refreshed bool, counts *tally) {
	b.goTo(op.before)
	b.striker.begin(s)
	failed := op.run()
	call := b.striker.struck()
	if call == "" {
		counts.add(p.kind, s.fault.name, "not reached")
		return
	}
	by, trouble := b.recover(op, refreshed)
	if trouble == "" && failed != nil && s.fault.passing && s.reach == once {
		trouble = "the update failed, although the call can be repeated"
	}
	if by == byCommand && !s.losesForGood() {
		trouble = "it was recovered by a command, and not by itself"
	}
	if trouble == "" {
		counts.add(p.kind, s.fault.name, string(by))
		return
	}
	counts.add(p.kind, s.fault.name, "stuck")
	assert.Fail(t, "not recovered", "%s, %s, call %d of %d: %s\nfault: %s, %s; refreshed after it: %t\nthe run: %v\nthen: %s\n"+
		"to run this case alone: LEASTPRIVILEGE_LAW_FAULTS=%q go test ./provider/faultmatrix -run '/programs/%s$'",
		p.kind, op.name, s.at, len(op.calls), call, s.fault.name, s.reach, refreshed, failed, trouble, s.name(p, op), p.kind)
}

// name is the case's.
func (s strike) name(p program, op operation) string {
	return fmt.Sprintf("%s, %s, call %d: %s, %s", p.kind, op.name, s.at, s.fault.name, s.reach)
}

// losesForGood reports whether a create may have been carried out without anything that could say so: whatever is asked afterwards is not
// answered either, or denied.
func (s strike) losesForGood() bool {
	return s.reach == outage || s.reach == stuck || strings.HasPrefix(s.fault.name, "killed")
}

// tally counts cases by what came of them.
type tally struct {
	mutex sync.Mutex
	all   map[[2]string]map[string]int // resource or fault -> outcome -> cases
}

func (c *tally) add(kind, fault, outcome string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.all == nil {
		c.all = map[[2]string]map[string]int{}
	}
	for _, key := range [][2]string{{"", "in all"}, {"resource", kind}, {"fault", fault}} {
		if c.all[key] == nil {
			c.all[key] = map[string]int{}
		}
		c.all[key][outcome]++
	}
}

func (c *tally) print(t *testing.T) {
	keys := slices.SortedFunc(maps.Keys(c.all), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	for _, key := range keys {
		n := c.all[key]
		t.Logf("%-10s %-32s tried %6d, recovered %6d, %s %4d, not reached %d",
			key[0], key[1], n[string(byItself)]+n[string(byCommand)]+n["stuck"], n[string(byItself)], byCommand, n[string(byCommand)], n["not reached"])
	}
}

// differences are the lines of one text that the other lacks.
func differences(want, got string) string {
	var out strings.Builder
	for _, side := range []struct{ mark, here, there string }{{"- ", want, got}, {"+ ", got, want}} {
		there := strings.Split(side.there, "\n")
		for line := range strings.SplitSeq(side.here, "\n") {
			if i := slices.Index(there, line); i >= 0 {
				there = slices.Delete(there, i, i+1)
				continue
			}
			out.WriteString(side.mark + line + "\n")
		}
	}
	return out.String()
}

package graph_test

import (
	"flag"
	"fmt"
	"slices"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

var actOrganizations = flag.Int("act-organizations", 40, "how many organizations the two evaluators of acts are compared on")

func anyAct(string, string) bool { return true }

func noAct(string, string) bool { return false }

var lookedFor = map[string][]string{
	"stack": {"stack:write", "stack:read"}, "environment": {"environment:open", "environment_version:open", "environment:write"},
	"insights-account": {"insights_account:read"}, "global": {"audit_logs:read", "stack:create"},
}

// The search finds what the naive evaluator reaches by applying acts, no more and no less; the acts that it names suffice, and none of
// them can be left out.
func TestActsAgreeWithTheNaiveEvaluator(t *testing.T) {
	t.Parallel()
	met, certainly := map[graph.Act]int{}, map[graph.Act]int{}
	lengths, compared := map[int]int{}, 0
	for seed := range *actOrganizations {
		w := drawnActs(seed)
		index := graph.NewIndex(w.productOf(t))
		principals := index.AllPrincipals()
		w.whoOpens(principals)
		found := escalationsOf(index)
		for _, p := range principals {
			if p.Name == "ana" {
				continue // an administrator
			}
			law := actLaw{T: t, seed: seed, w: &w, found: found, p: p}
			law.compare(func(x graph.Escalation) {
				lengths[len(x.Acts)]++
				for _, step := range x.Acts {
					met[step.Act]++
					if x.Certainty == graph.Certain {
						certainly[step.Act]++
					}
				}
			}, &compared)
			if t.Failed() {
				t.FailNow()
			}
		}
	}
	t.Logf("%d questions on %d organizations; acts: %v; of these certain: %v; by length: %v", compared, *actOrganizations, met, certainly, lengths)
	for _, rule := range graph.ActRules() {
		if met[rule.Act] == 0 && *actOrganizations >= 200 {
			t.Errorf("no drawn organization has %s", rule.Act)
		}
	}
}

type actLaw struct {
	*testing.T
	seed  int
	w     *actWorld
	found map[asked]graph.Escalation
	p     graph.PrincipalID
}

type asked struct {
	who               graph.PrincipalID
	scope, kind, name string
}

// escalationsOf are the answers by what is gained.
func escalationsOf(index *graph.Index) map[asked]graph.Escalation {
	all := map[asked]graph.Escalation{}
	for _, scopes := range lookedFor {
		for _, scope := range scopes {
			for _, x := range index.Escalations(nil, scope, nil) {
				for _, gain := range x.Reaches {
					all[asked{x.Principal, scope, string(gain.Kind), gain.Name}] = x
				}
			}
		}
	}
	return all
}

func (l actLaw) compare(met func(graph.Escalation), compared *int) {
	l.Helper()
	direct, certain := l.w.run(l.p, true, 0, noAct), l.w.run(l.p, true, 99, anyAct)
	maybe, possible := l.w.run(l.p, false, 0, noAct), l.w.run(l.p, false, 99, anyAct)
	for kind, scopes := range lookedFor {
		names := append(slices.Clone(actThings[kind]), map[string][]string{"global": {"acme"}}[kind]...)
		for _, name := range names {
			for _, scope := range scopes {
				want := ""
				switch {
				case direct.reach(scope, kind, name):
				case certain.reach(scope, kind, name):
					want = "certain"
				case maybe.reach(scope, kind, name):
				case possible.reach(scope, kind, name):
					want = "possible"
				}
				*compared++
				l.answer(want, scope, kind, name, met)
			}
		}
	}
}

func (l actLaw) answer(want, scope, kind, name string, met func(graph.Escalation)) {
	l.Helper()
	got := l.found[asked{l.p, scope, kind, name}]
	if string(got.Certainty) != want {
		l.Fatalf("seed %d: %v to %s on %s %s: naive %q, graph %s\n%s", l.seed, l.p, scope, kind, name, want, chainText(got), l.w.describe())
		return
	}
	if want == "" {
		return
	}
	met(got)
	l.suffices(got, scope, kind, name)
}

// suffices replays the acts that an answer names, all of them and all but one.
func (l actLaw) suffices(x graph.Escalation, scope, kind, name string) {
	l.Helper()
	without := func(skip int) bool {
		allowed := func(act, on string) bool {
			for i, step := range x.Acts {
				if i != skip && string(step.Act) == act && step.On == on {
					return true
				}
			}
			return false
		}
		return l.w.run(l.p, x.Certainty == graph.Certain, len(x.Acts), allowed).reach(scope, kind, name)
	}
	if !without(-1) {
		l.Fatalf("seed %d: %v to %s on %s %s: %s does not suffice\n%s", l.seed, l.p, scope, kind, name, chainText(x), l.w.describe())
	}
	for skip, step := range x.Acts {
		same := func(other graph.Performed) bool { return other.Act == step.Act && other.On == step.On }
		if slices.ContainsFunc(x.Acts[skip+1:], same) || slices.ContainsFunc(x.Acts[:skip], same) {
			continue // two ways of one act on one object, which the naive evaluator does not tell apart
		}
		if without(skip) {
			l.Fatalf("seed %d: %v to %s on %s %s: %s is longer than it has to be: %d\n%s", l.seed, l.p, scope, kind, name, chainText(x), skip, l.w.describe())
		}
	}
}

func chainText(x graph.Escalation) string {
	var steps []string
	for _, step := range x.Acts {
		steps = append(steps, fmt.Sprintf("%s(%s): %s", step.Act, step.On, step.Text))
	}
	return fmt.Sprintf("%q %v %s", x.Certainty, steps, x.Doubt)
}

package kit

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Names made by joining parts tell all parts apart, whatever they hold.
func TestChildNamesAreDistinctProperty(t *testing.T) {
	t.Parallel()
	text := rapid.StringOfN(rapid.SampledFrom([]rune("ab-/~01")), 0, 5, -1)
	name := rapid.StringOfN(rapid.SampledFrom([]rune("ab-/~")), 1, 5, -1)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 3).Draw(t, "parts")
		one, other := rapid.SliceOfN(text, n, n).Draw(t, "one"), rapid.SliceOfN(text, n, n).Draw(t, "other")
		of, and := name.Draw(t, "component"), name.Draw(t, "another")
		// More often than chance has it, what joins to one text.
		if joined := strings.Split(joinedName(of, one...), "-"); rapid.Bool().Draw(t, "split elsewhere") && len(joined) > n {
			at := rapid.IntRange(1, len(joined)-n).Draw(t, "at")
			and = strings.Join(joined[:at], "-")
			other = slices.Clone(joined[at : at+n])
			other[n-1] = strings.Join(joined[at+n-1:], "-")
		}
		same := of == and && slices.Equal(one, other)
		if got := ChildName(of, one...) == ChildName(and, other...); got != same {
			t.Fatalf("%q %q and %q %q are called %q and %q", of, one, and, other, ChildName(of, one...), ChildName(and, other...))
		}
	})
}

// The names of roles that components make by default tell all stacks, and all teams and tiers, apart.
func TestObjectNamesAreDistinctProperty(t *testing.T) {
	t.Parallel()
	name := rapid.StringMatching(`[a-b_.-]{1,5}`)
	rapid.Check(t, func(t *rapid.T) {
		joined := name.Draw(t, "one") + "-" + name.Draw(t, "in")
		cut := func(label string) [2]string {
			var at []int
			for i := range joined {
				if joined[i] == '-' && i > 0 && i+1 < len(joined) {
					at = append(at, i)
				}
			}
			i := rapid.SampledFrom(at).Draw(t, label)
			return [2]string{joined[:i], joined[i+1:]}
		}
		one, other := cut("cut"), cut("cut elsewhere")
		for _, kind := range []string{"deploy", "automation"} {
			first, second := ObjectName(kind, one[0], one[1]), ObjectName(kind, other[0], other[1])
			if got := first == second; got != (one == other) {
				t.Fatalf("%q and %q are called %q and %q", one, other, first, second)
			}
		}
	})
}

func TestObjectNamesStay(t *testing.T) {
	t.Parallel()
	for want, parts := range map[string][2]string{
		"deploy-payments-prod": {"payments", "prod"}, "deploy-my-app-prod": {"my-app", "prod"}, "deploy-my-app/prod-eu": {"my-app", "prod-eu"},
	} {
		if got := ObjectName("deploy", parts[0], parts[1]); got != want {
			t.Errorf("%q: got %q, want %q", parts, got, want)
		}
	}
}

func TestChildNamesStay(t *testing.T) {
	t.Parallel()
	for want, parts := range map[string][]string{
		"x-payments-prod": {"payments", "prod"}, "x/a-b/c/": {"a-b", "c"}, "x/a/b-c/": {"a", "b-c"}, "x-payments/prod/bo": {"payments/prod/bo"},
		"x/my-app~1prod/": {"my-app/prod"},
	} {
		if got := ChildName("x", parts...); got != want {
			t.Errorf("%q: got %q, want %q", parts, got, want)
		}
	}
}

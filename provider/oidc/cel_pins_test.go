package oidc

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/googlecel"
)

// A condition that is taken for exact admits nothing but the values that were read from it, says an evaluator that is
// not ours.
func TestCELPinsAreSoundProperty(t *testing.T) {
	t.Parallel()
	words := rapid.SampledFrom([]string{"a", "b", "ab", `o'b`})
	leaf := rapid.Custom(func(t *rapid.T) string {
		claim := rapid.SampledFrom([]string{"assertion.sub", "assertion['sub']"}).Draw(t, "claim")
		one, other := celString(words.Draw(t, "one")), celString(words.Draw(t, "other"))
		form := rapid.SampledFrom([]string{
			"X == A", "A == X", "X in [A, B]", "X.startsWith(A)", "X != A", "true", "!(X == A)", "(X == A) == false",
			"X == A // || true\n", "true // && X == A\n", `X == '\x61'`, "X\n==\nA", "X + A == B", "!(X in [A])", "(X == A ? false : true)", "(X in [A]) != true",
			"{'k': true, 'l': false && X == A && true}['k']", "[true, false && X == A][0]", "{'k': 1 > 2 && X == A && true}.size() == 1", "[A].exists(x, x == A || X == A)",
		}).Draw(t, "form")
		return strings.NewReplacer("X", claim, "A", one, "B", other).Replace(form)
	})
	var conditions func(depth int) *rapid.Generator[string]
	conditions = func(depth int) *rapid.Generator[string] {
		if depth == 0 {
			return leaf
		}
		return rapid.Custom(func(t *rapid.T) string {
			form := rapid.SampledFrom([]string{"%s && %s", "%s || %s", "(%s || %s)", "(%s && %s)"}).Draw(t, "join")
			return fmt.Sprintf(form, conditions(depth-1).Draw(t, "left"), conditions(depth-1).Draw(t, "right"))
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		condition := conditions(rapid.IntRange(0, 2).Draw(t, "depth")).Draw(t, "condition")
		checkPins(t, condition)
	})
}

// checkPins holds what is read from a condition against the evaluator.
func checkPins(t *rapid.T, condition string) (exact bool) {
	alternatives, err := celPins(condition)
	if err != nil {
		return false
	}
	pin := anyOfPins(alternatives)["assertion.sub"]
	for _, subject := range []string{"a", "b", "ab", `o'b`, "c", ""} {
		if !pin.exact || slices.Contains(pin.values, subject) {
			continue
		}
		out, err := googlecel.Evaluate(condition, map[string]any{"sub": subject}, nil)
		if err == nil && out.Value() == true {
			t.Fatalf("%s is taken for exactly %q, and admits %q", condition, pin.values, subject)
		}
	}
	return pin.exact
}

// The same holds for whatever else somebody writes: parts of conditions, quotes and comments in any order.
func TestCELPinsOfAnythingAreSoundProperty(t *testing.T) {
	t.Parallel()
	exact := 0
	parts := rapid.SampledFrom([]string{
		"assertion.sub", "assertion['sub']", "==", "!=", "'a'", "'b'", "&&", "||", "//", "\n", "'''", `"""`, "'", `"`, "r'", `\'`, `\x61`, "true", "false", "!",
		"(", ")", "in", "[", "]", ",", "?", ":", "{", "}", "{'k':", "}['k']", ".size() == 1", "assertion.sub == 'a'", "&& assertion.sub == 'a'", "&& assertion.sub == 'a' &&", "|| true", "true //",
	})
	rapid.Check(t, func(t *rapid.T) {
		all := append(rapid.SliceOfN(parts, 0, 4).Draw(t, "before"), "assertion.sub == 'a'")
		all = append(all, rapid.SliceOfN(parts, 0, 4).Draw(t, "after")...)
		if checkPins(t, strings.Join(all, rapid.SampledFrom([]string{" ", ""}).Draw(t, "between"))) {
			exact++
		}
	})
	if exact == 0 {
		t.Fatal("no condition was taken for exact")
	}
}

// A comment or a string that hides a comparison pins nothing, and text that is not a condition is not one that pins.
func TestCELPinsNothingThatIsHidden(t *testing.T) {
	t.Parallel()
	for _, condition := range []string{
		"true // && assertion.sub == 'a'",
		"true // '\n || assertion.ref != '' // && assertion.sub == 'a'",
		"assertion.ref != ''' ' && assertion.sub == 'a' && ' '''",
		`assertion.ref != """ " && assertion.sub == "a" && " """`,
		"assertion.ref != r'''\\' && assertion.sub == 'a' && r'\\'''",
		"assertion.sub == b'a'",
	} {
		alternatives, err := celPins(condition)
		if err != nil {
			t.Errorf("%s: %v", condition, err)
		} else if anyOfPins(alternatives)["assertion.sub"].exact {
			t.Errorf("%s is taken for exact", condition)
		}
	}
	for _, condition := range []string{
		"foo: x && assertion.sub == 'a' && y", "assertion.sub == 'a' &&", "&& assertion.sub == 'a'", "assertion.sub == 'a' assertion.ref", "(assertion.sub == 'a'",
		"assertion.sub == 'a')", "true | assertion.sub == 'a'", "assertion.sub = 'a'", `assertion.sub == '\q'`, `assertion.sub == '\UFFFFFFFF'`, "assertion.sub == 'a' ? true", "attributeCondition: assertion.sub == 'a'",
	} {
		if alternatives, err := celPins(condition); err == nil {
			t.Errorf("%s is read as %v", condition, alternatives)
		}
	}
	for condition, want := range map[string]string{
		`assertion.sub == 'env:\x3cyaml\x3e'`: "env:<yaml>", `assertion.sub == "\141\n\u00e9"`: "a\né", "assertion.sub == '''it's''' // why": "it's", `assertion.sub == r'\n'`: `\n`,
	} {
		alternatives, err := celPins(condition)
		if err != nil || !slices.Equal(alternatives[0]["assertion.sub"].values, []string{want}) {
			t.Errorf("%s is read as %v, %v", condition, alternatives, err)
		}
	}
}

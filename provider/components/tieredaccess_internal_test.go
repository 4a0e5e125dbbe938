package components

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// Dropping rules that others contain changes nothing that the rules select, and leaves none that could be dropped.
func TestBroadestRulesSelectTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tags := rapid.MapOf(rapid.SampledFrom([]string{"a", "b", "c"}), rapid.SampledFrom([]string{"1", "2"}))
		rules := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) types.StackRule { return types.StackRule{Tags: tags.Draw(t, "tags")} }), 0, 6).
			Draw(t, "rules")
		kept := withoutDuplicates(types.Access{Stacks: rules}).Stacks
		entity := tags.Draw(t, "entity")
		selects := func(r types.StackRule) bool { return contains(entity, r.Tags) }
		if slices.ContainsFunc(rules, selects) != slices.ContainsFunc(kept, selects) {
			t.Fatalf("%v: the rules %v became %v", entity, rules, kept)
		}
		for i, rule := range kept {
			for j, other := range kept {
				if i != j && contains(rule.Tags, other.Tags) {
					t.Fatalf("%v is contained in %v", rule, other)
				}
			}
		}
	})
}

package environment

import (
	"maps"
	"testing"

	"pgregory.net/rapid"
)

func TestTagPlan(t *testing.T) {
	tags := rapid.MapOf(rapid.SampledFrom([]string{"a", "b", "c"}), rapid.SampledFrom([]string{"", "1", "2"}))
	rapid.Check(t, func(t *rapid.T) {
		current, wanted := tags.Draw(t, "current"), tags.Draw(t, "wanted")
		now := current
		for _, step := range planTags(current, wanted) {
			now = step.after(now)
			if !step.inEffect(now) {
				t.Fatalf("%v is not in effect once it is done", step)
			}
		}
		if !maps.Equal(now, wanted) {
			t.Fatalf("want %v, got %v", wanted, now)
		}
		if again := planTags(now, wanted); len(again) > 0 {
			t.Fatalf("a second plan is not empty: %v", again)
		}
	})
}

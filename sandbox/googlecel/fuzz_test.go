package googlecel_test

import (
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/googlecel"
)

// FuzzConditions checks and evaluates any condition and mapping: neither panics, and what cannot be checked admits nobody.
func FuzzConditions(f *testing.F) {
	f.Add("google.subject == 'a' && assertion.aud == 'b'", "assertion.sub")
	f.Add("assertion.sub.startsWith('a')", "assertion.sub.extract('{x}/')")
	f.Add("true", "'a'+'b'")
	f.Fuzz(func(t *testing.T, condition, subject string) {
		claims := map[string]any{"sub": "a/b", "aud": []any{"b"}, "n": 1.5}
		mapping := map[string]string{"google.subject": subject}
		var attributes googlecel.Attributes
		if googlecel.CheckMapping(mapping) == nil {
			attributes, _ = googlecel.Map(mapping, claims)
		}
		checked := googlecel.CheckCondition(condition)
		if admits, err := googlecel.Admits(condition, claims, attributes); checked != nil && err == nil && admits && condition != "" {
			t.Errorf("%q is refused (%v), and admits", condition, checked)
		}
	})
}

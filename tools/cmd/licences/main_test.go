package main

import (
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	const mit = `{"name":"a","version":"v1","evidence":{"licenses":[{"license":{"id":"MIT"}}]}}`
	for _, test := range []struct{ components, refused string }{
		{mit, ""},
		{`{"name":"b","version":"v2","licenses":[{"license":{"id":"GPL-3.0-only"}}]},` + mit, "b v2 has the licence GPL-3.0-only"},
		{mit + `,{"name":"c","version":"v3","licenses":[{"license":{"id":"MIT"}},{"license":{"name":"Ours"}}]}`, "c v3 has the licence Ours"},
		{mit + `,{"name":"d","version":"v4"}`, "d v4 has no licence that is known"},
		{`{"name":"e","version":"v5","licenses":[{"expression":"MIT OR GPL-2.0"}]}`, "e v5 has the licence MIT OR GPL-2.0"},
		{"", "no components"},
	} {
		said, err := check(strings.NewReader(`{"components":[` + test.components + `]}`))
		switch {
		case test.refused == "" && err != nil:
			t.Errorf("%s: %v", test.components, err)
		case test.refused == "" && !strings.Contains(said, "1 components"):
			t.Errorf("%s: %s", test.components, said)
		case test.refused != "" && (err == nil || !strings.Contains(err.Error(), test.refused)):
			t.Errorf("%s: %v, not %q", test.components, err, test.refused)
		}
	}
}

package main

import (
	"strings"
	"testing"
)

func TestRequireIn(t *testing.T) {
	t.Parallel()
	const resource = "    @overload\n    def __init__(__self__,\n        name: str,\n        opts: Options = None,\n" +
		"        a: pulumi.Input[Optional[str]] = None,\n        b: Optional[bool] = None,\n        __props__=None):\n"
	const function = "\ndef f(a: Optional[Sequence[str]] = None,\n      opts: Options = None) -> R:\n"
	for _, tc := range []struct {
		name, text, start, last string
		names                   []string
		want                    string // of the text, or else of the error
		fails                   bool
	}{
		{name: "resource", text: resource, start: "def __init__(__self__,\n", last: "opts: Options = None,\n", names: []string{"a"},
			want: "        *,\n        a: pulumi.Input[str],\n        b: Optional[bool] = None,\n"},
		{name: "plain input", text: resource, start: "def __init__(__self__,\n", last: "opts: Options = None,\n", names: []string{"b"},
			want: "        *,\n        a: pulumi.Input[Optional[str]] = None,\n        b: bool,\n"},
		{name: "function", text: function, start: "\ndef f(", names: []string{"a"},
			want: "\ndef f(*,\n      a: Sequence[str],\n      opts: Options = None) -> R:\n"},
		{name: "no such signature", text: function, start: "\ndef g(", names: []string{"a"}, fails: true, want: "no signature"},
		{name: "no such parameter", text: function, start: "\ndef f(", names: []string{"c"}, fails: true, want: "no optional parameter c"},
		{name: "already required", text: "\ndef f(a: str) -> R:\n", start: "\ndef f(", names: []string{"a"}, fails: true, want: "no optional parameter a"},
		{name: "no options", text: function, start: "\ndef f(", last: "args: A,\n", names: []string{"a"}, fails: true, want: "does not have"},
		{name: "no end", text: "\ndef f(a: str", start: "\ndef f(", names: []string{"a"}, fails: true, want: "does not end"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := requireIn(tc.text, tc.start, tc.last, tc.names)
			if (err != nil) != tc.fails {
				t.Fatalf("got error %v; want one: %v", err, tc.fails)
			}
			if err != nil {
				got = err.Error()
			}
			if !strings.Contains(got, tc.want) {
				t.Errorf("got %q, want %q in it", got, tc.want)
			}
		})
	}
}

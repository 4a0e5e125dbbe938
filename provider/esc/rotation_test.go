package esc

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const rotated = `values:
  db:
    fn::rotate::postgres:
      inputs: {host: a}
      state:
        current: {password: {'fn::secret': {ciphertext: ZXNjeAAAAAFhYmNkLOkMhg==}}}
  other: [1, {'fn::rotate': {provider: password, inputs: {}, state: {current: {password: x}}}}]
`

func TestCarryRotation(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		wanted string
		kept   []string
		lost   []string
	}{
		"same":               {"values:\n  db:\n    fn::rotate::postgres:\n      inputs: {host: b} # c\n", []string{"# c", "host: b", "ZXNjeAAAAAFhYmNkLOkMhg"}, nil},
		"an empty state":     {"values: {db: {'fn::rotate::postgres': {inputs: {}, state: null}}}", []string{"ZXNjeAAAAAFhYmNkLOkMhg"}, nil},
		"long form":          {"values: {db: {'fn::rotate': {provider: postgres, inputs: {}}}}", []string{"ZXNjeAAAAAFhYmNkLOkMhg"}, nil},
		"in a list":          {"values: {other: [2, {'fn::rotate::password': {inputs: {}}}]}", []string{"password: x"}, []string{"ZXNje"}},
		"another rotator":    {"values: {db: {'fn::rotate::mysql': {inputs: {}}}}", nil, []string{"state"}},
		"another place":      {"values: {db2: {'fn::rotate::postgres': {inputs: {}}}}", nil, []string{"state"}},
		"a state of its own": {"values: {db: {'fn::rotate::postgres': {inputs: {}, state: {mine: 1}}}}", []string{"mine"}, []string{"ZXNje"}},
		"no rotator":         {"values: {db: 1}", nil, []string{"state"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := CarryRotation(test.wanted, rotated)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range test.kept {
				if !strings.Contains(got, text) {
					t.Errorf("%q is missing in\n%s", text, got)
				}
			}
			for _, text := range test.lost {
				if strings.Contains(got, text) {
					t.Errorf("%q is in\n%s", text, got)
				}
			}
			if len(test.kept) == 0 && got != test.wanted {
				t.Errorf("changed:\n%s", got)
			}
			if !SameStructure(test.wanted, got) && name != "a state of its own" {
				t.Errorf("the state makes a difference:\n%s", got)
			}
		})
	}
	const before = "values: {db: {'fn::rotate::postgres': {inputs: {a: 1}}}, s: {'fn::secret': {ciphertext: a}}}"
	for after, want := range map[string]bool{
		strings.Replace(before, "{a: 1}", "{a: 1}, state: {x: 1}", 1): true,
		before: false,
		strings.Replace(before, "{a: 1}", "{a: 2}, state: {x: 1}", 1):           false,
		strings.Replace(before, "ciphertext: a", "ciphertext: b", 1):            false,
		strings.Replace(before, "postgres", "mysql", 1):                         false,
		strings.Replace(before, "{a: 1}", "{a: 1}, state: {x: 1}", 1) + "\n# c": true,
	} {
		if got := OnlyRotated(before, after); got != want {
			t.Errorf("%s: %v", after, got)
		}
	}
}

// Whatever a secret holds, what is built is what the service takes, and opens to it.
func TestBuildSecretsOfAnyText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringOfN(rapid.RuneFrom([]rune("ab.$${}[]\"\n ")), 0, 12, -1).Draw(t, "secret")
		nested := rapid.Bool().Draw(t, "nested")
		value := any(secret)
		if nested {
			value = map[string]any{"k": secret}
		}
		text, err := Build(Definition{Values: map[string]any{"s": Secret{Value: value}}})
		if err != nil {
			t.Fatalf("%v", err)
		}
		if found := evaluate("payments/prod", text, &catalogue{unknown: map[string]bool{}}, imports{}); found.HasErrors() {
			t.Fatalf("%s\n%v", text, found)
		}
		want := asJSON(t, map[string]any{"s": value})
		if got := asJSON(t, normal(t, open(t, text).ToJSON(false))); got != want {
			t.Fatalf("%s\ngot %s\nwant %s", text, got, want)
		}
		if strings.Contains(secret, "${") && !HasPlaintextSecret(text) {
			t.Fatalf("not secret:\n%s", text)
		}
	})
}

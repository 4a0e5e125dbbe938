package esc

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestHasPlaintextSecret(t *testing.T) {
	t.Parallel()
	for definition, want := range map[string]bool{
		"":                                                               false,
		"values: {x: secret}":                                            false,
		"values: {x: {fn::secret: a}}":                                   true,
		"values: {x: {fn::secret: ''}}":                                  true,
		"values: {x: {fn::secret: 5}}":                                   true,
		"values: {x: {fn::secret: {a: b}}}":                              true,
		"values: {x: {fn::secret: [a]}}":                                 true,
		"values: {x: [1, {y: {fn::secret: a}}]}":                         true,
		"values: {x: {fn::fromJSON: {fn::secret: a}}}":                   true,
		"values: {x: {fn::secret: {ciphertext: a}}}":                     false,
		"values: {x: {fn::secret: {ciphertext: a, b: c}}}":               true,
		"values: {x: {fn::secret: {ciphertext: {a: b}}}}":                true,
		"values: {x: {fn::secret: {ciphertext: a}}, y: {fn::secret: b}}": true,
		"values: {x: {fn::secret: a, other: b}}":                         true,
		"values: {x: {'fn::secret': a}}":                                 true,
		"values: {x: \"fn::secret: a\"}":                                 false,
		"# fn::secret: a\nvalues: {}":                                    false,
		"values: {x: &a {fn::secret: b}, y: *a}":                         true,
		"values: {k: &a fn::secret, x: {*a : b}}":                        true,
		"values: {}\n---\nvalues: {x: {fn::secret: a}}":                  true,
		"values: [": true,
		"values: {x: {fn::open::aws-login: {static: {key: {fn::secret: a}}}}}": true,
		"imports: [a]\nvalues: {fn::secret: a}":                                true,
	} {
		if got := HasPlaintextSecret(definition); got != want {
			t.Errorf("%q: got %v", definition, got)
		}
	}
}

func TestEncryptSecrets(t *testing.T) {
	t.Parallel()
	definition := "# top\nvalues:\n  x:\n    fn::secret: pa${ss # beside\n  y: ${x}\n"
	sealedText, err := EncryptSecrets(definition, seal)
	if err != nil || strings.Contains(sealedText, "pa$") || HasPlaintextSecret(sealedText) || !HasPlaintextSecret(definition) {
		t.Fatalf("%v\n%s", err, sealedText)
	}
	for _, kept := range []string{"# top", "# beside", "y: ${x}"} {
		if !strings.Contains(sealedText, kept) {
			t.Errorf("%q is missing from\n%s", kept, sealedText)
		}
	}
	if found := Check("payments/prod", sealedText); len(found) > 0 {
		t.Errorf("%v", found)
	}
	again, err := EncryptSecrets(sealedText, func(string) (string, error) { return "", errors.New("nothing is left to encrypt") })
	if err != nil || again != sealedText {
		t.Errorf("a second time: %v\n%s", err, again)
	}
	opened, err := DecryptSecrets(sealedText, unseal)
	if err != nil || !strings.Contains(opened, "fn::secret: pa${ss") {
		t.Errorf("%v\n%s", err, opened)
	}
	if _, err := EncryptSecrets(definition, func(string) (string, error) { return "", errors.New("no key") }); err == nil || !strings.Contains(err.Error(), "no key") {
		t.Errorf("got %v", err)
	}
	if _, err := DecryptSecrets("fn::secret: {ciphertext: a}", unseal); err == nil {
		t.Error("a secret at the root is not one that ESC decrypts")
	}
	for _, empty := range []string{"", "\n"} {
		if got, err := EncryptSecrets(empty, seal); err != nil || got != empty {
			t.Errorf("%q: %q, %v", empty, got, err)
		}
	}
}

func TestRedactSecrets(t *testing.T) {
	t.Parallel()
	for definition, want := range map[string]string{
		"# top\nvalues:\n  x:\n    fn::secret: hunter2\n":         "# top\nvalues:\n  x:\n    fn::secret: '[secret]'\n",
		"values:\n  x:\n    fn::secret: {a: hunter2}\n":           "values:\n  x:\n    fn::secret: '[secret]'\n",
		"values:\n  x:\n    fn::secret:\n      ciphertext: abc\n": "values:\n  x:\n    fn::secret:\n      ciphertext: abc\n",
		"values: [hunter2": "[a definition that is not YAML]",
		"values: {x: {fn::fromJSON: {fn::secret: '[hunter2]'}}}": "values: {x: {'fn::fromJSON': {'fn::secret': '[secret]'}}}\n",
	} {
		if got := RedactSecrets(definition); got != want {
			t.Errorf("%q: got %q, want %q", definition, got, want)
		}
	}
}

func TestSameStructure(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		a, b string
		want bool
	}{
		"formatting":              {"values: {a: 1, b: [x, 'y']}", "# c\nvalues:\n    b:\n    - x\n    - y\n    a: 1 # d\n", true},
		"secret and ciphertext":   {"values: {a: {fn::secret: x}}", "values: {a: {fn::secret: {ciphertext: y}}}", true},
		"two secrets":             {"values: {a: {fn::secret: x}}", "values: {a: {fn::secret: y}}", true},
		"secret and plain":        {"values: {a: {fn::secret: x}}", "values: {a: x}", false},
		"secret and another call": {"values: {a: {fn::secret: x}}", "values: {a: {fn::toJSON: x}}", false},
		"secret elsewhere":        {"values: {a: {fn::secret: x}}", "values: {b: {fn::secret: x}}", false},
		"beside a secret":         {"values: {a: {fn::secret: x}, b: 1}", "values: {a: {fn::secret: x}, b: 2}", false},
		"value":                   {"values: {a: 1}", "values: {a: 2}", false},
		"kind":                    {"values: {a: 1}", "values: {a: '1'}", false},
		"number's form":           {"values: {a: 16}", "values: {a: 0x10}", true},
		"null's form":             {"values: {a: null}", "values: {a: ~}", true},
		"boolean's form":          {"values: {a: true}", "values: {a: True}", true},
		"text's form":             {"values: {a: 'x y'}", "values:\n  a: >-\n    x\n    y\n", true},
		"order of a list":         {"values: [1, 2]", "values: [2, 1]", false},
		"more":                    {"values: {a: 1}", "values: {a: 1, b: 2}", false},
		"empty":                   {"", "# only a comment\n", true},
		"empty and not":           {"", "values: {}", false},
		"broken, equal":           {"a: [", "a: [", true},
		"broken":                  {"a: [", "a: [ ", false},
		"list and map":            {"values: []", "values: {}", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := SameStructure(test.a, test.b); got != test.want {
				t.Errorf("got %v", got)
			}
			if got := SameStructure(test.b, test.a); got != test.want {
				t.Errorf("the other way round: got %v", got)
			}
		})
	}
}

// What the service gives back for what was built has the same structure, and no other value has.
func TestSameStructureAfterEncryption(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value, other := values(2).Draw(t, "value"), values(2).Draw(t, "other")
		build := func(value any) string {
			text, err := Build(Definition{Values: map[string]any{"a": value, "s": Secret{Value: "x"}}})
			if err != nil {
				t.Fatalf("%v", err)
			}
			return text
		}
		text := build(value)
		stored, err := EncryptSecrets(text, seal)
		if err != nil {
			t.Fatalf("%v", err)
		}
		if !SameStructure(text, stored) {
			t.Fatalf("differ:\n%s\n%s", text, stored)
		}
		if same := asJSON(t, value) == asJSON(t, other); SameStructure(build(other), stored) != same {
			t.Fatalf("same is %v for\n%s\n%s", !same, stored, build(other))
		}
	})
}

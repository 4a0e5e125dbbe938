package esc

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestCheckAccepts(t *testing.T) {
	t.Parallel()
	for name, definition := range map[string]string{
		"empty":                     "",
		"only imports":              "imports: [a/b]\n",
		"import's value":            "imports: [a/b]\nvalues:\n  x: ${y.z[0]}\n",
		"import merged":             "imports: [a/b]\nvalues:\n  aws:\n    region: x\n  y: ${aws.login.accessKeyId}\n",
		"import by name":            "imports: [a/b]\nvalues:\n  x: ${imports[\"a/b\"].y}\n",
		"import without merging":    "imports:\n  - a/b: {merge: false}\nvalues:\n  x: ${imports[\"a/b\"].y.z}\n",
		"environment":               "values:\n  x: ${environments.a.b.y.z}\n",
		"environment with brackets": "values:\n  x: a ${environments[\"a\"][\"b\"][\"y.z\"]}\n",
		"context":                   "values:\n  x: ${context.pulumi.user.login}-${context.pulumi.organization.login}-${context.rootEnvironment.name}-${context.currentEnvironment.name}\n",
		"providers":                 "values:\n  x:\n    fn::open::aws-login: {oidc: {roleArn: a}}\n  y: ${x.accessKeyId}\n  z:\n    fn::open: {provider: vault-login, inputs: {}}\n",
		"rotator":                   "values:\n  x:\n    fn::rotate::postgres:\n      inputs: {a: b}\n",
		"secret with dollars":       "values:\n  x:\n    fn::secret: pa$s$$word$\n",
		"import at a revision":      "imports: [a/b@3, c, a/b@stable]\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if found := Check("payments/prod", definition); len(found) > 0 {
				t.Errorf("%s%v", definition, found)
			}
		})
	}
}

func TestCheckFinds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		definition string
		want       []string // each in the form of Diagnostic.String, or a part of it
	}{
		"not YAML":         {"values: [", []string{"error: yaml: line 1"}},
		"not a map":        {"- a\n", []string{"1:1: error: environment must be an object"}},
		"only a comment":   {"# nothing\n", []string{"error: environment must be an object"}},
		"key":              {"values:\n  ? [a]\n  : b\n", []string{"mapping keys must be strings"}},
		"alias as a key":   {"values:\n  x: &a b\n  *a : c\n", []string{"3:3: error: aliases"}},
		"secret as number": {"values:\n  x:\n    fn::secret: !!int hunter2hunter2\n", []string{"3:17: error: values.x[\"fn::secret\"]: yaml: cannot decode !!str [value] as a !!int"}},
		"unknown property": {"values:\n  a: 1\n  x: ${aa}\n", []string{`3:8: error: values.x: unknown property "aa"`}},
		"unknown in an own map although there are imports of others": {"values:\n  a: {b: 1}\n  x: ${a.c}\n", []string{`error: values.x: unknown property "c"`}},
		"context":          {"values:\n  x: ${context.nothing}\n", []string{"error: values.x: unknown property"}},
		"cycle":            {"values:\n  a: ${b}\n  b: ${a}\n", []string{"cyclic reference"}},
		"importing itself": {"imports: [payments/prod]\n", []string{"cyclic import"}},
		"typo of a provider": {"values:\n  x:\n    fn::open::aws-logn: {}\n  y: ${x.anything}\n",
			[]string{`3:5: warning: values.x: unknown provider "aws-logn"; nearest are aws-login`}},
		"unknown provider, long form":      {"values:\n  x:\n    fn::open: {provider: nonsense, inputs: {}}\n", []string{`warning: values.x: unknown provider "nonsense"`}},
		"unknown rotator":                  {"values:\n  x:\n    fn::rotate::postgress:\n      inputs: {a: b}\n", []string{`warning: values.x: unknown rotator "postgress"; nearest are postgres`}},
		"number as secret":                 {"values:\n  x:\n    fn::secret: 5\n", []string{"secret values must be string literals"}},
		"secret that is not an expression": {"values:\n  x:\n    fn::secret: pa${hunter2\n", []string{`error: values.x["fn::secret"]: the text of an fn::secret must not hold ${...}`}},
		"secret that refers":               {"values:\n  y: 1\n  x:\n    - fn::secret: hunter2 ${y}\n", []string{"the text of an fn::secret must not hold ${...}"}},
		"second document":                  {"values: {a: 1}\n---\nvalues: {b: 2}\n", []string{"2:1: error: a definition is one YAML document"}},
		"import of three parts":            {"imports: [a/b, a/b/c]\n", []string{`1:16: error: imports[1]: "a/b/c" is not the name of an environment`}},
		"import without a name":            {"imports: [a/]\n", []string{`"a/" is not the name`}},
		"import with a blank":              {"imports: ['pay ments/prod']\n", []string{`is not the name of an environment`}},
		"import without a version":         {"imports: [a/b@]\n", []string{`"a/b@" is not the name`}},
		"import with options":              {"imports:\n  - a/b/c: {merge: false}\n", []string{`"a/b/c" is not the name`}},
		"unknown field":                    {"value: {}\n", []string{"warning: "}},
		"two":                              {"values:\n  a: ${b}\n  c: ${d}\n", []string{"values.a", "values.c"}},
		"anchored secret":                  {"values:\n  x:\n    fn::secret: *hunter2\n", []string{"unknown anchor referenced (put quotes"}},
		"alias":                            {"values:\n  x: &a 1\n  y: *a\n", []string{"3:6: error: aliases"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := Check("payments/prod", test.definition)
			if len(found) != len(test.want) {
				t.Fatalf("got %v", found)
			}
			for i, want := range test.want {
				if !strings.Contains(found[i].String(), want) {
					t.Errorf("got %q, want %q", found[i], want)
				}
			}
		})
	}
}

// No message quotes a secret, whatever is wrong around it.
func TestCheckKeepsSecrets(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"hunter2", "*hunter2", "&hunter2", "!hunter2", "%hunter2", "@hunter2", "hunter2: x", "[hunter2", "'hunter2", "\"hunter2", "${hunter2", "{hunter2: hunter2}", "hunter2 #", "|hunter2", "? hunter2"} {
		for _, form := range []string{
			"values:\n  x:\n    fn::secret: %s\n", "values:\n  x: {fn::secret: %s}\n", "values:\n  x:\n    fn::secret: %s\n  y: ${x.z}\n",
			"values:\n  x:\n    fn::validate:\n      schema: {const: other}\n      value: {fn::secret: %s}\n", "fn::secret: %s\n",
			"values:\n  x:\n    fn::fromJSON:\n      fn::secret: %s\n", "values:\n  x:\n    fn::fromBase64:\n      fn::secret: %s\n",
		} {
			definition := fmt.Sprintf(form, secret)
			for _, found := range Check("payments/prod", definition) {
				if strings.Contains(found.String(), "hunter2") {
					t.Errorf("%q gives %s", definition, found)
				}
			}
			if shown := RedactSecrets(definition); strings.Contains(shown, "hunter2") {
				t.Errorf("%q is shown as %q", definition, shown)
			}
			if _, err := EncryptSecrets(definition, seal); err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%q gives %v", definition, err)
			}
		}
	}
}

func TestCatalogueIsSorted(t *testing.T) {
	t.Parallel()
	if !slices.IsSorted(Providers()) || !slices.IsSorted(Rotators()) {
		t.Error("the names are not sorted")
	}
	if got := nearest("aws-secret", Providers()); got[0] != "aws-secrets" || len(got) != 3 {
		t.Errorf("got %q", got)
	}
}

func FuzzCheck(f *testing.F) {
	for _, seed := range []string{
		"", "values: {}", "imports: [a]\nvalues: {x: ${y}}", "values:\n  x: {fn::secret: y}", "values: {fn::open::aws-login: {}}", "*a: 1", "fn::secret: 1",
		"values: {? [a] : b}", "imports: {a: b}", "values:\n  x: {fn::rotate::a: {inputs: 1, state: ~}}", "a: &a [*a]", "values: {x: {fn::secret: {ciphertext: 1}}}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, definition string) {
		for _, found := range Check("payments/prod", definition) {
			if found.Summary == "" || found.Severity != SeverityError && found.Severity != SeverityWarning {
				t.Errorf("%+v", found)
			}
		}
		_, _ = EncryptSecrets(definition, seal)
		_, _ = DecryptSecrets(definition, unseal)
		_ = RedactSecrets(definition)
		if !SameStructure(definition, definition) {
			t.Error("not the same as itself")
		}
		_ = SameStructure(definition, definition+"\n# a")
		if HasPlaintextSecret(definition) && !strings.Contains(definition, "fn") {
			if _, err := parse(definition); err == nil {
				t.Errorf("a secret in %q", definition)
			}
		}
	})
}

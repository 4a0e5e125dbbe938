package googlecel

import (
	"strings"
	"testing"
)

func TestMap(t *testing.T) {
	t.Parallel()
	claims := map[string]any{"sub": "pulumi:a/b", "n": 7.0, "groups": []any{"x", "y"}, "mixed": []any{"x", 1}}
	for name, c := range map[string]struct {
		attribute, expression string
		want                  any
		wrong                 string
	}{
		"a claim":                 {Subject, "assertion.sub", "pulumi:a/b", ""},
		"extracted to the end":    {Subject, "assertion.sub.extract('pulumi:{x}')", "a/b", ""},
		"extracted up to a slash": {Subject, "assertion.sub.extract(':{x}/')", "a", ""},
		"a template without fit":  {Subject, "assertion.sub.extract('other:{x}')", "", ""},
		"a suffix without fit":    {Subject, "assertion.sub.extract(':{x}!')", "", ""},
		"no braces":               {Subject, "assertion.sub.extract('pulumi:')", "", ""},
		"split":                   {"attribute.first", "assertion.sub.split(':')[0]", "pulumi", ""},
		"groups":                  {"google.groups", "assertion.groups", "x,y", ""},
		"groups that are none":    {"google.groups", "assertion.sub", nil, "list of STRING"},
		"a number":                {Subject, "assertion.n", nil, "must be of type STRING"},
		"no such claim":           {Subject, "assertion.email", nil, "no such key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Map(map[string]string{c.attribute: c.expression}, claims)
			if c.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), c.wrong) {
					t.Errorf("got %v, %v, want an error saying %q", got, err, c.wrong)
				}
				return
			}
			value := got[c.attribute]
			if list, ok := value.([]string); ok {
				value = strings.Join(list, ",")
			}
			if err != nil || value != c.want {
				t.Errorf("got %v, %v, want %v", value, err, c.want)
			}
		})
	}
}

func TestAdmits(t *testing.T) {
	t.Parallel()
	claims := map[string]any{"sub": "bo", "root_env": "payments/prod"}
	mapped := Attributes{Subject: "bo", "attribute.root": "payments/prod"}
	for condition, want := range map[string]bool{
		"":                                true,
		"assertion.sub == 'bo'":           true,
		"assertion.sub == 'b'":            false,
		"assertion.sub in ['ana', 'bo']":  true,
		"google.subject == 'bo'":          true,
		"attribute.root == 'payments'":    false,
		"assertion.sub.startsWith('b')":   true,
		"attribute.root.matches('^pay.')": true,
	} {
		got, err := Admits(condition, claims, mapped)
		if err != nil || got != want {
			t.Errorf("%s: got %v, %v", condition, got, err)
		}
	}
	for _, condition := range []string{"assertion.sub", "assertion.sub ==", "assertion.aud == 'x'", "unknown.sub == 'x'"} {
		if got, err := Admits(condition, claims, mapped); err == nil || got {
			t.Errorf("%s: got %v without an error", condition, got)
		}
	}
}

func TestChecks(t *testing.T) {
	t.Parallel()
	good := map[string]string{Subject: "assertion.sub", "attribute.env": "assertion.root_env"}
	if err := CheckMapping(good); err != nil {
		t.Error(err)
	}
	for want, mapping := range map[string]map[string]string{
		"no google.subject":   {"attribute.env": "assertion.sub"},
		"is not an attribute": {Subject: "assertion.sub", "assertion.aud": "assertion.aud"},
		"attribute.env":       {Subject: "assertion.sub", "attribute.env": "assertion."},
	} {
		if err := CheckMapping(mapping); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error saying %q", err, want)
		}
	}
	if err := CheckCondition("'text'"); err == nil || !strings.Contains(err.Error(), "boolean") {
		t.Errorf("got %v", err)
	}
	for _, condition := range []string{"", "assertion.sub == 'x'", "assertion.admin"} {
		if err := CheckCondition(condition); err != nil {
			t.Errorf("%s: %v", condition, err)
		}
	}
}

package googleid

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestGoogleNames(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		bad       func(string) string
		good, not []string
	}{
		"project number": {BadProject, []string{"1", "123456789012"}, []string{"", "0123", "acme-prod", strings.Repeat("1", 20)}},
		"project id": {
			BadProjectID, []string{"acme-prod", "acme.example:acme-prod", "abcdef", "a" + strings.Repeat("1", 29)},
			[]string{"", "abcde", "Acme-prod", "acme-prod-", "123456789012", "a" + strings.Repeat("1", 30)},
		},
		"pool": {
			BadPoolID, []string{"abcd", "pulumi", "a" + strings.Repeat("1", 31)},
			[]string{"", "abc", "a" + strings.Repeat("1", 32), "Pulumi", "1pulumi", "pulumi-", "gcp-pulumi", "a_bc"},
		},
		"account id": {
			BadAccountID, []string{"deploy", "a" + strings.Repeat("1", 29)},
			[]string{"", "short", "a" + strings.Repeat("1", 30), "Deploy", "1deploy", "deploy-"},
		},
		"account": {
			BadServiceAccount,
			[]string{"deploy@acme-prod.iam.gserviceaccount.com", "1-compute@developer.gserviceaccount.com", "a@p.example.com.iam.gserviceaccount.com"},
			[]string{"", "deploy", "bo@acme.example", "@acme.iam.gserviceaccount.com", "a@b@c.iam.gserviceaccount.com"},
		},
		"role": {
			BadRole, []string{"roles/viewer", "roles/storage.objectViewer", "projects/acme-prod/roles/a_b", "organizations/1/roles/x"},
			[]string{"", "viewer", "roles/", "roles/a b", "projects/roles/x", "roles/*"},
		},
	} {
		for _, text := range test.good {
			if reason := test.bad(text); reason != "" {
				t.Errorf("%s: %s", name, reason)
			}
		}
		for _, text := range test.not {
			if test.bad(text) == "" {
				t.Errorf("%s: %q is accepted", name, text)
			}
		}
	}
	for d, good := range map[time.Duration]bool{
		0: false, -time.Hour: false, time.Second: true, time.Second / 2: false, 12 * time.Hour: true, 12*time.Hour + time.Second: false,
	} {
		if (BadLifetime(d) == "") != good {
			t.Errorf("%s: %q", d, BadLifetime(d))
		}
	}
}

func TestGoogleID(t *testing.T) {
	t.Parallel()
	for want, names := range map[string][]string{
		"payments-prod":                    {"payments", "prod"},
		"deploy-payments-prod":             {"deploy", "payments", "prod"},
		"payments-eu-prod-7bfd2d16":        {"payments-eu", "prod"},
		"payments-eu-prod-27a1b8de":        {"payments", "eu-prod"},
		"payments-prod-3b0a1e4c":           {"Payments", "prod"},
		"p-1-a-9d1c8b5e":                   {"1", "a"},
		"a-very-long-project-nam-03b3c7f1": {"a-very-long-project-name", "a-very-long-environment"},
	} {
		got := ID(MaxPoolID, names...)
		stem := func(id string) string { return id[:len(id)-8] }
		// The hash is pinned by the property below; here only whether there is one.
		if got != want && (len(got) != len(want) || stem(got) != stem(want)) {
			t.Errorf("%q: got %s, want one like %s", names, got, want)
		}
	}
}

// Whatever the names, the id is one that Google takes, and other names have another.
func TestGoogleIDProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.StringMatching(`[a-zA-Z0-9_.-]{1,40}`), rapid.StringMatching(`(gcp-)?[a-c-]{1,4}`))
		project, env := name.Draw(t, "project"), name.Draw(t, "env")
		other, otherEnv := name.Draw(t, "other"), name.Draw(t, "other env")
		for limit, bad := range map[int]func(string) string{MaxPoolID: BadPoolID, MaxAccountID: BadAccountID} {
			id := ID(limit, project, env)
			if reason := bad(id); reason != "" {
				t.Fatal(reason)
			}
			if (project != other || env != otherEnv) && id == ID(limit, other, otherEnv) {
				t.Fatalf("%s/%s and %s/%s are both %s", project, env, other, otherEnv, id)
			}
		}
	})
}

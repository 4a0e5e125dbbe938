package server

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

const rotating = `
organization: acme
users: [{login: ana, role: admin}, {login: bo}]
environments:
  - project: app
    environment: db
    definition: |
      values:
        password:
          fn::rotate::password: {inputs: {length: 20, minUpper: 3, overrideSpecial: "!#%"}}
        words:
          fn::rotate:
            provider: passphrase
            inputs: {length: 2, capitalize: true, separator: "%"}
`

func TestRotators(t *testing.T) {
	t.Parallel()
	b := newBox(t, rotating)
	b.opened(b.s.AdminToken(), "app/db").want(http.StatusBadRequest).says("nothing has been rotated yet")
	before := b.admin(http.MethodGet, escPath("app/db"), nil).want(http.StatusOK)
	before.hides("current")

	done := b.admin(http.MethodPost, escPath("app/db/rotate"), map[string]any{"paths": []string{}}).want(http.StatusOK)
	done.says(`"status":"succeeded"`).says(`"preRotationRevision":1`).says(`"postRotationRevision":2`)
	first := b.opened(b.s.AdminToken(), "app/db").want(http.StatusOK)
	password := secretOf(t, first.body)
	if len(password) != 20 || len(regexp.MustCompile(`[A-Z]`).FindAllString(password, -1)) < 3 {
		t.Errorf("the password %q is not as the inputs say", password)
	}
	stored := b.admin(http.MethodGet, escPath("app/db"), nil).want(http.StatusOK).hides(password).says("ciphertext").says("state:")

	b.admin(http.MethodPost, escPath("app/db/rotate"), map[string]any{"paths": []string{"password"}}).want(http.StatusOK).hides("words")
	second := b.opened(b.s.AdminToken(), "app/db").want(http.StatusOK).says(password)
	if secretOf(t, second.body) == password {
		t.Error("the password was not rotated")
	}
	after := b.admin(http.MethodGet, escPath("app/db"), nil).want(http.StatusOK)
	if words := regexp.MustCompile(`(?s)words:.*`); words.FindString(after.body) != words.FindString(stored.body) {
		t.Errorf("rotating one path changed another:\n%s\nnow\n%s", stored.body, after.body)
	}
	b.admin(http.MethodPatch, escPath("app/db"), after.body).want(http.StatusOK)
	b.opened(b.s.AdminToken(), "app/db").want(http.StatusOK).says(password)

	history := decoded[struct{ Events []state.RotationEvent }](b.admin(http.MethodGet, escPath("app/db/rotate/history"), nil).want(http.StatusOK))
	if len(history.Events) != 2 || len(history.Events[0].Rotations) != 1 || history.Events[0].Rotations[0].EnvironmentPath != "password" {
		t.Errorf("got the history %+v", history.Events)
	}
	if !slices.Contains(b.events(), "environment-rotated") {
		t.Error("a rotation is not an event")
	}
}

func secretOf(t *testing.T, environment string) string {
	t.Helper()
	found := regexp.MustCompile(`"password":\{"value":\{"current":\{"value":"((?:[^"\\]|\\.)*)"`).FindStringSubmatch(environment)
	if found == nil {
		t.Fatalf("no password in %s", environment)
	}
	return found[1]
}

func TestRotationIsRefused(t *testing.T) {
	t.Parallel()
	b := newBox(t, rotating+"  - {project: app, environment: plain, definition: 'values: {a: b}'}\n"+
		"  - {project: app, environment: far, definition: 'values: {a: {\"fn::rotate::postgres\": {inputs: {}}}}'}\n")
	every := map[string]any{"paths": []string{}}
	b.send(b.user("bo"), http.MethodPost, escPath("app/db/rotate"), every).want(http.StatusNotFound)
	b.admin(http.MethodPost, escPath("app/db/rotate"), map[string]any{"paths": []string{"other"}}).want(http.StatusBadRequest)
	b.admin(http.MethodPost, escPath("app/plain/rotate"), every).want(http.StatusBadRequest).says("nothing to rotate")
	b.admin(http.MethodPost, escPath("app/far/rotate"), every).want(http.StatusBadRequest).says("does not have rotator").says("passphrase, password")
	b.admin(http.MethodGet, escPath("app/far/rotate/history"), nil).want(http.StatusOK).says(`"status":"failed"`)
	for _, inputs := range []string{"{length: 2, minUpper: 3}", "{length: 2.5}", "{length: 0}", "{size: 3}", "{length: 100000}"} {
		b.admin(http.MethodPatch, escPath("app/plain"), "values: {a: {'fn::rotate::password': {inputs: "+inputs+"}}}").want(http.StatusOK)
		b.admin(http.MethodPost, escPath("app/plain/rotate"), every).want(http.StatusBadRequest)
	}
	if strings.Contains(b.admin(http.MethodGet, escPath("app/plain"), nil).body, "state") {
		t.Error("a rotation that failed wrote a state")
	}
}

// What no client can mean is refused with diagnostics, and nothing is stored.
func TestInvalidDefinitionsAreRefused(t *testing.T) {
	t.Parallel()
	b := newBox(t, "organization: acme\nenvironments: [{project: p, environment: e, definition: \"values: {a: b}\"}, {project: p, environment: f}]\n")
	before := b.admin(http.MethodGet, escPath("p/e"), nil).body
	for _, text := range []string{
		"values: {a: 1}\n---\nvalues: {b: 2}\n", "values: {a: 1}\n---\n", "---\n{}\n...\n---\na: b\n",
		"imports: [p/f/g]\n", "imports: [p/]\n", "imports: ['a b/c']\n", "imports: ['p/other@']\n", "imports: ['p/other@1@2']\n", "imports: [1]\n",
		"imports: {p: f}\n", "imports: p/f\n", "imports: [[p/f]]\n", "imports: [{a/b: {}, c/d: {}}]\n", "imports: [p/absent]\n",
		"imports: ['']\n", "imports: [~]\n",
	} {
		for method, path := range map[string]string{
			http.MethodPatch: escPath("p/e"), http.MethodPost: "/api/esc/environments/acme/yaml/check",
		} {
			got := b.admin(method, path, text)
			if got.status != http.StatusBadRequest || !strings.Contains(got.body, `"diagnostics":[{`) {
				t.Errorf("%s of %q: got %d %s, want diagnostics", method, text, got.status, got.body)
			}
		}
	}
	if after := b.admin(http.MethodGet, escPath("p/e"), nil).body; after != before {
		t.Errorf("a text that was refused is stored: %s", after)
	}
}

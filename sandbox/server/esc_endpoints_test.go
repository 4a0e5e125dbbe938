package server

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/esc"
)

// accessSeed has one environment and a person for each level on it: lee may list nothing, rae read, oli open, wim write.
const accessSeed = `
organization: acme
users: [{login: ana, role: admin}, {login: lee}, {login: rae}, {login: oli}, {login: wim}, {login: max}]
teams:
- {name: readers, members: [rae]}
- {name: openers, members: [oli]}
- {name: writers, members: [wim]}
- {name: hurried, members: [max]}
environments:
- project: payments
  environment: prod
  tags: {tier: prod}
  definition: |
    # kept
    values:
      plain:   one # odd   spacing
      deep: {list: [a, b]}
- {project: payments, environment: hidden, definition: 'values: {a: hidden-value}'}
grants:
- {team: readers, project: payments, environment: prod, permission: read}
- {team: openers, project: payments, environment: prod, permission: open}
- {team: writers, project: payments, environment: prod, permission: write}
- {team: hurried, project: payments, environment: prod, permission: open, maxOpenDuration: 30m}
`

func TestEnvironmentAccess(t *testing.T) {
	t.Parallel()
	b := newBox(t, accessSeed)
	const ok, gone, refused = http.StatusOK, http.StatusNotFound, http.StatusForbidden
	cases := []struct {
		method, path       string
		body               any
		lee, rae, oli, wim int
	}{
		{method: "GET", path: escPath("payments/prod"), lee: gone, rae: ok, oli: ok, wim: ok},
		{method: "HEAD", path: escPath("payments/prod"), lee: gone, rae: ok, oli: ok, wim: ok},
		{method: "GET", path: escPath("payments/prod/metadata"), lee: gone, rae: ok, oli: ok, wim: ok},
		{method: "GET", path: escPath("payments/prod/settings"), lee: gone, rae: ok, oli: ok, wim: ok},
		{method: "GET", path: escPath("payments/prod/tags"), lee: gone, rae: ok, oli: ok, wim: ok},
		{method: "GET", path: escPath("payments/prod/versions"), lee: gone, rae: ok, oli: ok, wim: ok},
		{method: "GET", path: escPath("payments/prod/referrers"), lee: gone, rae: ok, oli: ok, wim: ok},
		{method: "POST", path: escPath("payments/prod/check"), lee: gone, rae: ok, oli: ok, wim: ok},
		{method: "POST", path: escPath("payments/prod/check?showSecrets=true"), lee: gone, rae: refused, oli: ok, wim: ok},
		{method: "POST", path: escPath("payments/prod/open?duration=1h"), lee: gone, rae: refused, oli: ok, wim: ok},
		{method: "POST", path: escPath("payments/prod/versions/1/open?duration=1h"), lee: gone, rae: refused, oli: ok, wim: ok},
		{method: "GET", path: escPath("payments/prod/decrypt"), lee: gone, rae: refused, oli: ok, wim: ok},
		{method: "POST", path: escPath("payments/prod/decrypt-secrets"), body: map[string]any{"ciphertexts": []string{}}, lee: gone, rae: refused, oli: ok, wim: ok},
		{method: "POST", path: escPath("payments/prod/encrypt-secrets"), body: map[string]any{"plaintexts": []string{"x"}}, lee: gone, rae: refused, oli: refused, wim: ok},
		{method: "PATCH", path: escPath("payments/prod"), body: "values: {a: 1}", lee: gone, rae: refused, oli: refused, wim: ok},
		{method: "POST", path: escPath("payments/prod/tags"), body: map[string]any{"name": "n", "value": "v"}, lee: gone, rae: refused, oli: refused, wim: ok},
		{method: "PATCH", path: escPath("payments/prod/settings"), body: map[string]any{"deletionProtected": false}, lee: gone, rae: refused, oli: refused, wim: refused},
		{method: "DELETE", path: escPath("payments/prod"), lee: gone, rae: refused, oli: refused, wim: refused},
		{method: "POST", path: escPath("payments/prod/ownership"), body: person("wim"), lee: gone, rae: refused, oli: refused, wim: refused},
		{method: "PUT", path: escPath("restore"), body: map[string]any{"project": "a", "name": "b", "deletionTimestamp": "2001-01-01T00:00:00Z"}, lee: refused, rae: refused, oli: refused, wim: refused},
	}
	for _, c := range cases {
		for login, want := range map[string]int{"lee": c.lee, "rae": c.rae, "oli": c.oli, "wim": c.wim} {
			t.Run(c.method+" "+c.path+" "+login, func(t *testing.T) {
				answer := b.send(b.user(login), c.method, c.path, c.body)
				if answer.status != want {
					t.Errorf("got %d, want %d: %s", answer.status, want, answer.body)
				}
			})
		}
	}
}

func TestListShowsWhatIsVisible(t *testing.T) {
	t.Parallel()
	b := newBox(t, accessSeed)
	list := func(token, path string) (names []string, next string) {
		answer := decoded[esc.WireEnvironments](b.send(token, http.MethodGet, path, nil).want(http.StatusOK))
		for _, e := range answer.Environments {
			names = append(names, e.Project+"/"+e.Name)
		}
		return names, answer.NextToken
	}
	for login, want := range map[string][]string{"ana": {"payments/hidden", "payments/prod"}, "rae": {"payments/prod"}, "lee": nil} {
		for _, path := range []string{"/api/esc/environments", "/api/esc/environments/acme", "/api/esc/environments?organization=acme"} {
			if got, _ := list(b.user(login), path); !slices.Equal(got, want) {
				t.Errorf("%s on %s: got %v, want %v", login, path, got, want)
			}
		}
	}
	first, next := list(b.s.AdminToken(), "/api/esc/environments/acme?maxResults=1")
	second, last := list(b.s.AdminToken(), "/api/esc/environments/acme?maxResults=1&continuationToken="+next)
	if got := slices.Concat(first, second); !slices.Equal(got, []string{"payments/hidden", "payments/prod"}) || last != "" {
		t.Errorf("pages of one give %v and end in %q", got, last)
	}
	b.admin(http.MethodGet, "/api/esc/environments?organization=other", nil).want(http.StatusNotFound)
}

func TestCreateEnvironment(t *testing.T) {
	t.Parallel()
	b := newBox(t, accessSeed)
	create := func(project, name string) reply {
		return b.send(b.user("lee"), http.MethodPost, "/api/esc/environments/acme", map[string]any{"project": project, "name": name})
	}
	if body := create("p", "e").want(http.StatusOK).body; body != "" {
		t.Errorf("create answers with a body: %s", body)
	}
	create("p", "e").want(http.StatusConflict).says("already exists")
	create("payments", "hidden").want(http.StatusConflict)
	for _, bad := range []string{"", "a/b", "a b", "<yaml>", "..", "ä"} {
		create("p", bad).want(http.StatusBadRequest).says("invalid environment name")
		create(bad, "e2").want(http.StatusBadRequest).says("invalid project name")
	}
	answer := b.send(b.user("lee"), http.MethodGet, escPath("p/e"), nil).want(http.StatusOK)
	if answer.body != "" || answer.header.Get("Pulumi-ESC-Revision") != "0" || answer.header.Get("ETag") == "" {
		t.Errorf("a new environment reads as %q, headers %v", answer.body, answer.header)
	}
	b.send(b.user("lee"), http.MethodPost, escPath("p/e/versions/tags"), map[string]any{"name": "v"}).want(http.StatusNotFound)
	b.send(b.user("lee"), http.MethodPatch, escPath("p/e"), "values: {a: 1}").want(http.StatusOK)
}

func TestDefinitionKeepsItsText(t *testing.T) {
	t.Parallel()
	b := newBox(t, accessSeed)
	const text = "# kept\nvalues:\n  plain:   one # odd   spacing\n  deep: {list: [a, b]}\n"
	b.admin(http.MethodGet, escPath("payments/prod"), nil).want(http.StatusOK).says(text)
	edited := strings.Replace(text, "one", "two", 1)
	b.admin(http.MethodPatch, escPath("payments/prod"), edited).want(http.StatusOK)
	if got := b.admin(http.MethodGet, escPath("payments/prod"), nil).body; got != edited {
		t.Errorf("got %q, want %q", got, edited)
	}
}

func TestConcurrentEditIsRefused(t *testing.T) {
	t.Parallel()
	for _, header := range []string{"ETag", "If-Match"} {
		t.Run(header, func(t *testing.T) {
			t.Parallel()
			b := newBox(t, accessSeed)
			read := b.admin(http.MethodGet, escPath("payments/prod"), nil)
			stale := read.header.Get("ETag")
			if head := b.admin(http.MethodHead, escPath("payments/prod"), nil).header.Get("ETag"); head != stale {
				t.Errorf("HEAD has ETag %q, GET %q", head, stale)
			}
			written := b.admin(http.MethodPatch, escPath("payments/prod"), "values: {a: 1}", header, stale).want(http.StatusOK)
			if written.header.Get("Pulumi-ESC-Revision") != "2" {
				t.Errorf("got revision %q, want 2", written.header.Get("Pulumi-ESC-Revision"))
			}
			b.admin(http.MethodPatch, escPath("payments/prod"), "values: {a: 2}", header, stale).
				want(http.StatusConflict).says("the environment has changed since it was read").says(`"code":409`)
			b.admin(http.MethodDelete, escPath("payments/prod"), nil, header, stale).want(http.StatusConflict)
			b.admin(http.MethodGet, escPath("payments/prod"), nil).says("values: {a: 1}")
			b.admin(http.MethodPatch, escPath("payments/prod"), "values: {a: 3}", header, written.header.Get("ETag")).want(http.StatusOK)
			b.admin(http.MethodPatch, escPath("payments/prod"), "values: {a: 4}").want(http.StatusOK)
		})
	}
}

func TestInvalidDefinitionStoresNothing(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, text, want string }{
		{name: "not YAML", text: "values: [", want: "line"},
		{name: "unknown reference", text: "values: {a: '${nope}'}", want: "unknown property"},
		{name: "unknown import", text: "imports: [payments/nope]", want: "not found"},
		{name: "cyclic import", text: "imports: [payments/prod]", want: "cyclic import"},
		{name: "broken ciphertext", text: "values: {a: {fn::secret: {ciphertext: nonsense}}}", want: "ciphertext"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t, accessSeed)
			before := b.admin(http.MethodGet, escPath("payments/prod"), nil)
			answer := b.admin(http.MethodPatch, escPath("payments/prod"), c.text).want(http.StatusBadRequest).says(c.want)
			found := decoded[environments.Error](answer)
			if found.Code != http.StatusBadRequest || !strings.HasPrefix(found.Message, "Bad Request: ") {
				t.Errorf("got %s", answer.body)
			}
			after := b.admin(http.MethodGet, escPath("payments/prod"), nil)
			if after.body != before.body || after.header.Get("ETag") != before.header.Get("ETag") {
				t.Errorf("something was stored: %s", after.body)
			}
		})
	}
}

func TestWarningsDoNotStopAWrite(t *testing.T) {
	t.Parallel()
	b := newBox(t, accessSeed)
	answer := b.admin(http.MethodPatch, escPath("payments/prod"), "vales: {}").want(http.StatusOK)
	if found := decoded[esc.DiagnosticsAnswer](answer).Diagnostics; len(found) != 1 || found[0].Severity != "warning" {
		t.Errorf("got %s", answer.body)
	}
	b.admin(http.MethodGet, escPath("payments/prod"), nil).says("vales")
}

func TestDiagnosticsSayWhere(t *testing.T) {
	t.Parallel()
	b := newBox(t, accessSeed)
	answer := b.admin(http.MethodPatch, escPath("payments/prod"), "values:\n  a: ${nope}\n").want(http.StatusBadRequest)
	found := decoded[environments.Error](answer).Diagnostics
	if len(found) != 1 || found[0].Severity != "error" || found[0].Range == nil ||
		found[0].Range.Environment != "payments/prod" || found[0].Range.Begin.Line != 2 {
		t.Errorf("got %s", answer.body)
	}
}

package server

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/esc"
)

func TestSecretsAreStoredEncrypted(t *testing.T) {
	t.Parallel()
	b := newBox(t, accessSeed)
	const text = "# kept\nvalues:\n  # the key\n  key:\n    fn::secret: marked-secret\n"
	b.admin(http.MethodPatch, escPath("payments/prod"), text).want(http.StatusOK)

	read := b.admin(http.MethodGet, escPath("payments/prod"), nil).
		want(http.StatusOK).hides("marked-secret").says("ciphertext").says("# kept").says("# the key")
	b.send("", http.MethodGet, "/_sandbox/state?include=history", nil).want(http.StatusOK).hides("marked-secret").says("ciphertext")
	b.send("", http.MethodGet, "/_sandbox/requests?list=true", nil).want(http.StatusOK).hides("marked-secret")
	b.admin(http.MethodGet, escPath("payments/prod/decrypt"), nil).want(http.StatusOK).says("fn::secret: marked-secret").says("# the key")
	b.opened(b.user("oli"), "payments/prod").want(http.StatusOK).says("marked-secret").says(`"secret":true`)
	b.send(b.user("rae"), http.MethodPost, escPath("payments/prod/check"), nil).want(http.StatusOK).hides("marked-secret")
	b.send(b.user("oli"), http.MethodPost, escPath("payments/prod/check?showSecrets=true"), nil).want(http.StatusOK).says("marked-secret")

	b.admin(http.MethodPatch, escPath("payments/prod"), read.body).want(http.StatusOK)
	if again := b.admin(http.MethodGet, escPath("payments/prod"), nil); again.body != read.body {
		t.Errorf("writing a ciphertext back changed it:\n%s\n%s", read.body, again.body)
	}
	b.opened(b.user("oli"), "payments/prod").want(http.StatusOK).says("marked-secret")
}

func TestCiphertextsStayInTheirEnvironment(t *testing.T) {
	t.Parallel()
	b := newBox(t, accessSeed)
	b.admin(http.MethodPatch, escPath("payments/hidden"), "values: {key: {fn::secret: marked-secret}}").want(http.StatusOK)
	stolen := b.admin(http.MethodGet, escPath("payments/hidden"), nil).body
	b.send(b.user("wim"), http.MethodPatch, escPath("payments/prod"), stolen).want(http.StatusBadRequest).hides("marked-secret")
	ciphertext := strings.TrimSpace(stolen[strings.Index(stolen, "ciphertext:")+len("ciphertext:"):])
	ciphertext = strings.Trim(ciphertext, "{} \n")
	b.send(b.user("wim"), http.MethodPost, escPath("payments/prod/decrypt-secrets"), map[string]any{"ciphertexts": []string{ciphertext}}).
		want(http.StatusBadRequest).hides("marked-secret")
	b.send(b.user("lee"), http.MethodPost, escPath("yaml/open?duration=1h"), stolen).want(http.StatusBadRequest).hides("marked-secret")
	b.admin(http.MethodPost, escPath("payments/hidden/decrypt-secrets"), map[string]any{"ciphertexts": []string{ciphertext}}).
		want(http.StatusOK).says("marked-secret")
}

func TestEncryptSecretsFitDefinitions(t *testing.T) {
	t.Parallel()
	b := newBox(t, accessSeed)
	answer := b.admin(http.MethodPost, escPath("payments/prod/encrypt-secrets"), map[string]any{"plaintexts": []string{"marked-secret"}}).
		want(http.StatusOK).hides("marked-secret")
	ciphertext := decoded[struct{ Ciphertexts []string }](answer).Ciphertexts[0]
	b.admin(http.MethodPatch, escPath("payments/prod"), "values: {key: {fn::secret: {ciphertext: "+ciphertext+"}}}").want(http.StatusOK)
	b.opened(b.user("oli"), "payments/prod").want(http.StatusOK).says("marked-secret")
}

func TestRevisions(t *testing.T) {
	t.Parallel()
	b := newBox(t, accessSeed)
	for _, text := range []string{"values: {a: second}", "values: {a: third}"} {
		b.send(b.user("wim"), http.MethodPatch, escPath("payments/prod"), text).want(http.StatusOK)
	}
	numbers := func(query string) (all []int) {
		for _, r := range decoded[[]esc.WireRevision](b.admin(http.MethodGet, escPath("payments/prod/versions"+query), nil).want(http.StatusOK)) {
			all = append(all, r.Number)
		}
		return all
	}
	for query, want := range map[string][]int{"": {3, 2, 1}, "?count=2": {3, 2}, "?before=3": {2, 1}, "?before=3&count=1": {2}, "?before=1": nil, "?before=0&count=500": {3, 2, 1}} {
		if got := numbers(query); !slices.Equal(got, want) {
			t.Errorf("versions%s: got %v, want %v", query, got, want)
		}
	}
	b.admin(http.MethodGet, escPath("payments/prod/versions?count=none"), nil).want(http.StatusBadRequest)

	tags := escPath("payments/prod/versions/tags")
	b.admin(http.MethodPost, tags, map[string]any{"name": "stable", "revision": 2}).want(http.StatusNoContent)
	b.admin(http.MethodPost, tags, map[string]any{"name": "stable"}).want(http.StatusConflict)
	b.admin(http.MethodPost, tags, map[string]any{"name": "latest"}).want(http.StatusConflict)
	b.admin(http.MethodPost, tags, map[string]any{"name": "3rd"}).want(http.StatusBadRequest)
	b.admin(http.MethodPost, tags, map[string]any{"name": "none", "revision": 9}).want(http.StatusNotFound)
	b.admin(http.MethodGet, tags+"/stable", nil).want(http.StatusOK).says(`"revision":2`)
	b.admin(http.MethodGet, tags+"/latest", nil).want(http.StatusOK).says(`"revision":3`)
	b.admin(http.MethodGet, escPath("payments/prod/versions/stable"), nil).want(http.StatusOK).says("second")
	b.admin(http.MethodGet, escPath("payments/prod/versions/2"), nil).want(http.StatusOK).says("second")
	b.admin(http.MethodGet, escPath("payments/prod/versions/9"), nil).want(http.StatusNotFound)
	b.admin(http.MethodPost, escPath("payments/prod/versions/stable/check"), nil).want(http.StatusOK).says("second")
	b.yamlOpened(b.user("oli"), "imports: ['payments/prod@stable']").want(http.StatusOK).says("second")
	b.yamlOpened(b.user("oli"), "imports: ['payments/prod@nope']").want(http.StatusBadRequest).says("revision tag")
	b.admin(http.MethodPatch, tags+"/stable", map[string]any{"revision": 1}).want(http.StatusNoContent)
	b.admin(http.MethodGet, tags, nil).want(http.StatusOK).says(`"revision":1`).says("latest").says(`"nextToken":""`)
	b.admin(http.MethodDelete, tags+"/stable", nil).want(http.StatusNoContent)
	b.admin(http.MethodDelete, tags+"/stable", nil).want(http.StatusNotFound)
	b.admin(http.MethodPatch, tags+"/stable", map[string]any{"revision": 1}).want(http.StatusNotFound)
}

func TestEnvironmentTags(t *testing.T) {
	t.Parallel()
	b := newBox(t, accessSeed)
	tags := escPath("payments/prod/tags")
	b.admin(http.MethodGet, tags, nil).want(http.StatusOK).says(`"tier"`).says(`"value":"prod"`)
	b.admin(http.MethodPost, tags, map[string]any{"name": "team", "value": "pay"}).want(http.StatusOK).says(`"editorLogin":"ana"`)
	b.admin(http.MethodPost, tags, map[string]any{"name": "team", "value": "pay"}).want(http.StatusConflict)
	b.admin(http.MethodPost, tags, map[string]any{"value": "pay"}).want(http.StatusBadRequest)
	change := func(tag, current, name, value string) reply {
		return b.admin(http.MethodPatch, tags+"/"+tag, map[string]any{
			"currentTag": map[string]any{"value": current}, "newTag": map[string]any{"name": name, "value": value},
		})
	}
	change("team", "other", "", "new").want(http.StatusBadRequest)
	change("nope", "pay", "", "new").want(http.StatusNotFound)
	change("team", "pay", "tier", "").want(http.StatusConflict)
	change("team", "pay", "", "new").want(http.StatusOK).says(`"value":"new"`)
	change("team", "new", "squad", "").want(http.StatusOK).says(`"name":"squad"`).says(`"value":"new"`)
	b.admin(http.MethodGet, tags+"/team", nil).want(http.StatusNotFound)
	b.admin(http.MethodGet, tags+"/squad", nil).want(http.StatusOK)
	b.admin(http.MethodGet, tags+"?count=1", nil).want(http.StatusOK).says(`"nextToken":"1"`).hides("tier")
	b.admin(http.MethodGet, tags+"?count=1&after=1", nil).want(http.StatusOK).says(`"nextToken":"0"`).says("tier")
	b.admin(http.MethodGet, "/api/esc/environments/acme/tags", nil).want(http.StatusOK).says(`"squad":["new"]`)
	b.admin(http.MethodDelete, tags+"/squad", nil).want(http.StatusNoContent)
	b.admin(http.MethodDelete, tags+"/squad", nil).want(http.StatusNotFound)
	b.admin(http.MethodGet, "/api/esc/environments/acme", nil).want(http.StatusOK).says(`"tags":{"tier":"prod"}`)
}

func TestDeletionProtection(t *testing.T) {
	t.Parallel()
	b := newBox(t, accessSeed)
	settings := escPath("payments/prod/settings")
	b.admin(http.MethodPatch, settings, map[string]any{"deletionProtected": true}).want(http.StatusOK)
	b.admin(http.MethodPatch, settings, map[string]any{}).want(http.StatusOK)
	b.admin(http.MethodGet, settings, nil).want(http.StatusOK).says("true")
	b.admin(http.MethodDelete, escPath("payments/prod"), nil).want(http.StatusConflict).says("deletion-protected")
	b.admin(http.MethodGet, escPath("payments/prod"), nil).want(http.StatusOK)
	b.admin(http.MethodPatch, settings, map[string]any{"deletionProtected": false}).want(http.StatusOK)
	b.admin(http.MethodDelete, escPath("payments/prod"), nil).want(http.StatusOK)
	want := []string{"environment-deletion-protection-enabled", "environment-deletion-protection-disabled", "environment-deleted"}
	got := slices.DeleteFunc(b.events(), func(event string) bool { return event == "environment-read" })
	if !slices.Equal(got, want) {
		t.Errorf("got events %v, want %v", got, want)
	}
}

func TestRecreatedObjectIsAnother(t *testing.T) {
	t.Parallel()
	b := newBox(t, accessSeed)
	id := func() string {
		return decoded[struct{ ID string }](b.admin(http.MethodGet, escPath("payments/prod/metadata"), nil).want(http.StatusOK)).ID
	}
	session := decoded[esc.OpenAnswer](b.admin(http.MethodPost, escPath("payments/prod/open?duration=1h"), nil)).ID
	before := id()
	b.admin(http.MethodDelete, escPath("payments/prod"), nil).want(http.StatusOK)
	b.admin(http.MethodGet, escPath("payments/prod"), nil).want(http.StatusNotFound)
	b.admin(http.MethodDelete, escPath("payments/prod"), nil).want(http.StatusNotFound)
	b.admin(http.MethodPost, "/api/esc/environments/acme", map[string]any{"project": "payments", "name": "prod"}).want(http.StatusOK)
	if id() == before {
		t.Error("an environment that was recreated has the id of the one before")
	}
	b.admin(http.MethodGet, escPath("payments/prod/open/"+session), nil).want(http.StatusNotFound)
	b.send(b.user("wim"), http.MethodGet, escPath("payments/prod"), nil).want(http.StatusNotFound)
}

func TestRestore(t *testing.T) {
	t.Parallel()
	b := newBox(t, accessSeed)
	request := map[string]any{"project": "payments", "name": "prod", "deletionTimestamp": "2001-01-01T00:00:00Z"}
	restore := "/api/esc/environments/acme/restore"
	b.admin(http.MethodPut, restore, request).want(http.StatusNotFound)
	b.admin(http.MethodDelete, escPath("payments/prod"), nil).want(http.StatusOK)
	deleted := decoded[esc.WireEnvironments](b.admin(http.MethodGet, restore, nil).want(http.StatusOK)).Environments
	if len(deleted) != 1 || deleted[0].DeletedAt == "" {
		t.Fatalf("got %+v", deleted)
	}
	b.admin(http.MethodPut, restore, request).want(http.StatusNotFound)
	request["deletionTimestamp"] = deleted[0].DeletedAt
	b.admin(http.MethodPost, "/api/esc/environments/acme", map[string]any{"project": "payments", "name": "prod"}).want(http.StatusOK)
	b.admin(http.MethodPut, restore, request).want(http.StatusBadRequest).says("already exists")
	b.advance(time.Second)
	b.admin(http.MethodDelete, escPath("payments/prod"), nil).want(http.StatusOK)
	b.admin(http.MethodPut, restore, request).want(http.StatusNoContent)
	b.admin(http.MethodGet, escPath("payments/prod"), nil).want(http.StatusOK).says("odd   spacing")
	if answer := b.admin(http.MethodGet, escPath("payments/prod/metadata"), nil); !strings.Contains(answer.body, deleted[0].ID) {
		t.Errorf("it came back under another id: %s", answer.body)
	}
}

func TestClone(t *testing.T) {
	t.Parallel()
	b := newBox(t, accessSeed)
	b.admin(http.MethodPatch, escPath("payments/prod"), "values: {key: {fn::secret: marked-secret}}").want(http.StatusOK)
	clone := func(token string, request map[string]any) reply {
		return b.send(token, http.MethodPost, escPath("payments/prod/clone"), request)
	}
	clone(b.user("rae"), map[string]any{"name": "stolen"}).want(http.StatusForbidden)
	clone(b.user("oli"), map[string]any{"name": "prod"}).want(http.StatusConflict)
	clone(b.user("oli"), map[string]any{"name": "a/b"}).want(http.StatusBadRequest)
	clone(b.user("oli"), map[string]any{"name": "copy", "version": 9}).want(http.StatusNotFound)
	clone(b.user("oli"), map[string]any{"name": "copy"}).want(http.StatusNoContent)
	b.opened(b.user("oli"), "payments/copy").want(http.StatusOK).says("marked-secret")
	b.send(b.user("wim"), http.MethodGet, escPath("payments/copy"), nil).want(http.StatusNotFound)
	clone(b.s.AdminToken(), map[string]any{
		"project": "other", "name": "copy", "preserveAccess": true, "preserveHistory": true, "preserveEnvironmentTags": true,
	}).want(http.StatusNoContent)
	b.opened(b.user("wim"), "other/copy").want(http.StatusOK).says("marked-secret")
	b.admin(http.MethodGet, escPath("other/copy/versions/1"), nil).want(http.StatusOK).says("odd   spacing")
	b.admin(http.MethodGet, escPath("other/copy/tags"), nil).want(http.StatusOK).says("tier")
}

// person is a UserInfo as clients send it.
func person(login string) map[string]any {
	return map[string]any{"githubLogin": login, "name": login, "avatarUrl": ""}
}

func TestOwnership(t *testing.T) {
	t.Parallel()
	b := newBox(t, accessSeed)
	b.send(b.user("lee"), http.MethodGet, escPath("payments/prod"), nil).want(http.StatusNotFound)
	b.admin(http.MethodPost, escPath("payments/prod/ownership"), person("nobody")).want(http.StatusNotFound)
	b.admin(http.MethodPost, escPath("payments/prod/ownership"), person("lee")).want(http.StatusOK).says(`"githubLogin":"ana"`)
	b.send(b.user("lee"), http.MethodDelete, escPath("payments/prod"), nil).want(http.StatusOK)
}

func TestReferrers(t *testing.T) {
	t.Parallel()
	b := newBox(t, accessSeed)
	b.admin(http.MethodPatch, escPath("payments/hidden"), "imports: [payments/prod, 'payments/prod@1']").want(http.StatusOK)
	b.admin(http.MethodGet, escPath("payments/prod/referrers"), nil).want(http.StatusOK).
		says(`"latest":[{"environment":{"project":"payments","name":"hidden","revision":2}}]`).says(`"1":[`)
	b.send(b.user("rae"), http.MethodGet, escPath("payments/prod/referrers"), nil).want(http.StatusOK).hides("hidden")
	b.admin(http.MethodGet, escPath("payments/prod/referrers?count=501"), nil).want(http.StatusBadRequest)
}

func TestWhatIsLeftOutSaysSo(t *testing.T) {
	t.Parallel()
	b := newBox(t, accessSeed)
	for _, path := range []string{"schedules", "hooks"} {
		b.admin(http.MethodGet, escPath("payments/prod", path), nil).want(http.StatusNotImplemented).says(path).says(`"code":501`)
		b.admin(http.MethodPost, escPath("payments/prod", path), nil).want(http.StatusNotImplemented).says(path).says(`"code":501`)
	}
}

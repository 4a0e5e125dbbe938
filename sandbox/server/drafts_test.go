package server

import (
	"net/http"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/gates"
)

// draftSeed gates updates of an environment that wim and wes may write; sec approves.
const draftSeed = `
organization: acme
users: [{login: ana, role: admin}, {login: wim}, {login: wes}, {login: sec}]
teams:
- {name: writers, members: [wim, wes]}
- {name: security, members: [sec]}
environments:
- {project: payments, environment: prod, definition: "values: {a: 1, s: {fn::secret: sesame}}"}
grants:
- {team: writers, project: payments, environment: prod, permission: write}
- {team: security, project: payments, environment: prod, permission: read}
gates:
- {project: payments, environment: prod, action: update, approvers: {teams: [security]}}
`

const changeRequests = "/api/change-requests/acme/"

func TestGatedUpdateGoesThroughADraft(t *testing.T) {
	t.Parallel()
	b := newBox(t, draftSeed)
	wim, sec := b.user("wim"), b.user("sec")
	before := b.send(wim, http.MethodGet, escPath("payments/prod"), nil)
	b.send(wim, http.MethodPatch, escPath("payments/prod"), "values: {a: 2}").want(http.StatusConflict).says("submit the change as a draft")
	b.admin(http.MethodPatch, escPath("payments/prod"), "values: {a: 2}").want(http.StatusConflict)

	b.send(wim, http.MethodPost, escPath("payments/prod/drafts"), "values: {a: '${nope}'}").want(http.StatusBadRequest).says("diagnostics")
	b.send(wim, http.MethodPost, escPath("payments/prod/drafts"), "values: {a: 2}", "ETag", `"old"`).want(http.StatusConflict)
	b.send(sec, http.MethodPost, escPath("payments/prod/drafts"), "values: {a: 2}").want(http.StatusForbidden)
	ref := decoded[gates.ChangeRequestRef](b.send(wim, http.MethodPost, escPath("payments/prod/drafts"),
		"values: {a: 2, s: {fn::secret: hush}}", "ETag", before.header.Get("ETag")).want(http.StatusOK))
	if ref.LatestRevision != 1 {
		t.Errorf("got %+v", ref)
	}
	b.send(b.user("wes"), http.MethodPost, escPath("payments/prod/drafts"), "values: {a: 3}").want(http.StatusConflict).says(ref.ID)
	b.admin(http.MethodGet, escPath("payments/prod/metadata"), nil).says(`"activeChangeRequest":{"changeRequestId":"` + ref.ID)

	draft := b.send(sec, http.MethodGet, escPath("payments/prod/drafts/"+ref.ID), nil).want(http.StatusOK).says("a: 2").hides("hush")
	b.send(wim, http.MethodPatch, escPath("payments/prod/drafts/"+ref.ID), "values: {a: 4}", "If-Match", `"old"`).want(http.StatusConflict)
	b.send(wim, http.MethodPost, changeRequests+ref.ID+"/submit", map[string]any{}).want(http.StatusNoContent)
	b.send(sec, http.MethodPost, changeRequests+ref.ID+"/approve", map[string]any{"revisionNumber": 1}).want(http.StatusNoContent)
	b.send(wim, http.MethodPatch, escPath("payments/prod/drafts/"+ref.ID), "values: {a: 4}", "If-Match", draft.header.Get("ETag")).
		want(http.StatusOK).says(`"latestRevisionNumber":2`)
	b.send(wim, http.MethodPost, changeRequests+ref.ID+"/apply", nil).want(http.StatusBadRequest).says("not satisfied")
	b.send(sec, http.MethodPost, changeRequests+ref.ID+"/approve", map[string]any{"revisionNumber": 2}).want(http.StatusNoContent)
	b.send(wim, http.MethodPost, changeRequests+ref.ID+"/apply", nil).want(http.StatusOK)

	after := b.send(wim, http.MethodGet, escPath("payments/prod"), nil).want(http.StatusOK).says("a: 4")
	if after.header.Get("Pulumi-ESC-Revision") != "2" {
		t.Errorf("got revision %s, want 2", after.header.Get("Pulumi-ESC-Revision"))
	}
	b.admin(http.MethodGet, escPath("payments/prod/metadata"), nil).hides("activeChangeRequest")
	b.send(wim, http.MethodPatch, escPath("payments/prod/drafts/"+ref.ID), "values: {a: 5}").want(http.StatusBadRequest)
}

func TestDraftOfAChangedEnvironment(t *testing.T) {
	t.Parallel()
	b := newBox(t, draftSeed)
	wim := b.user("wim")
	ref := decoded[gates.ChangeRequestRef](b.send(wim, http.MethodPost, escPath("payments/prod/drafts"), "values: {a: 2}").want(http.StatusOK))
	b.send(wim, http.MethodPost, changeRequests+ref.ID+"/submit", map[string]any{}).want(http.StatusNoContent)
	b.send(b.user("sec"), http.MethodPost, changeRequests+ref.ID+"/approve", map[string]any{"revisionNumber": 1}).want(http.StatusNoContent)
	b.s.org.Mu.Lock()
	for _, g := range b.s.org.State.Gates {
		g.Enabled = false
	}
	b.s.org.Mu.Unlock()
	b.send(wim, http.MethodPatch, escPath("payments/prod"), "values: {a: 9}").want(http.StatusOK) // a gate that is off
	b.send(wim, http.MethodPost, changeRequests+ref.ID+"/apply", nil).want(http.StatusConflict)
	b.admin(http.MethodGet, escPath("payments/prod"), nil).says("a: 9")
}

func TestDraftCanBeOpened(t *testing.T) {
	t.Parallel()
	b := newBox(t, draftSeed)
	wim := b.user("wim")
	ref := decoded[gates.ChangeRequestRef](b.send(wim, http.MethodPost, escPath("payments/prod/drafts"), "values: {a: drafted}").want(http.StatusOK))
	session := decoded[esc.OpenAnswer](b.send(wim, http.MethodPost, escPath("payments/prod/drafts/"+ref.ID+"/open?duration=1h"), nil).want(http.StatusOK))
	b.send(wim, http.MethodGet, escPath("payments/prod/open/"+session.ID), nil).want(http.StatusOK).says("drafted")
	b.send(b.user("sec"), http.MethodPost, escPath("payments/prod/drafts/"+ref.ID+"/open?duration=1h"), nil).want(http.StatusForbidden)
	b.admin(http.MethodGet, escPath("payments/prod"), nil).hides("drafted")
}

func TestDeletingAnEnvironmentDeletesItsDraft(t *testing.T) {
	t.Parallel()
	b := newBox(t, draftSeed)
	ref := decoded[gates.ChangeRequestRef](b.admin(http.MethodPost, escPath("payments/prod/drafts"), "values: {a: 2}").want(http.StatusOK))
	b.admin(http.MethodDelete, escPath("payments/prod"), nil).want(http.StatusOK)
	b.admin(http.MethodGet, changeRequests+ref.ID, nil).want(http.StatusNotFound)
	b.admin(http.MethodPost, "/api/esc/environments/acme", map[string]any{"project": "payments", "name": "prod"}).want(http.StatusOK)
	b.admin(http.MethodGet, changeRequests+ref.ID, nil).want(http.StatusNotFound)
	b.admin(http.MethodGet, escPath("payments/prod/drafts/"+ref.ID), nil).want(http.StatusNotFound)
}

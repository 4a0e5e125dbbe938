package server_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const (
	devStack  = "/api/stacks/acme/payments/dev"
	prodStack = "/api/stacks/acme/payments/prod"
)

// program is what the CLI says of a program that it is about to run.
func program() obj {
	return obj{
		"name": "payments", "runtime": "yaml", "main": "", "description": "",
		"config":   obj{"payments:password": obj{"string": "c2VhbGVk", "secret": true, "object": false}},
		"metadata": obj{"message": "first", "environment": obj{"stack.environments": `[{"id":"payments/dev"}]`}},
		"options": obj{"localPolicyPackPaths": []string{}, "color": "raw", "dryRun": false, "parallel": 1, "showConfig": false,
			"showReplacementSteps": false, "showNames": false, "summary": false, "debug": false},
	}
}

// run is an update with the lease that holds it.
type run struct {
	actor
	path, lease string
	version     int
}

// create asks for an update of a kind, and answers its path.
func (a actor) create(stack, kind string) string {
	a.t.Helper()
	return stack + "/" + kind + "/" + a.do("POST "+stack+"/"+kind, program()).want(http.StatusOK).str("updateID")
}

// begin creates and starts an update.
func (a actor) begin(stack, kind string) run {
	a.t.Helper()
	path := a.create(stack, kind)
	started := a.do("POST "+path, obj{"journalVersion": 1}).want(http.StatusOK)
	version, _ := started.at("version").(float64)
	if journal, _ := started.at("journalVersion").(float64); journal != 0 || started.str("token") == "" {
		a.t.Fatalf("want a lease and no journal: %s", started.raw)
	}
	return run{actor: a, path: path, lease: started.str("token"), version: int(version)}
}

// say makes a call with the lease, its body compressed as the CLI does.
func (r run) say(method, what string, body any) answer {
	r.t.Helper()
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	if err := json.NewEncoder(zip).Encode(body); err != nil {
		r.t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		r.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.URL+r.path+"/"+what, &packed)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "update-token "+r.lease)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Content-Encoding", "gzip")
	resp, err := servertest.Client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var raw bytes.Buffer
	_, _ = raw.ReadFrom(resp.Body)
	got := answer{t: r.t, call: method + " " + r.path + "/" + what, status: resp.StatusCode, raw: raw.Bytes()}
	_ = json.Unmarshal(raw.Bytes(), &got.body)
	return got
}

// deploymentOf is a state with that many resources besides its stack.
func deploymentOf(names ...string) obj {
	resources := []any{}
	for _, name := range names {
		resources = append(resources, obj{"urn": "urn:pulumi:dev::payments::t::" + name, "type": "t"})
	}
	return obj{"manifest": obj{"time": "2026-03-01T12:00:00Z", "magic": "", "version": ""}, "resources": resources}
}

func (r run) checkpoint(names ...string) answer {
	r.t.Helper()
	return r.say("PATCH", "checkpoint", obj{"isInvalid": false, "version": 3, "deployment": deploymentOf(names...)})
}

func (r run) complete(status string) answer {
	r.t.Helper()
	return r.say("POST", "complete", obj{"status": status})
}

func TestLifeOfAnUpdate(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	ana.do("GET "+devStack+"/updates/latest", nil).want(404)
	ana.do("GET "+devStack+"/export", nil).want(200).says(`"version":3`)
	before := s.State()

	r := ana.begin(devStack, "update")
	running := ana.do("GET "+devStack, nil).want(200)
	running.equal("update", running.str("currentOperation", "kind")).equal("ana", running.str("currentOperation", "author"))
	r.checkpoint("a").want(204)
	r.checkpoint("a", "b").want(204)
	r.say("POST", "events/batch", obj{"events": []obj{
		{"sequence": 0, "timestamp": 1, "summaryEvent": obj{"maybeCorrupt": false, "durationSeconds": 1, "isPreview": false,
			"result": "succeeded", "resourceChanges": obj{"create": 2}, "PolicyPacks": obj{}}},
	}}).want(200)
	r.say("POST", "events/batch", obj{"events": []obj{}}).want(400)
	r.complete("done").want(400)
	r.complete("succeeded").want(204)
	r.complete("succeeded").want(409).says("already completed")
	r.checkpoint("c").want(409).says("already completed")

	latest := ana.do("GET "+devStack+"/updates/latest", nil).want(200).says(`"resourceChanges":{"create":2}`)
	latest.equal("succeeded", latest.str("info", "result")).equal("first", latest.str("info", "message"))
	latest.equal("c2VhbGVk", latest.str("info", "config", "payments:password", "string"))
	ana.do("GET "+devStack+"/updates/1", nil).want(200)
	ana.do("GET "+devStack+"/updates/2", nil).want(404)
	ana.do("GET /api/user/stacks", nil).want(200).says(`"resourceCount":2`)
	ana.do("DELETE "+devStack, nil).want(400).equal("Bad Request: Stack still contains resources.",
		ana.do("DELETE "+devStack, nil).str("message"))

	second := ana.begin(devStack, "destroy")
	second.checkpoint().want(204)
	second.complete("succeeded").want(204)
	if second.version != 2 {
		t.Errorf("got version %d, want 2", second.version)
	}
	ana.do("GET "+devStack+"/export/1", nil).want(200).says("::b")
	ana.do("GET "+devStack+"/export", nil).want(200).says(`"resources":[]`)
	for _, version := range []string{"0", "3"} {
		ana.do("GET "+devStack+"/export/"+version, nil).want(404)
	}
	ana.do("GET "+devStack+"/export/x", nil).want(400)
	if !bytes.Equal(before, s.State()) {
		t.Error("updates are history, but the live state shows them")
	}
	if got := s.auditIDs(); got != "stack-update-started,stack-update-completed,stack-update-started,stack-update-completed" {
		t.Errorf("got audit events %s", got)
	}
}

// auditIDs are the events about stacks' updates, oldest first.
func (s scene) auditIDs() string {
	s.t.Helper()
	var full struct {
		History struct{ Audit []struct{ Event string } }
	}
	if err := json.Unmarshal(s.History(), &full); err != nil {
		s.t.Fatal(err)
	}
	var ids []string
	for _, e := range full.History.Audit {
		if strings.HasPrefix(e.Event, "stack-update-") {
			ids = append(ids, e.Event)
		}
	}
	return strings.Join(ids, ",")
}

func TestUpdatesExcludeOneAnother(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	first := ana.begin(devStack, "update")
	const busy = "Another update is currently in progress."
	second := ana.create(devStack, "refresh")
	ana.do("POST "+second, obj{}).want(409).says(busy)
	ana.do("POST "+devStack+"/import", obj{"version": 3, "deployment": deploymentOf()}).want(409).says(busy)
	ana.do("POST "+devStack+"/rename", obj{"newName": "next", "newProject": ""}).want(409).says(busy)
	ana.do("DELETE "+devStack+"?force=true", nil).want(409).says(busy)
	ana.begin(devStack, "preview").complete("succeeded").want(204)
	ana.begin(prodStack, "update")

	ana.do("POST "+first.path, obj{}).want(409).says("already started")
	first.complete("failed").want(204)
	ana.do("POST "+second, obj{}).want(200)
}

func TestLeasesEnd(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	r := ana.begin(devStack, "update")
	s.clock.Advance(4 * time.Minute)
	for _, duration := range []int{-1, 301} {
		r.say("POST", "renew_lease", obj{"token": "", "duration": duration}).want(400)
	}
	stale := r.lease
	r.lease = r.say("POST", "renew_lease", obj{"token": "", "duration": 300}).want(200).str("token")
	s.clock.Advance(4 * time.Minute)
	r.checkpoint("a").want(204)
	old := r
	old.lease = stale
	old.checkpoint("b").want(401)
	ana.do("POST "+ana.create(devStack, "update"), obj{}).want(409)

	s.clock.Advance(time.Minute)
	r.checkpoint("b").want(409).says("timed out")
	r.say("POST", "renew_lease", obj{"token": "", "duration": 300}).want(403)
	latest := ana.do("GET "+devStack+"/updates/latest", nil).want(200)
	latest.equal("failed", latest.str("info", "result"))
	next := ana.begin(devStack, "update")
	ana.do("GET "+devStack+"/export", nil).want(200).says("::a")
	ana.do("POST "+r.path+"/cancel", nil).want(409)

	ana.do("POST "+next.path+"/cancel", nil).want(204)
	next.checkpoint().want(409).says("cancelled")
	next.say("POST", "renew_lease", obj{"token": "", "duration": 300}).want(403)
	ana.begin(devStack, "update").complete("succeeded").want(204)
}

// An access token is not a lease, a lease is not an access token, and a lease is one of one update.
func TestLeasesAreNotAccessTokens(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	dev, prod := ana.begin(devStack, "update"), ana.begin(prodStack, "update")
	ana.do("POST "+dev.path+"/complete", obj{"status": "failed"}).want(401)
	actor{scene: s, token: dev.lease}.do("GET "+devStack, nil).want(401)
	prod.lease = dev.lease
	prod.checkpoint().want(401)
	preview := ana.begin(devStack, "preview")
	ana.do("PATCH "+preview.path+"/checkpoint", obj{}).want(501)
	wrong := preview
	wrong.path = strings.Replace(preview.path, "/preview/", "/update/", 1)
	wrong.checkpoint().want(403).says("not permitted for preview")
}

// Who may do what with a stack's state.
func TestRightsOnTheState(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	role := func(permission int) {
		ana.do("PATCH /teams/payments", obj{"addStackPermission": obj{"projectName": "payments", "stackName": "dev", "permission": permission}}).want(204)
	}
	bo := s.as("bo")
	ciphertext := ana.do("POST "+devStack+"/encrypt", obj{"plaintext": []byte("hush")}).want(200).str("ciphertext")
	reads := []string{"/export", "/updates", "/updates/latest/previews"}
	for _, path := range reads {
		bo.do("GET "+devStack+path, nil).want(404)
	}
	bo.do("POST "+devStack+"/preview", program()).want(404)
	bo.do("POST "+devStack+"/decrypt", obj{"ciphertext": ciphertext}).want(404)

	role(101)
	for _, path := range reads {
		bo.do("GET "+devStack+path, nil).want(200)
	}
	bo.do("POST "+devStack+"/decrypt", obj{"ciphertext": ciphertext}).want(200).says("aHVzaA==")
	bo.begin(devStack, "preview").complete("succeeded").want(204)
	writes := map[string]obj{
		"/update": program(), "/refresh": program(), "/destroy": program(),
		"/import": {"version": 3, "deployment": deploymentOf()}, "/rename": {"newName": "next", "newProject": ""},
	}
	for path, body := range writes {
		bo.do("POST "+devStack+path, body).want(403)
	}
	running := ana.begin(devStack, "update")
	bo.do("POST "+running.path+"/cancel", nil).want(403).says("stack:cancel_update")
	bo.do("POST "+ana.create(devStack, "update"), obj{}).want(403).says("stack:write")
	running.complete("failed").want(204)

	role(102)
	bo.begin(devStack, "update").complete("succeeded").want(204)
	bo.do("POST "+devStack+"/import", writes["/import"]).want(200)
	bo.do("POST "+devStack+"/rename", writes["/rename"]).want(403).says("stack:rename")
	bo.do("DELETE "+devStack, nil).want(403).says("stack:delete")

	ana.do("POST /api/stacks/acme/web/dev/encrypt", obj{"plaintext": []byte("x")}).want(200)
	ana.do("POST /api/stacks/acme/web/dev/decrypt", obj{"ciphertext": ciphertext}).want(400)
	ana.do("POST "+devStack+"/batch-decrypt", obj{"ciphertexts": []string{ciphertext, ciphertext}}).want(200).says(ciphertext)
	ana.do("POST "+devStack+"/batch-decrypt", obj{"ciphertexts": []string{"bm90aGluZw=="}}).want(400)
}

// Tags decide what a role reaches. A preview writes none, and a start none but the built-in ones without the right to.
func TestStartsWriteTags(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	const moved = "moved"
	tags := obj{"environment": moved, "pulumi:runtime": "yaml"}
	start := func(a actor, kind string) {
		t.Helper()
		path := a.create(devStack, kind)
		lease := a.do("POST "+path, obj{"tags": tags}).want(200).str("token")
		run{actor: a, path: path, lease: lease}.complete("succeeded").want(204)
	}
	role := ana.roleWith("writer", groupOf(allowOf("stack:read", "stack:write")))
	ana.do("POST /teams/payments/roles/"+role, nil).want(204)
	bo := s.as("bo")
	start(bo, "preview")
	ana.do("GET "+devStack, nil).want(200).says(`"tags":{"environment":"development"}`)
	start(bo, "update")
	ana.do("GET "+devStack, nil).want(200).says(`"tags":{"environment":"development","pulumi:runtime":"yaml"}`)
	start(ana, "update")
	ana.do("GET "+devStack, nil).want(200).says(`"environment":"` + moved)
}

// Every kind of token has its own way to a stack's state.
func TestTokensOnTheState(t *testing.T) {
	t.Parallel()
	s := startWith(t, server.Options{Seed: []byte(acmeSeed), DeploymentRole: "added"})
	ana := s.admin()
	deploy := s.identity(servertest.Identity{Deployment: &servertest.Deployment{Project: "payments", Stack: "dev"}})
	team := s.identity(servertest.Identity{Team: "payments"})
	machine := s.identity(servertest.Identity{Organization: true})
	deploy.begin(devStack, "update").complete("succeeded").want(204)
	deploy.do("GET "+prodStack+"/export", nil).want(404)
	for _, who := range []actor{team, machine} {
		who.do("GET "+devStack+"/export", nil).want(404)
	}

	// The organization's defaults are those of members, team tokens and tokens without a role.
	ana.do("PATCH ", obj{"setDefaultStackPermission": 101}).want(200)
	for _, who := range []actor{team, machine, s.as("bo")} {
		who.do("GET "+devStack+"/export", nil).want(200)
		who.do("POST "+devStack+"/update", program()).want(403)
	}
	deploy.do("GET "+prodStack+"/export", nil).want(404)
	ana.do("PATCH ", obj{"setDefaultStackPermission": 0}).want(200)

	// A deployment has the default role of deployments, until its stack's settings name another one.
	reader := ana.roleWith("reader", groupOf(allowOf("stack:read", "stack:export")))
	ana.do("PATCH ", obj{"setDefaultDeploymentRoleId": reader}).want(200)
	deploy.do("GET "+prodStack+"/export", nil).want(200)
	nothing := ana.roleWith("nothing", groupOf(allowOf("team:read")))
	ana.do("POST"+deployment, obj{"operationContext": obj{"role": obj{"id": nothing}}}).want(200)
	deploy.do("GET "+prodStack+"/export", nil).want(404)
	deploy.begin(devStack, "update").complete("succeeded").want(204)
}

func TestCreatorsOfStacks(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana, bo := s.admin(), s.as("bo")
	create := obj{"stackName": "made"}
	bo.do("POST /api/stacks/acme/payments", create).want(403).says("stack:create")
	ana.do("PATCH ", obj{"setMembersCanCreateStacks": true, "setMembersCanDeleteStacks": false}).want(200)
	bo.do("POST /api/stacks/acme/payments", create).want(200)
	const made = "/api/stacks/acme/payments/made"
	bo.begin(made, "update").complete("succeeded").want(204)
	bo.do("DELETE "+made, nil).want(403).says("may not delete stacks")
	bo.do("POST "+made+"/transfer", obj{"toOrg": "other"}).want(404).says("'other' not found")
	ana.do("PATCH ", obj{"setMembersCanTransferStacks": false}).want(200)
	bo.do("POST "+made+"/transfer", obj{"toOrg": "other"}).want(403)
	before := s.State()
	ana.do("DELETE "+made, nil).want(204)

	// A machine's grant outlives its token: it is the team's, and no other team's.
	token := ana.do("POST /teams/payments/tokens", obj{"name": "ci", "description": "", "expires": 0}).want(200)
	ci := actor{scene: s, token: token.str("tokenValue")}
	ci.do("POST /api/stacks/acme/payments", create).want(200)
	ci.begin(made, "update").complete("succeeded").want(204)
	ana.do("DELETE /teams/payments/tokens/"+token.str("id"), nil).want(204)
	ci.do("GET "+made, nil).want(401)
	ana.do("GET "+made+"/collaborators", nil).want(200).says(`"permission":104`).says("team-account:")
	next := ana.do("POST /teams/payments/tokens", obj{"name": "ci2", "description": "", "expires": 0}).want(200)
	actor{scene: s, token: next.str("tokenValue")}.do("GET "+made, nil).want(200)
	s.identity(servertest.Identity{Team: "empty"}).do("GET "+made, nil).want(404)
	if bytes.Equal(before, s.State()) {
		t.Error("the stack was deleted")
	}
}

func TestImportAndRename(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	state := deploymentOf("a")
	state["secrets_providers"] = obj{"type": "service", "state": obj{"owner": "acme", "project": "payments", "stack": "dev"}}
	state["resources"] = []obj{
		{"urn": "urn:pulumi:dev::payments::pulumi:pulumi:Stack::payments-dev", "type": "pulumi:pulumi:Stack",
			"outputs": obj{"text": "urn:pulumi:dev::payments::t::a", "n": json.Number("9007199254740993")}},
		{"urn": "urn:pulumi:dev::payments::t::a", "type": "t", "parent": "urn:pulumi:dev::payments::pulumi:pulumi:Stack::payments-dev",
			"inputs": obj{"ref": obj{"4dabf18193072939515e22adb298388d": "5cf8f73096256a8f31e491e813e4eb8e", "urn": "urn:pulumi:dev::payments::t::b"},
				"secret": obj{"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "x"}}},
	}
	imported := ana.do("POST "+devStack+"/import", obj{"version": 3, "deployment": state}).want(200).str("updateId")
	ana.do("GET "+devStack+"/update/"+imported, nil).want(200).says(`"status":"succeeded"`)
	ana.do("POST "+prodStack+"/import", obj{"version": 3, "deployment": state}).want(400).says("from a different stack")
	for _, bad := range []obj{{}, {"version": 3}, {"version": 9, "deployment": obj{}}, {"version": 3, "deployment": 1}} {
		ana.do("POST "+devStack+"/import", bad).want(400)
	}

	ciphertext := ana.do("POST "+devStack+"/encrypt", obj{"plaintext": []byte("hush")}).want(200).str("ciphertext")
	bo := s.as("bo")
	ana.do("PATCH /teams/payments", obj{"addStackPermission": obj{"projectName": "payments", "stackName": "dev", "permission": 101}}).want(204)
	ana.do("POST "+devStack+"/rename", obj{"newName": "", "newProject": ""}).want(400).says("No rename to apply.")
	ana.do("POST "+devStack+"/rename", obj{"newName": "prod", "newProject": ""}).want(409).says("already exists")
	deploy := s.identity(servertest.Identity{Deployment: &servertest.Deployment{Project: "payments", Stack: "dev"}})
	ana.do("POST "+devStack+"/rename", obj{"newName": "next", "newProject": "pay"}).want(200)

	const next = "/api/stacks/acme/pay/next"
	ana.do("GET "+devStack, nil).want(404)
	bo.do("GET "+next, nil).want(200)
	deploy.begin(next, "update").complete("succeeded").want(204)
	ana.do("POST "+next+"/decrypt", obj{"ciphertext": ciphertext}).want(200).says("aHVzaA==")
	renamed := ana.do("GET "+next+"/export", nil).want(200).
		says(`"urn":"urn:pulumi:next::pay::pulumi:pulumi:Stack::pay-next"`).says(`"parent":"urn:pulumi:next::pay::pulumi:pulumi:Stack::pay-next"`).
		says(`"urn":"urn:pulumi:next::pay::t::b"`).says(`"text":"urn:pulumi:dev::payments::t::a"`).says("9007199254740993")
	renamed.equal("next", renamed.str("deployment", "secrets_providers", "state", "stack"))
	ana.do("GET "+next+"/export/1", nil).want(200).says("urn:pulumi:dev::payments::t::a")
	history := ana.do("GET "+next+"/updates", nil).want(200)
	history.equal("update,rename,import", history.names("updates", "kind"))
	page := ana.do("GET "+next+"/updates?pageSize=1&page=2&output-type=service", nil).want(200)
	page.equal("rename", page.str("updates", 0, "info", "kind"))
	for _, bad := range []string{"page=-1", "page=x", "page=1&pageSize=0"} {
		ana.do("GET "+next+"/updates?"+bad, nil).want(400)
	}
}

// What runs when a state is taken cannot go on after it was put back: nobody holds its lease.
func TestUpdatesSurviveAnExport(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	done := ana.begin(devStack, "update")
	done.checkpoint("a").want(204)
	done.complete("succeeded").want(204)
	running := ana.begin(prodStack, "update")
	full := s.History()
	s.Restore(full)
	if got := s.History(); !bytes.Equal(got, full) {
		t.Errorf("got\n%s\nafter restoring\n%s", got, full)
	}
	running.checkpoint("b").want(409).says("timed out")
	ana.do("GET "+devStack+"/export", nil).want(200).says("::a")
	ana.begin(prodStack, "update").complete("succeeded").want(204)
	for name, stack := range map[string]obj{
		"no update":     {"project": "a", "name": "b", "updates": []any{nil}},
		"no deployment": {"project": "a", "name": "b", "checkpoints": []any{obj{"version": 1}}},
	} {
		if status, raw := s.Call("", "PUT", "/_sandbox/state", obj{"organization": obj{"login": "acme"}, "stacks": obj{"a/b": stack}}); status != 400 {
			t.Errorf("%s: got %d: %s", name, status, raw)
		}
	}
}

// The environment that holds a stack's configuration is made with the stack, by who may make environments.
func TestConfigurationInAnEnvironment(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana, bo := s.admin(), s.as("bo")
	ana.do("GET "+devStack+"/config", nil).want(404)
	ana.do("PUT "+devStack+"/config", obj{"environment": "payments/none"}).want(400)
	ana.do("PUT "+devStack+"/config", obj{"environment": "payments/dev@3"}).want(200)
	ana.do("GET "+devStack+"/config", nil).want(200).says("payments/dev@3")
	ana.do("DELETE "+devStack+"/config", nil).want(204)
	ana.do("PATCH ", obj{"setMembersCanCreateStacks": true}).want(200)
	with := func(environment string) obj {
		return obj{"stackName": "made", "config": obj{"environment": environment}}
	}
	bo.do("POST /api/stacks/acme/web", with("payments/dev")).want(400).says("not found")
	bo.do("POST /api/stacks/acme/web", with("web/made@3")).want(400)
	bo.do("POST /api/stacks/acme/web", with("web/made")).want(200)
	bo.do("GET /api/esc/environments/acme/web/made", nil).want(200)
	ana.do("POST /api/stacks/acme/web", obj{"stackName": "copy", "state": obj{"version": 3, "deployment": deploymentOf("a")}}).want(200)
	ana.do("GET /api/stacks/acme/web/copy/export", nil).want(200).says("::a")
}

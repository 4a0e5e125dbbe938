package server_test

import (
	"testing"
)

// begin as a dry run, as the CLI does for the preview that comes before an update.
func (a actor) dryRun(stack, kind string, tags obj) run {
	a.t.Helper()
	sent := program()
	sent["options"].(obj)["dryRun"] = true
	path := stack + "/" + kind + "/" + a.do("POST "+stack+"/"+kind, sent).want(200).str("updateID")
	started := a.do("POST "+path, obj{"journalVersion": 1, "tags": tags}).want(200)
	return run{actor: a, path: path, lease: started.str("token")}
}

// The preview within an update, a refresh or a destroy is not an update: it takes the right to read, and leaves nothing behind.
func TestDryRunsDoNotCountAsUpdates(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"update", "refresh", "destroy"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := startScene(t, acmeSeed)
			ana, bo := s.admin(), s.as("bo")
			bo.do("POST "+devStack+"/"+kind, program()).want(404)
			ana.do("PATCH ", obj{"setDefaultStackPermission": 101}).want(200)
			bo.do("POST "+devStack+"/"+kind, program()).want(403).says("stack:write")
			ana.begin(devStack, "update").complete("succeeded").want(204)
			before, events := s.State(), len(ana.do("GET /auditlogs/v2", nil).list("auditLogEvents"))

			first := bo.dryRun(devStack, kind, obj{"environment": "elsewhere"})
			second := bo.dryRun(devStack, kind, obj{})
			first.checkpoint().want(403).says("not permitted for preview")
			ana.do("GET "+devStack, nil).want(200).equal("", ana.do("GET "+devStack, nil).str("currentOperation", "kind"))
			update := ana.begin(devStack, "update") // not locked out by a preview
			update.complete("succeeded").want(204)
			for _, preview := range []run{first, second} {
				preview.complete("succeeded").want(204)
			}
			if version, _ := ana.do("GET "+devStack, nil).at("version").(float64); version != 2 {
				t.Errorf("the stack has version %v, want 2", version)
			}
			if got := ana.do("GET "+devStack+"/updates", nil).list("updates"); len(got) != 2 {
				t.Errorf("%d updates in the history, want 2", len(got))
			}
			if got := ana.do("GET "+devStack+"/updates/latest/previews", nil).list("updates"); len(got) != 2 {
				t.Errorf("%d previews, want 2", len(got))
			}
			if got := len(ana.do("GET /auditlogs/v2", nil).list("auditLogEvents")); got != events+2 {
				t.Errorf("%d audit events came, want those of the update alone", got-events)
			}
			if got := s.State(); string(got) != string(before) {
				t.Errorf("a preview changed the state to %s", got)
			}
		})
	}
}

package server_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
)

func TestHistoryIsBounded(t *testing.T) {
	t.Parallel()
	s := startWith(t, server.Options{Seed: []byte(acmeSeed), KeepEvents: 10, KeepUpdates: 3})
	ana := s.admin()
	running := ana.begin(prodStack, "update")
	for i := range 9 {
		r := ana.begin(devStack, "update")
		if i != 4 {
			r.checkpoint().want(204)
		}
		r.complete("succeeded").want(204)
		ana.do("POST "+prodStack+"/preview", program()).want(200)
		name := fmt.Sprintf("e%d", i)
		ana.do("POST /api/esc/environments/acme", obj{"project": "p", "name": name}).want(200)
		ana.do("DELETE /api/esc/environments/acme/p/"+name, nil).want(200)
	}
	running.checkpoint().want(204)
	running.complete("succeeded").want(204)
	var history struct {
		Stacks map[string]struct {
			Updates, Checkpoints []json.RawMessage
		} `json:"stacks"`
		History struct{ Audit, Deleted []json.RawMessage } `json:"history"`
	}
	if err := json.Unmarshal(s.History(), &history); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][2]int{
		"audit events": {len(history.History.Audit), 10}, "deleted environments": {len(history.History.Deleted), 3},
		"updates": {len(history.Stacks["payments/dev"].Updates), 3}, "states": {len(history.Stacks["payments/dev"].Checkpoints), 3},
		"requests": {len(s.Requests().List), 10},
	} {
		if got[0] != got[1] {
			t.Errorf("%d %s are kept, want %d", got[0], name, got[1])
		}
	}
	if log := s.Requests(); log.Total < 50 {
		t.Errorf("the log counts %d calls, want all", log.Total)
	}
	ana.do("GET "+devStack+"/export/6", nil).want(404)
	for _, version := range []string{"/7", "/8", "/9", ""} {
		ana.do("GET "+devStack+"/export"+version, nil).want(200).says("resources")
	}
	ana.do("GET "+devStack+"/updates/9", nil).want(200)
	full := s.History()
	s.Restore(full)
	if string(s.History()) != string(full) {
		t.Error("the history differs after it was restored")
	}
}

// Pages of the audit log add up while events come in, and while old ones are dropped.
func TestAuditPagesAddUp(t *testing.T) {
	t.Parallel()
	s := startWith(t, server.Options{Seed: []byte(acmeSeed), PageSize: 3, KeepEvents: 20})
	ana := s.admin()
	for i := range 14 {
		ana.do("POST /teams/pulumi", newTeamBody(fmt.Sprintf("t%02d", i))).want(201)
	}
	seen, token := []string{}, ""
	for i := 0; ; i++ {
		got := ana.do("GET /auditlogs/v2?continuationToken="+url.QueryEscape(token), nil).want(200)
		for n := range got.list("auditLogEvents") {
			seen = append(seen, got.str("auditLogEvents", n, "description"))
		}
		if token = got.str("continuationToken"); token == "" {
			break
		}
		if i == 0 { // the log is full after six more, and drops the oldest
			for n := range 8 {
				ana.do("POST /teams/pulumi", newTeamBody(fmt.Sprintf("u%d", n))).want(201)
			}
		}
	}
	if len(seen) != 12 || seen[0] != "Created team t13" || seen[11] != "Created team t02" {
		t.Errorf("got %d events: %v", len(seen), seen)
	}
	ana.do("GET /auditlogs/v2?continuationToken=x", nil).want(400)
}

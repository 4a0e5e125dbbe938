package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
)

type auditedEvent struct {
	Time                      time.Time
	Event, Description, Login string
	AuthFailure               bool
}

func (s scene) audited() []auditedEvent {
	s.t.Helper()
	var state struct {
		History struct{ Audit []auditedEvent } `json:"history"`
	}
	if err := json.Unmarshal(s.History(), &state); err != nil {
		s.t.Fatal(err)
	}
	return state.History.Audit
}

// Generated history is in order, within its days, the same for the same seed, and of things that its actors may do.
func TestGeneratedAuditIsPlausible(t *testing.T) {
	t.Parallel()
	var exports [][]byte
	for range 2 {
		s := startScene(t, acmeSeed+"gates: [{project: payments, environment: prod, action: open, approvers: {users: [ana]}}]\n")
		ana := s.admin()
		ana.do("PATCH /teams/payments", obj{"addEnvironmentPermission": obj{"projectName": "payments", "envName": "dev", "permission": "open"}}).want(204)
		ana.do("POST /tokens", obj{"name": "ci", "description": "", "expires": 0, "admin": true}).want(200)
		before := string(s.State())
		s.Control("POST", "audit", obj{"events": 2000, "days": 30, "seed": 7}, nil)
		if string(s.State()) != before {
			t.Error("generated history changed the organization")
		}
		s.checkPlausible(2000, 30)
		exports = append(exports, s.History())
	}
	if !bytes.Equal(exports[0], exports[1]) {
		t.Error("the same seed gave other events")
	}
}

func (s scene) checkPlausible(count, days int) {
	s.t.Helper()
	all, generated, refused := s.audited(), 0, 0
	for i, e := range all {
		if i > 0 && e.Time.Before(all[i-1].Time) {
			s.t.Fatalf("event %d is before the one ahead of it", i)
		}
		if e.Time.After(s.clock.Now()) || e.Time.Before(s.clock.Now().AddDate(0, 0, -days)) {
			s.t.Errorf("%s is at %s", e.Event, e.Time)
		}
		if e.Time.Before(s.clock.Now()) {
			generated++
		}
		if e.AuthFailure {
			refused++
		}
		if e.Login == "bo" && !e.AuthFailure && !strings.HasSuffix(e.Description, "environment payments/dev") {
			s.t.Errorf("bo cannot have done this: %s", e.Description)
		}
		if e.Event == "environment-open" && strings.HasSuffix(e.Description, "payments/prod") {
			s.t.Errorf("%s opened a gated environment", e.Login)
		}
	}
	if generated != count || refused == 0 || refused > count/2 {
		s.t.Errorf("got %d events, %d of them refused", generated, refused)
	}
}

func TestGeneratedAuditIsBoundedAndPaged(t *testing.T) {
	t.Parallel()
	s := startWith(t, server.Options{Seed: []byte(acmeSeed), KeepEvents: 100_000, PageSize: 1000})
	for _, wrong := range []obj{{}, {"events": 0}, {"events": 100_001}, {"events": 10, "days": -1}, {"events": -5}} {
		if status, raw := s.Call("", "POST", "/_sandbox/audit", wrong); status != 400 {
			t.Errorf("%v: got %d, want 400: %s", wrong, status, raw)
		}
	}
	s.Control("POST", "audit", obj{"events": 100_000, "days": 90, "seed": 1}, nil)
	start, count, token := time.Now(), 0, ""
	for {
		got := s.admin().do(fmt.Sprintf("GET /auditlogs/v2?continuationToken=%s", token), nil).want(200)
		count += len(got.list("auditLogEvents"))
		if token = got.str("continuationToken"); token == "" {
			break
		}
	}
	if count != 100_000 {
		t.Errorf("the pages have %d events (%v)", count, time.Since(start))
	}
}

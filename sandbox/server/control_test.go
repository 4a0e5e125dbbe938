package server_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const teamRoute = "PATCH /api/orgs/{orgName}/teams/{teamName}"

func TestRequestLog(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	s.Reset()
	s.admin().do("GET /teams", nil).want(200)
	s.as("bo").do("GET /teams/payments", nil).want(200)
	s.admin().do("PATCH /teams/nobody", obj{"newDescription": ""}).want(404)
	log := s.Requests()
	if log.Total != 3 || log.Routes[teamRoute] != 1 {
		t.Errorf("got total %d and %v, want three calls", log.Total, log.Routes)
	}
	want := []servertest.Request{
		{Method: "GET", Route: "GET /api/orgs/{orgName}/teams", Path: "/api/orgs/acme/teams", Status: 200, Caller: "ana"},
		{Method: "GET", Route: "GET /api/orgs/{orgName}/teams/{teamName}", Path: "/api/orgs/acme/teams/payments", Status: 200, Caller: "bo"},
		{Method: "PATCH", Route: teamRoute, Path: "/api/orgs/acme/teams/nobody", Status: 404, Caller: "ana"},
	}
	for i, got := range log.List {
		if got != want[i] {
			t.Errorf("call %d: got %+v, want %+v", i, got, want[i])
		}
	}
	s.Reset()
	if log := s.Requests(); log.Total != 0 {
		t.Errorf("%d calls are left after a reset", log.Total)
	}
}

// patch sends what changes a team's description, and answers what the transport saw.
func (s scene) patch(ctx context.Context, description string) (*http.Response, error) {
	body := strings.NewReader(`{"newDescription": "` + description + `"}`)
	req, err := http.NewRequestWithContext(ctx, http.MethodPatch, s.URL+"/api/orgs/acme/teams/payments", body)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "token "+s.Token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := servertest.Client.Do(req)
	if err == nil {
		s.t.Cleanup(func() { _ = resp.Body.Close() })
	}
	return resp, err
}

func TestFaults(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	description := func() string { return s.admin().do("GET /teams/payments", nil).want(200).str("description") }

	s.Fault(servertest.Fault{Match: teamRoute, Times: 2, Status: 429, Headers: map[string]string{"Retry-After": "1"}})
	for range 2 {
		resp, err := s.patch(t.Context(), "limited")
		if err != nil || resp.StatusCode != 429 || resp.Header.Get("Retry-After") != "1" {
			t.Fatalf("got %v, %v; want 429 with Retry-After", resp, err)
		}
	}
	if resp, err := s.patch(t.Context(), "through"); err != nil || resp.StatusCode != 204 || description() != "through" {
		t.Fatalf("after two faults: %v, %v, description %q", resp, err, description())
	}

	s.Fault(servertest.Fault{Match: teamRoute, Reset: "before"})
	if _, err := s.patch(t.Context(), "never"); err == nil || description() != "through" {
		t.Fatalf("reset before: error %v, description %q; want an error and no change", err, description())
	}
	s.Fault(servertest.Fault{Match: teamRoute, Reset: "after"})
	if _, err := s.patch(t.Context(), "landed"); err == nil || description() != "landed" {
		t.Fatalf("reset after: error %v, description %q; want an error and the change", err, description())
	}

	html := "<h1>Bad Gateway</h1>"
	s.Fault(servertest.Fault{Match: "*", Status: 502, Body: &html})
	resp, err := s.patch(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := io.ReadAll(resp.Body); resp.StatusCode != 502 || string(got) != html {
		t.Errorf("got %d %q, want the scripted page", resp.StatusCode, got)
	}
	garbled := "{"
	s.Fault(servertest.Fault{Match: "GET /api/orgs/{orgName}/teams/{teamName}", Body: &garbled})
	if status, raw := s.Call(s.Token, "GET", "/api/orgs/acme/teams/payments", nil); status != 200 || string(raw) != garbled {
		t.Errorf("got %d %q, want 200 and the scripted body", status, raw)
	}
}

func TestDelaysEndWithTheCaller(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	s.Fault(servertest.Fault{Match: teamRoute, Delay: "1h"})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := s.patch(ctx, "late"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the caller's own deadline", err)
	}
}

func TestFaultsAreChecked(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	for name, body := range map[string]obj{
		"no such route":     {"match": "PATCH /api/orgs/{org}/teams/{team}", "status": 503},
		"nothing to do":     {"match": teamRoute},
		"both":              {"match": teamRoute, "status": 503, "reset": "after"},
		"unknown reset":     {"match": teamRoute, "reset": "during"},
		"impossible":        {"match": teamRoute, "status": 99},
		"bad delay":         {"match": teamRoute, "delay": "soon"},
		"less than never":   {"match": teamRoute, "status": 503, "times": -1},
		"of the wrong type": {"match": teamRoute, "status": "503"},
	} {
		if status, raw := s.Call("", "POST", "/_sandbox/faults", body); status != 400 {
			t.Errorf("%s: got %d, want 400: %s", name, status, raw)
		}
	}
}

func TestControlTokens(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	for name, body := range map[string]obj{
		"nobody":       {},
		"two":          {"user": "bo", "team": "payments"},
		"unknown user": {"user": "zed"},
		"unknown team": {"team": "zed"},
		"unknown role": {"organization": true, "role": "zed"},
		"no stack":     {"deployment": obj{"project": "a", "stack": "b"}},
		"no operation": {"deployment": obj{"project": "payments", "stack": "dev", "operation": "explode"}},
	} {
		if status, raw := s.Call("", "POST", "/_sandbox/tokens", body); status != 400 && status != 404 {
			t.Errorf("%s: got %d, want a refusal: %s", name, status, raw)
		}
	}
	before := string(s.State())
	who := s.identity(servertest.Identity{Deployment: &servertest.Deployment{Project: "payments", Stack: "dev"}}).do("GET /api/user", nil).want(200)
	who.equal("acme", who.str("organizations", 0, "githubLogin"))
	if string(s.State()) != before {
		t.Error("a token from the control endpoint shows in the state")
	}
}

func TestControlIsLocalOnly(t *testing.T) {
	t.Parallel()
	s, err := server.New(server.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, peer, host string
		want             int
	}{
		{"this machine", "127.0.0.1:4000", "localhost:8080", 200},
		{"this machine, IPv6", "[::1]:4000", "[::1]:8080", 200},
		{"another machine", "192.0.2.1:4000", "127.0.0.1", 403},
		{"a web page's name for this machine", "127.0.0.1:4000", "evil.example", 403},
	} {
		req := httptest.NewRequest(http.MethodGet, "/_sandbox/state", nil)
		req.RemoteAddr, req.Host = tc.peer, tc.host
		rec := httptest.NewRecorder()
		s.Handler().ServeHTTP(rec, req)
		if rec.Code != tc.want {
			t.Errorf("%s: got %d, want %d", tc.name, rec.Code, tc.want)
		}
	}
}

func TestUnknownEndpoints(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	s.admin().do("GET /neo/tasks", nil).want(501).says("the sandbox does not have GET /api/orgs/acme/neo/tasks")
	if status, raw := s.Call("", "POST", "/_sandbox/gates", obj{}); status != 501 || !contains(raw, "POST /_sandbox/gates") {
		t.Errorf("got %d %s, want 501 that names the endpoint", status, raw)
	}
	anonymous := actor{scene: s}
	anonymous.do("GET /teams", nil).want(401)
	anonymous.do("GET /api/capabilities", nil).want(200)
	actor{scene: s, token: "pul-nonsense"}.do("GET /teams", nil).want(401)
}

func TestCompressedBodies(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	send := func(body []byte) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, s.URL+"/api/orgs/acme/teams/payments", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "token "+s.Token)
		req.Header.Set("Content-Encoding", "gzip")
		req.Header.Set("Content-Type", "application/json")
		rec := httptest.NewRecorder()
		s.Server.Handler().ServeHTTP(rec, req)
		return rec.Code
	}
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if _, err := w.Write([]byte(`{"newDescription": "small"}`)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := send(zipped.Bytes()); got != 204 {
		t.Errorf("got %d, want 204", got)
	}
	if got := send([]byte("{}")); got != 400 {
		t.Errorf("what is not gzip: got %d, want 400", got)
	}
}

func TestLatency(t *testing.T) {
	t.Parallel()
	const latency = 30 * time.Millisecond
	s := startWith(t, server.Options{Seed: []byte(acmeSeed), Latency: latency})
	start := time.Now()
	s.admin().do("GET /teams", nil).want(200)
	if took := time.Since(start); took < latency {
		t.Errorf("a call took %v, want at least %v", took, latency)
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	s := startWith(t, server.Options{Seed: []byte(acmeSeed), RateLimit: 1})
	s.admin().do("GET /teams", nil).want(200)
	refused := 0
	for range 20 {
		resp := s.admin().do("GET /teams", nil)
		if resp.status == 429 {
			refused++
		}
	}
	if refused == 0 {
		t.Error("20 calls in a row were all carried out at a limit of one a second")
	}
	if _, err := server.New(server.Options{RateLimit: -1}); err == nil {
		t.Error("a negative limit is accepted")
	}
}

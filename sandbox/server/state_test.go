package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

func TestStateRoundTrip(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	ana.do("POST /teams/payments/roles/"+ana.roleWith("reader", groupOf(allowOf("stack:read"))), nil).want(204)
	ana.do("POST /tokens", obj{"name": "ci", "description": "", "expires": 0, "admin": true}).want(200)
	ana.do("POST"+deployment, obj{"operationContext": obj{"environmentVariables": obj{"A": obj{"secret": "x"}}}}).want(200)
	live, full := s.State(), s.History()
	if !bytes.Equal(live, s.State()) || !bytes.Equal(full, s.History()) {
		t.Fatal("two exports of the same state differ")
	}

	ana.do("DELETE /teams/payments", nil).want(204)
	ana.do("DELETE /api/stacks/acme/payments/dev", nil).want(204)
	s.Restore(live)
	if got := s.State(); !bytes.Equal(got, live) {
		t.Errorf("got\n%s\nafter restoring\n%s", got, live)
	}
	s.Restore(full)
	if got := s.History(); !bytes.Equal(got, full) {
		t.Errorf("got\n%s\nafter restoring\n%s", got, full)
	}
	ana.do("GET /teams/payments/roles", nil).want(200).says("reader")
	ana.do("POST /tokens", obj{"name": "ci", "description": "", "expires": 0, "admin": true}).want(409)
	if bytes.Contains(full, []byte("pul-")) || bytes.Contains(full, []byte(s.Token)) {
		t.Error("the state holds the value of a token")
	}
}

func TestStateOfAnotherServer(t *testing.T) {
	t.Parallel()
	from, to := startScene(t, acmeSeed), startScene(t, "users: [{login: zed, role: admin}]")
	to.Restore(from.History())
	if !bytes.Equal(from.State(), to.State()) {
		t.Error("a state that was moved to another server differs")
	}
	to.as("bo").do("GET /teams/payments", nil).want(200)
}

func TestStateIsChecked(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	before := string(s.State())
	for name, body := range map[string]any{
		"no state":             "hello",
		"another organization": obj{"organization": obj{"login": "other"}},
		"unknown field":        obj{"organization": obj{"login": "acme"}, "extra": 1},
		"a stack under the wrong name": obj{
			"organization": obj{"login": "acme"}, "stacks": obj{"a/b": obj{"project": "a", "name": "c"}},
		},
		"a role without sense": obj{
			"organization": obj{"login": "acme"}, "roles": obj{"r": obj{"id": "r", "details": obj{"__type": "Nonsense"}}},
		},
		"no user": obj{"organization": obj{"login": "acme"}, "users": obj{"bo": nil}},
	} {
		if status, raw := s.Call("", "PUT", "/_sandbox/state", body); status != 400 {
			t.Errorf("%s: got %d, want 400: %s", name, status, raw)
		}
	}
	if string(s.State()) != before {
		t.Error("a state that was refused changed something")
	}
}

// What is made and deleted again leaves no trace in the live state, whatever the order.
func TestNoTraces(t *testing.T) {
	s := startScene(t, acmeSeed)
	rapid.Check(t, func(rt *rapid.T) {
		before := string(s.State())
		var undo []string
		for i := range rapid.IntRange(1, 6).Draw(rt, "objects") {
			undo = append(undo, s.makeSomething(rapid.IntRange(0, 4).Draw(rt, "kind"), i))
		}
		for _, call := range rapid.Permutation(undo).Draw(rt, "order") {
			s.admin().do("DELETE "+call, nil).want(204)
		}
		if after := string(s.State()); after != before {
			rt.Fatalf("traces are left:\n%s", after)
		}
	})
}

// makeSomething makes an object and answers the path that deletes it.
func (s scene) makeSomething(kind, i int) string {
	ana := s.admin()
	name := fmt.Sprintf("thing-%d", i)
	switch kind {
	case 0:
		ana.do("POST /teams/pulumi", obj{"name": name, "displayName": "", "description": ""}).want(201)
		ana.do("PATCH /teams/"+name, obj{"addStackPermission": obj{"projectName": "web", "stackName": "dev", "permission": 101}}).want(204)
		return "/teams/" + name
	case 1:
		return "/roles/" + ana.roleWith(name, groupOf(allowOf("stack:read")))
	case 2:
		ana.do("POST /api/stacks/acme/things", obj{"stackName": name, "teams": []string{"payments"}}).want(200)
		return "/api/stacks/acme/things/" + name
	case 3:
		ana.do("POST /api/preview/insights/acme/accounts/"+name, obj{"provider": "aws", "environment": "payments/dev"}).want(204)
		ana.do("PATCH /api/preview/insights/acme/accounts/"+name+"/teams/payments", obj{"permissions": 1}).want(204)
		return "/api/preview/insights/acme/accounts/" + name
	}
	made := ana.do("POST /api/user/tokens", obj{"description": name, "expires": 0}).want(200)
	return "/api/user/tokens/" + made.str("id")
}

func TestServersAreReproducible(t *testing.T) {
	t.Parallel()
	a, b := startScene(t, acmeSeed), startScene(t, acmeSeed)
	for _, s := range []scene{a, b} {
		s.admin().roleWith("reader", groupOf(allowOf("stack:read")))
	}
	if !bytes.Equal(a.History(), b.History()) {
		t.Error("two servers that saw the same calls differ")
	}
}

func TestConcurrentCalls(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	done := make(chan int)
	for i := range 8 {
		go func() {
			status, _ := s.Call(s.Token, "POST", "/api/orgs/acme/teams/pulumi",
				obj{"name": fmt.Sprintf("t%d", i%4), "displayName": "", "description": ""})
			done <- status
		}()
	}
	counts := map[int]int{}
	for range 8 {
		counts[<-done]++
	}
	if counts[201] != 4 || counts[409] != 4 {
		t.Errorf("got %v, want each of four names to be given once", counts)
	}
	var state struct {
		Teams map[string]json.RawMessage `json:"teams"`
	}
	if err := json.Unmarshal(s.State(), &state); err != nil || len(state.Teams) != 6 {
		t.Errorf("got %d teams, error %v; want 6", len(state.Teams), err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]server.Options{
		"deployment role":   {DeploymentRole: "sometimes"},
		"page size":         {PageSize: -1},
		"two organizations": {Organization: "a", Seed: []byte("organization: b")},
	} {
		if _, err := server.New(o); err == nil {
			t.Errorf("%s: a wrong option was taken", name)
		}
	}
	s := servertest.Start(t, server.Options{})
	if status, raw := s.Call(s.Token, "GET", "/api/orgs/acme/metadata", nil); status != 200 {
		t.Errorf("without options: got %d: %s", status, raw)
	}
}

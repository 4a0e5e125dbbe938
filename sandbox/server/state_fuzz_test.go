package server_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
)

// afterRestore are calls that go through what a state holds.
var afterRestore = []string{
	"GET /api/orgs/acme", "GET /api/orgs/acme/members?type=backend", "GET /api/orgs/acme/teams", "GET /api/orgs/acme/teams/payments",
	"GET /api/orgs/acme/teams/payments/roles", "GET /api/orgs/acme/roles", "GET /api/orgs/acme/tokens", "GET /api/orgs/acme/oidc/issuers",
	"GET /api/user/stacks?organization=acme", "GET /api/stacks/acme/payments/dev", "GET /api/esc/environments/acme",
	"GET /api/esc/environments/acme/payments/dev", "GET /api/esc/environments/acme/payments/dev/metadata",
	"POST /api/esc/environments/acme/payments/dev/open", "GET /api/change-gates/acme?entityType=environment&qualifiedName=payments/dev",
	"GET /api/orgs/acme/auditlogs/v2", "GET /_sandbox/clouds/aws/roles", "GET /_sandbox/state",
}

// Whatever is put in place of the state is taken whole or refused: no call panics afterwards, and what is exported can be restored.
func FuzzState(f *testing.F) {
	for _, seed := range []string{"users: [{login: ana, role: admin}]", acmeSeed, fullSeed} {
		s, err := server.New(server.Options{Organization: "acme", Seed: []byte(seed)})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(call(s, "GET /_sandbox/state", "").Body.String())
	}
	f.Fuzz(takesStateOrRefuses)
}

// A state with a hole anywhere is taken whole or refused, too.
func TestStatesWithHoles(t *testing.T) {
	t.Parallel()
	s, err := server.New(server.Options{Organization: "acme", Seed: []byte(fullSeed)})
	if err != nil {
		t.Fatal(err)
	}
	var state any
	if err := json.Unmarshal(call(s, "GET /_sandbox/state", "").Body.Bytes(), &state); err != nil {
		t.Fatal(err)
	}
	tried := 0
	punch(state, func() {
		text, err := json.Marshal(state)
		if err != nil {
			t.Fatal(err)
		}
		tried++
		takesStateOrRefuses(t, string(text))
	})
	if tried < 300 {
		t.Errorf("only %d states were tried", tried)
	}
}

// punch replaces each value in turn by what it is not, calls, and puts it back.
func punch(v any, then func()) {
	try := func(now any, set func(any)) {
		for _, hole := range []any{nil, map[string]any{}, "x", -1} {
			set(hole)
			then()
		}
		set(now)
		punch(now, then)
	}
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			try(v[key], func(with any) { v[key] = with })
		}
	case []any:
		for i := range min(len(v), 2) {
			try(v[i], func(with any) { v[i] = with })
		}
	}
}

func takesStateOrRefuses(t *testing.T, state string) {
	t.Helper()
	s, err := server.New(server.Options{Organization: "acme", Seed: []byte(acmeSeed)})
	if err != nil {
		t.Fatal(err)
	}
	before := call(s, "GET /_sandbox/state", "").Body.Bytes()
	answer := call(s, "PUT /_sandbox/state", state)
	if answer.Code >= http.StatusInternalServerError {
		t.Fatalf("restoring answers %d: %s", answer.Code, answer.Body)
	}
	for _, one := range afterRestore {
		if got := call(s, one, ""); got.Code >= http.StatusInternalServerError {
			t.Errorf("%s answers %d: %s", one, got.Code, got.Body)
		}
	}
	exported := call(s, "GET /_sandbox/state", "").Body.Bytes()
	if answer.Code >= http.StatusBadRequest {
		if !bytes.Equal(exported, before) {
			t.Error("a state that was refused changed something")
		}
		return
	}
	if again := call(s, "PUT /_sandbox/state", string(exported)); again.Code != http.StatusNoContent {
		t.Errorf("what was exported is refused: %d: %s", again.Code, again.Body)
	}
}

func call(s *server.Server, route, body string) *httptest.ResponseRecorder {
	method, path, _ := strings.Cut(route, " ")
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	request.RemoteAddr, request.Host = "127.0.0.1:1", "127.0.0.1"
	request.Header.Set("Authorization", "token "+s.AdminToken())
	request.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	s.Handler().ServeHTTP(answer, request)
	return answer
}

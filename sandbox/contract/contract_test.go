package contract

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func equal(a, b []string) bool { return slices.Equal(a, b) }

// smallDocument is an OpenAPI document of our own, with what tightening is about.
const smallDocument = `{
	"openapi": "3.0.3", "info": {"title": "small", "version": "1"},
	"paths": {
		"/api/things": {"post": {"responses": {"200": {"description": "OK", "content": {"application/json": {"schema": {"type": "string"}}}}},
			"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Shape"}}}}}},
		"/api/things/{name}": {
			"parameters": [{"name": "name", "in": "path", "required": true, "schema": {"type": "string"}}],
			"get": {"parameters": [{"name": "count", "in": "query", "required": true, "schema": {"type": "integer"}}], "responses": {"204": {"description": "none"}}}},
		"/api/things/latest": {"get": {"responses": {"200": {"description": "OK", "content": {"application/json": {"schema": {"type": "boolean"}}}}}}}
	},
	"components": {"schemas": {
		"Shape": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}},
			"discriminator": {"propertyName": "kind", "mapping": {
				"dot": "#/components/schemas/Dot", "box": "#/components/schemas/Box", "crate": "#/components/schemas/Crate"}}},
		"Dot": {"allOf": [{"$ref": "#/components/schemas/Shape"}, {"type": "object"}]},
		"Box": {"allOf": [{"$ref": "#/components/schemas/Shape"}, {"type": "object", "required": ["side"], "properties": {
			"side": {"type": "integer"}, "inner": {"$ref": "#/components/schemas/Shape"}, "twin": {"$ref": "#/components/schemas/Box"}}}]},
		"Crate": {"allOf": [{"$ref": "#/components/schemas/Box"}, {"type": "object", "properties": {"lid": {"type": "boolean"}}}]}
	}}}`

func smallChecker(t *testing.T, known ...difference) *checker {
	t.Helper()
	doc, err := parseDocument([]byte(smallDocument))
	if err != nil {
		t.Fatal(err)
	}
	return newChecker(doc, known)
}

// allFindings checks one whole exchange.
func allFindings(c *checker, req exchangeRequest, answer exchangeAnswer) []finding {
	exchange := c.begin(req)
	var found []finding
	if !refused(answer.Status) {
		found = exchange.requestFindings()
	}
	return append(found, exchange.answerFindings(answer)...)
}

func TestTightenedSchemas(t *testing.T) {
	t.Parallel()
	checker := smallChecker(t)
	for _, tc := range []struct {
		name, body string
		want       []string
	}{
		{"a variant", `{"kind": "dot"}`, nil},
		{"a variant with its own properties", `{"kind": "box", "side": 1}`, nil},
		{"a variant of a variant", `{"kind": "crate", "side": 1, "lid": true}`, nil},
		{"nested variants", `{"kind": "box", "side": 1, "inner": {"kind": "dot"}, "twin": {"kind": "crate", "side": 2}}`, nil},
		{"a property of another variant", `{"kind": "box", "side": 1, "lid": true}`, []string{"/lid undeclared"}},
		{"a missing property, nested", `{"kind": "box", "side": 1, "inner": {"kind": "crate"}}`, []string{"/inner/side required"}},
		{"a variant that does not descend from the base asked for", `{"kind": "box", "side": 1, "twin": {"kind": "dot"}}`, []string{"/twin discriminator"}},
		{"two things wrong", `{"kind": "box", "side": "x", "y": 1}`, []string{"/side type", "/y undeclared"}},
		{"no discriminator", `{}`, []string{" discriminator"}},
		{"not an object", `[]`, []string{" oneOf"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := sample{Method: "POST", URL: "/api/things", Sent: tc.body, Status: 200, Said: `"made"`}
			req, answer := s.exchange(t)
			var got []string
			for _, f := range allFindings(checker, req, answer) {
				got = append(got, f.Pointer+" "+f.Keyword)
			}
			if !equal(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestRequestsOutsideTheDocument(t *testing.T) {
	t.Parallel()
	checker := smallChecker(t)
	for _, tc := range []struct {
		sample
		want []string
	}{
		{sample{Name: "literal before parameter", Method: "GET", URL: "/api/things/latest", Status: 200, Said: "true"}, nil},
		{sample{Name: "parameter", Method: "GET", URL: "/api/things/a%2Fb?count=3", Status: 204}, nil},
		{sample{Name: "missing parameter", Method: "GET", URL: "/api/things/a", Status: 204}, []string{"query/count missing"}},
		{sample{Name: "malformed parameter", Method: "GET", URL: "/api/things/a?count=many", Status: 204}, []string{"query/count type"}},
		{sample{Name: "unwanted body", Method: "GET", URL: "/api/things/a?count=1", Sent: "{}", Status: 204}, []string{"request body undeclared"}},
		{sample{Name: "other method", Method: "PUT", URL: "/api/things/a", Status: 204}, []string{"operation undeclared"}},
		{sample{Name: "empty name", Method: "GET", URL: "/api/things/?count=1", Status: 204}, []string{"operation undeclared"}},
		{sample{Name: "no body", Method: "POST", URL: "/api/things", Status: 200, Said: `""`}, []string{"request body missing"}},
		{sample{Name: "not JSON", Method: "POST", URL: "/api/things", Sent: `{"kind": "dot"} {}`, Status: 200, Said: `""`}, []string{"request body syntax"}},
		{sample{Name: "wrong type", Method: "POST", URL: "/api/things", SentType: "text/plain", Sent: "dot", Status: 200, Said: `""`}, []string{"request content type undeclared"}},
		{sample{Name: "wrong answer type", Method: "POST", URL: "/api/things", Sent: `{"kind": "dot"}`, Status: 200, SaidType: "text/plain", Said: "made"}, []string{"answer content type undeclared"}},
		{sample{Name: "other status", Method: "POST", URL: "/api/things", Sent: `{"kind": "dot"}`, Status: 418, Said: `{}`}, []string{"status undeclared"}},
	} {
		t.Run(tc.Name, func(t *testing.T) {
			t.Parallel()
			req, answer := tc.exchange(t)
			var got []string
			for _, f := range allFindings(checker, req, answer) {
				got = append(got, string(f.Part)+f.Pointer+" "+f.Keyword)
			}
			if !equal(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestDifferencesExplainOnlyWhatTheyName(t *testing.T) {
	t.Parallel()
	d := difference{
		Operations: []string{"POST /api/things"}, Part: answerBody, Statuses: []int{200},
		Pointers: []string{"/x", "/a/*/**/z"}, Keyword: "type",
	}
	match := finding{Operation: "POST /api/things", Part: answerBody, Status: 200, Pointer: "/a/0/b/c/z", Keyword: "type"}
	if matched, ok := d.explains(match); !ok || !equal(matched, []string{"POST /api/things", "200", "/a/*/**/z"}) {
		t.Fatalf("%+v should explain %+v; got %q, %v", d, match, matched, ok)
	}
	for name, change := range map[string]func(*finding){
		"operation": func(f *finding) { f.Operation = "GET /api/things" },
		"part":      func(f *finding) { f.Part = requestBody },
		"status":    func(f *finding) { f.Status = 201 },
		"keyword":   func(f *finding) { f.Keyword = "enum" },
		"start":     func(f *finding) { f.Pointer = "/b/0/z" },
		"end":       func(f *finding) { f.Pointer = "/a/0/z/y" },
		"too short": func(f *finding) { f.Pointer = "/a/z" },
		"whole":     func(f *finding) { f.Pointer = "" },
	} {
		other := match
		change(&other)
		if _, ok := d.explains(other); ok {
			t.Errorf("%s: %+v should not explain %+v", name, d, other)
		}
	}
	whole := difference{Part: answerBody, Keyword: "type"}
	if _, ok := whole.explains(match); ok {
		t.Errorf("%+v is about whole bodies, and explains %+v", whole, match)
	}
}

func TestUnusedDifferencesAreFound(t *testing.T) {
	t.Parallel()
	half := difference{Part: status, Statuses: []int{418, 419}, Keyword: "undeclared", Why: "tea"}
	idle := difference{Part: answerBody, Keyword: "type", Why: "nobody says this"}
	checker := smallChecker(t, half, idle)
	s := sample{Method: "POST", URL: "/api/things", Sent: `{"kind": "dot"}`, Status: 418, Said: `{}`}
	req, answer := s.exchange(t)
	if found := allFindings(checker, req, answer); len(found) > 0 {
		t.Errorf("got %v, want nothing", found)
	}
	if got, want := checker.unused(), []string{"419: tea", anything + ": nobody says this"}; !equal(got, want) {
		t.Errorf("unused: got %q, want %q", got, want)
	}
}

// fakeTB records what a test would have reported.
type fakeTB struct {
	testing.TB
	mu           sync.Mutex
	errors, logs []string
}

func (f *fakeTB) Helper() {}

func (f *fakeTB) Errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.errors = append(f.errors, fmt.Sprintf(format, args...))
}

func (f *fakeTB) Log(args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.logs = append(f.logs, fmt.Sprint(args...))
}

func (f *fakeTB) reported() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.errors)
}

// Fatalf ends no goroutine here: the tests that meet it look at what was said.
func (f *fakeTB) Fatalf(format string, args ...any) { f.Errorf("fatal: "+format, args...) }

// serve starts a server with the middleware over the small document.
func serve(t *testing.T, next http.HandlerFunc) (*fakeTB, *httptest.Server) {
	t.Helper()
	fake := &fakeTB{TB: t}
	server := httptest.NewServer(&middleware{t: fake, next: next, checker: smallChecker(t)})
	t.Cleanup(server.Close)
	return fake, server
}

func TestMiddlewareReportsWithoutValues(t *testing.T) {
	t.Parallel()
	const secret = "pul-marked-secret"
	var seen string
	fake, server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen = string(body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"token": "`+secret+`"}`)
	})
	sent := `{"kind": "box", "side": "` + secret + `"}`
	response, err := http.Post(server.URL+"/api/things?"+url.Values{"q": {secret}}.Encode(), "application/json", strings.NewReader(sent))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if said, _ := io.ReadAll(response.Body); string(said) != `{"token": "`+secret+`"}` || seen != sent {
		t.Errorf("the exchange was changed: handler saw %q, client saw %q", seen, said)
	}
	want := []string{
		"contract: POST /api/things: query at /q: the document does not give this parameter",
		"contract: POST /api/things: request body at /side: value must be an integer",
		"contract: POST /api/things: 200: answer body: value must be a string",
	}
	if !equal(fake.reported(), want) {
		t.Errorf("got\n%q\nwant\n%q", fake.reported(), want)
	}
	if strings.Contains(fmt.Sprint(fake.reported()), secret) {
		t.Errorf("a report quotes a value: %q", fake.reported())
	}
}

func TestMiddlewareReadsGzip(t *testing.T) {
	t.Parallel()
	fake, server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = io.WriteString(w, `"made"`)
	})
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, _ = io.WriteString(zip, `{"kind": "circle"}`)
	_ = zip.Close()
	req, _ := http.NewRequest(http.MethodPost, server.URL+"/api/things", &packed)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Content-Encoding", "gzip")
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if len(fake.reported()) != 1 || !strings.Contains(fake.reported()[0], "request body") {
		t.Errorf("got %q, want one finding in the request body", fake.reported())
	}
}

func TestMiddlewareLeavesFaultsAndOtherPathsAlone(t *testing.T) {
	t.Parallel()
	fake, server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/things/reset":
			connection, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			connection.Close()
		case "/api/things/abort":
			panic(http.ErrAbortHandler)
		case "/api/things/refused":
			w.WriteHeader(http.StatusBadRequest)
		case "/api/things/fault":
			w.Header().Set(FaultHeader, "1")
			w.WriteHeader(http.StatusTeapot)
		default:
			w.WriteHeader(http.StatusTeapot)
		}
	})
	for _, path := range []string{"/oidc/jwks", "/_sandbox/state", "/api/things/reset?count=1", "/api/things/abort?count=1", "/api/things/fault?count=1"} {
		if response, err := http.Get(server.URL + path); err == nil {
			response.Body.Close()
		}
	}
	if len(fake.reported()) > 0 {
		t.Errorf("got %q, want nothing", fake.reported())
	}
	// The request of a fault is checked all the same.
	if response, err := http.Get(server.URL + "/api/things/reset"); err == nil {
		response.Body.Close()
	}
	// (The transport repeats a GET whose connection was reset.)
	want := []string{"contract: GET /api/things/{name}: query at /count: the document requires this parameter"}
	if got := slices.Compact(fake.reported()); !equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMiddlewareWithoutADocument(t *testing.T) {
	t.Setenv(EnvVar, "")
	sayOnce = sync.Once{}
	next := http.NotFoundHandler()
	fake := &fakeTB{TB: t}
	for range 2 {
		if _, checked := Middleware(fake, next).(*middleware); checked {
			t.Error("got a checking handler, want the handler itself")
		}
	}
	if want := []string{skipped}; !equal(fake.logs, want) {
		t.Errorf("logs: got %q, want %q", fake.logs, want)
	}
}

func TestMiddlewareReadsTheDocumentOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "openapi.json")
	if err := os.WriteFile(file, []byte(smallDocument), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(EnvVar, file)
	first := Middleware(t, http.NotFoundHandler()).(*middleware)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	second := Middleware(t, http.NotFoundHandler()).(*middleware)
	if first.checker.doc != second.checker.doc {
		t.Error("the document was read twice")
	}
	t.Setenv(EnvVar, filepath.Join(t.TempDir(), "missing.json"))
	fake := &fakeTB{TB: t}
	Middleware(fake, http.NotFoundHandler())
	if len(fake.reported()) != 1 || !strings.Contains(fake.reported()[0], EnvVar) {
		t.Errorf("got %q, want one failure that names %s", fake.reported(), EnvVar)
	}
}

func BenchmarkCheck(b *testing.B) {
	doc, err := parseDocument([]byte(smallDocument))
	if err != nil {
		b.Fatal(err)
	}
	checker := newChecker(doc, differences)
	u, _ := url.Parse("/api/things")
	header := http.Header{"Content-Type": {"application/json"}}
	req := exchangeRequest{Method: http.MethodPost, URL: *u, Header: header, Body: []byte(`{"kind": "box", "side": 1, "inner": {"kind": "dot"}}`)}
	answer := exchangeAnswer{Status: 200, Header: header, Body: []byte(`"made"`)}
	b.ReportAllocs()
	for b.Loop() {
		allFindings(checker, req, answer)
	}
}

package server_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
)

var pathVariable = regexp.MustCompile(`\{[^}]+\}`)

// FuzzRequests sends any body, query and header to every route, whose variables are names that exist and one that is any text: no
// call panics or fails for a reason of the sandbox's own, and the state can be exported afterwards.
func FuzzRequests(f *testing.F) {
	s, err := server.New(server.Options{Organization: "acme", Seed: []byte(fullSeed)})
	if err != nil {
		f.Fatal(err)
	}
	state := call(s, "GET /_sandbox/state", "").Body.String()
	patterns := slices.Sorted(maps.Keys(s.Patterns()))
	for i, body := range []string{
		"", "{}", "null", "[]", `{"name":"x","project":"payments","description":"d"}`, `{"member":"bo","memberAction":"add"}`,
		`{"context":{"__type":"PermissionExpressionStack"},"id":"x","userId":"bo"}`, "values: {a: {fn::secret: b}}", "grant_type=x&audience=urn:pulumi:org:acme",
	} {
		for at := i; at < len(patterns); at += 9 {
			f.Add(at, "payments", body, "continuationToken=x&filter=all&type=backend", "application/json")
		}
	}
	names := map[string]string{"{orgName}": "acme", "{projectName}": "payments", "{stackName}": "dev", "{envName}": "dev", "{teamName}": "payments", "{userLogin}": "bo"}
	calls := 0
	f.Fuzz(func(t *testing.T, at int, name, body, query, contentType string) {
		if calls++; calls%50 == 0 { // what earlier calls have left must not grow
			call(s, "PUT /_sandbox/state", state)
		}
		pattern := patterns[(at%len(patterns)+len(patterns))%len(patterns)]
		method, path, _ := strings.Cut(pattern, " ")
		path = pathVariable.ReplaceAllStringFunc(path, func(variable string) string {
			if known, ok := names[variable]; ok {
				return known
			}
			return segment(name)
		})
		request := httptest.NewRequest(method, "http://127.0.0.1"+path, strings.NewReader(body))
		request.URL.RawQuery, request.RemoteAddr, request.Host = query, "127.0.0.1:1", "127.0.0.1"
		request.Header.Set("Authorization", "token "+s.AdminToken())
		request.Header.Set("Content-Type", contentType)
		answer := httptest.NewRecorder()
		s.Handler().ServeHTTP(answer, request)
		if answer.Code == http.StatusInternalServerError {
			t.Errorf("%s with %q answers %d: %s", pattern, body, answer.Code, answer.Body)
		}
		if exported := call(s, "GET /_sandbox/state", ""); exported.Code != http.StatusOK {
			t.Errorf("after %s with %q the state cannot be exported: %s", pattern, body, exported.Body)
		}
	})
}

// segment is a text as one part of a path.
func segment(name string) string {
	escaped := strings.NewReplacer("%", "%25", "/", "%2F", "?", "%3F", "#", "%23", " ", "%20").Replace(strings.ToValidUTF8(name, "x"))
	if escaped == "" || strings.ContainsFunc(escaped, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "x"
	}
	return escaped
}

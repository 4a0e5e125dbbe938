// Package servertest starts a sandbox Pulumi Cloud for a test and speaks to its control endpoints. Every exchange
// below /api/ is held against the OpenAPI document of Pulumi Cloud where PULUMI_CLOUD_OPENAPI names it.
package servertest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/contract"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
)

// Running is a sandbox that serves on loopback until its test ends.
type Running struct {
	URL    string // http://127.0.0.1:<port>
	Token  string // an administrator's
	Server *server.Server

	t testing.TB
}

// Start starts a sandbox; a wrong option or seed fails the test.
func Start(t testing.TB, o server.Options) *Running {
	t.Helper()
	return start(t, o, func(handler http.Handler) http.Handler { return contract.Middleware(t, handler) })
}

// StartNewer starts a sandbox whose exchanges are not held against the document: for what a service that is newer than
// the document might answer.
func StartNewer(t testing.TB, o server.Options) *Running {
	t.Helper()
	return start(t, o, func(handler http.Handler) http.Handler { return handler })
}

func start(t testing.TB, o server.Options, serve func(http.Handler) http.Handler) *Running {
	t.Helper()
	s, err := server.New(o)
	if err != nil {
		t.Fatalf("starting the sandbox: %v", err)
	}
	web := httptest.NewServer(serve(s.Handler()))
	t.Cleanup(web.Close)
	s.SetURL(web.URL)
	return &Running{URL: web.URL, Token: s.AdminToken(), Server: s, t: t}
}

// Request is one call in the request log.
type Request struct {
	Method string `json:"method"`
	Route  string `json:"route"` // as the OpenAPI document writes it, such as "GET /api/orgs/{orgName}/teams/{teamName}"
	Path   string `json:"path"`
	Status int    `json:"status"`
	Caller string `json:"caller"` // login
}

// Writes reports whether the call could change something.
func (r Request) Writes() bool { return Writes(r.Route) }

// Writes reports whether a call of the route, "METHOD /path", could change something.
func Writes(route string) bool {
	method, _, _ := strings.Cut(route, " ")
	return method != http.MethodGet && method != http.MethodHead && route != "POST /api/orgs/{orgName}/assignments/list"
}

// Log is the request log: calls to the control endpoints are not in it.
type Log struct {
	Total  int            `json:"total"`
	Routes map[string]int `json:"routes"` // calls by route
	List   []Request      `json:"list"`   // in order of arrival
}

// Requests reads the request log.
func (r *Running) Requests() Log {
	r.t.Helper()
	var l Log
	r.control(http.MethodGet, "requests?list=true", nil, &l)
	return l
}

// Reset empties the request log and takes away the faults that are left.
func (r *Running) Reset() {
	r.t.Helper()
	r.control(http.MethodDelete, "requests", nil, nil)
	r.control(http.MethodDelete, "faults", nil, nil)
}

// Fault makes calls of one route fail.
type Fault struct {
	Match   string            `json:"match"`             // a route, or "*"
	Times   int               `json:"times,omitempty"`   // default 1
	Status  int               `json:"status,omitempty"`  // answered in place of the handler
	Headers map[string]string `json:"headers,omitempty"` // of that answer
	Body    *string           `json:"body,omitempty"`    // of that answer; without Status, in place of the real one
	Reset   string            `json:"reset,omitempty"`   // "before" or "after" the call was carried out
	Delay   string            `json:"delay,omitempty"`   // a Go duration
}

// Fault scripts a fault.
func (r *Running) Fault(f Fault) {
	r.t.Helper()
	r.control(http.MethodPost, "faults", f, nil)
}

// State is the organization as stable JSON: equal bytes for equal objects.
func (r *Running) State() []byte {
	r.t.Helper()
	return r.control(http.MethodGet, "state", nil, nil)
}

// History is the state with times, revisions, counters, deleted objects and audit events.
func (r *Running) History() []byte {
	r.t.Helper()
	return r.control(http.MethodGet, "state?include=history", nil, nil)
}

// Restore replaces the state by one that State or History returned.
func (r *Running) Restore(state []byte) {
	r.t.Helper()
	r.control(http.MethodPut, "state", json.RawMessage(state), nil)
}

// Standing is a transport that sends every call to the sandbox, whichever service, organization and environment it is for: for tests in
// which nothing depends on these but that they exist.
func (r *Running) Standing(organization, environment string) http.RoundTripper {
	return standing{strings.TrimPrefix(r.URL, "http://"), r.Token, organization, environment}
}

type standing struct{ host, token, organization, environment string }

var (
	organizationInPath = regexp.MustCompile(`^(/api/(?:orgs|organizations|esc/environments|user/organizations|stacks|preview/insights)/)[^/]+`)
	environmentInPath  = regexp.MustCompile(`^(/api/esc/environments/[^/]+/)[^/]+/[^/]+`)
)

// RoundTrip implements [http.RoundTripper].
func (s standing) RoundTrip(request *http.Request) (*http.Response, error) {
	sent := request.Clone(request.Context())
	sent.URL.Scheme, sent.URL.Host, sent.Host = "http", s.host, s.host
	sent.Header.Set("Authorization", "token "+s.token)
	path := organizationInPath.ReplaceAllString(sent.URL.Path, "${1}"+s.organization)
	sent.URL.Path, sent.URL.RawPath = environmentInPath.ReplaceAllString(path, "${1}"+s.environment), ""
	return http.DefaultTransport.RoundTrip(sent)
}

// Identity is the principal whose token TokenFor makes: one of User, Team, Organization and Deployment.
type Identity struct {
	User         string      `json:"user,omitempty"`
	Team         string      `json:"team,omitempty"`
	Organization bool        `json:"organization,omitempty"`
	Role         string      `json:"role,omitempty"`  // id; with Organization
	Admin        bool        `json:"admin,omitempty"` // with Organization
	Deployment   *Deployment `json:"deployment,omitempty"`
}

// Deployment is one deployment of a stack.
type Deployment struct {
	Project   string `json:"project"`
	Stack     string `json:"stack"`
	Operation string `json:"operation,omitempty"` // default: update
	StartedBy string `json:"startedBy,omitempty"` // login; "" for a push or a schedule
}

// TokenFor makes an access token that is not part of the organization's state.
func (r *Running) TokenFor(i Identity) string {
	r.t.Helper()
	var answer struct {
		Token string `json:"token"`
	}
	r.control(http.MethodPost, "tokens", i, &answer)
	return answer.Token
}

// RegisterAWSRole puts a role into the sandbox AWS account. The policy is the trust policy's JSON text.
func (r *Running) RegisterAWSRole(arn, policy string) {
	r.t.Helper()
	r.control(http.MethodPost, "clouds/aws/roles", map[string]any{"arn": arn, "trustPolicy": json.RawMessage(policy)}, nil)
}

// CIToken is a token of a CI system that the sandbox hosts, with these claims.
func (r *Running) CIToken(issuer string, claims map[string]any) string {
	r.t.Helper()
	var answer struct {
		Token string `json:"token"`
	}
	r.control(http.MethodPost, "oidc/"+issuer+"/token", map[string]any{"claims": claims}, &answer)
	return answer.Token
}

// CIURL is the URL of such an issuer.
func (r *Running) CIURL(issuer string) string { return r.URL + "/_sandbox/oidc/" + issuer }

// Control makes one call of a control endpoint, whose path is below /_sandbox/, and decodes its answer unless into is nil.
func (r *Running) Control(method, path string, body, into any) {
	r.t.Helper()
	r.control(method, path, body, into)
}

func (r *Running) control(method, path string, body, into any) []byte {
	r.t.Helper()
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			r.t.Fatalf("%s /_sandbox/%s: %v", method, path, err)
		}
	}
	status, answer := r.send(method, "/_sandbox/"+path, "", &sent)
	if status >= http.StatusBadRequest {
		r.t.Fatalf("%s /_sandbox/%s: status %d: %s", method, path, status, answer)
	}
	if into != nil {
		if err := json.Unmarshal(answer, into); err != nil {
			r.t.Fatalf("%s /_sandbox/%s: %v", method, path, err)
		}
	}
	return answer
}

// Call makes one call to the service with a token, and answers status and body. A body that is nil is not sent; the
// path begins with /api/.
func (r *Running) Call(token, method, path string, body any) (int, []byte) {
	r.t.Helper()
	if body == nil {
		return r.send(method, path, token, nil)
	}
	data, err := json.Marshal(body)
	if err != nil {
		r.t.Fatalf("%s %s: %v", method, path, err)
	}
	return r.send(method, path, token, bytes.NewReader(data))
}

// Client makes the calls of tests. It has a transport of its own: the default one loses what is under way whenever a test
// server ends.
var Client = &http.Client{Transport: &http.Transport{}}

func (r *Running) send(method, path, token string, body io.Reader) (int, []byte) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.URL+path, body)
	if err != nil {
		r.t.Fatalf("%s %s: %v", method, path, err)
	}
	req.Header.Set("Accept", "application/vnd.pulumi+9")
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "token "+token)
	}
	resp, err := Client.Do(req)
	if err != nil {
		r.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatalf("%s %s: reading the answer: %v", method, path, err)
	}
	return resp.StatusCode, answer
}

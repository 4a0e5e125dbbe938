// Package contract compares the requests and answers between the client and the sandbox with the OpenAPI document that Pulumi
// Cloud publishes.
//
// It is a test helper: [Middleware] stands between an HTTP server and its clients, and reports each request and each
// answer that the document does not allow. The document is third-party data that this repository does not carry:
// its path comes from the environment variable PULUMI_CLOUD_OPENAPI, and `make openapi` downloads it.
//
// Checking is stricter than the document asks for: properties and query parameters that it does not declare are
// findings too, because a misspelt optional property is otherwise never noticed. The table in differences.go lists where
// the service is known to differ from its document, and why.
package contract

import (
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
)

// EnvVar names the environment variable that holds the path of the OpenAPI document.
const EnvVar = "PULUMI_CLOUD_OPENAPI"

// FaultHeader marks an answer that a test has scripted (a fault): such answers stand for proxies, overload and broken
// networks, so they are not held to the document. The requests are.
const FaultHeader = "X-Sandbox-Fault"

const skipped = "contract check skipped: set PULUMI_CLOUD_OPENAPI (make openapi)"

var sayOnce sync.Once

// Middleware returns next with every request and answer under /api/ checked against the OpenAPI document. Each finding
// is one t.Errorf that names the method, the path as the document writes it, and the JSON pointer of what is wrong; it
// never quotes a body, a header or a query value. Without a document it says so once per test binary and returns next.
func Middleware(t testing.TB, next http.Handler) http.Handler {
	t.Helper()
	path := os.Getenv(EnvVar)
	if path == "" {
		sayOnce.Do(func() { t.Log(skipped) })
		return next
	}
	doc, err := loaded(path)
	if err != nil {
		t.Fatalf("contract: %s: %v", EnvVar, err)
	}
	return &middleware{t: t, next: next, checker: newChecker(doc, differences)}
}

// The document is 2.2 MB, and a test binary starts many sandboxes: it is read once for each path.
var documents sync.Map // path -> func() (*document, error)

func loaded(path string) (*document, error) {
	load, _ := documents.LoadOrStore(path, sync.OnceValues(func() (*document, error) { return loadDocument(path) }))
	return load.(func() (*document, error))()
}

type middleware struct {
	t       testing.TB
	next    http.Handler
	checker *checker
}

func (m *middleware) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/api/") {
		m.next.ServeHTTP(w, r)
		return
	}
	body, err := bufferBody(r)
	if err != nil {
		// The client went away half-way: there is no answer to check.
		m.next.ServeHTTP(w, r)
		return
	}
	// The handler may rewrite the request that it is given, so its facts are taken first.
	exchange := m.checker.begin(exchangeRequest{Method: r.Method, URL: *r.URL, Header: r.Header.Clone(), Body: body})
	checkRequest := sync.OnceFunc(func() { m.report(exchange.requestFindings()) })
	// Once a connection is hijacked and reset, the test may end at any moment: what there is to say is said before.
	rec := &recorder{ResponseWriter: w, beforeHijack: checkRequest}
	defer func() { checkRequest() }() // also when a panic (a scripted reset) passes through: then there is no answer to check
	m.next.ServeHTTP(rec, r)
	switch answer := rec.answer(); {
	case rec.hijacked:
	case refused(answer.Status):
		checkRequest = func() {}
		m.report(exchange.answerFindings(answer))
	default:
		checkRequest()
		m.report(exchange.answerFindings(answer))
	}
}

func (m *middleware) report(findings []finding) {
	for _, f := range findings {
		m.t.Errorf("contract: %s", f)
	}
}

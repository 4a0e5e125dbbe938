package server_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
)

// A bug in a handler is a 500 in the service's form, and the next call is answered.
func TestAPanicDoesNotLockUpTheSandbox(t *testing.T) {
	t.Parallel()
	s, err := server.New(server.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"GET /api/panics/locked", "GET /api/panics/unlocked"} {
		s.AddPanic(pattern, pattern == "GET /api/panics/unlocked")
		for _, path := range []string{pattern[4:], pattern[4:], "/api/user"} {
			req := httptest.NewRequest(http.MethodGet, path, nil)
			req.Header.Set("Authorization", "token "+s.AdminToken())
			rec := httptest.NewRecorder()
			s.Handler().ServeHTTP(rec, req)
			if path == "/api/user" {
				if rec.Code != 200 {
					t.Errorf("after a panic: got %d", rec.Code)
				}
				continue
			}
			if rec.Code != 500 || !contains(rec.Body.Bytes(), `"code":500`) || rec.Header().Get("Content-Type") != "application/json" {
				t.Errorf("%s: got %d %s", path, rec.Code, rec.Body)
			}
		}
	}
}

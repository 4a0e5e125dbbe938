package rest

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

type greeting struct {
	Name string `json:"name"`
}

func greet(_ *Call, at string, in greeting) (map[string]string, error) {
	if in.Name == "" {
		return nil, Conflict("nobody to greet")
	}
	return map[string]string{"text": "hello " + in.Name + " at " + at}, nil
}

// Typed handlers find the object before they read the body, ignore fields they do not know, and answer 200 or a refusal.
func TestTypedHandler(t *testing.T) {
	t.Parallel()
	found := func(*Call) (string, error) { return "home", nil }
	denied := func(*Call) (string, error) { return "", Forbidden("no") }
	for name, c := range map[string]struct {
		find   func(*Call) (string, error)
		body   string
		status int
		says   string
	}{
		"a body":                   {found, `{"name": "ana"}`, http.StatusOK, "hello ana at home"},
		"unknown fields":           {found, `{"name": "ana", "x": 1}`, http.StatusOK, "hello ana at home"},
		"no body":                  {found, " ", http.StatusBadRequest, "the request has no body"},
		"no JSON":                  {found, "{", http.StatusBadRequest, "the body is not valid JSON"},
		"another type":             {found, `{"name": 1}`, http.StatusBadRequest, `field \"name\" cannot be a number`},
		"a refusal":                {found, `{}`, http.StatusConflict, "nobody to greet"},
		"no access and no body":    {denied, "", http.StatusForbidden, "no"},
		"no access and a body":     {denied, `{"name": "ana"}`, http.StatusForbidden, "no"},
		"no access and a bad body": {denied, "{", http.StatusForbidden, "no"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call := NewCall(httptest.NewRequest(http.MethodPost, "/", strings.NewReader(c.body)), nil)
			h := JSONOn(c.find, greet)
			if err := h.Serve(call); err != nil {
				call.Fail(err)
			}
			if call.Out.Status != c.status || !strings.Contains(string(call.Out.Body), c.says) {
				t.Errorf("got %d %s, want %d with %q", call.Out.Status, call.Out.Body, c.status, c.says)
			}
			if h.Name != "greet" {
				t.Errorf("got name %q, want greet", h.Name)
			}
		})
	}
}

// An error that is not a refusal is a 500, and takes back what the handler had answered.
func TestFailAnswersUnknownErrors(t *testing.T) {
	t.Parallel()
	call := NewCall(httptest.NewRequest(http.MethodGet, "/", nil), nil)
	call.Out.Header.Set("ETag", "x")
	call.Fail(errors.New("broken"))
	if call.Out.Status != http.StatusInternalServerError || call.Out.Header.Get("ETag") != "" {
		t.Errorf("got %d %v", call.Out.Status, call.Out.Header)
	}
}

// The leftmost literal wins, and what does not lead on is given back to the parameter.
func TestRouter(t *testing.T) {
	t.Parallel()
	r := NewRouter[string]()
	for _, pattern := range []string{"GET /a/{x}/b", "GET /a/open/{id}", "GET /{y}/c", "PUT /a/{x}/b"} {
		r.Add(pattern, &pattern)
	}
	for path, want := range map[string]string{
		"GET /a/1/b":      "GET /a/{x}/b x=1",
		"GET /a/open/b":   "GET /a/open/{id} id=b",
		"GET /a//open/b":  "GET /a/open/{id} id=b",
		"GET /a/c":        "GET /{y}/c y=a",
		"GET /a%2Fb/c":    "GET /{y}/c y=a/b",
		"PUT /a/open/b":   "PUT /a/{x}/b x=open",
		"GET /a/1":        "",
		"DELETE /a/1/b":   "",
		"GET /a/1/b/more": "",
	} {
		method, escaped, _ := strings.Cut(path, " ")
		got := ""
		if found, params := r.Find(method, escaped); found != nil {
			got = *found
			for name, value := range params {
				got += " " + name + "=" + value
			}
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	if all := r.Patterns(); len(all) != 4 || !slices.IsSorted(all) {
		t.Errorf("got patterns %v", all)
	}
}

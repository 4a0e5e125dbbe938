package server_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
)

// missing is one entry of the documentation's list of calls that the sandbox does not have.
type missing struct {
	method string // "" is every one
	path   string // parameters without their names; the rest is open after a "*" at the end
}

func (m missing) covers(method, path string) bool {
	start, open := strings.CutSuffix(m.path, "*")
	path = parameter.ReplaceAllString(path, "{}")
	return (m.method == "" || m.method == method) && (path == m.path || open && strings.HasPrefix(path, start))
}

var (
	quoted = regexp.MustCompile("`([^`]+)`")
	entity = regexp.MustCompile(`^/api/(stacks|esc/environments)/{}/{}/{}`)
)

// documentedAsMissing reads the list.
func documentedAsMissing(t *testing.T) []missing {
	t.Helper()
	page, err := os.ReadFile("../../docs/sandbox.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(page), "\n## What it does not have\n")
	if !found {
		t.Fatal("docs/sandbox.md has no list of what the sandbox does not have")
	}
	var all []missing
	for _, line := range strings.Split(section, "\n") {
		cells := strings.Split(line, " | ")
		base := ""
		for _, call := range quoted.FindAllStringSubmatch(cells[0], -1) {
			if !strings.HasPrefix(line, "| `") {
				continue
			}
			m := missing{path: parameter.ReplaceAllString(call[1], "{}")}
			if method, path, ok := strings.Cut(m.path, " "); ok {
				m.method, m.path = method, path
			}
			if named := entity.FindString(m.path); named != "" {
				base = named
			}
			m.path = strings.Replace(m.path, "...", base, 1)
			all = append(all, m)
		}
	}
	return all
}

func TestDocumentationListsWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	list := documentedAsMissing(t)
	if len(list) < 50 {
		t.Fatalf("read %d entries, want the whole list", len(list))
	}
	served := map[string]bool{}
	for pattern := range s.Server.Patterns() {
		method, path, _ := strings.Cut(pattern, " ")
		served[method+" "+parameter.ReplaceAllString(path, "{}")] = true
		for _, m := range list {
			if m.covers(method, path) {
				t.Errorf("the documentation lists %s %s as missing, and %s is there", m.method, m.path, pattern)
			}
		}
	}
	for _, m := range list {
		method := m.method
		if method == "" {
			method = "GET"
		}
		path := strings.NewReplacer("{}", "none", "*", "/none").Replace(m.path)
		status, raw := s.Call(s.Token, method, strings.ReplaceAll(path, "//", "/"), nil)
		if status != 501 {
			t.Errorf("%s %s: got %d, want 501: %s", method, path, status, raw)
		}
	}
	checkAgainstDocument(t, list, served)
}

// checkAgainstDocument holds the list against the service's own description, where there is one: it leaves nothing out, and has
// nothing that the service does not have.
func checkAgainstDocument(t *testing.T, list []missing, served map[string]bool) {
	t.Helper()
	data, err := os.ReadFile(os.Getenv("PULUMI_CLOUD_OPENAPI"))
	if err != nil {
		t.Log("not held against the service's document: set PULUMI_CLOUD_OPENAPI (make openapi)")
		return
	}
	var document struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(data, &document); err != nil {
		t.Fatal(err)
	}
	used := make([]bool, len(list))
	for path, methods := range document.Paths {
		for method := range methods {
			method = strings.ToUpper(method)
			if served[method+" "+parameter.ReplaceAllString(path, "{}")] {
				continue
			}
			listed := false
			for i, m := range list {
				if m.covers(method, path) {
					listed, used[i] = true, true
				}
			}
			if !listed {
				t.Errorf("%s %s is missing, and the documentation does not say so", method, path)
			}
		}
	}
	for i, m := range list {
		if !used[i] {
			t.Errorf("the service has no call %s %s", m.method, m.path)
		}
	}
}

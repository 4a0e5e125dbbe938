package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// acmeSeed is the scene of most tests: members may do nothing by default, so that every right is one a test gave.
const acmeSeed = `
organization: acme
settings: {membersCanCreateStacks: false, membersCanCreateTeams: false, membersCanCreateAccounts: false}
users:
  - {login: ana, role: admin}
  - {login: bo}
  - {login: cy}
  - {login: dee, role: billing-manager}
teams:
  - {name: payments, members: [bo], admins: [cy]}
  - {name: empty}
stacks:
  - {project: payments, stack: dev, tags: {environment: development}}
  - {project: payments, stack: prod, tags: {environment: production}}
  - {project: web, stack: dev}
environments:
  - {project: payments, environment: dev, definition: "values: {a: 1}", tags: {tier: dev}}
  - {project: payments, environment: prod, definition: "values: {a: 2}"}
accounts:
  - {account: aws-prod, environment: payments/prod}
`

// scene is a running sandbox with a clock of its own.
type scene struct {
	*servertest.Running
	t     *testing.T
	clock *clock
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func startScene(t *testing.T, seed string) scene {
	t.Helper()
	return startWith(t, server.Options{Seed: []byte(seed)})
}

func startWith(t *testing.T, o server.Options) scene {
	t.Helper()
	c := &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	o.Now = c.Now
	return scene{Running: servertest.Start(t, o), t: t, clock: c}
}

// startNewer starts a scene whose calls are not held against the service's document: for what is newer, or wrong on purpose.
func startNewer(t *testing.T, seed string) scene {
	t.Helper()
	c := &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	return scene{Running: servertest.StartNewer(t, server.Options{Seed: []byte(seed), Now: c.Now}), t: t, clock: c}
}

// as makes calls with the token of a user.
func (s scene) as(login string) actor {
	s.t.Helper()
	return actor{scene: s, token: s.TokenFor(servertest.Identity{User: login})}
}

func (s scene) admin() actor { return actor{scene: s, token: s.Token} }

func (s scene) identity(i servertest.Identity) actor {
	s.t.Helper()
	return actor{scene: s, token: s.TokenFor(i)}
}

type actor struct {
	scene
	token string
}

// answer is what a call gave, its body decoded.
type answer struct {
	t      *testing.T
	call   string
	status int
	body   map[string]any
	raw    []byte
}

// do makes a call such as "GET /teams": paths that do not begin with /api/ are below the organization.
func (a actor) do(call string, body any) answer {
	a.t.Helper()
	method, path, _ := strings.Cut(call, " ")
	if !strings.HasPrefix(path, "/api/") {
		path = "/api/orgs/acme" + path
	}
	status, raw := a.Call(a.token, method, path, body)
	got := answer{t: a.t, call: call, status: status, raw: raw}
	_ = json.Unmarshal(raw, &got.body) // lists, texts and nothing stay nil
	return got
}

// want checks the status, and that refusals say it in their body too.
func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: got %d, want %d: %s", a.call, a.status, status, a.raw)
	}
	if status >= http.StatusBadRequest && len(a.raw) > 0 {
		if code, _ := a.body["code"].(float64); int(code) != status || a.str("message") == "" {
			a.t.Fatalf("%s: a refusal needs code %d and a message: %s", a.call, status, a.raw)
		}
	}
	return a
}

// says checks that the answer holds a text.
func (a answer) says(text string) answer {
	a.t.Helper()
	if !strings.Contains(string(a.raw), text) {
		a.t.Fatalf("%s: %q is not in %s", a.call, text, a.raw)
	}
	return a
}

// at walks to a value by keys and indexes.
func (a answer) at(path ...any) any {
	a.t.Helper()
	var v any = a.body
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := v.(map[string]any)
			v = object[step]
		case int:
			list, _ := v.([]any)
			if step >= len(list) {
				return nil
			}
			v = list[step]
		}
	}
	return v
}

func (a answer) str(path ...any) string {
	s, _ := a.at(path...).(string)
	return s
}

func (a answer) list(path ...any) []any {
	l, _ := a.at(path...).([]any)
	return l
}

// names collects one field of every entry of a list.
func (a answer) names(list, field string) string {
	var all []string
	for i := range a.list(list) {
		all = append(all, a.str(list, i, field))
	}
	return strings.Join(all, ",")
}

func (a answer) equal(want string, got string) answer {
	a.t.Helper()
	if got != want {
		a.t.Fatalf("%s: got %q, want %q; answer: %s", a.call, got, want, a.raw)
	}
	return a
}

type obj = map[string]any

func allowOf(scopes ...string) obj {
	return obj{"__type": "PermissionDescriptorAllow", "permissions": scopes}
}

func groupOf(entries ...any) obj {
	if entries == nil {
		entries = []any{}
	}
	return obj{"__type": "PermissionDescriptorGroup", "entries": entries}
}

func composeOf(ids ...string) obj {
	return obj{"__type": "PermissionDescriptorCompose", "permissionDescriptors": ids}
}

// roleWith makes a role over a policy with the tree, and answers the role's id.
func (a actor) roleWith(name string, details obj) string {
	a.t.Helper()
	return a.do("POST /roles?createPolicyAndRole=true", obj{
		"name": name, "description": "", "resourceType": "global", "uxPurpose": "role", "details": details,
	}).want(http.StatusOK).str("id")
}

func contains(data []byte, text string) bool { return strings.Contains(string(data), text) }

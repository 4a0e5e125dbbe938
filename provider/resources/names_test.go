package resources_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources"
)

// oddNames are names with every character that an address, YAML, a template, a policy of a cloud or a terminal could misread, at the
// start, within and at the end, and names that mean something else.
func oddNames() []string {
	all := []string{
		"plain", ".", "..", "...", "null", "true", "~", "1e3", "<yaml>", "a/../b", "%2F", "%2e%2e", "${a}", "{{a}}", "*", "a*", "-", "a\r\nb", "scopes", "default",
		"tokens", "pulumi", "github", "a?b=c&d", "a#b", "a\\..\\b", strings.Repeat("x", 300), "a\u202eb", "a\u200bb", "\ufeffa", "ÿ", "漢字", "🙂", "A", "a%00b",
	}
	for _, r := range "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ \t\n\x00\x1b\x7f\u00a0é" {
		all = append(all, string(r)+"ab", "a"+string(r)+"b", "ab"+string(r))
	}
	return all
}

// named are resources that a name is given to, or that are about an object with that name, which exists first.
var named = map[string]struct {
	first  string // the kind of the object that must exist, "" for none
	inputs func(name string) map[string]any
	shown  string // the output that has the name
}{
	"Team": {"", func(n string) map[string]any { return map[string]any{"name": n, "members": []string{"bo"}} }, "name"},
	"Role": {"", func(n string) map[string]any {
		return map[string]any{"name": n, "access": map[string]any{"scopes": []string{"audit_logs:read"}}}
	}, "name"},
	"PermissionSet": {"", func(n string) map[string]any {
		return map[string]any{"name": n, "entityType": "stack", "scopes": []string{"stack:read"}}
	}, "name"},
	"MachineToken": {"", func(n string) map[string]any { return resourcetest.TokenInputs(map[string]any{"name": n}) }, "name"},
	"OidcIssuer": {"", func(n string) map[string]any {
		return map[string]any{"name": n, "url": "https://token.actions.githubusercontent.com"}
	}, "name"},
	"ApprovalGate": {"", func(n string) map[string]any {
		return map[string]any{"project": "payments", "environment": "prod", "name": n, "action": "open", "approvers": map[string]any{"users": []string{"bo"}}}
	}, "name"},
	"Environment": {"", func(n string) map[string]any {
		return map[string]any{"project": "odd", "name": n, "definition": "values: {}", "deletionProtected": false}
	}, "name"},
	"Environment in a project": {"", func(n string) map[string]any {
		return map[string]any{"project": n, "name": "odd", "definition": "values: {}", "deletionProtected": false}
	}, "project"},
	"Environment with a tag": {"", func(n string) map[string]any {
		return map[string]any{"project": "odd", "name": "tagged", "definition": "values: {}", "deletionProtected": false, "tags": map[string]any{"tag": n}}
	}, ""},
	"TeamMembers": {"Team", func(n string) map[string]any { return map[string]any{"team": n, "members": []string{"cy"}} }, "team"},
	"TeamAccess": {"Team", func(n string) map[string]any {
		return map[string]any{"team": n, "stacks": []any{resourcetest.OnStack("payments", "dev", "read")}}
	}, "team"},
	"EnvironmentOwner": {"Environment", func(n string) map[string]any {
		return map[string]any{"project": "odd", "environment": n, "owner": "bo"}
	}, "environment"},
	"EntityAccess": {"Environment", func(n string) map[string]any {
		return map[string]any{"environment": map[string]any{"project": "odd", "environment": n}, "users": []any{map[string]any{"user": "bo", "permission": "read"}}}
	}, ""},
}

// unnamed are resources about what has no name of its own, or whose objects cannot be made here under any name.
var unnamed = []string{"AccessInvariant", "DeploymentRole", "LoginTransition", "OrganizationSettings", "StackOwner"}

// Whatever a name is, it is refused before anything is written, or by the service; or the object has exactly that name: it is created,
// read back without a difference, imported by its id, and deleted.
func TestOddNamesAreRefusedOrKept(t *testing.T) {
	t.Parallel()
	covered := slices.Clone(unnamed)
	for kind := range named {
		kind, _, _ = strings.Cut(kind, " ")
		covered = append(covered, kind)
	}
	for _, resource := range resources.All(session.Source(nil)) {
		token, err := resource.GetToken()
		require.NoError(t, err)
		assert.Contains(t, covered, string(token.Name()), "a new resource: is it about something with a name?")
	}
	for _, title := range slices.Sorted(maps.Keys(named)) {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			of := named[title]
			kind, _, _ := strings.Cut(title, " ")
			w := resourcetest.NewAt(t, resourcetest.Granted, resourcetest.NewClock().Now)
			kept, refused := 0, 0
			for _, name := range oddNames() {
				what := fmt.Sprintf("%s %q", title, name)
				if of.first != "" {
					first := w.Resource(of.first)
					inputs := named[of.first].inputs(name)
					if len(first.Check(inputs).Failures) > 0 || first.Up(inputs) != nil {
						continue // there is no such object
					}
				}
				if keeps(t, w.Resource(kind), what, of.inputs(name), of.shown, name) {
					kept++
				} else {
					refused++
				}
				if of.first != "" {
					first := w.Resource(of.first)
					require.NoError(t, first.Adopt(firstID(of.first, name)), what)
					require.NoError(t, first.Destroy(), what)
				}
			}
			assert.Positive(t, kept)
			t.Logf("%d names were kept, and %d refused", kept, refused)
		})
	}
}

// keeps reports whether a name was kept, through the whole life of a resource.
func keeps(t *testing.T, e *resourcetest.Engine, what string, inputs map[string]any, shown, name string) bool {
	t.Helper()
	checked := e.Check(inputs)
	if len(checked.Failures) > 0 {
		for _, failure := range checked.Failures {
			assert.NotContains(t, failure.Reason, "\x1b", what)
		}
		return false
	}
	if err := e.Up(inputs); err != nil {
		assert.NotContains(t, err.Error(), "failed unexpectedly", what)
		assert.NotContains(t, err.Error(), "\x1b", what)
		if e.ID != "" {
			assert.NoError(t, e.Destroy(), what)
		}
		return false
	}
	state := resourcetest.Shown(e.State)
	if shown != "" {
		assert.Equal(t, name, e.State.Get(shown).AsString(), what)
	}
	e.Settled(inputs)
	assert.NoError(t, e.Refresh(), what)
	assert.Equal(t, state, resourcetest.Shown(e.State), "%s after a refresh", what)
	if !strings.HasPrefix(what, "MachineToken") { // its value cannot be imported
		other := e.Another()
		if assert.NoError(t, other.Adopt(e.ID), what) && shown != "" {
			assert.Equal(t, name, other.State.Get(shown).AsString(), "%s imported by %s", what, e.ID)
		}
	}
	id := e.ID
	assert.NoError(t, e.Destroy(), what)
	gone := e.Another()
	gone.ID, gone.Inputs = id, checked.Inputs
	if strings.HasPrefix(what, "Team ") || strings.HasPrefix(what, "Environment ") {
		assert.True(t, gone.Refresh() != nil || gone.ID == "", "%s is still there", what)
	}
	return true
}

func firstID(kind, name string) string {
	if kind == "Environment" {
		return "acme/odd/" + name
	}
	return "acme/" + name
}

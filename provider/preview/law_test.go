package preview_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/preview"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const seed = `
organization: acme
users: [{login: ana, role: admin}, {login: bo}, {login: cy}, {login: di}]
teams: [{name: oncall, members: [bo]}, {name: guests, members: [cy]}]
stacks: [{project: payments, stack: prod, owner: ana}]
environments:
  - {project: payments, environment: prod, definition: "values: {a: b}", owner: ana, tags: {tier: prod}}
  - {project: payments, environment: dev, definition: "values: {a: b}", owner: ana, tags: {tier: dev}}
`

type object = map[string]any

type world struct {
	*servertest.Running
	*enginetest.Engine
	t *testing.T
}

func start(t *testing.T) world {
	t.Helper()
	sandbox := servertest.Start(t, server.Options{Seed: []byte(seed)})
	return world{sandbox, enginetest.New(t, sandbox, servertest.NewWatcher(nil)), t}
}

// whole reads the organization anew.
func (w world) whole(t require.TestingT) graph.Organization {
	client, err := cloud.New(cloud.Config{URL: w.URL, Token: w.Token})
	require.NoError(t, err)
	read, blind, err := survey.Of(client, "acme").Whole(w.t.Context(), survey.Options{Catalogue: access.NewCatalogue(nil)})
	require.NoError(t, err)
	require.Empty(t, blind)
	return read
}

// generation is the number in the name of a token, which a preview does not know, and says so.
var generation = regexp.MustCompile(`token ci-\d+`)

func texts(before, after graph.Organization) []string {
	var all []string
	for _, d := range graph.Differences(graph.NewIndex(before), graph.NewIndex(after)) {
		all = append(all, generation.ReplaceAllString(d.Text(), "token ci"))
	}
	return all
}

func declared(kind, name string, inputs object) enginetest.Declared {
	return enginetest.Declared{Type: kind, Name: name, Inputs: inputs}
}

// aProgram draws resources that decide about access.
func aProgram(t *rapid.T, when string) []enginetest.Declared {
	var program []enginetest.Declared
	sometimes := func(what string) bool { return rapid.IntRange(0, 1).Draw(t, when+": "+what) == 0 }
	pick := func(what string, from ...string) string { return rapid.SampledFrom(from).Draw(t, when+": "+what) }
	people := func(what string) []string {
		return rapid.SliceOfDistinct(rapid.SampledFrom([]string{"bo", "cy", "di"}), rapid.ID).Draw(t, when+": "+what)
	}
	opens := func(what string) []any {
		return []any{object{"project": "payments", "environment": pick(what, "prod", "dev"), "permission": pick(what+" level", "read", "open", "write")}}
	}
	if sometimes("settings") {
		program = append(program, declared("OrganizationSettings", "x", object{"defaultEnvironmentPermission": pick("default", "none", "read", "open")}))
	}
	if sometimes("role") {
		rules := []any{object{"tags": object{"tier": pick("tag", "prod", "dev")}, "permission": pick("level", "read", "open")}}
		if sometimes("by name") {
			rules = []any{object{"project": "payments", "environment": pick("named", "prod", "dev"), "permission": "open"}}
		}
		program = append(program, declared("Role", "looks", object{"name": "lookers", "access": object{"environments": rules}}))
	}
	if sometimes("environment") {
		program = append(program, declared("Environment", "made", object{"project": "payments", "name": "made", "definition": "values: {}", "tags": object{"tier": pick("tier", "prod", "dev")}}))
	}
	if sometimes("team") {
		program = append(program, declared("Team", "robots", object{"name": "robots", "members": people("robots")}))
		if sometimes("robots' access") {
			program = append(program, declared("TeamAccess", "robots", object{"team": "robots", "environments": opens("robots open")}))
		}
	}
	if sometimes("scoped team") {
		program = append(program, declared("ScopedTeam", "scoped", object{"name": "scoped", "members": people("scoped"), "access": object{"environments": []any{
			object{"project": "payments", "environment": pick("scoped to", "prod", "dev"), "permission": pick("scoped level", "read", "open")},
		}}}))
	}
	if sometimes("gate") {
		program = append(program, declared("ApprovalGate", "prod", object{
			"project": "payments", "environment": "prod", "action": "open", "approvers": object{"users": []any{"ana", pick("approver", "bo", "cy")}},
			"enabled": rapid.Bool().Draw(t, when+": enabled"), "allowSelfApproval": rapid.Bool().Draw(t, when+": self"),
		}))
	}
	if sometimes("issuer") {
		program = append(program, declared("OidcIssuer", "ci", object{"name": "ci", "url": "https://token.actions.githubusercontent.com", "policies": []any{
			object{"decision": "allow", "tokenType": "team", "team": pick("policy's team", "oncall", "guests"), "claims": object{"sub": "repo:acme/app:ref:refs/heads/main", "repository_id": "1"}},
		}}))
	}
	if sometimes("token") {
		program = append(program, declared("MachineToken", "ci", object{"name": "ci", "expiresIn": "30d", "team": pick("token's team", "oncall", "guests")}))
	}
	for _, team := range []string{"oncall", "guests"} {
		if sometimes("members of " + team) {
			program = append(program, declared("TeamMembers", team, object{"team": team, "members": people("members of " + team)}))
		}
		if sometimes("access of " + team) {
			program = append(program, declared("TeamAccess", team, object{"team": team, "environments": opens(team + " open")}))
		}
	}
	return program
}

// resolved are what cannot be told, those aside that a reader resolves: the caller owns what it creates, and a role that an input depends on
// alone is that one.
func (w world) resolved(result *preview.Result) []graph.Blind {
	for i := range result.Organization.Environments {
		if t := &result.Organization.Environments[i]; t.IsPlanned() {
			t.Owner = "ana"
		}
	}
	return slices.DeleteFunc(result.Unknown, func(b graph.Blind) bool {
		return strings.HasPrefix(b.What, "the owner of environment ") || strings.HasPrefix(b.What, "whether roleIds of ") ||
			strings.HasPrefix(b.What, "the name of the new token")
	})
}

// After the update, the sandbox has the differences that were told from the preview. What could not be told was named.
func TestPreviewTellsWhatTheUpdateDoes(t *testing.T) {
	t.Parallel()
	w := start(t)
	begin, nothing := w.History(), w.Snapshot()
	told, named, kinds := 0, 0, map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		w.Running.Restore(begin)
		w.Engine.Restore(nothing)
		first, second := aProgram(rt, "before"), aProgram(rt, "after")
		w.Restart()
		require.NoError(rt, w.Up(first...))
		before := w.whole(rt)
		w.Restart()
		printed, err := w.PreviewJSON(second...)
		require.NoError(rt, err)
		parsed, err := preview.Parse(printed)
		require.NoError(rt, err)
		result := parsed.Apply(before, time.Now())
		w.Restart()
		require.NoError(rt, w.Up(second...))
		after := w.whole(rt)
		if left := w.resolved(&result); len(left) > 0 {
			named++
			for _, one := range left {
				kinds[one.What]++
			}
			return
		}
		told++
		assert.Equal(rt, texts(before, after), texts(before, result.Organization), "before: %v\nafter: %v\n%s", first, second, printed)
	})
	t.Logf("%d updates told, %d with something that cannot be told: %v", told, named, kinds)
	require.Positive(t, told)
}

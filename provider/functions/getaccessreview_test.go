package functions_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/integration"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/functions"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// reviewSeed has a team that uses what it has, one that does not, and one that uses less; cy may not open production.
const reviewSeed = `
organization: acme
settings: {membersCanCreateStacks: false, membersCanCreateTeams: false, membersCanCreateAccounts: false}
users: [{login: ana, role: admin}, {login: ada, role: admin}, {login: bo, role: member}, {login: cy, role: reader}, {login: di, role: member}]
teams:
  - {name: users, members: [bo]}
  - {name: idle, members: [di]}
  - {name: writers, members: [bo]}
environments:
  - {project: payments, environment: prod, definition: "values: {key: {fn::secret: hush}}", tags: {tier: production}}
  - {project: payments, environment: dev, definition: "values: {a: b}"}
  - {project: payments, environment: keys, definition: "values: {environmentVariables: {AWS_SECRET_ACCESS_KEY: {fn::secret: hush-hush}}}"}
stacks: [{project: payments, stack: prod}]
grants:
  - {team: users, project: payments, environment: prod, permission: open}
  - {team: idle, project: payments, environment: prod, permission: open}
  - {team: writers, project: payments, environment: dev, permission: admin}
  - {user: cy, project: payments, environment: prod, permission: read}
`

func reviewed(t *testing.T, seed string) (*servertest.Running, integration.Server, func(time.Duration)) {
	t.Helper()
	clock := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	sandbox := servertest.Start(t, server.Options{Organization: "acme", Seed: []byte(seed), PageSize: 3, Now: func() time.Time { return clock }})
	served := serveOn(t, sandbox, func() time.Time { return clock }, func(sessions session.Source) infer.InferredFunction {
		return infer.Function(&functions.GetAccessReview{Sessions: sessions})
	}, func(sessions session.Source) infer.InferredFunction {
		return infer.Function(&functions.GetEscalations{Sessions: sessions})
	})
	return sandbox, served, func(d time.Duration) { clock = clock.Add(d) }
}

// foundIn are findings as "severity rule principal entity", without administrators.
func foundIn(t *testing.T, served integration.Server, args map[string]any) (lines []string, answer property.Map) {
	t.Helper()
	response, err := invoke(served, "getAccessReview", args)
	require.NoError(t, err)
	require.Empty(t, response.Failures)
	for _, one := range response.Return.Get("findings").AsArray().All {
		f := one.AsMap()
		get := func(name string) string { return f.Get(name).AsString() }
		assert.NotEmpty(t, get("fix"))
		assert.NotEmpty(t, get("risk"))
		assert.Len(t, get("id"), 16)
		if get("rule") != "admin" {
			lines = append(lines, strings.Join([]string{get("severity"), get("rule"), get("principal"), get("entity")}, " "))
		}
	}
	return lines, response.Return
}

func open(sandbox *servertest.Running, login, environment string) int {
	token := sandbox.TokenFor(servertest.Identity{User: login})
	status, _ := sandbox.Call(token, http.MethodPost, "/api/esc/environments/acme/payments/"+environment+"/open?duration=1h", nil)
	return status
}

func TestGetAccessReview(t *testing.T) {
	t.Parallel()
	sandbox, served, pass := reviewed(t, reviewSeed)
	require.Equal(t, 200, open(sandbox, "bo", "prod"))
	require.Equal(t, 200, open(sandbox, "bo", "dev"))
	require.NotEqual(t, 200, open(sandbox, "cy", "prod"))
	pass(time.Hour)
	sandbox.Reset()
	lines, answer := foundIn(t, served, map[string]any{"since": "30d"})
	assert.Contains(t, lines, "medium unused-grant team:idle environment:payments/prod")
	assert.Contains(t, lines, "low oversized-grant team:writers environment:payments/dev")
	assert.Contains(t, lines, "medium refused-open user:cy environment:payments/prod")
	assert.Contains(t, lines, "high stored-credential  environment:payments/keys")
	assert.Contains(t, lines, "low never-opened  environment:payments/keys")
	assert.False(t, slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, "team:users environment:payments/prod") }), "%v", lines)
	assert.NotContains(t, fmt.Sprint(answer), "hush")
	for _, request := range sandbox.Requests().List {
		assert.False(t, request.Writes(), "%v", request)
	}

	lines, answer = foundIn(t, served, map[string]any{"since": "30d", "minSeverity": "high"})
	assert.Equal(t, []string{"high stored-credential  environment:payments/keys"}, lines)
	assert.InDelta(t, 1, answer.Get("summary").AsMap().Get("byRule").AsMap().Get("stored-credential").AsNumber(), 0)

	until := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	suppressed := map[string]any{"since": "90d", "minSeverity": "high", "suppressions": property.New(property.NewArray([]property.Value{
		object(map[string]any{"rule": "stored-credential", "entity": "payments/keys", "reason": "rotated weekly", "until": until.Format(time.RFC3339)}),
	}))}
	lines, answer = foundIn(t, served, suppressed)
	assert.Empty(t, lines)
	assert.InDelta(t, 1, answer.Get("summary").AsMap().Get("suppressed").AsNumber(), 0)
	pass(until.Sub(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)))
	lines, answer = foundIn(t, served, suppressed)
	assert.Equal(t, []string{"high stored-credential  environment:payments/keys"}, lines)
	ended := answer.Get("summary").AsMap().Get("ended").AsArray()
	require.Equal(t, 1, ended.Len())
	assert.InDelta(t, 1, ended.Get(0).AsMap().Get("findings").AsNumber(), 0)
}

// The command of a finding makes it go away.
func TestCommandsOfFindingsMendThem(t *testing.T) {
	t.Parallel()
	sandbox, served, pass := reviewed(t, reviewSeed)
	require.Equal(t, 200, open(sandbox, "bo", "prod"))
	pass(time.Minute)
	_, answer := foundIn(t, served, map[string]any{"minSeverity": "medium"})
	for _, one := range answer.Get("findings").AsArray().All {
		f := one.AsMap()
		if f.Get("rule").AsString() != "unused-grant" || !f.Get("command").IsString() {
			continue
		}
		words := strings.SplitN(f.Get("command").AsString(), " ", 7)
		require.Equal(t, []string{"pulumi", "api", "--method"}, words[:3])
		status, body := sandbox.Call(sandbox.Token, words[3], words[4], json.RawMessage(strings.Trim(words[6], "'")))
		require.Less(t, status, 300, string(body))
	}
	fresh, served, _ := reviewed(t, strings.Replace(reviewSeed, "  - {team: idle, project: payments, environment: prod, permission: open}\n", "", 1))
	require.Equal(t, 200, open(fresh, "bo", "prod"))
	lines, _ := foundIn(t, served, nil)
	assert.NotContains(t, lines, "medium unused-grant team:idle environment:payments/prod")
	status, _ := sandbox.Call(sandbox.TokenFor(servertest.Identity{User: "di"}), http.MethodPost, "/api/esc/environments/acme/payments/prod/open", nil)
	assert.NotEqual(t, 200, status, "the command took the grant away")
}

// Without the audit log the review says so, and calls nothing unused.
func TestGetAccessReviewWithoutTheLog(t *testing.T) {
	t.Parallel()
	sandbox, served, _ := reviewed(t, reviewSeed)
	sandbox.Fault(servertest.Fault{Match: "GET /api/orgs/{orgName}/auditlogs/v2", Status: 403, Times: 9})
	lines, answer := foundIn(t, served, nil)
	assert.Contains(t, lines, "info no-data team:idle environment:payments/prod")
	assert.False(t, slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, "unused") }), "%v", lines)
	assert.Contains(t, fmt.Sprint(answer.Get("blind")), "audit log")
}

func TestGetAccessReviewRefuses(t *testing.T) {
	t.Parallel()
	sandbox, served, _ := reviewed(t, reviewSeed)
	suppression := func(of map[string]any) map[string]any {
		return map[string]any{"suppressions": property.New(property.NewArray([]property.Value{object(of)}))}
	}
	for want, args := range map[string]map[string]any{
		`since: "yesterday" is neither a time`:                     {"since": "yesterday"},
		"is before since":                                          {"since": "1h", "until": "2h"},
		`suppressions[0].rule: "unused" is not a rule`:             suppression(map[string]any{"rule": "unused", "reason": "r", "until": "2027-01-01T00:00:00Z"}),
		"suppressions[0].reason: is empty":                         suppression(map[string]any{"rule": "admin", "reason": " ", "until": "2027-01-01T00:00:00Z"}),
		`suppressions[0].until: "tomorrow" is not a time in RFC 3`: suppression(map[string]any{"rule": "admin", "reason": "r", "until": "tomorrow"}),
	} {
		_, err := invoke(served, "getAccessReview", args)
		require.ErrorContains(t, err, want)
	}
	assert.Zero(t, sandbox.Requests().Total, "bad input fails before any call")
}

func TestRulesOfTheReviewAreDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/getaccessreview.md")
	require.NoError(t, err)
	for _, rule := range review.Rules() {
		if !slices.Contains(oidc.Rules(), rule.ID) {
			assert.Contains(t, string(page), "`"+rule.ID+"`")
		}
	}
}

package functions_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/integration"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/functions"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const auditSeed = `
organization: acme
settings: {defaultEnvironmentPermission: read}
users: [{login: ana, role: admin}, {login: bo, role: member}, {login: cy, role: member}]
environments:
  - {project: payments, environment: prod, definition: "values: {a: b}"}
  - {project: payments, environment: prod-eu, definition: "values: {a: b}"}
`

// history is a sandbox in which bo was refused twice and ana opened both environments, an hour apart each.
func history(t *testing.T) (*servertest.Running, integration.Server, time.Time) {
	t.Helper()
	start := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	clock := start
	sandbox := servertest.Start(t, server.Options{
		Organization: "acme", Seed: []byte(auditSeed), PageSize: 3, Now: func() time.Time { return clock },
	})
	bo := sandbox.TokenFor(servertest.Identity{User: "bo"})
	for _, act := range []struct{ token, environment string }{
		{bo, "prod"}, {sandbox.Token, "prod"}, {bo, "prod-eu"}, {sandbox.Token, "prod-eu"},
	} {
		sandbox.Call(act.token, http.MethodPost, "/api/esc/environments/acme/payments/"+act.environment+"/open?duration=1h", nil)
		clock = clock.Add(time.Hour)
	}
	served := serveOn(t, sandbox, func() time.Time { return clock }, func(sessions session.Source) infer.InferredFunction {
		return infer.Function(&functions.GetAuditEvents{Sessions: sessions})
	})
	sandbox.Reset()
	return sandbox, served, start
}

// serveOn serves functions that work on a sandbox, as its administrator.
func serveOn(
	t *testing.T, sandbox *servertest.Running, now func() time.Time, all ...func(session.Source) infer.InferredFunction,
) integration.Server {
	t.Helper()
	client, err := cloud.New(cloud.Config{URL: sandbox.URL, Token: sandbox.Token})
	require.NoError(t, err)
	current := &session.Session{Client: client, Organization: "acme", Catalogue: access.NewCatalogue(nil), Now: now}
	sessions := func(context.Context) (*session.Session, error) { return current, nil }
	inferred := make([]infer.InferredFunction, len(all))
	for i, function := range all {
		inferred[i] = function(sessions)
	}
	provider, err := infer.NewProviderBuilder().
		WithModuleMap(map[tokens.ModuleName]tokens.ModuleName{"functions": "index", "types": "index"}).
		WithFunctions(inferred...).Build()
	require.NoError(t, err)
	served, err := integration.NewServer(t.Context(), "leastprivilege", semver.MustParse("0.1.0"), integration.WithProvider(provider))
	require.NoError(t, err)
	return served
}

// asked are the events that an invocation answers, as "user event", and whether there are more.
func asked(t *testing.T, served integration.Server, args map[string]any) ([]string, bool) {
	t.Helper()
	answer, err := invoke(served, "getAuditEvents", args)
	require.NoError(t, err)
	require.Empty(t, answer.Failures)
	lines := []string{}
	for _, event := range answer.Return.Get("events").AsArray().All {
		e := event.AsMap()
		lines = append(lines, e.Get("user").AsString()+" "+e.Get("event").AsString())
	}
	return lines, answer.Return.Get("truncated").AsBool()
}

func TestGetAuditEvents(t *testing.T) {
	t.Parallel()
	_, served, start := history(t)
	for name, c := range map[string]struct {
		args      map[string]any
		want      []string
		truncated bool
	}{
		"opens, newest first": {
			map[string]any{"events": texts("environment-open", "environment-unauthorized-open")},
			[]string{"ana environment-open", "bo environment-unauthorized-open", "ana environment-open", "bo environment-unauthorized-open"}, false,
		},
		"one event":      {map[string]any{"events": texts("environment-open")}, []string{"ana environment-open", "ana environment-open"}, false},
		"of one user":    {map[string]any{"user": "bo"}, []string{"bo environment-unauthorized-open", "bo environment-unauthorized-open"}, false},
		"of one entity":  {map[string]any{"entity": "payments/prod", "user": "bo"}, []string{"bo environment-unauthorized-open"}, false},
		"of its project": {map[string]any{"entity": "acme/payments/prod-eu", "user": "bo"}, []string{}, false},
		"lately":         {map[string]any{"since": "90m"}, []string{"ana environment-open"}, false},
		"between times": {
			map[string]any{"since": start.Add(time.Hour).Format(time.RFC3339), "until": start.Add(90 * time.Minute).Format(time.RFC3339)},
			[]string{"ana environment-open"}, false,
		},
		"limited": {map[string]any{"user": "bo", "limit": property.New(1.0)}, []string{"bo environment-unauthorized-open"}, true},
		"exactly as many": {
			map[string]any{"user": "bo", "limit": property.New(2.0)},
			[]string{"bo environment-unauthorized-open", "bo environment-unauthorized-open"}, false,
		},
		"nobody": {map[string]any{"user": "cy"}, []string{}, false},
	} {
		lines, truncated := asked(t, served, c.args)
		assert.Equal(t, c.want, lines, name)
		assert.Equal(t, c.truncated, truncated, name)
	}
}

// Pages are read no further than the limit.
func TestGetAuditEventsReadsNoFurther(t *testing.T) {
	t.Parallel()
	sandbox, served, _ := history(t)
	asked(t, served, map[string]any{"limit": property.New(1.0)})
	assert.Equal(t, 1, sandbox.Requests().Total)
	sandbox.Reset()
	asked(t, served, nil)
	assert.Equal(t, 2, sandbox.Requests().Total, "four events on pages of three")
}

func TestGetAuditEventsRefuses(t *testing.T) {
	t.Parallel()
	sandbox, served, _ := history(t)
	for want, args := range map[string]map[string]any{
		"since: \"yesterday\" is neither a time": {"since": "yesterday"},
		"until: \"-1h\" is neither a time":       {"until": "-1h"},
		"is before since":                        {"since": "1h", "until": "2h"},
		"limit: 0 is not a number of events":     {"limit": property.New(0.0)},
	} {
		_, err := invoke(served, "getAuditEvents", args)
		assert.ErrorContains(t, err, want)
	}
	assert.Zero(t, sandbox.Requests().Total, "bad input fails before any call")
	_, err := invoke(served, "getAuditEvents", map[string]any{"user": "zed"})
	assert.ErrorContains(t, err, "user not found")
}

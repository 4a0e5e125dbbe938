package survey_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// everyRoute is an organization for which a survey makes every call that it ever makes.
const everyRoute = seed + `
agents: [{name: helper, role: openers}]
oidcIssuers:
  - {name: github, url: "https://token.actions.githubusercontent.com", policies: [{team: payments, claims: {sub: "repo:acme/app:*", aud: "urn:pulumi:org:acme"}}]}
`

// quick is a fixture whose calls are retried without waiting.
func quick(t *testing.T, sandbox *servertest.Running) fixture {
	t.Helper()
	client, err := cloud.New(cloud.Config{URL: sandbox.URL, Token: sandbox.Token, Retry: cloud.Retry{
		Max: 1, BaseDelay: time.Microsecond, MaxDelay: time.Microsecond, RetryAfter: time.Microsecond, Limited: time.Microsecond,
	}})
	require.NoError(t, err)
	return fixture{sandbox, t, client, survey.Of(client, "acme")}
}

const settingsRoute = "GET /api/orgs/{orgName}/metadata"

// absent are the routes on which a 404 says to an administrator that there is none, which hides nothing.
var absent = map[string]bool{
	"GET /api/orgs/{orgName}/teams/{teamName}":                                 true, // deleted since it was listed
	"GET /api/orgs/{orgName}/roles/{roleID}":                                   true,
	"GET /api/orgs/{orgName}/auth/policies/oidcissuers/{issuerId}":             true,
	"GET /api/stacks/{orgName}/{projectName}/{stackName}/deployments/settings": true,
}

func message(status int) *string {
	text := fmt.Sprintf(`{"code": %d, "message": "not today"}`, status)
	return &text
}

// Whatever one call of the survey answers, the rest is read; what the call hides is named, and asked for again if the service may give it
// the next time. Without the settings, or with a token that is refused, nothing can be read.
func TestEveryFailureIsNamed(t *testing.T) {
	t.Parallel()
	sandbox := servertest.Start(t, server.Options{Organization: "acme", Seed: []byte(everyRoute)})
	routes := slices.Sorted(maps.Keys(quick(t, sandbox).calls(func() { quick(t, sandbox).whole() }).Routes))
	require.Greater(t, len(routes), 20)
	whole, none := quick(t, sandbox).whole()
	require.Empty(t, none)
	for i, route := range routes {
		statuses := []int{400, 401, 402, 403, 404, 409, 500, 502, 503, 504}
		if i%10 == 0 {
			statuses = append(statuses, 429) // after which the client slows down
		}
		for _, status := range statuses {
			sandbox.Fault(servertest.Fault{Match: route, Times: 10_000, Status: status, Body: message(status)})
			f := quick(t, sandbox)
			o, blind, err := f.survey.Whole(t.Context(), survey.Options{Catalogue: access.NewCatalogue(nil)})
			sandbox.Control("DELETE", "faults", nil, nil)
			switch {
			case route == settingsRoute, status == http.StatusUnauthorized:
				assert.Error(t, err, "%s: %d", route, status)
				continue
			case err != nil:
				t.Errorf("%s: %d: %v", route, status, err)
				continue
			case status == http.StatusNotFound && absent[route]:
				continue
			}
			assert.NotEmpty(t, blind, "%s: %d", route, status)
			if status >= 500 || status == http.StatusTooManyRequests {
				again, blind := f.whole()
				assert.Empty(t, blind, "%s: %d is for a while", route, status)
				assert.Equal(t, whole, again, "%s: %d", route, status)
			}
			assert.Equal(t, "acme", o.Login)
		}
	}
}

// A call that is cancelled, or that nobody answers, is no blind spot: nothing more can be read.
func TestSurveyFailsWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	sandbox := servertest.Start(t, server.Options{Organization: "acme", Seed: []byte(everyRoute)})
	for route := range quick(t, sandbox).calls(func() { quick(t, sandbox).whole() }).Routes {
		ctx, cancel := context.WithCancel(t.Context())
		f := quick(t, sandbox)
		f.client.OnWrite(func(cloud.Write) {})
		sandbox.Fault(servertest.Fault{Match: route, Times: 10_000, Reset: "before"})
		_, _, err := f.survey.Whole(ctx, survey.Options{Catalogue: access.NewCatalogue(nil)})
		sandbox.Control("DELETE", "faults", nil, nil)
		assert.Error(t, err, route)
		cancel()
		_, _, err = f.survey.Whole(ctx, survey.Options{Catalogue: access.NewCatalogue(nil)})
		assert.ErrorIs(t, err, context.Canceled, route)
	}
}

// What a failure hides is at most uncertain: nobody who holds something is said not to, without a blind spot.
func TestQuestionsSurviveFailures(t *testing.T) {
	t.Parallel()
	sandbox := servertest.Start(t, server.Options{Organization: "acme", Seed: []byte(everyRoute)})
	ask := func(f fixture) (graph.Answer, []graph.Blind, error) {
		return f.survey.WhoCan(t.Context(), "environment:open", question(access.Environment, "payments/prod"))
	}
	routes := slices.Sorted(maps.Keys(quick(t, sandbox).calls(func() { _, _, _ = ask(quick(t, sandbox)) }).Routes))
	want, _, err := ask(quick(t, sandbox))
	require.NoError(t, err)
	for _, route := range routes {
		for _, status := range []int{403, 500, 503} {
			sandbox.Fault(servertest.Fault{Match: route, Times: 10_000, Status: status, Body: message(status)})
			got, blind, err := ask(quick(t, sandbox))
			sandbox.Control("DELETE", "faults", nil, nil)
			if err != nil {
				assert.Contains(t, []string{settingsRoute, "GET /api/esc/environments/{orgName}/{projectName}/{envName}/metadata"}, route, "%d: %v", status, err)
				continue
			}
			if names(got.Principals) != names(want.Principals) || names(got.Blocked) != names(want.Blocked) {
				assert.NotEmpty(t, blind, "%s: %d: %s", route, status, names(got.Principals))
			}
		}
	}
}

// A call that fails once hides the same before planned changes and after them: without changes, nobody gains or loses anything.
func TestFailuresAreNoDifferences(t *testing.T) {
	t.Parallel()
	sandbox := servertest.Start(t, server.Options{Organization: "acme", Seed: []byte(everyRoute)})
	hidden := 0 // where the failures were of one call, and not of the first try of two
	for _, route := range slices.Sorted(maps.Keys(quick(t, sandbox).calls(func() { quick(t, sandbox).whole() }).Routes)) {
		if route == settingsRoute {
			continue
		}
		sandbox.Fault(servertest.Fault{Match: route, Times: 2, Status: http.StatusServiceUnavailable, Body: message(http.StatusServiceUnavailable)})
		differences, blind, err := quick(t, sandbox).survey.Differences(t.Context(), nil, nil, survey.Options{Catalogue: access.NewCatalogue(nil)})
		sandbox.Control("DELETE", "faults", nil, nil)
		require.NoError(t, err, route)
		assert.Empty(t, differences, route)
		hidden += len(blind)
	}
	assert.Greater(t, hidden, 10)
}

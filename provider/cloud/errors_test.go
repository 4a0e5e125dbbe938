package cloud_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

func sentinels() map[string]error {
	return map[string]error{
		"unauthorized": cloud.ErrUnauthorized, "forbidden": cloud.ErrForbidden, "not found": cloud.ErrNotFound,
		"conflict": cloud.ErrConflict, "invalid": cloud.ErrInvalid, "limited": cloud.ErrLimited,
		"unknown outcome": cloud.ErrUnknownOutcome,
	}
}

func TestStatusDecidesTheKind(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status int
		kind   string // of sentinels; "" when none
		next   string // words of what to do next
		tries  int    // 1 when 0
	}{
		{status: 400, kind: "invalid", next: "Correct what the service names"},
		{status: 401, kind: "unauthorized", next: "PULUMI_ACCESS_TOKEN"},
		{status: 402, next: "edition"},
		{status: 403, kind: "forbidden", next: "organization administrator"},
		{status: 404, kind: "not found", next: "may not see"},
		{status: 405, next: "support"},
		{status: 409, kind: "conflict", next: "pulumi refresh"},
		{status: 413, next: "support"},
		{status: 429, kind: "limited", next: "in a while"}, // the budget in time is in TestCallsThatAreRefusedForLongFail,
		{status: 500, kind: "unknown outcome", next: "support"},
		{status: 501, next: "support"},
		{status: 502, kind: "unknown outcome", next: "nothing is made twice", tries: 5},
		{status: 503, kind: "unknown outcome", next: "nothing is made twice", tries: 5},
		{status: 504, kind: "unknown outcome", next: "nothing is made twice", tries: 5},
	}
	for _, test := range tests {
		t.Run(http.StatusText(test.status), func(t *testing.T) {
			t.Parallel()
			failing := exchange{
				call: "GET /api/orgs/acme/teams/payments", status: test.status,
				answer: refusal(test.status, "Words of the service: team 'payments'"),
				header: map[string]string{"X-Pulumi-Request-ID": "req-42"},
			}
			var exchanges []exchange
			for range max(test.tries, 1) {
				exchanges = append(exchanges, failing)
			}
			_, err := scripted(t, exchanges...).Team(t.Context(), "acme", "payments")

			for kind, sentinel := range sentinels() {
				assert.Equal(t, kind == test.kind, errors.Is(err, sentinel), kind)
			}
			assert.Equal(t, test.status == 404, cloud.IsNotFound(err))
			for _, part := range []string{
				`team "payments"`, "GET /api/orgs/acme/teams/payments", http.StatusText(test.status),
				"Words of the service: team 'payments'", "(request req-42)", test.next,
			} {
				assert.ErrorContains(t, err, part)
			}
			failure := asError(t, err)
			assert.Equal(t, test.status, failure.Status)
			assert.Equal(t, "req-42", failure.RequestID)
		})
	}
}

func TestErrorBodies(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 5000)
	tests := []struct {
		name     string
		status   int
		header   map[string]string
		answer   string
		contains []string
		lacks    []string
	}{
		{
			name: "HTML", status: 404, answer: "<html>\n  <h1>404   Not Found</h1>\n</html>",
			contains: []string{"answered 404 Not Found: <html> <h1>404 Not Found</h1> </html>"},
		},
		{name: "plain text", status: 405, answer: "method not allowed\n", contains: []string{": method not allowed\n"}},
		{name: "nothing", status: 500, contains: []string{"answered 500 Internal Server Error\n"}},
		{name: "other JSON", status: 400, answer: `{"error":"no"}`, contains: []string{`: {"error":"no"}`}},
		{name: "JSON of another type", status: 400, answer: `["no"]`, contains: []string{`: ["no"]`}},
		{name: "message of another type", status: 400, answer: `{"message":7}`, contains: []string{`{"message":7}`}},
		{name: "long text", status: 404, answer: long, contains: []string{strings.Repeat("ä", 300) + "...\n"}, lacks: []string{strings.Repeat("ä", 301)}},
		{name: "long message", status: 404, answer: refusal(404, long), contains: []string{strings.Repeat("ä", 2000) + "...\n"}},
		{
			name: "control characters", status: 404, answer: refusal(404, "red \x1b[31mteam\x00 and\u202e more"),
			contains: []string{"red [31mteam and more"}, lacks: []string{"\x1b", "\x00", "\u202e"},
		},
		{
			name: "an echo of the request", status: 400, answer: "bad header Authorization: token " + secretToken,
			contains: []string{"Authorization: token [access token]"},
		},
		{
			name: "an echo in the message", status: 400, answer: refusal(400, "what is "+secretToken+"?"),
			contains: []string{"what is [access token]?"},
		},
		{
			name: "field errors", status: 400,
			answer: `{"code":400,"message":"Bad Request: validation error","errors":[
				{"resource":"stack","attribute":"name","errorType":"invalid","customMessage":"too long"},
				{"resource":"team","errorType":"required"}]}`,
			contains: []string{"Bad Request: validation error\n  stack name invalid too long\n  team required\n"},
		},
		{
			name: "diagnostics", status: 400,
			answer: `{"code":400,"message":"Bad Request: invalid","diagnostics":[
				{"range":{"environment":"payments/prod","begin":{"line":3,"column":5}},"summary":"unknown provider","detail":"did you mean aws-login?"},
				{"path":"values.aws","summary":"not an object"}]}`,
			contains: []string{"\n  payments/prod:3:5: unknown provider: did you mean aws-login?\n  values.aws: not an object\n"},
		},
		{
			name: "many diagnostics", status: 400,
			answer: `{"code":400,"message":"no","diagnostics":[` +
				strings.TrimSuffix(strings.Repeat(`{"path":"p","summary":"s"},`, 25), ",") + `]}`,
			contains: []string{"\n  ... and 5 more\n"},
		},
		{
			name: "redirect", status: 301, header: map[string]string{"Location": "https://other.example/api"},
			contains: []string{"answered 301 Moved Permanently: it redirects to https://other.example/api", "Set apiUrl"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			client := scripted(t, exchange{
				call: "GET /api/user", status: test.status, header: test.header, answer: test.answer,
			})
			_, err := client.CurrentUser(t.Context())
			for _, part := range test.contains {
				assert.ErrorContains(t, err, part)
			}
			for _, part := range append(test.lacks, secretToken) {
				assert.NotContains(t, err.Error(), part)
			}
			assert.True(t, utf8.ValidString(err.Error()))
		})
	}
}

func TestRedirectIsNotASuccess(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		client := scripted(t, exchange{
			call: "DELETE /api/orgs/acme/teams/payments", status: status,
			header: map[string]string{"Location": "/api/user"},
		})
		err := client.DeleteTeam(t.Context(), "acme", "payments")
		require.Error(t, err, "following it would turn the DELETE into a GET that succeeds")
		assert.Equal(t, status, asError(t, err).Status)
	}
}

func TestUnreadableAnswer(t *testing.T) {
	t.Parallel()
	client := scripted(t, exchange{
		call: "GET /api/user", answer: "<html>Sign in</html>", header: map[string]string{"X-Pulumi-Request-ID": "req-7"},
	})
	_, err := client.CurrentUser(t.Context())
	require.ErrorContains(t, err, "the caller: GET /api/user answered 200 OK: the answer is not Pulumi Cloud's")
	assert.ErrorContains(t, err, "req-7")
	require.ErrorIs(t, err, cloud.ErrUnknownOutcome)
	assert.NotErrorIs(t, err, cloud.ErrNotFound)
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	client := clientOf(t, "http://127.0.0.1:1")
	_, err := client.Team(t.Context(), "acme", "payments")
	require.ErrorIs(t, err, cloud.ErrUnknownOutcome)
	assert.ErrorContains(t, err, `team "payments": GET /api/orgs/acme/teams/payments got no answer: dial tcp 127.0.0.1:1`)
	assert.ErrorContains(t, err, "apiUrl")
	assert.NotContains(t, err.Error(), secretToken)
}

func TestCancelledBeforeTheCall(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("interrupted by the user")
	cancel(reason)
	client := scripted(t)
	err := client.DeleteTeam(ctx, "acme", "payments")
	require.ErrorIs(t, err, reason)
	assert.ErrorContains(t, err, `team "payments": DELETE /api/orgs/acme/teams/payments was cancelled`)
	assert.NotErrorIs(t, err, cloud.ErrUnknownOutcome)
}

func TestNoToken(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"", " \n"} {
		client := newClient(t, cloud.Config{URL: "http://127.0.0.1:1", Token: token})
		_, err := client.CurrentUser(t.Context())
		require.ErrorIs(t, err, cloud.ErrNoToken)
		for _, way := range []string{"PULUMI_ACCESS_TOKEN", "leastprivilege:accessToken", "pulumi login"} {
			assert.ErrorContains(t, err, way)
		}
	}
}

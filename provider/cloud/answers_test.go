package cloud_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

// everyCall calls every method of the client that makes calls, by reflection, so that none can be left out.
func everyCall(t testing.TB, visit func(name string, call func(context.Context, *cloud.Client) error)) {
	t.Helper()
	methods := reflect.TypeFor[*cloud.Client]()
	calls := 0
	for i := range methods.NumMethod() {
		method := methods.Method(i)
		if method.Type.NumIn() < 2 || method.Type.In(1) != reflect.TypeFor[context.Context]() {
			continue
		}
		calls++
		visit(method.Name, func(ctx context.Context, client *cloud.Client) error {
			arguments := []reflect.Value{reflect.ValueOf(client), reflect.ValueOf(ctx)}
			for n := 2; n < method.Type.NumIn(); n++ {
				arguments = append(arguments, sample(method.Type.In(n)))
			}
			return failure(method.Func.Call(arguments))
		})
	}
	require.Greater(t, calls, 60, "the methods were not found")
}

// sample is an argument that a call takes. A function says yes: it is what believes the most.
func sample(t reflect.Type) reflect.Value {
	switch t.Kind() {
	case reflect.String:
		return reflect.ValueOf("x").Convert(t)
	case reflect.Func:
		return reflect.MakeFunc(t, func([]reflect.Value) []reflect.Value {
			results := make([]reflect.Value, t.NumOut())
			for i := range results {
				results[i] = reflect.Zero(t.Out(i))
				if t.Out(i).Kind() == reflect.Bool {
					results[i] = reflect.ValueOf(true)
				}
			}
			return results
		})
	}
	return reflect.Zero(t)
}

// failure is the error among results. A list is read to its end.
func failure(results []reflect.Value) error {
	last := results[len(results)-1]
	if last.Kind() == reflect.Func {
		for _, err := range last.Seq2() {
			if !err.IsNil() {
				return err.Interface().(error) //nolint:forcetypeassert // the second value of every list
			}
		}
		return nil
	}
	err, _ := last.Interface().(error)
	return err
}

func answering(t *testing.T, status int, contentType, body string) (client *cloud.Client, seen func() []string) {
	t.Helper()
	var paths []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.Method+" "+r.URL.EscapedPath())
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return clientOf(t, server.URL), func() []string { return paths }
}

// A success that is not in the service's form is believed by no call, and the error names the call.
func TestNoCallBelievesAForeignSuccess(t *testing.T) {
	t.Parallel()
	pages := []struct{ name, contentType, body string }{
		{"an empty object", "application/json", "{}"},
		{"null", "application/json", "null"},
		{"an empty list", "application/json", "[]"},
		{"a list with an empty object", "application/json", "[{}]"},
		{"a text", "application/json", `"ok"`},
		{"nothing", "text/plain", ""},
		{"HTML", "text/html; charset=utf-8", "<html><body>Log in</body></html>"},
		{"truncated JSON", "application/json", `{"id":"x","name":"x","roles":[{"id":"x"`},
		{"a message", "application/json", `{"code":200,"message":"ok"}`},
		{"two documents", "application/json", `{"id":"x"} {"id":"x"}`},
	}
	everyCall(t, func(name string, call func(context.Context, *cloud.Client) error) {
		for _, page := range pages {
			for _, status := range []int{200, 201, 202} {
				t.Run(fmt.Sprintf("%s/%s/%d", name, page.name, status), func(t *testing.T) {
					t.Parallel()
					client, seen := answering(t, status, page.contentType, page.body)
					err := call(t.Context(), client)
					require.Error(t, err)
					require.ErrorIs(t, err, cloud.ErrUnknownOutcome)
					require.NotErrorIs(t, err, cloud.ErrNotFound)
					named := slices.ContainsFunc(seen(), func(c string) bool { return strings.Contains(err.Error(), c) })
					assert.True(t, named, "%v names none of %v", err, seen())
				})
			}
		}
	})
}

// A 404 of a proxy is not evidence that anything was deleted: it is neither "not found" nor a success of a delete.
func TestNoCallBelievesAForeignNotFound(t *testing.T) {
	t.Parallel()
	everyCall(t, func(name string, call func(context.Context, *cloud.Client) error) {
		for page, body := range map[string]string{
			"HTML": "<html>404</html>", "nothing": "", "no code": `{"message":"no Route matched with those values"}`,
			"another code": `{"code":5,"message":"not found"}`, "no message": `{"code":404}`, "an empty message": `{"code":404,"message":""}`,
			"a list": `[]`, "a text for a code": `{"code":"404","message":"no"}`,
		} {
			t.Run(name+"/"+page, func(t *testing.T) {
				t.Parallel()
				client, _ := answering(t, 404, "text/html", body)
				err := call(t.Context(), client)
				require.ErrorIs(t, err, cloud.ErrUnknownOutcome)
				require.NotErrorIs(t, err, cloud.ErrNotFound)
			})
		}
	})
}

func TestServiceNotFoundIsBelieved(t *testing.T) {
	t.Parallel()
	client, _ := answering(t, 404, "application/json", refusal(404, "Not Found"))
	_, err := client.Team(t.Context(), "acme", "payments")
	require.True(t, cloud.IsNotFound(err))
	require.NotErrorIs(t, err, cloud.ErrUnknownOutcome)
	require.NoError(t, client.DeleteTeam(t.Context(), "acme", "payments"))
}

func TestIDsThatChangeThePathAreRefused(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", "a/b", "..", ".", "a.b", `a\b`, "%2e%2e", "a?b", "a#b", "a b", "a\nb", strings.Repeat("a", 300)} {
		answer := fmt.Sprintf(`{"roles":[{"id":%q,"name":"deployer"}]}`, id)
		_, err := scripted(t, exchange{call: "GET /api/orgs/acme/roles?uxPurpose=role", answer: answer}).
			Roles(t.Context(), "acme", cloud.PurposeRole)
		require.ErrorIs(t, err, cloud.ErrUnknownOutcome, id)
		require.ErrorContains(t, err, "roles[0].id", id)
	}
}

// An answer about another object is not the answer to the call.
func TestAnswersAboutAnotherObject(t *testing.T) {
	t.Parallel()
	another := map[string]func(context.Context, *cloud.Client) error{
		"PATCH /api/orgs/acme/roles/r": func(ctx context.Context, c *cloud.Client) error {
			_, err := c.UpdateRole(ctx, "acme", "r", cloud.RoleChange{})
			return err
		},
		"GET /api/orgs/acme/roles/r": func(ctx context.Context, c *cloud.Client) error { _, err := c.Role(ctx, "acme", "r"); return err },
		"PATCH /api/orgs/acme/oidc/issuers/r": func(ctx context.Context, c *cloud.Client) error {
			_, err := c.UpdateOIDCIssuer(ctx, "acme", "r", cloud.OIDCIssuerInput{})
			return err
		},
		"PATCH /api/orgs/acme/auth/policies/r": func(ctx context.Context, c *cloud.Client) error {
			_, err := c.ReplaceAuthPolicy(ctx, "acme", "r", nil)
			return err
		},
		"POST /api/esc/environments/acme/payments/prod/tags": func(ctx context.Context, c *cloud.Client) error {
			return c.CreateEnvironmentTag(ctx, "acme", "payments", "prod", "tier", "1")
		},
		"PATCH /api/esc/environments/acme/payments/prod/tags/tier": func(ctx context.Context, c *cloud.Client) error {
			return c.UpdateEnvironmentTag(ctx, "acme", "payments", "prod", "tier", "0", "1")
		},
		"POST /api/stacks/acme/payments/prod/deployments/settings": func(ctx context.Context, c *cloud.Client) error {
			role := "r"
			_, err := c.MergeDeploymentSettings(ctx, "acme", "payments", "prod", &role, nil)
			return err
		},
	}
	const body = `{"id":"s","name":"tier","details":{},"value":"2","url":"https://ci.example","policies":[],"version":3,"operationContext":{"role":{"id":"s"}}}`
	for call, make := range another {
		err := make(t.Context(), scripted(t, exchange{call: call, answer: body}))
		require.ErrorIs(t, err, cloud.ErrUnknownOutcome, call)
		require.ErrorContains(t, err, "it is about", call)
	}
}

func TestAddMemberConflict(t *testing.T) {
	t.Parallel()
	conflict := exchange{call: "PATCH /api/orgs/acme/teams/payments", status: 409, answer: refusal(409, "Conflict: the team is being synchronized")}
	read := func(status int, body string) exchange { return exchange{call: teamRead, status: status, answer: body} }
	tests := []struct {
		name string
		read exchange
		done bool
	}{
		{"is a member", read(0, `{"name":"payments","members":[{"githubLogin":"Bo","role":"member"}]}`), true},
		{"is none", read(0, `{"name":"payments","members":[{"githubLogin":"ana","role":"admin"}]}`), false},
		{"cannot be read", read(403, refusal(403, "no")), false},
	}
	for _, test := range tests {
		err := scripted(t, conflict, test.read).ChangeTeamMember(t.Context(), "acme", "payments", "bo", cloud.AddMember)
		if test.done {
			require.NoError(t, err, test.name)
			continue
		}
		require.ErrorIs(t, err, cloud.ErrConflict, test.name)
	}
}

// Silent successes count when reading back shows them.
func TestSilentSuccessesAreReadBack(t *testing.T) {
	t.Parallel()
	const env, setting = "/api/esc/environments/acme/payments/prod", "/api/esc/environments/acme/payments/prod/settings"
	gone := exchange{call: "GET " + env, status: 404, answer: refusal(404, "Not Found")}
	there := exchange{call: "GET " + env, header: map[string]string{"Pulumi-ESC-Revision": "1"}}
	remove := func(ctx context.Context, c *cloud.Client) error {
		return c.DeleteEnvironment(ctx, "acme", "payments", "prod")
	}
	protect := func(ctx context.Context, c *cloud.Client) error {
		return c.SetDeletionProtected(ctx, "acme", "payments", "prod", true)
	}
	tests := []struct {
		name      string
		do        func(context.Context, *cloud.Client) error
		exchanges []exchange
		ok        bool
	}{
		{"deleted", remove, []exchange{{call: "DELETE " + env}, gone}, true},
		{"not deleted", remove, []exchange{{call: "DELETE " + env}, there}, false},
		{"gone before", remove, []exchange{{call: "DELETE " + env, status: 404, answer: refusal(404, "Not Found")}}, true},
		{"protected", protect, []exchange{{call: "PATCH " + setting}, {call: "GET " + setting, answer: `{"deletionProtected":true}`}}, true},
		{"not protected", protect, []exchange{{call: "PATCH " + setting, answer: `{}`}, {call: "GET " + setting, answer: `{"deletionProtected":false}`}}, false},
		{"said to be protected", protect, []exchange{{call: "PATCH " + setting, answer: `{"deletionProtected":true}`}}, true},
	}
	for _, test := range tests {
		err := test.do(t.Context(), scripted(t, test.exchanges...))
		if test.ok {
			require.NoError(t, err, test.name)
			continue
		}
		require.ErrorIs(t, err, cloud.ErrUnknownOutcome, test.name)
	}
}

// A list of accounts may leave out an empty list: then it is the request id that shows whose answer it is.
func TestNoAccounts(t *testing.T) {
	t.Parallel()
	list := exchange{call: "GET /api/preview/insights/acme/accounts", answer: "{}", header: map[string]string{"X-Pulumi-Request-ID": "r-1"}}
	found, err := names(scripted(t, list).Accounts(t.Context(), "acme"), func(a cloud.Account) string { return a.Name })
	require.NoError(t, err)
	assert.Empty(t, found)
}

func TestErrorsDoNotRepeatSecrets(t *testing.T) {
	t.Parallel()
	const pem = "-----BEGIN KEY-----\nMIIEowIBAAKCAQEAtQ\nx9Zk3Jr7Lq0aaaabbbb\n-----END KEY-----"
	definition := "values:\n  region: eu-west-1\n  password:\n    fn::secret: hunter2-and-more\n  pin:\n    fn::secret: 4711\n" +
		"  keys:\n    fn::secret:\n      - {key: \"s3cr3t-in-a-list\"}\n  sealed:\n    fn::secret: {ciphertext: AAABBBCCC}\n  pem:\n    fn::secret: |\n      " +
		strings.ReplaceAll(pem, "\n", "\n      ") + "\n"
	answers := map[string]string{
		"the definition": refusal(400, "Bad Request: "+definition),
		"one line":       refusal(400, `line 4: "hunter2-and-more" and 4711 at values.pin`),
		"a part":         refusal(400, "unexpected `ter2-and-mo...` near MIIEowIBAAKC, key s3cr3t-in-a"),
		"findings":       `{"code":400,"message":"no","diagnostics":[{"summary":"bad hunter2-and-more","detail":"x9Zk3Jr7Lq0aaaabbbb","path":"values.hunter2-and-more"}],"errors":[{"customMessage":"hunter2-and-more"}]}`,
		"a proxy's page": "<pre>" + definition + "</pre>",
		"quoted":         refusal(400, fmt.Sprintf("bad %q", definition)),
		"no definition":  refusal(400, "Bad Request: no provider"),
	}
	for name, body := range answers {
		for _, status := range []int{400, 409, 404, 500} {
			client, _ := answering(t, status, "application/json", strings.Replace(body, `"code":400`, fmt.Sprintf(`"code":%d`, status), 1))
			err := client.UpdateEnvironment(t.Context(), "acme", "p", "e", definition, "etag")
			require.Error(t, err)
			for _, secret := range []string{"hunter2", "ter2-and", "4711", "s3cr3t", "MIIEow", "x9Zk3J"} {
				assert.NotContains(t, err.Error(), secret, name)
			}
		}
	}
	client, _ := answering(t, 400, "application/json", refusal(400, "unknown region eu-west-1 at values.region"))
	err := client.UpdateEnvironment(t.Context(), "acme", "p", "e", definition, "etag")
	require.ErrorContains(t, err, "unknown region eu-west-1 at values.region")

	client, _ = answering(t, 400, "application/json", refusal(400, "did not find expected node: hunter2"))
	err = client.UpdateEnvironment(t.Context(), "acme", "p", "e", "values: [ {fn::secret: hunter2", "etag")
	assert.NotContains(t, err.Error(), "hunter2", "what cannot be read may hold a secret anywhere")
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	tries := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		tries++
		chunk := []byte(strings.Repeat(" ", 1<<20))
		for range 65 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	t.Cleanup(server.Close)
	_, err := clientOf(t, server.URL).Teams(t.Context(), "acme")
	require.ErrorContains(t, err, "the answer is longer than")
	assert.Equal(t, 1, tries, "it would be as long again")
}

func TestListsAreBounded(t *testing.T) {
	t.Parallel()
	t.Run("a circle of tokens", func(t *testing.T) {
		t.Parallel()
		next := map[string]string{"": "a", "a": "b", "b": "c", "c": "a"}
		calls := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			calls++
			token := next[r.URL.Query().Get("continuationToken")+r.URL.Query().Get("after")]
			_, _ = fmt.Fprintf(w, `{"stacks":[],"tags":{},"continuationToken":%q,"nextToken":%q}`, token, token)
		}))
		t.Cleanup(server.Close)
		client := clientOf(t, server.URL)
		_, err := names(client.Stacks(t.Context(), "acme"), func(s cloud.Stack) string { return s.Name })
		require.ErrorContains(t, err, "same continuation token twice")
		assert.Equal(t, 4, calls)
		_, err = client.EnvironmentTags(t.Context(), "acme", "p", "e")
		require.ErrorContains(t, err, "same continuation token twice")
	})
	t.Run("new tokens for ever", func(t *testing.T) {
		t.Parallel()
		calls := 0
		client := newClient(t, cloud.Config{
			URL: "http://cloud.localhost", Token: secretToken,
			HTTP: &http.Client{Transport: &inMemory{start: time.Now(), handle: func(try int, _ *http.Request) (*http.Response, error) {
				calls = try
				return answer(200, fmt.Sprintf(`{"stacks":[],"continuationToken":"%d"}`, try))
			}}},
		})
		_, err := names(client.Stacks(t.Context(), "acme"), func(s cloud.Stack) string { return s.Name })
		require.ErrorContains(t, err, "does not end")
		assert.LessOrEqual(t, calls, 50_000)
	})
	t.Run("a token that is too long", func(t *testing.T) {
		t.Parallel()
		client, _ := answering(t, 200, "application/json", `{"stacks":[],"continuationToken":"`+strings.Repeat("a", 1<<17)+`"}`)
		_, err := names(client.Stacks(t.Context(), "acme"), func(s cloud.Stack) string { return s.Name })
		require.ErrorContains(t, err, "continuation token")
	})
}

func TestPlainHTTPIsForLoopbackOnly(t *testing.T) {
	t.Parallel()
	for address, ok := range map[string]bool{
		"http://localhost:8080": true, "http://127.0.0.1": true, "http://127.8.9.10:1": true, "http://[::1]:80": true,
		"http://[::ffff:127.0.0.1]": true, "http://app.localhost": true, "http://LOCALHOST.": true, "https://pulumi.acme.example": true,
		"http://pulumi.acme.example": false, "http://10.0.0.1": false, "http://localhost.acme.example": false,
		"http://127.0.0.1.acme.example": false, "http://0.0.0.0": false, "http://[::]": false, "HTTP://pulumi.acme.example": false,
		"http://2130706433": false,
	} {
		_, err := cloud.New(cloud.Config{URL: address})
		if ok {
			require.NoError(t, err, address)
			continue
		}
		require.ErrorContains(t, err, "allowInsecureApi", address)
		_, err = cloud.New(cloud.Config{URL: address, AllowInsecure: true})
		require.NoError(t, err, address)
	}
}

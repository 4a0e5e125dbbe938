package cloud_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		url  string
		want string // "" when it is refused
	}{
		{url: "", want: "https://api.pulumi.com"},
		{url: "https://api.acme.example", want: "https://api.acme.example"},
		{url: "https://acme.example/pulumi///", want: "https://acme.example/pulumi"},
		{url: "http://127.0.0.1:8080/", want: "http://127.0.0.1:8080"},
		{url: "api.pulumi.com"},
		{url: "file:///tmp/state"},
		{url: "s3://bucket"},
		{url: "https://"},
		{url: "https://[::1"},
		{url: "https://ana:hunter2@acme.example"},
		{url: "https://acme.example?token=hunter2"},
		{url: "https://acme.example?"},
		{url: "https://acme.example#hunter2"},
	}
	for _, test := range tests {
		client, err := cloud.New(cloud.Config{URL: test.url})
		if test.want == "" {
			require.ErrorContains(t, err, "such as https://api.pulumi.com", test.url)
			assert.NotContains(t, err.Error(), "hunter2")
			continue
		}
		require.NoError(t, err, test.url)
		assert.Equal(t, test.want, client.URL())
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	check := func(contentType string) func(*testing.T, *http.Request) {
		return func(t *testing.T, r *http.Request) {
			assert.Equal(t, "application/vnd.pulumi+9", r.Header.Get("Accept"))
			assert.Equal(t, "pulumi-leastprivilege/1.2.3", r.Header.Get("User-Agent"))
			assert.Equal(t, "pulumi-leastprivilege", r.Header.Get("X-Pulumi-Source"))
			assert.Equal(t, contentType, r.Header.Get("Content-Type"))
		}
	}
	client := scripted(t,
		exchange{call: "GET /api/user", check: check(""), answer: `{"githubLogin":"ana"}`},
		exchange{call: "PATCH /api/orgs/acme/teams/x", check: check("application/json"), status: 204},
		exchange{call: "PATCH /api/esc/environments/acme/p/e", check: check("application/x-yaml"), answer: "{}", header: written})
	_, err := client.CurrentUser(t.Context())
	require.NoError(t, err)
	require.NoError(t, client.UpdateTeam(t.Context(), "acme", "x", "X", ""))
	require.NoError(t, client.UpdateEnvironment(t.Context(), "acme", "p", "e", "values: {}", ""))
}

// written is the header of a definition's write.
var written = map[string]string{"Pulumi-ESC-Revision": "2"} //nolint:gochecknoglobals // never changed

func TestTokenMayEndInANewline(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(&service{t: t, left: []exchange{{call: "GET /api/user", answer: `{"githubLogin":"ana"}`}}})
	t.Cleanup(server.Close)
	_, err := newClient(t, cloud.Config{URL: server.URL, Token: secretToken + "\n"}).CurrentUser(t.Context())
	require.NoError(t, err)
}

func TestDefinitionsAreSentAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, etag := range []string{"", "tag-1"} {
		for _, text := range []string{"", "\n", "# ä\nvalues:\n  a: \"b\"\n"} {
			client := scripted(t, exchange{
				call: "PATCH /api/esc/environments/acme/p/e", answer: "{}", header: written,
				check: func(t *testing.T, r *http.Request) {
					sent, err := io.ReadAll(r.Body)
					require.NoError(t, err)
					assert.Equal(t, text, string(sent))
					assert.Equal(t, int64(len(text)), r.ContentLength)
					assert.Equal(t, "application/x-yaml", r.Header.Get("Content-Type"), "an empty definition is a body, too")
					assert.Equal(t, etag, r.Header.Get("If-Match"))
					assert.Equal(t, etag, r.Header.Get("ETag"))
				},
			})
			require.NoError(t, client.UpdateEnvironment(t.Context(), "acme", "p", "e", text, etag))
		}
	}
}

func TestReadEnvironment(t *testing.T) {
	t.Parallel()
	read := exchange{call: "GET /api/esc/environments/acme/p/e", answer: "values: {}\n"}
	tests := []struct {
		revision string
		want     int
		wantErr  string
	}{
		{revision: "12", want: 12},
		{revision: "0", want: 0},
		{revision: "", wantErr: "no Pulumi-ESC-Revision header"},
		{revision: "x", wantErr: `Pulumi-ESC-Revision header is "x"`},
	}
	for _, test := range tests {
		read.header = map[string]string{"ETag": "tag-1", "Pulumi-ESC-Revision": test.revision}
		got, err := scripted(t, read).ReadEnvironment(t.Context(), "acme", "p", "e")
		if test.wantErr != "" {
			require.ErrorContains(t, err, test.wantErr)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, cloud.Definition{Text: "values: {}\n", ETag: "tag-1", Revision: test.want}, got)
	}
}

func TestNamesCannotChangeThePath(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", ".", ".."} {
		client := scripted(t) // no call at all
		_, err := client.Team(t.Context(), "acme", name)
		require.ErrorContains(t, err, "cannot be part of an address", name)
		require.ErrorContains(t, client.DeleteTeam(t.Context(), name, "payments"), "cannot be part of an address")
		require.ErrorContains(t, client.DeleteEnvironmentTag(t.Context(), "acme", "p", name, "tier"), "cannot be part of an address")
		require.NotErrorIs(t, err, cloud.ErrNotFound)
	}
}

// Whatever a name is, it stays one segment of the path that it is part of.
func TestNamesStayOneSegment(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen = strings.Split(r.URL.EscapedPath(), "/")
		_ = json.NewEncoder(w).Encode(map[string]string{"name": r.URL.Path[len("/base/api/orgs/acme/teams/"):]})
	}))
	t.Cleanup(server.Close)
	client := newClient(t, cloud.Config{URL: server.URL + "/base", Token: secretToken})
	names := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("./%?#;:@&=+\\ ä2eE\x00\n"))))
	rapid.Check(t, func(rt *rapid.T) {
		name := names.Filter(func(s string) bool { return s != "" && s != "." && s != ".." }).Draw(rt, "name")
		_, err := client.Team(t.Context(), "acme", name)
		if err != nil {
			rt.Fatal(err)
		}
		mu.Lock()
		defer mu.Unlock()
		if len(seen) != 7 || seen[1] != "base" || seen[4] != "acme" || seen[5] != "teams" {
			rt.Fatalf("%q was sent as %q", name, seen)
		}
		if back, err := url.PathUnescape(seen[6]); err != nil || back != name {
			rt.Fatalf("%q arrived as %q (%v)", name, back, err)
		}
	})
}

func TestUnprintableNamesInErrors(t *testing.T) {
	t.Parallel()
	client := scripted(t, exchange{call: "GET /api/orgs/acme/teams/%1B%5B31m%2F", status: 404, answer: refusal(404, "Not Found")})
	_, err := client.Team(t.Context(), "acme", "\x1b[31m/")
	require.ErrorContains(t, err, "/teams/%1B%5B31m%2F")
	assert.NotContains(t, err.Error(), "\x1b")
}

func TestClientIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"name":"`+r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]+`","stacks":[]}`)
	}))
	t.Cleanup(server.Close)
	client := clientOf(t, server.URL)
	stacks := client.Stacks(t.Context(), "acme")
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			name := strings.Repeat("x", i+1)
			team, err := client.Team(t.Context(), "acme", name)
			assert.NoError(t, err)
			assert.Equal(t, name, team.Name)
			for _, err := range stacks {
				assert.NoError(t, err)
			}
		})
	}
	group.Wait()
}

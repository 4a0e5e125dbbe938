package provider

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/blang/semver"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration"
	presource "github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

func ptr[T any](v T) *T { return &v }

// isolate takes away what the machine's own Pulumi says, and stores logins, by address; the current one, if any, is the last.
func isolate(t *testing.T, logins map[string]string, current ...string) {
	t.Helper()
	home := t.TempDir()
	for _, name := range []string{"PULUMI_ACCESS_TOKEN", "PULUMI_BACKEND_URL", "PULUMI_ORGANIZATION", "PULUMI_CREDENTIALS_PATH"} {
		t.Setenv(name, "")
		require.NoError(t, os.Unsetenv(name))
	}
	t.Setenv("PULUMI_HOME", home)
	accounts := map[string]any{}
	for url, token := range logins {
		accounts[url] = map[string]any{"accessToken": token}
	}
	text, err := json.Marshal(map[string]any{"current": strings.Join(current, ""), "accessTokens": logins, "accounts": accounts})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(home, "credentials.json"), text, 0o600))
}

// service records the tokens that it is called with.
func service(t *testing.T) (url string, tokens func() []string) {
	t.Helper()
	var mu sync.Mutex
	var seen []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, r.Header.Get("Authorization"))
		_, _ = w.Write([]byte(`{"githubLogin":"ana"}`))
	}))
	t.Cleanup(server.Close)
	return server.URL, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return seen
	}
}

func TestPlainHTTPNeedsAnOptIn(t *testing.T) {
	isolate(t, nil)
	address, yes := "http://pulumi.acme.example", true
	_, err := (&Config{APIURL: &address}).newSession(time.Now, callSettings{})
	require.ErrorContains(t, err, "allowInsecureApi")
	made, err := (&Config{APIURL: &address, AllowInsecureAPI: &yes}).newSession(time.Now, callSettings{})
	require.NoError(t, err)
	assert.Equal(t, address, made.Client.URL())

	t.Setenv("PULUMI_BACKEND_URL", address)
	_, err = (&Config{}).newSession(time.Now, callSettings{})
	require.ErrorContains(t, err, "allowInsecureApi")
}

func TestSessionOfALogin(t *testing.T) {
	url, tokens := service(t)
	isolate(t, map[string]string{url: "pul-login", "https://api.pulumi.com": "pul-other"})
	t.Setenv("PULUMI_BACKEND_URL", url+"/")

	got, err := (&Config{}).newSession(time.Now, callSettings{})
	require.NoError(t, err)
	assert.Empty(t, tokens(), "a session makes no call")
	assert.Equal(t, url, got.Client.URL())
	_, err = got.Client.CurrentUser(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"token pul-login"}, tokens())

	t.Setenv("PULUMI_ACCESS_TOKEN", "pul-variable")
	got, err = (&Config{}).newSession(time.Now, callSettings{})
	require.NoError(t, err)
	_, err = got.Client.CurrentUser(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "token pul-variable", tokens()[1])
}

func TestSessionOfTheCurrentLogin(t *testing.T) {
	url, tokens := service(t)
	logins := map[string]string{url: "pul-login", "https://api.pulumi.com": "pul-other"}
	call := func(config Config) error {
		got, err := config.newSession(time.Now, callSettings{})
		require.NoError(t, err)
		_, err = got.Client.CurrentUser(t.Context())
		return err
	}
	isolate(t, logins, url)
	require.NoError(t, call(Config{}))
	t.Setenv("PULUMI_BACKEND_URL", "file:///tmp/state")
	require.NoError(t, call(Config{}))
	assert.Equal(t, []string{"token pul-login", "token pul-login"}, tokens())

	// The credentials may be kept apart from Pulumi's home.
	home := os.Getenv("PULUMI_HOME")
	t.Setenv("PULUMI_HOME", t.TempDir())
	t.Setenv("PULUMI_CREDENTIALS_PATH", home)
	require.NoError(t, call(Config{}))
	assert.Len(t, tokens(), 3)

	// The current login's token is for its own address alone.
	isolate(t, map[string]string{"https://pulumi.acme.example": "pul-login"}, "https://pulumi.acme.example")
	require.ErrorIs(t, call(Config{APIURL: &url}), cloud.ErrNoToken)
	assert.Len(t, tokens(), 3)
}

func TestPlainHTTPLoginNeedsAnOptIn(t *testing.T) {
	const address = "http://pulumi.acme.example"
	isolate(t, map[string]string{address: "pul-login"}, address)
	_, err := (&Config{}).newSession(time.Now, callSettings{})
	require.ErrorContains(t, err, "allowInsecureApi")
	made, err := (&Config{AllowInsecureAPI: ptr(true)}).newSession(time.Now, callSettings{})
	require.NoError(t, err)
	assert.Equal(t, address, made.Client.URL())
}

func TestSessionWithoutALogin(t *testing.T) {
	url, tokens := service(t)
	isolate(t, map[string]string{"https://api.pulumi.com": "pul-other"})
	got, err := (&Config{APIURL: &url}).newSession(time.Now, callSettings{})
	require.NoError(t, err)
	_, err = got.Client.CurrentUser(t.Context())
	require.ErrorIs(t, err, cloud.ErrNoToken, "the login of another Pulumi Cloud is not sent to this one")
	assert.Empty(t, tokens())
}

func TestSessionOrganization(t *testing.T) {
	tests := []struct {
		name       string
		configured *string
		variable   string
		want       string
	}{
		{name: "none"},
		{name: "variable", variable: "of-the-variable", want: "of-the-variable"},
		{name: "configuration before variable", configured: ptr("configured"), variable: "of-the-variable", want: "configured"},
		{name: "empty configuration is none", configured: ptr(""), variable: "of-the-variable", want: "of-the-variable"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			isolate(t, nil)
			t.Setenv("PULUMI_ORGANIZATION", test.variable)
			got, err := (&Config{Organization: test.configured}).newSession(time.Now, callSettings{})
			require.NoError(t, err)
			assert.Equal(t, test.want, got.Organization)
		})
	}
}

func TestSessionCatalogue(t *testing.T) {
	isolate(t, nil)
	got, err := (&Config{}).newSession(time.Now, callSettings{})
	require.NoError(t, err)
	assert.False(t, got.Catalogue.Has(access.Stack, "stack:fly"))
	got, err = (&Config{AdditionalScopes: []string{"stack:fly"}}).newSession(time.Now, callSettings{})
	require.NoError(t, err)
	assert.True(t, got.Catalogue.Has(access.Stack, "stack:fly"))
}

func serve(t *testing.T) integration.Server {
	t.Helper()
	provider, err := New()
	require.NoError(t, err)
	server, err := integration.NewServer(t.Context(), Name, semver.MustParse(Version), integration.WithProvider(provider))
	require.NoError(t, err)
	return server
}

func invoke(t *testing.T, server integration.Server) (string, error) {
	t.Helper()
	out, err := server.Invoke(p.InvokeRequest{Token: "leastprivilege:index:deploymentSubjects", Args: property.NewMap(map[string]property.Value{
		"project": property.New("payments"), "stack": property.New("prod"),
	})})
	if err != nil {
		return "", err
	}
	return out.Return.Get("audience").AsString(), nil
}

func TestConfigureMakesNoCall(t *testing.T) {
	url, tokens := service(t)
	isolate(t, map[string]string{url: "pul-login"})
	server := serve(t)
	_, err := server.GetSchema(p.GetSchemaRequest{})
	require.NoError(t, err)
	config := property.NewMap(map[string]property.Value{
		"apiUrl": property.New(url), "organization": property.New("acme"), "accessToken": property.New("pul-configured").WithSecret(true),
	})
	checked, err := server.CheckConfig(p.CheckRequest{Inputs: config})
	require.NoError(t, err)
	require.Empty(t, checked.Failures)
	assert.True(t, checked.Inputs.Get("accessToken").Secret())
	require.NoError(t, server.Configure(p.ConfigureRequest{Args: checked.Inputs}))
	got, err := invoke(t, server)
	require.NoError(t, err)
	assert.Equal(t, "acme", got)
	assert.Empty(t, tokens())
}

// Programs that call only pure functions need neither configuration nor token.
func TestFunctionsOfAnUnconfiguredProvider(t *testing.T) {
	isolate(t, nil)
	t.Setenv("PULUMI_ORGANIZATION", "acme")
	server := serve(t)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			got, err := invoke(t, server)
			assert.NoError(t, err)
			assert.Equal(t, "acme", got)
		})
	}
	group.Wait()
}

func TestABadAddressIsToldWhenItIsConfigured(t *testing.T) {
	isolate(t, nil)
	err := serve(t).Configure(p.ConfigureRequest{Args: property.NewMap(map[string]property.Value{
		"apiUrl": property.New("api.acme.example"),
	})})
	require.ErrorContains(t, err, `"api.acme.example" is not the address of a Pulumi Cloud`)
}

func TestTwoProvidersDoNotShareASession(t *testing.T) {
	isolate(t, nil)
	one, other := serve(t), serve(t)
	for organization, server := range map[string]integration.Server{"acme": one, "other": other} {
		require.NoError(t, server.Configure(p.ConfigureRequest{Args: property.NewMap(map[string]property.Value{
			"organization": property.New(organization),
		})}))
	}
	for organization, server := range map[string]integration.Server{"acme": one, "other": other} {
		got, err := invoke(t, server)
		require.NoError(t, err)
		assert.Equal(t, organization, got)
	}
}

// Only settings that say where the objects are make other objects of them.
func TestSettingsThatMakeNoObjectAnotherOneChangeInPlace(t *testing.T) {
	isolate(t, nil)
	for setting, values := range map[string][2]property.Value{
		"accessToken":            {property.New("pul-a").WithSecret(true), property.New("pul-b").WithSecret(true)},
		"explainChanges":         {property.New(true), property.New(false)},
		"explainChangesMaxCalls": {property.New(100.0), property.New(200.0)},
		"allowInsecureApi":       {property.New(true), property.New(false)},
		"additionalScopes":       {property.New([]property.Value{property.New("a:b")}), property.New([]property.Value{property.New("a:c")})},
		"apiUrl":                 {property.New("https://a.example"), property.New("https://b.example")},
		"organization":           {property.New("acme"), property.New("other")},
	} {
		for _, change := range [][2]property.Map{
			{property.NewMap(map[string]property.Value{setting: values[0]}), property.NewMap(map[string]property.Value{setting: values[1]})},
			{property.Map{}, property.NewMap(map[string]property.Value{setting: values[1]})},
			{property.NewMap(map[string]property.Value{setting: values[0]}), property.Map{}},
		} {
			diff, err := serve(t).DiffConfig(p.DiffRequest{
				Urn: presource.NewURN("test", "x", "", "pulumi:providers:leastprivilege", "x"), State: change[0], OldInputs: change[0], Inputs: change[1],
			})
			require.NoError(t, err)
			require.True(t, diff.HasChanges, setting)
			for path, one := range diff.DetailedDiff {
				replaces := one.Kind == p.UpdateReplace || one.Kind == p.AddReplace || one.Kind == p.DeleteReplace
				assert.Equal(t, setting == "apiUrl" || setting == "organization", replaces, "%s: %s", path, one.Kind)
			}
		}
	}
}

func TestExplainingIsASetting(t *testing.T) {
	isolate(t, nil)
	on, off, few, none := true, false, 7, 0
	for name, test := range map[string]struct {
		config Config
		calls  int
	}{
		"by default":  {Config{}, 500},
		"on":          {Config{ExplainChanges: &on}, 500},
		"off":         {Config{ExplainChanges: &off}, 0},
		"few calls":   {Config{ExplainChangesMaxCalls: &few}, 7},
		"few and off": {Config{ExplainChangesMaxCalls: &few, ExplainChanges: &off}, 0},
	} {
		made, err := test.config.newSession(time.Now, callSettings{})
		require.NoError(t, err, name)
		assert.Equal(t, test.calls, made.Explaining.MaxCalls, name)
	}
	_, err := (&Config{ExplainChangesMaxCalls: &none}).newSession(time.Now, callSettings{})
	require.ErrorContains(t, err, "leastprivilege:explainChangesMaxCalls 0: it must be at least 1")
}

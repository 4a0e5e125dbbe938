package login_test

import (
	"errors"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/login"
)

func ptr[T any](value T) *T { return &value }

func env(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}

func TestAPIURL(t *testing.T) {
	t.Parallel()
	const standard = "https://api.pulumi.com"
	tests := []struct {
		name       string
		configured *string
		backend    string // PULUMI_BACKEND_URL
		login      string // the current one
		want       string
	}{
		{name: "neither", want: standard},
		{name: "https backend", backend: "https://pulumi.acme.example", want: "https://pulumi.acme.example"},
		{name: "http backend", backend: "http://127.0.0.1:8080/", want: "http://127.0.0.1:8080"},
		{name: "file backend says nothing", backend: "file:///tmp/state", want: standard},
		{name: "bare file backend", backend: "file://~", want: standard},
		{name: "s3 backend says nothing", backend: "s3://bucket?region=x", want: standard},
		{name: "a backend that only starts alike", backend: "httpsx://acme", want: standard},
		{name: "configuration wins", configured: ptr("https://a.example/"), backend: "https://b.example", login: "https://c.example", want: "https://a.example"},
		{name: "configuration beside a file backend", configured: ptr("http://localhost:1"), backend: "file:///tmp", want: "http://localhost:1"},
		{name: "empty configuration is none", configured: ptr(""), backend: "https://b.example", want: "https://b.example"},
		{name: "login", login: "https://pulumi.acme.example", want: "https://pulumi.acme.example"},
		{name: "login with a slash", login: "http://127.0.0.1:8080/", want: "http://127.0.0.1:8080"},
		{name: "backend before login", backend: "https://b.example", login: "https://c.example", want: "https://b.example"},
		{name: "login behind a file backend", backend: "file://~", login: "https://c.example", want: "https://c.example"},
		{name: "login to a file backend says nothing", login: "file://~", want: standard},
		{name: "login to a bucket says nothing", login: "s3://bucket", want: standard},
	}
	for _, test := range tests {
		logins := func() (workspace.Credentials, error) { return workspace.Credentials{Current: test.login}, nil }
		got, err := login.APIURL(test.configured, env(map[string]string{"PULUMI_BACKEND_URL": test.backend}), logins)
		require.NoError(t, err, test.name)
		assert.Equal(t, test.want, got, test.name)
	}
}

// A token of the configuration or the environment goes to no address that was guessed.
func TestAPIURLOfAnUnreadableLogin(t *testing.T) {
	t.Parallel()
	broken := func() (workspace.Credentials, error) { return workspace.Credentials{}, errors.New("locked") }
	_, err := login.APIURL(nil, env(nil), broken)
	require.ErrorContains(t, err, "locked")
	require.ErrorContains(t, err, "leastprivilege:apiUrl")
	got, err := login.APIURL(ptr("https://a.example"), env(nil), broken)
	require.NoError(t, err)
	assert.Equal(t, "https://a.example", got)
	got, err = login.APIURL(nil, env(map[string]string{"PULUMI_BACKEND_URL": "https://b.example"}), broken)
	require.NoError(t, err)
	assert.Equal(t, "https://b.example", got)
}

func TestAccessToken(t *testing.T) {
	t.Parallel()
	stored := func(url string) (workspace.Account, error) {
		if url == "https://stored.example" {
			return workspace.Account{AccessToken: "of the login"}, nil
		}
		return workspace.Account{}, nil
	}
	broken := func(string) (workspace.Account, error) { return workspace.Account{}, errors.New("unreadable") }
	tests := []struct {
		name       string
		configured *string
		env        string
		address    string
		stored     func(string) (workspace.Account, error)
		want       string
	}{
		{name: "nothing", address: "https://other.example", want: ""},
		{name: "login", address: "https://stored.example", want: "of the login"},
		{name: "variable before login", address: "https://stored.example", env: "of the variable", want: "of the variable"},
		{name: "configuration before variable", address: "https://stored.example", configured: ptr("configured"), env: "of the variable", want: "configured"},
		{name: "empty configuration is none", address: "https://stored.example", configured: ptr(""), want: "of the login"},
		{name: "unreadable logins are none", address: "https://stored.example", stored: broken, want: ""},
	}
	for _, test := range tests {
		lookUp := test.stored
		if lookUp == nil {
			lookUp = stored
		}
		got := login.AccessToken(test.configured, test.address, env(map[string]string{"PULUMI_ACCESS_TOKEN": test.env}), lookUp)
		assert.Equal(t, test.want, got, test.name)
	}
}

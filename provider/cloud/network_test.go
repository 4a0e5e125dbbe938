package cloud_test

import (
	"bufio"
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

// askFor is the variable that makes this test binary ask one service who the caller is, in a process of its own: what the environment
// says about proxies and certificates is read once.
const askFor = "LEASTPRIVILEGE_TEST_ASK"

func TestMain(m *testing.M) {
	if address := os.Getenv(askFor); address != "" {
		client, err := cloud.New(cloud.Config{URL: address, Token: secretToken, Retry: cloud.Retry{Max: 1, BaseDelay: 1, MaxDelay: 1}})
		if err == nil {
			var user cloud.User
			if user, err = client.CurrentUser(context.Background()); err == nil {
				_, _ = io.WriteString(os.Stderr, "asked as "+user.Login)
			}
		}
		if err != nil {
			_, _ = io.WriteString(os.Stderr, err.Error())
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// ask asks a service from another process with such an environment, and returns what came of it.
func ask(t *testing.T, address string, environment ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = slices.Concat(environment, []string{askFor + "=" + address, "PATH=" + os.Getenv("PATH")})
	said, err := command.CombinedOutput()
	require.NoError(t, err, string(said))
	return string(said)
}

// who answers who the caller is, and keeps the tokens that it was shown.
type who struct {
	mu   sync.Mutex
	seen []string
}

func (s *who) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.seen = append(s.seen, r.Header.Get("Authorization"))
	s.mu.Unlock()
	_, _ = io.WriteString(w, `{"githubLogin":"ana"}`)
}

func (s *who) tokens() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

func authority(t *testing.T, server *httptest.Server) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
	return "SSL_CERT_FILE=" + file
}

// A service whose certificate is nobody's sees no token; one of an authority that SSL_CERT_FILE names is asked.
func TestCertificateAuthoritiesOfTheEnvironment(t *testing.T) {
	t.Parallel()
	var service who
	server := httptest.NewTLSServer(&service)
	t.Cleanup(server.Close)
	said := ask(t, server.URL, "SSL_CERT_FILE="+filepath.Join(t.TempDir(), "none"), "SSL_CERT_DIR="+t.TempDir())
	assert.Contains(t, said, "certificate signed by unknown authority")
	assert.Empty(t, service.tokens())
	assert.Equal(t, "asked as ana", ask(t, server.URL, authority(t, server)))
	assert.Equal(t, []string{"token " + secretToken}, service.tokens())
}

// proxy is an HTTP proxy that tunnels to one address, whatever it is asked for. It may want a password.
func proxy(t *testing.T, to, password string) (address string, asked func() []string) {
	t.Helper()
	var mu sync.Mutex
	var seen []string
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	tunnel := func(client net.Conn) {
		defer client.Close()
		request, err := http.ReadRequest(bufio.NewReader(client))
		if err != nil {
			return
		}
		mu.Lock()
		seen = append(seen, fmt.Sprint(request.Method, " ", request.Host, " ", request.Header))
		mu.Unlock()
		if password != "" && !strings.HasPrefix(request.Header.Get("Proxy-Authorization"), "Basic ") {
			_, _ = io.WriteString(client, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
			return
		}
		service, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		defer service.Close()
		_, _ = io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n")
		go func() { _, _ = io.Copy(service, client) }()
		_, _ = io.Copy(client, service)
	}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go tunnel(client)
		}
	}()
	return listener.Addr().String(), func() []string {
		mu.Lock()
		defer mu.Unlock()
		return seen
	}
}

// A proxy that the environment names is used, sees no token, and its password is in no error.
func TestProxiesOfTheEnvironment(t *testing.T) {
	t.Parallel()
	var service who
	server := httptest.NewTLSServer(&service) // its certificate is for example.com
	t.Cleanup(server.Close)
	address, asked := proxy(t, server.Listener.Addr().String(), "")
	assert.Equal(t, "asked as ana", ask(t, "https://example.com", authority(t, server), "HTTPS_PROXY=http://"+address))
	require.Len(t, asked(), 1)
	assert.Contains(t, asked()[0], "CONNECT example.com:443")
	assert.NotContains(t, asked()[0], secretToken)

	guarded, askedGuarded := proxy(t, server.Listener.Addr().String(), "hunter2")
	assert.Equal(t, "asked as ana", ask(t, "https://example.com", authority(t, server), "HTTPS_PROXY=http://ana:hunter2@"+guarded))
	assert.Len(t, askedGuarded(), 1)
	assert.Contains(t, ask(t, "https://example.com", authority(t, server), "HTTPS_PROXY=http://"+guarded), "Proxy Authentication Required")
	for _, wrong := range []string{"http://ana:hunter2@127.0.0.1:1", "http://ana:hunter2 @127.0.0.1:1", "http://ana:hun%ter2@127.0.0.1:1", "ftp://ana:hunter2@127.0.0.1:1"} {
		said := ask(t, "https://example.com", authority(t, server), "HTTPS_PROXY="+wrong)
		assert.Contains(t, said, "got no answer", wrong)
		assert.NotContains(t, said, "hunter2", wrong)
		assert.NotContains(t, said, "hun%ter2", wrong)
	}
	assert.Contains(t, ask(t, "https://example.invalid", authority(t, server), "HTTPS_PROXY=http://"+address, "NO_PROXY=example.invalid"), "no such host")
	assert.Len(t, asked(), 1)
}

// No redirect is followed: neither to another host, which would see the token, nor on the same one, nor from https to http.
func TestRedirectsCarryNoToken(t *testing.T) {
	t.Parallel()
	var other, plain who
	elsewhere := httptest.NewTLSServer(&other)
	t.Cleanup(elsewhere.Close)
	unencrypted := httptest.NewServer(&plain)
	t.Cleanup(unencrypted.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, to := range []string{elsewhere.URL + "/api/user", unencrypted.URL + "/api/user", "//" + elsewhere.Listener.Addr().String() + "/", "/api/other"} {
			calls := 0
			server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				calls++
				http.Redirect(w, r, to, status)
			}))
			client := newClient(t, cloud.Config{URL: server.URL, Token: secretToken, HTTP: server.Client()})
			_, err := client.CurrentUser(t.Context())
			require.ErrorContains(t, err, "it redirects to", to)
			require.Error(t, client.DeleteTeam(t.Context(), "acme", "payments"))
			assert.Equal(t, 2, calls)
			server.Close()
		}
	}
	assert.Empty(t, other.tokens())
	assert.Empty(t, plain.tokens())
}

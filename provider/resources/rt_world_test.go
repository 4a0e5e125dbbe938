package resources_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// world is a sandbox with an organization in it.
type world struct {
	*servertest.Running
	t   testing.TB
	now func() time.Time // of the service and of the provider
}

func newWorld(t testing.TB, seed string) world { t.Helper(); return newWorldAt(t, seed, time.Now) }

func newWorldAt(t testing.TB, seed string, now func() time.Time) world {
	t.Helper()
	return world{servertest.Start(t, server.Options{Seed: []byte(seed), Now: now}), t, now}
}

// worldOf is a world whose sandbox the test has started.
func worldOf(t testing.TB, running *servertest.Running) world { return world{running, t, time.Now} }

// calls counts the service's calls since the last reset, by route.
func (w world) calls() map[string]int { w.t.Helper(); return w.Requests().Routes }

func (w world) writes() []string {
	w.t.Helper()
	var writes []string
	for _, call := range w.Requests().List {
		if call.Writes() {
			writes = append(writes, call.Method+" "+call.Path)
		}
	}
	return writes
}

// admin makes a call beside the provider, as somebody who uses the console.
func (w world) admin(method, path string, body any) []byte {
	w.t.Helper()
	status, answer := w.Call(w.Token, method, path, body)
	require.Less(w.t, status, 300, "%s %s: %s", method, path, answer)
	return answer
}

// quickly retries without making a test wait.
var quickly = cloud.Retry{BaseDelay: time.Millisecond, RetryAfter: time.Millisecond}

// client works with a token.
func (w world) client(token string) *cloud.Client {
	w.t.Helper()
	client, err := cloud.New(cloud.Config{URL: w.URL, Token: token, Retry: quickly})
	require.NoError(w.t, err)
	return client
}

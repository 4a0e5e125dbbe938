package resourcetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// World is a sandbox with an organization in it.
type World struct {
	*servertest.Running
	T   testing.TB
	Now func() time.Time // of the service and of the provider
	// Explaining is how many calls a preview may make to say who gains access; 0 is off.
	Explaining int
}

// New starts a sandbox with the objects of a seed.
func New(t testing.TB, seed string) World { t.Helper(); return NewAt(t, seed, time.Now) }

// NewAt is New with a clock.
func NewAt(t testing.TB, seed string, now func() time.Time) World {
	t.Helper()
	return World{Running: servertest.Start(t, server.Options{Seed: []byte(seed), Now: now}), T: t, Now: now}
}

// On is a world whose sandbox the test has started.
func On(t testing.TB, running *servertest.Running) World {
	return World{Running: running, T: t, Now: time.Now}
}

// Calls counts the service's calls since the last reset, by route.
func (w World) Calls() map[string]int { w.T.Helper(); return w.Requests().Routes }

// Writes are the calls since the last reset that change something, in order.
func (w World) Writes() []string {
	w.T.Helper()
	var writes []string
	for _, call := range w.Requests().List {
		if call.Writes() {
			writes = append(writes, call.Method+" "+call.Path)
		}
	}
	return writes
}

// Admin makes a call beside the provider, as somebody who uses the console.
func (w World) Admin(method, path string, body any) []byte {
	w.T.Helper()
	status, answer := w.Call(w.Token, method, path, body)
	require.Less(w.T, status, 300, "%s %s: %s", method, path, answer)
	return answer
}

// quickly retries without making a test wait.
var quickly = cloud.Retry{BaseDelay: time.Millisecond, RetryAfter: time.Millisecond}

// Client works with a token.
func (w World) Client(token string) *cloud.Client {
	w.T.Helper()
	client, err := cloud.New(cloud.Config{URL: w.URL, Token: token, Retry: quickly})
	require.NoError(w.T, err)
	return client
}

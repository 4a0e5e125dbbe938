package e2e

import (
	"sync"
	"testing"
	"time"

	pulumiprovider "github.com/pulumi/pulumi-go-provider"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/tests/harness"
)

// clock is a time that only a test moves. The sandbox and the provider of a project read it.
type clock struct {
	mutex sync.Mutex
	at    time.Time
}

// newClock stands at a moment that no test depends on.
func newClock() *clock { return &clock{at: time.Date(2030, time.March, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.at
}

func (c *clock) advance(by time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.at = c.at.Add(by)
}

const day = 24 * time.Hour

// newClockedProject makes a project whose sandbox and provider read the clock. The provider runs inside the test, and
// the engine attaches to it; all else is as in newProject.
func newClockedProject(t *testing.T, seed, program string, at *clock) *project {
	t.Helper()
	p := newFolderAt(t, seed, at.now)
	attach, err := harness.ServeProvider(t.Context(), func() (pulumiprovider.Provider, error) {
		return provider.New(provider.WithClock(at.now))
	})
	require.NoError(t, err)
	p.cli = p.cli.With(attach)
	p.program(program)
	p.stack()
	p.run("config", "set", "--secret", "leastprivilege:accessToken", p.sandbox.Token)
	p.run("config", "set", "leastprivilege:organization", "acme")
	return p
}

// The provider that runs inside the test is the one that the commands use, and what it logs reaches the user.
func TestProviderWithAClockOfItsOwn(t *testing.T) {
	t.Parallel()
	p := newClockedProject(t, organization, oneRule("read"), newClock())
	p.up()
	p.up("--expect-no-changes")
	p.call("PATCH", "/api/orgs/acme/teams/payments", map[string]any{"member": "cy", "memberAction": "add"})
	p.refresh()
	assert.Contains(t, p.preview(), "cy", "the preview's warning names the member that an update would remove")
	p.destroy()
}

package gcp

import (
	"strings"
	"testing"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
)

// clock is a host of which only the time is asked.
type clock struct {
	clouds.Host
	now time.Time
}

func (c clock) Now() time.Time { return c.now }

// A session that has expired reads nothing, and no token is the token of none.
func TestNoTokenReadsNoSecret(t *testing.T) {
	t.Parallel()
	now := time.Now()
	const secret = "projects/123456789012/secrets/db"
	account := "payments-prod@acme-prod.iam.gserviceaccount.com"
	state := &State{Secrets: map[string]*Secret{secret: {Name: secret, Versions: []string{"sealed"}, Bindings: Policy{
		{Role: "roles/secretmanager.secretAccessor", Members: []string{"serviceAccount:" + account}},
	}}}}
	c := New(clock{now: now}, func() *State { return state })
	c.Sessions = append(c.Sessions, Session{ServiceAccount: account, Expires: now})
	if _, err := c.accessSecret("", secret, ""); err == nil || !strings.Contains(err.Error(), "UNAUTHENTICATED") {
		t.Errorf("no token read the secret: %v", err)
	}
}

package server

import (
	"sync"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/seal"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// org is the organization that is served, with its clock, keys and clouds. All handlers work on it.
type org struct {
	options Options
	sealer  *seal.Sealer

	// mu guards all that follows. Handlers run with it held (see [call]), so that every call is one transaction.
	mu          sync.Mutex
	state       *state.State // what the organization consists of
	baseURL     string
	firstAdmin  string                 // login
	secrets     map[string]state.Token // hash of a token's value -> the token as it was given out
	mintedSoFar int                    // tokens from the control endpoints, so that no id comes twice
	esc         escRuntime
	clouds      []clouds.Cloud
	ci          map[string]tokenIssuer // CI systems that are hosted here, by name
	changed     bool                   // a call that only reads made something that must be kept

	signingKey signingKey
}

func newOrg(o Options, login string, sealer *seal.Sealer) *org {
	return &org{
		options: o, sealer: sealer, state: state.New(login, o.Now()), secrets: map[string]state.Token{}, signingKey: newSigningKey(),
	}
}

// rules decide who may do what, as the organization is now.
func (s *org) rules() rules {
	return rules{state: s.state, deploymentRoleAdded: s.options.DeploymentRole == roleAdded}
}

// now is the time by the server's clock, in UTC and whole milliseconds, so that it survives an export.
func (s *org) now() time.Time { return s.options.Now().UTC().Truncate(time.Millisecond) }

// locked runs a step of an unlocked handler with the lock held.
func (s *org) locked(step func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return step()
}

// issuer is the sandbox's counterpart of https://api.pulumi.com/oidc. Call it with the lock held.
func (s *org) issuer() tokenIssuer {
	return tokenIssuer{url: s.baseURL + issuerPath, private: s.signingKey, now: s.options.Now}
}

// cloudNamed finds a cloud by its name in deployment settings.
func (s *org) cloudNamed(name string) (clouds.Cloud, error) {
	var names []string
	for _, cloud := range s.clouds {
		if cloud.Name() == name {
			return cloud, nil
		}
		names = append(names, cloud.Name())
	}
	return nil, rest.BadRequest("cloud: %q is none of %v", name, names)
}

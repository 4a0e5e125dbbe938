package server

import (
	"sync"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
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

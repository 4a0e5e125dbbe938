// Package core holds what the sandbox's families of endpoints share: [Org], the organization that is served, with its clock, keys
// and clouds, and [Call], a request to it, with its caller. [Call.Can] and the finders ([Call.StackWith], [OnStack]) check access;
// [Call.Audit] writes the audit log.
package core

import (
	"sync"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/idtokens"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/seal"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// Org is the organization that is served, with its clock, keys and clouds. All handlers work on it.
type Org struct {
	Options Options
	Sealer  *seal.Sealer

	// Mu guards all that follows. The router of package server runs handlers with it held, so that every call is one transaction.
	Mu          sync.Mutex
	State       *state.State // what the organization consists of
	BaseURL     string
	FirstAdmin  string                 // login
	Secrets     map[string]state.Token // hash of a token's value -> the token as it was given out
	MintedSoFar int                    // tokens from the control endpoints, so that no id comes twice
	Sessions    Sessions
	Clouds      []clouds.Cloud
	CI          map[string]idtokens.Issuer // CI systems that are hosted here, by name
	Changed     bool                       // a call that only reads made something that must be kept in the state file

	SigningKey   idtokens.SigningKey
	SigningKeyV2 idtokens.SigningKey
}

// NewOrg is a new organization, without an object in it.
func NewOrg(o Options, login string, sealer *seal.Sealer) *Org {
	return &Org{
		Options: o, Sealer: sealer, State: state.New(login, o.Now()), Secrets: map[string]state.Token{}, SigningKey: idtokens.NewSigningKey(),
		SigningKeyV2: idtokens.NewSigningKey(),
	}
}

// Rules decide who may do what, as the organization is now.
func (s *Org) Rules() authz.Rules {
	return authz.Rules{State: s.State, DeploymentRole: s.Options.DeploymentRole}
}

// Now is the time by the server's clock, in UTC and whole milliseconds, so that it survives an export.
func (s *Org) Now() time.Time { return s.Options.Now().UTC().Truncate(time.Millisecond) }

// Locked runs a step of an unlocked handler with the lock held.
func (s *Org) Locked(step func() error) error {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return step()
}

// Issuer is the sandbox's counterpart of https://api.pulumi.com/oidc. Call it with the lock held.
func (s *Org) Issuer() idtokens.Issuer {
	return idtokens.Issuer{
		URL: s.BaseURL + idtokens.Path, Private: s.SigningKey, Now: s.Options.Now,
		Claims: []string{"current_env", "org", "root_env", "trigger_user"},
	}
}

// IssuerV2 is the sandbox's counterpart of https://api.pulumi.com/oidc/v2. Call it with the lock held.
func (s *Org) IssuerV2() idtokens.Issuer {
	return idtokens.Issuer{
		URL: s.BaseURL + idtokens.PathV2, Private: s.SigningKeyV2, Now: s.Options.Now,
		Claims: []string{
			oidc.ClaimOrganization, oidc.ClaimOrganizationID, oidc.ClaimCurrentEnvironment, oidc.ClaimCurrentEnvironmentID, oidc.ClaimRootEnvironment,
			oidc.ClaimRootEnvironmentID, oidc.ClaimActor, oidc.ClaimActorID,
		},
	}
}

// CloudNamed finds a cloud by its name in deployment settings.
func (s *Org) CloudNamed(name string) (clouds.Cloud, error) {
	var names []string
	for _, cloud := range s.Clouds {
		if cloud.Name() == name {
			return cloud, nil
		}
		names = append(names, cloud.Name())
	}
	return nil, rest.BadRequest("cloud: %q is none of %v", name, names)
}

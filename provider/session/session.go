// Package session holds what resources, components and functions work with: a Pulumi Cloud client and the provider's
// configuration, resolved once per provider. They get a [Session] from a [Source].
package session

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// Session is one provider's configuration, resolved.
type Session struct {
	Client       *cloud.Client    // makes no call, and needs no token, before it is used
	Organization string           // the default organization; "" when none is configured
	Catalogue    access.Catalogue // scopes that may be granted
	scopes       scopeLists       // what the service lists besides
	Now          func() time.Time // the clock that decides what is due
	// Widened has the scopes ([]string) that a preview found to be added to permission sets, by the service's id of the set.
	// Roles that compose a set are previewed after it.
	Widened sync.Map
	// BuiltinSets has the ids of the built-in permission sets (map[string]string, by the service's identifier), by organization. They
	// never change.
	BuiltinSets sync.Map
	// ReadingSets is held while they are read.
	ReadingSets sync.Mutex
	// Program is what was seen of the program that the provider works for.
	Program Program
	// Plan is what the program says of environments that import each other.
	Plan Plan
	// Planned is what the update is about to change of who has access, and the invariants that watch it.
	Planned Planned
	// Explaining is whether previews say who gains and who loses access.
	Explaining Explaining
	// Known, if set, is an organization that is known whole. It answers in place of the service, which is then not asked.
	Known *graph.Organization
	// Family says which components the resources of the program are children of.
	Family Family
	admins admins // of which organizations the caller is an administrator
}

// Source returns the session of the provider that a call is made for.
type Source func(ctx context.Context) (*Session, error)

// ErrNoOrganization is returned when neither the input nor the configuration names an organization.
var ErrNoOrganization = errors.New("no organization: set the input organization, " +
	"the provider configuration leastprivilege:organization, or the environment variable PULUMI_ORGANIZATION")

// OrganizationOr returns the organization that an input names, else the configured one. It is never guessed from the
// token.
func (s *Session) OrganizationOr(input *string) (string, error) {
	if input != nil && *input != "" {
		return *input, nil
	}
	if s.Organization == "" {
		return "", ErrNoOrganization
	}
	return s.Organization, nil
}

// IssuerOr returns the issuer that an input names, else the one of the configured Pulumi Cloud.
func (s *Session) IssuerOr(input *string) string {
	if input != nil && *input != "" {
		return strings.TrimRight(*input, "/")
	}
	return oidc.DefaultIssuer(s.Client.URL())
}

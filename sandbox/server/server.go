// Package server is an in-memory Pulumi Cloud: the REST endpoints that decide who may do what, with the access
// rules enforced for every kind of token, environments opened by the real ESC evaluator, an OIDC issuer and a cloud
// account that trusts it.
//
// The rules of access stand twice on purpose: in authz.go, for what the sandbox lets through, and in package graph, for what the
// product answers. They are each other's check, and neither may call the other; package sandbox/second compares both with a
// third evaluator.
//
// It is for trying the provider and for offline tests. It is not Pulumi Cloud: without a state file nothing is kept when it stops.
package server

import (
	"cmp"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds/aws"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds/azure"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds/gcp"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/faults"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/seal"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/seed"
)

// Options configure a Server. The zero value serves the organization acme with one administrator.
type Options struct {
	// Organization is the login of the one organization that is served. Default: what the seed says, else acme.
	Organization string
	// Seed is a YAML document with the objects that exist at the start; see [seed.Seed] for its form.
	Seed []byte
	// StateFile keeps everything over a restart, tokens and keys included: who reads it is everybody. A file that is there is
	// what the server starts with, and the seed is not read. Default: nothing is kept.
	StateFile string
	// Latency is added to every answer below /api/.
	Latency time.Duration
	// DeploymentRole says what the role of a deployment does: it is "added" (default) to the rights that a deployment
	// has on its own stack, or "replaces" them. Descriptions of the service disagree, so both can be tried.
	DeploymentRole string
	// Clone says whether environments whose opening needs an approval can be cloned: CloneChecked (default) refuses it,
	// CloneUnchecked lets it through. What the service does is not documented, so both can be tried.
	Clone string
	// Now is the clock. Default: time.Now.
	Now func() time.Time
	// KeepEvents is how many audit events, requests in the request log and closed change requests are kept, the newest. Default:
	// 1,000,000.
	KeepEvents int
	// KeepUpdates is how many updates of each stack, with the states that they wrote, and how many deleted environments are
	// kept, the newest. Default: 1,000.
	KeepUpdates int
	// PageSize is how many entries a page of a list has when the caller does not say. Default: 100.
	PageSize int
}

const (
	defaultOrganization = "acme"
	defaultPageSize     = 100
	defaultKeepEvents   = 1_000_000
	defaultKeepUpdates  = 1_000
	roleAdded           = "added"
	roleReplaces        = "replaces"
	signingKeyBits      = 2048
)

// Values of Options.Clone.
const (
	CloneChecked   = "checked"
	CloneUnchecked = "unchecked"
)

// Server is an in-memory Pulumi Cloud. Make one with New; it is safe for concurrent use.
type Server struct {
	*org
	router     *rest.Router[route] // the service's endpoints
	control    *rest.Router[route] // the sandbox's own
	log        *requestLog
	faults     *faults.List
	adminToken string
	aws        *aws.Cloud
	azure      *azure.Cloud
	gcp        *gcp.Cloud
	keep       keeper
}

// New makes a server with the seed's objects in it. An error names the option or the path in the seed that is wrong.
func New(o Options) (*Server, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	parsed, err := seed.Parse(o.Seed)
	if err != nil {
		return nil, err
	}
	login := cmp.Or(o.Organization, parsed.Organization, defaultOrganization)
	if o.Organization != "" && parsed.Organization != "" && o.Organization != parsed.Organization {
		return nil, fmt.Errorf("the organization is %q in the options and %q in the seed: give it once, or the same twice",
			o.Organization, parsed.Organization)
	}
	sealer, err := seal.New()
	if err != nil {
		return nil, fmt.Errorf("making the key for secrets: %w", err)
	}
	s := &Server{org: newOrg(o, login, sealer), log: newRequestLog(o.KeepEvents), faults: &faults.List{}}
	s.addClouds()
	s.router = newRouter(withCallers(s.routes()))
	s.control = newRouter(s.controlRoutes())
	if found, err := s.load(); found || err != nil {
		return s, err
	}
	if err := s.populate(parsed); err != nil {
		return nil, err
	}
	if s.adminToken, err = s.mintAdminToken(); err != nil {
		return nil, err
	}
	return s, s.save()
}

// signingKey gives the key of an issuer, which is made when it is first used.
type signingKey func() (*rsa.PrivateKey, error)

func newSigningKey() signingKey {
	return sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, signingKeyBits) })
}

func (o Options) withDefaults() (Options, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	for _, n := range []struct {
		name     string
		value    *int
		standard int
	}{
		{"PageSize", &o.PageSize, defaultPageSize}, {"KeepEvents", &o.KeepEvents, defaultKeepEvents},
		{"KeepUpdates", &o.KeepUpdates, defaultKeepUpdates},
	} {
		if *n.value == 0 {
			*n.value = n.standard
		}
		if *n.value < 0 {
			return o, fmt.Errorf("%s is %d: give a positive number", n.name, *n.value)
		}
	}
	if o.Clone == "" {
		o.Clone = CloneChecked
	}
	if o.Clone != CloneChecked && o.Clone != CloneUnchecked {
		return o, fmt.Errorf("the clone option is %q: give %q or %q", o.Clone, CloneChecked, CloneUnchecked)
	}
	if o.DeploymentRole == "" {
		o.DeploymentRole = roleAdded
	}
	if o.DeploymentRole != roleAdded && o.DeploymentRole != roleReplaces {
		return o, fmt.Errorf("the deployment role is %q: give %q or %q", o.DeploymentRole, roleAdded, roleReplaces)
	}
	return o, nil
}

// Handler serves the REST API below /api/, the OIDC issuer below /oidc/ and the control endpoints below /_sandbox/.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serve) }

// AdminToken is an access token of the first administrator.
func (s *Server) AdminToken() string { return s.adminToken }

// SetURL says under which URL the server is reached; the OIDC issuer's name follows from it.
func (s *Server) SetURL(u string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.baseURL = strings.TrimSuffix(u, "/")
}

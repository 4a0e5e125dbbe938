// Package server is an in-memory Pulumi Cloud: the REST endpoints that decide who may do what, with the access
// rules enforced for every kind of token, environments opened by the real ESC evaluator, an OIDC issuer and a cloud
// account that trusts it. [New] makes a server, [Server.Handler] serves it.
//
// This package has the router, the organization's settings, seeds, the state file and the control endpoints. Each family of endpoints has
// a package beside this one (stacks, esc, approvals, teams, roles, tokens, trust, ...), over what all share in package core.
//
// The rules of access stand twice on purpose: in package authz, for what the sandbox lets through, and in package graph, for what the
// product answers. They are each other's check, and neither may call the other; package sandbox/second compares both with a
// third evaluator.
//
// It is for trying the provider and for offline tests. It is not Pulumi Cloud: without a state file nothing is kept when it stops.
package server

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/time/rate"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds/aws"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds/azure"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds/gcp"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/faults"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/seal"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/seed"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/tokens"
)

// Options configure a Server. The zero value serves the organization acme with one administrator.
type Options = core.Options

// Values of Options.Clone.
const (
	CloneChecked   = core.CloneChecked
	CloneUnchecked = core.CloneUnchecked
)

// Server is an in-memory Pulumi Cloud. Make one with New; it is safe for concurrent use.
type Server struct {
	org        *core.Org
	router     *rest.Router[core.Route] // the service's endpoints
	control    *rest.Router[core.Route] // the sandbox's own
	log        *requestLog
	faults     *faults.List
	limiter    *rate.Limiter // of calls below /api/
	adminToken string
	aws        *aws.Cloud
	azure      *azure.Cloud
	gcp        *gcp.Cloud
	keep       keeper
}

// New makes a server with the seed's objects in it. An error names the option or the path in the seed that is wrong.
func New(o core.Options) (*Server, error) {
	o, err := o.WithDefaults()
	if err != nil {
		return nil, err
	}
	parsed, err := seed.Parse(o.Seed)
	if err != nil {
		return nil, err
	}
	login := cmp.Or(o.Organization, parsed.Organization, core.DefaultOrganization)
	if o.Organization != "" && parsed.Organization != "" && o.Organization != parsed.Organization {
		return nil, fmt.Errorf("the organization is %q in the options and %q in the seed: give it once, or the same twice",
			o.Organization, parsed.Organization)
	}
	sealer, err := seal.New()
	if err != nil {
		return nil, fmt.Errorf("making the key for secrets: %w", err)
	}
	s := &Server{org: core.NewOrg(o, login, sealer), log: newRequestLog(o.KeepEvents), faults: &faults.List{}, limiter: limiterOf(o)}
	s.addClouds()
	s.router = newRouter(withCallers(s.routes()))
	s.control = newRouter(s.controlRoutes())
	if found, err := s.load(); found || err != nil {
		return s, err
	}
	if err := s.populate(parsed); err != nil {
		return nil, err
	}
	if s.adminToken, err = tokens.MintAdminToken(s.org); err != nil {
		return nil, err
	}
	return s, s.save()
}

func limiterOf(o core.Options) *rate.Limiter {
	if o.RateLimit == 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Limit(o.RateLimit), o.RateLimit)
}

// Handler serves the REST API below /api/, the OIDC issuer below /oidc/ and the control endpoints below /_sandbox/.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serve) }

// AdminToken is an access token of the first administrator.
func (s *Server) AdminToken() string { return s.adminToken }

// SetURL sets the URL at which the server is reached; the OIDC issuer's name follows from it.
func (s *Server) SetURL(u string) {
	s.org.Mu.Lock()
	defer s.org.Mu.Unlock()
	s.org.BaseURL = strings.TrimSuffix(u, "/")
}

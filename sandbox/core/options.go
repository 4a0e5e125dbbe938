package core

import (
	"fmt"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
)

// Options configure a Server. The zero value serves the organization acme with one administrator.
type Options struct {
	// Organization is the login of the one organization that is served. Default: that of the seed, else acme.
	Organization string
	// Seed is a YAML document with the objects that exist at the start; see [seed.Seed] for its form.
	Seed []byte
	// StateFile keeps everything over a restart, tokens and keys included: whoever can read the file can act as any user of the
	// sandbox. A server starts with the file if it exists, and does not read the seed. Default: nothing is kept.
	StateFile string
	// Latency is added to every answer below /api/.
	Latency time.Duration
	// RateLimit is how many calls below /api/ are carried out each second, after as many at once; the others are answered with 429.
	// Zero means no limit.
	RateLimit int
	// DeploymentRole says what the role of a deployment does: it "caps" the deployment (default), is "added" to the rights that a
	// deployment has on its own stack, or "replaces" them. Descriptions of the service disagree, so all can be tried.
	DeploymentRole string
	// Clone reports whether environments whose opening needs an approval can be cloned: CloneChecked (default) refuses it,
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
	// Scopes are scopes that the service knows and the product does not: of the kind that their prefix has.
	Scopes []string
	// PageSize is how many entries a page of a list has when the caller does not say. Default: 100.
	PageSize int
}

func (o Options) WithDefaults() (Options, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	for _, n := range []struct {
		name     string
		value    *int
		standard int
	}{
		{"PageSize", &o.PageSize, DefaultPageSize}, {"KeepEvents", &o.KeepEvents, defaultKeepEvents},
		{"KeepUpdates", &o.KeepUpdates, defaultKeepUpdates},
	} {
		if *n.value == 0 {
			*n.value = n.standard
		}
		if *n.value < 0 {
			return o, fmt.Errorf("%s is %d: give a positive number", n.name, *n.value)
		}
	}
	if o.RateLimit < 0 {
		return o, fmt.Errorf("the rate limit is %d calls a second: give a positive number, or 0 for none", o.RateLimit)
	}
	if o.Clone == "" {
		o.Clone = CloneChecked
	}
	if o.Clone != CloneChecked && o.Clone != CloneUnchecked {
		return o, fmt.Errorf("the clone option is %q: give %q or %q", o.Clone, CloneChecked, CloneUnchecked)
	}
	if o.DeploymentRole == "" {
		o.DeploymentRole = authz.RoleCaps
	}
	if !slices.Contains(DeploymentRoles, o.DeploymentRole) {
		return o, fmt.Errorf("the deployment role is %q: give one of %q", o.DeploymentRole, DeploymentRoles)
	}
	return o, nil
}

// DeploymentRoles are the values of Options.DeploymentRole.
var DeploymentRoles = []string{authz.RoleCaps, authz.RoleAdded, authz.RoleReplaces}

// Values of Options.Clone.
const (
	CloneChecked   = "checked"
	CloneUnchecked = "unchecked"
)

// Defaults of options.
const (
	DefaultOrganization = "acme"
	DefaultPageSize     = 100
	defaultKeepEvents   = 1_000_000
	defaultKeepUpdates  = 1_000
)

// Package grantowners refuses programs in which two resources own the same direct grants: every update of one would take away
// what the other grants. Start at [WithOneOwner].
package grantowners

import (
	"context"
	"sync"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
)

// WithOneOwner refuses an EntityAccess together with another resource of the program that owns the same grants: a second one on
// the same entity, a TeamAccess of a team that one of the two grants access on the entity, a StackOwner or EnvironmentOwner that keeps
// other grants on it.
// What is not known yet is checked when it is known.
func WithOneOwner(provider p.Provider) p.Provider {
	owners := &owners{}
	check, configure := provider.Check, provider.Configure
	provider.Configure = func(ctx context.Context, req p.ConfigureRequest) error {
		owners.reset() // another operation begins, of a program that may have changed
		return configure(ctx, req)
	}
	provider.Check = func(ctx context.Context, req p.CheckRequest) (p.CheckResponse, error) {
		resp, err := check(ctx, req)
		if err != nil || len(resp.Failures) > 0 {
			return resp, err
		}
		resp.Failures = owners.claim(claimOf(req.Urn, resp.Inputs))
		return resp, nil
	}
	return withDeclared(provider, owners)
}

// owners are the resources of the program that own direct grants.
type owners struct {
	sync.Mutex
	claims map[urn.URN]claim
}

func (o *owners) reset() {
	o.Lock()
	defer o.Unlock()
	o.claims = nil
}

// claim notes what a resource owns, and returns why it cannot own it beside the others.
func (o *owners) claim(of claim, owns bool) []p.CheckFailure {
	if !owns {
		return nil
	}
	o.Lock()
	defer o.Unlock()
	delete(o.claims, of.urn)
	for _, other := range o.claims {
		if failure := of.conflict(other); failure != nil {
			return []p.CheckFailure{*failure}
		}
	}
	if o.claims == nil {
		o.claims = map[urn.URN]claim{}
	}
	o.claims[of.urn] = of
	return nil
}

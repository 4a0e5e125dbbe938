package oidcissuer

import (
	"context"
	"fmt"
	"strings"
	"sync"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// WithOneOwner refuses a second OidcIssuer of a program for one URL. Each owns all policies of the issuer, so that
// every update of one would revoke what the other admits; where both adopt it, no call fails.
func WithOneOwner(provider p.Provider) p.Provider {
	owners := owners{}
	check, configure := provider.Check, provider.Configure
	provider.Configure = func(ctx context.Context, req p.ConfigureRequest) error {
		owners.reset() // another operation begins, of a program that may have changed
		return configure(ctx, req)
	}
	provider.Check = func(ctx context.Context, req p.CheckRequest) (p.CheckResponse, error) {
		resp, err := check(ctx, req)
		if err != nil || len(resp.Failures) > 0 || req.Urn.Type() != "leastprivilege:index:OidcIssuer" {
			return resp, err
		}
		if other := owners.claim(req.Urn, resp.Inputs); other != "" {
			resp.Failures = append(resp.Failures, p.CheckFailure{Property: "url", Reason: fmt.Sprintf(
				"is owned by %s of this program already, and each owner revokes what the other admits: put everything that one issuer is "+
					"trusted for into one CiTrust or OidcIssuer", other)})
		}
		return resp, nil
	}
	return provider
}

// owners are the resources that own issuers, by stack and what they own.
type owners struct {
	sync.Mutex
	of map[string]urn.URN
}

func (o *owners) reset() {
	o.Lock()
	defer o.Unlock()
	o.of = nil
}

// claim notes who owns an issuer, and returns who did before, or "".
func (o *owners) claim(owner urn.URN, inputs property.Map) urn.URN {
	organization, url := inputs.Get("organization"), inputs.Get("url")
	if !organization.IsString() || !url.IsString() {
		return ""
	}
	issuer := strings.Join([]string{
		owner.Stack().String(), string(owner.Project()), strings.ToLower(organization.AsString()), strings.TrimRight(url.AsString(), "/"),
	}, "\n")
	o.Lock()
	defer o.Unlock()
	if before, taken := o.of[issuer]; taken && before != owner {
		return before
	}
	if o.of == nil {
		o.of = map[string]urn.URN{}
	}
	o.of[issuer] = owner
	return ""
}

package cloud

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// OIDCIssuer is an issuer that an organization trusts. There is one for a URL.
type OIDCIssuer struct {
	ID            string          `json:"id" answer:"id"`
	Name          string          `json:"name" answer:"value"`
	URL           string          `json:"url" answer:"text"`
	Thumbprints   []string        `json:"thumbprints,omitempty"`   // of certificates; the service finds them unless they are given
	MaxExpiration int64           `json:"maxExpiration,omitempty"` // of exchanged tokens, in seconds; 0 is the service's default
	Keys          json.RawMessage `json:"jwks,omitempty"`          // static ones; absent when they are fetched
}

// OIDCIssuerInput is what an issuer is registered with and changed to. The URL cannot change. Nil and 0 leave a property
// as it is.
type OIDCIssuerInput struct {
	Name          string          `json:"name"`
	URL           string          `json:"url,omitempty"`
	Thumbprints   *[]string       `json:"thumbprints,omitempty"`
	MaxExpiration int64           `json:"maxExpiration,omitempty"`
	Keys          json.RawMessage `json:"jwks,omitempty"`
}

// AuthPolicy is the one policy object of an issuer, which has an id of its own.
type AuthPolicy struct {
	ID       string              `json:"id" answer:"id"`
	Version  int                 `json:"version"`
	Policies []oidc.IssuerPolicy `json:"policies" answer:"key"`
}

// SameIssuerURL compares the addresses of issuers: a slash at the end makes no difference.
func SameIssuerURL(a, b string) bool { return strings.TrimRight(a, "/") == strings.TrimRight(b, "/") }

// OIDCIssuers lists the issuers that an organization trusts.
func (c *Client) OIDCIssuers(ctx context.Context, organization string) ([]OIDCIssuer, error) {
	list, err := get[struct {
		Issuers []OIDCIssuer `json:"oidcIssuers" answer:"key"`
	}](ctx, c, issuerCall(http.MethodGet, organization, "OIDC issuers of "+quoted("organization", organization)))
	return list.Issuers, err
}

// OIDCIssuer returns one issuer, or ErrNotFound.
func (c *Client) OIDCIssuer(ctx context.Context, organization, id string) (OIDCIssuer, error) {
	return write(ctx, c, issuerCall(http.MethodGet, organization, quoted("OIDC issuer", id), id), isIssuer(id))
}

// RegisterOIDCIssuer registers an issuer, which admits nobody before its policies are written. A URL that is registered
// already is ErrConflict.
func (c *Client) RegisterOIDCIssuer(ctx context.Context, organization string, issuer OIDCIssuerInput) (OIDCIssuer, error) {
	in := issuerCall(http.MethodPost, organization, quoted("OIDC issuer", issuer.URL))
	in.body, in.once = issuer, true
	return createOnce(ctx, c,
		func() (OIDCIssuer, error) {
			return write(ctx, c, in, func(i OIDCIssuer) error {
				if SameIssuerURL(i.URL, issuer.URL) {
					return nil
				}
				return other("OIDC issuer", issuer.URL, i.URL)
			})
		},
		func(ctx context.Context) (OIDCIssuer, bool, error) {
			return c.findRegistered(ctx, organization, issuer)
		})
}

// findRegistered looks for the issuer that a registration of unknown outcome would have made. One that admits somebody
// is in use, and so not ours.
func (c *Client) findRegistered(
	ctx context.Context, organization string, want OIDCIssuerInput,
) (OIDCIssuer, bool, error) {
	issuers, err := c.OIDCIssuers(ctx, organization)
	if err != nil {
		return OIDCIssuer{}, false, err
	}
	for _, issuer := range issuers {
		if SameIssuerURL(issuer.URL, want.URL) && issuer.Name == want.Name && issuer.MaxExpiration == want.MaxExpiration {
			policy, err := c.AuthPolicy(ctx, organization, issuer.ID)
			return issuer, err == nil && oidc.AdmitsNobody(policy.Policies), err
		}
	}
	return OIDCIssuer{}, false, nil
}

// UpdateOIDCIssuer changes an issuer.
func (c *Client) UpdateOIDCIssuer(
	ctx context.Context, organization, id string, issuer OIDCIssuerInput,
) (OIDCIssuer, error) {
	issuer.URL = ""
	in := issuerCall(http.MethodPatch, organization, quoted("OIDC issuer", issuer.Name), id)
	in.body = issuer
	return write(ctx, c, in, isIssuer(id))
}

func isIssuer(id string) func(OIDCIssuer) error {
	return func(i OIDCIssuer) error { return other("OIDC issuer", id, i.ID) }
}

// DeleteOIDCIssuer deletes an issuer and its policies. One that does not exist counts as deleted.
func (c *Client) DeleteOIDCIssuer(ctx context.Context, organization, id string) error {
	return doneIfNotFound(c.send(ctx, issuerCall(http.MethodDelete, organization, quoted("OIDC issuer", id), id)))
}

// AuthPolicy returns the policy object of an issuer.
func (c *Client) AuthPolicy(ctx context.Context, organization, issuerID string) (AuthPolicy, error) {
	return get[AuthPolicy](ctx, c, call{
		method: http.MethodGet, path: []string{"orgs", organization, "auth", "policies", "oidcissuers", issuerID},
		object: "policies of " + quoted("OIDC issuer", issuerID),
	})
}

// ReplaceAuthPolicy replaces the whole list of policies. The service takes no empty one: [oidc.DenyAll] admits nobody.
func (c *Client) ReplaceAuthPolicy(
	ctx context.Context, organization, policyID string, policies []oidc.IssuerPolicy,
) (AuthPolicy, error) {
	return write(ctx, c, call{
		method: http.MethodPatch, path: []string{"orgs", organization, "auth", "policies", policyID},
		body: map[string]any{"policies": policies}, object: quoted("OIDC policies", policyID),
	}, func(p AuthPolicy) error { return other("OIDC policies", policyID, p.ID) })
}

func issuerCall(method, organization, object string, rest ...string) call {
	return call{
		method: method, path: append([]string{"orgs", organization, "oidc", "issuers"}, rest...), object: object,
	}
}

package state

import (
	"encoding/json"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// OIDCIssuer is an issuer that the organization trusts, with its policies.
type OIDCIssuer struct {
	ID            string              `json:"id"`
	Name          string              `json:"name"`
	URL           string              `json:"url"`
	Issuer        string              `json:"issuer"` // as its tokens name it
	Thumbprints   []string            `json:"thumbprints"`
	MaxExpiration int64               `json:"maxExpiration,omitempty"` // seconds; 0 is the default
	Keys          json.RawMessage     `json:"jwks,omitempty"`          // static ones, as given
	PolicyID      string              `json:"policyId"`
	Policies      []oidc.IssuerPolicy `json:"policies"`
	Version       int                 `json:"version,omitzero"` // of the policies
	Created       time.Time           `json:"created,omitzero"`
	Modified      time.Time           `json:"modified,omitzero"`
	PolicyTime    time.Time           `json:"policiesModified,omitzero"`
	LastUsed      time.Time           `json:"lastUsed,omitzero"`
}

func (i *OIDCIssuer) begin(now time.Time) {
	since(&i.Created, now)
	since(&i.Modified, now)
	since(&i.PolicyTime, now)
	i.Version = max(i.Version, 1)
	i.Thumbprints, i.Policies = rest.OrNone(i.Thumbprints), rest.OrNone(i.Policies)
}

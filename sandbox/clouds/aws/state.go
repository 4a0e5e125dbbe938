package aws

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// State is the sandbox's AWS, with as many accounts as its ARNs name.
type State struct {
	Roles      map[string]*Role         `json:"roles"`               // by ARN
	Providers  map[string]*OIDCProvider `json:"providers,omitempty"` // by ARN
	Secrets    map[string]*Secret       `json:"secrets,omitempty"`   // by ARN
	Parameters map[string]*Parameter    `json:"parameters,omitempty"`
}

// Role is a role of IAM. What it may do is decided by Policies alone: of managed policies only the names are known.
type Role struct {
	ARN                 string                     `json:"arn"`
	TrustPolicy         json.RawMessage            `json:"trustPolicy"`
	MaxSessionDuration  int                        `json:"maxSessionDuration,omitempty"` // seconds
	PermissionsBoundary string                     `json:"permissionsBoundary,omitempty"`
	Tags                map[string]string          `json:"tags,omitempty"`
	Policies            map[string]json.RawMessage `json:"policies,omitempty"` // inline, by name
	ManagedPolicies     []string                   `json:"managedPolicies,omitempty"`
}

// OIDCProvider is an identity provider of IAM: whose tokens an account knows, and for which audiences.
type OIDCProvider struct {
	ARN       string   `json:"arn"`
	URL       string   `json:"url"`
	ClientIDs []string `json:"clientIds"`
}

// Fill makes what is missing.
func (c *State) Fill() {
	clouds.Fill(&c.Roles)
	clouds.Fill(&c.Providers)
	clouds.Fill(&c.Secrets)
	clouds.Fill(&c.Parameters)
}

// Check refuses what would break handlers later.
func (c *State) Check() error {
	for arn, v := range c.Roles {
		if v == nil || v.ARN != arn || !roleARN.MatchString(arn) {
			return rest.BadRequest("clouds.aws.roles[%q] is not a role of that ARN", arn)
		}
		v.TrustPolicy = rest.Compact(v.TrustPolicy)
		for name, policy := range v.Policies {
			v.Policies[name] = rest.Compact(policy)
		}
	}
	for arn, v := range c.Providers {
		if v == nil || v.ARN != arn || accountOf(arn) == "" || !strings.Contains(arn, ":oidc-provider/") {
			return rest.BadRequest("clouds.aws.providers[%q] is not a provider of that ARN", arn)
		}
	}
	for arn, v := range c.Secrets {
		if v == nil || v.ARN != arn {
			return rest.BadRequest("clouds.aws.secrets[%q] is not a secret of that ARN", arn)
		}
	}
	for arn, v := range c.Parameters {
		if v == nil || v.ARN != arn {
			return rest.BadRequest("clouds.aws.parameters[%q] is not a parameter of that ARN", arn)
		}
	}
	return nil
}

// accountOf is the account that an ARN names, "" for what is not an ARN.
func accountOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" {
		return ""
	}
	return parts[4]
}

// newOIDCProvider is the OIDC provider of an issuer in an account of a partition.
func newOIDCProvider(partition, account, url string, clientIDs []string) (*OIDCProvider, error) {
	if !slices.Contains(arn.Partitions(), partition) {
		return nil, fmt.Errorf("partition: %q is not a partition of AWS; valid are %s", partition, strings.Join(arn.Partitions(), ", "))
	}
	ordinary, err := oidc.OIDCProviderARN(account, url)
	if err != nil {
		return nil, err
	}
	if len(clientIDs) == 0 || len(clientIDs) > 100 {
		return nil, fmt.Errorf("clientIds: AWS takes 1 to 100 audiences, and there are %d", len(clientIDs))
	}
	return &OIDCProvider{ARN: strings.Replace(ordinary, ":aws:", ":"+partition+":", 1), URL: url, ClientIDs: slices.Clone(clientIDs)}, nil
}

// knows decides as AWS does before it looks at the role: the account must have a provider for the token's issuer, and that
// must list the audience. An account in which no provider was ever registered is taken to have one that lists every
// audience, so that a role and its trust policy are enough to try a login.
func (c *State) knows(account string, id oidc.WebIdentity) error {
	owned := false
	for arn, provider := range c.Providers {
		if accountOf(arn) != account {
			continue
		}
		owned = true
		if provider.URL != id.Issuer {
			continue
		}
		if !slices.ContainsFunc(id.Audiences, func(audience string) bool { return slices.Contains(provider.ClientIDs, audience) }) {
			return fmt.Errorf("InvalidIdentityToken: Incorrect token audience: %s lists %s, and the token is for %s",
				arn, strings.Join(provider.ClientIDs, ", "), strings.Join(id.Audiences, ", "))
		}
		return nil
	}
	if owned {
		return fmt.Errorf("InvalidIdentityToken: No OpenIDConnect provider found in account %s for %s", account, id.Issuer)
	}
	return nil
}

package trust

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/idtokens"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// DiscoveryRoutes are the discovery documents and keys of the issuers. Clouds fetch them without a token.
func DiscoveryRoutes() []core.Route {
	first, second := (*core.Org).Issuer, (*core.Org).IssuerV2
	return []core.Route{
		{Pattern: "GET " + idtokens.Path + "/.well-known/openid-configuration", Handle: rest.Plain(discovery(first)), Open: true},
		{Pattern: "GET " + idtokens.Path + "/.well-known/jwks", Handle: rest.Plain(keySet(first)), Open: true},
		{Pattern: "GET " + idtokens.PathV2 + "/.well-known/openid-configuration", Handle: rest.Plain(discovery(second)), Open: true},
		{Pattern: "GET " + idtokens.PathV2 + "/.well-known/jwks", Handle: rest.Plain(keySet(second)), Open: true},
	}
}

func discovery(issuer func(*core.Org) idtokens.Issuer) func(*core.Call) error {
	return func(c *core.Call) error { return c.OK(issuer(c.Org).Discovery()) }
}

func keySet(issuer func(*core.Org) idtokens.Issuer) func(*core.Call) error {
	return func(c *core.Call) error {
		keys, err := issuer(c.Org).KeySet()
		if err != nil {
			return err
		}
		return c.OK(keys)
	}
}

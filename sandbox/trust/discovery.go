package trust

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/idtokens"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// DiscoveryRoutes are the issuer's discovery document and keys. Clouds fetch them without a token.
func DiscoveryRoutes() []core.Route {
	return []core.Route{
		{Pattern: "GET " + idtokens.Path + "/.well-known/openid-configuration", Handle: rest.Plain(readDiscovery), Open: true},
		{Pattern: "GET " + idtokens.Path + "/.well-known/jwks", Handle: rest.Plain(readKeySet), Open: true},
	}
}

func readDiscovery(c *core.Call) error { return c.OK(c.Org.Issuer().Discovery()) }

func readKeySet(c *core.Call) error {
	keys, err := c.Org.Issuer().KeySet()
	if err != nil {
		return err
	}
	return c.OK(keys)
}

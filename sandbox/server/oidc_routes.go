package server

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// oidcRoutes are the issuer's discovery document and keys. Clouds fetch them without a token.
func (s *org) oidcRoutes() []route {
	return []route{
		{pattern: "GET " + issuerPath + "/.well-known/openid-configuration", handle: rest.Plain((*call).readDiscovery), open: true},
		{pattern: "GET " + issuerPath + "/.well-known/jwks", handle: rest.Plain((*call).readKeySet), open: true},
	}
}

func (c *call) readDiscovery() error { return c.OK(c.s.issuer().discovery()) }

func (c *call) readKeySet() error {
	keys, err := c.s.issuer().keySet()
	if err != nil {
		return err
	}
	return c.OK(keys)
}

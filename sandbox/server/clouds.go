package server

import (
	"time"

	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds/aws"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds/azure"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds/gcp"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// cloudHost implements [clouds.Host].
type cloudHost struct{ s *core.Org }

// Verify implements [clouds.Host].
func (h cloudHost) Verify(token string, others ...any) (jwt.Claims, error) {
	return h.s.Issuer().Verify(token, h.s.Now(), others...)
}

// Now implements [clouds.Host].
func (h cloudHost) Now() time.Time { return h.s.Now() }

// Seal implements [clouds.Host].
func (h cloudHost) Seal(value string) string { return h.s.Sealer.Seal(value) }

// Unseal implements [clouds.Host].
func (h cloudHost) Unseal(sealed string) (string, error) { return h.s.Sealer.Open(sealed) }

// addClouds makes the server's clouds, whose trust is in the state.
func (s *Server) addClouds() {
	host := cloudHost{s.org}
	s.aws = aws.New(host, func() *aws.State { return &s.org.State.Clouds.AWS })
	s.azure = azure.New(host, func() *azure.State { return &s.org.State.Clouds.Azure })
	s.gcp = gcp.New(host, func() *gcp.State { return &s.org.State.Clouds.GCP })
	s.org.Clouds = []clouds.Cloud{s.aws, s.azure, s.gcp}
}

// cloudRoutes set up the clouds.
func (s *Server) cloudRoutes() []core.Route {
	var routes []core.Route
	for _, cloud := range s.org.Clouds {
		for _, rt := range cloud.Routes() {
			serve := rt.Handle.Serve
			routes = append(routes, core.Route{Pattern: rt.Pattern, Handle: rest.Handler[*core.Call]{
				Name: rt.Handle.Name, Serve: func(c *core.Call) error { return serve(c.Call) },
			}})
		}
	}
	return routes
}

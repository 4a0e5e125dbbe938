package server

import (
	"time"

	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds/aws"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds/azure"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds/gcp"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// cloudHost gives the clouds what they need of the server.
type cloudHost struct{ s *org }

// Verify implements [clouds.Host].
func (h cloudHost) Verify(token string, others ...any) (jwt.Claims, error) {
	return h.s.issuer().verify(token, h.s.now(), others...)
}

// Now implements [clouds.Host].
func (h cloudHost) Now() time.Time { return h.s.now() }

// Seal implements [clouds.Host].
func (h cloudHost) Seal(value string) string { return h.s.sealer.Seal(value) }

// Unseal implements [clouds.Host].
func (h cloudHost) Unseal(sealed string) (string, error) { return h.s.sealer.Open(sealed) }

// addClouds makes the server's clouds, which trust what the state says.
func (s *Server) addClouds() {
	host := cloudHost{s.org}
	s.aws = aws.New(host, func() *aws.State { return &s.state.Clouds.AWS })
	s.azure = azure.New(host, func() *azure.State { return &s.state.Clouds.Azure })
	s.gcp = gcp.New(host, func() *gcp.State { return &s.state.Clouds.GCP })
	s.clouds = []clouds.Cloud{s.aws, s.azure, s.gcp}
}

// cloudRoutes set up the clouds.
func (s *Server) cloudRoutes() []route {
	var routes []route
	for _, cloud := range s.clouds {
		for _, rt := range cloud.Routes() {
			serve := rt.Handle.Serve
			routes = append(routes, route{pattern: rt.Pattern, handle: rest.Handler[*call]{
				Name: rt.Handle.Name, Serve: func(c *call) error { return serve(c.Call) },
			}})
		}
	}
	return routes
}

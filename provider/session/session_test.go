package session_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
)

func ptr(s string) *string { return &s }

func TestOrganizationOr(t *testing.T) {
	t.Parallel()
	configured, bare := &session.Session{Organization: "acme"}, &session.Session{}
	for _, absent := range []*string{nil, ptr("")} {
		got, err := configured.OrganizationOr(absent)
		require.NoError(t, err)
		assert.Equal(t, "acme", got)
		_, err = bare.OrganizationOr(absent)
		require.ErrorIs(t, err, session.ErrNoOrganization)
	}
	for _, s := range []*session.Session{configured, bare} {
		got, err := s.OrganizationOr(ptr("other"))
		require.NoError(t, err)
		assert.Equal(t, "other", got)
	}
}

func TestIssuerOr(t *testing.T) {
	t.Parallel()
	client, err := cloud.New(cloud.Config{URL: "https://pulumi.acme.example/"})
	require.NoError(t, err)
	s := &session.Session{Client: client}
	assert.Equal(t, "https://pulumi.acme.example/oidc", s.IssuerOr(nil))
	assert.Equal(t, "https://pulumi.acme.example/oidc", s.IssuerOr(ptr("")))
	assert.Equal(t, "https://issuer.example", s.IssuerOr(ptr("https://issuer.example//")))
}

// Package azure is the sandbox's Azure: identities with federated credentials in any tenant, role assignments, and Key Vaults that
// decide by them. Make one with [New].
package azure

import (
	"github.com/pulumi/esc"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
)

// Cloud implements [clouds.Cloud]. Use it with the server's lock held.
type Cloud struct{ clouds.Base[State, Session] }

// New makes an Azure.
func New(host clouds.Host, state func() *State) *Cloud {
	return &Cloud{clouds.Base[State, Session]{Host: host, State: state}}
}

// Name implements [clouds.Cloud].
func (c *Cloud) Name() string { return "azure" }

// Provider implements [clouds.Cloud].
func (c *Cloud) Provider(name string, token clouds.LoginToken) (esc.Provider, bool) {
	switch name {
	case "azure-login":
		return clouds.Named(name, login{cloud: c, token: token}), true
	case "azure-secrets":
		return clouds.Named(name, secrets{cloud: c}), true
	}
	return nil, false
}

// Deploy implements [clouds.Cloud].
func (c *Cloud) Deploy(login map[string]any, token string) error {
	return c.SignIn(SignInRequest{
		ClientID:       clouds.SettingsText(login, "clientId"),
		TenantID:       clouds.SettingsText(login, "tenantId"),
		SubscriptionID: clouds.SettingsText(login, "subscriptionId"),
		Token:          token,
	})
}

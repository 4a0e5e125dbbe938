// Package gcp is the sandbox's Google Cloud: workload identity pool providers and service accounts of any project, and secrets with
// IAM policies. Make one with [New].
package gcp

import (
	"github.com/pulumi/esc"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
)

// Cloud implements [clouds.Cloud]. Use it with the server's lock held.
type Cloud struct{ clouds.Base[State, Session] }

// New makes a Google Cloud.
func New(host clouds.Host, state func() *State) *Cloud {
	return &Cloud{clouds.Base[State, Session]{Host: host, State: state}}
}

// Name implements [clouds.Cloud].
func (c *Cloud) Name() string { return "gcp" }

// Provider implements [clouds.Cloud].
func (c *Cloud) Provider(name string, token clouds.LoginToken) (esc.Provider, bool) {
	switch name {
	case "gcp-login":
		return clouds.Named(name, login{cloud: c, token: token}), true
	case "gcp-secrets":
		return clouds.Named(name, secrets{cloud: c}), true
	}
	return nil, false
}

// Deploy implements [clouds.Cloud].
func (c *Cloud) Deploy(login map[string]any, token string) error {
	lifetime, err := clouds.SettingsDuration(login, "tokenLifetime")
	if err != nil {
		return err
	}
	_, err = c.Login(LoginRequest{
		Provider: providerOf(clouds.SettingsText(login, "projectId"), clouds.SettingsText(login, "region"),
			clouds.SettingsText(login, "workloadPoolId"), clouds.SettingsText(login, "providerId")),
		ServiceAccount: clouds.SettingsText(login, "serviceAccount"),
		Token:          token,
		Lifetime:       lifetime,
	})
	return err
}

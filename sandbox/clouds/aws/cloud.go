// Package aws is the sandbox's AWS: IAM roles and OIDC providers of any account, the security token service, and the secrets and
// parameters that roles may read. Make one with [New].
package aws

import (
	"regexp"

	"github.com/pulumi/esc"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
)

// Cloud implements [clouds.Cloud]. Use it with the server's lock held.
type Cloud struct{ clouds.Base[State, Session] }

// New makes an AWS.
func New(host clouds.Host, state func() *State) *Cloud {
	return &Cloud{clouds.Base[State, Session]{Host: host, State: state}}
}

// Name implements [clouds.Cloud].
func (c *Cloud) Name() string { return "aws" }

// Provider implements [clouds.Cloud].
func (c *Cloud) Provider(name string, token clouds.LoginToken) (esc.Provider, bool) {
	if name == "aws-login" {
		return clouds.Named(name, login{cloud: c, token: token}), true
	}
	store, found := stores(c)[name]
	return clouds.Named(name, store), found
}

// deploymentVariable is what Pulumi Cloud fills in, such as ${deployment.version}.
var deploymentVariable = regexp.MustCompile(`\$\{[^}]*\}`)

// Deploy implements [clouds.Cloud].
func (c *Cloud) Deploy(login map[string]any, token string) error {
	duration, err := clouds.SettingsDuration(login, "duration")
	if err != nil {
		return err
	}
	_, err = c.AssumeRole(AssumeRoleRequest{
		RoleARN:     clouds.SettingsText(login, "roleArn"),
		SessionName: deploymentVariable.ReplaceAllString(clouds.SettingsText(login, "sessionName"), "1"),
		Token:       token,
		Duration:    duration,
	})
	return err
}

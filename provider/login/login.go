// Package login finds the Pulumi Cloud to work with and the access token for it, as the Pulumi CLI does: from a setting, the environment, or
// what `pulumi login` stored. Start at [APIURL] and [AccessToken]. The provider and the terminal tool share it.
package login

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

// APIURL is the configured address, else the one that the CLI works with: its variable, then its current login. A login
// that cannot be read is an error: a token that is given otherwise would be sent to another Pulumi Cloud than it is for.
func APIURL(configured *string, env func(string) string, logins func() (workspace.Credentials, error)) (string, error) {
	if configured != nil && *configured != "" {
		return strings.TrimRight(*configured, "/"), nil
	}
	if backend := env("PULUMI_BACKEND_URL"); isServiceURL(backend) {
		return strings.TrimRight(backend, "/"), nil
	}
	stored, err := logins()
	if err != nil {
		return "", fmt.Errorf("the address of Pulumi Cloud is unknown, because the current `pulumi login` cannot be read: %w; "+
			"set leastprivilege:apiUrl or PULUMI_BACKEND_URL, or log in again", err)
	}
	if isServiceURL(stored.Current) {
		return strings.TrimRight(stored.Current, "/"), nil
	}
	return cloud.DefaultAPIURL, nil
}

// isServiceURL reports whether a backend is Pulumi Cloud; any other keeps state and says nothing about the API.
func isServiceURL(backend string) bool {
	return strings.HasPrefix(backend, "https://") || strings.HasPrefix(backend, "http://")
}

// AccessToken returns "" when there is none: the first call that needs one says so.
func AccessToken(
	configured *string, address string, env func(string) string, stored func(string) (workspace.Account, error),
) string {
	if configured != nil && *configured != "" {
		return *configured
	}
	if token := env("PULUMI_ACCESS_TOKEN"); token != "" {
		return token
	}
	account, err := stored(address)
	if err != nil {
		return "" // unreadable credentials are as good as none; ErrNoToken names the ways to give a token
	}
	return account.AccessToken
}

package gcp

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// Routes implements [clouds.Cloud].
func (c *Cloud) Routes() []rest.Route {
	const providers, accounts, members = "/_sandbox/clouds/gcp/providers", "/_sandbox/clouds/gcp/service-accounts", "/_sandbox/clouds/gcp/members"
	const secrets = "/_sandbox/clouds/gcp/secrets"
	return []rest.Route{
		{Pattern: "POST " + providers, Handle: rest.JSON(c.putProvider)},
		{Pattern: "GET " + providers, Handle: rest.Plain(c.listProviders)},
		{Pattern: "DELETE " + providers, Handle: rest.Plain(c.deleteProvider)},
		{Pattern: "POST " + accounts, Handle: rest.JSON(c.putServiceAccount)},
		{Pattern: "GET " + accounts, Handle: rest.Plain(c.listServiceAccounts)},
		{Pattern: "DELETE " + accounts, Handle: rest.Plain(c.deleteServiceAccount)},
		{Pattern: "POST " + members, Handle: rest.JSON(c.addMember)},
		{Pattern: "DELETE " + members, Handle: rest.Plain(c.removeMember)},
		{Pattern: "POST " + secrets, Handle: rest.JSON(c.putSecret)},
		{Pattern: "GET " + secrets, Handle: rest.Plain(c.listSecrets)},
		{Pattern: "DELETE " + secrets, Handle: rest.Plain(c.deleteSecret)},
		{Pattern: "GET /_sandbox/clouds/gcp/sessions", Handle: rest.Plain(c.ListSessions)},
	}
}

// putProvider registers a provider of a workload identity pool, in the JSON of Google's API, or replaces it.
func (c *Cloud) putProvider(_ *rest.Call, provider Provider) (Provider, error) {
	if err := provider.check(); err != nil {
		return provider, rest.BadRequest("%v", err)
	}
	c.State().Providers[provider.Name] = &provider
	return provider, nil
}

func (c *Cloud) listProviders(r *rest.Call) error {
	return r.OK(map[string]any{"providers": clouds.Values(c.State().Providers)})
}

func (c *Cloud) deleteProvider(r *rest.Call) error {
	return deleteNamed(r, c.State().Providers, "provider", r.Query("name"))
}

// putServiceAccount registers a service account. Without bindings, those that it has stay.
func (c *Cloud) putServiceAccount(_ *rest.Call, account ServiceAccount) (ServiceAccount, error) {
	if err := account.check(); err != nil {
		return account, rest.BadRequest("%v", err)
	}
	accounts := c.State().ServiceAccounts
	if before, found := accounts[account.Email]; found && account.Bindings == nil {
		account.Bindings = before.Bindings
	}
	accounts[account.Email] = &account
	return account, nil
}

func (c *Cloud) listServiceAccounts(r *rest.Call) error {
	return r.OK(map[string]any{"serviceAccounts": clouds.Values(c.State().ServiceAccounts)})
}

func (c *Cloud) deleteServiceAccount(r *rest.Call) error {
	return deleteNamed(r, c.State().ServiceAccounts, "service account", r.Query("email"))
}

// Membership is one member of one role, on a service account or on a secret.
type Membership struct {
	ServiceAccount string `json:"serviceAccount,omitempty"`
	Secret         string `json:"secret,omitempty"`
	Role           string `json:"role"`
	Member         string `json:"member"`
}

func (c *Cloud) addMember(_ *rest.Call, request Membership) (map[string]any, error) {
	resource, policy, err := c.policyOf(request)
	if err != nil {
		return nil, err
	}
	if err := (Policy{{Role: request.Role, Members: []string{request.Member}}}).check(); err != nil {
		return nil, rest.BadRequest("%v", err)
	}
	policy.Bind(request.Role, request.Member)
	return map[string]any{"name": resource, "bindings": *policy}, nil
}

func (c *Cloud) removeMember(r *rest.Call) error {
	request := Membership{
		ServiceAccount: r.Query("serviceAccount"), Secret: r.Query("secret"), Role: r.Query("role"), Member: r.Query("member"),
	}
	resource, policy, err := c.policyOf(request)
	if err != nil {
		return err
	}
	if !policy.unbind(request.Role, request.Member) {
		return rest.NotFound("%s does not have %s on %s", request.Member, request.Role, resource)
	}
	return r.NoContent()
}

// policyOf is the IAM policy on what a membership is about, and what that is called.
func (c *Cloud) policyOf(of Membership) (string, *Policy, error) {
	if of.Secret != "" {
		if secret, found := c.State().Secrets[of.Secret]; found {
			return of.Secret, &secret.Bindings, nil
		}
		return "", nil, rest.NotFound("the sandbox's Google has no secret '%s'", of.Secret)
	}
	if account, found := c.State().ServiceAccounts[of.ServiceAccount]; found {
		return of.ServiceAccount, &account.Bindings, nil
	}
	return "", nil, rest.NotFound("the sandbox's Google has no service account '%s'", of.ServiceAccount)
}

func deleteNamed[V any](r *rest.Call, all map[string]V, kind, name string) error {
	if _, found := all[name]; !found {
		return rest.NotFound("the sandbox's Google has no %s '%s'", kind, name)
	}
	delete(all, name)
	return r.NoContent()
}

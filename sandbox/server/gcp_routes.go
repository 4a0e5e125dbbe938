package server

import "github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"

// gcpControlRoutes set up the sandbox's Google.
func (s *Server) gcpControlRoutes() []route {
	const providers, accounts, members = "/_sandbox/clouds/gcp/providers", "/_sandbox/clouds/gcp/service-accounts", "/_sandbox/clouds/gcp/members"
	const secrets = "/_sandbox/clouds/gcp/secrets"
	return []route{
		{pattern: "POST " + providers, handle: rest.JSON((*call).putGCPProvider)},
		{pattern: "GET " + providers, handle: rest.Plain((*call).listGCPProviders)},
		{pattern: "DELETE " + providers, handle: rest.Plain((*call).deleteGCPProvider)},
		{pattern: "POST " + accounts, handle: rest.JSON((*call).putGCPServiceAccount)},
		{pattern: "GET " + accounts, handle: rest.Plain((*call).listGCPServiceAccounts)},
		{pattern: "DELETE " + accounts, handle: rest.Plain((*call).deleteGCPServiceAccount)},
		{pattern: "POST " + members, handle: rest.JSON((*call).addGCPMember)},
		{pattern: "DELETE " + members, handle: rest.Plain((*call).removeGCPMember)},
		{pattern: "POST " + secrets, handle: rest.JSON((*call).putGCPSecret)},
		{pattern: "GET " + secrets, handle: rest.Plain((*call).listGCPSecrets)},
		{pattern: "DELETE " + secrets, handle: rest.Plain((*call).deleteGCPSecret)},
		{pattern: "GET /_sandbox/clouds/gcp/sessions", handle: rest.Plain((*call).listGCPSessions)},
	}
}

// putGCPProvider registers a provider of a workload identity pool, in the JSON of Google's API, or replaces it.
func (c *call) putGCPProvider(provider gcpProvider) (gcpProvider, error) {
	if err := provider.check(); err != nil {
		return provider, rest.BadRequest("%v", err)
	}
	c.s.st.Clouds.GCP.Providers[provider.Name] = &provider
	return provider, nil
}

func (c *call) listGCPProviders() error {
	return c.OK(map[string]any{"providers": sortedValues(c.s.st.Clouds.GCP.Providers)})
}

func (c *call) deleteGCPProvider() error {
	return deleteNamed(c, c.s.st.Clouds.GCP.Providers, "provider", c.Query("name"))
}

// putGCPServiceAccount registers a service account. Without bindings, those that it has stay.
func (c *call) putGCPServiceAccount(account gcpServiceAccount) (gcpServiceAccount, error) {
	if err := account.check(); err != nil {
		return account, rest.BadRequest("%v", err)
	}
	accounts := c.s.st.Clouds.GCP.ServiceAccounts
	if before, found := accounts[account.Email]; found && account.Bindings == nil {
		account.Bindings = before.Bindings
	}
	accounts[account.Email] = &account
	return account, nil
}

func (c *call) listGCPServiceAccounts() error {
	return c.OK(map[string]any{"serviceAccounts": sortedValues(c.s.st.Clouds.GCP.ServiceAccounts)})
}

func (c *call) deleteGCPServiceAccount() error {
	return deleteNamed(c, c.s.st.Clouds.GCP.ServiceAccounts, "service account", c.Query("email"))
}

// gcpMembership is one member of one role, on a service account or on a secret.
type gcpMembership struct {
	ServiceAccount string `json:"serviceAccount,omitempty"`
	Secret         string `json:"secret,omitempty"`
	Role           string `json:"role"`
	Member         string `json:"member"`
}

func (c *call) addGCPMember(request gcpMembership) (map[string]any, error) {
	resource, policy, err := c.gcpPolicyOf(request)
	if err != nil {
		return nil, err
	}
	if err := (gcpPolicy{{Role: request.Role, Members: []string{request.Member}}}).check(); err != nil {
		return nil, rest.BadRequest("%v", err)
	}
	policy.bind(request.Role, request.Member)
	return map[string]any{"name": resource, "bindings": *policy}, nil
}

func (c *call) removeGCPMember() error {
	request := gcpMembership{
		ServiceAccount: c.Query("serviceAccount"), Secret: c.Query("secret"), Role: c.Query("role"), Member: c.Query("member"),
	}
	resource, policy, err := c.gcpPolicyOf(request)
	if err != nil {
		return err
	}
	if !policy.unbind(request.Role, request.Member) {
		return rest.NotFound("%s does not have %s on %s", request.Member, request.Role, resource)
	}
	return c.NoContent()
}

// gcpPolicyOf is the IAM policy on what a membership is about, and what that is called.
func (c *call) gcpPolicyOf(of gcpMembership) (string, *gcpPolicy, error) {
	if of.Secret != "" {
		if secret, found := c.s.st.Clouds.GCP.Secrets[of.Secret]; found {
			return of.Secret, &secret.Bindings, nil
		}
		return "", nil, rest.NotFound("the sandbox's Google has no secret '%s'", of.Secret)
	}
	if account, found := c.s.st.Clouds.GCP.ServiceAccounts[of.ServiceAccount]; found {
		return of.ServiceAccount, &account.Bindings, nil
	}
	return "", nil, rest.NotFound("the sandbox's Google has no service account '%s'", of.ServiceAccount)
}

// listGCPSessions answers with the access tokens that were given out, oldest first, without the tokens.
func (c *call) listGCPSessions() error {
	return c.OK(map[string]any{"sessions": append([]gcpSession{}, c.s.esc.gcpSessions...)})
}

func deleteNamed[V any](c *call, all map[string]V, kind, name string) error {
	if _, found := all[name]; !found {
		return rest.NotFound("the sandbox's Google has no %s '%s'", kind, name)
	}
	delete(all, name)
	return c.NoContent()
}

func sortedValues[V any](all map[string]V) []V {
	values := make([]V, 0, len(all))
	for _, key := range sortedKeys(all) {
		values = append(values, all[key])
	}
	return values
}

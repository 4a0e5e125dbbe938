package server

import "github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"

// gcpControlRoutes set up the sandbox's Google.
func (s *Server) gcpControlRoutes() []route {
	const providers, accounts, members = "/_sandbox/clouds/gcp/providers", "/_sandbox/clouds/gcp/service-accounts", "/_sandbox/clouds/gcp/members"
	const secrets = "/_sandbox/clouds/gcp/secrets"
	return []route{
		{pattern: "POST " + providers, handle: (*call).putGCPProvider},
		{pattern: "GET " + providers, handle: (*call).listGCPProviders},
		{pattern: "DELETE " + providers, handle: (*call).deleteGCPProvider},
		{pattern: "POST " + accounts, handle: (*call).putGCPServiceAccount},
		{pattern: "GET " + accounts, handle: (*call).listGCPServiceAccounts},
		{pattern: "DELETE " + accounts, handle: (*call).deleteGCPServiceAccount},
		{pattern: "POST " + members, handle: (*call).addGCPMember},
		{pattern: "DELETE " + members, handle: (*call).removeGCPMember},
		{pattern: "POST " + secrets, handle: (*call).putGCPSecret},
		{pattern: "GET " + secrets, handle: (*call).listGCPSecrets},
		{pattern: "DELETE " + secrets, handle: (*call).deleteGCPSecret},
		{pattern: "GET /_sandbox/clouds/gcp/sessions", handle: (*call).listGCPSessions},
	}
}

// putGCPProvider registers a provider of a workload identity pool, in the JSON of Google's API, or replaces it.
func (c *call) putGCPProvider() error {
	provider := &gcpProvider{}
	if err := c.Decode(provider); err != nil {
		return err
	}
	if err := provider.check(); err != nil {
		return rest.BadRequest("%v", err)
	}
	c.s.st.Clouds.GCP.Providers[provider.Name] = provider
	return c.OK(provider)
}

func (c *call) listGCPProviders() error {
	return c.OK(map[string]any{"providers": sortedValues(c.s.st.Clouds.GCP.Providers)})
}

func (c *call) deleteGCPProvider() error {
	return deleteNamed(c, c.s.st.Clouds.GCP.Providers, "provider", c.Query("name"))
}

// putGCPServiceAccount registers a service account. Without bindings, those that it has stay.
func (c *call) putGCPServiceAccount() error {
	account := &gcpServiceAccount{}
	if err := c.Decode(account); err != nil {
		return err
	}
	if err := account.check(); err != nil {
		return rest.BadRequest("%v", err)
	}
	accounts := c.s.st.Clouds.GCP.ServiceAccounts
	if before, found := accounts[account.Email]; found && account.Bindings == nil {
		account.Bindings = before.Bindings
	}
	accounts[account.Email] = account
	return c.OK(account)
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

func (c *call) addGCPMember() error {
	var request gcpMembership
	if err := c.Decode(&request); err != nil {
		return err
	}
	resource, policy, err := c.gcpPolicyOf(request)
	if err != nil {
		return err
	}
	if err := (gcpPolicy{{Role: request.Role, Members: []string{request.Member}}}).check(); err != nil {
		return rest.BadRequest("%v", err)
	}
	policy.bind(request.Role, request.Member)
	return c.OK(map[string]any{"name": resource, "bindings": *policy})
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

package server

// gcpControlRoutes set up the sandbox's Google.
func (s *Server) gcpControlRoutes() []route {
	const providers, accounts, members = "/_sandbox/clouds/gcp/providers", "/_sandbox/clouds/gcp/service-accounts", "/_sandbox/clouds/gcp/members"
	return []route{
		{pattern: "POST " + providers, handle: (*call).putGCPProvider},
		{pattern: "GET " + providers, handle: (*call).listGCPProviders},
		{pattern: "DELETE " + providers, handle: (*call).deleteGCPProvider},
		{pattern: "POST " + accounts, handle: (*call).putGCPServiceAccount},
		{pattern: "GET " + accounts, handle: (*call).listGCPServiceAccounts},
		{pattern: "DELETE " + accounts, handle: (*call).deleteGCPServiceAccount},
		{pattern: "POST " + members, handle: (*call).addGCPMember},
		{pattern: "DELETE " + members, handle: (*call).removeGCPMember},
		{pattern: "GET /_sandbox/clouds/gcp/sessions", handle: (*call).listGCPSessions},
	}
}

// putGCPProvider registers a provider of a workload identity pool, in the JSON of Google's API, or replaces it.
func (c *call) putGCPProvider() error {
	provider := &gcpProvider{}
	if err := c.decode(provider); err != nil {
		return err
	}
	if err := provider.check(); err != nil {
		return badRequest("%v", err)
	}
	c.s.st.Clouds.GCP.Providers[provider.Name] = provider
	return c.ok(provider)
}

func (c *call) listGCPProviders() error {
	return c.ok(map[string]any{"providers": sortedValues(c.s.st.Clouds.GCP.Providers)})
}

func (c *call) deleteGCPProvider() error {
	return deleteNamed(c, c.s.st.Clouds.GCP.Providers, "provider", c.query("name"))
}

// putGCPServiceAccount registers a service account. Without bindings, those that it has stay.
func (c *call) putGCPServiceAccount() error {
	account := &gcpServiceAccount{}
	if err := c.decode(account); err != nil {
		return err
	}
	if err := account.check(); err != nil {
		return badRequest("%v", err)
	}
	accounts := c.s.st.Clouds.GCP.ServiceAccounts
	if before, found := accounts[account.Email]; found && account.Bindings == nil {
		account.Bindings = before.Bindings
	}
	accounts[account.Email] = account
	return c.ok(account)
}

func (c *call) listGCPServiceAccounts() error {
	return c.ok(map[string]any{"serviceAccounts": sortedValues(c.s.st.Clouds.GCP.ServiceAccounts)})
}

func (c *call) deleteGCPServiceAccount() error {
	return deleteNamed(c, c.s.st.Clouds.GCP.ServiceAccounts, "service account", c.query("email"))
}

// gcpMembership is one member of one role on a service account.
type gcpMembership struct {
	ServiceAccount string `json:"serviceAccount"`
	Role           string `json:"role"`
	Member         string `json:"member"`
}

func (c *call) addGCPMember() error {
	var request gcpMembership
	if err := c.decode(&request); err != nil {
		return err
	}
	account, err := c.gcpServiceAccount(request.ServiceAccount)
	if err != nil {
		return err
	}
	added := &gcpServiceAccount{Email: account.Email, Bindings: []gcpBinding{{Role: request.Role, Members: []string{request.Member}}}}
	if err := added.check(); err != nil {
		return badRequest("%v", err)
	}
	account.bind(request.Role, request.Member)
	return c.ok(account)
}

func (c *call) removeGCPMember() error {
	account, err := c.gcpServiceAccount(c.query("serviceAccount"))
	if err != nil {
		return err
	}
	if !account.unbind(c.query("role"), c.query("member")) {
		return notFound("%s does not have %s on service account '%s'", c.query("member"), c.query("role"), account.Email)
	}
	return c.noContent()
}

func (c *call) gcpServiceAccount(email string) (*gcpServiceAccount, error) {
	account, found := c.s.st.Clouds.GCP.ServiceAccounts[email]
	if !found {
		return nil, notFound("the sandbox's Google has no service account '%s'", email)
	}
	return account, nil
}

// listGCPSessions answers with the access tokens that were given out, oldest first, without the tokens.
func (c *call) listGCPSessions() error {
	return c.ok(map[string]any{"sessions": append([]gcpSession{}, c.s.esc.gcpSessions...)})
}

func deleteNamed[V any](c *call, all map[string]V, kind, name string) error {
	if _, found := all[name]; !found {
		return notFound("the sandbox's Google has no %s '%s'", kind, name)
	}
	delete(all, name)
	return c.noContent()
}

func sortedValues[V any](all map[string]V) []V {
	values := make([]V, 0, len(all))
	for _, key := range sortedKeys(all) {
		values = append(values, all[key])
	}
	return values
}

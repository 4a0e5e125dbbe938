package gcp

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// State holds the objects of the sandbox's Google Cloud.
type State struct {
	Providers       map[string]*Provider       `json:"providers"`       // by resource name
	ServiceAccounts map[string]*ServiceAccount `json:"serviceAccounts"` // by email
	Secrets         map[string]*Secret         `json:"secrets"`         // by resource name
}

// Provider is a provider of a workload identity pool, in the JSON of Google's API.
type Provider struct {
	Name     string `json:"name"`
	Disabled bool   `json:"disabled,omitempty"`
	oidc.GoogleWorkloadIdentity
}

// ServiceAccount is a service account and the IAM policy on it.
type ServiceAccount struct {
	Email string `json:"email"`
	// LongLifetime is set where an organization policy lets its tokens live longer than an hour.
	LongLifetime bool   `json:"longLifetime,omitempty"`
	Bindings     Policy `json:"bindings"`
}

// Fill makes what is missing.
func (c *State) Fill() {
	clouds.Fill(&c.Providers)
	clouds.Fill(&c.ServiceAccounts)
	clouds.Fill(&c.Secrets)
}

// Check refuses a restored state that would break handlers later.
func (c *State) Check() error {
	for name, v := range c.Providers {
		if v == nil || v.Name != name {
			return rest.BadRequest("clouds.gcp.providers[%q] is not a provider of that name", name)
		}
		if err := v.check(); err != nil {
			return rest.BadRequest("clouds.gcp.providers[%q].%v", name, err)
		}
	}
	for email, v := range c.ServiceAccounts {
		if v == nil || v.Email != email {
			return rest.BadRequest("clouds.gcp.serviceAccounts[%q] is not a service account of that email", email)
		}
		if err := v.check(); err != nil {
			return rest.BadRequest("clouds.gcp.serviceAccounts[%q].%v", email, err)
		}
	}
	for name, v := range c.Secrets {
		if v == nil || v.Name != name {
			return rest.BadRequest("clouds.gcp.secrets[%q] is not a secret of that name", name)
		}
		if err := v.check(); err != nil {
			return rest.BadRequest("clouds.gcp.secrets[%q].%v", name, err)
		}
	}
	return nil
}

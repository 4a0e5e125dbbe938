package aws

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// Routes implements [clouds.Cloud].
func (c *Cloud) Routes() []rest.Route {
	return []rest.Route{
		{Pattern: "POST /_sandbox/clouds/aws/roles", Handle: rest.JSON(c.putRole)},
		{Pattern: "GET /_sandbox/clouds/aws/roles", Handle: rest.Plain(c.listRoles)},
		{Pattern: "DELETE /_sandbox/clouds/aws/roles", Handle: rest.Plain(c.deleteRole)},
		{Pattern: "PUT /_sandbox/clouds/aws/roles/policies", Handle: rest.JSON(c.putPolicy)},
		{Pattern: "DELETE /_sandbox/clouds/aws/roles/policies", Handle: rest.Plain(c.deletePolicy)},
		{Pattern: "PUT /_sandbox/clouds/aws/roles/managed-policies", Handle: rest.JSON(c.putManagedPolicies)},
		{Pattern: "POST /_sandbox/clouds/aws/oidc-providers", Handle: rest.JSON(c.createProvider)},
		{Pattern: "PUT /_sandbox/clouds/aws/oidc-providers", Handle: rest.JSON(c.updateProvider)},
		{Pattern: "GET /_sandbox/clouds/aws/oidc-providers", Handle: rest.Plain(c.listProviders)},
		{Pattern: "DELETE /_sandbox/clouds/aws/oidc-providers", Handle: rest.Plain(c.deleteProvider)},
		{Pattern: "POST /_sandbox/clouds/aws/secrets", Handle: rest.JSON(c.putSecret)},
		{Pattern: "POST /_sandbox/clouds/aws/parameters", Handle: rest.JSON(c.putParameter)},
		{Pattern: "GET /_sandbox/clouds/aws/sessions", Handle: rest.Plain(c.ListSessions)},
	}
}

type putRoleRequest struct {
	ARN                 string            `json:"arn"`
	TrustPolicy         json.RawMessage   `json:"trustPolicy"`
	MaxSessionDuration  int               `json:"maxSessionDuration"`
	PermissionsBoundary string            `json:"permissionsBoundary"`
	Tags                map[string]string `json:"tags"`
}

// putRole registers a role, or replaces everything of it but its policies.
func (c *Cloud) putRole(_ *rest.Call, request putRoleRequest) (*Role, error) {
	role := &Role{
		ARN: request.ARN, TrustPolicy: clouds.Document(request.TrustPolicy), MaxSessionDuration: request.MaxSessionDuration,
		PermissionsBoundary: request.PermissionsBoundary, Tags: request.Tags,
	}
	if err := role.check(); err != nil {
		return nil, rest.BadRequest("%v", err)
	}
	if before, found := c.State().Roles[role.ARN]; found {
		role.Policies, role.ManagedPolicies = before.Policies, before.ManagedPolicies
	}
	c.State().Roles[role.ARN] = role
	return role, nil
}

func (c *Cloud) listRoles(r *rest.Call) error {
	return r.OK(map[string]any{"roles": clouds.Values(c.State().Roles)})
}

// deleteRole deletes a role with its policies. Unlike AWS, it does not require that the policies are deleted first.
func (c *Cloud) deleteRole(r *rest.Call) error {
	role, err := c.role(r.Query("arn"))
	if err != nil {
		return err
	}
	delete(c.State().Roles, role.ARN)
	return r.NoContent()
}

func (c *Cloud) role(arn string) (*Role, error) {
	role, found := c.State().Roles[arn]
	if !found {
		return nil, rest.NotFound("the sandbox's AWS has no role '%s'", arn)
	}
	return role, nil
}

type putPolicyRequest struct {
	Role   string          `json:"role"` // its ARN
	Name   string          `json:"name"`
	Policy json.RawMessage `json:"policy"`
}

// putPolicy sets one inline policy of a role.
func (c *Cloud) putPolicy(_ *rest.Call, request putPolicyRequest) (*Role, error) {
	role, err := c.role(request.Role)
	if err != nil {
		return nil, err
	}
	policy := clouds.Document(request.Policy)
	if _, err := oidc.ParseAWSPermissionPolicy(policy); err != nil {
		return nil, rest.BadRequest("MalformedPolicyDocument: policy: %v", err)
	}
	clouds.Fill(&role.Policies)
	role.Policies[request.Name] = policy
	return role, nil
}

func (c *Cloud) deletePolicy(r *rest.Call) error {
	role, err := c.role(r.Query("role"))
	if err != nil {
		return err
	}
	if _, found := role.Policies[r.Query("name")]; !found {
		return rest.NotFound("the role '%s' has no inline policy '%s'", role.ARN, r.Query("name"))
	}
	delete(role.Policies, r.Query("name"))
	return r.NoContent()
}

type putManagedPoliciesRequest struct {
	Role       string   `json:"role"`
	PolicyARNs []string `json:"policyArns"`
}

// putManagedPolicies sets which managed policies a role has.
func (c *Cloud) putManagedPolicies(_ *rest.Call, request putManagedPoliciesRequest) (*Role, error) {
	role, err := c.role(request.Role)
	if err != nil {
		return nil, err
	}
	role.ManagedPolicies = slices.Sorted(slices.Values(request.PolicyARNs))
	return role, nil
}

type providerRequest struct {
	Account   string   `json:"account"`
	Partition string   `json:"partition"` // default: aws
	URL       string   `json:"url"`
	ClientIDs []string `json:"clientIds"`
}

func (r providerRequest) provider() (*OIDCProvider, error) {
	provider, err := newOIDCProvider(cmp.Or(r.Partition, arn.Default), r.Account, r.URL, r.ClientIDs)
	if err != nil {
		return nil, rest.BadRequest("%v", err)
	}
	return provider, nil
}

// createProvider refuses a second provider for one issuer and account, as AWS does.
func (c *Cloud) createProvider(_ *rest.Call, request providerRequest) (*OIDCProvider, error) {
	provider, err := request.provider()
	if err != nil {
		return nil, err
	}
	if _, found := c.State().Providers[provider.ARN]; found {
		return nil, &rest.Error{Code: http.StatusConflict, Message: fmt.Sprintf(
			"EntityAlreadyExists: Provider with url %s already exists.", provider.URL)}
	}
	c.State().Providers[provider.ARN] = provider
	return provider, nil
}

func (c *Cloud) updateProvider(_ *rest.Call, request providerRequest) (*OIDCProvider, error) {
	provider, err := request.provider()
	if err != nil {
		return nil, err
	}
	if _, found := c.State().Providers[provider.ARN]; !found {
		return nil, rest.NotFound("the sandbox's AWS has no OIDC provider '%s'", provider.ARN)
	}
	c.State().Providers[provider.ARN] = provider
	return provider, nil
}

func (c *Cloud) listProviders(r *rest.Call) error {
	return r.OK(map[string]any{"providers": clouds.Values(c.State().Providers)})
}

func (c *Cloud) deleteProvider(r *rest.Call) error {
	name := r.Query("arn")
	if _, found := c.State().Providers[name]; !found {
		return rest.NotFound("the sandbox's AWS has no OIDC provider '%s'", name)
	}
	delete(c.State().Providers, name)
	return r.NoContent()
}

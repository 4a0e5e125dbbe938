package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// awsControlRoutes set up the sandbox's AWS.
func (s *Server) awsControlRoutes() []route {
	return []route{
		{pattern: "POST /_sandbox/clouds/aws/roles", handle: rest.JSON((*call).putAWSRole)},
		{pattern: "GET /_sandbox/clouds/aws/roles", handle: rest.Plain((*call).listAWSRoles)},
		{pattern: "DELETE /_sandbox/clouds/aws/roles", handle: rest.Plain((*call).deleteAWSRole)},
		{pattern: "PUT /_sandbox/clouds/aws/roles/policies", handle: rest.JSON((*call).putAWSPolicy)},
		{pattern: "DELETE /_sandbox/clouds/aws/roles/policies", handle: rest.Plain((*call).deleteAWSPolicy)},
		{pattern: "PUT /_sandbox/clouds/aws/roles/managed-policies", handle: rest.JSON((*call).putAWSManagedPolicies)},
		{pattern: "POST /_sandbox/clouds/aws/oidc-providers", handle: rest.JSON((*call).createAWSProvider)},
		{pattern: "PUT /_sandbox/clouds/aws/oidc-providers", handle: rest.JSON((*call).updateAWSProvider)},
		{pattern: "GET /_sandbox/clouds/aws/oidc-providers", handle: rest.Plain((*call).listAWSProviders)},
		{pattern: "DELETE /_sandbox/clouds/aws/oidc-providers", handle: rest.Plain((*call).deleteAWSProvider)},
		{pattern: "POST /_sandbox/clouds/aws/secrets", handle: rest.JSON((*call).putAWSSecret)},
		{pattern: "POST /_sandbox/clouds/aws/parameters", handle: rest.JSON((*call).putAWSParameter)},
		{pattern: "GET /_sandbox/clouds/aws/sessions", handle: rest.Plain((*call).listAWSSessions)},
	}
}

func (c *call) aws() *awsCloud { return &c.s.st.Clouds.AWS }

type putAWSRoleRequest struct {
	ARN                 string            `json:"arn"`
	TrustPolicy         json.RawMessage   `json:"trustPolicy"`
	MaxSessionDuration  int               `json:"maxSessionDuration"`
	PermissionsBoundary string            `json:"permissionsBoundary"`
	Tags                map[string]string `json:"tags"`
}

// putAWSRole registers a role, or replaces everything of it but its policies.
func (c *call) putAWSRole(request putAWSRoleRequest) (*awsRole, error) {
	role := &awsRole{
		ARN: request.ARN, TrustPolicy: policyDocument(request.TrustPolicy), MaxSessionDuration: request.MaxSessionDuration,
		PermissionsBoundary: request.PermissionsBoundary, Tags: request.Tags,
	}
	if err := role.check(); err != nil {
		return nil, rest.BadRequest("%v", err)
	}
	if before, found := c.aws().Roles[role.ARN]; found {
		role.Policies, role.ManagedPolicies = before.Policies, before.ManagedPolicies
	}
	c.aws().Roles[role.ARN] = role
	return role, nil
}

// policyDocument takes a policy as a JSON object or, as programs output it, as text that holds one.
func policyDocument(sent json.RawMessage) json.RawMessage {
	var text string
	if json.Unmarshal(sent, &text) == nil {
		sent = json.RawMessage(text)
	}
	var compact bytes.Buffer
	if json.Compact(&compact, sent) != nil {
		return sent
	}
	return compact.Bytes()
}

func (c *call) listAWSRoles() error {
	return c.OK(map[string]any{"roles": inOrder(c.aws().Roles)})
}

func inOrder[V any](from map[string]*V) []*V {
	all := []*V{}
	for _, key := range sortedKeys(from) {
		all = append(all, from[key])
	}
	return all
}

// deleteAWSRole forgets a role with its policies: of who deletes it, and in which order, the sandbox has no opinion.
func (c *call) deleteAWSRole() error {
	role, err := c.awsRole(c.Query("arn"))
	if err != nil {
		return err
	}
	delete(c.aws().Roles, role.ARN)
	return c.NoContent()
}

func (c *call) awsRole(arn string) (*awsRole, error) {
	role, found := c.aws().Roles[arn]
	if !found {
		return nil, rest.NotFound("the sandbox's AWS has no role '%s'", arn)
	}
	return role, nil
}

type putAWSPolicyRequest struct {
	Role   string          `json:"role"` // its ARN
	Name   string          `json:"name"`
	Policy json.RawMessage `json:"policy"`
}

// putAWSPolicy sets one inline policy of a role.
func (c *call) putAWSPolicy(request putAWSPolicyRequest) (*awsRole, error) {
	role, err := c.awsRole(request.Role)
	if err != nil {
		return nil, err
	}
	policy := policyDocument(request.Policy)
	if _, err := oidc.ParseAWSPermissionPolicy(policy); err != nil {
		return nil, rest.BadRequest("MalformedPolicyDocument: policy: %v", err)
	}
	role.Policies = orEmpty(role.Policies)
	role.Policies[request.Name] = policy
	return role, nil
}

func (c *call) deleteAWSPolicy() error {
	role, err := c.awsRole(c.Query("role"))
	if err != nil {
		return err
	}
	if _, found := role.Policies[c.Query("name")]; !found {
		return rest.NotFound("the role '%s' has no inline policy '%s'", role.ARN, c.Query("name"))
	}
	delete(role.Policies, c.Query("name"))
	return c.NoContent()
}

type putAWSManagedPoliciesRequest struct {
	Role       string   `json:"role"`
	PolicyARNs []string `json:"policyArns"`
}

// putAWSManagedPolicies sets which managed policies a role has.
func (c *call) putAWSManagedPolicies(request putAWSManagedPoliciesRequest) (*awsRole, error) {
	role, err := c.awsRole(request.Role)
	if err != nil {
		return nil, err
	}
	role.ManagedPolicies = slices.Sorted(slices.Values(request.PolicyARNs))
	return role, nil
}

type awsProviderRequest struct {
	Account   string   `json:"account"`
	Partition string   `json:"partition"` // default: aws
	URL       string   `json:"url"`
	ClientIDs []string `json:"clientIds"`
}

func (r awsProviderRequest) provider() (*awsOIDCProvider, error) {
	provider, err := newAWSOIDCProvider(firstNonEmpty(r.Partition, arn.Default), r.Account, r.URL, r.ClientIDs)
	if err != nil {
		return nil, rest.BadRequest("%v", err)
	}
	return provider, nil
}

// createAWSProvider refuses a second provider for one issuer and account, as AWS does.
func (c *call) createAWSProvider(request awsProviderRequest) (*awsOIDCProvider, error) {
	provider, err := request.provider()
	if err != nil {
		return nil, err
	}
	if _, found := c.aws().Providers[provider.ARN]; found {
		return nil, &rest.Error{Code: http.StatusConflict, Message: fmt.Sprintf(
			"EntityAlreadyExists: Provider with url %s already exists.", provider.URL)}
	}
	c.aws().Providers[provider.ARN] = provider
	return provider, nil
}

func (c *call) updateAWSProvider(request awsProviderRequest) (*awsOIDCProvider, error) {
	provider, err := request.provider()
	if err != nil {
		return nil, err
	}
	if _, found := c.aws().Providers[provider.ARN]; !found {
		return nil, rest.NotFound("the sandbox's AWS has no OIDC provider '%s'", provider.ARN)
	}
	c.aws().Providers[provider.ARN] = provider
	return provider, nil
}

func (c *call) listAWSProviders() error {
	return c.OK(map[string]any{"providers": inOrder(c.aws().Providers)})
}

func (c *call) deleteAWSProvider() error {
	name := c.Query("arn")
	if _, found := c.aws().Providers[name]; !found {
		return rest.NotFound("the sandbox's AWS has no OIDC provider '%s'", name)
	}
	delete(c.aws().Providers, name)
	return c.NoContent()
}

// listAWSSessions answers with the roles that were assumed, oldest first, without credentials.
func (c *call) listAWSSessions() error {
	return c.OK(map[string]any{"sessions": append([]awsSession{}, c.s.esc.awsSessions...)})
}

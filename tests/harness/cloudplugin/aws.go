package cloudplugin

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v7/go/aws/iam"
)

// awsAccount is the account in which the stand-in makes things.
const awsAccount = "123456789012"

var awsResources = registry{
	"aws:iam/role:Role": {
		args: iam.RoleArgs{}, required: []string{"assumeRolePolicy"}, named: "name", fixed: []string{"path"},
		create: createRole, remove: removeRole,
	},
	"aws:iam/rolePolicy:RolePolicy": {
		args: iam.RolePolicyArgs{}, required: []string{"policy", "role"}, named: "name", fixed: []string{"role"},
		create: createRolePolicy, remove: removeRolePolicy,
	},
	"aws:iam/rolePoliciesExclusive:RolePoliciesExclusive": {
		args: iam.RolePoliciesExclusiveArgs{}, fixed: []string{"roleName"},
		create: ownRolePolicies, read: readRolePolicies,
	},
	"aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive": {
		args: iam.RolePolicyAttachmentsExclusiveArgs{}, required: []string{"policyArns"}, fixed: []string{"roleName"},
		create: ownRoleAttachments, read: readRoleAttachments,
	},
	"aws:iam/openIdConnectProvider:OpenIdConnectProvider": {
		args: iam.OpenIdConnectProviderArgs{}, required: []string{"clientIdLists"}, fixed: []string{"url"},
		create: createOIDCProvider, update: updateOIDCProvider, remove: removeOIDCProvider,
	},
}

func createRole(ctx context.Context, in cloud, inputs values) (string, map[string]any, error) {
	arn := roleARN(inputs)
	err := in.send(ctx, http.MethodPost, "aws/roles", map[string]any{
		"arn": arn, "trustPolicy": json.RawMessage(inputs.text("assumeRolePolicy")),
		"maxSessionDuration": inputs.of("maxSessionDuration"), "permissionsBoundary": inputs.text("permissionsBoundary"),
		"tags": inputs.of("tags"),
	}, nil)
	return inputs.text("name"), map[string]any{"arn": arn}, err
}

func roleARN(inputs values) string {
	path := inputs.text("path")
	if path == "" {
		path = "/"
	}
	return "arn:aws:iam::" + awsAccount + ":role" + path + inputs.text("name")
}

func removeRole(ctx context.Context, in cloud, _ string, state values) error {
	return in.send(ctx, http.MethodDelete, "aws/roles?arn="+url.QueryEscape(state.text("arn")), nil, nil)
}

// role is a role of the sandbox's AWS.
type role struct {
	ARN             string                     `json:"arn"`
	Policies        map[string]json.RawMessage `json:"policies"`
	ManagedPolicies []string                   `json:"managedPolicies"`
}

// roleNamed finds a role by its name, which is unique in an account whatever its path.
func roleNamed(ctx context.Context, in cloud, name string) (role, error) {
	var listed struct {
		Roles []role `json:"roles"`
	}
	if err := in.send(ctx, http.MethodGet, "aws/roles", nil, &listed); err != nil {
		return role{}, err
	}
	for _, r := range listed.Roles {
		if strings.HasPrefix(r.ARN, "arn:aws:iam::"+awsAccount+":") && strings.HasSuffix(r.ARN, "/"+name) {
			return r, nil
		}
	}
	return role{}, errGone{"there is no role " + name}
}

func createRolePolicy(ctx context.Context, in cloud, inputs values) (string, map[string]any, error) {
	r, err := roleNamed(ctx, in, inputs.text("role"))
	if err != nil {
		return "", nil, err
	}
	name := inputs.text("name")
	err = in.send(ctx, http.MethodPut, "aws/roles/policies", map[string]any{
		"role": r.ARN, "name": name, "policy": json.RawMessage(inputs.text("policy")),
	}, nil)
	return inputs.text("role") + ":" + name, nil, err
}

func removeRolePolicy(ctx context.Context, in cloud, _ string, state values) error {
	r, err := roleNamed(ctx, in, state.text("role"))
	if err != nil {
		return err
	}
	return removeInline(ctx, in, r.ARN, state.text("name"))
}

func removeInline(ctx context.Context, in cloud, arn, name string) error {
	query := url.Values{"role": {arn}, "name": {name}}
	return in.send(ctx, http.MethodDelete, "aws/roles/policies?"+query.Encode(), nil, nil)
}

// ownRolePolicies removes the inline policies that are not listed, as the official resource does.
func ownRolePolicies(ctx context.Context, in cloud, inputs values) (string, map[string]any, error) {
	r, err := roleNamed(ctx, in, inputs.text("roleName"))
	if err != nil {
		return "", nil, err
	}
	wanted, _ := inputs.of("policyNames").([]any)
	for name := range r.Policies {
		if slices.Contains(wanted, any(name)) {
			continue
		}
		if err := removeInline(ctx, in, r.ARN, name); err != nil {
			return "", nil, err
		}
	}
	return inputs.text("roleName"), nil, nil
}

func readRolePolicies(ctx context.Context, in cloud, id string, state values) (map[string]any, error) {
	r, err := roleNamed(ctx, in, id)
	if err != nil {
		return nil, err
	}
	return map[string]any{"policyNames": sameSet(state.of("policyNames"), slices.Sorted(maps.Keys(r.Policies)))}, nil
}

func ownRoleAttachments(ctx context.Context, in cloud, inputs values) (string, map[string]any, error) {
	r, err := roleNamed(ctx, in, inputs.text("roleName"))
	if err != nil {
		return "", nil, err
	}
	return inputs.text("roleName"), nil, in.send(ctx, http.MethodPut, "aws/roles/managed-policies",
		map[string]any{"role": r.ARN, "policyArns": inputs.of("policyArns")}, nil)
}

func readRoleAttachments(ctx context.Context, in cloud, id string, state values) (map[string]any, error) {
	r, err := roleNamed(ctx, in, id)
	if err != nil {
		return nil, err
	}
	return map[string]any{"policyArns": sameSet(state.of("policyArns"), r.ManagedPolicies)}, nil
}

// sameSet is a sorted set as it is in the cloud, in the order that the state has where that is the same set.
func sameSet(state any, found []string) []any {
	var before []string
	list, _ := state.([]any)
	for _, element := range list {
		text, _ := element.(string)
		before = append(before, text)
	}
	if slices.Equal(slices.Sorted(slices.Values(before)), found) {
		return list
	}
	set := []any{}
	for _, text := range found {
		set = append(set, text)
	}
	return set
}

func oidcProvider(inputs values) map[string]any {
	return map[string]any{"account": awsAccount, "url": inputs.text("url"), "clientIds": inputs.of("clientIdLists")}
}

func createOIDCProvider(ctx context.Context, in cloud, inputs values) (string, map[string]any, error) {
	var made struct {
		ARN string `json:"arn"`
	}
	err := in.send(ctx, http.MethodPost, "aws/oidc-providers", oidcProvider(inputs), &made)
	return made.ARN, map[string]any{"arn": made.ARN}, err
}

func updateOIDCProvider(ctx context.Context, in cloud, _ string, inputs values) (map[string]any, error) {
	return nil, in.send(ctx, http.MethodPut, "aws/oidc-providers", oidcProvider(inputs), nil)
}

func removeOIDCProvider(ctx context.Context, in cloud, id string, _ values) error {
	return in.send(ctx, http.MethodDelete, "aws/oidc-providers?arn="+url.QueryEscape(id), nil, nil)
}

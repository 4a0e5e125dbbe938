package cloudplugin

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/pulumi/pulumi-aws/sdk/v7/go/aws/iam"
)

// awsAccount is the account in which the stand-in makes things.
const awsAccount = "123456789012"

var awsResources = registry{
	"aws:iam/role:Role": {
		args: iam.RoleArgs{}, required: []string{"assumeRolePolicy"}, named: "name", fixed: []string{"path"},
		create: createRole, remove: removeRole,
	},
}

func createRole(ctx context.Context, in cloud, inputs values) (string, map[string]any, error) {
	arn := roleARN(inputs)
	err := in.send(ctx, http.MethodPost, "aws/roles", map[string]any{
		"arn": arn, "trustPolicy": json.RawMessage(inputs.text("assumeRolePolicy")),
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

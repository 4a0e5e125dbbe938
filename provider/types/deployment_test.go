package types_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

func TestDeploymentAWSCheck(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:iam::123456789012:role/deploy"
	text := func(s string) *string { return &s }
	for _, test := range []struct {
		name  string
		login types.DeploymentAWS
		path  string // of the one problem; "" for none
		says  string
	}{
		{name: "only a role", login: types.DeploymentAWS{RoleARN: arn}},
		{name: "everything", login: types.DeploymentAWS{
			RoleARN: arn, SessionName: text("pulumi-${deployment.version}"), Duration: text("1h"),
			PolicyARNs: []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"},
		}},
		{name: "role in a path and another partition", login: types.DeploymentAWS{
			RoleARN: "arn:aws-us-gov:iam::123456789012:role/teams/deploy",
		}},
		{name: "shortest and longest", login: types.DeploymentAWS{RoleARN: arn, Duration: text("15m")}},
		{name: "longest", login: types.DeploymentAWS{RoleARN: arn, Duration: text("12h")}},
		{name: "no role", path: "roleArn", says: "is not the ARN of a role"},
		{name: "a user's ARN", login: types.DeploymentAWS{RoleARN: "arn:aws:iam::123456789012:user/bo"}, path: "roleArn"},
		{name: "short account", login: types.DeploymentAWS{RoleARN: "arn:aws:iam::12345:role/deploy"}, path: "roleArn"},
		{name: "wildcard", login: types.DeploymentAWS{RoleARN: "arn:aws:iam::123456789012:role/*"}, path: "roleArn"},
		{name: "too short a time", login: types.DeploymentAWS{RoleARN: arn, Duration: text("14m59s")}, path: "duration", says: "15m to 12h"},
		{name: "too long a time", login: types.DeploymentAWS{RoleARN: arn, Duration: text("12h1s")}, path: "duration", says: "15m to 12h"},
		{name: "a fraction of a second", login: types.DeploymentAWS{RoleARN: arn, Duration: text("20m0.5s")}, path: "duration"},
		{name: "no duration", login: types.DeploymentAWS{RoleARN: arn, Duration: text("soon")}, path: "duration", says: `"soon"`},
		{name: "64 characters", login: types.DeploymentAWS{RoleARN: arn, SessionName: text(strings.Repeat("a", 64))}},
		{
			name: "65 characters", login: types.DeploymentAWS{RoleARN: arn, SessionName: text(strings.Repeat("a", 65))},
			path: "sessionName", says: "at most 64",
		},
		{name: "placeholders do not count", login: types.DeploymentAWS{
			RoleARN: arn, SessionName: text(strings.Repeat("a", 60) + "${deployment.version}"),
		}},
		{name: "empty session", login: types.DeploymentAWS{RoleARN: arn, SessionName: text("")}, path: "sessionName"},
		{name: "blank in session", login: types.DeploymentAWS{RoleARN: arn, SessionName: text("a b")}, path: "sessionName"},
		{name: "unfinished placeholder", login: types.DeploymentAWS{RoleARN: arn, SessionName: text("${operation")}, path: "sessionName"},
		{
			name: "a role among policies", path: "policyArns[1]",
			login: types.DeploymentAWS{RoleARN: arn, PolicyARNs: []string{"arn:aws:iam::123456789012:policy/x", arn}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			problems := test.login.Check()
			if test.path == "" {
				require.Empty(t, problems)
				return
			}
			require.Len(t, problems, 1)
			require.Equal(t, test.path, problems[0].Path)
			require.Contains(t, problems[0].Reason, test.says)
		})
	}
}

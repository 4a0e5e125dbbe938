package cloud_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

// TestWrites shows what each writing call sends, and which refusals mean that it is so already.
func TestWrites(t *testing.T) {
	t.Parallel()
	name, account := "deployer", cloud.AccountPermission(2)
	type send = func(context.Context, *cloud.Client) error
	const role1 = `{"id":"r","name":"deployer","details":{}}`
	// What the service answers, where it is not 204 and nothing; several where more calls confirm it.
	success := map[string][]exchange{
		"rename role": {{answer: role1}}, "change rules": {{answer: role1}},
		"delete environment":  {{}, {call: "GET /api/esc/environments/acme/payments/prod", status: 404, answer: refusal(404, "Not Found")}},
		"protect environment": {{answer: `{"deletionProtected":false}`}},
		"add tag":             {{answer: `{"name":"tier","value":"1"}`}}, "change tag": {{answer: `{"name":"tier","value":"2"}`}},
		"give a stack away":        {{answer: `{"githubLogin":"ana","name":"Ana","avatarUrl":""}`}},
		"give an environment away": {{answer: `{"githubLogin":"ana","name":"Ana","avatarUrl":""}`}},
	}
	const team, env, role = "/api/orgs/acme/teams/payments", "/api/esc/environments/acme/payments/prod", "/api/orgs/acme/roles/r"
	tests := []struct {
		name string
		call string
		body string
		done int // the status, besides success, that means done; 0 when none
		send send
	}{
		{
			"rename team", "PATCH " + team, `{"newDisplayName":"P","newDescription":""}`, 0,
			func(ctx context.Context, c *cloud.Client) error {
				return c.UpdateTeam(ctx, "acme", "payments", "P", "")
			},
		},
		{
			"add member", "PATCH " + team, `{"member":"bo","memberAction":"add"}`, 0,
			func(ctx context.Context, c *cloud.Client) error {
				return c.ChangeTeamMember(ctx, "acme", "payments", "bo", cloud.AddMember)
			},
		},
		{
			"remove member", "PATCH " + team, `{"member":"bo","memberAction":"remove"}`, 0,
			func(ctx context.Context, c *cloud.Client) error {
				return c.ChangeTeamMember(ctx, "acme", "payments", "bo", cloud.RemoveMember)
			},
		},
		{
			"grant stack", "PATCH " + team, `{"addStackPermission":{"projectName":"p","stackName":"dev","permission":102}}`, 0,
			func(ctx context.Context, c *cloud.Client) error {
				return c.AddStackGrant(ctx, "acme", "payments", cloud.StackGrant{Project: "p", Stack: "dev", Permission: cloud.StackWrite})
			},
		},
		{
			"change stack", "PATCH " + team, `{"editStackPermission":{"projectName":"p","stackName":"dev","permission":101}}`, 0,
			func(ctx context.Context, c *cloud.Client) error {
				return c.EditStackGrant(ctx, "acme", "payments", cloud.StackGrant{Project: "p", Stack: "dev", Permission: cloud.StackRead})
			},
		},
		{
			"revoke stack", "PATCH " + team, `{"removeStack":{"projectName":"p","stackName":"dev"}}`, 0,
			func(ctx context.Context, c *cloud.Client) error {
				return c.RemoveStackGrant(ctx, "acme", "payments", "p", "dev")
			},
		},
		{
			"grant environment", "PATCH " + team,
			`{"addEnvironmentPermission":{"projectName":"p","envName":"dev","permission":"open","maxOpenDuration":"30m"}}`, 0,
			func(ctx context.Context, c *cloud.Client) error {
				return c.AddEnvironmentGrant(ctx, "acme", "payments",
					cloud.EnvironmentGrant{Project: "p", Environment: "dev", Permission: "open", MaxOpenDuration: "30m"})
			},
		},
		{
			"change environment", "PATCH " + team, `{"editEnvironmentPermission":{"projectName":"p","envName":"dev","permission":"read"}}`, 0,
			func(ctx context.Context, c *cloud.Client) error {
				return c.EditEnvironmentGrant(ctx, "acme", "payments",
					cloud.EnvironmentGrant{Project: "p", Environment: "dev", Permission: "read"})
			},
		},
		{
			"revoke environment", "PATCH " + team, `{"removeEnvironment":{"projectName":"p","envName":"dev"}}`, 0,
			func(ctx context.Context, c *cloud.Client) error {
				return c.RemoveEnvironmentGrant(ctx, "acme", "payments", "p", "dev")
			},
		},
		{
			"grant account", "PATCH /api/preview/insights/acme/accounts/aws-prod/teams/payments", `{"permissions":2}`, 0,
			func(ctx context.Context, c *cloud.Client) error {
				return c.SetAccountGrant(ctx, "acme", "payments", "aws-prod", &account)
			},
		},
		{
			"revoke account", "PATCH /api/preview/insights/acme/accounts/aws-prod/teams/payments", `{"permissions":null}`, 404,
			func(ctx context.Context, c *cloud.Client) error {
				return c.SetAccountGrant(ctx, "acme", "payments", "aws-prod", nil)
			},
		},
		{
			"assign role", "POST " + team + "/roles/r", "", 0,
			func(ctx context.Context, c *cloud.Client) error {
				return c.AssignTeamRole(ctx, "acme", "payments", "r")
			},
		},
		{
			"take role", "DELETE " + team + "/roles/r", "", 404,
			func(ctx context.Context, c *cloud.Client) error {
				return c.RemoveTeamRole(ctx, "acme", "payments", "r")
			},
		},
		{
			"delete team", "DELETE " + team, "", 404,
			func(ctx context.Context, c *cloud.Client) error { return c.DeleteTeam(ctx, "acme", "payments") },
		},
		{
			"delete role", "DELETE " + role, "", 404,
			func(ctx context.Context, c *cloud.Client) error { return c.DeleteRole(ctx, "acme", "r") },
		},
		{
			"rename role", "PATCH " + role, `{"name":"deployer"}`, 0,
			func(ctx context.Context, c *cloud.Client) error {
				_, err := c.UpdateRole(ctx, "acme", "r", cloud.RoleChange{Name: &name})
				return err
			},
		},
		{
			"change rules", "PATCH " + role, `{"details":` + rules + `}`, 0,
			func(ctx context.Context, c *cloud.Client) error {
				_, err := c.UpdateRole(ctx, "acme", "r", cloud.RoleChange{Details: []byte(rules)})
				return err
			},
		},
		{
			"delete environment", "DELETE " + env, "", 404,
			func(ctx context.Context, c *cloud.Client) error {
				return c.DeleteEnvironment(ctx, "acme", "payments", "prod")
			},
		},
		{
			"protect environment", "PATCH " + env + "/settings", `{"deletionProtected":false}`, 0,
			func(ctx context.Context, c *cloud.Client) error {
				return c.SetDeletionProtected(ctx, "acme", "payments", "prod", false)
			},
		},
		{
			"add tag", "POST " + env + "/tags", `{"name":"tier","value":"1"}`, 0,
			func(ctx context.Context, c *cloud.Client) error {
				return c.CreateEnvironmentTag(ctx, "acme", "payments", "prod", "tier", "1")
			},
		},
		{
			"change tag", "PATCH " + env + "/tags/tier", `{"currentTag":{"value":"1"},"newTag":{"value":"2"}}`, 0,
			func(ctx context.Context, c *cloud.Client) error {
				return c.UpdateEnvironmentTag(ctx, "acme", "payments", "prod", "tier", "1", "2")
			},
		},
		{
			"give a stack away", "POST /api/stacks/acme/p/dev/ownership", `{"avatarUrl":"","githubLogin":"bo","name":"bo"}`, 0,
			func(ctx context.Context, c *cloud.Client) error {
				return c.SetStackOwner(ctx, "acme", "p", "dev", "bo")
			},
		},
		{
			"give an environment away", "POST " + env + "/ownership", `{"avatarUrl":"","githubLogin":"bo","name":"bo"}`, 0,
			func(ctx context.Context, c *cloud.Client) error {
				return c.SetEnvironmentOwner(ctx, "acme", "payments", "prod", "bo")
			},
		},
		{
			"remove direct grant", "DELETE /api/stacks/acme/p/dev/collaborators/bo", "", 404,
			func(ctx context.Context, c *cloud.Client) error {
				return c.RemoveCollaborator(ctx, "acme", "p", "dev", "bo")
			},
		},
		{
			"remove tag", "DELETE " + env + "/tags/tier", "", 404,
			func(ctx context.Context, c *cloud.Client) error {
				return c.DeleteEnvironmentTag(ctx, "acme", "payments", "prod", "tier")
			},
		},
	}
	kinds := map[int]error{400: cloud.ErrInvalid, 403: cloud.ErrForbidden, 404: cloud.ErrNotFound, 409: cloud.ErrConflict}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			exchanges := success[test.name]
			if exchanges == nil {
				exchanges = []exchange{{status: 204}}
			}
			exchanges[0].call, exchanges[0].body = test.call, test.body
			require.NoError(t, test.send(t.Context(), scripted(t, exchanges...)))
			for status, kind := range kinds {
				refused := []exchange{{call: test.call, status: status, answer: refusal(status, "no")}}
				if status == 409 && test.name == "add member" {
					refused = append(refused, exchange{call: "GET " + team, answer: `{"name":"payments"}`})
				}
				client := scripted(t, refused...)
				err := test.send(t.Context(), client)
				if status == test.done {
					require.NoError(t, err, status)
					continue
				}
				require.ErrorIs(t, err, kind)
			}
		})
	}
}

func TestReads(t *testing.T) {
	t.Parallel()
	client := scripted(t,
		exchange{call: "GET /api/orgs/acme/metadata", answer: `{"id":"o","userRole":"admin","defaultStackPermission":0,"defaultEnvironmentPermission":"none","defaultAccountPermission":0,"membersCanCreateStacks":false,"membersCanCreateTeams":false,"membersCanCreateAccounts":false,"membersCanTransferStacks":false,"membersCanDeleteStacks":false,"features":{"customRolesEnabled":true}}`},
		exchange{call: "GET /api/orgs/acme/teams", answer: `{"teams":[{"name":"a"},{"name":"b"}]}`},
		exchange{call: "GET /api/orgs/acme/roles/r/teams", answer: `{"teams":[{"name":"a"}]}`},
		exchange{call: "GET /api/orgs/acme/roles/r/users", answer: `{"users":[{"githubLogin":"ana"}]}`},
		exchange{call: "GET /api/orgs/acme/roles/r/tokens", answer: `{"tokens":[{"name":"ci"}]}`},
		exchange{call: "GET /api/stacks/acme/p/dev", answer: `{"id":"s","projectName":"p","stackName":"dev","tags":{"x":"y"}}`},
		exchange{call: "GET /api/preview/insights/acme/accounts/aws-prod", answer: `{"id":"i","name":"aws-prod"}`},
		exchange{call: "GET /api/esc/environments/acme/p/e/metadata", answer: `{"id":"e","ownedBy":{"githubLogin":"ana"},"gatedActions":["open"]}`},
		exchange{call: "GET /api/esc/environments/acme/p/e/settings", answer: `{"deletionProtected":true}`},
	)
	ctx := t.Context()

	organization, err := client.Organization(ctx, "acme")
	require.NoError(t, err)
	assert.True(t, organization.IsAdmin())
	assert.True(t, organization.Features.CustomRoles)
	teams, err := client.Teams(ctx, "acme")
	require.NoError(t, err)
	assert.Len(t, teams, 2)
	teams, err = client.RoleTeams(ctx, "acme", "r")
	require.NoError(t, err)
	assert.Equal(t, "a", teams[0].Name)
	users, err := client.RoleUsers(ctx, "acme", "r")
	require.NoError(t, err)
	assert.Equal(t, []cloud.UserInfo{{Login: "ana"}}, users)
	tokens, err := client.RoleTokens(ctx, "acme", "r")
	require.NoError(t, err)
	assert.Equal(t, []string{"ci"}, tokens)
	stack, err := client.Stack(ctx, "acme", "p", "dev")
	require.NoError(t, err)
	assert.Equal(t, cloud.Stack{ID: "s", Project: "p", Name: "dev", Tags: map[string]string{"x": "y"}}, stack)
	account, err := client.Account(ctx, "acme", "aws-prod")
	require.NoError(t, err)
	assert.Equal(t, cloud.Account{ID: "i", Name: "aws-prod"}, account)
	metadata, err := client.EnvironmentMetadata(ctx, "acme", "p", "e")
	require.NoError(t, err)
	assert.Equal(t, []string{"open"}, metadata.GatedActions)
	protected, err := client.DeletionProtected(ctx, "acme", "p", "e")
	require.NoError(t, err)
	assert.True(t, protected)
}

func TestFailedReadsAreNotEmptyAnswers(t *testing.T) {
	t.Parallel()
	reads := map[string]func(context.Context, *cloud.Client) error{
		"GET /api/orgs/acme/teams": func(ctx context.Context, c *cloud.Client) error { _, err := c.Teams(ctx, "acme"); return err },
		"GET /api/orgs/acme/roles/r/tokens": func(ctx context.Context, c *cloud.Client) error {
			_, err := c.RoleTokens(ctx, "acme", "r")
			return err
		},
		"GET /api/esc/environments/acme/p/e/tags": func(ctx context.Context, c *cloud.Client) error {
			_, err := c.EnvironmentTags(ctx, "acme", "p", "e")
			return err
		},
		"GET /api/orgs/acme/roles?uxPurpose=set": func(ctx context.Context, c *cloud.Client) error {
			_, err := c.Roles(ctx, "acme", cloud.PurposeSet)
			return err
		},
	}
	for call, read := range reads {
		err := read(t.Context(), scripted(t, exchange{call: call, status: 404, answer: refusal(404, "no")}))
		require.True(t, cloud.IsNotFound(err), call)
		require.False(t, errors.Is(err, cloud.ErrForbidden), call)
	}
}

func TestAssignments(t *testing.T) {
	t.Parallel()
	const list, update = "POST /api/orgs/acme/assignments/list", "POST /api/orgs/acme/assignments/update"
	const on = `"context":{"__type":"PermissionExpressionEnvironment"},"id":"e1"`
	const write = `{"id":"s1","name":"Environment Write","resourceType":"environment","defaultIdentifier":"environment-write"}`
	assigned := func(login string) string {
		return `{"principal":{"user":{"githubLogin":"` + login + `","name":"","avatarUrl":""}},"permissionSet":` + write + `,"source":"assignment"}`
	}
	team := `{"principal":{"team":{"name":"payments","displayName":"P"}},"permissionSet":` + write + `,"source":"team"}`
	other := `{"principal":{"agent":{"name":"new"}},"permissionSet":` + write + `,"source":"new"}`
	shown := `{"assignments":[` + assigned("bo") + `,` + team + `,` + other + `],"availablePermissionSets":[` + write + `]}`
	c := scripted(t,
		exchange{call: list, body: `{` + on + `}`, answer: shown},
		exchange{call: update, body: `{` + on + `,"userId":"bo","permissionSetId":"s1"}`, answer: `{"assignment":` + assigned("bo") + `}`},
		exchange{call: update, body: `{` + on + `,"userId":"bo","permissionSetId":"s1"}`, answer: `{"assignment":` + assigned("cy") + `}`},
		exchange{call: update, body: `{` + on + `,"userId":"bo"}`, answer: `{}`},
		exchange{call: list, body: `{` + on + `}`, answer: `{"assignments":[],"availablePermissionSets":[]}`},
		exchange{call: update, body: `{` + on + `,"userId":"bo"}`, answer: `{}`},
		exchange{call: list, body: `{` + on + `}`, answer: shown},
	)
	found, err := c.EntityAssignments(t.Context(), "acme", access.Environment, "e1")
	require.NoError(t, err)
	assert.Equal(t, cloud.EntityAssignments{
		Users: []cloud.Assignment{{Login: "bo", SetID: "s1"}}, Teams: []cloud.TeamAssignment{{Team: "payments", SetID: "s1"}},
		Sets:   []cloud.PermissionSet{{ID: "s1", Name: "Environment Write", ResourceType: "environment", DefaultIdentifier: "environment-write"}},
		Others: []cloud.PermissionSet{{ID: "s1", Name: "Environment Write", ResourceType: "environment", DefaultIdentifier: "environment-write"}},
	}, found)
	require.NoError(t, c.Assign(t.Context(), "acme", access.Environment, "e1", "bo", "s1"))
	require.ErrorContains(t, c.Assign(t.Context(), "acme", access.Environment, "e1", "bo", "s1"), `it is about user "cy", not "bo"`)
	require.NoError(t, c.Unassign(t.Context(), "acme", access.Environment, "e1", "bo"))
	require.ErrorContains(t, c.Unassign(t.Context(), "acme", access.Environment, "e1", "bo"), "it was not carried out")
}

func TestServicePrincipals(t *testing.T) {
	t.Parallel()
	const list = "GET /api/orgs/acme/members?type=service-principal"
	c := scripted(t,
		exchange{call: list, answer: `{"members":[{"user":{"githubLogin":"robot","name":"Robot","avatarUrl":"","servicePrincipalKind":"user-defined"},` +
			`"role":"member","fgaRole":{"id":"r","name":"deployer"},"followsDefaultRole":true}]}`},
		exchange{call: list, status: 403, answer: refusal(403, "Forbidden")},
	)
	var names []string
	for member, err := range c.ServicePrincipals(t.Context(), "acme") {
		require.NoError(t, err)
		assert.True(t, member.FollowsDefaultRole)
		names = append(names, member.User.Login+" "+member.User.ServicePrincipalKind+" "+member.OrganizationRole.Name)
	}
	assert.Equal(t, []string{"robot user-defined deployer"}, names)
	for _, err := range c.ServicePrincipals(t.Context(), "acme") {
		require.Error(t, err)
	}
}

func TestAgentDefinitions(t *testing.T) {
	t.Parallel()
	c := scripted(t, exchange{
		call: "GET /api/preview/agents/acme/definitions",
		answer: `{"definitions":[{"id":"a1","name":"all","displayName":"All","taskCounts":{"total":0,"running":0}},` +
			`{"id":"a2","name":"some","roleId":"r","approvalMode":"balanced","enabledIntegrations":[{"id":"datadog"}],"pausedAt":"2026-01-02T03:04:05Z"},` +
			`{"id":"a3","name":"none","roleId":null,"approvalMode":"newer","enabledIntegrations":[]}]}`,
	})
	found, err := c.AgentDefinitions(t.Context(), "acme")
	require.NoError(t, err)
	assert.Equal(t, []cloud.AgentDefinition{
		{ID: "a1", Name: "all"},
		{ID: "a2", Name: "some", RoleID: "r", ApprovalMode: "balanced", Integrations: []cloud.AgentIntegration{{ID: "datadog"}}, PausedAt: "2026-01-02T03:04:05Z"},
		{ID: "a3", Name: "none", ApprovalMode: "newer", Integrations: []cloud.AgentIntegration{}},
	}, found)
	assert.True(t, found[0].Uses("datadog") && found[1].Uses("datadog") && !found[2].Uses("datadog") && !found[1].Uses("jira"))
}

func TestPermissionMode(t *testing.T) {
	t.Parallel()
	const said = `{"id":"o","userRole":"admin","defaultStackPermission":0,"defaultEnvironmentPermission":"none","defaultAccountPermission":0,"membersCanCreateStacks":false,"membersCanCreateTeams":false,"membersCanCreateAccounts":false,"membersCanTransferStacks":false,"membersCanDeleteStacks":false,"permissionMode":"restricted","features":{"staticDefaultRolesEnabled":true,"permissionModeEnabled":true}}`
	c := scripted(t, exchange{call: "PATCH /api/orgs/acme", body: `{"setPermissionMode":"restricted"}`, answer: said})
	mode := cloud.PermissionModeRestricted
	now, err := c.UpdateOrganization(t.Context(), "acme", cloud.OrganizationChange{PermissionMode: &mode})
	require.NoError(t, err)
	assert.Equal(t, cloud.PermissionModeRestricted, now.PermissionMode)
	assert.True(t, now.Features.StoredDefaultRole && now.Features.PermissionModes)
}

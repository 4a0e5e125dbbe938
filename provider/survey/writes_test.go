package survey_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// A write makes stale what it touched, and only that is read again: the next answer is right, and costs a few calls.
func TestWritesMakeStaleWhatTheyTouch(t *testing.T) {
	t.Parallel()
	const before = "user ana, user bo, user cy, user di, team payments, team web"
	roleID := func(ctx context.Context, c *cloud.Client, name string) string {
		roles, err := c.Roles(ctx, "acme", cloud.PurposeRole)
		require.NoError(t, err)
		for _, role := range roles {
			if role.Name == name {
				return role.ID
			}
		}
		return ""
	}
	for name, c := range map[string]struct {
		write func(context.Context, *cloud.Client) error
		after string
		calls int
	}{
		"a member leaves a team": {func(ctx context.Context, c *cloud.Client) error {
			return c.ChangeTeamMember(ctx, "acme", "web", "di", cloud.RemoveMember)
		}, "user ana, user bo, user cy, team payments, team web", 1},
		"a grant goes": {func(ctx context.Context, c *cloud.Client) error {
			return c.RemoveEnvironmentGrant(ctx, "acme", "payments", "payments", "dev")
		}, "user ana, user cy, user di, team web", 1},
		"a team loses its role": {func(ctx context.Context, c *cloud.Client) error {
			return c.RemoveTeamRole(ctx, "acme", "web", roleID(ctx, c, "openers"))
		}, "user ana, user bo, user cy, team payments", 1},
		"a team goes": {func(ctx context.Context, c *cloud.Client) error { return c.DeleteTeam(ctx, "acme", "web") },
			"user ana, user bo, user cy, team payments", 3},
		"a role changes": {func(ctx context.Context, c *cloud.Client) error {
			_, err := c.UpdateRole(ctx, "acme", roleID(ctx, c, "openers"), cloud.RoleChange{
				Details: []byte(`{"__type": "PermissionDescriptorAllow", "permissions": ["environment:read"]}`),
			})
			return err
		}, "user ana, user bo, team payments", 6},
		"defaults change": {func(ctx context.Context, c *cloud.Client) error {
			open := "open"
			_, err := c.UpdateOrganization(ctx, "acme", cloud.OrganizationChange{DefaultEnvironmentPermission: &open})
			return err
		}, before, 1},
		"a token is made": {func(ctx context.Context, c *cloud.Client) error {
			_, err := c.CreateTeamToken(ctx, "acme", "web", cloud.TokenInput{Name: "ci"})
			return err
		}, before + ", token ci", 1},
		"an organization token is made": {func(ctx context.Context, c *cloud.Client) error {
			_, err := c.CreateOrganizationToken(ctx, "acme", roleID(ctx, c, "openers"), cloud.TokenInput{Name: "ci"})
			return err
		}, before + ", token ci", 1},
		"a definition imports": {func(ctx context.Context, c *cloud.Client) error {
			return c.UpdateEnvironment(ctx, "acme", "payments", "dev", "imports: [payments/base]", "")
		}, "user ana, user cy, user di, team web", 5},
		"another environment changes": {func(ctx context.Context, c *cloud.Client) error {
			return c.UpdateEnvironment(ctx, "acme", "payments", "base", "values: {}", "")
		}, before, 0},
		"a gate is made": {func(ctx context.Context, c *cloud.Client) error {
			_, err := c.CreateGate(ctx, "acme", cloud.Gate{
				Name: "g", Enabled: true, Project: "payments", Environment: "dev", Action: cloud.GateOpen,
				Rule: cloud.ApprovalRule{RequiredApprovals: 1, Teams: []string{"web"}},
			}, nil)
			return err
		}, before, 3},
		"a person is assigned a permission set": {func(ctx context.Context, c *cloud.Client) error {
			dev, sets := assignable(ctx, t, c)
			return c.Assign(ctx, "acme", access.Environment, dev, "ed", sets["environment-open"])
		}, strings.Replace(before, "user di", "user di, user ed", 1), 4},
		"the owner's grant is revoked": {func(ctx context.Context, c *cloud.Client) error {
			dev, _ := assignable(ctx, t, c)
			return c.Unassign(ctx, "acme", access.Environment, dev, "ana")
		}, before, 4},
		"a tag that nothing decides by changes": {func(ctx context.Context, c *cloud.Client) error {
			return c.CreateEnvironmentTag(ctx, "acme", "payments", "dev", "owner", "bo")
		}, before, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, seed)
			assert.Equal(t, before, f.openers("payments/dev"))
			require.NoError(t, c.write(t.Context(), f.client))
			log := f.calls(func() { assert.Equal(t, c.after, f.openers("payments/dev")) })
			assert.LessOrEqual(t, log.Total, c.calls, "%v", log.Routes)
			assert.Zero(t, f.calls(func() { f.openers("payments/dev") }).Total, "and nothing is left to read")
			fresh := as(t, f.Running, f.Running.Token)
			assert.Equal(t, fresh.openers("payments/dev"), f.openers("payments/dev"), "as one that starts anew")
		})
	}
}

// Where a role decides by tags, a tag that this process writes changes the next answer, and the tags alone are read again.
func TestTagWritesMoveAccess(t *testing.T) {
	t.Parallel()
	f := start(t, `
organization: acme
users: [{login: ana, role: admin}, {login: di}]
roles: [{name: tagged, details: `+byTags+`}]
teams: [{name: web, members: [di], role: tagged}]
environments: [{project: p, environment: app, definition: "", owner: ana, tags: {tier: dev}}]
`)
	assert.Equal(t, "user ana, user di, team web", f.openers("p/app"))
	require.NoError(t, f.client.UpdateEnvironmentTag(t.Context(), "acme", "p", "app", "tier", "dev", "prod"))
	log := f.calls(func() { assert.Equal(t, "user ana", f.openers("p/app")) })
	assert.Equal(t, map[string]int{"GET /api/esc/environments/{orgName}/{projectName}/{envName}/tags": 1}, log.Routes)
	require.NoError(t, f.client.DeleteEnvironmentTag(t.Context(), "acme", "p", "app", "tier"))
	require.NoError(t, f.client.CreateEnvironmentTag(t.Context(), "acme", "p", "app", "tier", "dev"))
	assert.Equal(t, "user ana, user di, team web", f.openers("p/app"))
}

// Many who ask at the same time read once.
func TestOneFlight(t *testing.T) {
	t.Parallel()
	f := start(t, seed)
	alone := f.calls(func() { f.openers("payments/dev") }).Total
	again := as(t, f.Running, f.TokenFor(servertest.Identity{User: "ana"}))
	log := again.calls(func() {
		done := make(chan string)
		for range 10 {
			go func() { done <- again.openers("payments/dev") }()
		}
		for range 10 {
			<-done
		}
	})
	assert.Equal(t, alone, log.Total)
}

// assignable is the id of an environment, and those of the permission sets that can be assigned on it, by identifier.
func assignable(ctx context.Context, t *testing.T, c *cloud.Client) (environment string, sets map[string]string) {
	t.Helper()
	metadata, err := c.EnvironmentMetadata(ctx, "acme", "payments", "dev")
	require.NoError(t, err)
	found, err := c.EntityAssignments(ctx, "acme", access.Environment, metadata.ID)
	require.NoError(t, err)
	sets = map[string]string{}
	for _, set := range found.Sets {
		sets[set.DefaultIdentifier] = set.ID
	}
	return metadata.ID, sets
}

package survey_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

const followers = `
organization: acme
users:
  - {login: ana, role: admin}
  - {login: bo, followsDefaultRole: true}
  - {login: cy, followsDefaultRole: true, suspended: true}
  - {login: di, role: builder}
  - {login: ed, role: openers}
settings: {defaultRole: builder}
roles:
  - {name: openers, scopes: ["environment:read", "environment:open", "environment_version:open"]}
  - {name: watchers, scopes: ["environment:read"]}
environments: [{project: p, environment: e, definition: "values: {}", owner: ana}]
`

// Members who follow the default role have it, whatever it is; suspended ones have nothing. A path says that it is the default role.
func TestFollowersOfTheDefaultRoleHaveIt(t *testing.T) {
	t.Parallel()
	f := start(t, followers)
	answer, blind := f.ask("environment:open", question(access.Environment, "p/e"))
	assert.Empty(t, blind)
	assert.Equal(t, "user ana, user bo, user di, user ed", names(answer.Principals))
	for _, p := range answer.Principals {
		text := strings.Join(p.Paths[0].StepTexts(), "; ")
		assert.Equal(t, p.Name == "bo", strings.Contains(text, ", the default role"), "%s: %s", p.Name, text)
	}
	assert.Contains(t, strings.Join(answer.Principals[1].Paths[0].StepTexts(), "; "), "organization role Builder, the default role")
}

// What this process writes about roles changes what the roster says: a default role, and the names of roles that are exchanged.
func TestWritesOfRolesMoveThoseWhoHoldThem(t *testing.T) {
	t.Parallel()
	id := func(ctx context.Context, c *cloud.Client, name string) string {
		roles, err := c.Roles(ctx, "acme", cloud.PurposeRole)
		require.NoError(t, err)
		for _, role := range roles {
			if role.Name == name {
				return role.ID
			}
		}
		return ""
	}
	rename := func(ctx context.Context, c *cloud.Client, role, name string) {
		_, err := c.UpdateRole(ctx, "acme", role, cloud.RoleChange{Name: &name})
		require.NoError(t, err)
	}
	for name, c := range map[string]struct {
		write func(context.Context, *cloud.Client)
		after string
	}{
		"the default role narrows": {func(ctx context.Context, c *cloud.Client) {
			require.NoError(t, c.SetDefaultRole(ctx, "acme", id(ctx, c, "Reader")))
		}, "user ana, user di, user ed"},
		"the default role is Member": {func(ctx context.Context, c *cloud.Client) {
			require.NoError(t, c.SetDefaultRole(ctx, "acme", id(ctx, c, "Member")))
		}, "user ana, user di, user ed"},
		"names of roles are exchanged": {func(ctx context.Context, c *cloud.Client) {
			openers, watchers := id(ctx, c, "openers"), id(ctx, c, "watchers")
			rename(ctx, c, watchers, "spare")
			rename(ctx, c, openers, "watchers")
			rename(ctx, c, watchers, "openers")
		}, "user ana, user bo, user di, user ed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, followers)
			assert.Equal(t, "user ana, user bo, user di, user ed", f.openers("p/e"))
			c.write(t.Context(), f.client)
			assert.Equal(t, c.after, f.openers("p/e"))
			assert.Equal(t, as(t, f.Running, f.Running.Token).openers("p/e"), f.openers("p/e"), "as one that starts anew")
		})
	}
}

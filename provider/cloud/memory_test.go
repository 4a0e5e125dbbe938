package cloud_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const remembered = `
organization: acme
users:
  - {login: ana, role: admin}
  - {login: bo, role: member}
stacks:
  - {project: web, stack: a, owner: ana}
  - {project: web, stack: b, owner: ana}
environments:
  - {project: web, environment: a, owner: ana}
teams:
  - {name: one, members: [ana]}
  - {name: two, members: [ana]}
`

// looks are what may be answered from memory.
var looks = map[string]func(context.Context, *cloud.Client) (any, error){
	"team one": func(ctx context.Context, c *cloud.Client) (any, error) { return c.Team(ctx, "acme", "one") },
	"team two": func(ctx context.Context, c *cloud.Client) (any, error) { return c.Team(ctx, "acme", "two") },
	"settings": func(ctx context.Context, c *cloud.Client) (any, error) { return c.Organization(ctx, "acme") },
	"sets":     func(ctx context.Context, c *cloud.Client) (any, error) { return c.Roles(ctx, "acme", cloud.PurposeSet) },
	"environment": func(ctx context.Context, c *cloud.Client) (any, error) {
		return c.EnvironmentMetadata(ctx, "acme", "web", "b")
	},
	"members":      func(ctx context.Context, c *cloud.Client) (any, error) { return collected(c.Members(ctx, "acme")) },
	"stacks":       func(ctx context.Context, c *cloud.Client) (any, error) { return collected(c.Stacks(ctx, "acme")) },
	"environments": func(ctx context.Context, c *cloud.Client) (any, error) { return collected(c.Environments(ctx, "acme")) },
	"accounts":     func(ctx context.Context, c *cloud.Client) (any, error) { return collected(c.Accounts(ctx, "acme")) },
	"gates": func(ctx context.Context, c *cloud.Client) (any, error) {
		return collected(c.Gates(ctx, "acme", "web", "a"))
	},
	"definition": func(ctx context.Context, c *cloud.Client) (any, error) {
		return c.ReadEnvironment(ctx, "acme", "web", "a")
	},
	"deployment settings": func(ctx context.Context, c *cloud.Client) (any, error) {
		return c.DeploymentSettings(ctx, "acme", "web", "a")
	},
	"tags of an environment": func(ctx context.Context, c *cloud.Client) (any, error) {
		return c.EnvironmentTags(ctx, "acme", "web", "a")
	},
	"tags of a stack": func(ctx context.Context, c *cloud.Client) (any, error) { return c.Stack(ctx, "acme", "web", "a") },
}

// writes change something, or are refused.
var writes = map[string]func(context.Context, *cloud.Client) error{
	"add": func(ctx context.Context, c *cloud.Client) error {
		return c.ChangeTeamMember(ctx, "acme", "one", "bo", cloud.AddMember)
	},
	"remove": func(ctx context.Context, c *cloud.Client) error {
		return c.ChangeTeamMember(ctx, "acme", "one", "bo", cloud.RemoveMember)
	},
	"rename": func(ctx context.Context, c *cloud.Client) error { return c.UpdateTeam(ctx, "acme", "two", "Two", "x") },
	"drop":   func(ctx context.Context, c *cloud.Client) error { return c.DeleteTeam(ctx, "acme", "two") },
	"make": func(ctx context.Context, c *cloud.Client) error {
		_, err := c.CreateEnvironment(ctx, "acme", "web", "b")
		return err
	},
	"unmake": func(ctx context.Context, c *cloud.Client) error { return c.DeleteEnvironment(ctx, "acme", "web", "b") },
	"define": func(ctx context.Context, c *cloud.Client) error {
		return c.UpdateEnvironment(ctx, "acme", "web", "a", "values: {a: b}", "")
	},
	"tag": func(ctx context.Context, c *cloud.Client) error {
		return c.CreateEnvironmentTag(ctx, "acme", "web", "a", "tier", "prod")
	},
	"own": func(ctx context.Context, c *cloud.Client) error {
		return c.SetEnvironmentOwner(ctx, "acme", "web", "a", "bo")
	},
	"own stack": func(ctx context.Context, c *cloud.Client) error {
		return c.SetStackOwner(ctx, "acme", "web", "a", "bo")
	},
	"deploy": func(ctx context.Context, c *cloud.Client) error {
		_, err := c.MergeDeploymentSettings(ctx, "acme", "web", "a", nil, map[string]any{"aws": map[string]any{"roleArn": "arn:aws:iam::1:role/r", "sessionName": "s"}})
		return err
	},
	"protect": func(ctx context.Context, c *cloud.Client) error {
		return c.SetDeletionProtected(ctx, "acme", "web", "a", true)
	},
}

func collected[T any](list func(func(T, error) bool)) (all []T, err error) {
	for item, failed := range list {
		if failed != nil {
			return nil, failed
		}
		all = append(all, item)
	}
	return all, nil
}

// A look that may be answered from memory answers what one that may not does, whatever the client wrote before.
func TestMemoryAnswersAsTheServiceDoesProperty(t *testing.T) {
	t.Parallel()
	lookNames, writeNames := sorted(looks), sorted(writes)
	rapid.Check(t, func(r *rapid.T) {
		sandbox := servertest.Start(t, server.Options{Organization: "acme", Seed: []byte(remembered)})
		client, err := cloud.New(cloud.Config{URL: sandbox.URL, Token: sandbox.Token})
		require.NoError(t, err)
		ctx := t.Context()
		r.Repeat(map[string]func(*rapid.T){
			"look": func(r *rapid.T) {
				name := rapid.SampledFrom(lookNames).Draw(r, "look")
				remembering := rapid.SampledFrom([]func(context.Context) context.Context{cloud.Remembering, cloud.RememberingNames}).Draw(r, "how")
				got, want := shown(looks[name](remembering(ctx), client)), shown(looks[name](ctx, client))
				if got != want {
					r.Fatalf("%s from memory: %s\nfrom the service: %s", name, got, want)
				}
			},
			"write": func(r *rapid.T) {
				_ = writes[rapid.SampledFrom(writeNames).Draw(r, "write")](ctx, client) // a refusal changes nothing
			},
		})
	})
}

func sorted[T any](of map[string]T) (names []string) {
	for name := range of {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func shown(value any, err error) string {
	encoded, _ := json.Marshal(value)
	return fmt.Sprintf("%s %v", encoded, err)
}

// Many who look at one object ask for it once, and again after a write.
func TestMemoryAsksOnce(t *testing.T) {
	t.Parallel()
	sandbox := servertest.Start(t, server.Options{Organization: "acme", Seed: []byte(remembered)})
	client, err := cloud.New(cloud.Config{URL: sandbox.URL, Token: sandbox.Token})
	require.NoError(t, err)
	ctx := cloud.Remembering(t.Context())
	look := func() {
		done := make(chan error)
		for range 20 {
			go func() { _, err := client.Team(ctx, "acme", "one"); done <- err }()
			go func() { _, err := client.Team(ctx, "acme", "none"); done <- err }()
			go func() { _, err := collected(client.Stacks(ctx, "acme")); done <- err }()
		}
		for range 60 {
			if err := <-done; err != nil {
				require.ErrorIs(t, err, cloud.ErrNotFound)
			}
		}
	}
	asked := func() int { sandbox.Reset(); look(); return sandbox.Requests().Total }
	require.Equal(t, 3, asked())
	require.Zero(t, asked())
	require.NoError(t, client.ChangeTeamMember(t.Context(), "acme", "one", "bo", cloud.AddMember))
	require.Equal(t, 2, asked(), "names of stacks do not change with members of teams")
	client.Forget()
	require.Equal(t, 3, asked())
	sandbox.Reset()
	_, err = client.Team(t.Context(), "acme", "one")
	require.NoError(t, err)
	require.Equal(t, 1, sandbox.Requests().Total)
}

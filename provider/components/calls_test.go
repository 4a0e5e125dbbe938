package components_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const manyMembers = "organization: acme\nusers: [{login: ana, role: admin}, {login: bo}, {login: cy}, {login: di}, {login: eve}]\n"

// stacksIn are stacks of projects p0, p1 and so on, as many in each.
func stacksIn(projects, each int) string {
	var seed strings.Builder
	seed.WriteString("stacks:\n")
	for project := range projects {
		for stack := range each {
			fmt.Fprintf(&seed, "  - {project: p%d, stack: s%d}\n", project, stack)
		}
	}
	return seed.String()
}

// counted runs programs and counts the calls.
type counted struct {
	*enginetest.Engine
	t       *testing.T
	sandbox *servertest.Running
}

func countCalls(t *testing.T, seed string) counted {
	t.Helper()
	sandbox := servertest.Start(t, server.Options{Seed: []byte(seed)})
	return counted{enginetest.New(t, sandbox, servertest.NewWatcher(nil)), t, sandbox}
}

// makes asserts how many calls something makes, exactly.
func (c counted) makes(calls int, what string, during func() error) {
	c.t.Helper()
	c.sandbox.Reset()
	require.NoError(c.t, during(), what)
	log := c.sandbox.Requests()
	assert.Equal(c.t, calls, log.Total, "%s: %v", what, log.Routes)
}

func (c counted) refresh() error {
	_, err := c.Refresh()
	return err
}

func declaredTeams(teams, rules int, permission string, members ...string) []enginetest.Declared {
	var all []enginetest.Declared
	for i := range teams {
		var stacks []any
		for rule := range rules {
			stacks = append(stacks, map[string]any{"project": "p0", "stack": fmt.Sprintf("s%d", rule), "permission": permission})
		}
		name := fmt.Sprintf("team%d", i)
		all = append(all, enginetest.Declared{Type: "ScopedTeam", Name: name, Inputs: map[string]any{
			"name": name, "members": members, "access": map[string]any{"stacks": stacks},
		}})
	}
	return all
}

// A team costs the same number of calls however many there are, and what all of them need is asked for once.
func TestCallsOfTeams(t *testing.T) {
	t.Parallel()
	for _, teams := range []int{1, 3} {
		c := countCalls(t, manyMembers+stacksIn(1, 4))
		program := declaredTeams(teams, 3, "read", "bo", "cy")
		const (
			members = 2
			pages   = 1 // of stacks
			known   = 1 // the list of roles or permission sets
			people  = 2 // the lists of the organization's members
		)
		c.makes(teams+pages+known+people, "preview", func() error { return c.Preview(program...) })
		c.makes(teams*(5+members+1)+pages+known, "update", func() error { return c.Up(program...) })
		c.makes(0, "no-op", func() error { return c.Up(program...) })
		c.makes(teams, "change of level", func() error { return c.Up(declaredTeams(teams, 3, "write", "bo", "cy")...) })
		c.makes(3*teams+pages, "refresh", c.refresh)
		c.makes(6*teams+1, "destroy", c.Destroy)
	}
}

func declaredAssignments(stacks int, permission string) []enginetest.Declared {
	var all []enginetest.Declared
	for i := range stacks {
		all = append(all, enginetest.Declared{Type: "DeploymentRoleAssignment", Name: fmt.Sprintf("d%d", i), Inputs: map[string]any{
			"project": "p0", "stack": fmt.Sprintf("s%d", i), "access": map[string]any{
				"stacks": []any{map[string]any{"project": "p0", "stack": "s9", "permission": permission}},
			},
		}})
	}
	return all
}

func TestCallsOfDeploymentRoleAssignments(t *testing.T) {
	t.Parallel()
	for _, stacks := range []int{1, 4} {
		c := countCalls(t, manyMembers+stacksIn(1, 10))
		program := declaredAssignments(stacks, "read")
		const pages, known = 1, 1
		c.makes(stacks+pages+known, "preview", func() error { return c.Preview(program...) })
		c.makes(3*stacks+pages+known, "update", func() error { return c.Up(program...) })
		c.makes(stacks, "change of level", func() error { return c.Up(declaredAssignments(stacks, "write")...) })
		c.makes(3*stacks+pages, "refresh", c.refresh)
	}
}

func TestCallsOfAProductionEnvironment(t *testing.T) {
	t.Parallel()
	c := countCalls(t, manyMembers)
	environment := func(value string) enginetest.Declared {
		return enginetest.Declared{Type: "ProductionEnvironment", Name: "line", Inputs: map[string]any{
			"project": "payments", "name": "prod", "values": map[string]any{"a": value},
		}}
	}
	c.makes(1, "preview", func() error { return c.Preview(environment("1")) })
	// It is created, read to confirm that, identified, written, read back and protected.
	c.makes(6, "update", func() error { return c.Up(environment("1")) })
	c.makes(2, "change of a value", func() error { return c.Up(environment("2")) })
	c.makes(3, "refresh", c.refresh)
}

func TestCallsOfAnIssuer(t *testing.T) {
	t.Parallel()
	c := countCalls(t, manyMembers)
	issuer := func(lifetime, user string) enginetest.Declared {
		return enginetest.Declared{Type: "OidcIssuer", Name: "i", Inputs: map[string]any{
			"name": "gh", "url": "https://token.actions.githubusercontent.com", "maxExpiration": lifetime, "policies": []any{map[string]any{
				"decision": "allow", "tokenType": "personal", "user": user,
				"claims": map[string]any{"sub": "repo:acme/x:ref:refs/heads/main", "aud": "urn:pulumi:org:acme"},
			}},
		}}
	}
	c.makes(4, "update", func() error { return c.Up(issuer("1h", "bo")) })
	c.makes(1, "change of the issuer, which the answer says", func() error { return c.Up(issuer("2h", "bo")) })
	c.makes(3, "change of policies, which are read back", func() error { return c.Up(issuer("2h", "cy")) })
	c.makes(2, "refresh", c.refresh)
}

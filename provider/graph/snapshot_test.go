package graph_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

var taken = time.Date(2026, 11, 28, 6, 0, 0, 0, time.UTC)

// A snapshot that is read back answers every question as the organization that it was taken of, and is written again as it was.
func TestSnapshotsAnswerAsTheOrganization(t *testing.T) {
	t.Parallel()
	for seed := range *organizations {
		o, e := drawn(seed)
		organization := o.product(t)
		organization.Catalogue = access.NewCatalogue([]string{"stack:fly", "gadget:turn"})
		asked := e.product()
		definition := &graph.Definition{Logins: []graph.Login{{Cloud: "aws", Identity: "arn"}}, Secrets: []graph.Secret{{Path: "a"}}}
		for _, imported := range asked.Imports {
			definition.Imports = append(definition.Imports, graph.Reference{Name: imported.Name, Scope: imported.Scope})
			imported.Definition = &graph.Definition{}
			organization.Environments = append(organization.Environments, imported.Resource)
		}
		switch asked.Kind {
		case access.Environment:
			asked.Definition = definition
			organization.Environments = append(organization.Environments, asked)
		case access.Stack:
			organization.Stacks = append(organization.Stacks, asked)
		default:
			organization.Accounts = append(organization.Accounts, asked)
		}
		snapshot := graph.Snapshot{Taken: taken, Organization: organization, Blind: []graph.Blind{{What: "a", Hides: "b"}}}
		text, err := graph.MarshalSnapshot(snapshot)
		require.NoError(t, err)
		read, err := graph.ParseSnapshot(text)
		require.NoError(t, err)
		again, err := graph.MarshalSnapshot(read)
		require.NoError(t, err)
		require.Equal(t, string(text), string(again))
		require.Equal(t, snapshot.Blind, read.Blind)
		before, after := graph.NewIndex(organization), graph.NewIndex(read.Organization)
		for _, scope := range drawnScopes[e.kind] {
			was, _ := before.Entity(asked.Kind, asked.Name)
			is, _ := after.Entity(asked.Kind, asked.Name)
			if want, got := before.WhoCan(scope, was), after.WhoCan(scope, is); !reflect.DeepEqual(want, got) {
				t.Fatalf("seed %d: %s on %s: %v, and after reading back %v\n%s", seed, scope, e.name, said(want), said(got), text)
			}
		}
	}
}

func TestSnapshotVersions(t *testing.T) {
	t.Parallel()
	o := acme()
	o.Login = "acme"
	text, err := graph.MarshalSnapshot(graph.Snapshot{Taken: taken, Organization: o})
	require.NoError(t, err)
	for name, c := range map[string]struct{ from, to, want string }{
		"a newer version":     {`"version": 2`, `"version": 3`, "has version 3, and this release reads versions up to 2"},
		"an older version":    {`"version": 2`, `"version": 1`, ""},
		"another document":    {`"leastprivilege/snapshot"`, `"other"`, `its schema is "other"`},
		"no organization":     {`"login": "ana"`, `"login": 7`, "invalid snapshot"},
		"not JSON":            {`{`, `[`, "not JSON"},
		"a newer field":       {`"version": 2`, `"version": 2, "later": {"a": [1]}`, ""},
		"a newer descriptor":  {`"PermissionDescriptorGroup"`, `"PermissionDescriptorFuture"`, ""},
		"an organization off": {`"organization": {`, `"organisation": {`, "it names no organization"},
	} {
		changed := strings.Replace(string(text), c.from, c.to, 1)
		require.NotEqual(t, string(text), changed, name)
		read, err := graph.ParseSnapshot([]byte(changed))
		if c.want != "" {
			require.ErrorContains(t, err, c.want, name)
			continue
		}
		require.NoError(t, err, name)
		assert.Equal(t, taken, read.Taken)
	}
	future, err := graph.ParseSnapshot([]byte(strings.ReplaceAll(string(text), "PermissionDescriptorGroup", "PermissionDescriptorFuture")))
	require.NoError(t, err)
	assert.Equal(t, graph.Possible, certainties(future.Organization, "environment:delete", prod())["user cy"], "what cannot be read may grant anything")
}

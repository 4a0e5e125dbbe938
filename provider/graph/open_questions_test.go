package graph_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// certainties says of each principal how certain it is that it holds a scope.
func certainties(o graph.Organization, scope string, t graph.Resource) map[string]graph.Certainty {
	all := map[string]graph.Certainty{}
	for _, p := range graph.NewIndex(o).WhoCan(scope, t).Principals {
		all[string(p.Kind)+" "+p.Name] = p.Certainty
	}
	return all
}

func roleOf(d access.Descriptor) graph.Organization {
	return graph.Organization{
		Login:   "acme",
		Records: map[string]graph.Record{"role": {Name: "role", Descriptor: d}},
		Users:   []graph.User{{Login: "bo", Role: "role"}},
	}
}

// Whether a deployment acts as the organization's own identity, as organization tokens do, is not documented.
func TestDeploymentMayOwnWhatTheOrganizationOwns(t *testing.T) {
	t.Parallel()
	o := graph.Organization{Login: "acme", Tokens: []graph.Token{{Name: "robot"}}, Deployments: []graph.Deployment{{Stack: "web/prod"}}}
	resource := graph.Resource{Entity: access.Entity{Kind: access.Account, ID: "a1"}, Name: "aws", Owner: "acme"}
	assert.Equal(t, map[string]graph.Certainty{"user acme": graph.Certain, "token robot": graph.Certain, "deployment web/prod": graph.Possible},
		certainties(o, "insights_account:read", resource))
}

// A condition on environments grants nothing on a stack. Whether its opposite does is not documented: a role that says "not
// where an environment is restricted" over stacks may reach all of them.
func TestOppositeOfConditionOnOtherKindIsPossible(t *testing.T) {
	t.Parallel()
	restricted := access.HasTag{Context: access.Context{Kind: access.Environment}, Key: "restricted"}
	write := access.Allowed{Permissions: []string{"stack:read"}}
	stack := graph.Resource{Entity: access.Entity{Kind: access.Stack, ID: "s1"}, Name: "web/prod"}
	for name, c := range map[string]struct {
		role access.Descriptor
		want map[string]graph.Certainty
	}{
		"holds": {access.Condition{Condition: restricted, SubNode: write}, map[string]graph.Certainty{}},
		"not":   {access.Condition{Condition: access.Not{Node: restricted}, SubNode: write}, map[string]graph.Certainty{"user bo": graph.Possible}},
		"else": {access.IfThenElse{Condition: restricted, WhenTrue: access.Group{}, WhenFalse: write},
			map[string]graph.Certainty{"user bo": graph.Possible}},
		"not not": {access.Condition{Condition: access.Not{Node: access.Not{Node: restricted}}, SubNode: write}, map[string]graph.Certainty{}},
	} {
		assert.Equal(t, c.want, certainties(roleOf(c.role), "stack:read", stack), name)
	}
}

// Whether the owner of an environment or account keeps access whose assignment was revoked is not documented.
func TestOwnerWithoutAssignmentIsPossible(t *testing.T) {
	t.Parallel()
	for revoked, want := range map[bool]graph.Certainty{false: graph.Certain, true: graph.Possible} {
		o := graph.Organization{Login: "acme", Users: []graph.User{{Login: "bo"}}}
		target := prod()
		target.Owner, target.OwnerRevoked = "bo", revoked
		assert.Equal(t, map[string]graph.Certainty{"user bo": want}, certainties(o, "environment:read", target))
	}
}

// Whether using an environment takes seeing it is not documented.
func TestScopeWithoutReadIsPossible(t *testing.T) {
	t.Parallel()
	for scopes, want := range map[string]graph.Certainty{"": graph.Possible, "environment:read": graph.Certain} {
		o := roleOf(access.Allowed{Permissions: []string{"environment:open", scopes}})
		assert.Equal(t, map[string]graph.Certainty{"user bo": want}, certainties(o, "environment:open", prod()))
	}
}

// Whether an option gives anything when an earlier one is selected is not documented, and neither is whether one is that is about a team.
func TestOptionAfterOneThatMayBeSelectedIsPossible(t *testing.T) {
	t.Parallel()
	one, other := access.LiteralString{Value: "dev"}, access.LiteralString{Value: "prod"}
	ofTeam := access.Tag{Context: access.Context{Kind: access.Team}, Key: "tier"}
	nothing, read := access.Group{}, access.Allowed{Permissions: []string{"stack:read"}}
	stack := graph.Resource{Entity: access.Entity{Kind: access.Stack, ID: "s1", Tags: map[string]string{"tier": "dev"}}, Name: "web/prod"}
	for name, c := range map[string]struct {
		before access.Expression
		want   graph.Certainty
	}{"equal": {one, graph.Possible}, "not equal": {other, graph.Certain}, "not known": {ofTeam, graph.Possible}} {
		role := access.Select{
			Selector: access.Tag{Context: access.Context{Kind: access.Stack}, Key: "tier"},
			Options:  []access.Option{{Value: c.before, Node: nothing}, {Value: one, Node: read}},
		}
		assert.Equal(t, map[string]graph.Certainty{"user bo": c.want}, certainties(roleOf(role), "stack:read", stack), name)
	}
}

// What an entity of one kind equals that is named by an id of another kind is not documented: neither is it for its opposite.
func TestEntityComparedWithAnotherKindIsPossible(t *testing.T) {
	t.Parallel()
	read := access.Allowed{Permissions: []string{"stack:read"}}
	stack := graph.Resource{Entity: access.Entity{Kind: access.Stack, ID: "s1"}, Name: "web/prod"}
	for name, is := range map[string]access.Expression{
		"the entity":          access.Equal{Left: access.Context{Kind: access.Stack}, Right: access.LiteralEntity{Kind: access.Account, Identity: "s1"}},
		"another one's tag":   access.Equal{Left: access.Tag{Context: access.Context{Kind: access.Account}, Key: "tier"}, Right: access.LiteralEntity{Kind: access.Stack, Identity: "s1"}},
		"another one, of set": access.In{Target: access.Context{Kind: access.Stack}, Values: access.EntitySet{Kind: access.Account, Identities: []string{"s1"}}},
	} {
		for _, condition := range []access.Expression{is, access.Not{Node: is}} {
			role := access.Condition{Condition: condition, SubNode: read}
			assert.Equal(t, map[string]graph.Certainty{"user bo": graph.Possible}, certainties(roleOf(role), "stack:read", stack), name)
		}
	}
}

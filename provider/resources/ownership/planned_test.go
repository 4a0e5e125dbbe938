package ownership

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// What is planned is whose grants stay, and on environments what an owner holds by owning.
func TestPlannedAccess(t *testing.T) {
	t.Parallel()
	project := "payments"
	wanted := func(owner string, keep ...string) State {
		return State{Selection: Selection{Organization: "acme", Project: &project}, Owner: owner, Keep: &keep}
	}
	environment := func(owner string, revoked bool) graph.Resource {
		return graph.Resource{
			Entity: access.Entity{Kind: access.Environment, ID: "e"}, Name: "payments/prod", Owner: owner, OwnerRevoked: revoked,
			Assigned: map[string][]string{"di": {"s"}, "eve": {"s"}},
		}
	}
	kind := Kind{Entity: access.Environment, GrantMoves: true}
	for name, test := range map[string]struct {
		want    State
		before  graph.Resource
		owner   string
		revoked bool
		direct  map[string]access.Level
	}{
		"owner stays, is not kept":  {wanted("bo", "di"), environment("bo", false), "bo", true, nil},
		"owner stays and is kept":   {wanted("bo", "di", "BO"), environment("bo", false), "bo", false, nil},
		"nothing is granted anew":   {wanted("bo", "di", "bo"), environment("bo", true), "bo", true, nil},
		"changes, nobody kept":      {wanted("ana", "di"), environment("bo", false), "ana", true, nil},
		"changes, new one kept":     {wanted("ana", "di", "ana"), environment("bo", true), "ana", false, nil},
		"changes, owner before too": {wanted("ana", "di", "bo"), environment("bo", false), "ana", true, map[string]access.Level{"bo": access.Admin}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			organization, changes := kind.plannedAccess(kit.Op{}, nil, test.want)
			assert.Equal(t, "acme", organization)
			require.Len(t, changes, 1)
			got := changes[0].Resource(test.before)
			assert.Equal(t, test.owner, got.Owner)
			assert.Equal(t, test.revoked, got.OwnerRevoked)
			assert.Equal(t, map[string][]string{"di": {"s"}}, got.Assigned)
			assert.Equal(t, test.direct, got.Direct)
			assert.Len(t, test.before.Assigned, 2, "what was there is left as it was")
			other := test.before
			other.Name = "web/prod"
			assert.Equal(t, other, changes[0].Resource(other))
			_, unknown := kind.plannedAccess(kit.Op{Unknowns: []string{"owner"}}, nil, test.want)
			assert.NotEmpty(t, unknown[0].Unknown)
		})
	}
}

// What a change of the owner took from somebody who keeps theirs is given back, which counts as planned; nobody else's is.
func TestPlannedAccessCountsWhatIsOwed(t *testing.T) {
	t.Parallel()
	keep := []string{"bo", "di"}
	want := State{Selection: Selection{Organization: "acme", Project: new("payments")}, Owner: "ana", Keep: &keep}
	before := []Owned{{ID: "e", Owner: "ana", Owed: []types.DirectGrant{
		{Login: "bo", Permission: "open"}, {Login: "di", Permission: "permissionSet s"}, {Login: "cy", Permission: "admin"},
	}}}
	for _, kind := range []Kind{{Entity: access.Environment, GrantMoves: true}, {Entity: access.Stack}} {
		_, changes := kind.plannedAccess(kit.Op{}, before, want)
		require.Len(t, changes, 1)
		got := changes[0].Resource(graph.Resource{Entity: access.Entity{Kind: kind.Entity, ID: "e"}, Name: "payments/prod", Owner: "ana", OwnerRevoked: true})
		assert.Equal(t, map[string]access.Level{"bo": access.Open}, got.Direct)
		assert.Equal(t, map[string][]string{"di": {"s"}}, got.Assigned)
	}
}

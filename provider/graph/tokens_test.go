package graph_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// A team's token may have the name of one of the organization: what one of them is or holds is not hidden by the other, in whichever order
// they are listed.
func TestTokensOfOneName(t *testing.T) {
	t.Parallel()
	stack := graph.Resource{Entity: access.Entity{Kind: access.Stack, ID: "s1"}, Name: "web/prod"}
	ofTeam, administrator := graph.Token{Name: "ci", Team: "red"}, graph.Token{Name: "ci", Admin: true}
	for _, tokens := range [][]graph.Token{{ofTeam, administrator}, {administrator, ofTeam}} {
		o := graph.Organization{
			Login: "acme", Tokens: tokens, Restricted: true,
			Teams: []graph.Team{{Name: "red", Stacks: map[string]graph.Held{"web/prod": {Level: access.Admin}}}},
		}
		o.Catalogue = access.NewCatalogue(nil)
		index := graph.NewIndex(o)
		held, found := index.OfToken("ci", graph.Resource{Entity: access.Entity{Kind: access.Organization}, Name: "acme"})
		assert.True(t, found)
		assert.True(t, held.Has("role:create"), "the organization's token is an administrator")
		assert.False(t, index.IsAdministrator(graph.TokenKind, "ci"), "the team's token is not")
		deleting := index.WhoCan("stack:delete", stack).Principals
		assert.NotEmpty(t, deleting)
		for _, p := range deleting {
			assert.Equal(t, graph.Possible, p.Certainty, "the setting is off, so that the team's token is refused: %s", p.Doubt)
		}
	}
	index := graph.NewIndex(graph.Organization{Login: "acme", Tokens: []graph.Token{administrator}})
	assert.True(t, index.IsAdministrator(graph.TokenKind, "ci"))
	assert.False(t, index.IsAdministrator(graph.TokenKind, "other"))
}

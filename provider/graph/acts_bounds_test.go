package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// However many acts build on each other, the last one is found.
func TestLongChainsAreFound(t *testing.T) {
	t.Parallel()
	for _, length := range []int{1, 2, 5, 6, 7, 12, 30} {
		o := graph.Organization{Login: "acme", Catalogue: access.NewCatalogue(nil), Records: map[string]graph.Record{}}
		role := func(n int, kind access.EntityKind, id string, scopes ...string) string {
			name := fmt.Sprintf("r%d", n)
			is := access.Equal{Left: access.Context{Kind: kind}, Right: access.LiteralEntity{Kind: kind, Identity: id}}
			o.Records[name] = graph.Record{Name: name, Descriptor: access.Condition{Condition: is, SubNode: access.Allowed{Permissions: scopes}}}
			return name
		}
		starts := func(n int) string {
			return role(n, access.Stack, fmt.Sprint("id ", n), "stack:read", "stack_deployment:create")
		}
		o.Users = []graph.User{{Login: "bo", Role: starts(0)}}
		for n := range length { // the deployments of each stack start those of the next one
			name, next := fmt.Sprintf("p/s%d", n), ""
			if n == length-1 {
				next = role(n+1, access.Environment, "id prod", "environment:read", "environment:open")
			} else {
				next = starts(n + 1)
			}
			o.Stacks = append(o.Stacks, graph.Resource{Entity: access.Entity{Kind: access.Stack, ID: fmt.Sprint("id ", n)}, Name: name})
			o.Deployments = append(o.Deployments, graph.Deployment{Stack: name, Role: next})
		}
		prod := graph.Resource{Entity: access.Entity{Kind: access.Environment, ID: "id prod"}, Name: "p/prod", Definition: &graph.Definition{}}
		o.Environments = []graph.Resource{prod}
		of := graph.PrincipalID{Kind: graph.UserKind, Name: "bo"}
		found := graph.NewIndex(o).Escalations(&of, "environment:open", &prod)
		require.Len(t, found, 1, length)
		assert.Len(t, found[0].Acts, length)
		assert.Equal(t, graph.Certain, found[0].Certainty)
	}
}

// Where not every set of tags is tried, what others would give is possible: nothing that a principal can come to is a no. It changes the
// bound for all, and so runs beside no other test.
func TestBoundsAreSaid(t *testing.T) { //nolint:paralleltest // it changes the bound
	const bound = 3
	defer graph.SetMaxTags(bound)()
	cut, questions := 0, 0
	for seed := range *actOrganizations {
		w := drawnActs(seed)
		w.tagsDecide()
		index := graph.NewIndex(w.productOf(t))
		principals := index.AllPrincipals()
		w.whoOpens(principals)
		found := escalationsOf(index)
		for _, p := range principals {
			if p.Name != "bo" {
				continue
			}
			certain, maybe, possible := w.run(p, true, 99, anyAct), w.run(p, false, 0, noAct), w.run(p, false, 99, anyAct)
			for kind, scopes := range lookedFor {
				for _, name := range actThings[kind] {
					for _, scope := range scopes {
						questions++
						x := found[asked{p, scope, kind, name}]
						says := slices.ContainsFunc(x.Acts, func(act graph.Performed) bool { return strings.HasSuffix(act.Text, " otherwise") })
						if says {
							cut++
							assert.Equal(t, graph.Possible, x.Certainty)
							assert.NotEmpty(t, x.Doubt)
						}
						can := !maybe.reach(scope, kind, name) && possible.reach(scope, kind, name) // else it is possible before any act
						if can && x.Certainty == "" || x.Certainty == graph.Certain && !certain.reach(scope, kind, name) {
							t.Fatalf("seed %d: %v to %s on %s %s: can %t, graph %s\n%s", seed, p, scope, kind, name, can, chainText(x), w.describe())
						}
					}
				}
			}
		}
	}
	t.Logf("%d questions, %d answered by tags that were not tried", questions, cut)
	assert.Positive(t, cut)
}

// tagsDecide gives bo a role that grants something by two tags, and lets write them.
func (w *actWorld) tagsDecide() {
	allow := func(scopes ...string) node {
		return node{"__type": "PermissionDescriptorAllow", "permissions": scopes}
	}
	is := func(key string) node {
		return node{"__type": "PermissionExpressionEqual", "left": node{
			"__type": "PermissionExpressionTag", "context": node{"__type": "PermissionExpressionEnvironment"}, "key": key,
		}, "right": node{"__type": "PermissionLiteralExpressionString", "value": "prod"}}
	}
	w.records["r1"] = naiveRecord{name: "r1", details: text(node{"__type": "PermissionDescriptorGroup", "entries": []node{
		allow("environment:read", "environment_tag:create", "environment_tag:update"),
		{"__type": "PermissionDescriptorCondition", "subNode": allow("environment:open"), "condition": node{
			"__type": "PermissionExpressionAnd", "left": is("tier"), "right": is("owner"),
		}},
	}})}
	w.users[1].role = "r1"
}

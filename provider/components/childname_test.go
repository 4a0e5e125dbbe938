package components_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A child's URN does not hold its component's name. Two components whose names and parts join to one text have children of
// their own all the same.
func TestChildrenOfTwoComponentsAreDistinct(t *testing.T) {
	t.Parallel()
	tiered := func(team, tier string) inputs {
		return inputs{"teams": list(tieredTeam(team, nil)), "tiers": list(object(inputs{"name": text(tier)}))}
	}
	stores := func(name string) inputs {
		return googleStore(createdGCP(nil), inputs{"secret": text(name)})
	}
	policies := func(name string) inputs {
		return secretStores(inputs{"accountId": text("123456789012"), "inlinePolicies": object(inputs{name: text("{}")})})
	}
	users := func(login string) inputs {
		return azureEnvironment(createdAzure(), object(inputs{"users": texts(login)}))
	}
	gated := func(project, environment string) inputs {
		return emergency(inputs{"access": object(inputs{"environments": list(
			object(inputs{"project": text(project), "environment": text(environment), "permission": text("open")}))})})
	}
	for name, test := range map[string]struct {
		component  string
		one, other [2]any // names and inputs
	}{
		"teams":            {"TieredAccess", [2]any{"a", tiered("b-c", "d")}, [2]any{"a-b", tiered("c", "d")}},
		"tiers":            {"TieredAccess", [2]any{"a", tiered("b", "c-d")}, [2]any{"a-b/c", tiered("d", "e")}},
		"a team as a tier": {"TieredAccess", [2]any{"a", tiered("b", "c-d")}, [2]any{"a/b", tiered("c-d", "e")}},
		"inline policies":  {"SecretStoreEnvironment", [2]any{"a", policies("b-c")}, [2]any{"a-b", policies("c")}},
		"own policies":     {"SecretStoreEnvironment", [2]any{"a", policies("b")}, [2]any{"a-leastprivilege", policies("secrets")}},
		"Google's secrets": {"SecretStoreEnvironment", [2]any{"a", stores("b-c")}, [2]any{"a-b", stores("c")}},
		"Azure's subjects": {"ProductionEnvironment", [2]any{"a", users("b-c")}, [2]any{"a-b", users("c")}},
		"gates":            {"BreakGlass", [2]any{"a", gated("b-c", "d")}, [2]any{"a-b", gated("c", "d")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made := map[string]string{}
			for _, component := range [][2]any{test.one, test.other} {
				e := newEngine(t)
				_, err := e.constructAs(component[0].(string), test.component, component[1].(inputs), false)
				require.NoError(t, err)
				for child := range maps.Keys(e.children) {
					assert.NotContains(t, made, child, "also a child of %s", made[child])
					made[child] = component[0].(string)
				}
			}
		})
	}
}

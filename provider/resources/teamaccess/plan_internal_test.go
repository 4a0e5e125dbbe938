package teamaccess

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// Few names, so that the old and the new grants meet often.
func genGrants(maxRoles int) *rapid.Generator[grantSet] {
	return rapid.Custom(func(t *rapid.T) grantSet {
		grants := grantSet{entities: map[access.EntityRef]access.TeamGrant{}}
		grants.roles = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"r1", "r2", "r3"}), 0, maxRoles, rapid.ID).Draw(t, "roles")
		for range rapid.IntRange(0, 8).Draw(t, "entities") {
			kind := rapid.SampledFrom([]access.EntityKind{access.Stack, access.Environment, access.Account}).Draw(t, "kind")
			key := access.EntityRef{Kind: kind, Name: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "name")}
			if kind != access.Account {
				key.Project = "p"
			}
			level := access.TeamGrant{Level: rapid.SampledFrom(access.Levels(kind)).Draw(t, "level")}
			if kind == access.Environment && level.Level != access.Read {
				level.MaxOpenDuration = rapid.SampledFrom([]time.Duration{0, time.Hour, 2 * time.Hour}).Draw(t, "maxOpen")
			}
			grants.entities[key] = level
		}
		return grants
	})
}

func genOwned() *rapid.Generator[ownedAxes] {
	return rapid.Custom(func(t *rapid.T) ownedAxes {
		return ownedAxes{
			roles: rapid.Bool().Draw(t, "roles"), stacks: rapid.Bool().Draw(t, "stacks"),
			environments: rapid.Bool().Draw(t, "environments"), accounts: rapid.Bool().Draw(t, "accounts"),
		}
	})
}

// expected is what the team is to be granted: the wanted on owned axes, the current on the others.
func expected(current, wanted grantSet, owned ownedAxes) grantSet {
	end := grantSet{roles: current.roles, entities: map[access.EntityRef]access.TeamGrant{}}
	if owned.roles {
		end.roles = wanted.roles
	}
	for key, level := range current.entities {
		if !owned.kind(key.Kind) {
			end.entities[key] = level
		}
	}
	for key, level := range wanted.entities {
		if owned.kind(key.Kind) {
			end.entities[key] = level
		}
	}
	return end
}

func TestPlanThenApplyThenPlanIsEmpty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		current, wanted, owned := genGrants(3).Draw(t, "current"), genGrants(1).Draw(t, "wanted"), genOwned().Draw(t, "owned")
		reached := current
		for _, step := range plan(current, wanted, owned) {
			reached = step.after(reached)
			if !step.inEffect(reached) {
				t.Fatalf("%v is not in effect once it is done", step)
			}
		}
		if end := expected(current, wanted, owned); !sameGrants(end, reached) {
			t.Fatalf("want %v, got %v", end, reached)
		}
		if again := plan(reached, wanted, owned); len(again) > 0 {
			t.Fatalf("a second plan is not empty: %v", again)
		}
	})
}

// Of what is there before and after, nothing is absent or lower in between, and nothing is wider than the old and the new
// together.
func TestPlanNeverInterruptsNorWidens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		current, wanted, owned := genGrants(1).Draw(t, "current"), genGrants(1).Draw(t, "wanted"), genOwned().Draw(t, "owned")
		end := expected(current, wanted, owned)
		now := current
		for _, step := range plan(current, wanted, owned) {
			now = step.after(now)
			checkBetween(t, current, now, end)
		}
	})
}

func checkBetween(t *rapid.T, before, now, end grantSet) {
	given, taken, giving, taking := true, false, false, true
	for key := range union(before, end) {
		was, had := before.entities[key]
		will, has := end.entities[key]
		is, holds := now.entities[key]
		if holds && !(had && is == was) && !(has && is == will) {
			t.Fatalf("%v is %v, neither the old %v nor the new %v", key, is, was, will)
		}
		if had && has && !holds {
			t.Fatalf("%v is missing for a moment", key)
		}
		raised := has && (!had || (was != will && !was.Lowers(key.Kind, will)))
		given = given && (!raised || is == will)
		lowered := had && (!has || was.Lowers(key.Kind, will))
		taken = taken || (lowered && (!holds || is != was))
		giving = giving || (raised && is == will && holds)
		taking = taking && (!lowered || (holds == has && is == will))
	}
	comes := len(end.roles) > 0 && !slices.Equal(before.roles, end.roles)
	if comes && taken && !given {
		t.Fatalf("something was taken before everything was given, which may move to the role that comes: %v", now)
	}
	if !comes && giving && !taking {
		t.Fatalf("something was given before everything was taken: %v", now)
	}
	for _, id := range now.roles {
		if !slices.Contains(before.roles, id) && !slices.Contains(end.roles, id) {
			t.Fatalf("role %s is neither an old nor a new one", id)
		}
	}
	if len(before.roles) > 0 && len(end.roles) > 0 && len(now.roles) == 0 {
		t.Fatal("the role is missing for a moment")
	}
	// Access may move between a role and a grant: the old role stays until grants are in place, the new one comes before
	// grants go.
	if !slices.Equal(now.roles, before.roles) && !given {
		t.Fatalf("the role changed before everything was given: %v", now)
	}
	if comes && taken && !slices.Equal(now.roles, end.roles) {
		t.Fatalf("grants were taken before the role changed: %v", now)
	}
}

func union(a, b grantSet) map[access.EntityRef]access.TeamGrant {
	all := maps.Clone(a.entities)
	maps.Copy(all, b.entities)
	return all
}

func TestPlanIsAsShortAsItCanBe(t *testing.T) {
	t.Parallel()
	stack := access.EntityRef{Kind: access.Stack, Project: "p", Name: "a"}
	current := grantSet{roles: []string{"r1"}, entities: map[access.EntityRef]access.TeamGrant{stack: {Level: access.Read}}}
	wanted := grantSet{roles: []string{"r2"}, entities: map[access.EntityRef]access.TeamGrant{stack: {Level: access.Write}}}
	steps := plan(current, wanted, ownedAxes{roles: true, stacks: true})
	assert.Equal(t, []grantStep{
		{action: editGrant, key: stack, level: access.TeamGrant{Level: access.Write}},
		{action: assignRole, role: "r2"},
	}, steps, "a level is edited in place, and assigning a role replaces the one that was there")
	assert.Empty(t, plan(current, grantSet{}, ownedAxes{}), "what is not owned is not touched")
}

// Access that moves from a grant to a role, or back, is there all the time.
func TestPlanHandsOverBetweenRoleAndGrant(t *testing.T) {
	t.Parallel()
	stack := access.EntityRef{Kind: access.Stack, Project: "p", Name: "a"}
	granted := grantSet{entities: map[access.EntityRef]access.TeamGrant{stack: {Level: access.Write}}}
	lower := grantSet{roles: []string{"r1"}, entities: map[access.EntityRef]access.TeamGrant{stack: {Level: access.Read}}}
	role := grantSet{roles: []string{"r1"}}
	owned := ownedAxes{roles: true, stacks: true}
	assert.Equal(t, []grantAction{assignRole, removeGrant}, actions(plan(granted, role, owned)))
	assert.Equal(t, []grantAction{addGrant, removeRole}, actions(plan(role, granted, owned)))
	assert.Equal(t, []grantAction{assignRole, editGrant}, actions(plan(granted, lower, owned)))
	assert.Equal(t, []grantAction{editGrant, removeRole}, actions(plan(lower, granted, owned)))
}

func actions(steps []grantStep) []grantAction {
	var actions []grantAction
	for _, step := range steps {
		actions = append(actions, step.action)
	}
	return actions
}

// A bound that is malformed is an error: as none it would widen the grant.
func TestMalformedBoundsAreNoWiderGrants(t *testing.T) {
	t.Parallel()
	bound := func(v string) Args {
		return Args{Team: "payments", Environments: &[]types.TeamEnvironmentGrant{{
			Project: "payments", Environment: "prod", Permission: "open", MaxOpenDuration: &v,
		}}}
	}
	key := access.EntityRef{Kind: access.Environment, Project: "payments", Name: "prod"}
	for text, want := range map[string]time.Duration{"": 0, "1h": time.Hour} {
		grants, err := grantsOfInputs(bound(text))
		require.NoError(t, err, text)
		assert.Equal(t, want, grants.entities[key].MaxOpenDuration)
	}
	_, err := grantsOfInputs(bound("an hour"))
	require.ErrorContains(t, err, `team "payments", environment payments/prod`)
}

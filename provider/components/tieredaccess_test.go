package components_test

import (
	"strconv"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const (
	roleType       = "leastprivilege:index:Role"
	teamType       = "leastprivilege:index:Team"
	teamAccessType = "leastprivilege:index:TeamAccess"
)

func tagged(pairs ...string) property.Value {
	tags := inputs{}
	for i := 0; i < len(pairs); i += 2 {
		tags[pairs[i]] = text(pairs[i+1])
	}
	return object(tags)
}

func tieredTeam(name string, more inputs) property.Value {
	team := inputs{"name": text(name), "tags": tagged("team", name)}
	for key, value := range more {
		team[key] = value
	}
	return object(team)
}

func stackRule(permission string, pairs ...string) property.Value {
	return object(inputs{"tags": tagged(pairs...), "permission": text(permission)})
}

// By default people work in development and look in production, each team at its own, and automation does the rest.
func TestTieredAccessByDefault(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	answer, err := e.construct("TieredAccess", inputs{"teams": list(
		tieredTeam("payments", inputs{"members": list(text("bo"))}), tieredTeam("web", inputs{"existing": property.New(true)}),
	)}, false)
	require.NoError(t, err)
	assert.Equal(t, []string{
		"leastprivilege:index:Role x-payments", "leastprivilege:index:Role x-payments/development", "leastprivilege:index:Role x-payments/production",
		"leastprivilege:index:Role x-web", "leastprivilege:index:Role x-web/development", "leastprivilege:index:Role x-web/production",
		"leastprivilege:index:Team x-payments",
		"leastprivilege:index:TeamAccess x-payments", "leastprivilege:index:TeamAccess x-web",
		"leastprivilege:index:TeamMembers x-payments",
		"leastprivilege:index:TieredAccess x",
	}, e.childNames())

	people := e.child(roleType, "x-payments").Inputs
	assert.Equal(t, "payments", people.Get("name").AsString())
	rules := people.Get("access").AsMap()
	assert.Equal(t, list(
		stackRule("write", "environment", "development", "team", "payments"), stackRule("view", "environment", "production", "team", "payments"),
	), rules.Get("stacks"), "a look at production does not show its secrets")
	assert.Equal(t, list(
		stackRule("open", "environment", "development", "team", "payments"), stackRule("read", "environment", "production", "team", "payments"),
	), rules.Get("environments"))
	assert.True(t, rules.Get("accounts").IsNull())

	for _, team := range []string{"payments", "web"} {
		automation := e.child(roleType, "x-"+team+"/production").Inputs
		assert.Equal(t, "automation-"+team+"-production", automation.Get("name").AsString())
		assert.Equal(t, object(inputs{
			"stacks":       list(stackRule("write", "environment", "production", "team", team)),
			"environments": list(stackRule("open", "environment", "production", "team", team)),
		}), plainOf(automation.Get("access")), "its own, and nobody else's")
	}

	granted := e.child(teamAccessType, "x-payments").Inputs
	assert.Equal(t, list(text("role-1")), granted.Get("roleIds"))
	for _, axis := range []string{"stacks", "environments", "accounts"} {
		assert.Equal(t, list(), granted.Get(axis), axis)
	}
	assert.Equal(t, list(text("bo")), e.child(teamType, "x-payments").Inputs.Get("members"))

	assert.Equal(t, object(inputs{"payments": text("payments"), "web": text("web")}), plainOf(answer.State.Get("teams")))
	assert.Equal(t, object(inputs{"payments": text("role-1"), "web": text("role-1")}), plainOf(answer.State.Get("roleIds")))
	byTier := object(inputs{"development": text("role-1"), "production": text("role-1")})
	assert.Equal(t, object(inputs{"payments": byTier, "web": byTier}), plainOf(answer.State.Get("automationRoleIds")))
}

// plainOf drops what a value depends on.
func plainOf(v property.Value) property.Value {
	v = v.WithDependencies(nil)
	switch {
	case v.IsMap():
		plain := inputs{}
		for key, child := range v.AsMap().All {
			plain[key] = plainOf(child)
		}
		return object(plain)
	case v.IsArray():
		var elements []property.Value
		for _, child := range v.AsArray().All {
			elements = append(elements, plainOf(child))
		}
		return list(elements...)
	}
	return v
}

func TestTieredAccessAsGiven(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	_, err := e.construct("TieredAccess", inputs{
		"tiers": list(
			object(inputs{
				"name": text("sandbox"), "stackTags": tagged("tier", "1"), "environmentTags": tagged("class", "low"),
				"people": object(inputs{
					"stacks": text("admin"), "environments": text("open"), "accounts": text("read"), "maxOpenDuration": text("1h"),
				}),
				"automation": object(inputs{}),
			}),
			object(inputs{
				"name": text("live"), "tags": tagged("tier", "2"), "people": object(inputs{}),
			}),
		),
		"teams": list(
			object(inputs{"name": text("payments"), "stackTags": tagged("team", "p"), "roleName": text("payments-people"),
				"automationRoleNames": tagged("live", "deployer")}),
			object(inputs{"name": text("watchers"), "tiers": list(text("sandbox"))}),
		),
		"allow": list(text("stackAdminForPeople")),
	}, false)
	require.NoError(t, err)
	people := e.child(roleType, "x-payments").Inputs
	assert.Equal(t, "payments-people", people.Get("name").AsString())
	assert.Equal(t, list(text("stackAdminForPeople")), people.Get("allow"))
	rules := people.Get("access").AsMap()
	assert.Equal(t, list(stackRule("admin", "tier", "1", "team", "p")), rules.Get("stacks"), "nothing in live")
	assert.Equal(t, list(object(inputs{
		"tags": tagged("class", "low"), "permission": text("open"), "maxOpenDuration": text("1h"),
	})), rules.Get("environments"))
	assert.Equal(t, list(stackRule("read", "environment", "sandbox")), rules.Get("accounts"), "the tags by default, where none are given")
	assert.Equal(t, list(stackRule("admin", "tier", "1")), e.child(roleType, "x-watchers").Inputs.Get("access").AsMap().Get("stacks"))

	for _, name := range []string{"x-payments/sandbox", "x-watchers/sandbox", "x-watchers/live"} {
		assert.NotContains(t, e.childNames(), "leastprivilege:index:Role "+name, "an empty block is nothing; watchers do not work in live")
	}
	automation := e.child(roleType, "x-payments/live").Inputs
	assert.Equal(t, "deployer", automation.Get("name").AsString())
	assert.Equal(t, list(stackRule("write", "tier", "2", "team", "p")), automation.Get("access").AsMap().Get("stacks"))
}

// Rights take everything that the rules of a role take. The id of a permission set may come from a resource.
func TestTieredAccessTakesScopesAndSets(t *testing.T) {
	t.Parallel()
	build := func(set property.Value) inputs {
		return inputs{
			"tiers": list(object(inputs{
				"name":       text("production"),
				"people":     object(inputs{"stackScopes": texts("stack:read"), "environmentPermissionSet": set}),
				"automation": object(inputs{"stackPermissionSet": set, "environmentScopes": texts("environment:open"), "maxOpenDuration": text("2h"), "accountScopes": texts("insights_account:read")}),
			})),
			"teams": list(tieredTeam("payments", nil)),
		}
	}
	tags := tagged("environment", "production", "team", "payments")
	e := newEngine(t)
	_, err := e.construct("TieredAccess", build(dependent(text("set-1"))), false)
	require.NoError(t, err)
	people, automation := e.child(roleType, "x-payments"), e.child(roleType, "x-payments/production")
	assert.Equal(t, object(inputs{
		"stacks":       list(object(inputs{"tags": tags, "scopes": texts("stack:read")})),
		"environments": list(object(inputs{"tags": tags, "permissionSet": text("set-1")})),
	}), plainOf(people.Inputs.Get("access")))
	assert.Equal(t, object(inputs{
		"stacks":       list(object(inputs{"tags": tags, "permissionSet": text("set-1")})),
		"environments": list(object(inputs{"tags": tags, "scopes": texts("environment:open"), "maxOpenDuration": text("2h")})),
		"accounts":     list(object(inputs{"tags": tags, "scopes": texts("insights_account:read")})),
	}), plainOf(automation.Inputs.Get("access")))
	assert.Contains(t, people.RegisterRPC.GetDependencies(), string(upstream), "the role is made after the set that it composes")

	blank := newEngine(t)
	_, err = blank.construct("TieredAccess", build(unknown()), true)
	require.NoError(t, err)
	assert.True(t, blank.child(roleType, "x-payments").Inputs.Get("access").HasComputed())
}

// The law of the component: whatever the tiers and teams, a role for automation gives what its tier gives automation on what
// carries the tier's tags and its own team's, and nothing on anything else.
func TestTieredAutomationReachesItsOwnAlone(t *testing.T) {
	t.Parallel()
	keys, values := rapid.SampledFrom([]string{"a", "b", "c"}), rapid.SampledFrom([]string{"1", "2"})
	rapid.Check(t, func(rt *rapid.T) {
		teamNames := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"t", "t-u", "u", "u-v", "v"}), 1, 4, rapid.ID).Draw(rt, "teams")
		tierNames := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"x", "y-v", "v-y"}), 1, 3, rapid.ID).Draw(rt, "tiers")
		teamTags, tierTags := map[string]map[string]string{}, map[string]map[string]string{}
		var teams, tiers []property.Value
		for _, name := range teamNames {
			teamTags[name] = rapid.MapOfN(keys, values, 1, 2).Draw(rt, "tags of a team")
			teams = append(teams, object(inputs{"name": text(name), "tags": textMap(teamTags[name])}))
		}
		for i, name := range tierNames {
			tierTags[name] = map[string]string{"tier": strconv.Itoa(i)}
			tiers = append(tiers, object(inputs{"name": text(name), "tags": textMap(tierTags[name])}))
		}
		e := newEngine(t)
		_, err := e.construct("TieredAccess", inputs{"tiers": list(tiers...), "teams": list(teams...)}, false)
		require.NoError(rt, err)
		entity := rapid.MapOf(keys, values).Draw(rt, "entity")
		entity["tier"] = strconv.Itoa(rapid.IntRange(0, 3).Draw(rt, "the tier of the entity"))
		for _, team := range teamNames {
			for _, tier := range tierNames {
				own := carries(entity, teamTags[team]) && carries(entity, tierTags[tier])
				rules := e.automationOf(team, tier).Get("access").AsMap()
				for _, kind := range []string{"stacks", "environments"} {
					reached := false
					for _, rule := range rules.Get(kind).AsArray().All {
						tags := map[string]string{}
						for key, value := range rule.AsMap().Get("tags").AsMap().All {
							tags[key] = value.AsString()
						}
						reached = reached || carries(entity, tags)
					}
					require.Equal(rt, own, reached, "%s of %s in %s, and %v", kind, team, tier, entity)
				}
			}
		}
	})
}

// automationOf is what the role of a team's automation in a tier was registered with, whatever the child is called.
func (e *engine) automationOf(team, tier string) property.Map {
	e.t.Helper()
	for _, child := range e.children {
		if child.Inputs.Get("description").Equals(text("What automation of the team " + team + " may do in " + tier + ".")) {
			return child.Inputs
		}
	}
	require.Fail(e.t, "no role for the automation of a team in a tier", "%s in %s: there are %v", team, tier, e.childNames())
	return property.Map{}
}

func textMap(of map[string]string) property.Value {
	all := inputs{}
	for key, value := range of {
		all[key] = text(value)
	}
	return object(all)
}

func carries(entity, tags map[string]string) bool {
	for key, value := range tags {
		if entity[key] != value {
			return false
		}
	}
	return true
}

// What is said about a tag reaches the role that it selects for; what is said about members reaches the team.
func TestTieredAccessOnTheWire(t *testing.T) {
	t.Parallel()
	build := func(tag, member property.Value) inputs {
		return inputs{"teams": list(object(inputs{
			"name": text("payments"), "tags": object(inputs{"team": tag}), "members": list(member),
		}), tieredTeam("web", nil))}
	}
	at := func(e *engine, token, name, property string) property.Value {
		return e.child(token, name).Inputs.Get(property)
	}
	plain := newEngine(t)
	_, err := plain.construct("TieredAccess", build(secret(text("p")), secret(text("bo"))), false)
	require.NoError(t, err)
	for _, name := range []string{"x-payments", "x-payments/production"} {
		assert.True(t, at(plain, roleType, name, "access").HasSecrets(), name)
	}
	assert.True(t, at(plain, teamType, "x-payments", "members").HasSecrets())
	assert.False(t, at(plain, roleType, "x-web", "access").HasSecrets(), "another team's tag is not secret")

	blank := newEngine(t)
	_, err = blank.construct("TieredAccess", build(unknown(), unknown()), true)
	require.NoError(t, err)
	for _, name := range []string{"x-payments", "x-payments/production"} {
		assert.True(t, at(blank, roleType, name, "access").HasComputed(), name)
	}
	assert.True(t, at(blank, teamType, "x-payments", "members").HasComputed())
	assert.False(t, at(blank, roleType, "x-web", "access").HasComputed())

	hanging := newEngine(t)
	in := build(dependent(text("p")), text("bo"))
	in["tiers"] = list(object(inputs{"name": dependent(text("production")), "people": dependent(object(inputs{"stacks": text("read")}))}))
	_, err = hanging.construct("TieredAccess", in, false)
	require.NoError(t, err, "names and rights may come from another resource, where they are known")
	role := hanging.child(roleType, "x-payments")
	assert.False(t, role.Inputs.Get("access").HasComputed())
	assert.Contains(t, role.RegisterRPC.GetDependencies(), string(upstream))
}

func TestTieredAccessRefuses(t *testing.T) {
	t.Parallel()
	with := func(tier inputs, teams ...property.Value) inputs {
		if tier["name"].IsNull() {
			tier["name"] = text("production")
		}
		if len(teams) == 0 {
			teams = []property.Value{tieredTeam("payments", nil)}
		}
		return inputs{"tiers": list(object(tier)), "teams": list(teams...)}
	}
	team := func(more inputs) inputs { return inputs{"teams": list(tieredTeam("payments", more))} }
	for name, test := range map[string]struct {
		path   string
		inputs inputs
	}{
		"no teams":               {"teams", inputs{"teams": list()}},
		"no tiers":               {"tiers", inputs{"tiers": list(), "teams": list(tieredTeam("a", nil))}},
		"unknown teams":          {"teams", inputs{"teams": unknown()}},
		"unknown team":           {"teams[1]", inputs{"teams": list(tieredTeam("a", nil), unknown())}},
		"unknown name of a team": {"teams[0].name", inputs{"teams": list(object(inputs{"name": unknown()}))}},
		"unknown existing":       {"teams[0].existing", team(inputs{"existing": unknown()})},
		"unknown tier of a team": {"teams[0].tiers[0]", team(inputs{"tiers": list(unknown())})},
		"unknown name of a tier": {"tiers[0].name", with(inputs{"name": unknown()})},
		"unknown right":          {"tiers[0].automation.stacks", with(inputs{"automation": object(inputs{"stacks": unknown()})})},
		"admin for people":       {"tiers[0].people.stacks", with(inputs{"people": object(inputs{"stacks": text("admin")})})},
		"no such level":          {"tiers[0].people.environments", with(inputs{"people": object(inputs{"environments": text("all")})})},
		"duration without open":  {"tiers[0].people.maxOpenDuration", with(inputs{"people": object(inputs{"environments": text("read"), "maxOpenDuration": text("1h")})})},
		"duration of nothing":    {"tiers[0].automation.maxOpenDuration", with(inputs{"automation": object(inputs{"maxOpenDuration": text("1h")})})},
		"no duration":            {"tiers[0].people.maxOpenDuration", with(inputs{"people": object(inputs{"environments": text("open"), "maxOpenDuration": text("soon")})})},
		"no tags in a tier":      {"tiers[0].tags", with(inputs{"tags": object(inputs{})})},
		"no tags in a team":      {"teams[0].environmentTags", team(inputs{"environmentTags": object(inputs{})})},
		"twice":                  {"teams[1].name", inputs{"teams": list(tieredTeam("a", nil), tieredTeam("a", nil))}},
		"unknown scope":          {"tiers[0].people.stackScopes[0]", with(inputs{"people": object(inputs{"stackScopes": list(unknown())})})},
		"no such scope":          {"tiers[0].people.stackScopes[1]", with(inputs{"people": object(inputs{"stackScopes": texts("stack:read", "stack:look")})})},
		"no scopes":              {"tiers[0].automation.environmentScopes", with(inputs{"automation": object(inputs{"environmentScopes": list()})})},
		"a level and scopes":     {"tiers[0].people.stacks", with(inputs{"people": object(inputs{"stacks": text("view"), "stackScopes": texts("stack:read")})})},
		"a set's whole id":       {"tiers[0].people.environmentPermissionSet", with(inputs{"people": object(inputs{"environmentPermissionSet": text("acme/1")})})},
		"admin by scopes":        {"tiers[0].people.stackScopes", with(inputs{"people": object(inputs{"stackScopes": texts("stack:delete")})})},
		"view of environments":   {"tiers[0].people.environments", with(inputs{"people": object(inputs{"environments": text("view")})})},
		"a role's name twice":    {"teams[1].roleName", inputs{"teams": list(tieredTeam("a", nil), tieredTeam("b", inputs{"roleName": text("a")}))}},
		"a name that another role has by default": {`teams[1].automationRoleNames["b-c"]`, inputs{
			"teams": list(tieredTeam("a-b", nil), tieredTeam("a", inputs{"automationRoleNames": tagged("b-c", "automation-a-b-c")})),
			"tiers": list(object(inputs{"name": text("c")}), object(inputs{"name": text("b-c")})),
		}},
		"automation's name for a team": {"teams[1].name", inputs{"teams": list(tieredTeam("a", nil), tieredTeam("automation-a-production", nil))}},
		"a name for no tier":           {`teams[0].automationRoleNames["live"]`, team(inputs{"automationRoleNames": tagged("live", "x")})},
		"automation's name twice":      {`teams[0].automationRoleNames["production"]`, team(inputs{"automationRoleNames": tagged("development", "x", "production", "x")})},
		"slash":                        {"teams[0].name", inputs{"teams": list(tieredTeam("a/b", nil))}},
		"no such tier":                 {"teams[0].tiers[0]", team(inputs{"tiers": list(text("live"))})},
		"existing and its people":      {"teams[0].members", team(inputs{"existing": property.New(true), "members": list(text("bo"))})},
		"nothing for the team":         {"teams[0]", with(inputs{"people": object(inputs{})})},
		"tags that contradict":         {"teams[0].tags", with(inputs{"tags": tagged("team", "web")})},
		"tiers that are one": {"tiers[1].tags", inputs{"teams": list(tieredTeam("a", nil)), "tiers": list(
			object(inputs{"name": text("a"), "tags": tagged("x", "y")}), object(inputs{"name": text("b"), "tags": tagged("x", "y")}),
		)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t)
			_, err := e.construct("TieredAccess", test.inputs, true)
			require.Error(t, err)
			assert.Contains(t, failedPaths(t, err), test.path, "%v", err)
			assert.Empty(t, e.childNames(), "a child was registered")
		})
	}
}

// Opting in by name, automation that may administer, and tags that are not known yet are not refused.
func TestTieredAccessAccepts(t *testing.T) {
	t.Parallel()
	admin := object(inputs{"stacks": text("admin")})
	for name, in := range map[string]inputs{
		"opted in": {
			"tiers": list(object(inputs{"name": text("dev"), "people": admin})), "teams": list(tieredTeam("a", nil)),
			"allow": list(text("stackAdminForPeople")),
		},
		"admin for automation": {"tiers": list(object(inputs{"name": text("dev"), "automation": admin})), "teams": list(tieredTeam("a", nil))},
		"unknown tags": {
			"tiers": list(object(inputs{"name": text("a"), "tags": unknown()}), object(inputs{"name": text("b"), "tags": unknown()})),
			"teams": list(tieredTeam("a", inputs{"tags": unknown()})),
		},
		"names that join to one text": {
			"teams": list(tieredTeam("a-b", nil), tieredTeam("a", nil)), "tiers": list(object(inputs{"name": text("c")}), object(inputs{"name": text("b-c")})),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := newEngine(t).construct("TieredAccess", in, true)
			assert.NoError(t, err)
		})
	}
}

package components_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
		"leastprivilege:index:Role x-automation-development", "leastprivilege:index:Role x-automation-production",
		"leastprivilege:index:Role x-payments", "leastprivilege:index:Role x-web",
		"leastprivilege:index:Team x-payments",
		"leastprivilege:index:TeamAccess x-payments", "leastprivilege:index:TeamAccess x-web",
		"leastprivilege:index:TieredAccess x",
	}, e.childNames())

	people := e.child(roleType, "x-payments").Inputs
	assert.Equal(t, "payments", people.Get("name").AsString())
	rules := people.Get("access").AsMap()
	assert.Equal(t, list(
		stackRule("write", "environment", "development", "team", "payments"), stackRule("read", "environment", "production", "team", "payments"),
	), rules.Get("stacks"))
	assert.Equal(t, list(
		stackRule("open", "environment", "development", "team", "payments"), stackRule("read", "environment", "production", "team", "payments"),
	), rules.Get("environments"))
	assert.True(t, rules.Get("accounts").IsNull())

	automation := e.child(roleType, "x-automation-production").Inputs
	assert.Equal(t, "automation-production", automation.Get("name").AsString())
	assert.Equal(t, list(
		stackRule("write", "environment", "production", "team", "payments"), stackRule("write", "environment", "production", "team", "web"),
	), automation.Get("access").AsMap().Get("stacks"))

	granted := e.child(teamAccessType, "x-payments").Inputs
	assert.Equal(t, list(text("role-1")), granted.Get("roleIds"))
	for _, axis := range []string{"stacks", "environments", "accounts"} {
		assert.Equal(t, list(), granted.Get(axis), axis)
	}
	assert.Equal(t, list(text("bo")), e.child(teamType, "x-payments").Inputs.Get("members"))

	assert.Equal(t, list(text("payments"), text("web")), plainOf(answer.State.Get("teams")))
	assert.Equal(t, object(inputs{"payments": text("role-1"), "web": text("role-1")}), plainOf(answer.State.Get("roleIds")))
	assert.Equal(t, object(inputs{"development": text("role-1"), "production": text("role-1")}), plainOf(answer.State.Get("automationRoleIds")))
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
				"automationRoleName": text("deployer"),
			}),
		),
		"teams": list(
			object(inputs{"name": text("payments"), "stackTags": tagged("team", "p"), "roleName": text("payments-people")}),
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

	assert.NotContains(t, e.childNames(), "leastprivilege:index:Role x-automation-sandbox", "an empty block is nothing")
	automation := e.child(roleType, "x-automation-live").Inputs
	assert.Equal(t, "deployer", automation.Get("name").AsString())
	assert.Equal(t, list(stackRule("write", "tier", "2", "team", "p")), automation.Get("access").AsMap().Get("stacks"), "watchers do not work there")
}

// A team without tags reaches all of a tier, so that the rules of the others add nothing.
func TestTieredAutomationKeepsTheBroadestRules(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	_, err := e.construct("TieredAccess", inputs{"teams": list(
		tieredTeam("payments", nil), object(inputs{"name": text("platform")}), tieredTeam("web", inputs{"tags": tagged("team", "payments")}),
	)}, false)
	require.NoError(t, err)
	assert.Equal(t, list(stackRule("write", "environment", "production")),
		e.child(roleType, "x-automation-production").Inputs.Get("access").AsMap().Get("stacks"))
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
	for _, name := range []string{"x-payments", "x-automation-production"} {
		assert.True(t, at(plain, roleType, name, "access").HasSecrets(), name)
	}
	assert.True(t, at(plain, teamType, "x-payments", "members").HasSecrets())
	assert.False(t, at(plain, roleType, "x-web", "access").HasSecrets(), "another team's tag is no secret")

	blank := newEngine(t)
	_, err = blank.construct("TieredAccess", build(unknown(), unknown()), true)
	require.NoError(t, err)
	for _, name := range []string{"x-payments", "x-automation-production"} {
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
		"no teams":                {"teams", inputs{"teams": list()}},
		"no tiers":                {"tiers", inputs{"tiers": list(), "teams": list(tieredTeam("a", nil))}},
		"unknown teams":           {"teams", inputs{"teams": unknown()}},
		"unknown team":            {"teams[1]", inputs{"teams": list(tieredTeam("a", nil), unknown())}},
		"unknown name of a team":  {"teams[0].name", inputs{"teams": list(object(inputs{"name": unknown()}))}},
		"unknown existing":        {"teams[0].existing", team(inputs{"existing": unknown()})},
		"unknown tier of a team":  {"teams[0].tiers[0]", team(inputs{"tiers": list(unknown())})},
		"unknown name of a tier":  {"tiers[0].name", with(inputs{"name": unknown()})},
		"unknown right":           {"tiers[0].automation.stacks", with(inputs{"automation": object(inputs{"stacks": unknown()})})},
		"admin for people":        {"tiers[0].people.stacks", with(inputs{"people": object(inputs{"stacks": text("admin")})})},
		"no such level":           {"tiers[0].people.environments", with(inputs{"people": object(inputs{"environments": text("all")})})},
		"duration without open":   {"tiers[0].people.maxOpenDuration", with(inputs{"people": object(inputs{"environments": text("read"), "maxOpenDuration": text("1h")})})},
		"duration of nothing":     {"tiers[0].automation.maxOpenDuration", with(inputs{"automation": object(inputs{"maxOpenDuration": text("1h")})})},
		"no duration":             {"tiers[0].people.maxOpenDuration", with(inputs{"people": object(inputs{"environments": text("open"), "maxOpenDuration": text("soon")})})},
		"no tags in a tier":       {"tiers[0].tags", with(inputs{"tags": object(inputs{})})},
		"no tags in a team":       {"teams[0].environmentTags", team(inputs{"environmentTags": object(inputs{})})},
		"twice":                   {"teams[1].name", inputs{"teams": list(tieredTeam("a", nil), tieredTeam("a", nil))}},
		"a name that is taken":    {"teams[0].name", inputs{"teams": list(tieredTeam("automation-production", nil))}},
		"slash":                   {"teams[0].name", inputs{"teams": list(tieredTeam("a/b", nil))}},
		"no such tier":            {"teams[0].tiers[0]", team(inputs{"tiers": list(text("live"))})},
		"existing and its people": {"teams[0].members", team(inputs{"existing": property.New(true), "members": list(text("bo"))})},
		"nothing for the team":    {"teams[0]", with(inputs{"people": object(inputs{})})},
		"tags that contradict":    {"teams[0].tags", with(inputs{"tags": tagged("team", "web")})},
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
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := newEngine(t).construct("TieredAccess", in, true)
			assert.NoError(t, err)
		})
	}
}

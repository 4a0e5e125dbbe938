package accessinvariant_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// TestVerdictBeforeIsVerdictAfter is the law of invariants: on drawn organizations and drawn changes, what a preview says of an invariant,
// with what the program is about to change, is what the update says of it once that is done; and after an update that passes, nobody whom
// the invariant does not allow can open what it watches, when they try.
func TestVerdictBeforeIsVerdictAfter(t *testing.T) {
	t.Parallel()
	w := start(t)
	begin, nothing := w.History(), w.Snapshot()
	passed, failed := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		w.Running.Restore(begin)
		w.Engine.Restore(nothing)
		for _, team := range []string{"oncall", "guests"} {
			if role := rapid.SampledFrom([]string{"", "", "readers", "tagged"}).Draw(rt, "role of "+team); role != "" {
				w.give(team, role)
			}
		}
		before, after := w.aProgram(rt, "before"), w.aProgram(rt, "after")
		w.Restart()
		require.NoError(rt, w.Up(before...), "%v", before)
		after = append(missingIn(after, before), after...) // a preview is not told of deletions
		invariant := w.anInvariant(rt)
		program := slices.Concat(after, []enginetest.Declared{invariant})
		w.Restart()
		planned := w.Preview(program...)
		w.Restart()
		done := w.Up(program...)
		require.Equal(rt, planned == nil, done == nil, "before: %v\nafter: %v\ninvariant: %v\npreview: %v\nupdate: %v", before, after, invariant, planned, done)
		if done != nil {
			failed++
			return
		}
		passed++
		w.nobodyElseOpens(rt, invariant)
	})
	t.Logf("%d changes held, %d did not", passed, failed)
	require.Positive(t, passed)
	require.Positive(t, failed)
}

// missingIn are the resources of a program that another one does not declare.
func missingIn(program, other []enginetest.Declared) []enginetest.Declared {
	return slices.DeleteFunc(slices.Clone(other), func(one enginetest.Declared) bool {
		return slices.ContainsFunc(program, func(d enginetest.Declared) bool { return d.Type == one.Type && d.Name == one.Name })
	})
}

// aProgram draws resources that decide about access, each from those of its kind.
func (w world) aProgram(t *rapid.T, when string) []enginetest.Declared {
	var program []enginetest.Declared
	sometimes := func(what string) bool { return rapid.IntRange(0, 2).Draw(t, when+": "+what) == 0 }
	pick := func(what string, from ...string) string { return rapid.SampledFrom(from).Draw(t, when+": "+what) }
	if sometimes("settings") {
		program = append(program, declared("OrganizationSettings", "x", object{"defaultEnvironmentPermission": pick("default", "none", "read", "none", "open")}))
	}
	if sometimes("role") {
		program = append(program, declared("Role", "looks", object{"name": pick("name of the role", "lookers", "watchers"), "access": object{"environments": []any{
			object{"tags": object{"tier": pick("tag", "prod", "dev", "made")}, "permission": pick("level", "read", "open")},
		}}}))
	}
	people := func(what string) []string {
		return rapid.SliceOfDistinct(rapid.SampledFrom([]string{"bo", "cy", "di"}), rapid.ID).Draw(t, when+": "+what)
	}
	imports := []string{"", "", "payments/dev", "payments/prod"}
	if sometimes("base") {
		program = append(program, environment("base", pick("tier of base", "made", "dev", "prod"), pick("base imports", imports...)))
		imports = append(imports, "payments/base", "payments/base")
	}
	if sometimes("environment") {
		program = append(program, environment("made", pick("tier", "made", "dev", "prod"), pick("made imports", imports...)))
	}
	if sometimes("team") {
		robots := pick("name of the team", "robots", "robots", "droids")
		program = append(program, declared("Team", "robots", object{"name": robots, "members": people("robots")}))
		if sometimes("robots' access") {
			program = append(program, declared("TeamAccess", "robots", object{"team": robots, "environments": opens(pick("robots open", "prod", "dev"))}))
		}
	}
	for _, team := range []string{"oncall", "guests", "empty"} {
		if sometimes("members of " + team) {
			program = append(program, declared("TeamMembers", team, object{"team": team, "members": people("members of " + team)}))
		}
		if !sometimes("access of " + team) {
			continue
		}
		given := object{"team": team}
		if rapid.Bool().Draw(t, when+": role of "+team) {
			given["roleIds"] = []string{w.role(pick("role", "openers", "readers", "tagged", "managers"))}
		} else {
			given["environments"] = opens(pick("opens", "prod", "dev"))
		}
		program = append(program, declared("TeamAccess", team, given))
	}
	if sometimes("token") {
		// Each owner has a name of its own: which number a token gets whose name was used before is not known at preview.
		owner := object{"name": "ci", "expiresIn": "30d", "team": "empty"}
		if role := pick("token's role", "", "openers", "readers"); role != "" {
			owner = object{"name": role, "expiresIn": "30d", "roleId": w.role(role)}
		}
		program = append(program, declared("MachineToken", "ci", owner))
	}
	if sometimes("direct grants") {
		users := []any{object{"user": "ana", "permission": "admin"}}
		for _, login := range people("direct grants") {
			users = append(users, object{"user": login, "permission": pick("grant of "+login, "read", "open", "admin")})
		}
		program = append(program, direct(object{"users": users}))
	}
	if sometimes("issuer") {
		policy := object{"tokenType": "team", "team": pick("team of the policy", "oncall", "guests")}
		if role := pick("role of the policy", "", "openers", "readers"); role != "" {
			policy = object{"tokenType": "organization", "roleId": w.role(role)}
		}
		program = append(program, issuer(policy))
	}
	if sometimes("deployment") {
		program = append(program, declared("DeploymentRole", "x", object{"project": "payments", "stack": "prod", "roleId": w.role(pick("deployment's role", "openers", "readers"))}))
	}
	return program
}

// anInvariant draws what is watched, and who is allowed.
func (w world) anInvariant(t *rapid.T) enginetest.Declared {
	some := func(what string, from ...string) []string {
		return rapid.SliceOfDistinct(rapid.SampledFrom(from), rapid.ID).Draw(t, what)
	}
	more := object{"allowed": object{
		"users": some("users", "bo", "cy", "di"), "teams": some("teams", "oncall", "guests", "empty", "robots", "droids", "watchers"),
		"roles": append(some("roles", "openers", "tagged", "lookers"), "Admin"), "tokens": some("tokens", "ci-1", "empty/ci-1", "openers-1"), "deployments": some("deployments", "payments/prod"),
	}}
	more["includeIndirect"] = rapid.Bool().Draw(t, "include indirect")
	if rapid.Bool().Draw(t, "by tags") {
		more["environments"], more["tags"] = nil, object{"tier": rapid.SampledFrom([]string{"prod", "dev"}).Draw(t, "tier")}
	} else {
		more["environments"] = []string{rapid.SampledFrom([]string{"payments/prod", "payments/dev"}).Draw(t, "environment")}
	}
	return onlyOncall(more)
}

// nobodyElseOpens lets everybody try.
func (w world) nobodyElseOpens(t *rapid.T, invariant enginetest.Declared) {
	require.Empty(t, w.intruders(invariant))
}

// intruders are the people, teams and deployments that open what an invariant watches when they try, and are not allowed to.
func (w world) intruders(invariant enginetest.Declared) []string {
	var found []string
	allowed := invariant.Inputs["allowed"].(object)
	listed := func(list, name string) bool { return slices.Contains(allowed[list].([]string), name) }
	teams := w.teams()
	teamAllowed := func(team teamOf) bool {
		return listed("teams", team.name) || slices.ContainsFunc(team.roles, func(role string) bool { return listed("roles", role) })
	}
	try := func(isAllowed bool, who, environment string, identity servertest.Identity) {
		if !isAllowed && w.opens(w.TokenFor(identity), environment) {
			found = append(found, who+" opens "+environment)
		}
	}
	for _, environment := range w.watched(invariant) {
		for _, login := range []string{"bo", "cy", "di"} {
			inTeam := slices.ContainsFunc(teams, func(team teamOf) bool { return slices.Contains(team.members, login) && teamAllowed(team) })
			try(listed("users", login) || inTeam, "user "+login, environment, servertest.Identity{User: login})
		}
		for _, team := range teams {
			try(teamAllowed(team), "team "+team.name, environment, servertest.Identity{Team: team.name})
		}
		try(listed("deployments", "payments/prod") || listed("roles", "openers"), "deployments", environment,
			servertest.Identity{Deployment: &servertest.Deployment{Project: "payments", Stack: "prod"}})
	}
	return found
}

func (w world) opens(token, environment string) bool {
	status, _ := w.Call(token, http.MethodPost, "/api/esc/environments/acme/"+environment+"/open?duration=1h", nil)
	return status == http.StatusOK
}

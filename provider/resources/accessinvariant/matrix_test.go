package accessinvariant_test

import (
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// estate has an entity of each kind, and a role for each that uses it.
const estate = `
organization: acme
users: [{login: ana, role: admin}, {login: bo}, {login: cy}, {login: di, followsDefaultRole: true}]
roles:
  - {name: openers, scopes: ["environment:read", "environment:open"]}
  - {name: stackers, scopes: ["stack:read"]}
  - {name: accounters, scopes: ["insights_account:read"]}
  - {name: opened, purpose: policy, resourceType: environment, scopes: ["environment:read"]}
teams: [{name: oncall, members: [bo]}, {name: guests, members: [cy]}, {name: empty, members: []}, {name: idle, members: []}]
stacks: [{project: payments, stack: prod, owner: ana, tags: {tier: prod}}, {project: payments, stack: ci, owner: ana}]
environments: [{project: payments, environment: prod, definition: "values: {a: b}", owner: ana, tags: {tier: prod}}]
accounts: [{account: prod, owner: ana, tags: {tier: prod}}]
`

// thing is what an invariant watches.
type thing struct {
	scope, input, name string
	level, role        string // that give the scope
	setting            string
	grant              object // of a team
	entity             object // as EntityAccess names it
	method, path       string // that take the scope
}

var things = map[string]thing{
	"environment": {
		scope: "environment:open", input: "environments", name: "payments/prod", level: "open", role: "openers", setting: "defaultEnvironmentPermission",
		grant: object{"project": "payments", "environment": "prod"}, entity: object{"environment": object{"project": "payments", "environment": "prod"}},
		method: http.MethodPost, path: "/api/esc/environments/acme/payments/prod/open?duration=1h",
	},
	"stack": {
		scope: "stack:read", input: "stacks", name: "payments/prod", level: "read", role: "stackers", setting: "defaultStackPermission",
		grant: object{"project": "payments", "stack": "prod"}, entity: object{"stack": object{"project": "payments", "stack": "prod"}},
		method: http.MethodGet, path: "/api/stacks/acme/payments/prod",
	},
	"account": {
		scope: "insights_account:read", input: "accounts", name: "prod", level: "read", role: "accounters", setting: "defaultAccountPermission",
		grant: object{"account": "prod"}, entity: object{"account": "prod"},
		method: http.MethodGet, path: "/api/preview/insights/acme/accounts/prod",
	},
}

// way is how a principal comes to the scope.
type way struct {
	declares func(w world, on thing) []enginetest.Declared
	outside  func(w world, on thing) // where no resource of this package does it
	kind     string
	name     string
	allow    object // what makes it right; users and teams together where both get in
	indirect object // what is needed besides with includeIndirect: who comes to it by acts
	tries    servertest.Identity
}

func with(all object, more object) object {
	merged := maps.Clone(all)
	maps.Copy(merged, more)
	return merged
}

// given is the access of a team on a thing.
func given(team string, on thing) enginetest.Declared {
	return declared("TeamAccess", team, object{"team": team, on.input: []any{with(on.grant, object{"permission": on.level})}})
}

func onEntity(on thing, grants object) enginetest.Declared {
	if on.input == "stacks" {
		grants = with(grants, object{"allow": []string{"stackAdminForPeople"}})
	}
	return declared("EntityAccess", "direct", with(on.entity, grants))
}

var people = object{"users": []string{"bo", "cy", "di"}, "teams": []string{"oncall", "guests", "empty", "idle"}}

// ways are those of this package's resources, and those that only the console has.
var ways = map[string]way{
	"a grant of a team": {
		declares: func(_ world, on thing) []enginetest.Declared { return []enginetest.Declared{given("guests", on)} },
		kind:     "user", name: "cy", allow: object{"teams": []string{"guests"}}, tries: servertest.Identity{User: "cy"},
	},
	"the tokens of a team": {
		declares: func(_ world, on thing) []enginetest.Declared { return []enginetest.Declared{given("empty", on)} },
		kind:     "team", name: "empty", allow: object{"teams": []string{"empty"}}, tries: servertest.Identity{Team: "empty"},
	},
	"a role of a team": {
		declares: func(w world, on thing) []enginetest.Declared {
			return []enginetest.Declared{declared("TeamAccess", "guests", object{"team": "guests", "roleIds": []string{w.role(on.role)}})}
		},
		kind: "user", name: "cy", allow: object{"roles": []string{"openers", "stackers", "accounters"}}, tries: servertest.Identity{User: "cy"},
	},
	"a member": {
		declares: func(_ world, on thing) []enginetest.Declared {
			return []enginetest.Declared{declared("TeamMembers", "empty", object{"team": "empty", "members": []string{"di"}}), given("empty", on)}
		},
		kind: "user", name: "di", allow: object{"teams": []string{"empty"}}, tries: servertest.Identity{User: "di"},
	},
	"a team that is new": {
		declares: func(_ world, on thing) []enginetest.Declared {
			return []enginetest.Declared{
				declared("Team", "robots", object{"name": "robots", "admins": []string{"ana"}, "members": []string{"di"}}), given("robots", on),
			}
		},
		kind: "user", name: "di", allow: object{"teams": []string{"robots"}}, tries: servertest.Identity{User: "di"},
	},
	"the defaults": {
		declares: func(_ world, on thing) []enginetest.Declared {
			return []enginetest.Declared{declared("OrganizationSettings", "acme", object{on.setting: on.level, "allow": []string{"loosenDefaults"}})}
		},
		kind: "user", name: "bo", allow: people, tries: servertest.Identity{User: "bo"},
	},
	"the default role": {
		declares: func(w world, on thing) []enginetest.Declared {
			return []enginetest.Declared{declared("OrganizationSettings", "acme", object{"defaultRoleId": w.role(on.role), "allow": []string{"loosenDefaults"}})}
		},
		kind: "user", name: "di", allow: object{"users": []string{"di"}}, tries: servertest.Identity{User: "di"},
	},
	"the default role of deployments": {
		declares: func(w world, on thing) []enginetest.Declared {
			return []enginetest.Declared{declared("OrganizationSettings", "acme", object{"defaultDeploymentRoleId": w.role(on.role), "allow": []string{"loosenDefaults"}})}
		},
		kind: "deployment", name: "payments/ci", allow: object{"deployments": []string{"payments/ci", "payments/prod"}},
		indirect: people, // members may create stacks and deploy them
		tries:    servertest.Identity{Deployment: &servertest.Deployment{Project: "payments", Stack: "ci"}},
	},
	"a direct grant": {
		declares: func(_ world, on thing) []enginetest.Declared {
			return []enginetest.Declared{onEntity(on, object{"users": []any{object{"user": "ana", "permission": "admin"}, object{"user": "di", "permission": on.level}}})}
		},
		kind: "user", name: "di", allow: object{"users": []string{"di"}}, tries: servertest.Identity{User: "di"},
	},
	"a grant on the entity": {
		declares: func(_ world, on thing) []enginetest.Declared {
			return []enginetest.Declared{onEntity(on, object{"teams": []any{object{"team": "guests", "permission": on.level}}})}
		},
		kind: "user", name: "cy", allow: object{"users": []string{"cy"}, "teams": []string{"guests"}}, tries: servertest.Identity{User: "cy"},
	},
	"an owner": {
		declares: func(_ world, on thing) []enginetest.Declared {
			if on.input != "environments" { // the owner of a stack holds what grants say, and of accounts this package sets none
				return []enginetest.Declared{given("guests", on)}
			}
			return []enginetest.Declared{declared("EnvironmentOwner", "owner", with(on.grant, object{"owner": "cy", "keep": []string{"ana", "cy"}}))}
		},
		kind: "user", name: "cy", allow: object{"users": []string{"cy"}, "teams": []string{"guests"}}, tries: servertest.Identity{User: "cy"},
	},
	"a token": {
		declares: func(w world, on thing) []enginetest.Declared {
			return []enginetest.Declared{declared("MachineToken", "ci", object{"name": "ci", "roleId": w.role(on.role), "expiresIn": "30d"})}
		},
		kind: "token", name: "ci-1", allow: object{"tokens": []string{"ci-1"}},
	},
	"an issuer": {
		declares: func(w world, on thing) []enginetest.Declared {
			return []enginetest.Declared{issuer(object{"tokenType": "organization", "roleId": w.role(on.role)})}
		},
		kind: "outsider", name: "ci: ", allow: object{"roles": []string{"openers", "stackers", "accounters"}},
	},
	"a deployment": {
		declares: func(w world, on thing) []enginetest.Declared {
			return []enginetest.Declared{declared("DeploymentRole", "ci", object{"project": "payments", "stack": "ci", "roleId": w.role(on.role)})}
		},
		kind: "deployment", name: "payments/ci", allow: object{"deployments": []string{"payments/ci"}},
		tries: servertest.Identity{Deployment: &servertest.Deployment{Project: "payments", Stack: "ci"}},
	},
	"an administrator": {
		outside: func(w world, _ thing) { w.admin("PATCH", "/api/orgs/acme/members/di", object{"role": "admin"}) },
		kind:    "user", name: "di", allow: object{"users": []string{"di"}}, tries: servertest.Identity{User: "di"},
	},
	"a role of a member": {
		outside: func(w world, on thing) {
			w.admin("PATCH", "/api/orgs/acme/members/di", object{"fgaRoleId": w.role(on.role)})
		},
		kind: "user", name: "di", allow: object{"roles": []string{"openers", "stackers", "accounters"}}, tries: servertest.Identity{User: "di"},
	},
	"an administrator's token": {
		outside: func(w world, _ thing) {
			w.admin("POST", "/api/orgs/acme/tokens", object{"name": "root", "description": "", "admin": true, "expires": 0})
		},
		kind: "token", name: "root", allow: object{"tokens": []string{"root"}},
	},
}

// moments are when the way is opened. Each returns what preview and update say of a program that watches; a preview that cannot know is nil.
var moments = map[string]func(w world, open func(), opened []enginetest.Declared, watched enginetest.Declared) (preview, update error){
	"between runs": func(w world, open func(), _ []enginetest.Declared, watched enginetest.Declared) (error, error) {
		open()
		return w.Preview(watched), w.Up(watched)
	},
	"before the invariant": func(w world, _ func(), opened []enginetest.Declared, watched enginetest.Declared) (error, error) {
		program := slices.Concat(opened, []enginetest.Declared{watched})
		return w.Preview(program...), w.Up(program...)
	},
	"after the invariant": func(w world, _ func(), opened []enginetest.Declared, watched enginetest.Declared) (error, error) {
		program := slices.Concat([]enginetest.Declared{watched}, opened)
		return w.Preview(program...), w.Up(program...)
	},
	// Another invariant has read everything, then a resource of another provider opens the way, and then the invariant comes that waits for it.
	"by another provider": func(w world, open func(), _ []enginetest.Declared, watched enginetest.Declared) (error, error) {
		early := watched
		early.Name = "early"
		neutral := declared("TeamMembers", "idle", object{"team": "idle", "members": []string{"bo"}})
		var once bool
		w.transport.After(func(servertest.Write) {
			if !once {
				once = true
				open()
			}
		})
		defer w.transport.After(nil)
		return nil, w.Up(early, neutral, watched)
	},
}

// TestEveryGainIsFound is the law of the ways: by whichever way and at whichever moment a principal comes to a scope, an invariant that does
// not allow it fails where that can be known, warns, or says nothing, as it is told; the principal uses the scope when it tries; and an
// invariant that allows it holds.
func TestEveryGainIsFound(t *testing.T) {
	t.Parallel()
	w := startWith(t, estate)
	somebodyElse := enginetest.New(t, w.Running, servertest.NewWatcher(nil))
	begin, nothing := w.History(), w.Snapshot()
	names := func(of any) []string {
		switch all := of.(type) {
		case map[string]way:
			return slices.Sorted(maps.Keys(all))
		case map[string]thing:
			return slices.Sorted(maps.Keys(all))
		}
		return slices.Sorted(maps.Keys(moments))
	}
	cases := map[string]bool{}
	rapid.Check(t, func(rt *rapid.T) {
		w.Running.Restore(begin)
		w.Engine.Restore(nothing)
		somebodyElse.Restore(nothing)
		kind, how, when := rapid.SampledFrom(names(things)).Draw(rt, "kind"), rapid.SampledFrom(names(ways)).Draw(rt, "way"), ""
		on, by := things[kind], ways[how]
		open := func() { by.outside(w, on) }
		var opened []enginetest.Declared
		when = rapid.SampledFrom([]string{"between runs", "by another provider"}).Draw(rt, "moment")
		if by.outside == nil {
			when = rapid.SampledFrom(names(nil)).Draw(rt, "moment with resources")
			opened = by.declares(w, on)
			open = func() { require.NoError(rt, somebodyElse.Up(opened...)) }
		}
		name := kind + ", " + how + ", " + when
		cases[name] = true
		violation := rapid.SampledFrom([]string{"", "error", "error", "warn", "ignore"}).Draw(rt, "on violation")
		allowed := rapid.IntRange(0, 3).Draw(rt, "allowed") == 0
		byTags, indirect := rapid.Bool().Draw(rt, "by tags"), rapid.Bool().Draw(rt, "indirect")
		watched := invariantOn(on, byTags, violation, indirect)
		if allowed {
			allow(watched, by.allow)
		}
		if allowed && indirect {
			allow(watched, by.indirect)
		}
		require.NoError(rt, w.Up(watched))
		require.NoError(rt, w.Preview(watched), "nothing changed")
		preview, update := moments[when](w, open, opened, watched)
		if allowed || violation == "warn" || violation == "ignore" {
			require.NoError(rt, preview, name)
			require.NoError(rt, update, name)
		} else {
			who := by.kind + " " + by.name
			if when != "by another provider" {
				require.ErrorContains(rt, preview, who, name)
			}
			require.ErrorContains(rt, update, who, name)
		}
		if by.tries != (servertest.Identity{}) {
			status, answer := w.Call(w.TokenFor(by.tries), on.method, on.path, nil)
			require.Equal(rt, http.StatusOK, status, "%s: %s", name, answer)
		}
		if violation == "warn" && when != "after the invariant" {
			listed := w.Outputs("AccessInvariant", "watched").Get("violations").AsArray().Len() > 0
			require.Equal(rt, !allowed, listed, name)
		}
	})
	t.Logf("%d combinations of an entity, a way and a moment", len(cases))
	require.Greater(t, len(cases), 30)
}

// invariantOn allows the administrator alone, and the deployments of the stack itself, which hold it in any case.
func invariantOn(on thing, byTags bool, violation string, indirect bool) enginetest.Declared {
	inputs := object{"scope": on.scope, "allowed": object{"users": []string{"ana"}, "deployments": []string{"payments/prod"}}, "includeIndirect": indirect}
	if byTags {
		inputs["tags"] = object{"tier": "prod"}
	} else {
		inputs[on.input] = []string{on.name}
	}
	if violation != "" {
		inputs["onViolation"] = violation
	}
	return declared("AccessInvariant", "watched", inputs)
}

func allow(invariant enginetest.Declared, more object) {
	allowed := object{}
	for list, names := range invariant.Inputs["allowed"].(object) {
		allowed[list] = names
	}
	for list, names := range more {
		have, _ := allowed[list].([]string)
		allowed[list] = slices.Concat(have, names.([]string))
	}
	invariant.Inputs["allowed"] = allowed
}

package components_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const guardMatrixSeed = `
organization: acme
settings: {membersCanCreateStacks: false, membersCanCreateTeams: false}
users: [{login: ana, role: admin}, {login: bo}, {login: cy}, {login: di}, {login: ed, followsDefaultRole: true}]
roles:
  - {name: openers, scopes: ["environment:read", "environment:open"]}
  - {name: revisions, scopes: ["environment:read", "environment_version:read", "environment_version:open"]}
  - {name: managers, scopes: ["team:read", "team:update"]}
  - {name: members, scopes: ["org_member:read", "org_member:update"]}
  - {name: minters, scopes: ["org_token:read", "org_token:create"]}
  - {name: granters, scopes: ["environment:read", "environment_access:read", "environment_access:update"]}
teams: [{name: oncall, members: [bo]}, {name: guests, members: [cy]}, {name: empty, members: []}, {name: idle, members: []}, {name: robots, members: []}]
stacks: [{project: payments, stack: ci, owner: ana}]
`

// guardWorld is a sandbox with a program on it, in which a component of one kind is guarded.
type guardWorld struct {
	*servertest.Running
	*enginetest.Engine
	transport *servertest.Watcher
	kind      string
}

func (w guardWorld) role(t require.TestingT, name string) string {
	_, answer := w.Call(w.Token, http.MethodGet, "/api/orgs/acme/roles?uxPurpose=role", nil)
	var list struct{ Roles []struct{ ID, Name string } }
	require.NoError(t, json.Unmarshal(answer, &list))
	at := slices.IndexFunc(list.Roles, func(r struct{ ID, Name string }) bool { return r.Name == name })
	require.GreaterOrEqual(t, at, 0, name)
	return list.Roles[at].ID
}

func (w guardWorld) admin(t require.TestingT, method, path string, body any) {
	status, answer := w.Call(w.Token, method, path, body)
	require.Less(t, status, 300, "%s %s: %s", method, path, answer)
}

// may reports whether a call with a token is let through.
func (w guardWorld) may(token, method, path string, body any) bool {
	status, _ := w.Call(token, method, path, body)
	return status < 300
}

const guardedPath = "/api/esc/environments/acme/payments/prod"

// opens reports whether a token gets at the environment's values: now, or those of its newest revision. That a cloud of the test then knows no
// such identity makes no difference.
func (w guardWorld) opens(token string) bool {
	return slices.ContainsFunc([]string{"/open?duration=1h", "/versions/latest/open?duration=1h"}, func(path string) bool {
		status, _ := w.Call(token, http.MethodPost, guardedPath+path, nil)
		return status < 300 || status == http.StatusBadRequest
	})
}

// openerWay is a way by which somebody comes to open the guarded environment.
type openerWay struct {
	declares func(w guardWorld, t require.TestingT) []enginetest.Declared // by resources of this package
	console  func(w guardWorld, t require.TestingT)                       // where no resource does it
	who      string
	identity servertest.Identity // none where its token is not to be had
	// act is what the principal does before it opens, nil where it opens at once; only includeIndirect counts it.
	act func(w guardWorld, t require.TestingT, token string) (opensWith string)
	// allow is an input that expects the principals, as the keys of allowedOpeners.
	allow map[string]any
}

func dec(kind, name string, inputs map[string]any) enginetest.Declared {
	return enginetest.Declared{Type: kind, Name: name, Inputs: inputs}
}

func teamOpens(team string) enginetest.Declared {
	return dec("TeamAccess", team, map[string]any{"team": team, "environments": []any{
		map[string]any{"project": "payments", "environment": "prod", "permission": "open"},
	}})
}

func teamHolds(role string) func(guardWorld, require.TestingT) []enginetest.Declared {
	return func(w guardWorld, t require.TestingT) []enginetest.Declared {
		return []enginetest.Declared{dec("TeamAccess", "guests", map[string]any{"team": "guests", "roleIds": []string{w.role(t, role)}})}
	}
}

var everybody = map[string]any{"users": []string{"bo", "cy", "di", "ed"}, "teams": []string{"oncall", "guests", "empty", "idle", "robots"}}

var openings = map[string]openerWay{
	"a grant of a team": {
		declares: func(guardWorld, require.TestingT) []enginetest.Declared {
			return []enginetest.Declared{teamOpens("guests")}
		},
		who: "user cy", identity: servertest.Identity{User: "cy"}, allow: map[string]any{"teams": []string{"guests"}},
	},
	"the tokens of a team": {
		declares: func(guardWorld, require.TestingT) []enginetest.Declared {
			return []enginetest.Declared{teamOpens("empty")}
		},
		who: "team empty", identity: servertest.Identity{Team: "empty"}, allow: map[string]any{"teams": []string{"empty"}},
	},
	"a role of a team": {
		declares: teamHolds("openers"),
		who:      "user cy", identity: servertest.Identity{User: "cy"}, allow: map[string]any{"roles": []string{"openers"}},
	},
	"a role that opens revisions": {
		declares: teamHolds("revisions"),
		who:      "user cy", identity: servertest.Identity{User: "cy"}, allow: map[string]any{"roles": []string{"revisions"}},
	},
	"a member": {
		declares: func(guardWorld, require.TestingT) []enginetest.Declared {
			return []enginetest.Declared{teamOpens("robots"), dec("TeamMembers", "robots", map[string]any{"team": "robots", "members": []string{"di"}})}
		},
		who: "user di", identity: servertest.Identity{User: "di"}, allow: map[string]any{"teams": []string{"robots"}},
	},
	"the defaults": {
		declares: func(guardWorld, require.TestingT) []enginetest.Declared {
			return []enginetest.Declared{dec("OrganizationSettings", "acme", map[string]any{"defaultEnvironmentPermission": "open", "allow": []string{"loosenDefaults"}})}
		},
		who: "user cy", identity: servertest.Identity{User: "cy"}, allow: everybody,
	},
	"the default role": {
		declares: func(w guardWorld, t require.TestingT) []enginetest.Declared {
			return []enginetest.Declared{dec("OrganizationSettings", "acme", map[string]any{"defaultRoleId": w.role(t, "openers"), "allow": []string{"loosenDefaults"}})}
		},
		who: "user ed", identity: servertest.Identity{User: "ed"}, allow: map[string]any{"users": []string{"ed"}},
	},
	"the default role of deployments": {
		declares: func(w guardWorld, t require.TestingT) []enginetest.Declared {
			return []enginetest.Declared{dec("OrganizationSettings", "acme", map[string]any{"defaultDeploymentRoleId": w.role(t, "openers"), "allow": []string{"loosenDefaults"}})}
		},
		who: "deployment payments/ci", identity: servertest.Identity{Deployment: &servertest.Deployment{Project: "payments", Stack: "ci"}},
		allow: map[string]any{"deployments": []string{"payments/ci"}},
	},
	"a deployment": {
		declares: func(w guardWorld, t require.TestingT) []enginetest.Declared {
			return []enginetest.Declared{dec("DeploymentRole", "ci", map[string]any{"project": "payments", "stack": "ci", "roleId": w.role(t, "openers")})}
		},
		who: "deployment payments/ci", identity: servertest.Identity{Deployment: &servertest.Deployment{Project: "payments", Stack: "ci"}},
		allow: map[string]any{"roles": []string{"openers"}},
	},
	"a direct grant": {
		declares: func(guardWorld, require.TestingT) []enginetest.Declared {
			return []enginetest.Declared{dec("EntityAccess", "direct", map[string]any{
				"environment": map[string]any{"project": "payments", "environment": "prod"},
				"users":       []any{map[string]any{"user": "ana", "permission": "admin"}, map[string]any{"user": "di", "permission": "open"}},
			})}
		},
		who: "user di", identity: servertest.Identity{User: "di"}, allow: map[string]any{"users": []string{"di"}},
	},
	"a token": {
		declares: func(w guardWorld, t require.TestingT) []enginetest.Declared {
			return []enginetest.Declared{dec("MachineToken", "ci", map[string]any{"name": "ci", "roleId": w.role(t, "openers"), "expiresIn": "30d"})}
		},
		who: "token ci-1", allow: map[string]any{"tokens": []string{"ci-1"}},
	},
	"an issuer": {
		declares: func(w guardWorld, t require.TestingT) []enginetest.Declared {
			return []enginetest.Declared{dec("OidcIssuer", "ci", map[string]any{
				"name": "ci", "url": w.CIURL("github"), "maxExpiration": "1h", "policies": []any{map[string]any{
					"decision": "allow", "tokenType": "organization", "roleId": w.role(t, "openers"), "claims": map[string]any{"sub": "repo:acme/app:ref:refs/heads/main"},
				}},
			})}
		},
		who: "outsider ci: ", allow: map[string]any{"roles": []string{"openers"}},
	},
	"an administrator": {
		console: func(w guardWorld, t require.TestingT) {
			w.admin(t, http.MethodPatch, "/api/orgs/acme/members/di", map[string]any{"role": "admin"})
		},
		who: "user di", identity: servertest.Identity{User: "di"}, allow: map[string]any{"users": []string{"di"}},
	},
	"an administrator's token": {
		console: func(w guardWorld, t require.TestingT) {
			w.admin(t, http.MethodPost, "/api/orgs/acme/tokens", map[string]any{"name": "root", "description": "", "admin": true, "expires": 0})
		},
		who: "token root", allow: map[string]any{"tokens": []string{"root"}},
	},
	"joining a team": {
		declares: teamHolds("managers"),
		console:  func(w guardWorld, t require.TestingT) { w.grantOncall(t) },
		who:      "user cy", identity: servertest.Identity{User: "cy"}, allow: map[string]any{"teams": []string{"guests"}},
		act: func(w guardWorld, t require.TestingT, token string) string {
			require.True(t, w.may(token, http.MethodPatch, "/api/orgs/acme/teams/oncall", map[string]any{"memberAction": "add", "member": "cy"}))
			return token
		},
	},
	"becoming an administrator": {
		declares: teamHolds("members"),
		who:      "user cy", identity: servertest.Identity{User: "cy"}, allow: map[string]any{"teams": []string{"guests"}},
		act: func(w guardWorld, t require.TestingT, token string) string {
			require.True(t, w.may(token, http.MethodPatch, "/api/orgs/acme/members/cy", map[string]any{"role": "admin"}))
			return token
		},
	},
	"making an administrator's token": {
		declares: teamHolds("minters"),
		who:      "user cy", identity: servertest.Identity{User: "cy"}, allow: map[string]any{"teams": []string{"guests"}},
		act: func(w guardWorld, t require.TestingT, token string) string {
			status, answer := w.Call(token, http.MethodPost, "/api/orgs/acme/tokens", map[string]any{"name": "mine", "description": "", "admin": true, "expires": 0})
			require.Equal(t, http.StatusOK, status, string(answer))
			var made struct{ TokenValue string }
			require.NoError(t, json.Unmarshal(answer, &made))
			return made.TokenValue
		},
	},
	"assigning a permission set": {
		declares: teamHolds("granters"),
		who:      "user cy", identity: servertest.Identity{User: "cy"}, allow: map[string]any{"teams": []string{"guests"}},
		act: func(w guardWorld, t require.TestingT, token string) string {
			require.True(t, w.may(token, http.MethodPatch, "/api/orgs/acme/teams/guests", map[string]any{
				"addEnvironmentPermission": map[string]any{"projectName": "payments", "envName": "prod", "permission": "open"},
			}) || w.assigns(t, token))
			return token
		},
	},
}

// assigns gives cy a permission set on the environment.
func (w guardWorld) assigns(t require.TestingT, token string) bool {
	var environment struct{ ID string }
	_, answer := w.Call(w.Token, http.MethodGet, guardedPath+"/metadata", nil)
	require.NoError(t, json.Unmarshal(answer, &environment))
	var list struct{ Roles []struct{ ID, Name string } }
	_, answer = w.Call(w.Token, http.MethodGet, "/api/orgs/acme/roles?uxPurpose=set", nil)
	require.NoError(t, json.Unmarshal(answer, &list))
	at := slices.IndexFunc(list.Roles, func(r struct{ ID, Name string }) bool { return r.Name == "Environment Open" })
	return w.may(token, http.MethodPost, "/api/orgs/acme/assignments/update", map[string]any{
		"context": map[string]any{"__type": "PermissionExpressionEnvironment"}, "id": environment.ID, "userId": "cy", "permissionSetId": list.Roles[at].ID,
	})
}

// grantOncall lets the team that is expected open the environment.
func (w guardWorld) grantOncall(t require.TestingT) {
	w.admin(t, http.MethodPatch, "/api/orgs/acme/teams/oncall", map[string]any{
		"addEnvironmentPermission": map[string]any{"projectName": "payments", "envName": "prod", "permission": "open"},
	})
}

// guardCase is one cell of the matrix.
type guardCase struct {
	way, moment, on   string
	indirect, allowed bool
}

var guardMoments = []string{"between runs", "before the component", "after the component", "by another provider"}

func drawGuardCase(t *rapid.T) guardCase {
	return guardCase{
		way:    rapid.SampledFrom(slices.Sorted(maps.Keys(openings))).Draw(t, "way"),
		moment: rapid.SampledFrom(guardMoments).Draw(t, "moment"), on: rapid.SampledFrom([]string{"", "warn", "error", "error", "ignore"}).Draw(t, "on"),
		indirect: rapid.Bool().Draw(t, "indirect"), allowed: rapid.IntRange(0, 3).Draw(t, "allowed") == 0,
	}
}

// component is the guarded component of a case.
func (w guardWorld) component(c guardCase) enginetest.Declared {
	allowed := map[string]any{"users": []string{"ana"}, "teams": []string{"oncall"}}
	if c.allowed {
		for list, names := range openings[c.way].allow {
			had, _ := allowed[list].([]string)
			allowed[list] = slices.Concat(had, names.([]string))
		}
	}
	inputs := map[string]any{"allowedOpeners": allowed, "includeIndirect": c.indirect}
	if c.on != "" {
		inputs["onUnexpectedOpener"] = c.on
	}
	if w.kind == "ReadOnlyCloudAccess" {
		inputs["lock"] = map[string]any{"users": []string{"ana"}}
	}
	return guarded(w.kind, inputs)
}

// TestEveryUnexpectedOpenerIsFound is the law of the guards: by whichever way and at whichever moment somebody comes to open the environment,
// the guard lists them unless they are expected, at the update that follows and at the preview after it, fails the update when it is told to, and
// never fails a preview. They open the environment when they try, and when they are listed by what they may do, they do that first.
func TestEveryUnexpectedOpenerIsFound(t *testing.T) {
	t.Parallel()
	worlds, others := map[string]guardWorld{}, map[string]*enginetest.Engine{}
	begins := map[string][]byte{}
	for _, kind := range guardedKinds {
		sandbox := servertest.Start(t, server.Options{Seed: []byte(guardMatrixSeed)})
		transport := servertest.NewWatcher(nil)
		worlds[kind] = guardWorld{sandbox, enginetest.New(t, sandbox, transport), transport, kind}
		others[kind] = enginetest.New(t, sandbox, servertest.NewWatcher(nil))
		begins[kind] = sandbox.History()
	}
	cells := map[string]bool{}
	rapid.Check(t, func(rt *rapid.T) {
		kind := rapid.SampledFrom(guardedKinds).Draw(rt, "component")
		w, other := worlds[kind], others[kind]
		w.Running.Restore(begins[kind])
		w.Engine.Restore(enginetest.Snapshot{})
		other.Restore(enginetest.Snapshot{})
		c := drawGuardCase(rt)
		cells[kind+", "+c.way+", "+c.moment] = true
		w.try(rt, c, other)
	})
	t.Logf("%d combinations of a component, a way and a moment", len(cells))
	require.Greater(t, len(cells), 30)
}

// try runs one case.
func (w guardWorld) try(t *rapid.T, c guardCase, other *enginetest.Engine) {
	by := openings[c.way]
	component := w.component(c)
	require.NoError(t, w.Up(component), "nobody else opens it")
	require.Empty(t, unexpected(w.Engine, w.kind))
	var opened []enginetest.Declared
	if by.declares != nil {
		opened = by.declares(w, t)
	}
	if by.console != nil && by.declares != nil {
		by.console(w, t) // what has to be there before
	}
	open := func() {
		if by.declares == nil {
			by.console(w, t)
			return
		}
		require.NoError(t, other.Up(opened...))
	}
	update := w.openAt(t, c, component, opened, open)
	found := !c.allowed && (by.act == nil || c.indirect)
	late := c.moment == "after the component" && by.declares != nil
	fails := found && c.on == "error"
	if !late {
		w.judge(t, c, update, fails, found)
	}
	program := []enginetest.Declared{component}
	if late || c.moment == "before the component" {
		program = append(slices.Clone(opened), component)
	}
	w.Restart()
	require.NoError(t, w.Preview(program...), "a preview never fails")
	require.Equal(t, found, w.lists(by.who), "%+v: the preview lists %v", c, unexpected(w.Engine, w.kind))
	if late {
		require.NoError(t, update, "it came after the guard")
		w.Restart()
		w.judge(t, c, w.Up(program...), fails, found)
	}
	w.opensWhenItTries(t, by)
}

// openAt opens the way, and runs the update in which the guard has to find it.
func (w guardWorld) openAt(t *rapid.T, c guardCase, component enginetest.Declared, opened []enginetest.Declared, open func()) error {
	switch {
	case c.moment == "by another provider":
		// Something of this package has read everything, then a resource of another provider opens the way while a write is under way.
		early := dec("AccessInvariant", "early", map[string]any{
			"scope": "environment:open", "environments": []string{"payments/prod"}, "allowed": map[string]any{"users": []string{"ana"}}, "onViolation": "ignore",
		})
		neutral := dec("TeamMembers", "idle", map[string]any{"team": "idle", "members": []string{"bo"}})
		var once bool
		w.transport.After(func(servertest.Write) {
			if !once {
				once = true
				open()
			}
		})
		defer w.transport.After(nil)
		err := w.Up(early, neutral, component)
		require.True(t, once)
		return err
	case c.moment == "between runs" || len(opened) == 0:
		open()
		w.Restart()
		return w.Up(component)
	case c.moment == "before the component":
		return w.Up(append(slices.Clone(opened), component)...)
	default:
		return w.Up(append([]enginetest.Declared{component}, opened...)...)
	}
}

func (w guardWorld) judge(t *rapid.T, c guardCase, update error, fails, found bool) {
	if fails {
		require.ErrorContains(t, update, openings[c.way].who, "%+v", c)
		return
	}
	require.NoError(t, update, "%+v", c)
	require.Equal(t, found, w.lists(openings[c.way].who), "%+v: the update lists %v", c, unexpected(w.Engine, w.kind))
}

// lists reports whether somebody is among the unexpected openers.
func (w guardWorld) lists(who string) bool {
	return slices.ContainsFunc(unexpected(w.Engine, w.kind), func(one string) bool { return strings.HasPrefix(one, who) })
}

func (w guardWorld) opensWhenItTries(t *rapid.T, by openerWay) {
	if by.identity == (servertest.Identity{}) {
		return
	}
	token := w.TokenFor(by.identity)
	if by.act != nil {
		require.False(t, w.opens(token), "%s does not hold it", by.who)
		token = by.act(w, t, token)
	}
	require.True(t, w.opens(token), "%s opens it", by.who)
}

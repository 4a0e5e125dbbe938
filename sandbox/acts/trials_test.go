package acts_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// trial performs an act in one of its ways.
type trial struct {
	act graph.Act
	way int
	// sees are the scopes by which the principal finds the object, which the service answers with 404 otherwise.
	sees []scope
	// entries are what else the principal's role says, asMember has it by a team beside the role Member, and inTeam puts it in a team.
	entries          []obj
	asMember, inTeam bool
	settings, tags   string
	clone            string
	prepare          func(scene)
	// before reports whether the principal has the access already, and do whether it gets it by the act.
	before func(s scene, token string) bool
	do     func(s scene, token string) bool
}

func opensProd(s scene, token string) bool { return s.opens(token, prod, "password") }

// then makes a call of the act, and then looks whether a token opens production.
func then(s scene, token, method, path string, body any) bool {
	s.t.Helper()
	status, _ := s.call(token, method, path, body)
	return status < 300
}

func team(names ...string) []scope          { return of(access.Organization, names...) }
func onEnvironment(names ...string) []scope { return of(access.Environment, names...) }
func onStack(names ...string) []scope       { return of(access.Stack, names...) }
func onAccount(names ...string) []scope     { return of(access.Account, names...) }

func everything() obj {
	return obj{"__type": "PermissionDescriptorAllow", "permissions": []string{"environment:read", "environment:open"}}
}

// minted makes a token by a call, and looks whether it opens production.
func minted(s scene, token, path string, body obj) bool {
	s.t.Helper()
	status, answer := s.call(token, "POST", path, body)
	value, _ := answer["tokenValue"].(string)
	return status < 300 && opensProd(s, value)
}

func newToken(admin bool) obj {
	return obj{"name": "made", "description": "", "expires": 0, "admin": admin}
}

func allowAll() obj {
	policy := obj{"decision": "allow", "tokenType": "organization", "authorizedPermissions": []string{"admin"}, "rules": obj{"sub": "mine"}}
	return obj{"policies": []obj{policy}}
}

// policyOf is the id of an issuer's policies.
func policyOf(s scene, issuer string) string {
	return s.admin("GET", "/api/orgs/acme/auth/policies/oidcissuers/"+issuer, nil)["id"].(string)
}

func register(s scene, token, name, address string, keys any) string {
	s.t.Helper()
	body := obj{"name": name, "url": address}
	if keys != nil {
		body["jwks"] = keys
	}
	status, answer := s.call(token, "POST", "/api/orgs/acme/oidc/issuers", body)
	if status >= 300 {
		return ""
	}
	return answer["id"].(string)
}

func keysOf(s scene, name string) obj {
	return s.admin("GET", "/_sandbox/oidc/"+name+"/.well-known/jwks", nil)
}

func issuerNamed(s scene, name string) string {
	all, _ := s.admin("GET", "/api/orgs/acme/oidc/issuers", nil)["oidcIssuers"].([]any)
	for _, one := range all {
		if issuer, _ := one.(obj); issuer["name"] == name {
			return issuer["id"].(string)
		}
	}
	return ""
}

const elsewhere = "https://ci.example.com"

func gateBody(self, enabled bool, approvers ...string) obj {
	eligible := []obj{}
	for _, login := range approvers {
		eligible = append(eligible, obj{"eligibilityType": "specific_user", "userLogin": login})
	}
	return obj{
		"name": "open-prod", "enabled": enabled,
		"target": obj{"entityType": "environment", "qualifiedName": "payments/prod", "actionTypes": []string{"open"}},
		"rule": obj{"ruleType": "approval_required", "numApprovalsRequired": 1, "allowSelfApproval": self, "requireReapprovalOnChange": true,
			"eligibleApprovers": eligible},
	}
}

func gated(s scene) { s.admin("POST", "/api/change-gates/acme", gateBody(false, true, "ana")) }

func gate(s scene) string {
	all := s.admin("GET", "/api/change-gates/acme?entityType=environment&qualifiedName=payments/prod", nil)["gates"].([]any)
	return "/api/change-gates/acme/" + all[0].(obj)["id"].(string)
}

func liftsByUpdate(s scene, token string) bool {
	return then(s, token, "PUT", gate(s), gateBody(false, false, "ana")) && opensProd(s, token)
}

func liftsByDelete(s scene, token string) bool {
	return then(s, token, "DELETE", gate(s), nil) && opensProd(s, token)
}

func deploys(s scene) {
	s.admin("POST", stack+"/deployments/settings", obj{"operationContext": obj{"role": obj{"id": s.role("openers")}}})
}

// assigns gives bo a permission set on an entity.
func assigns(context, path, set string, uses func(scene, string) bool) func(scene, string) bool {
	return func(s scene, token string) bool {
		return then(s, token, "POST", "/api/orgs/acme/assignments/update", obj{
			"context": obj{"__type": "PermissionExpression" + context}, "id": s.idOf(path), "userId": "bo", "permissionSetId": s.role(set),
		}) && uses(s, token)
	}
}

func deletes(s scene, token string) bool {
	return then(s, token, "DELETE", "/api/preview/insights/acme/accounts/aws", nil)
}

// plugin is a state that names a provider's plugin at an address of the principal's choice.
var plugin = obj{"version": 3, "deployment": obj{
	"manifest": obj{"time": "2026-01-01T00:00:00Z", "magic": "", "version": ""},
	"resources": []obj{{
		"urn": "urn:pulumi:prod::payments::pulumi:providers:mine::mine", "custom": true, "type": "pulumi:providers:mine", "id": "1",
		"inputs": obj{"pluginDownloadURL": "https://mine.example.com"},
	}},
}}

// runsPlugin reports whether a deployment reads a state that names the plugin.
func (s scene) runsPlugin() bool {
	s.t.Helper()
	_, raw := s.Call(s.Token, "GET", stack+"/export", nil)
	return strings.Contains(string(raw), "https://mine.example.com")
}

// elsewhereRole is a role in an account of the principal's own, which shows the names of the sessions that log in to it.
const elsewhereRole = "arn:aws:iam::123456789012:role/elsewhere"

func trustsEverybody(s scene) {
	host := strings.TrimPrefix(s.URL, "http://")
	s.admin("POST", "/_sandbox/clouds/aws/roles", obj{"arn": elsewhereRole, "trustPolicy": obj{"Version": "2012-10-17", "Statement": []obj{{
		"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
		"Principal": obj{"Federated": "arn:aws:iam::123456789012:oidc-provider/" + host + "/oidc"},
		"Condition": obj{"StringLike": obj{host + "/oidc:sub": "*", host + "/oidc:aud": "*"}},
	}}}})
}

// injects makes an environment that others open import production, and log in elsewhere by the name of a secret; then somebody opens it.
func injects(s scene, token string) bool {
	s.t.Helper()
	login := obj{"fn::open::aws-login": obj{"oidc": obj{"roleArn": elsewhereRole, "sessionName": "${password}"}}}
	if !then(s, token, "PATCH", shared, obj{"imports": []string{"payments/prod"}, "values": obj{"out": login}}) {
		return false
	}
	s.admin("POST", shared+"/open", nil)
	_, raw := s.Call("", "GET", "/_sandbox/clouds/aws/sessions", nil)
	return strings.Contains(string(raw), `"sessionName":"`+password+`"`)
}

var trials = []trial{
	{act: graph.EditRole, do: func(s scene, token string) bool {
		return then(s, token, "PATCH", "/api/orgs/acme/roles/"+s.role("trial"), obj{"details": everything()}) && opensProd(s, token)
	}},
	{act: graph.AssignRole, inTeam: true, do: func(s scene, token string) bool {
		return then(s, token, "POST", "/api/orgs/acme/teams/payments/roles/"+s.role("openers"), nil) && opensProd(s, token)
	}},
	{act: graph.EditTeam, sees: team("team:read"), do: func(s scene, token string) bool {
		return then(s, token, "PATCH", "/api/orgs/acme/teams/operators", obj{"member": "bo", "memberAction": "add"}) && opensProd(s, token)
	}},
	{act: graph.CreateTeam, settings: ", defaultEnvironmentPermission: open", do: func(s scene, token string) bool {
		return then(s, token, "POST", "/api/orgs/acme/teams/pulumi", obj{"name": "mine", "displayName": "Mine", "description": ""}) &&
			minted(s, token, "/api/orgs/acme/teams/mine/tokens", newToken(false))
	}},
	{act: graph.EditMember, do: func(s scene, token string) bool {
		return then(s, token, "PATCH", "/api/orgs/acme/members/bo", obj{"fgaRoleId": s.role("Admin")}) && opensProd(s, token)
	}},
	{act: graph.AddMember, do: func(s scene, token string) bool {
		return then(s, token, "POST", "/api/orgs/acme/members/bo-again", obj{"role": "admin"}) &&
			opensProd(s, s.TokenFor(servertest.Identity{User: "bo-again"}))
	}},
	{act: graph.MintToken, do: func(s scene, token string) bool {
		return minted(s, token, "/api/orgs/acme/tokens", newToken(true))
	}},
	{act: graph.MintToken, way: 1, sees: team("team:read"), do: func(s scene, token string) bool {
		return minted(s, token, "/api/orgs/acme/teams/operators/tokens", newToken(false))
	}},
	{act: graph.EditIssuer, do: func(s scene, token string) bool {
		issuer := register(s, token, "mine", s.URL+"/_sandbox/oidc/mine", nil)
		return issuer != "" && then(s, token, "PATCH", "/api/orgs/acme/auth/policies/"+policyOf(s, issuer), allowAll()) &&
			opensProd(s, s.exchange("mine", "organization", "admin", obj{"sub": "mine"}))
	}},
	{
		act: graph.EditIssuer, way: 1, prepare: func(s scene) { register(s, s.Token, "ci", elsewhere, keysOf(s, "theirs")) },
		do: func(s scene, token string) bool {
			issuer := issuerNamed(s, "ci")
			return then(s, token, "PATCH", "/api/orgs/acme/oidc/issuers/"+issuer, obj{"name": "ci", "jwks": keysOf(s, "mine")}) &&
				then(s, token, "PATCH", "/api/orgs/acme/auth/policies/"+policyOf(s, issuer), allowAll()) &&
				opensProd(s, s.exchange("mine", "organization", "admin", obj{"iss": elsewhere, "sub": "mine"}))
		},
	},
	{
		act: graph.EditIssuer, way: 2, prepare: func(s scene) { register(s, s.Token, "ci", s.URL+"/_sandbox/oidc/ci", nil) },
		do: func(s scene, token string) bool {
			return then(s, token, "PATCH", "/api/orgs/acme/auth/policies/"+policyOf(s, issuerNamed(s, "ci")), allowAll()) &&
				opensProd(s, s.exchange("ci", "organization", "admin", obj{"sub": "mine"}))
		},
	},
	{
		act: graph.EditIssuer, way: 3, prepare: func(s scene) {
			issuer := register(s, s.Token, "ci", elsewhere, keysOf(s, "theirs"))
			s.admin("PATCH", "/api/orgs/acme/auth/policies/"+policyOf(s, issuer), obj{"policies": []obj{
				{"decision": "allow", "tokenType": "team", "teamName": "operators", "authorizedPermissions": []string{}, "rules": obj{"sub": "deploy"}},
			}})
		},
		do: func(s scene, token string) bool {
			_ = then(s, token, "PATCH", "/api/orgs/acme/oidc/issuers/"+issuerNamed(s, "ci"), obj{"name": "ci", "jwks": keysOf(s, "mine")})
			return opensProd(s, s.exchange("mine", "team", "team:operators", obj{"iss": elsewhere, "sub": "deploy"}))
		},
	},
	{act: graph.EditDefaults, asMember: true, do: func(s scene, token string) bool {
		return then(s, token, "PATCH", "/api/orgs/acme", obj{"setDefaultEnvironmentPermission": "open"}) && opensProd(s, token)
	}},
	{
		act: graph.Retag, sees: onStack("stack:read"), entries: []obj{byTag("Stack", "tier", "mine", false, "stack:decrypt")},
		before: scene.decrypts, do: func(s scene, token string) bool {
			return then(s, token, "POST", stack+"/tags", obj{"name": "tier", "value": "mine"}) && s.decrypts(token)
		},
	},
	{
		act: graph.Retag, way: 2, sees: onEnvironment("environment:read"), entries: []obj{byTag("Environment", "tier", "mine", false, "environment:open")},
		do: func(s scene, token string) bool {
			return then(s, token, "POST", prod+"/tags", obj{"name": "tier", "value": "mine"}) && opensProd(s, token)
		},
	},
	{
		act: graph.Retag, way: 3, sees: onEnvironment("environment:read"), entries: []obj{byTag("Environment", "tier", "mine", false, "environment:open")},
		tags: ", tags: {tier: theirs}", do: func(s scene, token string) bool {
			return then(s, token, "PATCH", prod+"/tags/tier", obj{"currentTag": obj{"value": "theirs"}, "newTag": obj{"value": "mine"}}) && opensProd(s, token)
		},
	},
	{
		act: graph.Retag, way: 4, sees: onEnvironment("environment:read"), entries: []obj{byTag("Environment", "locked", "", true, "environment:open")},
		tags: ", tags: {locked: yes}", do: func(s scene, token string) bool {
			return then(s, token, "DELETE", prod+"/tags/locked", nil) && opensProd(s, token)
		},
	},
	{
		act: graph.Retag, way: 5, sees: onAccount("insights_account:read"), entries: []obj{byTag("InsightsAccount", "tier", "mine", false, "insights_account:delete")},
		before: deletes, do: func(s scene, token string) bool {
			return then(s, token, "PUT", "/api/preview/insights/acme/accounts/aws/tags", obj{"tags": obj{"tier": "mine"}}) && deletes(s, token)
		},
	},
	{act: graph.RemoveGate, sees: onEnvironment("environment:read", "environment:open"), prepare: gated, do: liftsByUpdate},
	{act: graph.RemoveGate, way: 1, sees: onEnvironment("environment:read", "environment:open"), prepare: gated, do: liftsByDelete},
	{act: graph.RemoveGate, way: 2, sees: onEnvironment("environment:read", "environment:open"), prepare: gated, do: liftsByUpdate},
	{act: graph.RemoveGate, way: 3, sees: onEnvironment("environment:read", "environment:open"), prepare: gated, do: liftsByDelete},
	{
		act: graph.ApproveSelf, sees: onEnvironment("environment:read", "environment:open"),
		prepare: func(s scene) { s.admin("POST", "/api/change-gates/acme", gateBody(true, true, "bo")) },
		do: func(s scene, token string) bool {
			_, asked := s.call(token, "POST", prod+"/open/request", obj{"accessDurationSeconds": 3600, "grantExpirationSeconds": 3600})
			requests, _ := asked["changeRequests"].([]any)
			if len(requests) == 0 {
				return false
			}
			request := requests[0].(obj)
			path := fmt.Sprintf("/api/change-requests/acme/%s", request["changeRequestId"])
			_, _ = s.call(token, "POST", path+"/submit", obj{})
			return then(s, token, "POST", path+"/approve", obj{"revisionNumber": request["latestRevisionNumber"]}) &&
				then(s, token, "POST", path+"/apply", nil) && opensProd(s, token)
		},
	},
	{act: graph.CreateStack, settings: ", defaultDeploymentRole: openers", do: func(s scene, token string) bool {
		return then(s, token, "POST", "/api/stacks/acme/payments", obj{"stackName": "mine"}) && opensProd(s, s.deployment("mine", ""))
	}},
	{act: graph.UseDeployment, sees: onStack("stack:read"), prepare: deploys, do: func(s scene, token string) bool {
		return then(s, token, "POST", stack+"/deployments/settings", obj{"operationContext": obj{"preRunCommands": []string{"pulumi env open"}}}) &&
			opensProd(s, s.deployment("prod", ""))
	}},
	{act: graph.UseDeployment, way: 1, prepare: deploys, do: func(s scene, _ string) bool {
		return opensProd(s, s.deployment("prod", "bo"))
	}},
	{act: graph.SetDeploymentRole, sees: onStack("stack:read"), do: func(s scene, token string) bool {
		return then(s, token, "POST", stack+"/deployments/settings", obj{"operationContext": obj{"role": obj{"id": s.role("openers")}}}) &&
			opensProd(s, s.deployment("prod", ""))
	}},
	{act: graph.EditState, sees: onStack("stack:read"), prepare: deploys, do: func(s scene, token string) bool {
		return then(s, token, "POST", stack+"/import", plugin) && s.runsPlugin() && opensProd(s, s.deployment("prod", ""))
	}},
	{act: graph.EditState, way: 1, sees: onStack("stack:read"), prepare: deploys, do: func(s scene, token string) bool {
		return s.updates(token, plugin) && s.runsPlugin() && opensProd(s, s.deployment("prod", ""))
	}},
	{
		act: graph.Clone, sees: onEnvironment("environment:read"), clone: core.CloneUnchecked, do: func(s scene, token string) bool {
			return then(s, token, "POST", prod+"/clone", obj{"project": "payments", "name": "copy"}) &&
				s.opens(token, "/api/esc/environments/acme/payments/copy", "password")
		},
	},
	{act: graph.InjectImport, sees: onEnvironment("environment:read"), prepare: trustsEverybody, do: injects},
	{act: graph.OpenVersion, sees: onEnvironment("environment:read"), do: func(s scene, token string) bool {
		status, raw := s.Call(token, "GET", prod+"/versions/latest/decrypt", nil)
		return status == http.StatusOK && strings.Contains(string(raw), password)
	}},
	{act: graph.Assign, sees: onStack("stack:read"), before: scene.decrypts, do: assigns("Stack", stack, "Stack Read", scene.decrypts)},
	{act: graph.Assign, way: 1, sees: onEnvironment("environment:read"), do: assigns("Environment", prod+"/metadata", "Environment Open", opensProd)},
	{act: graph.Assign, way: 2, sees: onEnvironment("environment:read"), do: assigns("Environment", prod+"/metadata", "Environment Open", opensProd)},
	{
		act: graph.Assign, way: 3, sees: onAccount("insights_account:read"), before: deletes,
		do: assigns("InsightsAccount", "/api/preview/insights/acme/accounts/aws", "Account Admin", deletes),
	},
}

func (x trial) String() string { return fmt.Sprintf("%s by way %d", x.act, x.way) }

// scopes are those of the table, and what finding the objects takes.
func (x trial) scopes() []scope {
	all := slices.Clone(x.sees)
	for _, rule := range graph.ActRules() {
		if rule.Act == x.act && len(rule.Ways) > 0 {
			way := rule.Ways[x.way]
			all = append(all, of(way.On, way.Scopes...)...)
			all = append(all, of(access.Organization, way.Also...)...)
		}
	}
	return all
}

// Who holds the scopes of the table performs the act and uses the access that it leads to; who lacks one of them is refused.
func TestActsAreReal(t *testing.T) {
	t.Parallel()
	for _, x := range trials {
		t.Run(x.String(), func(t *testing.T) {
			t.Parallel()
			has := opensProd
			if x.before != nil {
				has = x.before
			}
			s, token := x.begin(t, x.scopes())
			if has(s, token) {
				t.Fatal("the principal has the access before")
			}
			if !x.do(s, token) {
				t.Fatal("the principal holds the scopes, and does not get the access")
			}
			for i, missing := range x.scopes() {
				s, token := x.begin(t, without(x.scopes(), i))
				if x.do(s, token) {
					t.Errorf("the principal gets the access without %s", missing.name)
				}
			}
		})
	}
}

// What a setting lets members do is an act as well: it takes no scope of a role.
func TestActsBySettings(t *testing.T) {
	t.Parallel()
	for act, setting := range map[graph.Act]string{graph.CreateStack: "setMembersCanCreateStacks", graph.CreateTeam: "setMembersCanCreateTeams"} {
		x := trials[slices.IndexFunc(trials, func(x trial) bool { return x.act == act })]
		x.asMember = true
		for _, on := range []bool{false, true} {
			s, token := x.begin(t, nil)
			s.admin("PATCH", "/api/orgs/acme", obj{setting: on})
			if got := x.do(s, token); got != on {
				t.Errorf("%s with %s %t: %t", act, setting, on, got)
			}
		}
	}
}

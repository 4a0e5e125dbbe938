// Package chains_test draws organizations, asks the product by which acts people certainly come to production, and performs these acts on
// the sandbox with their tokens.
package chains_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

type obj = map[string]any

const prod = "/api/esc/environments/acme/payments/prod"

// drawn is an organization in which people hold what acts need.
func drawn(t *rapid.T) string {
	var ways []graph.Way
	for _, rule := range graph.ActRules() {
		for _, way := range rule.Ways {
			if way.Doubt == "" {
				ways = append(ways, way)
			}
		}
	}
	pick := func(label string, from ...string) string { return rapid.SampledFrom(from).Draw(t, label) }
	role := func(label string) string {
		entries := []obj{}
		for range rapid.IntRange(1, 2).Draw(t, label) {
			way := rapid.SampledFrom(ways).Draw(t, "way")
			scopes := append(append([]string{}, way.Scopes...), way.Also...)
			entries = append(entries, obj{"__type": "PermissionDescriptorAllow", "permissions": scopes})
		}
		if pick("seeing", "yes", "yes", "no") == "yes" {
			entries = append(entries, obj{"__type": "PermissionDescriptorAllow", "permissions": []string{
				"team:read", "stack:read", "environment:read", "insights_account:read"}})
		}
		if pick("by a tag", "yes", "no") == "yes" {
			entries = append(entries, obj{"__type": "PermissionDescriptorCondition", "condition": obj{
				"__type": "PermissionExpressionEqual", "left": obj{"__type": "PermissionExpressionTag",
					"context": obj{"__type": "PermissionExpressionEnvironment"}, "key": "tier"},
				"right": obj{"__type": "PermissionLiteralExpressionString", "value": "mine"},
			}, "subNode": obj{"__type": "PermissionDescriptorAllow", "permissions": []string{"environment:read", "environment:open"}}})
		}
		text, err := json.Marshal(obj{"__type": "PermissionDescriptorGroup", "entries": entries})
		if err != nil {
			panic(err) // texts always marshal
		}
		return string(text)
	}
	gate := ""
	if pick("gate", "yes", "no", "no") == "yes" {
		gate = "\ngates: [{project: payments, environment: prod, action: open, allowSelfApproval: " + pick("self", "true", "false") + ", approvers: {users: [" + pick("approver", "bo", "ana") + "]}}]"
	}
	return fmt.Sprintf(`
organization: acme
settings: {membersCanCreateStacks: %s, membersCanCreateTeams: %s, membersCanCreateAccounts: false, defaultEnvironmentPermission: %s, defaultDeploymentRole: %s}
users: [{login: ana, role: admin}, {login: bo, role: %s}, {login: cy, role: r2}]
roles:
  - {name: openers, scopes: ["environment:read", "environment:open"]}
  - {name: r1, details: %s}
  - {name: r2, details: %s}
teams: [{name: payments, members: [bo], role: %s}, {name: operators, role: %s}]
stacks: [{project: payments, stack: prod}]
environments: [{project: payments, environment: prod, definition: "values: {password: {'fn::secret': hush}}", owner: ana, tags: {tier: %s}}]
accounts: [{account: aws, environment: payments/prod, owner: ana}]%s
`, pick("members create stacks", "true", "false"), pick("members create teams", "true", "false"), pick("default", "none", "none", "open"), pick("default deployment role", "openers", "r1", `""`), pick("role of bo", "r1", "member"), role("r1"), role("r2"),
		pick("team's role", "r1", "r2"), pick("operators' role", "openers", "r2"), pick("tier", "mine", "theirs"), gate)
}

// performer carries acts out as one person.
type performer struct {
	*servertest.Running
	t      *testing.T
	login  string
	tokens map[string]string // by whom it can act as, "" for itself
}

func (p performer) send(token, method, path string, body any) (obj, error) {
	p.t.Helper()
	status, raw := p.Call(token, method, path, body)
	if status >= 300 {
		return nil, fmt.Errorf("%s %s: %d %s", method, path, status, raw)
	}
	var answer obj
	_ = json.Unmarshal(raw, &answer) // nothing to read stays nil
	return answer, nil
}

func (p performer) list(path, field string) []obj {
	p.t.Helper()
	answer, err := p.send(p.Token, "GET", path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	var all []obj
	list, _ := answer[field].([]any)
	for _, one := range list {
		all = append(all, one.(obj))
	}
	return all
}

func (p performer) role(name string) string {
	for _, purpose := range []string{"role", "set"} {
		for _, r := range p.list("/api/orgs/acme/roles?uxPurpose="+purpose, "roles") {
			if r["name"] == name {
				return r["id"].(string)
			}
		}
	}
	return ""
}

func (p performer) mint(as, token, path string, admin bool) error {
	answer, err := p.send(token, "POST", path, obj{"name": fmt.Sprint("made-", len(p.tokens)), "description": "", "expires": 0, "admin": admin})
	if err == nil {
		p.tokens[as] = answer["tokenValue"].(string)
	}
	return err
}

func (p performer) deploy(as, stack, startedBy string) error {
	answer, err := p.send("", "POST", "/_sandbox/tokens", obj{"deployment": obj{"project": "payments", "stack": stack, "startedBy": startedBy}})
	if err == nil {
		p.tokens[as] = answer["token"].(string)
	}
	return err
}

// perform carries one act out.
func (p performer) perform(x graph.Performed) error {
	p.t.Helper()
	if _, known := p.tokens[x.By]; !known { // whichever of them is an administrator by now
		var last error
		for _, name := range slices.Sorted(maps.Keys(p.tokens)) {
			x.By = name
			if last = p.perform(x); last == nil {
				return nil
			}
		}
		return last
	}
	token := p.tokens[x.By]
	do := func(method, path string, body any) error {
		_, err := p.send(token, method, path, body)
		return err
	}
	admin := p.role("Admin")
	switch x.Act {
	case graph.EditRole:
		return do("PATCH", "/api/orgs/acme/roles/"+p.role(x.On), obj{"details": obj{"__type": "PermissionDescriptorAllow", "permissions": []string{
			"environment:read", "environment:open", "change_gate:delete"}}})
	case graph.AssignRole:
		return do("POST", "/api/orgs/acme/teams/"+x.On+"/roles/"+admin, nil)
	case graph.EditTeam:
		return do("PATCH", "/api/orgs/acme/teams/"+x.On, obj{"member": p.login, "memberAction": "add"})
	case graph.CreateTeam:
		return do("POST", "/api/orgs/acme/teams/pulumi", obj{"name": "mine", "displayName": "Mine", "description": ""})
	case graph.MintToken:
		switch {
		case x.On != "":
			return p.mint("the token of team "+x.On, token, "/api/orgs/acme/teams/"+x.On+"/tokens", false)
		case strings.Contains(x.Text, "that team"):
			return p.mint("the token of their own team", token, "/api/orgs/acme/teams/mine/tokens", false)
		}
		return p.mint("an administrator", token, "/api/orgs/acme/tokens", true)
	case graph.EditMember:
		return do("PATCH", "/api/orgs/acme/members/"+p.login, obj{"fgaRoleId": admin})
	case graph.EditDefaults:
		switch x.On {
		case "default permissions":
			return do("PATCH", "/api/orgs/acme", obj{"setDefaultEnvironmentPermission": "write"})
		case "default role":
			return do("PATCH", "/api/orgs/acme/roles/"+admin+"/default", nil)
		}
		return do("PATCH", "/api/orgs/acme", obj{"setDefaultDeploymentRoleId": admin})
	case graph.Retag:
		if strings.Contains(x.Text, "[tier=mine]") {
			return p.retag(token)
		}
		return fmt.Errorf("no call for %s", x.Text)
	case graph.RemoveGate:
		for _, gate := range p.list("/api/change-gates/acme?entityType=environment&qualifiedName="+x.On, "gates") {
			path := "/api/change-gates/acme/" + gate["id"].(string)
			if do("DELETE", path, nil) != nil {
				rule := gate["rule"].(obj)
				rule["eligibleApprovers"] = []obj{{"eligibilityType": "specific_user", "userLogin": "ana"}}
				return do("PUT", path, obj{"name": gate["name"], "enabled": false, "target": gate["target"], "rule": rule})
			}
		}
		return nil
	case graph.ApproveSelf:
		return p.approve(token)
	case graph.CreateStack:
		if err := do("POST", "/api/stacks/acme/payments", obj{"stackName": "mine"}); err != nil {
			return err
		}
		return p.deploy("the deployment of their own stack", "mine", "")
	case graph.UseDeployment:
		if do("POST", "/api/stacks/acme/"+x.On+"/deployments/settings", obj{"operationContext": obj{"preRunCommands": []string{"true"}}}) == nil {
			return p.deploy("the deployment of "+x.On, "prod", "")
		}
		return p.deploy("the deployment of "+x.On, "prod", p.login)
	case graph.Assign:
		if x.Kind != access.Environment {
			return do("POST", "/api/orgs/acme/assignments/update", obj{"context": obj{"__type": "PermissionExpressionStack"},
				"id": p.id("/api/stacks/acme/" + x.On), "userId": p.login, "permissionSetId": p.role("Stack Admin")})
		}
		return do("POST", "/api/orgs/acme/assignments/update", obj{"context": obj{"__type": "PermissionExpressionEnvironment"},
			"id": p.id(prod + "/metadata"), "userId": p.login, "permissionSetId": p.role("Environment Admin")})
	case graph.EditIssuer:
		return p.trust(token)
	case graph.OpenVersion:
		_, raw := p.Call(token, "GET", prod+"/versions/latest/decrypt", nil)
		if !strings.Contains(string(raw), "hush") {
			return fmt.Errorf("no secret in %s", raw)
		}
		p.tokens["seen"] = p.Token // the secret was seen
		return nil
	default:
		return fmt.Errorf("no call for %s", x.Act)
	}
}

// retag gives production the tag tier=mine: by changing the tag that it has, or by another one in its place.
func (p performer) retag(token string) error {
	had, err := p.send(p.Token, "GET", prod+"/tags", nil)
	if err != nil {
		return err
	}
	add := func() error {
		_, err := p.send(token, "POST", prod+"/tags", obj{"name": "tier", "value": "mine"})
		return err
	}
	tag, tagged := had["tags"].(obj)["tier"].(obj)
	if !tagged {
		return add()
	}
	if _, err = p.send(token, "PATCH", prod+"/tags/tier", obj{"currentTag": obj{"value": tag["value"]}, "newTag": obj{"value": "mine"}}); err == nil {
		return nil
	}
	if _, err = p.send(token, "DELETE", prod+"/tags/tier", nil); err != nil {
		return err
	}
	return add()
}

func (p performer) id(path string) string {
	answer, err := p.send(p.Token, "GET", path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return answer["id"].(string)
}

func (p performer) approve(token string) error {
	asked, err := p.send(token, "POST", prod+"/open/request", obj{"accessDurationSeconds": 3600, "grantExpirationSeconds": 3600})
	if err != nil {
		return err
	}
	request := asked["changeRequests"].([]any)[0].(obj)
	path := fmt.Sprint("/api/change-requests/acme/", request["changeRequestId"])
	_, _ = p.send(token, "POST", path+"/submit", obj{})
	if _, err = p.send(token, "POST", path+"/approve", obj{"revisionNumber": request["latestRevisionNumber"]}); err != nil {
		return err
	}
	_, err = p.send(token, "POST", path+"/apply", nil)
	return err
}

// trust registers an issuer of one's own, and lets it have administrators' tokens.
func (p performer) trust(token string) error {
	issuer, err := p.send(token, "POST", "/api/orgs/acme/oidc/issuers", obj{"name": "mine", "url": p.URL + "/_sandbox/oidc/mine"})
	if err != nil {
		return err
	}
	policies := p.id("/api/orgs/acme/auth/policies/oidcissuers/" + issuer["id"].(string))
	if _, err = p.send(token, "PATCH", "/api/orgs/acme/auth/policies/"+policies, obj{"policies": []obj{
		{"decision": "allow", "tokenType": "organization", "authorizedPermissions": []string{"admin"}, "rules": obj{"sub": "mine"}},
	}}); err != nil {
		return err
	}
	minted, err := p.send("", "POST", "/_sandbox/oidc/mine/token", obj{"claims": obj{"sub": "mine"}})
	if err != nil {
		return err
	}
	exchanged, err := p.send("", "POST", "/api/oauth/token", obj{
		"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "audience": "urn:pulumi:org:acme",
		"subject_token": minted["token"], "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
		"requested_token_type": "urn:pulumi:token-type:access_token:organization", "scope": "admin",
	})
	if err == nil {
		p.tokens["an administrator"] = exchanged["access_token"].(string)
	}
	return err
}

// opens reports whether one of the identities opens production.
func (p performer) opens() bool {
	for _, token := range p.tokens {
		if status, _ := p.Call(token, "POST", prod+"/open", nil); status == 200 {
			return true
		}
	}
	return false
}

// What the product calls certain is done on the sandbox, act by act, and production opens.
func TestChainsAreReal(t *testing.T) {
	t.Parallel()
	organizations := 40
	if given := os.Getenv("LEASTPRIVILEGE_LAW_CHAINS"); given != "" {
		var err error
		if organizations, err = strconv.Atoi(given); err != nil {
			t.Fatal(err)
		}
	}
	performed, tried := map[graph.Act]int{}, 0
	for seed := range organizations {
		text := rapid.Custom(drawn).Example(seed)
		for _, login := range []string{"bo", "cy"} {
			p := performer{servertest.StartNewer(t, server.Options{Organization: "acme", Seed: []byte(text), DeploymentRole: "added"}), t, login, map[string]string{}}
			p.tokens[""] = p.TokenFor(servertest.Identity{User: login})
			for _, x := range p.ask() {
				if x.Certainty != graph.Certain {
					continue
				}
				tried++
				for _, act := range x.Acts {
					performed[act.Act]++
					if err := p.perform(act); err != nil {
						t.Fatalf("seed %d: %s: %v\n%v\n%s", seed, login, err, x.Acts, text)
					}
				}
				if !p.opens() {
					t.Fatalf("seed %d: %s does not open production after %v\n%s", seed, login, x.Acts, text)
				}
			}
		}
	}
	t.Logf("%d ways to production in %d organizations, by %v", tried, organizations, performed)
	if tried < organizations/4 {
		t.Errorf("only %d ways in %d organizations", tried, organizations)
	}
}

// ask asks the product how a person comes to production.
func (p performer) ask() []graph.Escalation {
	p.t.Helper()
	client, err := cloud.New(cloud.Config{URL: p.URL, Token: p.Token})
	if err != nil {
		p.t.Fatal(err)
	}
	of := graph.PrincipalID{Kind: graph.UserKind, Name: p.login}
	q := survey.Question{Kind: access.Environment, Name: "payments/prod", Options: survey.Options{Catalogue: access.NewCatalogue(nil)}}
	found, _, err := survey.Of(client, "acme").Escalations(p.t.Context(), &of, "environment:open", &q, q.Options)
	if err != nil {
		p.t.Fatal(err)
	}
	return found
}

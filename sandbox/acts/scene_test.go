// Package acts_test performs the acts of package graph on the sandbox, each by a principal that holds exactly the scopes that the table of acts
// names, and then uses the access that the act leads to. From package graph it takes the table alone, and nothing of how graph decides.
package acts_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

type obj = map[string]any

const (
	prod     = "/api/esc/environments/acme/payments/prod"
	shared   = "/api/esc/environments/acme/payments/shared"
	stack    = "/api/stacks/acme/payments/prod"
	password = "hush"
)

// seed is an organization in which bo has the role trial, and whatever else a trial gives.
const seed = `
organization: acme
settings: {membersCanCreateStacks: false, membersCanCreateTeams: false, membersCanCreateAccounts: false%s}
users: [{login: ana, role: admin}, {login: bo, role: %s}, {login: cy}]
roles:
  - {name: openers, scopes: ["environment:read", "environment:open"]}
  - {name: trial, details: %s}
teams:
  - {name: payments, members: [%s]%s}
  - {name: operators}
stacks: [{project: payments, stack: prod}]
environments:
  - {project: payments, environment: prod, definition: "values: {password: {'fn::secret': hush}}", owner: ana%s}
  - {project: payments, environment: shared, definition: "values: {a: 1}", owner: ana}
accounts: [{account: aws, environment: payments/shared, owner: ana%s}]
grants: [{team: operators, project: payments, environment: prod, permission: open}]
`

// scene is a sandbox in which a trial is made.
type scene struct {
	*servertest.Running
	t *testing.T
}

// call makes a call and decodes the answer.
func (s scene) call(token, method, path string, body any) (int, obj) {
	s.t.Helper()
	status, raw := s.Call(token, method, path, body)
	var answer obj
	_ = json.Unmarshal(raw, &answer) // texts and lists stay nil
	return status, answer
}

// admin makes a call that prepares a trial, which must succeed.
func (s scene) admin(method, path string, body any) obj {
	s.t.Helper()
	status, answer := s.call(s.Token, method, path, body)
	if status >= 300 {
		s.t.Fatalf("%s %s: %d %v", method, path, status, answer)
	}
	return answer
}

// role finds a role's id, which is no secret.
func (s scene) role(name string) string {
	s.t.Helper()
	for _, purpose := range []string{"role", "set"} {
		all, _ := s.admin("GET", "/api/orgs/acme/roles?uxPurpose="+purpose, nil)["roles"].([]any)
		for _, one := range all {
			if r, _ := one.(obj); r["name"] == name {
				return r["id"].(string)
			}
		}
	}
	s.t.Fatalf("no role %s", name)
	return ""
}

func (s scene) idOf(path string) string {
	s.t.Helper()
	id, _ := s.admin("GET", path, nil)["id"].(string)
	return id
}

// opens reports whether a token opens an environment and reads the password there.
func (s scene) opens(token, environment, property string) bool {
	s.t.Helper()
	status, answer := s.call(token, "POST", environment+"/open", nil)
	if status != http.StatusOK {
		return false
	}
	status, value := s.call(token, "GET", fmt.Sprintf("%s/open/%s?property=%s", environment, answer["id"], property), nil)
	return status == http.StatusOK && value["value"] == password
}

// decrypts reports whether a token decrypts what was encrypted for the stack.
func (s scene) decrypts(token string) bool {
	s.t.Helper()
	sealed := s.admin("POST", stack+"/encrypt", obj{"plaintext": "aHVzaA=="})
	status, answer := s.call(token, "POST", stack+"/decrypt", obj{"ciphertext": sealed["ciphertext"]})
	return status == http.StatusOK && answer["plaintext"] == "aHVzaA=="
}

// deployment is the token of a deployment of a stack: started by a push, or by somebody who may. It is "" where that is refused.
func (s scene) deployment(name, startedBy string) string {
	s.t.Helper()
	status, answer := s.call("", "POST", "/_sandbox/tokens", obj{"deployment": obj{"project": "payments", "stack": name, "startedBy": startedBy}})
	if status != http.StatusOK {
		return ""
	}
	return answer["token"].(string)
}

// exchange gives the token of a CI system that is hosted under a name for one of the organization, "" where that is refused.
func (s scene) exchange(name, kind, scope string, claims obj) string {
	s.t.Helper()
	minted := s.admin("POST", "/_sandbox/oidc/"+name+"/token", obj{"claims": claims})
	form := url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"}, "audience": {"urn:pulumi:org:acme"},
		"subject_token": {minted["token"].(string)}, "subject_token_type": {"urn:ietf:params:oauth:token-type:id_token"},
		"requested_token_type": {"urn:pulumi:token-type:access_token:" + kind}, "scope": {scope},
	}
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.URL+"/api/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := servertest.Client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	var answer struct {
		Token string `json:"access_token"`
	}
	_ = json.Unmarshal(raw, &answer) // a refusal has none
	return answer.Token
}

// scope is one that the principal of a trial holds on entities of a kind, or in the organization.
type scope struct {
	kind access.EntityKind
	name string
}

func of(kind access.EntityKind, names ...string) []scope {
	var all []scope
	for _, name := range names {
		all = append(all, scope{kind, name})
	}
	return all
}

// role is a role with scopes, and with entries of a trial's own.
func roleWith(scopes []scope, entries []obj) obj {
	byKind := map[access.EntityKind][]string{}
	for _, s := range scopes {
		byKind[s.kind] = append(byKind[s.kind], s.name)
	}
	all := []any{}
	for _, kind := range access.Kinds() {
		if len(byKind[kind]) > 0 {
			all = append(all, obj{"__type": "PermissionDescriptorAllow", "permissions": byKind[kind]})
		}
	}
	for _, entry := range entries {
		all = append(all, entry)
	}
	return obj{"__type": "PermissionDescriptorGroup", "entries": all}
}

// byTag is an entry that grants scopes on entities with a tag, or without it.
func byTag(kind, key, value string, without bool, scopes ...string) obj {
	context := obj{"__type": "PermissionExpression" + kind}
	condition := obj{
		"__type": "PermissionExpressionEqual", "left": obj{"__type": "PermissionExpressionTag", "context": context, "key": key},
		"right": obj{"__type": "PermissionLiteralExpressionString", "value": value},
	}
	if without {
		condition = obj{"__type": "PermissionExpressionNot", "node": obj{"__type": "PermissionExpressionHasTag", "context": context, "key": key}}
	}
	return obj{"__type": "PermissionDescriptorCondition", "condition": condition, "subNode": obj{"__type": "PermissionDescriptorAllow", "permissions": scopes}}
}

// begin starts the sandbox of a trial, with these scopes for bo.
func (x trial) begin(t *testing.T, scopes []scope) (scene, string) {
	t.Helper()
	details, err := json.Marshal(roleWith(scopes, x.entries))
	if err != nil {
		t.Fatal(err)
	}
	role, members, teamRole := "trial", []string{"cy"}, ""
	if x.asMember {
		role, teamRole = "member", ", role: trial"
	}
	if x.asMember || x.inTeam {
		members = append(members, "bo")
	}
	text := fmt.Sprintf(seed, x.settings, role, details, strings.Join(members, ", "), teamRole, x.tags, x.tags)
	s := scene{servertest.StartNewer(t, server.Options{Organization: "acme", Seed: []byte(text), Clone: x.clone}), t}
	if x.prepare != nil {
		x.prepare(s)
	}
	return s, s.TokenFor(servertest.Identity{User: "bo"})
}

// without is all scopes but one.
func without(all []scope, i int) []scope { return slices.Delete(slices.Clone(all), i, i+1) }

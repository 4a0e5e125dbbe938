package contract

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sample is one exchange as the service and its official clients are known to have it. What is sent and said here is
// made up; the shapes are the service's.
type sample struct {
	Name        string
	Method, URL string
	SentType    string // default application/json when there is a body
	Sent        string
	Status      int
	SaidType    string // default application/json when there is a body
	Said        string
}

func (s sample) exchange(t *testing.T) (exchangeRequest, exchangeAnswer) {
	t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	req := exchangeRequest{Method: s.Method, URL: *u, Header: contentType(s.SentType, s.Sent), Body: []byte(s.Sent)}
	return req, exchangeAnswer{Status: s.Status, Header: contentType(s.SaidType, s.Said), Body: []byte(s.Said)}
}

func contentType(explicit, body string) http.Header {
	switch {
	case explicit != "":
		return http.Header{"Content-Type": {explicit}}
	case body != "":
		return http.Header{"Content-Type": {"application/json"}}
	default:
		return http.Header{}
	}
}

const (
	env     = "/api/esc/environments/acme/payments/prod"
	newRole = `{"name": "payments", "description": "", "resourceType": "global", "uxPurpose": "role", "details": {
		"__type": "PermissionDescriptorGroup", "entries": [
			{"__type": "PermissionDescriptorAllow", "permissions": ["stack:read"]},
			{"__type": "PermissionDescriptorCondition",
			 "condition": {"__type": "PermissionExpressionEqual",
				"left": {"__type": "PermissionExpressionEnvironment"},
				"right": {"__type": "PermissionLiteralExpressionEnvironment", "identity": "7d1f"}},
			 "subNode": {"__type": "PermissionDescriptorCompose", "permissionDescriptors": ["3c2a"]}}]}}`
	oidcIssuer     = `{"id": "i1", "name": "ci", "url": "https://ci.example", "issuer": "https://ci.example", "maxExpiration": 3600}`
	keySet         = `{"keys": [{"kty": "RSA", "kid": "k1", "n": "AQAB", "e": "AQAB"}]}`
	issuerWithKeys = `{"id": "i1", "name": "ci", "url": "https://ci.example", "issuer": "https://ci.example", "jwks": ` + keySet + `}`
	somePolicies   = `"policies": [{"decision": "allow", "tokenType": "team", "teamName": "payments", "authorizedPermissions": [], "rules": {"sub": "x"}}]`
	exchanged      = `{"access_token": "pul-x", "issued_token_type": "urn:pulumi:token-type:access_token:team", "token_type": "token", "expires_in": 7200, "scope": "team:payments"}`

	newTeamToken = `{"name": "ci", "description": "", "expires": 0}`
	roleTokens   = `{"tokens": [{"id": "t1", "name": "ci", "description": "", "type": "organization", "admin": false, "expires": 0, "lastUsed": 0, "created": "2026-01-01T00:00:00Z", "createdBy": "ana", "role": {"id": "5b1e", "name": "deployer"}}]}`
	newToken     = `{"name": "ci", "description": "", "expires": 0, "admin": false}`
	diagnosed    = `{"diagnostics": [{"summary": "unused", "detail": "never read", "path": "values.a", "severity": "warning"}]}`
	envTag       = `{"id": "t1", "name": "tier", "value": "1", "created": "2026-01-02T03:04:05Z", "modified": "2026-01-02T03:04:05Z", "editorLogin": "ana", "editorName": "Ana"}`
	renameTag    = `{"currentTag": {"value": "1"}, "newTag": {"name": "squad", "value": "2"}}`
	restoreEnv   = `{"project": "payments", "name": "prod", "deletionTimestamp": "2026-01-02T03:04:05Z"}`
	place        = `{"environment": "payments/prod", "begin": {"line": 1, "column": 2, "byte": 3}, "end": {"line": 1, "column": 9, "byte": 10}}`
	region       = `{"value": "eu-west-1", "trace": {"def": ` + place + `}}`
	checkedEnv   = `{
		"environmentFunctionSummary": {"funcCounts": {}, "rotationPaths": []},
		"properties": {"region": ` + region + `},
		"exprs": {
			"region": {"range": ` + place + `, "schema": {"const": "eu-west-1", "type": "string"}, "literal": "eu-west-1"},
			"all": {"range": ` + place + `, "schema": {"type": "array", "items": false},
				"builtin": {"name": "fn::secret", "nameRange": ` + place + `, "argSchema": true,
				"arg": {"range": ` + place + `, "schema": {"type": "string"}, "literal": "x"}}}
		}}`
)

// samples are all in order, given the known differences; together they use every part of these.
var samples = slices.Concat(refusals, backendSamples, newerSamples, []sample{
	{Name: "proxy", Method: "GET", URL: "/api/orgs/acme/teams", Status: 502, SaidType: "text/html", Said: "<h1>Bad Gateway</h1>"},
	{Name: "not in the document, refused", Method: "GET", URL: "/api/orgs/acme/nothing", Status: 501, Said: refusal(501)},
	{Name: "the document itself", Method: "GET", URL: "/api/openapi/pulumi-spec.json", Status: 200, Said: `{"openapi": "3.0.3"}`},
	{Name: "malformed, refused", Method: "PATCH", URL: "/api/orgs/acme/teams/payments", Sent: `{"membreAction": 1}`, Status: 400, Said: refusal(400)},
	{
		Name: "team update", Method: "PATCH", URL: "/api/orgs/acme/teams/payments",
		Sent: `{"memberAction": "add", "member": "bo"}`, Status: 204,
	},
	{Name: "member again", Method: "PATCH", URL: "/api/orgs/acme/teams/payments", Sent: `{"memberAction": "add", "member": "bo"}`, Status: 409, Said: refusal(409)},
	{Name: "role create", Method: "POST", URL: "/api/orgs/acme/roles", Sent: newRole, Status: 200, Said: roleRecord},
	{Name: "role in use", Method: "DELETE", URL: "/api/orgs/acme/roles/5b1e", Status: 409, Said: refusal(409)},
	{Name: "role with a scope that is new", Method: "POST", URL: "/api/orgs/acme/roles", Sent: strings.ReplaceAll(newRole, "stack:read", "stack:fly"), Status: 200, Said: strings.ReplaceAll(roleRecord, "stack:read", "stack:fly")},
	{
		Name: "catalogue with a scope that is new", Method: "GET", URL: "/api/orgs/acme/roles/scopes", Status: 200,
		Said: `{"stack": [{"name": "Stacks", "scopes": [{"name": "stack:fly", "metadata": {"description": ""}}]}], "environment": [], "global": [], "insightsAccount": []}`,
	},
	{Name: "tokens with a custom role", Method: "GET", URL: "/api/orgs/acme/tokens", Status: 200, Said: roleTokens},
	{Name: "tokens of a custom role", Method: "GET", URL: "/api/orgs/acme/roles/5b1e/tokens", Status: 200, Said: roleTokens},
	{Name: "token name taken", Method: "POST", URL: "/api/orgs/acme/tokens", Sent: newToken, Status: 409, Said: refusal(409)},
	{Name: "team token name taken", Method: "POST", URL: "/api/orgs/acme/teams/payments/tokens", Sent: newTeamToken, Status: 409, Said: refusal(409)},
	{Name: "issuer", Method: "POST", URL: "/api/orgs/acme/oidc/issuers", Sent: `{"name": "ci", "url": "https://ci.example"}`, Status: 200, Said: oidcIssuer},
	{Name: "issuer there", Method: "POST", URL: "/api/orgs/acme/oidc/issuers", Sent: `{"name": "ci", "url": "https://ci.example"}`, Status: 409, Said: refusal(409)},
	{Name: "issuer with keys", Method: "POST", URL: "/api/orgs/acme/oidc/issuers", Sent: `{"name": "ci", "url": "https://ci.example", "jwks": ` + keySet + `}`, Status: 200, Said: issuerWithKeys},
	{Name: "issuer changed", Method: "PATCH", URL: "/api/orgs/acme/oidc/issuers/i1", Sent: `{"name": "ci", "jwks": ` + keySet + `}`, Status: 200, Said: issuerWithKeys},
	{Name: "issuer read", Method: "GET", URL: "/api/orgs/acme/oidc/issuers/i1", Status: 200, Said: issuerWithKeys},
	{Name: "issuers", Method: "GET", URL: "/api/orgs/acme/oidc/issuers", Status: 200, Said: `{"oidcIssuers": [` + issuerWithKeys + `]}`},
	{Name: "policies", Method: "GET", URL: "/api/orgs/acme/auth/policies/oidcissuers/i1", Status: 200, Said: `{"id": "p1", "version": 1, ` + somePolicies + `}`},
	{Name: "policies changed", Method: "PATCH", URL: "/api/orgs/acme/auth/policies/p1", Sent: `{` + somePolicies + `}`, Status: 200, Said: `{"id": "p1", "version": 2, ` + somePolicies + `}`},
	{Name: "exchange", Method: "POST", URL: "/api/oauth/token", Sent: `{"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "scope": "team:payments"}`, Status: 200, Said: exchanged},
	{Name: "exchange by a form", Method: "POST", URL: "/api/oauth/token", SentType: "application/x-www-form-urlencoded", Sent: "grant_type=x", Status: 200, Said: exchanged},
	{Name: "stack there", Method: "POST", URL: "/api/stacks/acme/payments", Sent: `{"stackName": "dev"}`, Status: 409, Said: refusal(409)},
	{Name: "stack tag", Method: "POST", URL: "/api/stacks/acme/payments/dev/tags", Sent: `{"name": "tier", "value": "1"}`, Status: 204},
	{Name: "stack tag changed", Method: "PATCH", URL: "/api/stacks/acme/payments/dev/tags/tier", Sent: `{"name": "tier", "value": "2"}`, Status: 204},
	{Name: "stack tag removed", Method: "DELETE", URL: "/api/stacks/acme/payments/dev/tags/tier", Status: 204},
	{Name: "account taken from a team", Method: "PATCH", URL: "/api/preview/insights/acme/accounts/aws/teams/payments", Sent: `{"permissions": null}`, Status: 204},
	{Name: "deployment settings", Method: "GET", URL: "/api/stacks/acme/payments/dev/deployments/settings", Status: 200, Said: settingsWithSecret},
	{Name: "deployment settings changed", Method: "POST", URL: "/api/stacks/acme/payments/dev/deployments/settings", Sent: openSetting, Status: 200, Said: settingsWithSecret},
	{Name: "deployment settings replaced", Method: "PUT", URL: "/api/stacks/acme/payments/dev/deployments/settings", Sent: openSetting, Status: 200, Said: settingsWithSecret},
	{Name: "deployment secret encrypted", Method: "POST", URL: "/api/stacks/acme/payments/dev/deployments/settings/encrypt", Sent: `{"secret": "x"}`, Status: 200, Said: hiddenSecret},
	{Name: "deployment role cleared", Method: "POST", URL: "/api/stacks/acme/payments/dev/deployments/settings", Sent: `{"operationContext": {"role": null, "oidc": {"aws": null}}}`, Status: 404, Said: refusal(404)},
	{
		Name: "environment write by the official client", Method: "PATCH", URL: env,
		Sent: "values:\n  a: 1\n", Status: 200, Said: diagnosed,
	},
	{
		Name: "environment write by the document", Method: "PATCH", URL: env,
		SentType: "application/x-yaml", Sent: "values: {}", Status: 200, Said: `{}`,
	},
	{Name: "environment settings", Method: "PATCH", URL: env + "/settings", Sent: `{"deletionProtected": true}`, Status: 200, Said: `{"deletionProtected": true}`},
	{Name: "environment tag", Method: "POST", URL: env + "/tags", Sent: `{"name": "tier", "value": "1"}`, Status: 200, Said: envTag},
	{Name: "environment tag read", Method: "GET", URL: env + "/tags/tier", Status: 200, Said: envTag},
	{Name: "environment tags", Method: "GET", URL: env + "/tags?after=squad&count=10", Status: 200, Said: `{"tags": {"tier": ` + envTag + `}, "nextToken": ""}`},
	{Name: "environment tag changed", Method: "PATCH", URL: env + "/tags/tier", Sent: renameTag, Status: 200, Said: envTag},
	{Name: "environment tag renamed to one there is", Method: "PATCH", URL: env + "/tags/tier", Sent: renameTag, Status: 409, Said: refusal(409)},
	{Name: "environment open", Method: "POST", URL: env + "/open?duration=2h0m0s", Status: 200, Said: `{"id": "s1"}`},
	{Name: "environment read", Method: "GET", URL: env + "/open/s1", Status: 200, Said: `{"properties": {"region": ` + region + `}}`},
	{Name: "environment check", Method: "POST", URL: env + "/check", Status: 200, Said: checkedEnv},
	{Name: "environment revision check", Method: "POST", URL: env + "/versions/3/check", Status: 200, Said: checkedEnv},
	{Name: "definition check", Method: "POST", URL: "/api/esc/environments/acme/yaml/check", Sent: "values: {}", Status: 200, Said: checkedEnv},
	{Name: "definition open", Method: "POST", URL: "/api/esc/environments/acme/yaml/open?duration=1h", Sent: "values: {}", Status: 200, Said: `{"id": "s1"}`},
	{Name: "new draft", Method: "PATCH", URL: env + "/drafts/c1", Sent: "values: {}", Status: 200, Said: `{"changeRequestId": "c1", "latestRevisionNumber": 2}`},
	{Name: "draft", Method: "POST", URL: env + "/drafts", Sent: "values: {}", Status: 200, Said: `{"changeRequestId": "c1", "latestRevisionNumber": 1}`},
	{Name: "environment restore", Method: "PUT", URL: "/api/esc/environments/acme/restore", Sent: restoreEnv, Status: 409, Said: refusal(409)},
	{Name: "environment with escaped name", Method: "DELETE", URL: "/api/esc/environments/acme/a%2Fb/prod", Status: 200},
})

// refusals are answers that any call may get, on one that documents few.
var refusals = func() (all []sample) {
	for _, status := range []int{400, 401, 403, 404, 429, 500, 501, 502, 503, 504} {
		all = append(all, sample{Name: strconv.Itoa(status), Method: "GET", URL: "/api/orgs/acme/teams", Status: status, Said: refusal(status)})
	}
	return all
}()

func refusal(status int) string {
	return fmt.Sprintf(`{"code": %d, "message": %q}`, status, http.StatusText(status))
}

const roleRecord = `{"id": "5b1e", "orgId": "o1", "name": "payments", "description": "", "resourceType": "global", "uxPurpose": "role",
	"version": 1, "created": "2026-01-02T03:04:05Z", "modified": "2026-01-02T03:04:05Z", "isOrgDefault": false,
	"details": {"__type": "PermissionDescriptorAllow", "permissions": ["stack:read"]}}`

// official returns a checker over Pulumi Cloud's own document, or skips.
func official(t *testing.T) *checker {
	t.Helper()
	file := os.Getenv(EnvVar)
	if file == "" {
		t.Skip(skipped)
	}
	doc, err := loaded(file)
	if err != nil {
		t.Fatal(err)
	}
	return newChecker(doc, differences)
}

func TestSamplesAreInOrderAndUseEveryDifference(t *testing.T) {
	t.Parallel()
	checker := official(t)
	for _, s := range samples {
		req, answer := s.exchange(t)
		for _, f := range allFindings(checker, req, answer) {
			t.Errorf("%s: %s", s.Name, f)
		}
	}
	for _, unused := range checker.unused() {
		t.Errorf("no sample needs this part of a difference; drop it, or add a sample: %s", unused)
	}
}

func TestBadSamplesAreReported(t *testing.T) {
	t.Parallel()
	checker := official(t)
	for _, tc := range []struct {
		sample
		want []string
	}{
		{
			sample{Name: "misspelt property", Method: "PATCH", URL: "/api/orgs/acme/teams/payments", Sent: `{"membreAction": "add"}`, Status: 204},
			[]string{"PATCH /api/orgs/{orgName}/teams/{teamName}: request body at /membreAction: the document does not give this property"},
		},
		{
			sample{Name: "wrong enum", Method: "PATCH", URL: "/api/orgs/acme/teams/payments", Sent: `{"memberAction": "hire"}`, Status: 204},
			[]string{`PATCH /api/orgs/{orgName}/teams/{teamName}: request body at /memberAction: value is not one of the allowed values ["add","remove","promote","demote"]`},
		},
		{
			sample{Name: "required property, deep in a descriptor", Method: "POST", URL: "/api/orgs/acme/roles", Status: 200, Said: roleRecord,
				Sent: `{"name": "n", "description": "", "resourceType": "global", "uxPurpose": "role", "details": {"__type": "PermissionDescriptorGroup", "entries": [{"__type": "PermissionDescriptorAllow", "permission": []}]}}`},
			[]string{"POST /api/orgs/{orgName}/roles: request body at /details/entries/0/permission: the document does not give this property"},
		},
		{
			sample{Name: "answer without a required property", Method: "GET", URL: "/api/orgs/acme/teams/payments", Status: 200, Said: `{"kind": "pulumi", "name": "payments", "description": ""}`},
			[]string{`GET /api/orgs/{orgName}/teams/{teamName}: 200: answer body at /displayName: property "displayName" is missing`},
		},
		{
			sample{Name: "error without a code", Method: "DELETE", URL: "/api/orgs/acme/teams/payments", Status: 404, Said: `{"message": "Not Found"}`},
			[]string{"DELETE /api/orgs/{orgName}/teams/{teamName}: 404: answer body: an error body has a code that is equal to the status, and a message"},
		},
		{
			sample{Name: "wrong success status", Method: "PATCH", URL: "/api/orgs/acme/teams/payments", Sent: `{}`, Status: 200, Said: `{}`},
			[]string{"PATCH /api/orgs/{orgName}/teams/{teamName}: 200: status: the document does not give this status"},
		},
		{
			sample{Name: "body where there is none", Method: "PATCH", URL: "/api/orgs/acme/teams/payments", Sent: `{}`, Status: 204, Said: `{}`},
			[]string{"PATCH /api/orgs/{orgName}/teams/{teamName}: 204: answer body: the operation answers without a body"},
		},
		{
			sample{Name: "unknown query parameter", Method: "DELETE", URL: "/api/stacks/acme/payments/dev?forceDestroy=true", Status: 204},
			[]string{"DELETE /api/stacks/{orgName}/{projectName}/{stackName}: query at /forceDestroy: the document does not give this parameter"},
		},
		{
			sample{Name: "unknown path", Method: "GET", URL: "/api/orgs/acme/nothing", Status: 200, Said: `{}`},
			[]string{"GET /api/orgs/acme/nothing: operation: the document has no such operation"},
		},
	} {
		t.Run(tc.Name, func(t *testing.T) {
			t.Parallel()
			req, answer := tc.exchange(t)
			var got []string
			for _, f := range allFindings(checker, req, answer) {
				got = append(got, f.String())
			}
			if !equal(got, tc.want) {
				t.Errorf("got\n%q\nwant\n%q", got, tc.want)
			}
		})
	}
}

// A secret of deployment settings is shown as a marker, with the ciphertext beside it.
const (
	hiddenSecret       = `{"secret": "[secret]", "ciphertext": "AAAB"}`
	openSetting        = `{` + openGit + `, "operationContext": {"environmentVariables": {"REGION": "eu"}}}`
	settingsWithSecret = `{"version": 1, ` + openGit + `, "operationContext": {"environmentVariables": {"TOKEN": ` + hiddenSecret + `, "REGION": "eu"}}}`
	openGit            = `"sourceContext": {"git": {"gitAuth": {"basicAuth": {"userName": "u", "password": ` + hiddenSecret + `}}}}`
)

package contract

import (
	"net/http"
	"net/url"
	"os"
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
	noToken  = `{"code": 401, "message": "Unauthorized"}`
	notFound = `{"code": 404, "message": "Not Found: Team 'payments' not found"}`
	conflict = `{"code": 409, "message": "Conflict: cannot delete role, it is referenced by users or teams"}`
	busy     = `{"code": 429, "message": "Too Many Requests"}`
	noRoute  = `{"code": 501, "message": "the sandbox does not have this call"}`
	badBody  = `{"code": 400, "message": "Bad Request: project is required"}`

	env        = "/api/esc/environments/acme/payments/prod"
	checkedEnv = `{"environmentFunctionSummary": {"funcCounts": {}, "rotationPaths": []}, "properties": ` + regionOnly + `}`
	openedEnv  = `{"properties": ` + regionOnly + `}`
	regionOnly = `{"region": {
		"value": "eu-west-1",
		"trace": {"def": {"environment": "payments/prod", "begin": {"line": 1, "column": 2, "byte": 3}, "end": {"line": 1, "column": 9, "byte": 10}}}
	}}`
	diagnosed = `{"diagnostics": [{"summary": "unused", "detail": "never read", "path": "values.a", "severity": "warning"}]}`
	newRole   = `{"name": "payments", "description": "", "resourceType": "global", "uxPurpose": "role", "details": {
		"__type": "PermissionDescriptorGroup", "entries": [
			{"__type": "PermissionDescriptorAllow", "permissions": ["stack:read"]},
			{"__type": "PermissionDescriptorCondition",
			 "condition": {"__type": "PermissionExpressionEqual",
				"left": {"__type": "PermissionExpressionEnvironment"},
				"right": {"__type": "PermissionLiteralExpressionEnvironment", "identity": "7d1f"}},
			 "subNode": {"__type": "PermissionDescriptorCompose", "permissionDescriptors": ["3c2a"]}}]}}`
)

// samples are all in order, given the known differences; together they use every one of these.
var samples = []sample{
	{Name: "no token", Method: "GET", URL: "/api/user", Status: 401, Said: noToken},
	{Name: "team gone", Method: "GET", URL: "/api/orgs/acme/teams/payments", Status: 404, Said: notFound},
	{Name: "limited", Method: "PATCH", URL: "/api/orgs/acme/teams/payments", Sent: `{"newDisplayName": "Payments"}`, Status: 429, Said: busy},
	{Name: "proxy", Method: "GET", URL: "/api/orgs/acme/teams", Status: 502, SaidType: "text/html", Said: "<h1>Bad Gateway</h1>"},
	{Name: "not in the sandbox", Method: "GET", URL: "/api/orgs/acme/auditlogs", Status: 501, Said: noRoute},
	{Name: "not in the document, refused", Method: "GET", URL: "/api/orgs/acme/nothing", Status: 501, Said: noRoute},
	{Name: "bad query", Method: "GET", URL: "/api/orgs/acme/teams", Status: 400, Said: badBody},
	{
		Name: "team update", Method: "PATCH", URL: "/api/orgs/acme/teams/payments",
		Sent: `{"memberAction": "add", "member": "bo"}`, Status: 204,
	},
	{Name: "role create", Method: "POST", URL: "/api/orgs/acme/roles", Sent: newRole, Status: 200, Said: roleRecord},
	{Name: "role in use", Method: "DELETE", URL: "/api/orgs/acme/roles/5b1e", Status: 409, Said: conflict},
	{
		Name: "environment write by the official client", Method: "PATCH", URL: env,
		Sent: "values:\n  a: 1\n", Status: 200, Said: diagnosed,
	},
	{
		Name: "environment write by the document", Method: "PATCH", URL: env,
		SentType: "application/x-yaml", Sent: "values: {}", Status: 200, Said: `{}`,
	},
	{Name: "environment open", Method: "POST", URL: env + "/open?duration=2h0m0s", Status: 200, Said: `{"id": "s1"}`},
	{Name: "environment read", Method: "GET", URL: env + "/open/s1", Status: 200, Said: openedEnv},
	{Name: "environment check", Method: "POST", URL: env + "/check", Status: 200, Said: checkedEnv},
	{Name: "environment with escaped name", Method: "DELETE", URL: "/api/esc/environments/acme/a%2Fb/prod", Status: 200},
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
	for _, d := range checker.unused() {
		t.Errorf("no sample needs this difference, drop it or add a sample: %s %v %s (%s)", d.Part, d.Statuses, d.Pointer, d.Why)
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

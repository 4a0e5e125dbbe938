package contract

import (
	"net/url"
	"strings"
)

// newerOperations are operations of the official client that the document, which is older, does not have. What is sent and
// answered there is compared with the official client's types alone.
var newerOperations = []string{
	"POST /api/orgs/{orgName}/assignments/list",
	"POST /api/orgs/{orgName}/assignments/update",
	"GET /api/preview/agents/{orgName}/definitions",
	"GET /api/preview/agents/{orgName}/definitions/{agentID}",
}

// newerDifferences are those in which the document is older than the official client: the newer one is right.
var newerDifferences = []difference{
	{
		Operations: newerOperations, Part: undocumented, Keyword: "undeclared",
		Why: "the official client of November 2026 has the operation; the document is older",
	},
	{
		Part: requestBody, Pointers: []string{"/**/condition/**"}, Keyword: "discriminator", Why: newerGrammar,
	},
	{
		Part: answerBody, Pointers: []string{"/**/condition/**"}, Keyword: "discriminator", Why: newerGrammar,
	},
	{
		Operations: settings, Part: answerBody, Pointers: []string{"/features/*"}, Keyword: "undeclared",
		Why: "the official client of November 2026 has more features; the document is older",
	},
	{
		Operations: settings, Part: answerBody,
		Pointers: []string{"/features/escEditorRevampEnabled", "/features/neoPlanModeEnabled"}, Keyword: "required",
		Why: "the official client of November 2026 no longer has these features; the document is older",
	},
	{
		Operations: []string{"PATCH /api/orgs/{orgName}"}, Part: requestBody, Pointers: []string{"/setPermissionMode"}, Keyword: "undeclared",
		Why: newerProperty,
	},
	{
		Operations: settings, Part: answerBody, Pointers: []string{"/permissionMode"}, Keyword: "undeclared", Why: newerProperty,
	},
	{
		Operations: []string{"GET /api/orgs/{orgName}/members"}, Part: answerBody, Pointers: []string{"/members/*/followsDefaultRole"},
		Keyword: "undeclared", Why: newerProperty,
	},
	{
		Operations: []string{"POST /api/orgs/{orgName}/members/{userLogin}"}, Part: answerBody, Pointers: []string{"/followsDefaultRole"},
		Keyword: "undeclared", Why: newerProperty,
	},
	{
		Operations: []string{"POST /api/orgs/{orgName}/members/{userLogin}", "PATCH /api/orgs/{orgName}/members/{userLogin}"},
		Part:       requestBody, Pointers: []string{"/role"}, Keyword: "enum", Why: newerRoles,
	},
	{
		Operations: []string{"GET /api/orgs/{orgName}/roles/scopes"}, Part: answerBody, Pointers: []string{"/*/*/name"}, Keyword: "enum",
		Why: "the official client of November 2026 has more groups of scopes; the document is older",
	},
	{
		Operations: []string{"GET " + stack + "/metadata"}, Part: answerBody, Pointers: []string{"/id"}, Keyword: "undeclared", Why: newerProperty,
	},
	{
		Operations: []string{"GET /api/orgs/{orgName}/members"}, Part: answerBody, Pointers: []string{"/members/*/user/servicePrincipalKind"},
		Keyword: "undeclared", Why: newerProperty,
	},
	{
		Operations: []string{"GET " + environment + "/metadata"}, Part: answerBody, Pointers: []string{"/oidcSubjectV2"}, Keyword: "undeclared", Why: newerProperty,
	},
	{
		Operations: []string{"GET /api/orgs/{orgName}/members"}, Part: query, Pointers: []string{"/includeSuspended"}, Keyword: "undeclared",
		Why: "the official client of November 2026 has the parameter; the document is older",
	},
	{
		Operations: []string{"GET /api/orgs/{orgName}/members"}, Part: answerBody, Pointers: []string{"/members/*/suspended"}, Keyword: "undeclared",
		Why: newerProperty,
	},
	{
		Operations: gates[2:], Part: requestBody, Pointers: []string{"/target/entityType", "/target/actionTypes/*"}, Keyword: "enum", Why: newerTargets,
	},
	{
		Operations: gates, Part: answerBody, Pointers: []string{"/**/target/entityType", "/**/target/actionTypes/*"}, Keyword: "enum", Why: newerTargets,
	},
	{
		Operations: gates, Part: answerBody, Pointers: []string{"/**/target/entityInfo"}, Keyword: "discriminator", Why: newerTargets,
	},
}

// gates are the operations on change gates, those that write last.
var gates = []string{
	"GET /api/change-gates/{orgName}", "GET /api/change-gates/{orgName}/{gateID}",
	"POST /api/change-gates/{orgName}", "PUT /api/change-gates/{orgName}/{gateID}",
}

const newerTargets = "the official client of November 2026 has gates on policy exceptions; the document is older"

var settings = []string{"GET /api/orgs/{orgName}/metadata", "PATCH /api/orgs/{orgName}"}

const newerGrammar = "conditions of the official client of November 2026 can compare with a set of values; the document is older"

const newerRoles = "the official client of November 2026 has the roles reader, builder and maintainer; the document is older"

const newerProperty = "the official client of November 2026 has the property; the document is older"

// newer finds the operations that the document does not have.
var newer = func() *document {
	routes := &routeNode{}
	for _, known := range newerOperations {
		method, template, _ := strings.Cut(known, " ")
		routes.add(method, template, nil)
	}
	return &document{routes: routes}
}()

// newerOperation names an operation that the document does not have, as the official client writes it.
func newerOperation(method string, u url.URL) string {
	if known, _ := newer.find(method, u); known != nil {
		return known.name
	}
	return method + " " + u.EscapedPath()
}

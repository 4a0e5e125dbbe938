package contract

import (
	"slices"
	"strconv"
	"strings"
)

// difference is one way in which the service is known to differ from its OpenAPI document, or in which clients that
// the service accepts do. It explains the findings that it matches; everything else is an error.
type difference struct {
	Operations []string // method and path as the document writes them; empty: every operation
	Part       part
	Statuses   []int    // empty: every status
	Pointers   []string // patterns: * is one segment, ** any number of them; empty: the whole
	Keyword    string
	Why        string
}

const (
	role        = "/api/orgs/{orgName}/roles/{roleID}"
	team        = "/api/orgs/{orgName}/teams/{teamName}"
	stack       = "/api/stacks/{orgName}/{projectName}/{stackName}"
	escOrg      = "/api/esc/environments/{orgName}"
	environment = escOrg + "/{projectName}/{envName}"

	issuers      = "/api/orgs/{orgName}/oidc/issuers"
	authPolicies = "/api/orgs/{orgName}/auth/policies"
)

// differences is the whole list. Each operation, status and pointer of an entry must explain something in the package's
// samples, or its tests fail: so none stays behind when the document catches up.
var differences = slices.Concat(newerDifferences, []difference{
	{
		Part: status, Statuses: []int{401, 403, 404}, Keyword: "undeclared",
		Why: "any call can lack a token, a permission or sight of its object; the document lists 401 nowhere, 403 and 404 on some calls",
	},
	{
		Part: status, Statuses: []int{400}, Keyword: "undeclared",
		Why: "a malformed body or query is answered with 400 by calls that do not list it",
	},
	{
		Part: status, Statuses: []int{429, 500, 502, 503, 504}, Keyword: "undeclared",
		Why: "limits, overload and proxies stand in front of every call",
	},
	{
		Part: status, Statuses: []int{501}, Keyword: "undeclared",
		Why: "the sandbox refuses by name what it does not have",
	},
	{
		Operations: []string{
			"DELETE " + role, "PATCH " + team, "POST " + team + "/tokens",
			"POST /api/orgs/{orgName}/tokens", "POST /api/stacks/{orgName}/{projectName}", "DELETE " + stack,
			"POST " + issuers,
		},
		Part: status, Statuses: []int{409}, Keyword: "undeclared",
		Why: "a role in use, a member who is one, the name of a token, a stack or the URL of an issuer that is taken, a stack that is being updated: known to conflict, or to be refused",
	},
	{
		Operations: []string{"GET /api/orgs/{orgName}/tokens", "GET " + role + "/tokens"},
		Part:       answerBody, Pointers: []string{"/tokens/*/role/defaultIdentifier"}, Keyword: "required",
		Why: "only built-in roles have an identifier, and the document lists those of built-in roles alone as its values",
	},
	{
		Operations: []string{"POST " + stack + "/encrypt"},
		Part:       requestBody, Pointers: []string{"/plaintext"}, Keyword: "type", Why: bytesAreText,
	},
	{
		Operations: []string{"POST " + stack + "/encrypt"},
		Part:       answerBody, Pointers: []string{"/ciphertext"}, Keyword: "type", Why: bytesAreText,
	},
	{
		Operations: []string{"POST " + stack + "/decrypt"},
		Part:       requestBody, Pointers: []string{"/ciphertext"}, Keyword: "type", Why: bytesAreText,
	},
	{
		Operations: []string{"POST " + stack + "/decrypt"},
		Part:       answerBody, Pointers: []string{"/plaintext"}, Keyword: "type", Why: bytesAreText,
	},
	{
		Operations: []string{"POST " + stack + "/batch-decrypt"},
		Part:       requestBody, Pointers: []string{"/ciphertexts/*"}, Keyword: "type", Why: bytesAreText,
	},
	{
		// Keys are base64, which may contain slashes.
		Operations: []string{"POST " + stack + "/batch-decrypt"},
		Part:       answerBody, Pointers: []string{"/plaintexts/**"}, Keyword: "type", Why: bytesAreText,
	},
	{
		Operations: eventCalls,
		Part:       requestBody, Pointers: []string{"/events/*/*/metadata/*"}, Keyword: "nullable",
		Why: "what an event has nothing to say on is null: a resource's old state when it is new, a diff that nobody asked for",
	},
	{
		Operations: eventCalls,
		Part:       requestBody, Pointers: []string{"/events/*/*/metadata/*/inputs/**", "/events/*/*/metadata/*/outputs/**"}, Keyword: "type",
		Why: "the properties of resources are any JSON value; the document types all as objects",
	},
	{
		Operations: []string{"POST " + issuers, "PATCH " + issuers + "/{issuerId}"},
		Part:       requestBody, Pointers: []string{"/jwks/keys/*/*"}, Keyword: "undeclared", Why: webKeys,
	},
	{
		Operations: []string{"POST " + issuers, "PATCH " + issuers + "/{issuerId}"},
		Part:       requestBody, Pointers: []string{"/jwks/keys/*/*"}, Keyword: "required", Why: webKeys,
	},
	{
		Operations: []string{"POST " + issuers, "GET " + issuers, "GET " + issuers + "/{issuerId}", "PATCH " + issuers + "/{issuerId}"},
		Part:       answerBody, Pointers: []string{"/**/jwks/keys/*/*"}, Keyword: "undeclared", Why: webKeys,
	},
	{
		Operations: []string{"POST " + issuers, "GET " + issuers, "GET " + issuers + "/{issuerId}", "PATCH " + issuers + "/{issuerId}"},
		Part:       answerBody, Pointers: []string{"/**/jwks/keys/*/*"}, Keyword: "required", Why: webKeys,
	},
	{
		Operations: []string{"PATCH " + authPolicies + "/{policyId}"},
		Part:       requestBody, Pointers: []string{"/policies/*/rules/*"}, Keyword: "type", Why: claimPatterns,
	},
	{
		Operations: []string{"PATCH " + authPolicies + "/{policyId}", "GET " + authPolicies + "/oidcissuers/{issuerId}"},
		Part:       answerBody, Pointers: []string{"/policies/*/rules/*"}, Keyword: "type", Why: claimPatterns,
	},
	{
		Operations: []string{"POST /api/oauth/token"}, Part: requestBody, Pointers: []string{"/*"}, Keyword: "type",
		Why: "the parameters of an exchange are texts, as OAuth and the document's own words have them; its schema types all as objects",
	},
	{
		Operations: []string{"POST /api/oauth/token"}, Part: requestType, Keyword: "undeclared",
		Why: "OAuth asks for a form, which the official CLI and action send; the document lists JSON only",
	},
	{
		Operations: []string{"GET /api/openapi/pulumi-spec.json"}, Part: answerBody, Statuses: []int{200}, Keyword: "type",
		Why: "the document calls itself a list of bytes; it is the object that `pulumi api` reads",
	},
	{
		Operations: []string{"PUT " + escOrg + "/restore", "PATCH " + environment + "/tags/{tagName}"},
		Part:       status, Statuses: []int{409}, Keyword: "undeclared",
		Why: "a name that is taken conflicts on create; the sandbox says the same on restore and rename, where the document is silent",
	},
	{
		Operations: []string{"PATCH " + environment},
		Part:       requestType, Keyword: "undeclared",
		Why: "the document asks for application/x-yaml; the official ESC client sends YAML text as application/json",
	},
	{
		Operations: []string{
			"POST " + escOrg + "/yaml/open", "POST " + escOrg + "/yaml/check",
			"POST " + environment + "/drafts", "PATCH " + environment + "/drafts/{changeRequestID}",
		},
		Part: requestBody, Keyword: "undeclared",
		Why: "the definition is the body of these calls; the document leaves it out",
	},
	{
		Operations: []string{"GET " + environment + "/tags"},
		Part:       query, Pointers: []string{"/after"}, Keyword: "type",
		Why: "the official ESC client sends the nextToken of the page before, a string; the document types it as an integer",
	},
	{
		Operations: []string{"PATCH " + environment + "/settings"},
		Part:       answerBody, Keyword: "undeclared",
		Why: "the settings come back, as from GET; the document describes no body",
	},
	{
		Operations: []string{"GET " + environment + "/tags"},
		Part:       answerBody, Pointers: []string{"/tags/*/id"}, Keyword: "undeclared",
		Why: tagID,
	},
	{
		Operations: []string{"POST " + environment + "/tags", "GET " + environment + "/tags/{tagName}", "PATCH " + environment + "/tags/{tagName}"},
		Part:       answerBody, Pointers: []string{"/id"}, Keyword: "undeclared",
		Why: tagID,
	},
	{
		Part: requestBody, Pointers: []string{"/**/permissions/*", "/**/eligibleApprovers/*/permission"}, Keyword: "enum", Why: newScopes,
	},
	{
		Part: answerBody, Pointers: []string{"/**/permissions/*", "/**/eligibleApprovers/*/permission", "/**/scopes/*/name"}, Keyword: "enum", Why: newScopes,
	},
	{
		Operations: []string{"POST " + stack + "/tags", "PATCH " + stack + "/tags/{tagName}"},
		Part:       requestBody, Pointers: []string{"/name"}, Keyword: "enum",
		Why: "a stack tag's name is free; the document lists the built-in ones",
	},
	{
		Operations: []string{"POST " + stack + "/deployments/settings"},
		Part:       requestBody, Pointers: []string{"/**"}, Keyword: "nullable",
		Why: "the body is merged into the settings, and an explicit null deletes",
	},
	{
		Operations: []string{
			"GET " + stack + "/deployments/settings", "POST " + stack + "/deployments/settings", "PUT " + stack + "/deployments/settings",
			"POST " + stack + "/deployments/settings/encrypt",
		},
		Part: answerBody, Pointers: []string{"/**/ciphertext"}, Keyword: "type", Why: bytesAreText,
	},
	{
		Operations: []string{"POST " + stack + "/deployments/settings", "PUT " + stack + "/deployments/settings"},
		Part:       requestBody, Pointers: openSettings, Keyword: "type", Why: openIsText,
	},
	{
		Operations: []string{"POST " + stack + "/deployments/settings", "PUT " + stack + "/deployments/settings"},
		Part:       requestBody, Pointers: []string{"/**/ciphertext"}, Keyword: "type", Why: bytesAreText,
	},
	{
		Operations: []string{
			"GET " + stack + "/deployments/settings", "POST " + stack + "/deployments/settings", "PUT " + stack + "/deployments/settings",
		},
		Part: answerBody, Pointers: openSettings, Keyword: "type", Why: openIsText,
	},
	{
		Operations: []string{"PATCH /api/preview/insights/{orgName}/accounts/{accountName}/teams/{teamName}"},
		Part:       requestBody, Pointers: []string{"/permissions"}, Keyword: "enum",
		Why: "null takes the account from the team, as the document says in words; its enum lists numbers only",
	},
	{
		Part: answerBody, Pointers: []string{"/diagnostics/*/detail"}, Keyword: "undeclared",
		Why: "ESC diagnostics carry their explanation in detail, which the official client reads and the document lacks",
	},
	{
		Operations: []string{
			"POST " + environment + "/check", "POST " + environment + "/versions/{version}/check",
			"POST " + escOrg + "/yaml/check",
		},
		Part:     answerBody,
		Pointers: []string{"/**/value", "/**/literal", "/**/const", "/**/items", "/**/argSchema"}, Keyword: "type",
		Why: "ESC values and literals are any JSON value, and its schemas may be true or false; the document types all as objects",
	},
})

// eventCalls are those with which the CLI tells what an update does.
var eventCalls = func() (all []string) {
	for _, kind := range []string{"preview", "update", "refresh", "destroy"} {
		all = append(all, "POST "+stack+"/"+kind+"/{updateID}/events/batch")
	}
	return all
}()

// openSettings are the deployment settings that may be secrets.
var openSettings = []string{"/operationContext/environmentVariables/*", "/sourceContext/git/gitAuth/basicAuth/userName"}

const openIsText = "a setting that could be a secret and is none is a bare text; the document types all of them as objects"

const bytesAreText = "bytes are one base64 text, as the CLI sends and reads them; the document types them as a list of texts"

const (
	webKeys       = "keys are written as RFC 7517 has them; the document lists the fields of the type that holds them in the service"
	claimPatterns = "a claim is compared with a pattern, a text; the document types it as an object"
)

const newScopes = "the catalogue of scopes grows faster than the document's list"

const tagID = "the official ESC client reads a tag's id, which the document lacks"

// explain returns the index of the first entry that explains f, with what in it matched; -1 if there is none.
func explain(known []difference, f finding) (index int, matched []string) {
	for i, d := range known {
		if matched, ok := d.explains(f); ok {
			return i, matched
		}
	}
	return -1, nil
}

// explains returns, with true, the operation, status and pointer of the entry that match f.
func (d difference) explains(f finding) (matched []string, ok bool) {
	pointer := slices.IndexFunc(d.Pointers, func(p string) bool { return matchPointer(segments(p), segments(f.Pointer)) })
	switch {
	case d.Part != f.Part || d.Keyword != f.Keyword,
		len(d.Operations) > 0 && !slices.Contains(d.Operations, f.Operation),
		len(d.Statuses) > 0 && !slices.Contains(d.Statuses, f.Status),
		len(d.Pointers) > 0 && pointer < 0,
		len(d.Pointers) == 0 && f.Pointer != "":
		return nil, false
	}
	matched = []string{f.Operation, strconv.Itoa(f.Status)}
	if pointer >= 0 {
		matched = append(matched, d.Pointers[pointer])
	}
	return matched, true
}

// parts lists everything in the entry that must explain something.
func (d difference) parts() []string {
	all := slices.Concat(d.Operations, d.Pointers)
	for _, s := range d.Statuses {
		all = append(all, strconv.Itoa(s))
	}
	if len(all) == 0 {
		all = []string{anything}
	}
	return all
}

// anything stands for an entry that names no operation, status or pointer.
const anything = "anything"

func segments(pointer string) []string {
	if pointer == "" {
		return nil
	}
	return strings.Split(strings.TrimPrefix(pointer, "/"), "/")
}

func matchPointer(pattern, pointer []string) bool {
	switch {
	case len(pattern) == 0:
		return len(pointer) == 0
	case pattern[0] == "**":
		return matchPointer(pattern[1:], pointer) || len(pointer) > 0 && matchPointer(pattern, pointer[1:])
	case len(pointer) == 0:
		return false
	default:
		return (pattern[0] == "*" || pattern[0] == pointer[0]) && matchPointer(pattern[1:], pointer[1:])
	}
}

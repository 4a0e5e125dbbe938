package contract

import (
	"slices"
	"strings"
)

// difference is one way in which the service is known to differ from its OpenAPI document, or in which clients that
// the service accepts do. It explains the findings that it matches; everything else is an error.
type difference struct {
	Operations []string // method and path as the document writes them; empty: every operation
	Part       part
	Statuses   []int  // empty: every status
	Pointer    string // pattern: * is one segment, a last or inner ** any number of them; "" is the whole
	Keyword    string
	Why        string
}

// differences is the whole list. An entry that explains nothing in the package's samples fails its tests, so that none
// stays behind when the document catches up.
var differences = []difference{
	{
		Part: status, Statuses: []int{401, 403, 404}, Keyword: "undeclared",
		Why: "any call can lack a token, a permission or sight of its object; the document lists 401 nowhere and 403, 404 on some calls",
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
		Operations: []string{"DELETE /api/orgs/{orgName}/roles/{roleID}"},
		Part:       status, Statuses: []int{409}, Keyword: "undeclared",
		Why: "deleting a role that is assigned, or that others compose, conflicts; the document lists 400 and 404 only",
	},
	{
		Operations: []string{
			"PATCH /api/esc/environments/{orgName}/{projectName}/{envName}",
			"POST /api/esc/environments/{orgName}/yaml/open",
			"POST /api/esc/environments/{orgName}/yaml/check",
		},
		Part: requestType, Keyword: "undeclared",
		Why: "the document asks for application/x-yaml; the official ESC client sends YAML text as application/json",
	},
	{
		Part: answerBody, Pointer: "/diagnostics/*/detail", Keyword: "undeclared",
		Why: "ESC diagnostics carry their explanation in detail, which the official client reads and the document lacks",
	},
	{
		Part: answerBody, Pointer: "/**/value", Keyword: "type",
		Why: "an ESC value is any JSON value; the document types it as an object",
	},
}

// explanation returns the index of the first entry that explains f, or -1.
func explanation(known []difference, f finding) int {
	return slices.IndexFunc(known, func(d difference) bool { return d.explains(f) })
}

func (d difference) explains(f finding) bool {
	return d.Part == f.Part && d.Keyword == f.Keyword &&
		(len(d.Operations) == 0 || slices.Contains(d.Operations, f.Operation)) &&
		(len(d.Statuses) == 0 || slices.Contains(d.Statuses, f.Status)) &&
		matchPointer(segments(d.Pointer), segments(f.Pointer))
}

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

package types

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/invariant"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// AllowedPrincipals are those that may hold an access.
type AllowedPrincipals struct {
	Users       []string `pulumi:"users,optional" list:"set"`
	Teams       []string `pulumi:"teams,optional" list:"set"`
	Tokens      []string `pulumi:"tokens,optional" list:"set"`
	Deployments []string `pulumi:"deployments,optional" list:"set"`
	Roles       []string `pulumi:"roles,optional" list:"set"`
}

// Annotate describes the principals.
func (p *AllowedPrincipals) Annotate(a infer.Annotator) {
	a.Describe(p, "The principals that are expected to have an access. Organization administrators have every access: name them as "+
		"well, or write `roles: [Admin]`.")
	a.Describe(&p.Users, "Logins of people and of service principals.")
	a.Describe(&p.Teams, "Names of teams. Their members and their tokens are expected, too.")
	a.Describe(&p.Tokens, "Names of organization tokens, and `team/name` for tokens of teams.")
	a.Describe(&p.Deployments, "Stacks whose deployments are expected, as `project/stack`.")
	a.Describe(&p.Roles, "Names of roles. Whoever holds one is expected: by itself, or through a team.")
}

// Allowed translates the principals.
func (p AllowedPrincipals) Allowed() invariant.Allowed {
	return invariant.Allowed{Users: p.Users, Teams: p.Teams, Tokens: p.Tokens, Deployments: p.Deployments, Roles: p.Roles}
}

// Check checks the names.
func (p AllowedPrincipals) Check() problem.List {
	var problems problem.List
	for _, list := range []struct {
		path  string
		names []string
	}{{"users", p.Users}, {"teams", p.Teams}, {"tokens", p.Tokens}, {"deployments", p.Deployments}, {"roles", p.Roles}} {
		for i, name := range list.names {
			path := fmt.Sprintf("%s[%d]", list.path, i)
			if name == "" {
				problems.Add(path, "the name is empty")
			} else if list.path == "deployments" {
				problems.AddReason(path, EntityName(name))
			}
		}
	}
	return problems
}

// EntityName says what is wrong with a name that should be project/name; "" when nothing is.
func EntityName(name string) string {
	project, rest, found := strings.Cut(name, "/")
	if !found || project == "" || rest == "" || strings.Contains(rest, "/") {
		return fmt.Sprintf("%q is not a valid name; write it as project/name", name)
	}
	return ""
}

// IncludeIndirectHelp describes the input that counts acts.
const IncludeIndirectHelp = "Counts principals, too, who do not have the access and certainly come to it by what they may do, such as joining a team or editing a " +
	"role. Who only possibly does is named in a warning. This reads the whole organization. Default: `false`."

// OnViolation says what to do when somebody has an access that is not expected.
type OnViolation string

// What to do about access that is not expected.
const (
	WarnOnViolation   OnViolation = "warn"
	FailOnViolation   OnViolation = "error"
	IgnoreOnViolation OnViolation = "ignore"
)

// Values lists what can be done.
func (OnViolation) Values() []infer.EnumValue[OnViolation] {
	return []infer.EnumValue[OnViolation]{
		{Name: "Warn", Value: WarnOnViolation, Description: "Name them in a warning, and go on."},
		{Name: "Error", Value: FailOnViolation, Description: "Fail. What could not be read counts as a violation."},
		{Name: "Ignore", Value: IgnoreOnViolation, Description: "Say nothing; the outputs have them."},
	}
}

// UnexpectedOpener is somebody who can open an environment and is not expected to.
type UnexpectedOpener struct {
	Kind PrincipalKind `pulumi:"kind"`
	Name string        `pulumi:"name"`
	Path string        `pulumi:"path"`
}

// Annotate describes the opener.
func (o *UnexpectedOpener) Annotate(a infer.Annotator) {
	a.Describe(o, "A principal that can open an environment and is not expected to.")
	a.Describe(&o.Kind, "What it is.")
	a.Describe(&o.Name, principalNameHelp)
	a.Describe(&o.Path, pathHelp)
}

const (
	principalNameHelp = "A login, the name of a team or token, or `project/stack` of deployments."
	pathHelp          = "One way by which it has the access, from the outermost grant to the rule: `getWhoCan` lists all."
)

// UnexpectedOpenersOf translates violations.
func UnexpectedOpenersOf(in []invariant.Violation) []UnexpectedOpener {
	out := make([]UnexpectedOpener, len(in))
	for i, one := range in {
		out[i] = UnexpectedOpener{Kind: PrincipalKind(one.Kind), Name: one.Name, Path: one.Path}
	}
	return out
}

// AccessViolation is a principal that holds a scope on an entity and is not allowed to.
type AccessViolation struct {
	Entity string        `pulumi:"entity"`
	Kind   PrincipalKind `pulumi:"kind"`
	Name   string        `pulumi:"name"`
	Path   string        `pulumi:"path"`
}

// Annotate describes the violation.
func (v *AccessViolation) Annotate(a infer.Annotator) {
	a.Describe(v, "A principal that holds a scope on an entity and is not allowed to.")
	a.Describe(&v.Entity, "The entity: `project/name`, or an account's name.")
	a.Describe(&v.Kind, "What the principal is.")
	a.Describe(&v.Name, principalNameHelp)
	a.Describe(&v.Path, pathHelp)
}

// AccessViolationsOf translates violations.
func AccessViolationsOf(in []invariant.Violation) []AccessViolation {
	out := make([]AccessViolation, len(in))
	for i, one := range in {
		out[i] = AccessViolation{Entity: one.Entity, Kind: PrincipalKind(one.Kind), Name: one.Name, Path: one.Path}
	}
	return out
}

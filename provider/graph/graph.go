// Package graph answers who may do what in an organization, and by which grants. Start at [NewIndex] and [Index.WhoCan].
//
// An [Organization] holds everything that grants access: organization roles, defaults, teams, grants on single entities,
// creators and owners, tokens, deployments. The package is pure; package survey reads an organization.
//
// Access on Pulumi Cloud is a union: any of a principal's grants suffices, and nothing denies. So an answer names every
// path that leads to a scope, and taking access away means taking away all of them. The rules are those of
// https://www.pulumi.com/docs/administration/access-identity/rbac/. Where these are silent, an answer is [Possible] and its
// path says why: what cannot be told is never a no.
//
// The same rules stand in the sandbox's package authz on purpose, as each other's check. Both leave descriptors to
// package access, so package sandbox/second holds both against a third evaluator that shares nothing with them.
package graph

import (
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// Organization is what grants access in an organization.
type Organization struct {
	Login    string   `json:"login"`
	Defaults Defaults `json:"defaults"`
	// MembersCan are the settings that say what members may do, beside the defaults.
	MembersCan MembersCan `json:"membersCan"`
	// Restricted is the permission mode in which team tokens have no defaults.
	Restricted bool              `json:"restricted,omitempty"`
	Records    map[string]Record `json:"records"` // roles, policies and permission sets, by id
	// Catalogue has every scope, and so what administrators hold.
	Catalogue access.Catalogue `json:"-"`
	// The ids of the built-in roles, of the role that organization tokens have by default, and of the one that deployments
	// have by default ("" for none).
	MemberRole            string       `json:"memberRole,omitempty"`
	AdminRole             string       `json:"adminRole,omitempty"`
	DefaultRole           string       `json:"defaultRole,omitempty"`
	DefaultDeploymentRole string       `json:"defaultDeploymentRole,omitempty"`
	Users                 []User       `json:"users,omitempty"`
	Teams                 []Team       `json:"teams,omitempty"`
	Tokens                []Token      `json:"tokens,omitempty"`
	Deployments           []Deployment `json:"deployments,omitempty"`
	Agents                []Agent      `json:"agents,omitempty"`
	Issuers               []Issuer     `json:"issuers,omitempty"`
	// The entities, in any order. They are there in an organization that was read whole; an answer about one entity, which is given with
	// the question, does not depend on them. [Index.Entity] finds one.
	Stacks       []Resource `json:"stacks,omitempty"`
	Environments []Resource `json:"environments,omitempty"`
	Accounts     []Resource `json:"accounts,omitempty"`
}

// DecidesByTags reports whether a record may grant something by the tags of entities of a kind. While none does, no answer depends
// on these tags.
func (o Organization) DecidesByTags(kind access.EntityKind) bool {
	for _, record := range o.Records {
		if access.DecidesByTags(record.Descriptor, kind) {
			return true
		}
	}
	return false
}

// Defaults are the levels that holders of the built-in Member role, and team tokens, have on every entity.
type Defaults struct {
	Stack       access.Level `json:"stack,omitempty"`
	Environment access.Level `json:"environment,omitempty"`
	Account     access.Level `json:"account,omitempty"`
}

// Record is a role, a policy or a permission set.
type Record struct {
	Name       string
	Identifier string // of built-in records: member, environment-open, ...
	Descriptor access.Descriptor
	// Unreadable says why the descriptor is not known; then the record may grant anything.
	Unreadable string
	// Assignable records are roles that somebody can be given; others are parts of roles.
	Assignable bool
	// Purpose is what the service keeps it for, such as [SetPurpose]; "" where that was not read. No answer depends on it.
	Purpose string
}

// SetPurpose is the purpose of permission sets.
const SetPurpose = "set"

// User is a member of the organization.
type User struct {
	Login string `json:"login"`
	Role  string `json:"role,omitempty"` // id of the organization role
	// Admin is an administrator whatever the role says, by the identity provider.
	Admin bool `json:"admin,omitempty"`
	// RoleUnknown says why the role is not known, although there is one. It may then be any.
	RoleUnknown string `json:"roleUnknown,omitempty"`
	// Suspended members hold nothing until they are restored.
	Suspended bool `json:"suspended,omitempty"`
	// Service is an identity of automation that is listed among people.
	Service bool `json:"service,omitempty"`
	// FollowsDefault says that the role is the organization's default role, whatever that becomes.
	FollowsDefault bool `json:"followsDefault,omitempty"`
}

// Team is a team with everything that it is granted. Grants on single entities are by name, `project/name` or an
// account's name.
type Team struct {
	Name         string          `json:"name"`
	Members      []string        `json:"members,omitempty"` // logins
	Admins       []string        `json:"admins,omitempty"`  // those of the members who manage the team
	Roles        []string        `json:"roles,omitempty"`   // ids
	Stacks       map[string]Held `json:"stacks,omitempty"`
	Environments map[string]Held `json:"environments,omitempty"`
	Accounts     map[string]Held `json:"accounts,omitempty"`
}

// Held is a grant on one entity: a level, or the permission set that took its place.
type Held struct {
	Level   access.Level
	Set     string        // id of a custom permission set; "" for the level
	MaxOpen time.Duration // how long an environment stays open; 0 means no bound
}

// Token is a machine token: of a team, or of the organization.
type Token struct {
	Name  string `json:"name"`
	Team  string `json:"team,omitempty"`  // "" for an organization token
	Admin bool   `json:"admin,omitempty"` // an organization token with an administrator's rights
	Role  string `json:"role,omitempty"`  // id of an organization token's role, "" for the default
	ID    string `json:"id,omitempty"`
	// Created, Expires and LastUsed are times. Expires is zero for never, as LastUsed is; while Created is zero, none of them is known.
	Created  time.Time `json:"created,omitzero"`
	Expires  time.Time `json:"expires,omitzero"`
	LastUsed time.Time `json:"lastUsed,omitzero"`
}

// Deployment is the deployments of a stack.
type Deployment struct {
	Stack string `json:"stack,omitempty"` // project/stack
	Role  string `json:"role,omitempty"`  // id of the role in its settings, "" for the organization's default
	// OwnToken says that the settings hold an access token of their own, which the deployment then acts with.
	OwnToken bool `json:"ownToken,omitempty"`
	// Logins are the identities of clouds that the settings let it log in as.
	Logins []Login `json:"logins,omitempty"`
	// Variables are the names of the environment variables in its settings.
	Variables []string `json:"variables,omitempty"`
	// ByGit says that pushes or pull requests start it, with their code.
	ByGit bool `json:"byGit,omitempty"`
}

// Agent is a custom agent.
type Agent struct {
	Name string `json:"name"`
	Role string `json:"role,omitempty"` // id of the role that its tasks assume; "" lets a task do what the person may do who started it
	// ApprovalMode is who approves what it does, "" for nobody: everything is approved automatically.
	ApprovalMode string `json:"approvalMode,omitempty"`
	// AllIntegrations says that its tasks can use every integration of the organization; else Integrations are those.
	AllIntegrations bool     `json:"allIntegrations,omitempty"`
	Integrations    []string `json:"integrations,omitempty"`
	Paused          bool     `json:"paused,omitempty"`
}

// Issuer is an OIDC issuer that the organization trusts, with the policies that say which of its tokens get what.
type Issuer struct {
	ID       string              `json:"id,omitempty"`
	Name     string              `json:"name"`
	URL      string              `json:"url,omitempty"`
	Policies []oidc.IssuerPolicy `json:"policies,omitempty"`
	// Unreadable says why the policies are not known; then they may admit anybody to anything.
	Unreadable string `json:"unreadable,omitempty"`
}

// Login is a login to a cloud: Identity is the role, application or service account, "" where the definition computes or hides it.
type Login struct {
	Cloud    string `json:"cloud,omitempty"`
	Identity string `json:"identity,omitempty"`
	Path     string `json:"path,omitempty"` // of the login among the values of a definition, or in deployment settings
}

// Secret is the name of a secret in a definition. Its value is nowhere.
type Secret struct {
	Path   string `json:"path,omitempty"`   // among the values of the definition
	Source string `json:"source,omitempty"` // the provider that it is read from, "" for one that the environment itself holds
}

// Credential is a long-lived key of a cloud. Its value is nowhere.
type Credential struct {
	Cloud string `json:"cloud,omitempty"`
	Path  string `json:"path,omitempty"`
}

// Reference names an environment that is imported, and the scope that opening it takes.
type Reference struct {
	Name  string `json:"name"`
	Scope string `json:"scope,omitempty"`
}

// Definition is what the definition of an environment says, as far as access depends on it.
type Definition struct {
	Logins  []Login     `json:"logins,omitempty"`
	Secrets []Secret    `json:"secrets,omitempty"`
	Imports []Reference `json:"imports,omitempty"` // that it names itself
	// Credentials are long-lived keys of clouds that stand in it, by cloud and path, and Plain the paths of values that by their names are
	// secrets, and are not written as such.
	Credentials []Credential `json:"credentials,omitempty"`
	Plain       []string     `json:"plain,omitempty"`
	// Unclear says why the imports are not all known, "" where they are. Unreadable says why nothing is known.
	Unclear    string `json:"unclear,omitempty"`
	Unreadable string `json:"unreadable,omitempty"`
}

// Resource is the entity that access is asked for.
type Resource struct {
	access.Entity
	Name  string `json:"name"`            // project/name, or an account's name
	Owner string `json:"owner,omitempty"` // login; environments and accounts
	// OwnerRevoked says that the owner was not assigned Admin here, as owners are, but less or nothing.
	OwnerRevoked bool                    `json:"ownerRevoked,omitempty"`
	Direct       map[string]access.Level `json:"direct,omitempty"` // stacks: collaborators, their creator included, by login
	// Assigned are the permission sets (ids) that logins hold on the entity.
	Assigned map[string][]string `json:"assigned,omitempty"`
	Gated    []string            `json:"gated,omitempty"` // actions that need an approval: open, update
	Gates    []Gate              `json:"gates,omitempty"` // what is known of the gates; Gated alone says whether there is one
	// Imports are all environments that opening this one opens, each once; only at the resource itself.
	Imports []Import `json:"imports,omitempty"`
	// Unclear says why it is not known what opening it takes, "" where it is known.
	Unclear string `json:"unclear,omitempty"`
	// Definition is what the definition of an environment says; nil where it was not read.
	Definition *Definition `json:"definition,omitempty"`
	// Uses are the environments that the configuration of a stack imports.
	Uses []Reference `json:"uses,omitempty"`
}

// Gate is an approval that an action takes.
type Gate struct {
	ID            string   `json:"id,omitempty"`
	Action        string   `json:"action,omitempty"`
	Approvals     int      `json:"approvals,omitempty"`
	SelfApproval  bool     `json:"selfApproval,omitempty"` // whoever asks may approve, if they are an approver
	Teams         []string `json:"teams,omitempty"`        // of the approvers
	Users         []string `json:"users,omitempty"`
	PermissionsOn []string `json:"permissionsOn,omitempty"`
}

// Import is an environment that opening another one opens.
type Import struct {
	Resource
	Scope string `json:"scope,omitempty"` // what that takes: environment:open, or environment_version:open of a revision
}

// Kind tells principals apart.
type Kind string

// The kinds of principals.
const (
	UserKind             Kind = "user"
	TeamKind             Kind = "team"
	TokenKind            Kind = "token"
	DeploymentKind       Kind = "deployment"
	ServicePrincipalKind Kind = "servicePrincipal"
	AgentKind            Kind = "agent"
	OutsiderKind         Kind = "outsider" // an identity outside that a policy of an issuer admits
)

// Certainty reports whether an answer follows from what Pulumi Cloud documents.
type Certainty string

// The certainties. What is neither is not.
const (
	Certain  Certainty = "certain"
	Possible Certainty = "possible" // the documentation is silent, or something could not be read
)

// StepKind says what a step of a path is.
type StepKind string

// The kinds of steps.
const (
	OrganizationRoleStep StepKind = "organizationRole"
	DefaultStep          StepKind = "default"
	TeamStep             StepKind = "team"
	RoleStep             StepKind = "role"
	RuleStep             StepKind = "rule"
	GrantStep            StepKind = "grant"
	AssignmentStep       StepKind = "assignment"
	CreatorStep          StepKind = "creator"
	OwnerStep            StepKind = "owner"
	TokenStep            StepKind = "token"
	DeploymentRoleStep   StepKind = "deploymentRole"
	PermissionSetStep    StepKind = "permissionSet"
	IssuerPolicyStep     StepKind = "issuerPolicy"
	ImportStep           StepKind = "import"
	ActStep              StepKind = "act"
)

// Step is one step of a path: what it is, which one, and both in words.
type Step struct {
	Kind StepKind
	Name string
	Text string
}

// Path is one way to access: the grants that lead to it, outermost first, and the scopes that it gives, sorted.
type Path struct {
	Steps     []Step
	Scopes    []string
	Certainty Certainty
	Doubt     string // why it is only possible
}

// StepTexts is the path in words. The last of a path that is only possible says why.
func (p Path) StepTexts() []string {
	var via []string
	for _, step := range p.Steps {
		via = append(via, step.Text)
	}
	if p.Doubt != "" {
		via = append(via, "possible: "+p.Doubt)
	}
	return via
}

// Access is what a principal may do on an entity, and why.
type Access struct {
	access.Granted                          // what is certain; its reasons are Paths
	Possible       map[string]time.Duration // what is only possible
	Paths          []Path                   // the reasons, in the order: organization role, defaults, teams, the entity itself
}

// Holds reports whether a scope is held: certainly, possibly, or "" for not.
func (a Access) Holds(scope string) Certainty {
	if a.Has(scope) {
		return Certain
	}
	if _, possible := a.Possible[scope]; possible {
		return Possible
	}
	return ""
}

// Principal is somebody who may do something, and why.
type Principal struct {
	Kind      Kind
	Name      string
	Certainty Certainty
	Doubt     string // why it is only possible although a path is certain
	Gated     bool   // an approval is needed before
	// SelfApproval says that the principal can give every approval itself.
	SelfApproval bool
	// Indirect says that every path has an act or an import: the principal does not hold the scope, and can come to use it.
	Indirect bool
	Paths    []Path
	// Missing are the imports that the principal may not open; only in [Answer.Blocked].
	Missing []string
}

// Answer says who holds a scope on an entity.
type Answer struct {
	Principals []Principal
	// Blocked hold the scope and may not open what the environment imports. That this keeps them out is not documented.
	Blocked []Principal
}

// Blind is something that could not be read, and what it could hide.
type Blind struct {
	What  string `json:"what,omitempty"`
	Hides string `json:"hides,omitempty"`
}

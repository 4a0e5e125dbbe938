// Package graph says who may do what in an organization, and why. An [Organization] holds everything that grants access:
// organization roles, defaults, teams, grants on single entities, creators and owners, tokens, deployments. It is pure; whoever
// calls it has read the organization.
//
// Access on Pulumi Cloud is a union: any of a principal's grants suffices, and nothing denies. So an answer names every
// path that leads to a scope, and taking access away means taking away all of them. The rules are those of
// https://www.pulumi.com/docs/administration/access-identity/rbac/.
package graph

import (
	"cmp"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// Organization is what grants access in an organization.
type Organization struct {
	Defaults Defaults
	Records  map[string]Record // roles, policies and permission sets, by id
	// The ids of the built-in roles, of the role that organization tokens have by default, and of the one that deployments
	// have by default ("" for none).
	MemberRole, AdminRole, DefaultRole, DefaultDeploymentRole string
	Users                                                     []User
	Teams                                                     []Team
	Tokens                                                    []Token
	Deployments                                               []Deployment
}

// Defaults are the levels that holders of the built-in Member role, and team tokens, have on every entity.
type Defaults struct{ Stack, Environment, Account access.Level }

// Record is a role, a policy or a permission set.
type Record struct {
	Name       string
	Descriptor access.Descriptor
}

// User is a member of the organization.
type User struct {
	Login string
	Role  string // id of the organization role
}

// Team is a team with everything that it is granted. Grants on single entities are by name, `project/name` or an
// account's name.
type Team struct {
	Name         string
	Members      []string // logins
	Roles        []string // ids
	Stacks       map[string]access.Level
	Environments map[string]OpenGrant
	Accounts     map[string]access.Level
}

// OpenGrant is a team's grant on an environment. MaxOpen bounds how long it stays open; 0 is no bound.
type OpenGrant struct {
	Level   access.Level
	MaxOpen time.Duration
}

// Token is a machine token: of a team, or of the organization.
type Token struct {
	Name  string
	Team  string // "" for an organization token
	Admin bool   // an organization token with an administrator's rights
	Role  string // id of an organization token's role, "" for the default
}

// Deployment is the deployments of a stack.
type Deployment struct {
	Stack string // project/stack
	Role  string // id of the role in its settings, "" for the organization's default
}

// Target is the entity that access is asked for.
type Target struct {
	access.Entity
	Name   string                  // project/name, or an account's name
	Owner  string                  // login; environments and accounts
	Direct map[string]access.Level // stacks: collaborators, their creator included, by login
	Gated  []string                // actions that need an approval: open, update
}

// Kind tells principals apart.
type Kind string

// The kinds of principals.
const (
	UserKind       Kind = "user"
	TeamKind       Kind = "team"
	TokenKind      Kind = "token"
	DeploymentKind Kind = "deployment"
)

// Path is one way to access: the grants that lead to it, outermost first, and the scopes that it gives, sorted.
type Path struct {
	Via    []string
	Scopes []string
}

// Access is what a principal may do on an entity, and why.
type Access struct {
	access.Granted
	Paths []Path // the reasons, in the order: organization role, defaults, teams, the entity itself
}

// Principal is somebody who may do something, and why.
type Principal struct {
	Kind  Kind
	Name  string
	Gated bool // an approval is needed before
	Paths []Path
}

// Index answers questions about an organization, which must not change meanwhile.
type Index struct {
	Organization
	teamsOf    map[string][]*Team // by login
	evaluators map[string]*access.Evaluator
}

// NewIndex indexes an organization, so that a question costs as much as there is to say.
func NewIndex(o Organization) *Index {
	ix := &Index{Organization: o, teamsOf: map[string][]*Team{}, evaluators: map[string]*access.Evaluator{}}
	for i := range ix.Teams {
		for _, login := range ix.Teams[i].Members {
			ix.teamsOf[login] = append(ix.teamsOf[login], &ix.Teams[i])
		}
	}
	for id, record := range ix.Records {
		ix.evaluators[id] = access.NewEvaluator(record.Descriptor, ix.descriptor)
	}
	return ix
}

func (ix *Index) descriptor(id string) (access.Descriptor, bool) {
	record, found := ix.Records[id]
	return record.Descriptor, found
}

// WhoCan lists every principal that holds a scope on an entity, by kind and name, with all paths to it.
func (ix *Index) WhoCan(scope string, t Target) []Principal {
	var holders []Principal
	gated := t.gates(scope)
	add := func(kind Kind, name string, held Access) {
		if len(held.Paths) > 0 {
			holders = append(holders, Principal{Kind: kind, Name: name, Gated: gated, Paths: held.Paths})
		}
	}
	e := ix.evaluation(t)
	e.wanted = scope
	for _, user := range ix.Users {
		add(UserKind, user.Login, e.user(user))
	}
	for i := range ix.Teams {
		add(TeamKind, ix.Teams[i].Name, e.team(&ix.Teams[i]))
	}
	for _, token := range ix.Tokens {
		add(TokenKind, token.Name, e.token(token))
	}
	for _, deployment := range ix.Deployments {
		add(DeploymentKind, deployment.Stack, e.deployment(deployment))
	}
	slices.SortStableFunc(holders, func(a, b Principal) int {
		return cmp.Or(cmp.Compare(rank[a.Kind], rank[b.Kind]), cmp.Compare(a.Name, b.Name))
	})
	return holders
}

var rank = map[Kind]int{UserKind: 0, TeamKind: 1, TokenKind: 2, DeploymentKind: 3}

// gates tells whether using the scope needs an approval. Only these scopes are what the actions of gates stand for.
func (t Target) gates(scope string) bool {
	action := map[string]string{"environment:open": "open", "environment:write": "update"}[scope]
	return action != "" && slices.Contains(t.Gated, action)
}

// OfUser is what a member may do on an entity; false when there is no such member.
func (ix *Index) OfUser(login string, t Target) (Access, bool) {
	for _, user := range ix.Users {
		if user.Login == login {
			return ix.evaluation(t).user(user), true
		}
	}
	return Access{}, false
}

// OfTeam is what a token of a team may do on an entity, and so the team by itself; false when there is no such team.
func (ix *Index) OfTeam(name string, t Target) (Access, bool) {
	if team := ix.teamNamed(name); team != nil {
		return ix.evaluation(t).team(team), true
	}
	return Access{}, false
}

// OfToken is what a machine token may do on an entity; false when there is no such token.
func (ix *Index) OfToken(name string, t Target) (Access, bool) {
	for _, token := range ix.Tokens {
		if token.Name == name {
			return ix.evaluation(t).token(token), true
		}
	}
	return Access{}, false
}

func (ix *Index) teamNamed(name string) *Team {
	for i := range ix.Teams {
		if ix.Teams[i].Name == name {
			return &ix.Teams[i]
		}
	}
	return nil
}

// Level is the strongest level of the entity's kind that is wholly held, none if there is none.
func (a Access) Level(kind access.EntityKind) access.Level {
	for _, level := range slices.Backward(access.Permissions(kind)) {
		if !slices.ContainsFunc(access.LevelScopes(kind, level), func(scope string) bool { return !a.Has(scope) }) {
			return level
		}
	}
	return access.None
}

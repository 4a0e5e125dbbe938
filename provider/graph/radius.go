package graph

import (
	"cmp"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// Radius is what a principal can reach: what whoever steals it has.
type Radius struct {
	Environments, Stacks, Accounts []Reach
	// Identities are what the principal can log in to clouds as, and Secrets the names of what it can read, by the environments that it
	// can open and all that these import.
	Identities []CloudIdentity
	Secrets    []SecretName
	// Tokens are the machine tokens that act as the principal.
	Tokens []string
}

// Reach is an entity, the strongest scope that the principal holds there, and the paths to it.
type Reach struct {
	Name, Scope string
	Certainty   Certainty
	Gated       bool // using the scope takes an approval
	// Missing are imports that it may not open, without which it cannot open an environment that it holds open on.
	Missing []string
	Paths   []Path
}

// CloudIdentity is an identity of a cloud, and what it is logged in to by: environments, or the deployments of a stack.
type CloudIdentity struct {
	Cloud, Identity string
	Through         []string
	Certainty       Certainty
}

// SecretName is the name of a secret.
type SecretName struct{ Environment, Path string }

// strength are the scopes that say what can be done to an entity, weakest first.
var strength = map[access.EntityKind][]string{
	access.Stack:       {"stack:read", "stack:write", "stack:delete"},
	access.Environment: {"environment:read", openVersionScope, openScope, writeScope, "environment:delete"},
	access.Account:     {"insights_account:read", "insights_account:update", "insights_account:delete"},
}

// BlastRadius is what a principal can reach in a whole organization; false when there is no such principal.
func (ix *Index) BlastRadius(kind Kind, name string) (Radius, bool) {
	known := slices.ContainsFunc(ix.AllPrincipals(), func(p PrincipalID) bool {
		return p.Name == name && (p.Kind == kind || p.Kind == ServicePrincipalKind && kind == UserKind)
	})
	if !known {
		return Radius{}, false
	}
	r := ix.radius(func(e *evaluation) Access {
		held, _ := e.principal(kind, name)
		return held
	})
	switch kind {
	case TeamKind:
		for _, token := range ix.Tokens {
			if token.Team == name {
				r.Tokens = append(r.Tokens, token.Name)
			}
		}
	case DeploymentKind:
		for _, deployment := range ix.Deployments {
			if deployment.Stack == name {
				r.identities(deployment.Logins, "deployments of stack "+name, Certain)
			}
		}
	default: // only teams have tokens, and deployments logins of their own
	}
	return r.sorted(), true
}

type radius struct {
	*Index
	Radius
	of func(*evaluation) Access
}

func (ix *Index) radius(of func(*evaluation) Access) *radius {
	r := &radius{Index: ix, of: of}
	for _, stack := range ix.Stacks {
		r.Stacks = append(r.Stacks, r.reach(stack)...)
	}
	for _, account := range ix.Accounts {
		r.Accounts = append(r.Accounts, r.reach(account)...)
	}
	for _, environment := range ix.Environments {
		t, _ := ix.Entity(access.Environment, environment.Name)
		r.environment(t)
	}
	return r
}

// sorted is the radius by name.
func (r *radius) sorted() Radius {
	byName := func(a, b Reach) int { return cmp.Compare(a.Name, b.Name) }
	slices.SortFunc(r.Environments, byName)
	slices.SortFunc(r.Stacks, byName)
	slices.SortFunc(r.Accounts, byName)
	slices.SortFunc(r.Identities, func(a, b CloudIdentity) int {
		return cmp.Or(cmp.Compare(a.Cloud, b.Cloud), cmp.Compare(a.Identity, b.Identity))
	})
	slices.SortFunc(r.Secrets, func(a, b SecretName) int {
		return cmp.Or(cmp.Compare(a.Environment, b.Environment), cmp.Compare(a.Path, b.Path))
	})
	r.Secrets = slices.Compact(r.Secrets)
	return r.Radius
}

// reach is an entity if anything is held there.
func (r *radius) reach(t Resource) []Reach {
	held := r.of(r.evaluation(t))
	if len(held.Paths) == 0 {
		return nil
	}
	one := Reach{Name: t.Name}
	for _, scope := range strength[t.Kind] {
		if held.Holds(scope) != "" {
			one.Scope = scope
		}
	}
	if one.Scope == "" { // something else alone
		one.Scope = held.Paths[0].Scopes[0]
	}
	one.Certainty, one.Gated = held.Holds(one.Scope), t.gates(one.Scope)
	for _, path := range held.Paths {
		if slices.Contains(path.Scopes, one.Scope) {
			one.Paths = append(one.Paths, path)
		}
	}
	return []Reach{one}
}

// environment adds an environment, and what opening it, or a revision of it, gives.
func (r *radius) environment(t Resource) {
	found := r.reach(t)
	if len(found) == 0 {
		return
	}
	one := &found[0]
	opens, missing := Certainty(""), []string(nil)
	for _, scope := range []string{openScope, openVersionScope} {
		var p Principal
		q := r.question(scope, t)
		if !q.decide(&p, r.of) {
			continue
		}
		if scope == openScope {
			one.Missing = p.Missing
		}
		if OpensImports(one.Scope) {
			one.Gated = one.Gated || q.gated
		}
		if len(p.Missing) == 0 && opens != Certain {
			opens = p.Certainty
		}
		missing = append(missing, p.Missing...)
	}
	if opens != "" {
		r.opened(t, opens, missing)
	}
	r.Environments = append(r.Environments, *one)
}

// opened adds the logins and secrets of an environment that can be opened, and of what it imports but for what cannot be opened: then
// only another revision can, which does not import that.
func (r *radius) opened(t Resource, opens Certainty, missing []string) {
	definitions := map[string]*Definition{t.Name: t.Definition}
	for _, imported := range t.Imports {
		if !slices.Contains(missing, imported.Name) {
			definitions[imported.Name] = imported.Definition
		}
	}
	for name, definition := range definitions {
		if definition == nil {
			continue
		}
		for _, secret := range definition.Secrets {
			r.Secrets = append(r.Secrets, SecretName{name, secret.Path})
		}
		through := "environment " + t.Name
		if name != t.Name {
			through += ", which imports " + name
		}
		r.identities(definition.Logins, through, opens)
	}
}

func (r *radius) identities(logins []Login, through string, certainty Certainty) {
	for _, login := range logins {
		at := slices.IndexFunc(r.Identities, func(c CloudIdentity) bool { return c.Cloud == login.Cloud && c.Identity == login.Identity })
		if at < 0 {
			at = len(r.Identities)
			r.Identities = append(r.Identities, CloudIdentity{Cloud: login.Cloud, Identity: login.Identity, Certainty: certainty})
		}
		one := &r.Identities[at]
		if !slices.Contains(one.Through, through) {
			one.Through = append(one.Through, through)
			slices.Sort(one.Through)
		}
		if certainty == Certain {
			one.Certainty = Certain
		}
	}
}

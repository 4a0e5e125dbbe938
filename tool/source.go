package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
)

// source answers questions about an organization.
type source interface {
	organization() string
	// whole is the whole organization, and what could not be read of it.
	whole(context.Context) (graph.Organization, []graph.Blind, error)
	// catalogueWith is a catalogue that has a scope of a kind, an error if there is no such scope, and what cannot be told of it.
	catalogueWith(context.Context, access.EntityKind, string) (access.Catalogue, []graph.Blind, error)
	whoCan(context.Context, question) (graph.Answer, graph.Importers, []graph.Blind, error)
	effective(context.Context, principal, question) (survey.Effective, []graph.Blind, error)
}

// question is a scope on an entity.
type question struct {
	entity
	scope     string // or that which is asked why about
	indirect  bool
	catalogue access.Catalogue
}

// entity is what is asked about.
type entity struct {
	kind access.EntityKind
	name string
}

// principal is who is asked about. Claims are those of an identity outside, whose name is then that of an issuer.
type principal struct {
	graph.PrincipalID
	claims map[string]string
}

func (p principal) String() string { return string(p.Kind) + ":" + p.Name }

// errAbsent is the error for an entity that there is not.
var errAbsent = errors.New("not found")

var principalKinds = []graph.Kind{
	graph.UserKind, graph.TeamKind, graph.TokenKind, graph.DeploymentKind, graph.ServicePrincipalKind, graph.AgentKind, graph.OutsiderKind,
}

const principalForm = "write it as kind:name: user:bo, team:payments, token:ci, deployment:payments/prod, servicePrincipal:name, agent:name or outsider:issuer"

func parsePrincipal(text string, claims map[string]string) (principal, error) {
	kind, name, found := strings.Cut(text, ":")
	name = strings.TrimSpace(name)
	if !found || name == "" {
		return principal{}, misused("%q is not a principal; %s", text, principalForm)
	}
	for _, one := range principalKinds {
		if !strings.EqualFold(string(one), kind) {
			continue
		}
		if len(claims) > 0 && one != graph.OutsiderKind {
			return principal{}, misused("--claim is about identities outside (outsider:issuer), not about %q", text)
		}
		if one == graph.DeploymentKind && !isPair(name) {
			return principal{}, misused("%q are not the deployments of a stack; write deployment:project/stack", text)
		}
		return principal{graph.PrincipalID{Kind: one, Name: name}, claims}, nil
	}
	return principal{}, misused("%q is not a kind of principal; %s", kind, principalForm)
}

// isPair reports whether a name is project/name.
func isPair(name string) bool {
	project, rest, found := strings.Cut(name, "/")
	return found && project != "" && rest != "" && !strings.Contains(rest, "/")
}

// entityKinds are the kinds by the word that names begin with.
var entityKinds = map[string]access.EntityKind{
	"stack": access.Stack, "environment": access.Environment, "account": access.Account, "organization": access.Organization,
}

// parseEntity reads the name of an entity. Without its kind (environment:payments/prod), the kinds are all that the name may be of.
func parseEntity(text string) (kinds []access.EntityKind, name string, err error) {
	if word, rest, found := strings.Cut(text, ":"); found {
		kind, known := entityKinds[word]
		if !known || rest == "" {
			return nil, "", misused("%q does not name an entity; write payments/prod, or with its kind stack:payments/prod, environment:payments/prod, account:name", text)
		}
		return []access.EntityKind{kind}, rest, checkName(kind, rest)
	}
	if isPair(text) {
		return []access.EntityKind{access.Environment, access.Stack}, text, nil
	}
	if text == "" || strings.Contains(text, "/") {
		return nil, "", misused("%q does not name an entity; write project/name, or the name of an account", text)
	}
	return []access.EntityKind{access.Account, access.Organization}, text, nil
}

func checkName(kind access.EntityKind, name string) error {
	if pair := kind == access.Stack || kind == access.Environment; pair && !isPair(name) {
		return misused("%q is not the name of %s; write project/name", name, nounOf(kind))
	}
	return nil
}

// kindsOf are the kinds of entities that a scope is granted on. One that this version does not know is of the kind of its family.
func kindsOf(scope string) []access.EntityKind {
	var kinds []access.EntityKind
	if family, name, _ := strings.Cut(scope, ":"); family == "" || name == "" {
		return nil
	}
	for _, catalogue := range []access.Catalogue{access.NewCatalogue(nil), access.NewCatalogue([]string{scope})} {
		for _, kind := range access.Kinds() {
			if catalogue.Has(kind, scope) {
				kinds = append(kinds, kind)
			}
		}
		if len(kinds) > 0 {
			break
		}
	}
	return kinds
}

// nounOf is the word for a kind with its article.
func nounOf(kind access.EntityKind) string {
	if kind == access.Stack {
		return "a stack"
	}
	return "an " + kind.Noun()
}

// unknownScope is the error for a scope that there is not.
func unknownScope(kind access.EntityKind, scope string, near []string) error {
	text := fmt.Sprintf("%q is not a valid scope on %s", scope, nounOf(kind))
	if len(near) > 0 {
		text += "; the nearest are " + strings.Join(near, ", ")
	}
	return misused("%s", text)
}

// known finds a principal in an organization. A login may be that of a service principal, and an identity outside may be given by its claims.
func known(index *graph.Index, p principal) (*graph.Index, graph.PrincipalID, bool) {
	id := p.PrincipalID
	if id.Kind == graph.OutsiderKind && p.claims != nil {
		if with, name, found := index.WithIdentity(id.Name, p.claims); found {
			index, id.Name = with, name
		}
	}
	for _, one := range index.AllPrincipals() {
		if one == id || one.Name == id.Name && id.Kind == graph.UserKind && one.Kind == graph.ServicePrincipalKind {
			return index, one, true
		}
	}
	return index, id, false
}

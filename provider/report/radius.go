package report

import (
	"fmt"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// Radius is what a principal can reach: what whoever steals it has.
type Radius struct {
	Head
	Principal       string       `json:"principal"`
	Environments    []Reach      `json:"environments"`
	Stacks          []Reach      `json:"stacks"`
	Accounts        []Reach      `json:"accounts"`
	CloudIdentities []Identity   `json:"cloudIdentities"`
	Secrets         []Secret     `json:"secrets"`
	Tokens          []string     `json:"tokens"`
	Acts            []Escalation `json:"acts"`
	Blind           []Blind      `json:"blind"`
}

// Reach is an entity, the strongest scope that the principal holds there, and the paths to it.
type Reach struct {
	Name           string   `json:"name"`
	Scope          string   `json:"scope"`
	Certainty      string   `json:"certainty"`
	Gated          bool     `json:"gated"`
	MissingImports []string `json:"missingImports"`
	Paths          []Path   `json:"paths"`
}

// Identity is an identity of a cloud that the principal can log in as.
type Identity struct {
	Cloud     string   `json:"cloud"`
	Identity  string   `json:"identity"`
	Through   []string `json:"through"`
	Certainty string   `json:"certainty"`
}

// Secret is the name of a secret. Its value is not read.
type Secret struct {
	Environment string `json:"environment"`
	Path        string `json:"path"`
}

// RadiusOf reports what a principal can reach.
func RadiusOf(organization, principal string, radius graph.Radius, acts []graph.Escalation, blind []graph.Blind) Radius {
	return Radius{
		Head: head("blast-radius", organization), Principal: principal, Blind: blindOf(blind),
		Environments: mapped(radius.Environments, reachOf), Stacks: mapped(radius.Stacks, reachOf), Accounts: mapped(radius.Accounts, reachOf),
		CloudIdentities: mapped(radius.Identities, func(c graph.CloudIdentity) Identity {
			return Identity{c.Cloud, c.Identity, list(c.Through), string(c.Certainty)}
		}),
		Secrets: mapped(radius.Secrets, func(s graph.SecretName) Secret { return Secret(s) }),
		Tokens:  list(radius.Tokens), Acts: mapped(acts, escalationOf),
	}
}

func reachOf(r graph.Reach) Reach {
	return Reach{r.Name, r.Scope, string(r.Certainty), r.Gated, list(r.Missing), pathsOf(r.Paths)}
}

func (a Radius) view() view {
	v := view{title: "What whoever is " + a.Principal + " can reach", blind: a.Blind, blindIs: blindText}
	v.summary = []string{fmt.Sprintf("%s, %s, %s; %s, %s, %s; %s.",
		counted(len(a.Environments), "environment", "environments"), counted(len(a.Stacks), "stack", "stacks"),
		counted(len(a.Accounts), "account", "accounts"), counted(len(a.CloudIdentities), "cloud identity", "cloud identities"),
		counted(len(a.Secrets), "secret", "secrets"), counted(len(a.Tokens), "token", "tokens"),
		counted(len(a.Acts), "way", "ways")+" to more")}
	entities := section{columns: []string{"Entity", "Scope", "Certainty"}, more: "How"}
	for _, of := range []struct {
		kind string
		all  []Reach
	}{{"environment", a.Environments}, {"stack", a.Stacks}, {"account", a.Accounts}} {
		for _, one := range of.all {
			entities.rows = append(entities.rows, one.row(of.kind))
		}
	}
	clouds := section{title: "Logs in to clouds as", columns: []string{"Cloud", "Identity", "Certainty", "Through"}}
	for _, one := range a.CloudIdentities {
		identity := one.Identity
		if identity == "" {
			identity = "(computed by the definition)"
		}
		clouds.rows = append(clouds.rows, row{cells: []string{one.Cloud, identity, one.Certainty, strings.Join(one.Through, ", ")}})
	}
	secrets := section{title: "Secrets, by name", columns: []string{"Environment", "Path"}}
	for _, one := range a.Secrets {
		secrets.rows = append(secrets.rows, row{cells: []string{one.Environment, one.Path}})
	}
	tokens := section{title: "Tokens that act as it", columns: []string{"Token"}}
	for _, one := range a.Tokens {
		tokens.rows = append(tokens.rows, row{cells: []string{one}})
	}
	ways := escalationSection(a.Acts)
	ways.title = "What it can come to"
	v.sections = []section{entities, clouds, secrets, tokens, ways}
	return v
}

func (r Reach) row(kind string) row {
	scope := r.Scope
	if r.Gated {
		scope += " (with an approval)"
	}
	out := row{cells: []string{kind + ":" + r.Name, scope, r.Certainty}, details: pathDetails(r.Paths)}
	if len(r.MissingImports) > 0 {
		out.details = append(out.details, detail{text: "cannot open it: may not open " + strings.Join(r.MissingImports, ", ")})
	}
	return out
}

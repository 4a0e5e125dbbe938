package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// WhoCan says who can use a scope on an entity, and by which grants.
type WhoCan struct {
	Head
	Scope  string `json:"scope"`
	Entity string `json:"entity"`
	// Indirect says that those who can come to use it by acts are listed as well.
	Indirect   bool        `json:"indirect"`
	Principals []Principal `json:"principals"`
	// Blocked hold the scope, and cannot use it because they may not open what the environment imports.
	Blocked   []Principal `json:"blocked"`
	Importers Importers   `json:"importers"`
	Blind     []Blind     `json:"blind"`
}

// Principal is somebody who may do something, and why.
type Principal struct {
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	Certainty string `json:"certainty"`
	Doubt     string `json:"doubt,omitempty"`
	// Gated says that it takes an approval each time, and SelfApproval that the principal can give it itself.
	Gated        bool `json:"gated"`
	SelfApproval bool `json:"selfApproval"`
	// Indirect says that the principal does not hold the scope, and can come to use it.
	Indirect       bool     `json:"indirect"`
	MissingImports []string `json:"missingImports"`
	Paths          []Path   `json:"paths"`
}

// Importers are what imports an environment, itself or by another one.
type Importers struct {
	Environments []string `json:"environments"`
	Stacks       []string `json:"stacks"`
	Accounts     []string `json:"accounts"`
}

// Question is a scope on an entity.
type Question struct {
	Organization string
	Scope        string
	Kind         access.EntityKind
	Name         string
	Indirect     bool
}

// WhoCanOf reports who can use a scope.
func WhoCanOf(q Question, answer graph.Answer, importers graph.Importers, blind []graph.Blind) WhoCan {
	return WhoCan{
		Head: head("who-can", q.Organization), Scope: q.Scope, Entity: EntityName(q.Kind, q.Name), Indirect: q.Indirect,
		Principals: mapped(answer.Principals, principalOf), Blocked: mapped(answer.Blocked, principalOf), Blind: blindOf(blind),
		Importers: Importers{list(importers.Environments), list(importers.Stacks), list(importers.Accounts)},
	}
}

func principalOf(p graph.Principal) Principal {
	return Principal{
		Kind: string(p.Kind), Name: p.Name, Certainty: string(p.Certainty), Doubt: p.Doubt, Gated: p.Gated, SelfApproval: p.SelfApproval,
		Indirect: p.Indirect, MissingImports: list(p.Missing), Paths: pathsOf(p.Paths),
	}
}

func (a WhoCan) view() view {
	v := view{title: fmt.Sprintf("Who can use %s on %s", a.Scope, a.Entity), blind: a.Blind, blindIs: blindText}
	v.summary = []string{a.sentence()}
	v.sections = []section{
		{columns: []string{"Principal", "Can"}, more: "How", rows: mapped(a.Principals, Principal.row)},
		{title: "Held, and not usable: what the environment imports cannot be opened", columns: []string{"Principal", "Can"}, more: "How",
			rows: mapped(a.Blocked, Principal.row)},
	}
	var imports []row
	for _, of := range []struct {
		kind  string
		names []string
	}{{"environment", a.Importers.Environments}, {"stack", a.Importers.Stacks}, {"account", a.Importers.Accounts}} {
		for _, name := range of.names {
			imports = append(imports, row{cells: []string{of.kind + ":" + name}})
		}
	}
	v.sections = append(v.sections, section{title: "Imports it: whoever opens or runs one of these opens it with their own rights", columns: []string{"Entity"}, rows: imports})
	return v
}

func (a WhoCan) sentence() string {
	if len(a.Principals) == 0 {
		if len(a.Blind) > 0 {
			return "Nobody was found; not everything could be read."
		}
		return "Nobody."
	}
	possible := 0
	for _, p := range a.Principals {
		if p.Certainty != string(graph.Certain) {
			possible++
		}
	}
	text := counted(len(a.Principals), "principal", "principals")
	if possible > 0 {
		text += fmt.Sprintf(", %d of them possibly", possible)
	}
	if indirect := slices.ContainsFunc(a.Principals, func(p Principal) bool { return p.Indirect }); indirect {
		text += "; some do not hold it, and can come to use it"
	}
	return text + "."
}

func (p Principal) row() row {
	r := row{cells: []string{p.Kind + ":" + p.Name, p.can()}, details: pathDetails(p.Paths)}
	if p.Doubt != "" {
		r.details = append(r.details, detail{text: "possible: " + p.Doubt})
	}
	if len(p.MissingImports) > 0 {
		r.details = append(r.details, detail{text: "may not open " + strings.Join(p.MissingImports, ", ")})
	}
	return r
}

// can says how far a principal can.
func (p Principal) can() string {
	text := "certainly"
	if p.Certainty != string(graph.Certain) {
		text = "possibly"
	}
	switch {
	case p.Gated && p.SelfApproval:
		text += ", with an approval that it can give itself"
	case p.Gated:
		text += ", with an approval"
	}
	if p.Indirect {
		text += ", indirectly"
	}
	return text
}

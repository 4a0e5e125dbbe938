package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
)

// Explained says what a principal may do, and by which grants.
type Explained struct {
	Head
	Principal string `json:"principal"`
	// Why is the scope that is asked about, if there is one.
	Why      string   `json:"why,omitempty"`
	Entities []Access `json:"entities"`
	Blind    []Blind  `json:"blind"`
}

// Access is what a principal may do on an entity.
type Access struct {
	Entity string `json:"entity"`
	// Permission is the strongest level that is wholly and certainly held.
	Permission     string   `json:"permission"`
	Scopes         []string `json:"scopes"`
	PossibleScopes []string `json:"possibleScopes"`
	// MaxOpenDuration bounds how long opens last.
	MaxOpenDuration string `json:"maxOpenDuration,omitempty"`
	// MissingImports are environments that this one imports and that the principal may not open: then it cannot open this one either.
	MissingImports []string `json:"missingImports"`
	// Missing are the smallest grants that would give the scope that is asked about.
	Missing []Grant `json:"missing"`
	Paths   []Path  `json:"paths"`
}

// Grant is the smallest grant of its kind that would give a scope.
type Grant struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	Text string `json:"text"`
}

// Held is what a principal holds on an entity.
type Held struct {
	Kind           access.EntityKind
	Name           string
	Access         graph.Access
	Level          access.Level
	MissingImports []string
	Missing        []graph.Missing
}

// ExplainedOf reports what a principal holds. With a scope to ask why about, only the paths to that are shown.
func ExplainedOf(organization, principal, why string, held []Held, blind []graph.Blind) Explained {
	return Explained{
		Head: head("explain", organization), Principal: principal, Why: why, Blind: blindOf(blind),
		Entities: mapped(held, func(h Held) Access { return h.access(why) }),
	}
}

func (h Held) access(why string) Access {
	paths := h.Access.Paths
	if why != "" {
		paths = slices.DeleteFunc(slices.Clone(paths), func(p graph.Path) bool { return !slices.Contains(p.Scopes, why) })
	}
	out := Access{
		Entity: EntityName(h.Kind, h.Name), Permission: string(h.Level), Scopes: list(h.Access.List()), PossibleScopes: []string{},
		MissingImports: list(h.MissingImports), Paths: pathsOf(paths),
		Missing: mapped(h.Missing, func(m graph.Missing) Grant { return Grant{string(m.Kind), m.Name, m.Text} }),
	}
	for _, scope := range slices.Sorted(maps.Keys(h.Access.Possible)) {
		if !h.Access.Has(scope) {
			out.PossibleScopes = append(out.PossibleScopes, scope)
		}
	}
	if bound := h.Access.Scopes["environment:open"]; bound > time.Duration(0) {
		out.MaxOpenDuration = timetext.FormatDuration(bound)
	}
	return out
}

func (a Explained) view() view {
	v := view{title: "What " + a.Principal + " may do", blind: a.Blind, blindIs: blindText}
	if a.Why != "" {
		v.title += ", and why " + a.Why
	}
	s := section{columns: []string{"Entity", "Permission", "Scopes"}, more: "How"}
	var missing section
	for _, one := range a.Entities {
		s.rows = append(s.rows, one.row(a.Why))
		for _, grant := range one.Missing {
			missing.rows = append(missing.rows, row{cells: []string{one.Entity, grant.Kind, grant.Text}})
		}
	}
	missing.title, missing.columns = "What would give it: the smallest grants, one of each kind", []string{"Entity", "By", "Grant"}
	v.sections = []section{s, missing}
	if len(a.Entities) == 0 {
		v.summary = []string{"It holds nothing that was found."}
	}
	return v
}

func (a Access) row(why string) row {
	r := row{cells: []string{a.Entity, a.Permission, a.scopes()}, details: pathDetails(a.Paths)}
	if why != "" {
		r.cells[2] = a.standing(why)
	}
	if len(a.MissingImports) > 0 {
		r.details = append(r.details, detail{text: "cannot open it: may not open " + strings.Join(a.MissingImports, ", ")})
	}
	if a.MaxOpenDuration != "" {
		r.details = append(r.details, detail{text: "opens last at most " + a.MaxOpenDuration})
	}
	return r
}

// fewScopes is how many scopes are named in a cell.
const fewScopes = 4

func (a Access) scopes() string {
	switch {
	case len(a.Scopes)+len(a.PossibleScopes) == 0:
		return "none"
	case len(a.Scopes) > fewScopes:
		return fmt.Sprintf("%d scopes", len(a.Scopes))
	}
	text := strings.Join(a.Scopes, ", ")
	if len(a.PossibleScopes) > 0 {
		text = strings.TrimPrefix(fmt.Sprintf("%s, possibly %d more", text, len(a.PossibleScopes)), ", ")
	}
	return text
}

func (a Access) standing(scope string) string {
	switch {
	case slices.Contains(a.Scopes, scope):
		return scope
	case slices.Contains(a.PossibleScopes, scope):
		return "possibly " + scope
	}
	return "not " + scope
}

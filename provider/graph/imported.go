package graph

import (
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// importDoubt is why opening by an import is only possible.
const importDoubt = "whether opening it takes opening what it imports is not documented"

// byImports adds those who may open an environment that imports this one, and not this one: their paths, one through each such
// environment and grant, end with the import.
func (ix *Index) byImports(answer *Answer, scope string, t Resource) {
	if !OpensImports(scope) {
		return
	}
	added := map[PrincipalID]int{} // where in the answer
	known := map[PrincipalID]bool{}
	for _, p := range slices.Concat(answer.Principals, answer.Blocked) {
		known[PrincipalID{p.Kind, p.Name}] = true
	}
	for _, name := range ix.Importers(t.Name).Environments {
		importer, _ := ix.Entity(access.Environment, name)
		opened := ix.WhoCan(openScope, importer)
		for _, p := range slices.Concat(opened.Principals, opened.Blocked) {
			id, by := PrincipalID{p.Kind, p.Name}, ix.importing(p, importer, scope)
			at, again := added[id]
			switch {
			case known[id]:
			case again:
				had := &answer.Principals[at]
				had.Paths, had.Gated = append(had.Paths, by.Paths...), had.Gated && by.Gated
				had.SelfApproval = had.Gated && (had.SelfApproval || by.SelfApproval)
			default:
				added[id] = len(answer.Principals)
				answer.Principals = append(answer.Principals, by)
			}
		}
	}
}

// importing is a principal that opens an environment by another one that imports it.
func (ix *Index) importing(p Principal, importer Resource, scope string) Principal {
	out := Principal{Kind: p.Kind, Name: p.Name, Certainty: Possible, Indirect: true, Gated: p.Gated, SelfApproval: p.SelfApproval}
	for _, path := range p.Paths {
		path.Steps = append(slices.Clip(path.Steps), Step{ImportStep, importer.Name, "environment " + importer.Name + " imports it"})
		path.Scopes, path.Certainty = []string{scope}, Possible
		if path.Doubt == "" {
			path.Doubt = importDoubt
		}
		out.Paths = append(out.Paths, path)
	}
	return out
}

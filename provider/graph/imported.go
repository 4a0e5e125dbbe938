package graph

import (
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// importDoubt is why opening by an import is only possible.
const importDoubt = "whether opening it takes opening what it imports is not documented"

// byImports adds those who may open an environment that imports this one, and not this one: a path of theirs ends with the import.
func (ix *Index) byImports(answer *Answer, scope string, t Resource) {
	if !OpensImports(scope) {
		return
	}
	for _, name := range ix.Importers(t.Name).Environments {
		importer, _ := ix.Entity(access.Environment, name)
		opened := ix.WhoCan(openScope, importer)
		for _, p := range slices.Concat(opened.Principals, opened.Blocked) {
			same := func(other Principal) bool { return other.Kind == p.Kind && other.Name == p.Name }
			if slices.ContainsFunc(answer.Principals, same) || slices.ContainsFunc(answer.Blocked, same) {
				continue
			}
			answer.Principals = append(answer.Principals, ix.importing(p, importer, scope))
		}
	}
}

// importing is a principal that opens an environment by another one that imports it.
func (ix *Index) importing(p Principal, importer Resource, scope string) Principal {
	out := Principal{Kind: p.Kind, Name: p.Name, Certainty: Possible, Indirect: true, Gated: p.Gated}
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

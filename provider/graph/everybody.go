package graph

import "github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"

// Everybody is what each of some principals may do on an entity, in their order; nothing for one that there is not. [Index.AllPrincipals] are
// all of them. What a role or a team has there is worked out once.
func (ix *Index) Everybody(principals []PrincipalID, t Resource) []Access {
	e := ix.evaluation(t)
	held := make([]Access, len(principals))
	for i, p := range principals {
		held[i], _ = e.principal(p.Kind, p.Name)
	}
	return held
}

// LevelScopes are the scopes of a built-in permission set in this organization, sorted.
func (ix *Index) LevelScopes(kind access.EntityKind, level access.Level) []string {
	return ix.levelScopes(kind, level)
}

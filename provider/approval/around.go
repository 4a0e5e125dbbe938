package approval

import (
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// The scopes by which somebody goes around a gate: a copy of the environment has no gate, and one that is changed or deleted
// holds nothing back.
const (
	CloneScope      = "environment:clone"
	UpdateGateScope = "change_gate:update"
	DeleteGateScope = "change_gate:delete"
	createGateScope = "change_gate:create"
)

// GoesAroundGates reports whether a scope lets its holder do what a gate holds back, without an approval.
func GoesAroundGates(scope string) bool {
	return slices.Contains([]string{CloneScope, UpdateGateScope, DeleteGateScope}, scope)
}

// BehindGate is a rule without what goes around a gate: a level that lets open becomes its scopes. Other rules are as they
// were.
func BehindGate(r types.EnvironmentRule) types.EnvironmentRule {
	if r.Permission == nil || !(access.Grant{Permission: access.Level(*r.Permission)}).Opens() {
		return r
	}
	r.Scopes = ScopesBehindGate(access.Level(*r.Permission))
	r.Permission = nil
	return r
}

// ScopesBehindGate are the scopes of a level without what goes around a gate, and without making gates: one of their own making could
// stop others.
func ScopesBehindGate(level access.Level) []string {
	return slices.DeleteFunc(access.LevelScopes(access.Environment, level), func(scope string) bool {
		return GoesAroundGates(scope) || scope == createGateScope
	})
}

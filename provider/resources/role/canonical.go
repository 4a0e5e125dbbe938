package role

import (
	"errors"
	"reflect"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// ruleKinds are the kinds of entities that rules are about, with the property that lists them.
var ruleKinds = []struct {
	kind     access.EntityKind
	noun     string
	property string
}{
	{access.Stack, "stack", "stacks"},
	{access.Environment, "environment", "environments"},
	{access.Account, "account", "accounts"},
}

// inline reports whether the role holds its rules itself. Only policies may compose permission sets, so such a role holds
// scopes where another one names a set, and the two ways of writing it are one.
func (v State) inline() bool { return v.RoleID != "" && v.PolicyID == "" }

func canonicalAccess(in types.Access, inline bool) (access.Access, error) {
	rules, problems := in.Rules()
	if inline {
		rules = spelledOut(rules)
	}
	return rules.Canonical(), problems.Under("access").Err()
}

// canonicalAccesses are two accesses in the form in which they can be compared.
func canonicalAccesses(a, b types.Access, inline bool) (first, second access.Access, err error) {
	first, firstErr := canonicalAccess(a, inline)
	second, secondErr := canonicalAccess(b, inline)
	return first, second, errors.Join(firstErr, secondErr)
}

func sameAccess(a, b types.Access, inline bool) (bool, error) {
	first, second, err := canonicalAccesses(a, b, inline)
	return reflect.DeepEqual(first, second), err
}

// spelledOut has scopes in place of built-in permission sets.
func spelledOut(in access.Access) access.Access {
	return mapRules(in, func(kind access.EntityKind, rule access.Rule) access.Rule {
		if rule.Permission != "" {
			rule.Scopes, rule.Permission = access.LevelScopes(kind, rule.Permission), ""
		}
		return rule
	})
}

// named has built-in permission sets in place of scopes that are exactly those of one. What a set has in common with the
// organization stands among the role's own scopes where the rule is about all entities.
func named(in access.Access) access.Access {
	var joined []string
	out := mapRules(in, func(kind access.EntityKind, rule access.Rule) access.Rule {
		for _, level := range access.Levels(kind) {
			own, apart := access.LevelScopes(kind, level), []string(nil)
			if rule.All {
				own, apart = splitShared(own)
			}
			if len(rule.Scopes) > 0 && slices.Equal(rule.Scopes, own) && containsAll(in.Scopes, apart) {
				rule.Scopes, rule.Permission = nil, level
				joined = append(joined, apart...)
			}
		}
		return rule
	})
	out.Scopes = slices.DeleteFunc(slices.Clone(in.Scopes), func(scope string) bool { return slices.Contains(joined, scope) })
	return out
}

// splitShared keeps the scopes that the organization knows too apart from the others.
func splitShared(scopes []string) (own, shared []string) {
	for _, scope := range scopes {
		if (access.Catalogue{}).Has(access.Organization, scope) {
			shared = append(shared, scope)
		} else {
			own = append(own, scope)
		}
	}
	return own, shared
}

func containsAll(all, some []string) bool {
	return !slices.ContainsFunc(some, func(one string) bool { return !slices.Contains(all, one) })
}

func mapRules(in access.Access, change func(access.EntityKind, access.Rule) access.Rule) access.Access {
	each := func(kind access.EntityKind, rules []access.Rule) []access.Rule {
		out := make([]access.Rule, len(rules))
		for i, rule := range rules {
			out[i] = change(kind, rule)
		}
		return out
	}
	out := in
	out.Stacks = each(access.Stack, in.Stacks)
	out.Environments = each(access.Environment, in.Environments)
	out.Accounts = each(access.Account, in.Accounts)
	return out
}

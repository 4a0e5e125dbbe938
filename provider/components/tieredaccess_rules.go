package components

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

const (
	developmentTier = "development"
	productionTier  = "production"
	tierTag         = "environment"

	automationPrefix = "automation-" // of the names of roles for automation
)

// defaultTiers are the two that everybody has.
func defaultTiers() []Tier { return []Tier{{Name: developmentTier}, {Name: productionTier}} }

// isDevelopment tells whether a tier is one in which people work directly. Any other name is careful: what is called
// staging, or live, may be what customers use.
func isDevelopment(tier string) bool { return tier == developmentTier || tier == "dev" }

func rights(stacks, environments access.Level) TierRights {
	s, e := types.StackPermission(stacks), types.EnvironmentPermission(environments)
	return TierRights{Stacks: &s, Environments: &e}
}

func peopleOf(tier string, given *TierRights) TierRights {
	switch {
	case given != nil:
		return *given
	case isDevelopment(tier):
		return rights(access.Write, access.Open)
	}
	return rights(access.Read, access.Read)
}

func automationOf(given *TierRights) TierRights {
	if given != nil {
		return *given
	}
	return rights(access.Write, access.Open)
}

func (t Tier) people() TierRights     { return peopleOf(t.Name, t.People) }
func (t Tier) automation() TierRights { return automationOf(t.Automation) }

func (r TierRights) nothing() bool {
	return r.Stacks == nil && r.Environments == nil && r.Accounts == nil
}

func (t TieredTeam) worksIn(tier string) bool {
	return t.Tiers == nil || slices.Contains(t.Tiers, tier)
}

// kindTags are the tags that select stacks, environments and accounts.
type kindTags struct{ stacks, environments, accounts map[string]string }

func (t Tier) tags() out[kindTags] {
	return tagsByKind(orElse(t.Tags, map[string]string{tierTag: t.Name}), t.StackTags, t.EnvironmentTags, t.AccountTags)
}

func (t TieredTeam) tags() out[kindTags] {
	return tagsByKind(orZero(t.Tags), t.StackTags, t.EnvironmentTags, t.AccountTags)
}

type tagMap = map[string]string

func tagsByKind(tags out[tagMap], stacks, environments, accounts *out[tagMap]) out[kindTags] {
	return pulumix.Apply3(orElseOutput(stacks, tags), orElseOutput(environments, tags), orElseOutput(accounts, tags),
		func(s, e, a tagMap) kindTags { return kindTags{s, e, a} })
}

// in adds the rules for what is in a tier and a team's own.
func (r TierRights) in(before out[types.Access], tier, team out[kindTags]) out[types.Access] {
	return pulumix.Apply3(before, tier, team, r.rules)
}

func (r TierRights) rules(granted types.Access, tier, team kindTags) types.Access {
	if r.Stacks != nil {
		granted.Stacks = append(slices.Clone(granted.Stacks), types.StackRule{Tags: both(tier.stacks, team.stacks), Permission: r.Stacks})
	}
	if r.Environments != nil {
		granted.Environments = append(slices.Clone(granted.Environments), types.EnvironmentRule{
			Tags: both(tier.environments, team.environments), Permission: r.Environments, MaxOpenDuration: r.MaxOpenDuration,
		})
	}
	if r.Accounts != nil {
		granted.Accounts = append(slices.Clone(granted.Accounts), types.AccountRule{Tags: both(tier.accounts, team.accounts), Permission: r.Accounts})
	}
	return granted
}

// both are the tags of two selections that must both hold.
func both(a, b tagMap) tagMap {
	all := tagMap{}
	maps.Copy(all, a)
	maps.Copy(all, b)
	return all
}

// withoutDuplicates drops rules that several teams have in common, and those that another rule contains already.
func withoutDuplicates(in types.Access) types.Access {
	in.Stacks = broadest(in.Stacks, func(r types.StackRule) tagMap { return r.Tags })
	in.Environments = broadest(in.Environments, func(r types.EnvironmentRule) tagMap { return r.Tags })
	in.Accounts = broadest(in.Accounts, func(r types.AccountRule) tagMap { return r.Tags })
	return in
}

// broadest keeps the rules whose tags contain no other rule's: fewer tags select more. All rules are of one level.
func broadest[R any](rules []R, tags func(R) tagMap) []R {
	var kept []R
	for i, rule := range rules {
		covered := false
		for j, other := range rules {
			narrower := contains(tags(rule), tags(other))
			same := narrower && len(tags(rule)) == len(tags(other))
			covered = covered || (i != j && narrower && (!same || j < i))
		}
		if !covered {
			kept = append(kept, rule)
		}
	}
	return kept
}

func contains(all, some tagMap) bool {
	for name, value := range some {
		if got, ok := all[name]; !ok || got != value {
			return false
		}
	}
	return true
}

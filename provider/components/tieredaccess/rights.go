package tieredaccess

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

const (
	developmentTier = "development"
	productionTier  = "production"
	tierTag         = "environment"
)

// defaultTiers are the tiers if none are given.
func defaultTiers() []Tier { return []Tier{{Name: developmentTier}, {Name: productionTier}} }

// isDevelopment reports whether people work directly in a tier. Every other name counts as production: what is called staging, or
// live, may be what customers use.
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
	return rights(access.View, access.Read)
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
	return r.Stacks == nil && r.StackScopes == nil && r.StackPermissionSet == nil &&
		r.Environments == nil && r.EnvironmentScopes == nil && r.EnvironmentPermissionSet == nil &&
		r.Accounts == nil && r.AccountScopes == nil && r.AccountPermissionSet == nil
}

func (t TieredTeam) worksIn(tier string) bool {
	return t.Tiers == nil || slices.Contains(t.Tiers, tier)
}

// kindTags are the tags that select stacks, environments and accounts.
type kindTags struct{ stacks, environments, accounts map[string]string }

func (t Tier) tags() kit.Out[kindTags] {
	return tagsByKind(kit.OrElse(t.Tags, map[string]string{tierTag: t.Name}), t.StackTags, t.EnvironmentTags, t.AccountTags)
}

func (t TieredTeam) tags() kit.Out[kindTags] {
	return tagsByKind(kit.OrZero(t.Tags), t.StackTags, t.EnvironmentTags, t.AccountTags)
}

type tagMap = map[string]string

func tagsByKind(tags kit.Out[tagMap], stacks, environments, accounts *kit.Out[tagMap]) kit.Out[kindTags] {
	return pulumix.Apply3(kit.OrElseOutput(stacks, tags), kit.OrElseOutput(environments, tags), kit.OrElseOutput(accounts, tags),
		func(s, e, a tagMap) kindTags { return kindTags{s, e, a} })
}

// automationRoleName is the name of the role for the team's automation in a tier.
func (t TieredTeam) automationRoleName(tier string) kit.Out[string] {
	return pulumix.Apply(kit.OrZero(t.AutomationRoleNames), func(names map[string]string) string {
		if name := names[tier]; name != "" {
			return name
		}
		return automationRole(t.Name, tier)
	})
}

// automationRole is the default name, which no other team and tier have.
func automationRole(team, tier string) string { return kit.ObjectName("automation", team, tier) }

// kindSets are the permission sets that are granted on stacks, environments and accounts.
type kindSets struct{ stacks, environments, accounts *string }

func (r TierRights) sets() kit.Out[kindSets] {
	return pulumix.Apply3(orNil(r.StackPermissionSet), orNil(r.EnvironmentPermissionSet), orNil(r.AccountPermissionSet),
		func(s, e, a *string) kindSets { return kindSets{s, e, a} })
}

func orNil(id *kit.Out[string]) kit.Out[*string] {
	if id == nil {
		return kit.Known[*string](nil)
	}
	return kit.Present(*id)
}

// in adds the rules for what is in a tier and belongs to a team.
func (r TierRights) in(before kit.Out[types.Access], tier, team kit.Out[kindTags]) kit.Out[types.Access] {
	return pulumix.Apply4(before, tier, team, r.sets(), r.rules)
}

func (r TierRights) rules(granted types.Access, tier, team kindTags, sets kindSets) types.Access {
	if r.Stacks != nil || r.StackScopes != nil || sets.stacks != nil {
		granted.Stacks = append(slices.Clone(granted.Stacks), types.StackRule{
			Tags: both(tier.stacks, team.stacks), Permission: r.Stacks, Scopes: r.StackScopes, PermissionSet: sets.stacks,
		})
	}
	if r.Environments != nil || r.EnvironmentScopes != nil || sets.environments != nil {
		granted.Environments = append(slices.Clone(granted.Environments), types.EnvironmentRule{
			Tags: both(tier.environments, team.environments), Permission: r.Environments, Scopes: r.EnvironmentScopes,
			PermissionSet: sets.environments, MaxOpenDuration: r.MaxOpenDuration,
		})
	}
	if r.Accounts != nil || r.AccountScopes != nil || sets.accounts != nil {
		granted.Accounts = append(slices.Clone(granted.Accounts), types.AccountRule{
			Tags: both(tier.accounts, team.accounts), Permission: r.Accounts, Scopes: r.AccountScopes, PermissionSet: sets.accounts,
		})
	}
	return granted
}

// both are the tags of two selections together.
func both(a, b tagMap) tagMap {
	all := tagMap{}
	maps.Copy(all, a)
	maps.Copy(all, b)
	return all
}

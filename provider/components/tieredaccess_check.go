package components

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// tieredMustKnown is what decides which roles and teams there are, and what their rules allow.
func tieredMustKnown() []string {
	paths := []string{
		"tiers", "tiers[*]", "tiers[*].name", "tiers[*].people", "tiers[*].automation",
		"teams", "teams[*]", "teams[*].name", "teams[*].existing", "teams[*].tiers", "teams[*].tiers[*]",
	}
	for _, whose := range []string{"people", "automation"} {
		for _, right := range []string{"stacks", "environments", "accounts", "maxOpenDuration"} {
			paths = append(paths, "tiers[*]."+whose+"."+right)
		}
	}
	return paths
}

// tagProperties are where tags stand, in tiers and in teams: those of every kind first.
var tagProperties = []string{"tags", "stackTags", "environmentTags", "accountTags"}

// elementsOf are the maps in a list input, by their path.
func elementsOf(in property.Map, name string) []property.Map {
	var elements []property.Map
	if has(in, name) && in.Get(name).IsArray() {
		for _, element := range in.Get(name).AsArray().All {
			if !element.IsMap() {
				return nil // the construction reports it
			}
			elements = append(elements, element.AsMap())
		}
	}
	return elements
}

// peopleIn and automationIn are the rights in a tier of the inputs.
func peopleIn(tier property.Map, name string) TierRights {
	return peopleOf(name, valueOf[TierRights](tier, "people"))
}

func automationIn(tier property.Map) TierRights {
	return automationOf(valueOf[TierRights](tier, "automation"))
}

// checkTieredAccess judges the inputs as far as they are known.
func checkTieredAccess(current *session.Session, in property.Map) []access.Problem {
	_, problems := organizationOf(current, in)
	options := checkOptions(current, in)
	tiers, teams := elementsOf(in, "tiers"), elementsOf(in, "teams")
	if has(in, "tiers") && in.Get("tiers").IsArray() && len(tiers) == 0 {
		problems = append(problems, access.Problem{Path: "tiers", Reason: "must not be empty: leave it out for development and production"})
	}
	if has(in, "teams") && in.Get("teams").IsArray() && len(teams) == 0 {
		problems = append(problems, access.Problem{Path: "teams", Reason: "must not be empty: roles that nobody holds grant nothing"})
	}
	problems = append(problems, checkTiers(tiers, options)...)
	return append(problems, checkTieredTeams(tiers, teams)...)
}

func checkTiers(tiers []property.Map, options access.CheckOptions) []access.Problem {
	var problems []access.Problem
	names, tags := map[string]bool{}, map[string]string{}
	for i, element := range tiers {
		path, name := index("tiers", i), textOf(element, "name")
		problems = append(problems, checkListName(path, name, names)...)
		problems = append(problems, checkTagBlocks(path, element)...)
		selected := fmt.Sprint(effectiveTags(element, tierTags(name)))
		if other, taken := tags[selected]; taken && !element.Get("tags").HasComputed() {
			problems = append(problems, access.Problem{Path: path + ".tags", Reason: "are those of tier " + other + ", so that both tiers' rights " +
				"would hold in both: give every tier tags of its own"})
		}
		tags[selected] = name
		people := options
		people.ForPeople = true
		problems = append(problems, peopleIn(element, name).check(path+".people", people)...)
		problems = append(problems, automationIn(element).check(path+".automation", options)...)
	}
	return problems
}

func tierTags(tier string) tagMap { return tagMap{tierTag: tier} }

// check judges the levels, with the paths under which they were written.
func (r TierRights) check(path string, options access.CheckOptions) []access.Problem {
	if r.nothing() {
		if r.MaxOpenDuration != nil {
			return []access.Problem{{Path: path + ".maxOpenDuration", Reason: "goes with `environments: open` or more, and there is none"}}
		}
		return nil
	}
	some := kindTags{tierTags("x"), tierTags("x"), tierTags("x")}
	rules, problems := r.rules(types.Access{}, some, kindTags{}).Rules()
	problems = append(problems, rules.Check(options)...)
	for i, problem := range problems {
		kind, property, _ := strings.Cut(problem.Path, "[0].")
		if property == "maxOpenDuration" {
			kind = property
		}
		problems[i].Path = wire.Join(path, kind)
	}
	return problems
}

func checkListName(path, name string, taken map[string]bool) []access.Problem {
	problems := types.CheckName(path+".name", name)
	if taken[name] && name != "" {
		problems = append(problems, access.Problem{Path: path + ".name", Reason: fmt.Sprintf("%q is there twice: give each a name of its own", name)})
	}
	taken[name] = true
	return problems
}

func checkTagBlocks(path string, element property.Map) []access.Problem {
	var problems []access.Problem
	for _, property := range tagProperties {
		if tags := valueOf[tagMap](element, property); tags != nil && len(*tags) == 0 {
			problems = append(problems, access.Problem{Path: path + "." + property, Reason: "must not be empty: no tags at all would select everything"})
		}
	}
	return problems
}

// effectiveTags are those that select stacks, environments and accounts.
func effectiveTags(element property.Map, absent tagMap) [3]tagMap {
	tags := absent
	if given := valueOf[tagMap](element, tagProperties[0]); given != nil {
		tags = *given
	}
	all := [3]tagMap{tags, tags, tags}
	for i, property := range tagProperties[1:] {
		if given := valueOf[tagMap](element, property); given != nil {
			all[i] = *given
		}
	}
	return all
}

func checkTieredTeams(tiers, teams []property.Map) []access.Problem {
	var problems []access.Problem
	known := map[string]property.Map{}
	for _, tier := range tiers {
		known[textOf(tier, "name")] = tier
	}
	if len(tiers) == 0 {
		for _, tier := range defaultTiers() {
			known[tier.Name] = property.Map{}
		}
	}
	names := map[string]bool{}
	for i, element := range teams {
		path := index("teams", i)
		name := textOf(element, "name")
		problems = append(problems, checkListName(path, name, names)...)
		if tier, ok := strings.CutPrefix(name, automationPrefix); ok {
			if _, taken := known[tier]; taken {
				problems = append(problems, access.Problem{Path: path + ".name", Reason: "is the name of the role for automation in tier " + tier + ": " +
					"choose another one"})
			}
		}
		problems = append(problems, checkTagBlocks(path, element)...)
		problems = append(problems, types.Under(path, checkExisting(element))...)
		problems = append(problems, checkTeamTiers(path, element, known)...)
	}
	return problems
}

// checkTeamTiers holds that a team works in tiers that there are, may do something there, and that its tags can hold
// together with theirs.
func checkTeamTiers(path string, element property.Map, tiers map[string]property.Map) []access.Problem {
	var problems []access.Problem
	team := TieredTeam{}
	if given := valueOf[[]string](element, "tiers"); given != nil {
		team.Tiers = *given
	}
	for i, name := range team.Tiers {
		if _, ok := tiers[name]; !ok {
			problems = append(problems, access.Problem{Path: path + "." + index("tiers", i), Reason: fmt.Sprintf("there is no tier %q: there are %s",
				name, strings.Join(slices.Sorted(maps.Keys(tiers)), ", "))})
		}
	}
	granted := false
	for _, name := range slices.Sorted(maps.Keys(tiers)) {
		if !team.worksIn(name) {
			continue
		}
		granted = granted || !peopleIn(tiers[name], name).nothing()
		problems = append(problems, checkContradiction(path, name, effectiveTags(tiers[name], tierTags(name)), effectiveTags(element, nil))...)
	}
	if !granted && len(problems) == 0 {
		problems = append(problems, access.Problem{Path: path, Reason: "the team could do nothing in any tier: give people something in one of its tiers"})
	}
	return problems
}

func checkContradiction(path, tier string, of, own [3]tagMap) []access.Problem {
	for i := range of {
		for _, name := range slices.Sorted(maps.Keys(own[i])) {
			if value, ok := of[i][name]; ok && value != own[i][name] {
				return []access.Problem{{Path: path + ".tags", Reason: fmt.Sprintf("select %s: %s, which tier %q has as %s: nothing can carry both",
					name, own[i][name], tier, value)}}
			}
		}
	}
	return nil
}

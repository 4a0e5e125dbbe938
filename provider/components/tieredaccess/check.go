package tieredaccess

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/ownedteam"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// mustKnown are the inputs that decide which roles and teams there are, and what their rules allow.
func mustKnown() []string {
	paths := []string{
		"tiers", "tiers[*]", "tiers[*].name", "tiers[*].people", "tiers[*].automation",
		"teams", "teams[*]", "teams[*].name", "teams[*].existing", "teams[*].tiers", "teams[*].tiers[*]",
	}
	for _, block := range rightsBlocks {
		paths = append(paths, block+".maxOpenDuration")
		for _, kind := range tierKinds {
			paths = append(paths, block+"."+kind.level, block+"."+kind.scopes, block+"."+kind.scopes+"[*]")
		}
	}
	return paths
}

// rightsBlocks are the paths of rights. Ids of permission sets in them may come from other resources.
var rightsBlocks = []string{"tiers[*].people", "tiers[*].automation"}

// lifting separates what need not be known from what must be.
func lifting() wire.Lifting {
	plain := slices.DeleteFunc(mustKnown(), func(path string) bool { return slices.Contains(rightsBlocks, path) })
	return wire.Lifting{Blocks: append([]string{"tiers[*]", "teams[*]"}, rightsBlocks...), Plain: plain}
}

// tierKinds are the properties of rights for each kind of entity, by the kind's name in an access.
var tierKinds = []struct{ rules, level, scopes, set string }{
	{"stacks", "stacks", "stackScopes", "stackPermissionSet"},
	{"environments", "environments", "environmentScopes", "environmentPermissionSet"},
	{"accounts", "accounts", "accountScopes", "accountPermissionSet"},
}

// tagProperties are the properties for tags in tiers and teams: first the one for every kind.
var tagProperties = []string{"tags", "stackTags", "environmentTags", "accountTags"}

// elementsOf are the maps in a list input, by their path.
func elementsOf(in property.Map, name string) []property.Map {
	var elements []property.Map
	if kit.Has(in, name) && in.Get(name).IsArray() {
		for _, element := range in.Get(name).AsArray().All {
			if !element.IsMap() {
				return nil // the construction reports it
			}
			elements = append(elements, element.AsMap())
		}
	}
	return elements
}

// givenRights are the rights in a block of a tier, and the permission sets that they grant; nil where there is no block.
func givenRights(tier property.Map, name string) (*TierRights, kindSets) {
	block := kit.BlockAt(tier, name)
	if block == nil {
		return nil, kindSets{}
	}
	var ids [3]*string // in the order of tierKinds
	rights := *block
	for i, kind := range tierKinds {
		ids[i] = givenSet(*block, kind.set)
		rights = rights.Delete(kind.set)
	}
	given := kit.ValueOf[TierRights](tier.Set(name, property.New(rights)), name)
	if given == nil {
		return nil, kindSets{}
	}
	sets := kindSets{stacks: ids[0], environments: ids[1], accounts: ids[2]}
	given.StackPermissionSet = kit.KnownIf(sets.stacks)
	given.EnvironmentPermissionSet = kit.KnownIf(sets.environments)
	given.AccountPermissionSet = kit.KnownIf(sets.accounts)
	return given, sets
}

// givenSet is the id of a permission set in a block of rights. One that is not known yet is one.
func givenSet(block property.Map, name string) *string {
	if block.Get(name).HasComputed() {
		unknown := "unknown"
		return &unknown
	}
	return kit.ValueOf[string](block, name)
}

// peopleIn and automationIn are the rights in a tier of the inputs.
func peopleIn(tier property.Map, name string) (TierRights, kindSets) {
	given, sets := givenRights(tier, "people")
	return peopleOf(name, given), sets
}

func automationIn(tier property.Map) (TierRights, kindSets) {
	given, sets := givenRights(tier, "automation")
	return automationOf(given), sets
}

// check checks the inputs as far as they are known.
func check(current kit.Checking, in property.Map) problem.List {
	_, problems := kit.OrganizationOf(current.Session, in)
	options := kit.CheckOptions(current, in)
	tiers, teams := elementsOf(in, "tiers"), elementsOf(in, "teams")
	if kit.IsEmptyList(in, "tiers") {
		problems.AddReason("tiers", "must not be empty: leave it out for development and production")
	}
	if kit.IsEmptyList(in, "teams") {
		problems.AddReason("teams", "must not be empty: roles that nobody holds grant nothing")
	}
	problems = append(problems, checkTiers(tiers, options)...)
	return append(problems, checkTeams(tiers, teams)...)
}

func checkTiers(tiers []property.Map, options access.CheckOptions) problem.List {
	var problems problem.List
	names, tags := map[string]bool{}, map[string]string{}
	for i, element := range tiers {
		path, name := kit.Index("tiers", i), kit.TextOf(element, "name")
		problems = append(problems, types.CheckName(path+".name", name)...)
		problems = append(problems, checkListName(path, name, names)...)
		problems = append(problems, checkTagBlocks(path, element)...)
		selected := fmt.Sprint(effectiveTags(element, tierTags(name)))
		if other, taken := tags[selected]; taken && !element.Get("tags").HasComputed() {
			problems.AddReason(path+".tags", "are those of tier "+other+", so that both tiers' rights "+
				"would hold in both: give every tier tags of its own")
		}
		tags[selected] = name
		people := options
		people.ForPeople = true
		problems = append(problems, checkEmptyScopes(path, element)...)
		rights, sets := peopleIn(element, name)
		problems = append(problems, rights.check(path+".people", sets, people)...)
		rights, sets = automationIn(element)
		problems = append(problems, rights.check(path+".automation", sets, options)...)
	}
	return problems
}

// checkEmptyScopes refuses an empty list of scopes, which is decoded as none given.
func checkEmptyScopes(path string, tier property.Map) problem.List {
	var problems problem.List
	for _, block := range []string{"people", "automation"} {
		given := kit.BlockOr(tier, block)
		for _, kind := range tierKinds {
			if kit.IsEmptyList(given, kind.scopes) {
				at := problem.Join(problem.Join(path, block), kind.scopes)
				problems.AddReason(at, "is empty; name at least one scope, or leave it out")
			}
		}
	}
	return problems
}

func tierTags(tier string) tagMap { return tagMap{tierTag: tier} }

// check checks the rights, with the paths under which they were written.
func (r TierRights) check(path string, sets kindSets, options access.CheckOptions) problem.List {
	if r.nothing() {
		if r.MaxOpenDuration != nil {
			return problem.List{{Path: path + ".maxOpenDuration", Reason: "goes with what opens environments, and there is none"}}
		}
		return nil
	}
	some := kindTags{tierTags("x"), tierTags("x"), tierTags("x")}
	rules, problems := r.rules(types.Access{}, some, kindTags{}, sets).Rules()
	if rules.Environments == nil && r.MaxOpenDuration != nil {
		problems.AddReason("maxOpenDuration", "goes with what opens environments, and there is none")
	}
	problems = append(problems, rules.Check(options)...)
	for i, one := range problems {
		problems[i].Path = problem.Join(path, rightsPath(one.Path))
	}
	return problems
}

// rightsPath translates a path inside the access that is made from rights to the path in the rights.
func rightsPath(in string) string {
	rules, property, _ := strings.Cut(in, "[0]")
	for _, kind := range tierKinds {
		if kind.rules != rules {
			continue
		}
		switch name, rest, _ := strings.Cut(strings.TrimPrefix(property, "."), "["); {
		case name == "maxOpenDuration":
			return name
		case name == "scopes" && rest != "":
			return kind.scopes + "[" + rest
		case name == "scopes":
			return kind.scopes
		case name == "permissionSet":
			return kind.set
		}
		return kind.level
	}
	return in
}

// checkListName refuses an element whose name another element of the list has.
func checkListName(path, name string, taken map[string]bool) problem.List {
	var problems problem.List
	if taken[name] && name != "" {
		problems.Add(path+".name", "%q is there twice: give each a name of its own", name)
	}
	taken[name] = true
	return problems
}

func checkTagBlocks(path string, element property.Map) problem.List {
	var problems problem.List
	for _, property := range tagProperties {
		switch tags := kit.ValueOf[tagMap](element, property); {
		case tags == nil:
		case len(*tags) == 0:
			problems.AddReason(path+"."+property, "must not be empty: no tags at all would select everything")
		default:
			problems = append(problems, access.CheckTags(path+"."+property, *tags)...)
		}
	}
	return problems
}

// effectiveTags are the tags that select stacks, environments and accounts.
func effectiveTags(element property.Map, absent tagMap) [3]tagMap {
	tags := absent
	if given := kit.ValueOf[tagMap](element, tagProperties[0]); given != nil {
		tags = *given
	}
	all := [3]tagMap{tags, tags, tags}
	for i, property := range tagProperties[1:] {
		if given := kit.ValueOf[tagMap](element, property); given != nil {
			all[i] = *given
		}
	}
	return all
}

func checkTeams(tiers, teams []property.Map) problem.List {
	var problems problem.List
	known := map[string]property.Map{}
	for _, tier := range tiers {
		known[kit.TextOf(tier, "name")] = tier
	}
	if len(tiers) == 0 {
		for _, tier := range defaultTiers() {
			known[tier.Name] = property.Map{}
		}
	}
	names, roles := map[string]bool{}, rolePaths{}
	for i, element := range teams {
		path := kit.Index("teams", i)
		name := kit.TextOf(element, "name")
		problems = append(problems, checkListName(path, name, names)...)
		problems = append(problems, checkTagBlocks(path, element)...)
		problems.AddUnder(path, ownedteam.CheckNames(element))
		problems.AddUnder(path, ownedteam.CheckExisting(element))
		problems = append(problems, checkTeamTiers(path, element, known)...)
		problems = append(problems, checkRoleNames(path, element, known, roles)...)
	}
	return problems
}

// checkRoleNames refuses names that two roles would have, and names for roles that do not exist.
func checkRoleNames(path string, element property.Map, tiers map[string]property.Map, taken rolePaths) problem.List {
	var problems problem.List
	at, role := path+".name", kit.TextOf(element, "name")
	if kit.Has(element, "roleName") {
		at, role = path+".roleName", kit.TextOf(element, "roleName")
	}
	problems = append(problems, taken.take(at, role)...)
	names, team := map[string]string{}, TieredTeam{}
	if given := kit.ValueOf[[]string](element, "tiers"); given != nil {
		team.Tiers = *given
	}
	if given := kit.ValueOf[map[string]string](element, "automationRoleNames"); given != nil {
		names = *given
	}
	for _, tier := range slices.Sorted(maps.Keys(names)) {
		if _, there := tiers[tier]; !there {
			problems.Add(automationNamePath(path, tier), "there is no tier %q: there are %s",
				tier, strings.Join(slices.Sorted(maps.Keys(tiers)), ", "))
		}
	}
	for _, tier := range slices.Sorted(maps.Keys(tiers)) {
		rights, _ := automationIn(tiers[tier])
		switch name, given := names[tier]; {
		case !team.worksIn(tier) || rights.nothing():
		case given:
			problems = append(problems, types.CheckName(automationNamePath(path, tier), name)...)
			problems = append(problems, taken.take(automationNamePath(path, tier), name)...)
		case kit.TextOf(element, "name") != "":
			problems = append(problems, taken.take(path+".automationRoleNames", automationRole(kit.TextOf(element, "name"), tier))...)
		}
	}
	return problems
}

// rolePaths is where the name of each role is given.
type rolePaths map[string]string

// take notes where a role's name is given. A name that another role has is a problem.
func (r rolePaths) take(at, name string) problem.List {
	if first, again := r[name]; again && name != "" {
		return problem.List{{Path: at, Reason: fmt.Sprintf("%q is the name of another role, at %s: choose another one", name, first)}}
	}
	r[name] = at
	return nil
}

func automationNamePath(path, tier string) string {
	return fmt.Sprintf("%s.automationRoleNames[%q]", path, tier)
}

// checkTeamTiers refuses tiers that do not exist, teams that may do nothing in any tier, and tags that contradict those of a tier.
func checkTeamTiers(path string, element property.Map, tiers map[string]property.Map) problem.List {
	var problems problem.List
	team := TieredTeam{}
	if given := kit.ValueOf[[]string](element, "tiers"); given != nil {
		team.Tiers = *given
	}
	for i, name := range team.Tiers {
		if _, ok := tiers[name]; !ok {
			problems.Add(path+"."+kit.Index("tiers", i), "there is no tier %q: there are %s",
				name, strings.Join(slices.Sorted(maps.Keys(tiers)), ", "))
		}
	}
	if kit.IsEmptyList(element, "tiers") {
		problems.AddReason(path+".tiers", "must not be empty: leave it out for all tiers")
	}
	granted := false
	for _, name := range slices.Sorted(maps.Keys(tiers)) {
		if !team.worksIn(name) {
			continue
		}
		rights, _ := peopleIn(tiers[name], name)
		granted = granted || !rights.nothing()
		problems = append(problems, checkContradiction(path, name, effectiveTags(tiers[name], tierTags(name)), effectiveTags(element, nil))...)
	}
	if !granted && len(problems) == 0 {
		problems.AddReason(path, "the team could do nothing in any tier: give people something in one of its tiers")
	}
	return problems
}

func checkContradiction(path, tier string, of, own [3]tagMap) problem.List {
	for i := range of {
		for _, name := range slices.Sorted(maps.Keys(own[i])) {
			if value, ok := of[i][name]; ok && value != own[i][name] {
				return problem.List{{Path: path + ".tags", Reason: fmt.Sprintf("select %s: %s, which tier %q has as %s: nothing can carry both",
					name, own[i][name], tier, value)}}
			}
		}
	}
	return nil
}

package citrust

import (
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// check checks the inputs as far as they are known.
func check(current kit.Checking, in property.Map) problem.List {
	_, problems := kit.OrganizationOf(current.Session, in)
	kind, known := kinds[CiProvider(kit.TextOf(in, "provider"))]
	if !known {
		problems.AddReason("provider", "must be one of "+strings.Join(providers(), ", "))
	}
	switch {
	case kit.Has(in, "url"):
		problems.AddReason("url", oidc.BadIssuerURL(kit.TextOf(in, "url")))
	case known && kind.url == "":
		problems.AddReason("url", "is required: it is the issuer's, which differs from one "+kind.name+" to the next")
	}
	if keys := kit.ValueOf[string](in, "jwks"); keys != nil {
		problems.AddReason("jwks", oidc.BadKeySet(*keys))
	}
	if name := kit.ValueOf[string](in, "name"); name != nil && strings.TrimSpace(*name) == "" {
		problems.AddReason("name", "must not be empty")
	}
	problems = append(problems, types.CheckLifetime("maxExpiration", kit.ValueOf[string](in, "maxExpiration"))...)
	if thumbprints := kit.ValueOf[[]string](in, "thumbprints"); thumbprints != nil {
		problems = append(problems, types.CheckThumbprints("thumbprints", *thumbprints)...)
	}
	problems = append(problems, checkBearer(in, "", teamOrRole{
		kit.Has(in, "team"), kit.Has(in, "roleId"), kit.TextOf(in, "team"), kit.TextOf(in, "roleId"),
	}, everySourceHasOne(kind, in))...)
	if known {
		problems = append(problems, checkTrustedSources(kind, in)...)
	}
	return problems
}

// teamOrRole is the team or the role whose token a workload gets, as the program gives it.
type teamOrRole struct {
	hasTeam, hasRole bool
	team, role       string
}

func checkBearer(in property.Map, path string, given teamOrRole, optional bool) problem.List {
	team, role := problem.Join(path, "team"), problem.Join(path, "roleId")
	switch {
	case given.hasTeam && given.hasRole, !given.hasTeam && !given.hasRole && !optional:
		return problem.List{{Path: team, Reason: "give exactly one of team and roleId"}}
	case given.hasRole:
		return types.CheckRoleID(role, &given.role)
	case !given.hasTeam:
		return nil
	}
	problems := types.CheckName(team, given.team)
	if oidc.HasClaimWildcard(given.team) && !types.IssuerOptInsOf(optInsOf(in)).WildcardInClaim {
		problems.AddReason(team, "holds `*`, `?` or `.`, which are wildcards in a policy, so that the caller chooses among all teams that "+
			"match: rename the team, or insist with allow: [wildcardInClaim]")
	}
	return problems
}

// sourcesIn are what each input trusts.
func sourcesIn(in property.Map) map[string][]types.CiSource {
	return map[string][]types.CiSource{
		"repositories":    sourcesOf(in, "repositories", types.CiRepository.Source),
		"projects":        sourcesOf(in, "projects", types.CiProject.Source),
		"serviceAccounts": sourcesOf(in, "serviceAccounts", types.CiServiceAccount.Source),
		"claims":          sourcesOf(in, "claims", claimsSource),

		"awsRoles":              sourcesOf(in, "awsRoles", types.CiAwsRole.Source),
		"azurePipelines":        sourcesOf(in, "azurePipelines", types.CiAzurePipeline.Source),
		"bitbucketRepositories": sourcesOf(in, "bitbucketRepositories", types.CiBitbucketRepository.Source),
		"buildkitePipelines":    sourcesOf(in, "buildkitePipelines", types.CiBuildkitePipeline.Source),
		"circleProjects":        sourcesOf(in, "circleProjects", types.CiCircleProject.Source),
	}
}

// everySourceHasOne reports whether every source has a team or a role of its own.
func everySourceHasOne(kind kind, in property.Map) bool {
	if in.Get(kind.sources).HasComputed() {
		return true // an unknown fails no check
	}
	sources := sourcesIn(in)[kind.sources]
	return len(sources) > 0 && !slices.ContainsFunc(sources, func(s types.CiSource) bool { return s.Team == nil && s.Role == nil })
}

// checkTrustedSources checks what is trusted, and refuses what belongs to another CI system.
func checkTrustedSources(kind kind, in property.Map) problem.List {
	var problems problem.List
	given := sourcesIn(in)
	for _, name := range slices.Sorted(maps.Keys(given)) {
		switch {
		case name != kind.sources && kit.Has(in, name):
			problems.Add(name, "does not belong to this provider, whose workloads are given in %s", kind.sources)
		case name == kind.sources && len(given[name]) == 0:
			problems.AddReason(name, "say what is trusted: at least one is needed")
		case name == kind.sources:
			problems = append(problems, checkSources(kind, in, name, given[name])...)
		}
	}
	return problems
}

func checkSources(kind kind, in property.Map, name string, sources []types.CiSource) problem.List {
	var problems problem.List
	policies, err := oidc.CIPolicies("", pinning(kind, kit.TextOf(in, "url"), optInsOf(in)), kit.Convert(sources, func(s types.CiSource) oidc.CITrust {
		return oidc.CITrust{Source: s, Bearer: bearer{team: kit.TextOf(in, "team"), role: kit.TextOf(in, "roleId")}.of(s).template()}
	}))
	if reason := oidc.TooManyPolicies(len(policies)); reason != "" {
		problems.AddReason(name, reason)
	}
	for _, one := range problem.Of(err) {
		problems.AddReason(name+one.Path, one.Reason)
	}
	for _, one := range pullRequests(pinning(kind, kit.TextOf(in, "url"), optInsOf(in)), optInsOf(in), sources) {
		problems.AddReason(name+one.Path, one.Reason)
	}
	for i, s := range sources {
		own := teamOrRole{s.Team != nil, s.Role != nil, ptr.Value(s.Team), ptr.Value(s.Role)}
		problems = append(problems, checkBearer(in, kit.Index(name, i), own, true)...)
	}
	return problems
}

// optInsOf are the opt-ins; while they are not known, all of them, since an unknown fails no check.
func optInsOf(in property.Map) []types.OptIn {
	if in.Get("allow").HasComputed() {
		return []types.OptIn{"wildcardInClaim", "bareWildcardSubject", types.PullRequestsOptIn}
	}
	if given := kit.ValueOf[[]types.OptIn](in, "allow"); given != nil {
		return *given
	}
	return nil
}

func sourcesOf[T any](in property.Map, name string, source func(T) types.CiSource) []types.CiSource {
	if given := kit.ValueOf[[]T](in, name); given != nil {
		return kit.Convert(*given, source)
	}
	return nil
}

// providers are the CI systems, by the words of the input.
func providers() []string {
	var words []string
	for _, one := range CiProvider("").Values() {
		words = append(words, string(one.Value))
	}
	return words
}

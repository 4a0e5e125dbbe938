package oidc

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// namespaces are first words that all subjects of a system share.
var namespaces = []string{"", "repo", "project_path", "system", "system:serviceaccount"}

// bareWildcard reports whether a pattern has nothing besides wildcards that tells one workload from another.
func bareWildcard(pattern string) bool {
	if pattern != "" && !HasClaimWildcard(pattern) {
		return false
	}
	rest := strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune(claimWildcards, r) {
			return -1
		}
		return r
	}, pattern), ":/@")
	return slices.Contains(namespaces, rest)
}

// IssuerOptIns are the risks of an issuer's policies that are taken deliberately.
type IssuerOptIns struct {
	TokenWithoutRole    bool // organization tokens with no role, administrators' included
	BareWildcardSubject bool // policies that name no workload
	WildcardInClaim     bool // `*`, `?` and `.` in the values of claims and in the names of teams
}

// MaxIssuerPolicies is how many policies Pulumi Cloud takes for one issuer.
const MaxIssuerPolicies = 40

// TooManyPolicies returns why an issuer cannot have so many policies, or is "".
func TooManyPolicies(policies int) string {
	if policies <= MaxIssuerPolicies {
		return ""
	}
	return fmt.Sprintf("makes %d policies, and Pulumi Cloud takes %d for one issuer: a repository with ids takes two for each branch, tag, "+
		"environment or pull requests. Trust fewer places, or several repositories by one protected environment each", policies, MaxIssuerPolicies)
}

// CheckIssuerPolicies checks policies for an issuer of the organization, whose tokens are of the system. Errors are
// [problem.List] with paths below the list: `[0].claims["sub"]`, `[1].team`, `[2].role`.
func CheckIssuerPolicies(system WorkloadSystem, organization string, policies []IssuerPolicy, allow IssuerOptIns) error {
	var wrong problem.List
	for i, policy := range policies {
		wrong = append(wrong, policy.check(system, organization, allow).Under(fmt.Sprintf("[%d]", i))...)
	}
	return wrong.Err()
}

func (p IssuerPolicy) check(system WorkloadSystem, organization string, allow IssuerOptIns) problem.List {
	wrong := p.checkBearer(allow)
	for _, name := range slices.Sorted(maps.Keys(p.Rules)) {
		property := fmt.Sprintf("claims[%q]", name)
		if _, err := ParseClaimName(name); err != nil {
			wrong.AddReason(property, err.Error())
		}
		if p.Rules[name] == "" {
			wrong.AddReason(property, "is empty: a claim is compared with a value")
		}
	}
	if p.Decision != Allow {
		return wrong
	}
	if audience := system.Audience(organization); p.Rules["aud"] != audience && p.Rules["aud"] != ExchangeAudience(organization) {
		wrong.AddReason(`claims["aud"]`, fmt.Sprintf("must be %q, the audience that an exchange asks for: other tokens never match, or were "+
			"made for somebody else", audience))
	}
	unidentified := system.unidentified(p.Rules)
	bare := unidentified != ""
	if bare && !allow.BareWildcardSubject {
		wrong.AddReason("claims", unidentified+", or acknowledge it with allow: [bareWildcardSubject]")
	}
	for _, name := range slices.Sorted(maps.Keys(p.Rules)) {
		insisted := allow.WildcardInClaim || bare && allow.BareWildcardSubject && bareWildcard(p.Rules[name])
		if name != "aud" && HasClaimWildcard(system.openPart(name, p.Rules)) && !insisted {
			wrong.AddReason(fmt.Sprintf("claims[%q]", name), wildcardReason(p.Rules[name], "Pin another claim, such as an id, "))
		}
	}
	return wrong
}

// checkBearer checks whom the token is for.
func (p IssuerPolicy) checkBearer(allow IssuerOptIns) problem.List {
	var wrong problem.List
	for _, part := range []struct {
		property, value string
		belongs         TokenType
	}{
		{"team", p.TeamName, TeamToken},
		{"user", p.UserLogin, PersonalToken},
		{"runner", p.RunnerID, RunnerToken},
		{"roleId", p.RoleID, OrganizationToken},
	} {
		switch {
		case part.value != "" && p.TokenType != part.belongs:
			wrong.AddReason(part.property, fmt.Sprintf("belongs to %s tokens, and this policy is about %s tokens", part.belongs, p.TokenType))
		case part.value == "" && p.TokenType == part.belongs && p.TokenType != OrganizationToken:
			wrong.AddReason(part.property, fmt.Sprintf("is required for %s tokens", p.TokenType))
		}
	}
	if HasClaimWildcard(p.TeamName) && p.Decision == Allow && !allow.WildcardInClaim {
		wrong.AddReason("team", wildcardReason(p.TeamName, "The caller chooses among all teams that match. Name one team, "))
	}
	switch {
	case p.Admin() && p.TokenType != OrganizationToken:
		wrong.AddReason("admin", fmt.Sprintf("belongs to organization tokens, and this policy is about %s tokens", p.TokenType))
	case p.Admin() && p.RoleID != "":
		wrong.AddReason("admin", "give roleId or admin, not both")
	case p.TokenType != OrganizationToken || p.Decision != Allow || p.RoleID != "" || allow.TokenWithoutRole:
	case p.Admin():
		wrong.AddReason("admin", "lets the workload administer the whole organization: give a role with what it needs, or insist with "+
			"allow: [tokenWithoutRole]")
	default:
		wrong.AddReason("roleId", "is missing: without one the token has what every member has by default. Give the id of a role, or use a "+
			"team, or insist with allow: [tokenWithoutRole]")
	}
	return wrong
}

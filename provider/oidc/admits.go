package oidc

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// SameIssuer compares the addresses of issuers: a slash at the end makes no difference.
func SameIssuer(a, b string) bool { return strings.TrimRight(a, "/") == strings.TrimRight(b, "/") }

// Claims returns what the policy asks for, in one line: `aud=urn:pulumi:org:acme, sub=repo:acme/app`.
func (p IssuerPolicy) Claims() string {
	if len(p.Rules) == 0 {
		return "any token"
	}
	return writtenClaims(p.Rules)
}

// Fits reports whether the policy is about such a request. A name that the policy leaves out is any.
func (p IssuerPolicy) Fits(asked ExchangeRequest) bool { return p.fits(asked) }

// Shadowed reports whether one of the policies denies a request for certain to every token that the policy allow matches. What cannot
// be told is not shadowed.
func Shadowed(policies []IssuerPolicy, allow IssuerPolicy, asked ExchangeRequest) bool {
	return slices.ContainsFunc(policies, func(deny IssuerPolicy) bool {
		return deny.Decision == Deny && deny.fits(asked) && deny.Covers(allow)
	})
}

// Covers reports whether the policy matches whatever the other one matches, for certain.
func (p IssuerPolicy) Covers(other IssuerPolicy) bool {
	for claim, pattern := range p.Rules {
		narrower, compared := other.Rules[claim]
		if !compared {
			return false
		}
		if pattern != "*" && pattern != narrower && (HasClaimWildcard(narrower) || !MatchClaim(pattern, narrower)) {
			return false
		}
	}
	return true
}

// AdmitsClaims reports whether the policy allow gives what is asked for to a token with these claims, by their names in policies, and
// none of the policies denies it. Claims that are not given may be anything: doubt says which of them decide.
func AdmitsClaims(policies []IssuerPolicy, allow IssuerPolicy, asked ExchangeRequest, claims map[string]string) (doubt string, admitted bool) {
	missing, matches := allow.matchesGiven(claims)
	if allow.Decision != Allow || !allow.fits(asked) || !matches {
		return "", false
	}
	if len(missing) > 0 {
		doubt = fmt.Sprintf("whether the token has %s was not given", strings.Join(missing, ", "))
	}
	for _, deny := range policies {
		if deny.Decision != Deny || !deny.fits(asked) {
			continue
		}
		switch missing, matches := deny.matchesGiven(claims); {
		case matches && (len(missing) == 0 || deny.Covers(allow)):
			return "", false
		case matches && doubt == "":
			doubt = fmt.Sprintf("whether the token has %s, which a policy denies, was not given", strings.Join(missing, ", "))
		}
	}
	return doubt, true
}

// GivesOtherRole reports whether another policy gives a different role to the organization token that the policy allow gives: then it is
// not documented which one the token has. Without claims it is about every token that allow admits, else about those with these claims.
func GivesOtherRole(policies []IssuerPolicy, allow IssuerPolicy, asked ExchangeRequest, claims map[string]string) bool {
	return slices.ContainsFunc(policies, func(other IssuerPolicy) bool {
		if other.Decision != Allow || !other.fits(asked) || other.RoleID == allow.RoleID {
			return false
		}
		if claims == nil {
			return other.Covers(allow)
		}
		_, matches := other.matchesGiven(claims)
		return matches
	})
}

// matchesGiven compares the claims that are given, and returns what is asked for besides, as `claim=pattern`.
func (p IssuerPolicy) matchesGiven(claims map[string]string) (missing []string, matches bool) {
	for _, name := range slices.Sorted(maps.Keys(p.Rules)) {
		value, given := claims[name]
		switch {
		case !given:
			missing = append(missing, name+"="+p.Rules[name])
		case !MatchClaim(p.Rules[name], value):
			return nil, false
		}
	}
	return missing, true
}

// Both returns the claims of the tokens that match both policies. Where patterns of a claim cross, so that neither covers the other, which tokens
// match both is not known; overlap is false where none does.
func Both(a, b IssuerPolicy) (claims map[string]string, crosses, overlap bool) {
	claims = maps.Clone(a.Rules)
	if claims == nil {
		claims = map[string]string{}
	}
	for name, pattern := range b.Rules {
		given, both := claims[name]
		switch {
		case !both, given == "*", given == pattern, HasClaimWildcard(given) && !HasClaimWildcard(pattern) && MatchClaim(given, pattern):
			claims[name] = pattern
		case pattern == "*", !HasClaimWildcard(given) && MatchClaim(pattern, given):
		case HasClaimWildcard(given) && HasClaimWildcard(pattern) && claimPatternsMeet(given, pattern):
			crosses = true
		default:
			return nil, false, false
		}
	}
	return claims, crosses, true
}

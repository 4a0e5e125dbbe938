package oidc

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Decision is what a policy says to the tokens that match it.
type Decision string

// The decisions. Deny wins over allow, whatever the order.
const (
	Allow Decision = "allow"
	Deny  Decision = "deny"
)

// TokenType is the kind of access token that an exchange gives.
type TokenType string

// The types of token.
const (
	OrganizationToken TokenType = "organization"
	TeamToken         TokenType = "team"
	PersonalToken     TokenType = "personal"
	RunnerToken       TokenType = "runner"
)

// TokenTypes lists them.
func TokenTypes() []TokenType {
	return []TokenType{OrganizationToken, TeamToken, PersonalToken, RunnerToken}
}

// AdminPermission, among a policy's authorized permissions, lets the caller ask for a token that administers the
// organization.
const AdminPermission = "admin"

// IssuerPolicy is one policy of an OIDC issuer that is registered with Pulumi Cloud, as its API writes it. Rules maps
// names of claims ([ParseClaimName]) to patterns ([MatchClaim]); all of them must match. TeamName is a pattern, too.
type IssuerPolicy struct {
	Decision              Decision          `json:"decision" answer:"text"`
	TokenType             TokenType         `json:"tokenType" answer:"text"`
	TeamName              string            `json:"teamName,omitempty"`
	UserLogin             string            `json:"userLogin,omitempty"`
	RunnerID              string            `json:"runnerID,omitempty"`
	RoleID                string            `json:"roleID,omitempty"`
	AuthorizedPermissions []string          `json:"authorizedPermissions"`
	Rules                 map[string]string `json:"rules" answer:"value"`
}

// DenyAll is the policy of an issuer that admits nobody: the service takes no empty list of policies.
func DenyAll() IssuerPolicy {
	return IssuerPolicy{Decision: Deny, TokenType: OrganizationToken, AuthorizedPermissions: []string{}, Rules: map[string]string{}}
}

// AdmitsNobody reports whether nothing is ever allowed by the policies.
func AdmitsNobody(policies []IssuerPolicy) bool {
	return !slices.ContainsFunc(policies, func(p IssuerPolicy) bool { return p.Decision == Allow })
}

// Admin reports whether the policy lets the caller ask for a token that administers the organization.
func (p IssuerPolicy) Admin() bool { return slices.Contains(p.AuthorizedPermissions, AdminPermission) }

// String is the policy in one line, for people.
func (p IssuerPolicy) String() string {
	text := string(p.Decision) + " " + string(p.TokenType) + " tokens"
	for _, part := range []struct{ what, value string }{
		{"team", p.TeamName}, {"user", p.UserLogin}, {"runner", p.RunnerID}, {"role", p.RoleID},
	} {
		if part.value != "" {
			text += fmt.Sprintf(" of %s %s", part.what, part.value)
		}
	}
	if p.Admin() {
		text += " as administrator"
	}
	if len(p.Rules) == 0 {
		return text + " to everybody"
	}
	return text + " to " + writtenClaims(p.Rules)
}

// Identifier returns what identifies the workloads that the policy admits: the subject, else all claims but the audience.
func (p IssuerPolicy) Identifier() string {
	if subject := p.Rules["sub"]; subject != "" {
		return subject
	}
	claims := maps.Clone(p.Rules)
	delete(claims, "aud")
	if len(claims) == 0 {
		return "any token of the issuer"
	}
	return writtenClaims(claims)
}

func writtenClaims(rules map[string]string) string {
	claims := make([]string, 0, len(rules))
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		claims = append(claims, name+"="+rules[name])
	}
	return strings.Join(claims, ", ")
}

// ExchangeRequest is what the bearer of a token of an issuer asks for: a token of a type, for the team, user or runner
// of that name. Admin asks for an organization token that administers the organization.
type ExchangeRequest struct {
	TokenType TokenType
	Name      string
	Admin     bool
}

// ExchangeDecision is the answer. Policy is the one that allowed or denied, nil when none matched.
type ExchangeDecision struct {
	Allowed bool
	Policy  *IssuerPolicy
	Reason  string
}

// DecideExchange decides as Pulumi Cloud does: of the policies that fit the request and match the token's claims, one
// that denies wins, else one that allows, the first if there are several; without one the answer is no. Signature,
// issuer, audience and times of the token are the caller's business.
func DecideExchange(policies []IssuerPolicy, asked ExchangeRequest, claims map[string]any) ExchangeDecision {
	var allowed *IssuerPolicy
	var missed []string
	for i, policy := range policies {
		if !policy.fits(asked) {
			continue
		}
		if reason := policy.mismatch(claims); reason != "" {
			missed = append(missed, reason)
			continue
		}
		if policy.Decision == Deny {
			return ExchangeDecision{Policy: &policies[i], Reason: fmt.Sprintf("policy %d denies it", i)}
		}
		if allowed == nil && policy.Decision == Allow {
			allowed = &policies[i]
		}
	}
	switch {
	case allowed != nil:
		return ExchangeDecision{Allowed: true, Policy: allowed, Reason: "a policy allows it"}
	case len(missed) == 0:
		return ExchangeDecision{Reason: fmt.Sprintf("no policy is about %s", asked)}
	}
	return ExchangeDecision{Reason: "no policy matches: " + strings.Join(missed, "; ")}
}

// String is the request for people.
func (r ExchangeRequest) String() string {
	switch {
	case r.Admin:
		return "organization tokens with scope admin"
	case r.Name == "":
		return string(r.TokenType) + " tokens"
	}
	return fmt.Sprintf("%s tokens of %q", r.TokenType, r.Name)
}

// fits reports whether the policy is about such a request. A name that the policy leaves out is any.
func (p IssuerPolicy) fits(asked ExchangeRequest) bool {
	if p.TokenType != asked.TokenType {
		return false
	}
	switch p.TokenType {
	case TeamToken:
		return p.TeamName == "" || MatchClaim(p.TeamName, asked.Name)
	case PersonalToken:
		return p.UserLogin == "" || p.UserLogin == asked.Name
	case RunnerToken:
		return p.RunnerID == "" || p.RunnerID == asked.Name
	case OrganizationToken:
		return p.Decision == Deny || !asked.Admin || p.Admin()
	}
	return false
}

// mismatch names the first claim that does not match, in the order of their names, or is "".
func (p IssuerPolicy) mismatch(claims map[string]any) string {
	for _, name := range slices.Sorted(maps.Keys(p.Rules)) {
		pattern := p.Rules[name]
		values := claimValues(claims, name)
		if !slices.ContainsFunc(values, func(value string) bool { return MatchClaim(pattern, value) }) {
			return fmt.Sprintf("the claim %s is %s, and a policy asks for %q", name, list(values), pattern)
		}
	}
	return ""
}

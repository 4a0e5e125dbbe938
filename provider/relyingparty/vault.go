package relyingparty

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// VaultTrust says whom a role of Vault's JWT auth method trusts, and what the role gives. Claims are further claims with their exact
// values. UserClaim is the claim that names Vault's entity, by default the subject.
type VaultTrust struct {
	Subjects  []string
	Audience  string
	Claims    map[string]string
	UserClaim string
	Policies  []string
}

// VaultRole is a role of Vault's JWT auth method: what to write to auth/jwt/role/NAME. The JSON is Vault's own; see
// https://developer.hashicorp.com/vault/api-docs/auth/jwt.
type VaultRole struct {
	RoleType        string              `json:"role_type"`
	BoundAudiences  []string            `json:"bound_audiences"`
	BoundSubject    string              `json:"bound_subject,omitempty"`
	BoundClaimsType string              `json:"bound_claims_type"`
	BoundClaims     map[string][]string `json:"bound_claims,omitempty"`
	UserClaim       string              `json:"user_claim"`
	TokenPolicies   []string            `json:"token_policies,omitempty"`
}

// VaultConfig is the configuration of the auth method itself, what to write to auth/jwt/config: one issuer for all its roles.
type VaultConfig struct {
	DiscoveryURL string `json:"oidc_discovery_url"`
	BoundIssuer  string `json:"bound_issuer"`
}

// NewVaultRole writes the role that admits exactly these subjects with this audience and these claims. Warnings say what is wider
// than it seems. Errors are [problem.List] naming `subjects[i]`, `audience`, `boundClaims["x"]` and `policies[i]`.
func NewVaultRole(t VaultTrust) (role VaultRole, warnings []string, err error) {
	subjects, wrong := oidc.CheckExact("subjects", "subject", t.Subjects)
	wrong.AddReason("audience", oidc.Inexact("audience", t.Audience))
	wrong.AddReason("audience", commaIn(t.Audience))
	role = VaultRole{
		RoleType: "jwt", BoundAudiences: []string{t.Audience}, BoundClaimsType: "string", BoundClaims: map[string][]string{}, UserClaim: t.UserClaim,
		TokenPolicies: t.Policies,
	}
	wrong = append(wrong, otherVersion("subjects[%d]", subjects)...)
	for i, subject := range subjects {
		wrong.AddReason(fmt.Sprintf("subjects[%d]", i), commaIn(subject))
		if oidc.Inexact("subject", subject) == "" {
			wrong.AddReason(fmt.Sprintf("subjects[%d]", i), oidc.SharedSubject(subject, t.Claims))
		}
	}
	if len(subjects) == 1 {
		role.BoundSubject = subjects[0]
	} else {
		role.BoundClaims[subjectClaim] = subjects
	}
	for _, claim := range slices.Sorted(maps.Keys(t.Claims)) {
		property := fmt.Sprintf("boundClaims[%q]", claim)
		wrong.AddReason(property, badClaim(claim))
		wrong.AddReason(property, oidc.Inexact("claim "+claim, t.Claims[claim]))
		wrong.AddReason(property, commaIn(t.Claims[claim]))
		role.BoundClaims[claim] = []string{t.Claims[claim]}
	}
	for i, policy := range t.Policies {
		if strings.TrimSpace(policy) == "" {
			wrong.AddReason(fmt.Sprintf("policies[%d]", i), "is empty")
		}
		wrong.AddReason(fmt.Sprintf("policies[%d]", i), commaIn(policy))
		if strings.EqualFold(strings.TrimSpace(policy), "root") { // Vault trims names of policies and takes them in small letters
			wrong.AddReason(fmt.Sprintf("policies[%d]", i), "is Vault's policy for everything, which no role can give")
		}
	}
	if role.UserClaim == "" {
		role.UserClaim = subjectClaim
	}
	if risk := userClaimRisk(role.UserClaim); risk != "" {
		warnings = append(warnings, risk)
	}
	if len(t.Policies) == 0 {
		warnings = append(warnings, "the role names no policies: its tokens have Vault's default policy alone")
	}
	return role, warnings, wrong.Err()
}

// ConfigFor is the configuration for an issuer.
func ConfigFor(issuer string) VaultConfig {
	issuer = strings.TrimRight(issuer, "/")
	return VaultConfig{DiscoveryURL: issuer, BoundIssuer: issuer}
}

// Document is a role or a configuration as JSON text.
func Document[T VaultRole | VaultConfig](written T) (string, error) {
	text, err := json.Marshal(written)
	return string(text), err
}

// commaIn refuses what tools that configure Vault take for a list.
func commaIn(value string) string {
	if strings.Contains(value, ",") {
		return fmt.Sprintf("%q holds a comma, by which Vault's tools part the values of a list", value)
	}
	return ""
}

func badClaim(name string) string {
	switch {
	case strings.TrimSpace(name) == "":
		return "the name of the claim is empty"
	case strings.HasPrefix(name, "/"):
		return "Vault takes a name that begins with a slash for a path into nested claims"
	case slices.Contains([]string{"sub", "aud", "iss"}, name):
		return "is written by subjects, audience and the configuration of the auth method: leave it out"
	}
	return ""
}

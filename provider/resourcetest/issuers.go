package resourcetest

import "maps"

// MainBranch and OtherBranch are subjects of a CI system.
const (
	MainBranch  = "repo:acme/app:ref:refs/heads/main"
	OtherBranch = "repo:acme/app:ref:refs/heads/dev"
)

// IssuerInputs makes inputs of an OidcIssuer for a CI system that the sandbox hosts.
func IssuerInputs(w World, more map[string]any) map[string]any {
	inputs := map[string]any{"name": "CI", "url": w.CIURL("github"), "maxExpiration": "1h"}
	maps.Copy(inputs, more)
	return inputs
}

// TeamPolicy is a policy that gives jobs with a subject tokens of the team payments.
func TeamPolicy(subject string) map[string]any {
	return map[string]any{"decision": "allow", "tokenType": "team", "team": "payments", "claims": map[string]any{"sub": subject}}
}

// Policies are the policies of an OidcIssuer, for IssuerInputs.
func Policies(all ...any) map[string]any { return map[string]any{"policies": all} }

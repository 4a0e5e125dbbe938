package oidcissuer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// withAudience pins the organization's audience in every policy that allows and names none, so that it is part of what a
// preview shows.
func withAudience(op kit.Op, inputs property.Map) property.Map {
	organization := inputs.Get(kit.OrganizationProperty)
	name := op.Session.Organization
	if organization.IsString() && organization.AsString() != "" {
		name = organization.AsString()
	}
	policies := inputs.Get("policies")
	if name == "" || organization.IsComputed() || !policies.IsArray() {
		return inputs
	}
	filled := make([]property.Value, 0, policies.AsArray().Len())
	for _, policy := range policies.AsArray().All {
		filled = append(filled, pinAudience(policy, oidc.ExchangeAudience(name)))
	}
	return inputs.Set("policies", property.WithGoValue(policies, property.NewArray(filled)))
}

func pinAudience(policy property.Value, audience string) property.Value {
	if !policy.IsMap() {
		return policy
	}
	decision, claims := policy.AsMap().Get("decision"), policy.AsMap().Get("claims")
	allows := decision.IsString() && decision.AsString() == string(oidc.Allow)
	if !allows || !claims.IsMap() && !claims.IsNull() {
		return policy
	}
	pinned := property.Map{}
	if claims.IsMap() {
		pinned = claims.AsMap()
	}
	if _, given := pinned.GetOk("aud"); given {
		return policy
	}
	filled := property.WithGoValue(claims, pinned.Set("aud", property.New(audience)))
	return property.WithGoValue(policy, policy.AsMap().Set("claims", filled))
}

func check(_ context.Context, op kit.Op, v Args) problem.List {
	var problems problem.List
	if strings.TrimSpace(v.Name) == "" {
		problems.Add("name", "must not be empty")
	}
	problems.AddReason("url", oidc.BadIssuerURL(v.URL))
	problems = append(problems, types.CheckLifetime("maxExpiration", v.MaxExpiration)...)
	problems = append(problems, types.CheckThumbprints("thumbprints", ptr.Value(v.Thumbprints))...)
	if v.JWKS != nil {
		problems.AddReason("jwks", oidc.BadKeySet(*v.JWKS))
	}
	problems.AddReason("policies", oidc.TooManyPolicies(len(written(policiesOf(v.Policies)))))
	for i, policy := range ptr.Value(v.Policies) {
		problems = append(problems, types.CheckBareID(fmt.Sprintf("policies[%d].roleId", i), ptr.Value(policy.RoleID))...)
	}
	problems = append(problems, types.CheckOneOf("provider", v.Provider)...)
	organization, system := ptr.Value(v.Organization), types.WorkloadSystem(v.Provider, v.URL)
	if op.Unknown("provider") {
		system = oidc.AnyWorkloads
	}
	for _, one := range problem.Of(oidc.CheckIssuerPolicies(system, organization, policiesOf(v.Policies), types.IssuerOptInsOf(ptr.Value(v.Allow)))) {
		if !dependsOnUnknown(one.Path, op.Unknowns) {
			problems.AddReason("policies"+one.Path, one.Reason)
		}
	}
	problems = append(problems, checkPullRequests(op, v, system, problems)...)
	return append(problems, types.CheckOptIns("OidcIssuer", ptr.Value(v.Allow))...)
}

// checkPullRequests refuses policies that give tokens to runs of pull requests, unless that is acknowledged. Who trusts a repository whole has
// acknowledged it with bareWildcardSubject. A claim that is not known
// yet may be the one that keeps them out, and a policy that is refused already is mended first.
func checkPullRequests(op kit.Op, v Args, system oidc.WorkloadSystem, refused problem.List) problem.List {
	var problems problem.List
	if slices.Contains(ptr.Value(v.Allow), types.PullRequestsOptIn) || wire.Touches("allow", op.Unknowns) {
		return nil
	}
	for i, policy := range policiesOf(v.Policies) {
		property := fmt.Sprintf("policies[%d]", i)
		known := !wire.Touches(property+".claims", op.Unknowns) && !wire.Touches(property+".decision", op.Unknowns)
		already := slices.ContainsFunc(refused, func(one problem.Problem) bool { return strings.HasPrefix(one.Path, property+".claims") })
		if known && !already {
			problems.AddReason(property+".claims", policy.PullRequestsReason(system, !slices.Contains(ptr.Value(v.Allow), "bareWildcardSubject")))
		}
	}
	return problems
}

// dependsOnUnknown drops what is said of whom a policy's token is for while a part of that, or an opt-in, is unknown: one
// part decides about the others.
func dependsOnUnknown(property string, unknowns []string) bool {
	if wire.Touches("allow", unknowns) || wire.Touches("organization", unknowns) {
		return true
	}
	index, rest, _ := strings.Cut(property, "]")
	if strings.HasPrefix(rest, ".claims") {
		return wire.Touches("policies"+index+"].decision", unknowns)
	}
	for _, part := range []string{"decision", "tokenType", "team", "user", "runner", "roleId", "admin"} {
		if wire.Touches("policies"+index+"]."+part, unknowns) {
			return true
		}
	}
	return false
}

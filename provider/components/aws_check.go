package components

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/stores"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// checkTrustLength refuses subjects whose trust policy would be over AWS's limit. Every account's id has the same
// length, so it can be said before the account is known.
func checkTrustLength(path string, block property.Map, subjects []string, audience, issuer string) []access.Problem {
	limit := 0
	if given := valueOf[int](block, "trustPolicyLimit"); given != nil {
		limit = *given
	}
	_, err := oidc.AWSTrustPolicy(oidc.AWSTrust{
		Subjects: subjects, Audiences: []string{audience}, AccountID: "000000000000", Issuer: issuer, Limit: limit,
	})
	var problems []access.Problem
	for _, one := range problem.Of(err) {
		if one.Path != "limit" { // which is judged with the block
			problems = append(problems, access.Problem{Path: path, Reason: one.Reason})
		}
	}
	return problems
}

// checkBroughtTrust judges the trust policy that a role has which exists, where the user gives it. Its statements are judged
// even before the account is known.
func checkBroughtTrust(path string, block property.Map, issuer string, own, strangers []oidc.Opening) []access.Problem {
	if !has(block, "trustPolicy") || block.Get("trustPolicy").IsComputed() {
		return nil
	}
	document, err := oidc.ParseAWSTrustPolicy([]byte(textOf(block, "trustPolicy")))
	if err == nil {
		account := textOf(block, "accountId")
		if _, of, ok := arn.Account(textOf(block, "roleArn")); ok {
			account = of
		}
		err = oidc.CheckAWSTrust(document, account, issuer, own, strangers)
	}
	return inputProblems(problem.Join(path, "trustPolicy"), err)
}

// onlyCreated are the properties that say something of a role that is created, and nothing of one that exists.
var onlyCreated = []string{"createOidcProvider", "oidcAudiences", "permissionsBoundary", "managedPolicyArns", "inlinePolicies", "tags"}

// checkAWS judges an aws block, with paths below path.
func checkAWS(path string, block property.Map) []access.Problem {
	var problems problem.List
	say := func(name, reason string) { problems.AddReason(problem.Join(path, name), reason) }
	if create := valueOf[bool](block, "create"); create != nil && !*create {
		checkExistingAWS(block, say)
	} else {
		checkCreatedAWS(block, say)
	}
	problems = append(problems, types.Under(path, checkInline(block))...)
	if limit := valueOf[int](block, "trustPolicyLimit"); limit != nil && (*limit < 1 || *limit > oidc.MaxTrustPolicyLimit) {
		say("trustPolicyLimit", fmt.Sprintf("%d is not a limit of AWS, which allows 2048 by default and %d at most", *limit, oidc.MaxTrustPolicyLimit))
	}
	if text := textOf(block, "duration"); text != "" {
		if d, err := timetext.ParseDuration(text); err != nil {
			say("duration", err.Error())
		} else if d < arn.MinSession || d > arn.MaxSession || d%time.Second != 0 {
			say("duration", text+" is not a whole number of seconds in AWS's range of 15m to 12h")
		}
	}
	if name := textOf(block, "roleName"); len(name) > 64 {
		say("roleName", fmt.Sprintf("has %d characters; AWS allows 64", len(name)))
	}
	if name := textOf(block, "sessionName"); name != "" {
		say("sessionName", arn.BadSessionName(name))
	}
	checkARNs(block, say)
	return withoutRepeats(problems, checkEmptyTexts(path, block))
}

// checkARNs judges what a role is given by its ARN.
func checkARNs(block property.Map, say func(name, reason string)) {
	if provider := textOf(block, "oidcProviderArn"); provider != "" {
		say("oidcProviderArn", oidc.BadProviderARN(provider))
	}
	policies := map[string][]string{}
	for _, name := range []string{"policyArns", "managedPolicyArns"} {
		if given := valueOf[[]string](block, name); given != nil {
			policies[name] = *given
		}
	}
	if boundary := textOf(block, "permissionsBoundary"); boundary != "" {
		say("permissionsBoundary", arn.BadPolicy(boundary))
	}
	if arns := policies["managedPolicyArns"]; len(distinctTexts(arns)) > stores.MaxManagedPolicies {
		say("managedPolicyArns", fmt.Sprintf("are %d policies; AWS allows a role %d at most. Put some together into one policy",
			len(distinctTexts(arns)), stores.MaxManagedPolicies))
	}
	for name, arns := range policies {
		for i, given := range arns {
			say(index(name, i), arn.BadPolicy(given))
		}
	}
}

func distinctTexts(all []string) []string { return slices.Compact(slices.Sorted(slices.Values(all))) }

// checkEmptyTexts refuses empty texts in a block: each has a default, or must be given.
func checkEmptyTexts(path string, block property.Map) []access.Problem {
	var problems []access.Problem
	for name, value := range block.AllStable {
		if value.IsString() && value.AsString() == "" {
			problems = append(problems, access.Problem{Path: problem.Join(path, name), Reason: "must not be empty: give a value, or leave it out"})
		}
	}
	return problems
}

func checkExistingAWS(block property.Map, say func(name, reason string)) {
	byName := has(block, "accountId") || has(block, "roleName")
	switch {
	case has(block, "roleArn") && byName:
		say("roleArn", "give roleArn, or accountId and roleName, not both")
	case !has(block, "roleArn") && !(has(block, "accountId") && has(block, "roleName")):
		say("roleArn", "with create: false, give roleArn, or accountId and roleName")
	}
	if role := textOf(block, "roleArn"); role != "" {
		say("roleArn", arn.BadRole(role))
	}
	checkAccountID(block, say)
	for _, name := range onlyCreated {
		if has(block, name) {
			say(name, "has no effect on a role that exists: remove it, or create: false")
		}
	}
}

func checkCreatedAWS(block property.Map, say func(name, reason string)) {
	if has(block, "roleArn") {
		say("roleArn", "is the ARN of a role that exists: add create: false, or remove it to create one")
	}
	if has(block, "trustPolicy") {
		say("trustPolicy", "is that of a role that exists: the trust policy of a role that is created is written for you")
	}
	given := 0
	for _, name := range []string{"oidcProviderArn", "accountId"} {
		if has(block, name) {
			given++
		}
	}
	if isTrue(block, "createOidcProvider") {
		given++
	}
	if given != 1 {
		say("oidcProviderArn", "give exactly one of oidcProviderArn, accountId and createOidcProvider, "+
			"so that the role trusts the account's OIDC provider for Pulumi Cloud")
	}
	checkAccountID(block, say)
}

func checkAccountID(block property.Map, say func(name, reason string)) {
	if id := textOf(block, "accountId"); id != "" {
		say("accountId", arn.BadAccountID(id))
	}
}

// inlineLength counts the inline policies of a block as AWS does: without white space.
func inlineLength(block property.Map) int {
	total := 0
	if inline := valueOf[map[string]string](block, "inlinePolicies"); inline != nil {
		for _, policy := range *inline {
			total += utf8.RuneCountInString(strings.Join(strings.Fields(policy), ""))
		}
	}
	return total
}

// checkInline holds all inline policies of a block together against AWS's limit.
func checkInline(block property.Map) []access.Problem {
	total := inlineLength(block)
	if total <= stores.MaxInlinePolicies {
		return nil
	}
	return []access.Problem{{Path: "inlinePolicies", Reason: fmt.Sprintf("have %d characters together; AWS allows %d for all inline policies of a "+
		"role. Move some into managed policies", total, stores.MaxInlinePolicies)}}
}

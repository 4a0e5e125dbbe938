package cloudlogin

import (
	"cmp"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/stores"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// awsCloud is AWS.
type awsCloud struct{}

func (awsCloud) Name() string { return "aws" }

func (awsCloud) Title() string { return "AWS" }

func (awsCloud) MustKnown() []string {
	return []string{"create", "createOidcProvider", "inlinePolicies"}
}

func (awsCloud) Blocks() []string { return []string{"inlinePolicies"} }

func (awsCloud) Audience(all types.Audiences) string { return all.AWS }

func (awsCloud) Planned(block property.Map, attributes []string) esc.Login {
	login := esc.AWSLogin{
		RoleARN:     cmp.Or(kit.TextOf(block, "roleArn"), "arn:aws:iam::123456789012:role/stand-in"),
		SessionName: cmp.Or(kit.TextOf(block, "sessionName"), types.EnvironmentSessionName), SubjectAttributes: attributes,
	}
	if policies := kit.ValueOf[[]string](block, "policyArns"); policies != nil {
		login.PolicyARNs = *policies
	}
	return login
}

// CheckTrust checks the trust policy that is written for the subjects, and that of a role that exists.
func (awsCloud) CheckTrust(block property.Map, planned PlannedTrust) problem.List {
	return append(checkTrustLength(block, planned), checkExistingTrust(block, planned)...)
}

// checkTrustLength refuses subjects whose trust policy would be over AWS's limit. Every account's id has the same
// length, so the account need not be known.
func checkTrustLength(block property.Map, planned PlannedTrust) problem.List {
	limit := 0
	if given := kit.ValueOf[int](block, "trustPolicyLimit"); given != nil {
		limit = *given
	}
	_, err := oidc.AWSTrustPolicy(oidc.AWSTrust{
		Subjects: planned.Subjects, Audiences: []string{planned.audience}, AccountID: "000000000000", Issuer: planned.Issuer, Limit: limit,
	})
	var problems problem.List
	for _, one := range problem.Of(err) {
		if one.Path != "limit" { // which is checked with the block
			problems.AddReason(planned.Length, one.Reason)
		}
	}
	return problems
}

// checkExistingTrust checks the trust policy of a role that exists, where the user gives it. Its statements are checked
// even before the account is known.
func checkExistingTrust(block property.Map, planned PlannedTrust) problem.List {
	if planned.Openings == nil || !kit.Has(block, "trustPolicy") || block.Get("trustPolicy").IsComputed() {
		return nil
	}
	own, others, ok := planned.Openings()
	if !ok {
		return nil // the names have been checked
	}
	document, err := oidc.ParseAWSTrustPolicy([]byte(kit.TextOf(block, "trustPolicy")))
	if err == nil {
		account := kit.TextOf(block, "accountId")
		if _, of, ok := arn.Account(kit.TextOf(block, "roleArn")); ok {
			account = of
		}
		err = oidc.CheckAWSTrust(document, account, planned.Issuer, own, others)
	}
	return problem.Of(err).Under(problem.Join(planned.path, "trustPolicy"))
}

// onlyCreated are the properties that say something of a role that is created, and nothing of one that exists.
var onlyCreated = []string{"createOidcProvider", "oidcAudiences", "permissionsBoundary", "managedPolicyArns", "inlinePolicies", "tags"}

func (awsCloud) Check(block property.Map) problem.List {
	var problems problem.List
	if !CreatesIdentity(&block) {
		checkExistingAWS(block, &problems)
	} else {
		checkCreatedAWS(block, &problems)
	}
	problems = append(problems, checkInline(block)...)
	if limit := kit.ValueOf[int](block, "trustPolicyLimit"); limit != nil && (*limit < 1 || *limit > oidc.MaxTrustPolicyLimit) {
		problems.Add("trustPolicyLimit", "%d is not a limit of AWS, which allows 2048 by default and %d at most", *limit, oidc.MaxTrustPolicyLimit)
	}
	if text := kit.TextOf(block, "duration"); text != "" {
		if d, err := timetext.ParseDuration(text); err != nil {
			problems.AddReason("duration", err.Error())
		} else if d < arn.MinSession || d > arn.MaxSession || d%time.Second != 0 {
			problems.AddReason("duration", text+" is not a whole number of seconds in AWS's range of 15m to 12h")
		}
	}
	if name := kit.TextOf(block, "roleName"); len(name) > 64 {
		problems.Add("roleName", "has %d characters; AWS allows 64", len(name))
	}
	if name := kit.TextOf(block, "sessionName"); name != "" {
		problems.AddReason("sessionName", arn.BadSessionName(name))
	}
	checkARNs(block, &problems)
	problems.AddElsewhere(checkEmptyTexts(block))
	return problems
}

// checkARNs checks what a role is given by its ARN.
func checkARNs(block property.Map, problems *problem.List) {
	if provider := kit.TextOf(block, "oidcProviderArn"); provider != "" {
		problems.AddReason("oidcProviderArn", oidc.BadProviderARN(provider))
	}
	policies := map[string][]string{}
	for _, name := range []string{"policyArns", "managedPolicyArns"} {
		if given := kit.ValueOf[[]string](block, name); given != nil {
			policies[name] = *given
		}
	}
	if boundary := kit.TextOf(block, "permissionsBoundary"); boundary != "" {
		problems.AddReason("permissionsBoundary", arn.BadPolicy(boundary))
	}
	if arns := policies["managedPolicyArns"]; len(kit.Distinct(arns)) > stores.MaxManagedPolicies {
		problems.Add("managedPolicyArns", "are %d policies; AWS allows a role %d at most. Put some together into one policy",
			len(kit.Distinct(arns)), stores.MaxManagedPolicies)
	}
	for name, arns := range policies {
		for i, given := range arns {
			problems.AddReason(kit.Index(name, i), arn.BadPolicy(given))
		}
	}
}

// checkEmptyTexts refuses empty texts in a block: each has a default, or must be given.
func checkEmptyTexts(block property.Map) problem.List {
	var problems problem.List
	for name, value := range block.AllStable {
		if value.IsString() && value.AsString() == "" {
			problems.AddReason(name, "must not be empty: give a value, or leave it out")
		}
	}
	return problems
}

func checkExistingAWS(block property.Map, problems *problem.List) {
	byName := kit.Has(block, "accountId") || kit.Has(block, "roleName")
	switch {
	case kit.Has(block, "roleArn") && byName:
		problems.AddReason("roleArn", "give roleArn, or accountId and roleName, not both")
	case !kit.Has(block, "roleArn") && !(kit.Has(block, "accountId") && kit.Has(block, "roleName")):
		problems.AddReason("roleArn", "with create: false, give roleArn, or accountId and roleName")
	}
	if role := kit.TextOf(block, "roleArn"); role != "" {
		problems.AddReason("roleArn", arn.BadRole(role))
	}
	checkAccountID(block, problems)
	problems.AddUnder("", kit.Forbidden(block, "has no effect on a role that exists: remove it, or create: false", onlyCreated...))
}

func checkCreatedAWS(block property.Map, problems *problem.List) {
	if kit.Has(block, "roleArn") {
		problems.AddReason("roleArn", "is the ARN of a role that exists: add create: false, or remove it to create one")
	}
	if kit.Has(block, "trustPolicy") {
		problems.AddReason("trustPolicy", "is that of a role that exists: the trust policy of a role that is created is written for you")
	}
	given := 0
	for _, name := range []string{"oidcProviderArn", "accountId"} {
		if kit.Has(block, name) {
			given++
		}
	}
	if kit.IsTrue(block, "createOidcProvider") {
		given++
	}
	if given != 1 {
		problems.AddReason("oidcProviderArn", "give exactly one of oidcProviderArn, accountId and createOidcProvider, "+
			"so that the role trusts the account's OIDC provider for Pulumi Cloud")
	}
	checkAccountID(block, problems)
}

func checkAccountID(block property.Map, problems *problem.List) {
	if id := kit.TextOf(block, "accountId"); id != "" {
		problems.AddReason("accountId", arn.BadAccountID(id))
	}
}

// inlineLength counts the inline policies of a block as AWS does: without white space.
func inlineLength(block property.Map) int {
	total := 0
	if inline := kit.ValueOf[map[string]string](block, "inlinePolicies"); inline != nil {
		for _, policy := range *inline {
			total += utf8.RuneCountInString(strings.Join(strings.Fields(policy), ""))
		}
	}
	return total
}

// checkInline compares the length of all inline policies of a block together with AWS's limit.
func checkInline(block property.Map) problem.List {
	total := inlineLength(block)
	if total <= stores.MaxInlinePolicies {
		return nil
	}
	return problem.List{{Path: "inlinePolicies", Reason: fmt.Sprintf("have %d characters together; AWS allows %d for all inline policies of a "+
		"role. Move some into managed policies", total, stores.MaxInlinePolicies)}}
}

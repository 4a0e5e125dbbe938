package oidc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// AWS's limits for the trust policy of a role, in characters; see
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.
const (
	DefaultTrustPolicyLimit = 2048
	MaxTrustPolicyLimit     = 4096
)

const webIdentityAction = "sts:AssumeRoleWithWebIdentity"

// AWSTrust is the input of [AWSTrustPolicy]. Exactly one of OIDCProviderARN and AccountID is given. Issuer defaults to the one
// that the ARN names, or with AccountID to [PulumiCloudIssuer]. Limit is the account's quota for trust policies in characters; 0
// means [DefaultTrustPolicyLimit].
type AWSTrust struct {
	Subjects        []string
	Audiences       []string
	OIDCProviderARN string
	AccountID       string
	Issuer          string
	Limit           int
}

type awsPolicy struct {
	Version   string
	Statement []awsStatement
}

type awsStatement struct {
	Effect    string
	Principal map[string]string
	Action    string
	Condition map[string]map[string]any
}

// AWSTrustPolicy writes the trust policy as JSON: one statement that allows sts:AssumeRoleWithWebIdentity to the
// provider's tokens whose `aud` and `sub` are exactly one of those given, under StringEquals; a string for one value,
// else an array in the order given. The text is deterministic and compact, since AWS does not promise that white space
// is left out when the length of a trust policy is counted. Errors are [problem.List] naming `subjects`, `subjects[i]`,
// `audience`, `audience[i]`, `oidcProviderArn`, `accountId`, `issuer` and `limit`.
func AWSTrustPolicy(t AWSTrust) (string, error) {
	var wrong problem.List
	subjects := distinctExact(&wrong, "subjects", "subject", t.Subjects, namingOne(unsafeInPolicy))
	audiences := distinctExact(&wrong, "audience", "audience", t.Audiences, unsafeInPolicy)
	arn, issuer := t.provider(&wrong)
	limit := t.limit(&wrong)
	if err := wrong.Err(); err != nil {
		return "", err
	}
	text, err := marshalCompact(awsPolicy{
		Version: "2012-10-17",
		Statement: []awsStatement{{
			Effect:    "Allow",
			Principal: map[string]string{"Federated": arn},
			Action:    webIdentityAction,
			Condition: map[string]map[string]any{"StringEquals": {
				issuer + ":aud": oneOrMany(audiences),
				issuer + ":sub": oneOrMany(subjects),
			}},
		}},
	})
	if err != nil {
		return "", err
	}
	if len(text) > limit {
		return "", problem.List{{Path: "subjects", Reason: tooLong(len(text), limit, len(subjects))}}
	}
	return text, nil
}

func (t AWSTrust) provider(wrong *problem.List) (arn, issuer string) {
	switch {
	case t.OIDCProviderARN != "" && t.AccountID != "":
		wrong.AddReason("oidcProviderArn", "give oidcProviderArn or accountId, not both")
		return "", ""
	case t.OIDCProviderARN != "":
		return t.OIDCProviderARN, t.issuerOfARN(wrong)
	case t.AccountID == "":
		wrong.AddReason("oidcProviderArn", "give oidcProviderArn, or accountId to use the provider that stands for the issuer in that account")
		return "", ""
	}
	issuerURL := t.Issuer
	if issuerURL == "" {
		issuerURL = PulumiCloudIssuer
	}
	arn, err := OIDCProviderARN(t.AccountID, issuerURL)
	*wrong = append(*wrong, problem.Of(err)...)
	issuer, _ = issuerPath(issuerURL)
	return arn, issuer
}

func (t AWSTrust) issuerOfARN(wrong *problem.List) string {
	named, reason := providerPath(t.OIDCProviderARN)
	wrong.AddReason("oidcProviderArn", reason)
	if t.Issuer == "" || reason != "" {
		return named
	}
	asked, reason := issuerPath(t.Issuer)
	wrong.AddReason("issuer", reason)
	if reason == "" && asked != named {
		wrong.AddReason("oidcProviderArn", fmt.Sprintf("the provider stands for the issuer https://%s, but tokens come from %s", named, t.Issuer))
	}
	return named
}

func (t AWSTrust) limit(wrong *problem.List) int {
	switch {
	case t.Limit == 0:
		return DefaultTrustPolicyLimit
	case t.Limit < 0 || t.Limit > MaxTrustPolicyLimit:
		wrong.AddReason("limit", fmt.Sprintf("%d is not a limit of AWS, which allows at most %d characters", t.Limit, MaxTrustPolicyLimit))
	}
	return t.Limit
}

func tooLong(length, limit, subjects int) string {
	text := fmt.Sprintf("the trust policy has %d characters with its %d subjects; AWS allows %d. "+
		"List fewer allowed roots, users or operations, or split them over several roles", length, subjects, limit)
	if limit < MaxTrustPolicyLimit {
		text += fmt.Sprintf("; AWS raises the quota \"Role trust policy length\" to at most %d on request", MaxTrustPolicyLimit)
	}
	return text
}

// unsafeInPolicy is [Inexact] for policies of AWS, in which `$` also starts a policy variable.
func unsafeInPolicy(what, value string) string {
	if reason := Inexact(what, value); reason != "" || !strings.Contains(value, "$") {
		return reason
	}
	return fmt.Sprintf("%s %q holds '$', with which AWS starts a policy variable", what, value)
}

func oneOrMany(values []string) any {
	if len(values) == 1 {
		return values[0]
	}
	return values
}

func marshalCompact(v any) (string, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return "", err
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

package oidc

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

const (
	account  = "123456789012"
	provARN  = "arn:aws:iam::123456789012:oidc-provider/api.pulumi.com/oidc"
	oneSub   = "pulumi:deploy:org:acme:project:payments:stack:dev:operation:update:scope:write"
	otherSub = "pulumi:deploy:org:acme:project:payments:stack:dev:operation:preview:scope:write"
)

func TestAWSTrustPolicy(t *testing.T) {
	t.Parallel()
	one := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + provARN + `"},` +
		`"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"api.pulumi.com/oidc:aud":"acme",` +
		`"api.pulumi.com/oidc:sub":"` + oneSub + `"}}}]}`
	for name, test := range map[string]struct {
		trust AWSTrust
		want  string
	}{
		"by account":                 {AWSTrust{AccountID: account}, one},
		"by provider":                {AWSTrust{OIDCProviderARN: provARN}, one},
		"by provider and its issuer": {AWSTrust{OIDCProviderARN: provARN, Issuer: "https://API.pulumi.com/oidc/"}, one},
		"self-hosted": {
			AWSTrust{AccountID: account, Issuer: "https://pulumi.acme.example/oidc"},
			strings.ReplaceAll(one, "api.pulumi.com", "pulumi.acme.example"),
		},
		"self-hosted by provider in China": {
			AWSTrust{OIDCProviderARN: "arn:aws-cn:iam::123456789012:oidc-provider/pulumi.acme.example/oidc"},
			strings.ReplaceAll(strings.ReplaceAll(one, "api.pulumi.com", "pulumi.acme.example"), "arn:aws:", "arn:aws-cn:"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.trust.Subjects, test.trust.Audiences = []string{oneSub}, []string{"acme"}
			got, err := AWSTrustPolicy(test.trust)
			if err != nil || got != test.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, test.want)
			}
		})
	}
	got, err := AWSTrustPolicy(AWSTrust{AccountID: account, Subjects: []string{oneSub, otherSub, oneSub}, Audiences: []string{"aws:acme", "acme"}})
	if err != nil || !strings.Contains(got, `"api.pulumi.com/oidc:sub":["`+oneSub+`","`+otherSub+`"]`) || !strings.Contains(got, `:aud":["aws:acme","acme"]`) {
		t.Errorf("several values: %s, %v", got, err)
	}
}

func TestAWSTrustPolicyRefuses(t *testing.T) {
	t.Parallel()
	good := AWSTrust{Subjects: []string{oneSub}, Audiences: []string{"acme"}, AccountID: account}
	for name, test := range map[string]struct {
		change   func(*AWSTrust)
		property string
		reason   string
	}{
		"no subject":        {func(a *AWSTrust) { a.Subjects = nil }, "subjects", "at least one subject"},
		"no audience":       {func(a *AWSTrust) { a.Audiences = nil }, "audience", "at least one audience"},
		"empty subject":     {func(a *AWSTrust) { a.Subjects = []string{oneSub, ""} }, "subjects[1]", "empty"},
		"wildcard":          {func(a *AWSTrust) { a.Subjects[0] = "pulumi:deploy:org:acme:*" }, "subjects[0]", "wildcard"},
		"one-char wildcard": {func(a *AWSTrust) { a.Subjects[0] = "pulumi:deploy:org:acme?" }, "subjects[0]", "wildcard"},
		"anonymous":         {func(a *AWSTrust) { a.Subjects[0] = "pulumi:environments:org:acme:env:<yaml>" }, "subjects[0]", "subjectAttributes"},
		"variable":          {func(a *AWSTrust) { a.Subjects[0] = "pulumi:${aws:username}" }, "subjects[0]", "variable"},
		"white space":       {func(a *AWSTrust) { a.Subjects[0] = oneSub + "\n" }, "subjects[0]", "cannot be part"},
		"quote":             {func(a *AWSTrust) { a.Subjects[0] = `a"b` }, "subjects[0]", "cannot be part"},
		"audience wildcard": {func(a *AWSTrust) { a.Audiences[0] = "aws:*" }, "audience[0]", "wildcard"},
		"account":           {func(a *AWSTrust) { a.AccountID = "12345678901" }, "accountId", "12 digits"},
		"neither":           {func(a *AWSTrust) { a.AccountID = "" }, "oidcProviderArn", "accountId"},
		"both":              {func(a *AWSTrust) { a.OIDCProviderARN = provARN }, "oidcProviderArn", "not both"},
		"arn":               {byARN("arn:aws:iam::123456789012:saml-provider/acme"), "oidcProviderArn", "not the ARN"},
		"arn partition":     {byARN("arn:gcp:iam::123456789012:oidc-provider/api.pulumi.com/oidc"), "oidcProviderArn", "not the ARN"},
		"arn account":       {byARN("arn:aws:iam::1234:oidc-provider/api.pulumi.com/oidc"), "oidcProviderArn", "not the ARN"},
		"arn wildcard":      {byARN("arn:aws:iam::123456789012:oidc-provider/*"), "oidcProviderArn", "wildcard"},
		"arn slash":         {byARN(provARN + "/"), "oidcProviderArn", "slash"},
		"other issuer":      {func(a *AWSTrust) { byARN(provARN)(a); a.Issuer = "https://api.pulumi.com/oidc/v2" }, "oidcProviderArn", "tokens come from"},
		"issuer":            {func(a *AWSTrust) { a.Issuer = "api.pulumi.com/oidc" }, "issuer", "not a URL"},
		"issuer in clear":   {func(a *AWSTrust) { a.Issuer = "http://api.pulumi.com/oidc" }, "issuer", "https"},
		"issuer query":      {func(a *AWSTrust) { a.Issuer = "https://api.pulumi.com/oidc?a=b" }, "issuer", "nothing else"},
		"limit":             {func(a *AWSTrust) { a.Limit = 5000 }, "limit", "4096"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trust := good
			trust.Subjects, trust.Audiences = slices.Clone(good.Subjects), slices.Clone(good.Audiences)
			test.change(&trust)
			text, err := AWSTrustPolicy(trust)
			problems := problem.Of(err)
			if len(problems) != 1 || problems[0].Path != test.property || !strings.Contains(problems[0].Reason, test.reason) {
				t.Errorf("got %q, %v; want a problem of %s about %q", text, err, test.property, test.reason)
			}
		})
	}
}

func byARN(arn string) func(*AWSTrust) {
	return func(a *AWSTrust) { a.AccountID, a.OIDCProviderARN = "", arn }
}

// The number of subjects that fit is found by trying, so that the limit itself is what is tested.
func TestAWSTrustPolicyLimit(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{0, 3000, MaxTrustPolicyLimit} {
		allowed := limit
		if limit == 0 {
			allowed = 2048
		}
		trust := AWSTrust{AccountID: account, Audiences: []string{"acme"}, Limit: limit}
		longest := 0
		for n := 1; ; n++ {
			trust.Subjects = append(trust.Subjects, fmt.Sprintf("pulumi:%04d", n))
			text, err := AWSTrustPolicy(trust)
			if err == nil {
				longest = len(text)
				continue
			}
			// One more subject adds 14 characters: the quotes, the comma and the text.
			if longest > allowed || longest+14 <= allowed {
				t.Errorf("limit %d: the longest that passed has %d characters", allowed, longest)
			}
			reason := err.Error()
			for _, part := range []string{fmt.Sprint(allowed), fmt.Sprintf("%d characters", longest+14), "fewer"} {
				if !strings.Contains(reason, part) {
					t.Errorf("limit %d: %q does not say %q", allowed, reason, part)
				}
			}
			if strings.Contains(reason, "quota") != (allowed < MaxTrustPolicyLimit) {
				t.Errorf("limit %d: %q", allowed, reason)
			}
			break
		}
	}
}

func TestAWSTrustPolicyIsCompactJSON(t *testing.T) {
	t.Parallel()
	text, err := AWSTrustPolicy(AWSTrust{AccountID: account, Subjects: []string{"a&b"}, Audiences: []string{"acme"}})
	if err != nil || !json.Valid([]byte(text)) || strings.ContainsAny(text, " \n") || !strings.Contains(text, `"a&b"`) {
		t.Errorf("got %s, %v", text, err)
	}
}

func TestOIDCProviderARN(t *testing.T) {
	t.Parallel()
	for issuer, want := range map[string]string{
		PulumiCloudIssuer:                  provARN,
		"https://Pulumi.Acme.example/oidc": "arn:aws:iam::123456789012:oidc-provider/pulumi.acme.example/oidc",
		"http://127.0.0.1:8080/oidc":       "arn:aws:iam::123456789012:oidc-provider/127.0.0.1:8080/oidc",
	} {
		if got, err := OIDCProviderARN(account, issuer); err != nil || got != want {
			t.Errorf("%s: got %q, %v", issuer, got, err)
		}
	}
	_, err := OIDCProviderARN("1", "ftp://x")
	if got, want := properties(err), []string{"accountId", "issuer"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDefaultIssuer(t *testing.T) {
	t.Parallel()
	for api, want := range map[string]string{
		"https://api.pulumi.com": PulumiCloudIssuer, "https://api.pulumi.com/": PulumiCloudIssuer,
		"http://127.0.0.1:80//": "http://127.0.0.1:80/oidc",
	} {
		if got := DefaultIssuer(api); got != want {
			t.Errorf("%s: got %q", api, got)
		}
	}
}

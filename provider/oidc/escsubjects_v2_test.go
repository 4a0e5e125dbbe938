package oidc

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestESCSubjectV2(t *testing.T) {
	t.Parallel()
	subject, err := ESCSubjectV2(EnvironmentID{"0a1b-22", "77c2"})
	if err != nil || subject != "pulumi:org:0a1b-22:env:77c2" {
		t.Errorf("got %q, %v", subject, err)
	}
	if e, err := ParseESCSubjectV2(subject); err != nil || e != (EnvironmentID{"0a1b-22", "77c2"}) {
		t.Errorf("got %v, %v", e, err)
	}
	for issuer, want := range map[string]string{
		PulumiCloudIssuer: "https://api.pulumi.com/oidc/v2", PulumiCloudIssuer + "/": "https://api.pulumi.com/oidc/v2",
		PulumiCloudIssuer + "/v2": "https://api.pulumi.com/oidc/v2",
	} {
		if got := IssuerV2(issuer); got != want {
			t.Errorf("%s: got %s", issuer, got)
		}
	}
	for _, id := range []string{"", "payments/prod", "a:b", "*", "a b", "a?", "<yaml>", "a\n"} {
		for property, e := range map[string]EnvironmentID{"organizationId": {id, "e"}, "environmentId": {"o", id}} {
			got, err := ESCSubjectV2(e)
			wantProblem(t, got, err, property, "is not the id of an")
		}
	}
	for _, text := range []string{"", "pulumi:org:a:env:", "pulumi:org:a:env:b:c", "pulumi:org::env:b", "xpulumi:org:a:env:b", "pulumi:org:a:env:p/e", "pulumi:org:*:env:b"} {
		if e, err := ParseESCSubjectV2(text); err == nil {
			t.Errorf("%q was read as %v", text, e)
		}
	}
}

// Trust of the second version admits the environment that it is written for and no other, in each cloud, whatever resembles it; and
// nothing is found in it.
func TestSecondVersionTrustProperty(t *testing.T) {
	admitted, denied := 0, 0
	ids := rapid.StringMatching(`[ab0][ab0-]{0,3}`)
	rapid.Check(t, func(t *rapid.T) {
		mine := EnvironmentID{ids.Draw(t, "organization"), ids.Draw(t, "environment")}
		subject := must(ESCSubjectV2(mine))
		issuer := IssuerV2(rapid.SampledFrom([]string{PulumiCloudIssuer, "https://pulumi.acme.example/oidc"}).Draw(t, "service"))
		const audience = "https://cloud.example.com"
		aws, err1 := AWSTrustPolicy(AWSTrust{Subjects: []string{subject}, Audiences: []string{audience}, AccountID: account, Issuer: issuer, Limit: MaxTrustPolicyLimit})
		credentials, err2 := AzureFederatedCredentials(AzureTrust{Subjects: []string{subject}, Audience: audience, Issuer: issuer})
		provider, err3 := GoogleWorkloadIdentityFor(GoogleTrust{Subjects: []string{subject}, Audience: audience, Issuer: issuer, Pool: pool})
		for _, err := range []error{err1, err2, err3} {
			if err != nil {
				t.Fatal(err)
			}
		}
		azure, google := must(Document(credentials)), must(Document(provider))
		policies := must(marshalCompact([]IssuerPolicy{{Decision: Allow, TokenType: TeamToken, TeamName: "x", AuthorizedPermissions: []string{}, Rules: map[string]string{"aud": ExchangeAudience("acme"), "sub": subject}}}))
		for document, kind := range map[string]DocumentKind{aws: AWSDocument, azure: AzureDocument, google: GoogleDocument, policies: PulumiDocument} {
			if got := lint(t, kind, document, ""); len(got) > 0 {
				t.Fatalf("%q in %s", got, document)
			}
			wide := strings.ReplaceAll(document, subject, "pulumi:org:"+mine.Organization+":env:*")
			if got := lint(t, kind, wide, ""); len(got) == 0 {
				t.Fatalf("nothing is found in %s", wide)
			}
		}
		id := WebIdentity{
			Issuer:    rapid.SampledFrom([]string{issuer, issuer, issuer + "/", strings.TrimSuffix(issuer, "/v2")}).Draw(t, "issuer"),
			Subject:   fmt.Sprintf("pulumi:org:%s:env:%s", mutate(t, "organization id", mine.Organization), mutate(t, "environment id", mine.Environment)),
			Audiences: []string{rapid.SampledFrom([]string{audience, audience, "https://other.example.com"}).Draw(t, "audience")},
		}
		want := id.Issuer == issuer && id.Subject == subject && id.Audiences[0] == audience
		byAWS := naiveAllows(aws, naiveRequest{
			kind: "Federated", name: "arn:aws:iam::" + account + ":oidc-provider/" + strings.TrimPrefix(id.Issuer, "https://"), action: webIdentityAction,
			context: map[string][]string{
				strings.TrimPrefix(id.Issuer, "https://") + ":sub": {id.Subject}, strings.TrimPrefix(id.Issuer, "https://") + ":aud": id.Audiences,
			},
		})
		byAzure, _ := EvaluateAzure(credentials, id)
		if byAWS != want || (byAzure == Allowed) != want {
			t.Fatalf("%+v: AWS %v, Azure %s, want %v", id, byAWS, byAzure, want)
		}
		if want {
			admitted++
		} else {
			denied++
		}
	})
	if admitted == 0 || denied == 0 {
		t.Errorf("%d admitted, %d denied", admitted, denied)
	}
}

// Documents that trust tokens of the second version, with what is wrong with each.
func TestLintSecondVersion(t *testing.T) {
	t.Parallel()
	aws := func(condition string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/api.pulumi.com/oidc/v2"},` +
			`"Action":"sts:AssumeRoleWithWebIdentity","Condition":` + strings.ReplaceAll(condition, "V2", "api.pulumi.com/oidc/v2") + `}]}`
	}
	azure := func(issuer, subject string) string {
		return `{"issuer":"` + issuer + `","audiences":["x"],"subject":"` + subject + `"}`
	}
	google := func(condition string) string {
		return `{"oidc":{"issuerUri":"https://api.pulumi.com/oidc/v2","allowedAudiences":["x"]},"attributeCondition":"` + condition + `"}`
	}
	policy := func(rules string) string {
		return `{"decision":"allow","rules":{"aud":"urn:pulumi:org:acme",` + rules + `}}`
	}
	for name, test := range map[string]struct {
		kind           DocumentKind
		document, want string
	}{
		"AWS, exact":             {AWSDocument, aws(`{"StringEquals":{"V2:aud":"x","V2:sub":"pulumi:org:o:env:e"}}`), ""},
		"AWS, audience alone":    {AWSDocument, aws(`{"StringEquals":{"V2:aud":"x"}}`), "audience-only high"},
		"AWS, an organization's": {AWSDocument, aws(`{"StringEquals":{"V2:aud":"x"},"StringLike":{"V2:sub":"pulumi:org:o:env:*"}}`), "wildcard-subject high"},
		"AWS, no audience":       {AWSDocument, aws(`{"StringEquals":{"V2:sub":"pulumi:org:o:env:e"}}`), "missing-audience medium"},
		"Azure, exact":           {AzureDocument, azure("https://api.pulumi.com/oidc/v2", "pulumi:org:o:env:e"), ""},
		"Azure, self-hosted":     {AzureDocument, azure("https://pulumi.acme.example/oidc/v2", "pulumi:org:o:env:e"), ""},
		"Azure, an organization": {AzureDocument, azure("https://api.pulumi.com/oidc/v2", "pulumi:org:o"), "missing-subject high"},
		"Google, exact":          {GoogleDocument, google(`assertion.sub == 'pulumi:org:o:env:e'`), ""},
		"Google, by the root":    {GoogleDocument, google(`assertion['https://pulumi.com/root_env_id'] == 'e'`), ""},
		"Google, organization":   {GoogleDocument, google(`assertion['https://pulumi.com/org_id'] == 'o'`), "audience-only high"},
		"Pulumi, exact":          {PulumiDocument, policy(`"sub":"pulumi:org:o:env:e"`), ""},
		"Pulumi, by the root":    {PulumiDocument, policy(`"\"https://pulumi.com/root_env_id\"":"e"`), ""},
		"Pulumi, organization":   {PulumiDocument, policy(`"\"https://pulumi.com/org_id\"":"o"`), "missing-subject high"},
		"Pulumi, pattern":        {PulumiDocument, policy(`"sub":"pulumi:org:o:env:*"`), "wildcard-subject high"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantFindings(t, test.kind, test.document, test.want)
		})
	}
}

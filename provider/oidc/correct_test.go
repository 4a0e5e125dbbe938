package oidc

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const (
	intruder = `pulumi:environments:pulumi.organization.login:acme:rootEnvironment.name:play/mine:currentEnvironment.name:payments/prod`
	deploy   = `pulumi:deploy:org:acme:project:payments:stack:prod:operation:update:scope:write`
)

// meant is what the documents of these tests were meant to trust.
var meant = Intent{Organization: "acme", Subjects: []string{login}, Audience: "aws:acme", AccountID: account}

// Each way in which people get a trust policy wrong is fixed, and what comes out admits who is meant and nobody else.
func TestCorrectAWS(t *testing.T) {
	t.Parallel()
	sub := awsSub + `"` + login + `"`
	exact := `{"StringEquals": {` + awsAud + `, ` + sub + `}}`
	const always, asked, never = "without being told what is meant", "when it is said what is meant", "never, since that would widen it"
	for name, test := range map[string]struct {
		document string
		rule     string
		when     string // it is corrected
	}{
		"audience only":                {trusting(`{"StringEquals": {` + awsAud + `}}`), RuleAudienceOnly, asked},
		"no condition":                 {trusting(`{}`), RuleMissingSubject, asked},
		"StringLike with env:*":        {trusting(`{"StringEquals": {` + awsAud + `}, "StringLike": {` + awsSub + `"pulumi:environments:org:acme:env:*"}}`), RuleWildcardSubject, never},
		"a pattern beside a subject":   {trusting(`{"StringEquals": {` + awsAud + `}, "StringLike": {` + awsSub + `["` + login + `", "pulumi:deploy:org:acme:*"]}}`), RuleWildcardSubject, always},
		"the subject <yaml>":           {trusting(`{"StringEquals": {` + awsAud + `, ` + awsSub + `"pulumi:environments:org:acme:env:<yaml>"}}`), RuleAnonymousSubject, never},
		"<yaml> beside a subject":      {trusting(`{"StringEquals": {` + awsAud + `, ` + awsSub + `["pulumi:environments:org:acme:env:<yaml>", "` + login + `"]}}`), RuleAnonymousSubject, always},
		"ForAllValues":                 {trusting(`{"StringEquals": {` + awsAud + `}, "ForAllValues:StringEquals": {` + sub + `}}`), RuleForAllValues, always},
		"ForAllValues with StringLike": {trusting(`{"StringEquals": {` + awsAud + `}, "ForAllValues:StringLike": {` + sub + `}}`), RuleForAllValues, always},
		"ForAllValues on both":         {trusting(`{"ForAllValues:StringEquals": {` + awsAud + `, ` + sub + `}}`), RuleForAllValues, always},
		"IfExists":                     {trusting(`{"StringEqualsIfExists": {` + awsAud + `, ` + sub + `}}`), RuleIfExists, always},
		"missing audience":             {trusting(`{"StringEquals": {` + sub + `}}`), RuleMissingAudience, always},
		"audience like":                {trusting(`{"StringLike": {` + awsAud + `}, "StringEquals": {` + sub + `}}`), RuleAudienceLike, always},
		"audience like a pattern":      {trusting(`{"StringLike": {"api.pulumi.com/oidc:aud": "aws:*"}, "StringEquals": {` + sub + `}}`), RuleAudienceLike, always},
		"audience of Azure":            {trusting(`{"StringEquals": {"api.pulumi.com/oidc:aud": "azure:acme", ` + sub + `}}`), RuleWrongAudience, never},
		"a literal wildcard":           {trusting(`{"StringEquals": {` + awsAud + `, ` + awsSub + `"pulumi:deploy:org:acme:*"}}`), RuleWildcardCharacter, never},
		"several organizations":        {trusting(`{"StringEquals": {"api.pulumi.com/oidc:aud": ["aws:acme", "aws:other"], ` + sub + `}}`), RuleSeveralOrganizations, always},
		"several, in subjects": {trusting(`{"StringEquals": {"api.pulumi.com/oidc:aud": ["aws:acme", "aws:other"], ` + awsSub + `["` + login + `", "` +
			strings.Replace(login, "acme", "other", 1) + `"]}}`), RuleSeveralOrganizations, asked},
		"NotPrincipal":      {strings.Replace(trusting(exact), `"Principal"`, `"NotPrincipal"`, 1), RuleNotPrincipal, never},
		"NotPrincipal, AWS": {strings.Replace(trusting(exact), `"Principal": {"Federated": "`+provARN+`"}`, `"NotPrincipal": {"AWS": "arn:aws:iam::210987654321:root"}`, 1), RuleNotPrincipal, asked},
		"Principal *":       {strings.Replace(trusting(exact), `{"Federated": "`+provARN+`"}`, `"*"`, 1), RuleAnyPrincipal, asked},
		"Principal AWS *":   {strings.Replace(trusting(exact), `{"Federated": "`+provARN+`"}`, `{"AWS": "*"}`, 1), RuleAnyPrincipal, asked},
		"not JSON":          {`{"Version": "2012-10-17", "Statement": [`, RuleInvalidDocument, never},
		"one statement": {`{"Statement": {"Effect": "Allow", "Principal": {"Federated": "` + provARN + `"}, "Action": "sts:AssumeRoleWithWebIdentity",
			"Condition": {"StringEquals": {` + awsAud + `}}}}`, RuleAudienceOnly, asked},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, want := range []Intent{meant, {}} {
				findings, err := Lint(AWSDocument, test.document, want)
				if err != nil {
					t.Fatal(err)
				}
				at := slices.IndexFunc(findings, func(f Finding) bool { return f.Rule == test.rule })
				if at < 0 {
					t.Fatalf("%s is not found: %+v", test.rule, findings)
				}
				corrected := findings[at].Corrected
				if (corrected != "") != (test.when == always || test.when == asked && len(want.Subjects) > 0) {
					t.Errorf("intent %+v: got %q", want, corrected)
				}
				if (corrected == "") != strings.Contains(findings[at].Fix, "There is no corrected document: ") {
					t.Errorf("intent %+v: it is not said why: %s", want, findings[at].Fix)
				}
				if corrected != "" {
					wantClean(t, AWSDocument, corrected, test.rule)
				}
			}
			whole := Correct(AWSDocument, test.document, meant)
			if test.when == never {
				if whole != "" {
					t.Errorf("got %s", whole)
				}
				return
			}
			if got := lint(t, AWSDocument, whole, "acme"); len(got) > 0 {
				t.Fatalf("still found: %q in %s", got, whole)
			}
			for subject, want := range map[string]bool{login: true, intruder: false, deploy: false, "": false} {
				if got := decides(t, whole, subject, "aws:acme"); got != want {
					t.Errorf("%q: admitted %v by %s", subject, got, whole)
				}
			}
			if decides(t, whole, login, "aws:other") || decides(t, whole, login, "sts.amazonaws.com") {
				t.Errorf("another audience is admitted by %s", whole)
			}
		})
	}
}

func wantClean(t fataler, kind DocumentKind, document, rule string) {
	for _, found := range lint(t, kind, document, "") {
		if strings.HasPrefix(found, rule+" ") {
			t.Fatalf("%s is still found in %s", rule, document)
		}
	}
}

func decides(t *testing.T, document, subject, audience string) bool {
	t.Helper()
	parsed, err := ParseAWSTrustPolicy([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	allowed, _ := parsed.Decide(account, WebIdentity{Issuer: PulumiCloudIssuer, Subject: subject, Audiences: []string{audience}})
	return allowed
}

func TestCorrectOthers(t *testing.T) {
	t.Parallel()
	two := Intent{Organization: "acme", Subjects: []string{login, deploy}}
	for name, test := range map[string]struct {
		kind     DocumentKind
		document string
		want     Intent
		rule     string
		expected string // without white space; "" is none
	}{
		"Azure, a subject each": {
			AzureDocument, `[{"name": "p", "issuer": "https://api.pulumi.com/oidc", "audiences": ["azure:acme"]}]`, two, RuleAudienceOnly, ``,
		},
		"Azure, flexible": {
			AzureDocument, `{"properties": {"issuer": "https://api.pulumi.com/oidc", "audiences": ["azure:acme"], "claimsMatchingExpression": {"value": "claims['sub'] matches 'pulumi:*'"}}}`,
			meant, RuleWildcardSubject,
			`{"properties":{"audiences":["azure:acme"],"issuer":"https://api.pulumi.com/oidc","subject":"` + login + `"}}`,
		},
		"Azure, no audience":            {AzureDocument, `[{"subject": "` + login + `"}]`, Intent{}, RuleMissingAudience, ``},
		"Azure, the wrong audience":     {AzureDocument, `[{"subject": "` + login + `", "audiences": ["aws:acme"]}]`, Intent{}, RuleWrongAudience, ``},
		"Azure, one object for two":     {AzureDocument, `{"audiences": ["azure:acme"]}`, two, RuleAudienceOnly, ``},
		"Azure, two organizations":      {AzureDocument, `[{"subject": "` + login + `", "audiences": ["azure:acme"]}, {"subject": "pulumi:deploy:org:other:x", "audiences": ["other"]}]`, Intent{Organization: "acme"}, RuleSeveralOrganizations, `[{"audiences":["azure:acme"],"subject":"` + login + `"}]`},
		"Azure, of two which":           {AzureDocument, `[{"subject": "` + login + `", "audiences": ["azure:acme"]}, {"subject": "pulumi:deploy:org:other:x", "audiences": ["other"]}]`, Intent{}, RuleSeveralOrganizations, ``},
		"Google, a prefix":              {GoogleDocument, `assertion.sub.startsWith("pulumi:")`, meant, RuleWildcardSubject, `assertion.sub=='` + login + `'`},
		"Google, nothing":               {GoogleDocument, `true`, meant, RuleMissingSubject, `assertion.sub=='` + login + `'`},
		"Google, nobody knows":          {GoogleDocument, `true`, Intent{}, RuleMissingSubject, ``},
		"Google, not CEL":               {GoogleDocument, `assertion.sub == "`, meant, RuleInvalidDocument, ``},
		"Google, audience stays":        {GoogleDocument, `assertion.aud == 'gcp:acme'`, Intent{Subjects: []string{login}}, RuleAudienceOnly, `assertion.sub=='` + login + `'&&assertion.aud=='gcp:acme'`},
		"Google, no audience":           {GoogleDocument, `{"attributeCondition": "assertion.sub == '` + login + `'"}`, Intent{}, RuleMissingAudience, `{"attributeCondition":"assertion.sub=='` + login + `'","oidc":{"allowedAudiences":["gcp:acme"]}}`},
		"Pulumi, a subject each":        {PulumiDocument, `{"policies": [{"decision": "allow", "tokenType": "team", "teamName": "t", "rules": {"aud": "urn:pulumi:org:acme"}}]}`, Intent{Subjects: []string{"a", "b"}}, RuleAudienceOnly, `{"policies":[{"decision":"allow","rules":{"aud":"urn:pulumi:org:acme","sub":"a"},"teamName":"t","tokenType":"team"},{"decision":"allow","rules":{"aud":"urn:pulumi:org:acme","sub":"b"},"teamName":"t","tokenType":"team"}]}`},
		"Pulumi, no audience":           {PulumiDocument, `{"decision": "allow", "rules": {"sub": "x"}}`, Intent{Organization: "acme"}, RuleMissingAudience, `{"decision":"allow","rules":{"aud":"urn:pulumi:org:acme","sub":"x"}}`},
		"Pulumi, whose audience":        {PulumiDocument, `{"decision": "allow", "rules": {"sub": "x"}}`, Intent{}, RuleMissingAudience, ``},
		"Pulumi, a name beside its id":  {PulumiDocument, `{"decision": "allow", "rules": {"aud": "urn:pulumi:org:acme", "repository": "acme/my.app", "repository_id": "2", "ref": "refs/heads/main"}}`, Intent{}, RuleWildcardCharacter, ``},
		"Pulumi, a branch stays pinned": {PulumiDocument, `{"decision": "allow", "rules": {"aud": "urn:pulumi:org:acme", "repository_id": "2", "ref": "refs/heads/v1.2"}}`, Intent{}, RuleWildcardCharacter, ``},
		"Pulumi, a team":                {PulumiDocument, `{"decision": "allow", "teamName": "*", "rules": {"aud": "urn:pulumi:org:acme", "sub": "x"}}`, meant, RuleWildcardCharacter, ``},
		"Pulumi, other organizations":   {PulumiDocument, `[{"decision": "allow", "rules": {"aud": "urn:pulumi:org:acme", "sub": "x"}}, {"decision": "allow", "rules": {"aud": "urn:pulumi:org:b", "sub": "x"}}]`, Intent{Organization: "acme"}, RuleOtherOrganization, `[{"decision":"allow","rules":{"aud":"urn:pulumi:org:acme","sub":"x"}}]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			findings, err := Lint(test.kind, test.document, test.want)
			if err != nil {
				t.Fatal(err)
			}
			at := slices.IndexFunc(findings, func(f Finding) bool { return f.Rule == test.rule })
			if at < 0 {
				t.Fatalf("%s is not found: %+v", test.rule, findings)
			}
			if got := strings.Join(strings.Fields(findings[at].Corrected), ""); got != test.expected {
				t.Errorf("got  %s\nwant %s", got, test.expected)
			}
			if findings[at].Corrected != "" {
				wantClean(t, test.kind, findings[at].Corrected, test.rule)
			}
		})
	}
}

// Whatever is wrong with a document, in whatever combination: a correction is clean of its rule, brings in no other, and
// what is corrected whole admits none but the subjects that were given.
func TestCorrectionsProperty(t *testing.T) {
	t.Parallel()
	subjects := rapid.SampledFrom([]string{
		login, intruder, deploy, "pulumi:deploy:org:other:x", "pulumi:environments:org:acme:env:*", "pulumi:environments:org:acme:env:<yaml>", "*",
	})
	audiences := rapid.SampledFrom([]string{"aws:acme", "acme", "aws:other", "azure:acme", "aws:*", "sts.amazonaws.com"})
	operators := rapid.SampledFrom([]string{
		"StringEquals", "StringLike", "ForAllValues:StringEquals", "ForAnyValue:StringLike", "StringEqualsIfExists", "StringNotEquals",
		"ForAllValues:StringLikeIfExists", "StringEqualsIgnoreCase",
	})
	quoted := func(values []string) string {
		return `["` + strings.Join(values, `", "`) + `"]`
	}
	statement := rapid.Custom(func(t *rapid.T) string {
		conditions := map[string]string{}
		for range rapid.IntRange(0, 3).Draw(t, "conditions") {
			claim, values := "aud", audiences
			if rapid.Bool().Draw(t, "subject") {
				claim, values = "sub", subjects
			}
			conditions[operators.Draw(t, "operator")] = fmt.Sprintf(`{"api.pulumi.com/oidc:%s": %s}`, claim,
				quoted(rapid.SliceOfNDistinct(values, 1, 2, rapid.ID).Draw(t, claim)))
		}
		var written []string
		for operator, keys := range conditions {
			written = append(written, `"`+operator+`": `+keys)
		}
		slices.Sort(written)
		principal := rapid.SampledFrom([]string{
			`"Principal": {"Federated": "` + provARN + `"}`, `"Principal": "*"`, `"NotPrincipal": {"Federated": "` + provARN + `"}`, `"Principal": {"AWS": "*"}`,
		}).Draw(t, "principal")
		return `{"Effect": "` + rapid.SampledFrom([]string{"Allow", "Allow", "Deny"}).Draw(t, "effect") + `", ` + principal +
			`, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {` + strings.Join(written, ", ") + `}}`
	})
	rapid.Check(t, func(t *rapid.T) {
		document := `{"Version": "2012-10-17", "Statement": [` + strings.Join(rapid.SliceOfN(statement, 1, 2).Draw(t, "statements"), ", ") + `]}`
		want := rapid.SampledFrom([]Intent{meant, {}, {Organization: "acme"}, {Subjects: []string{login}}}).Draw(t, "intent")
		findings, err := Lint(AWSDocument, document, want)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			if f.Corrected != "" {
				wantClean(t, AWSDocument, f.Corrected, f.Rule)
			}
		}
		whole := Correct(AWSDocument, document, want)
		if whole == "" {
			return
		}
		if got := lint(t, AWSDocument, whole, want.Organization); len(got) > 0 {
			t.Fatalf("still found: %q in %s", got, whole)
		}
		parsed, err := ParseAWSTrustPolicy([]byte(whole))
		if err != nil {
			t.Fatalf("%v in %s", err, whole)
		}
		for _, subject := range []string{login, intruder, deploy, "x"} {
			admitted, _ := parsed.Decide(account, WebIdentity{Issuer: PulumiCloudIssuer, Subject: subject, Audiences: []string{"aws:acme"}})
			if admitted && !strings.Contains(document, subject) && !slices.Contains(want.Subjects, subject) {
				t.Fatalf("%s admits %s, which neither document nor intent names", whole, subject)
			}
		}
	})
}

// Nothing is found in the policies that are written for CI systems.
func TestLintIsSilentOnCIPoliciesProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		places := rapid.SliceOfN(pinnable, 1, 3).Draw(t, "places")
		source := rapid.SampledFrom([]CISource{
			GitHubRepository{Repository: "acme/app", Branches: places, PullRequests: true},
			GitHubRepository{Repository: "acme/my.app", RepositoryID: "2", OwnerID: "1", Environments: places},
			GitHubRepository{Repository: "acme/app", RepositoryID: "2", OwnerID: "1", Tags: places},
			GitLabProject{Project: "acme/app", Branches: places, Protected: true}, GitLabProject{Project: "acme/my.app", ProjectID: "7", Environments: places},
			ServiceAccount{Namespace: "ci", Name: "pulumi"}, ServiceAccount{Namespace: "ci", Name: "my.app", UID: "0a1b2c3d-0000"},
			Claims{"sub": "pipeline:app"},
		}).Draw(t, "source")
		organization := rapid.SampledFrom([]string{"acme", "acme.inc"}).Draw(t, "organization")
		policies, err := CIPolicies(organization, Pinning{}, ofTeam(source))
		if err != nil {
			t.Fatalf("CIPolicies refuses %+v: %v", source, err)
		}
		for _, all := range [][]IssuerPolicy{policies, append(policies, DenyAll()), {DenyAll()}} {
			document, err := marshalCompact(map[string]any{"policies": all})
			if err != nil {
				t.Fatal(err)
			}
			got := lint(t, PulumiDocument, document, organization)
			if github, is := source.(GitHubRepository); is && github.PullRequests { // which is said, since it was asked for
				got = slices.DeleteFunc(got, func(finding string) bool { return strings.HasPrefix(finding, RulePullRequests+" ") })
			}
			if len(got) > 0 {
				t.Fatalf("%q in %s", got, document)
			}
		}
	})
}

// Odd documents are found fault with, never fallen over.
func TestCorrectOddDocuments(t *testing.T) {
	t.Parallel()
	for _, document := range []string{
		`[null]`, `null`, `{"value": [null, 1]}`, `{"policies": null}`, `{"policies": [null]}`, `{"policies": [{"rules": null}]}`,
		`{"properties": null}`, `{"properties": {}}`, `[{"audiences": null, "properties": {"subject": "*"}}]`, `{"oidc": null}`, `{"oidc": 1}`,
		`{"attributeCondition": null}`, `{"Statement": null}`, `{"Statement": [null]}`, `{"Statement": []}`, `""`, ``, `{} {}`,
		trusting(`null`), trusting(`{"StringEquals": {"api.pulumi.com/oidc:aud": "aws:*"}}`),
		`{"decision": "allow"}`, `[{"decision": "allow", "rules": {"": ""}}]`,
	} {
		for _, kind := range []DocumentKind{AWSDocument, AzureDocument, GoogleDocument, PulumiDocument} {
			for _, want := range []Intent{{}, meant} {
				if _, err := Lint(kind, document, want); err != nil {
					t.Errorf("%s %q: %v", kind, document, err)
				}
				if corrected := Correct(kind, document, want); corrected != "" {
					if got := lint(t, kind, corrected, want.Organization); len(got) > 0 {
						t.Errorf("%s %q: still %q in %s", kind, document, got, corrected)
					}
				}
			}
		}
	}
}

// A correction about one of several issuers keeps what the document names of the others.
func TestCorrectKeepsOtherIssuers(t *testing.T) {
	t.Parallel()
	const document = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity","Principal":{"Federated":[
		"arn:aws:iam::123456789012:oidc-provider/ci.example.com","arn:aws:iam::123456789012:oidc-provider/b.example"]},
		"Condition":{"StringEqualsIfExists":{"ci.example.com:sub":"deploy","ci.example.com:aud":"x"}}}]}`
	for _, want := range []Intent{{}, {Subjects: []string{"deploy"}, Audience: "x"}} {
		findings, err := Lint(AWSDocument, document, want)
		if err != nil || len(findings) == 0 {
			t.Fatalf("%v, %+v", err, findings)
		}
		all := []string{Correct(AWSDocument, document, want)}
		for _, f := range findings {
			all = append(all, f.Corrected)
		}
		for _, corrected := range all {
			if corrected == "" {
				continue
			}
			read, err := ParseAWSTrustPolicy([]byte(corrected))
			if err != nil {
				t.Fatal(err)
			}
			if ok, reason := read.Decide("123456789012", WebIdentity{Issuer: "https://ci.example.com", Subject: "deploy", Audiences: []string{"x"}}); !ok {
				t.Errorf("ci.example.com is locked out: %s: %s", reason, corrected)
			}
		}
	}
}

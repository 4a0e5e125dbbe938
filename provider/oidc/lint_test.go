package oidc

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// trusting is a trust policy as people write it, with a condition.
func trusting(condition string) string {
	return `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Federated": "` + provARN + `"},
		"Action": "sts:AssumeRoleWithWebIdentity", "Condition": ` + condition + `}]}`
}

const (
	awsAud = `"api.pulumi.com/oidc:aud": "aws:acme"`
	awsSub = `"api.pulumi.com/oidc:sub": `
	login  = `pulumi:environments:pulumi.organization.login:acme:rootEnvironment.name:payments/prod:currentEnvironment.name:payments/prod`
)

func TestLintFinds(t *testing.T) {
	t.Parallel()
	exact := `"StringEquals": {` + awsAud + `, ` + awsSub + `"` + login + `"}`
	azure := func(subject, audiences string) string {
		return `[{"name": "pulumi", "issuer": "https://api.pulumi.com/oidc", "subject": "` + subject + `", "audiences": [` + audiences + `]}]`
	}
	for name, test := range map[string]struct {
		kind         DocumentKind
		document     string
		organization string
		want         []string // rule and path
	}{
		"not JSON":                                {AWSDocument, `Version: 2012`, "", []string{"invalid-document "}},
		"audience only":                           {AWSDocument, trusting(`{"StringEquals": {` + awsAud + `}}`), "", []string{"audience-only Statement[0].Condition"}},
		"no condition":                            {AWSDocument, trusting(`{}`), "", []string{"missing-subject Statement[0].Condition", "missing-audience Statement[0].Condition"}},
		"any environment":                         {AWSDocument, trusting(`{"StringEquals": {` + awsAud + `}, "StringLike": {` + awsSub + `"pulumi:environments:org:acme:env:*"}}`), "", []string{"wildcard-subject Statement[0].Condition.StringLike.api.pulumi.com/oidc:sub"}},
		"anonymous":                               {AWSDocument, trusting(`{"StringEquals": {` + awsAud + `, ` + awsSub + `"pulumi:environments:org:acme:env:<yaml>"}}`), "", []string{"anonymous-subject Statement[0].Condition.StringEquals.api.pulumi.com/oidc:sub"}},
		"for all values":                          {AWSDocument, trusting(`{"StringEquals": {` + awsAud + `}, "ForAllValues:StringEquals": {` + awsSub + `"` + login + `"}}`), "", []string{"for-all-values Statement[0].Condition.ForAllValues:StringEquals.api.pulumi.com/oidc:sub"}},
		"if exists":                               {AWSDocument, trusting(`{"StringEquals": {` + awsAud + `}, "StringEqualsIfExists": {` + awsSub + `"` + login + `"}}`), "", []string{"if-exists Statement[0].Condition.StringEqualsIfExists.api.pulumi.com/oidc:sub"}},
		"negated":                                 {AWSDocument, trusting(`{"StringEquals": {` + awsAud + `}, "StringNotEquals": {` + awsSub + `"x"}}`), "", []string{"audience-only Statement[0].Condition"}},
		"another issuer's claims":                 {AWSDocument, trusting(`{"StringEquals": {"oidc.example:sub": "x", "oidc.example:aud": "y"}}`), "", []string{"dead-key Statement[0].Condition.StringEquals.oidc.example:sub", "dead-key Statement[0].Condition.StringEquals.oidc.example:aud"}},
		"missing audience":                        {AWSDocument, trusting(`{"StringEquals": {` + awsSub + `"` + login + `"}}`), "", []string{"missing-audience Statement[0].Condition"}},
		"audience like":                           {AWSDocument, trusting(`{"StringLike": {` + awsAud + `}, "StringEquals": {` + awsSub + `"` + login + `"}}`), "", []string{"audience-like Statement[0].Condition.StringLike.api.pulumi.com/oidc:aud"}},
		"audience of Azure":                       {AWSDocument, trusting(`{"StringEquals": {"api.pulumi.com/oidc:aud": "azure:acme", ` + awsSub + `"` + login + `"}}`), "", []string{"wrong-audience Statement[0].Condition.StringEquals.api.pulumi.com/oidc:aud"}},
		"literal wildcard":                        {AWSDocument, trusting(`{"StringEquals": {` + awsAud + `, ` + awsSub + `"pulumi:deploy:org:acme:*"}}`), "", []string{"wildcard-character Statement[0].Condition.StringEquals.api.pulumi.com/oidc:sub"}},
		"several organizations":                   {AWSDocument, trusting(`{"StringEquals": {"api.pulumi.com/oidc:aud": ["aws:acme", "aws:other"], ` + awsSub + `"` + login + `"}}`), "", []string{"several-organizations Statement[0].Condition.StringEquals.api.pulumi.com/oidc:aud"}},
		"keys of one claim that differ":           {AWSDocument, strings.ReplaceAll(trusting(`{"StringEquals": {"accounts.google.com:aud": "a", "accounts.google.com:oaud": "b"}}`), provARN, "accounts.google.com"), "", []string{"audience-only Statement[0].Condition"}},
		"a key to be filled in":                   {AWSDocument, trusting(`{"StringEquals": {` + awsAud + `, ` + awsSub + `"` + login + `", "${issuer}:sub": "` + strings.Replace(login, "acme", "other", 1) + `"}}`), "", []string{"several-organizations Statement[0].Condition.StringEquals.${issuer}:sub"}},
		"values that exclude each other":          {AWSDocument, trusting(`{"StringEquals": {` + awsAud + `, ` + awsSub + `"` + login + `"}, "StringLike": {` + awsSub + `"` + strings.Replace(login, "acme", "other", 1) + `"}}`), "", []string{"dead-statement Statement[0].Condition"}},
		"a value that another condition excludes": {AWSDocument, trusting(`{"StringEquals": {` + awsAud + `, ` + awsSub + `["` + login + `", "` + strings.Replace(login, "acme", "other", 1) + `"]}, "StringNotEquals": {` + awsSub + `"` + strings.Replace(login, "acme", "other", 1) + `"}}`), "", nil},
		"other organization":                      {AWSDocument, trusting(`{` + exact + `}`), "ours", []string{"other-organization Statement[0].Condition.StringEquals.api.pulumi.com/oidc:aud"}},
		"organization's case":                     {AWSDocument, trusting(`{` + exact + `}`), "ACME", nil},
		"not principal":                           {AWSDocument, strings.Replace(trusting(`{`+exact+`}`), `"Principal"`, `"NotPrincipal"`, 1), "", []string{"not-principal Statement[0].NotPrincipal"}},
		"any principal":                           {AWSDocument, strings.Replace(trusting(`{`+exact+`}`), `{"Federated": "`+provARN+`"}`, `"*"`, 1), "", []string{"any-principal Statement[0].Principal"}},
		"any account":                             {AWSDocument, strings.Replace(trusting(`{`+exact+`}`), `{"Federated": "`+provARN+`"}`, `{"AWS": "*"}`, 1), "", []string{"any-principal Statement[0].Principal"}},
		"a denial":                                {AWSDocument, strings.Replace(trusting(`{}`), `Allow`, `Deny`, 1), "", nil},
		"another service":                         {AWSDocument, `{"Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}}`, "", nil},

		"Azure, not JSON":      {AzureDocument, `"x"`, "", []string{"invalid-document "}},
		"Azure, no subject":    {AzureDocument, azure("", `"azure:acme"`), "", []string{"audience-only [0].subject"}},
		"Azure, wildcard":      {AzureDocument, azure("pulumi:deploy:org:acme:*", `"acme"`), "", []string{"wildcard-character [0].subject"}},
		"Azure, anonymous":     {AzureDocument, azure("pulumi:environments:org:acme:env:<yaml>", `"azure:acme"`), "", []string{"anonymous-subject [0].subject"}},
		"Azure, no audience":   {AzureDocument, azure(login, ``), "", []string{"missing-audience [0].audiences"}},
		"Azure's own audience": {AzureDocument, azure(login, `"api://AzureADTokenExchange"`), "", []string{"wrong-audience [0].audiences[0]"}},
		"Azure, two":           {AzureDocument, azure(login, `"azure:other"`), "", []string{"several-organizations [0].audiences[0]"}},
		"Azure, flexible": {
			AzureDocument, `{"properties": {"issuer": "https://api.pulumi.com/oidc", "audiences": ["azure:acme"], "claimsMatchingExpression": {"value": "claims['sub'] matches 'pulumi:*'"}}}`, "",
			[]string{"wildcard-subject properties.claimsMatchingExpression"},
		},

		"Google, nothing":       {GoogleDocument, ``, "", []string{"missing-subject "}},
		"Google, audience only": {GoogleDocument, `assertion.aud == 'gcp:acme'`, "", []string{"audience-only "}},
		"Google, prefix":        {GoogleDocument, `assertion['sub'].startsWith("pulumi:environments:org:acme:env:")`, "", []string{"wildcard-subject "}},
		"Google, or":            {GoogleDocument, `assertion.sub == 'a' || assertion.org == 'acme'`, "", []string{"missing-subject "}},
		"Google, negated":       {GoogleDocument, `!(assertion.sub == 'a')`, "", []string{"missing-subject "}},
		"Google, conditional":   {GoogleDocument, `assertion.sub == 'a' ? true : true`, "", []string{"missing-subject "}},
		"Google, anonymous":     {GoogleDocument, `google.subject == "pulumi:environments:org:acme:env:<yaml>"`, "", []string{"anonymous-subject "}},
		"Google, two":           {GoogleDocument, `assertion.sub in ['` + oneSub + `', '` + strings.Replace(oneSub, "acme", "other", 1) + `']`, "", []string{"several-organizations "}},
		"Google, broken":        {GoogleDocument, `assertion.sub == 'a`, "", []string{"invalid-document "}},
		"Google, both":          {GoogleDocument, `(assertion.sub.startsWith('a')) && (assertion.sub == 'ab' || "ac" == assertion.sub)`, "", nil},
		"Google, provider": {
			GoogleDocument, `{"oidc": {"issuerUri": "https://api.pulumi.com/oidc"}, "attributeMapping": {"google.subject": "assertion.aud"}, "attributeCondition": "google.subject == 'x'"}`, "",
			[]string{"audience-only attributeCondition", "wrong-audience oidc.allowedAudiences"},
		},

		"Pulumi, not JSON":      {PulumiDocument, ``, "", []string{"invalid-document "}},
		"Pulumi, audience only": {PulumiDocument, `[{"decision": "allow", "tokenType": "organization", "rules": {"aud": "urn:pulumi:org:acme"}}]`, "", []string{"audience-only [0].rules"}},
		"Pulumi, nothing":       {PulumiDocument, `{"decision": "allow", "tokenType": "organization", "rules": {}}`, "", []string{"missing-subject rules", "missing-audience rules"}},
		"Pulumi, wildcards": {
			PulumiDocument, `{"policies": [{"decision": "deny", "rules": {}}, {"decision": "allow", "tokenType": "team", "teamName": "*", "rules": {"aud": "urn:pulumi:org:acme", "sub": "repo:acme/*", "ref": "refs/heads/v1.2"}}]}`, "",
			[]string{"wildcard-character policies[1].rules.ref", "wildcard-subject policies[1].rules.sub", "wildcard-character policies[1].teamName"},
		},
		"Pulumi, a dot":      {PulumiDocument, `{"decision": "allow", "rules": {"aud": "urn:pulumi:org:acme", "sub": "repo:acme/my.app:ref:refs/heads/main"}}`, "", []string{"wildcard-character rules.sub"}},
		"Pulumi, exact":      {PulumiDocument, `{"decision": "allow", "rules": {"aud": "urn:pulumi:org:acme", "repository_id": "42"}}`, "acme", nil},
		"Pulumi, other":      {PulumiDocument, `{"decision": "allow", "rules": {"aud": "urn:pulumi:org:acme", "sub": "x"}}`, "ours", []string{"other-organization rules.aud"}},
		"Pulumi, wrong type": {PulumiDocument, `{"decision": "allow", "rules": {"aud": 1}}`, "", []string{"invalid-document "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := lint(t, test.kind, test.document, test.organization)
			if !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

type fataler interface{ Fatalf(string, ...any) }

// lint is rule and path of each finding.
func lint(t fataler, kind DocumentKind, document, organization string) []string {
	findings, err := Lint(kind, document, Intent{Organization: organization})
	if err != nil {
		t.Fatalf("%v", err)
	}
	var got []string
	for _, f := range findings {
		if f.Message == "" || f.Fix == "" || !slices.Contains([]Severity{High, Medium, Low}, f.Severity) {
			t.Fatalf("incomplete: %+v", f)
		}
		got = append(got, f.Rule+" "+f.Path)
	}
	return got
}

func TestLintUnknownKind(t *testing.T) {
	t.Parallel()
	_, err := Lint("terraform", "{}", Intent{})
	wantProblem(t, "", err, "kind", "terraform")
}

// Nothing is found in what this package writes for an organization.
func TestLintIsSilentProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := drawLocked(t)
		subjects, err := ESCSubjects(l.organization, l.env, l.lock)
		audience := func(cloud Cloud) string { return ESCAudience(cloud, l.organization, l.env.Project) }
		if rapid.Bool().Draw(t, "deployment") {
			operations := rapid.SliceOf(rapid.SampledFrom(Operations())).Draw(t, "operations")
			subjects, err = DeploymentSubjects(l.organization, l.env.Project, l.env.Name, operations)
			audience = func(Cloud) string { return DeploymentAudience(l.organization) }
		}
		if err != nil {
			t.Fatal(err)
		}
		aws, err1 := AWSTrustPolicy(AWSTrust{Subjects: subjects, Audiences: []string{audience(AWS)}, AccountID: account, Issuer: l.issuer, Limit: MaxTrustPolicyLimit})
		credentials, err2 := AzureFederatedCredentials(AzureTrust{Subjects: subjects, Audience: audience(Azure), Issuer: l.issuer})
		provider, err3 := GoogleWorkloadIdentityFor(GoogleTrust{Subjects: subjects, Audience: audience(GCP), Issuer: l.issuer, Pool: pool})
		azure, err4 := Document(credentials)
		google, err5 := Document(provider)
		for _, err := range []error{err1, err2, err3, err4, err5} {
			if err != nil {
				t.Fatal(err)
			}
		}
		for document, kind := range map[string]DocumentKind{
			aws: AWSDocument, azure: AzureDocument, google: GoogleDocument, provider.AttributeCondition: GoogleDocument,
		} {
			if got := lint(t, kind, document, l.organization); len(got) > 0 {
				t.Fatalf("%q in %s", got, document)
			}
		}
	})
}

func FuzzLint(f *testing.F) {
	f.Add("aws", trusting(`{}`))
	f.Add("azure", `[{"subject": "x"}]`)
	f.Add("gcp", `assertion['sub'] in ["a", 'b'] && (true || r"x" == '\'')`)
	f.Add("pulumi", `{"policies": [{"rules": {"sub": "*"}}]}`)
	f.Fuzz(func(_ *testing.T, kind, document string) {
		_, _ = Lint(DocumentKind(kind), document, Intent{Organization: "acme", Subjects: []string{login}, Audience: "aws:acme", AccountID: account})
	})
}

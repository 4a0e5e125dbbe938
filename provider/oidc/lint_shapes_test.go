package oidc

import (
	"slices"
	"strings"
	"testing"
)

// Documents in the forms that people publish, with what is wrong with each: rule and severity.
func TestLintPublishedShapes(t *testing.T) {
	t.Parallel()
	const gh, eks, other = "token.actions.githubusercontent.com", "oidc.eks.eu-west-1.amazonaws.com/id/AA", "oidc.eks.us-east-1.amazonaws.com/id/BB"
	arn := func(issuer string) string { return `"arn:aws:iam::123456789012:oidc-provider/` + issuer + `"` }
	aws := func(principal, action, condition string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"` + action + `","Condition":` +
			strings.NewReplacer("GH", gh, "EKS", eks, "OTHER", other).Replace(condition) + `}]}`
	}
	token := func(federated, condition string) string {
		return aws(`{"Federated":`+federated+`}`, webIdentityAction, condition)
	}
	assume := func(principal, condition string) string { return aws(principal, "sts:AssumeRole", condition) }
	for name, test := range map[string]struct{ document, want string }{
		"placeholder for the issuer in the keys":  {token(arn(gh), `{"StringEquals":{"${OIDC}:aud":"x","${OIDC}:sub":"repo:a/b:ref:refs/heads/main"}}`), ""},
		"placeholder in the keys, audience":       {token(arn(gh), `{"StringEquals":{"${local.oidc_url}:aud":"x"}}`), "audience-only high"},
		"placeholders everywhere":                 {token(`"${OIDC_ARN}"`, `{"StringEquals":{"${OIDC}:aud":"x","${OIDC}:sub":"system:serviceaccount:a:b"}}`), "not-checked low"},
		"placeholders everywhere, audience":       {token(`"{{ arn }}"`, `{"StringEquals":{"{{ oidc }}:aud":"x"}}`), "not-checked low, audience-only high"},
		"two clusters in one condition":           {token(`[`+arn(eks)+`,`+arn(other)+`]`, `{"StringEquals":{"EKS:sub":"system:serviceaccount:a:b","OTHER:sub":"system:serviceaccount:a:b"}}`), "dead-statement low"},
		"SAML's keys":                             {token(`[`+arn(gh)+`,"arn:aws:iam::123456789012:saml-provider/x"]`, `{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}`), "not-checked low, dead-statement low"},
		"a list of one":                           {token(`[`+arn(gh)+`]`, `{"StringEquals":{"GH:aud":"x","GH:sub":"repo:a/b:ref:refs/heads/main"}},"Sid":"x"`), ""},
		"an empty principal":                      {aws(`{}`, webIdentityAction, `{}`), "dead-statement low"},
		"any provider of the account":             {token(arn("*"), `{"StringEquals":{"GH:aud":"x"}}`), "any-principal high, audience-only high"},
		"any service":                             {assume(`{"Service":"*"}`, `{}`), "any-principal high"},
		"a service of an isolated partition":      {assume(`{"Service":["ec2.c2s.ic.gov","ec2.sc2s.sgov.gov","lambda.amazonaws.com.cn"]}`, `{}`), ""},
		"an organization":                         {assume(`{"AWS":"*"}`, `{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`), "any-principal medium"},
		"an organization's unit":                  {assume(`"*"`, `{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/r-1/ou-2/*"}}`), "any-principal medium"},
		"roles of an account":                     {assume(`{"AWS":"*"}`, `{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/ci-*"}}`), "any-principal medium"},
		"roles of any account":                    {assume(`{"AWS":"*"}`, `{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/ci"}}`), "any-principal high"},
		"organizations that begin alike":          {assume(`{"AWS":"*"}`, `{"StringLike":{"aws:PrincipalOrgID":"o-a1b2*"}}`), "any-principal high"},
		"one organization or any":                 {assume(`{"AWS":"*"}`, `{"StringLike":{"aws:PrincipalOrgID":["o-a1b2c3d4e5","*"]}}`), "any-principal high"},
		"not an organization":                     {assume(`{"AWS":"*"}`, `{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`), "any-principal high"},
		"an organization, if there":               {assume(`{"AWS":"*"}`, `{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`), "any-principal high"},
		"an external id":                          {assume(`{"AWS":"*"}`, `{"StringEquals":{"sts:ExternalId":"x"}}`), "any-principal high"},
		"a number for an external id":             {assume(`{"AWS":"arn:aws:iam::210987654321:root"}`, `{"StringEquals":{"sts:ExternalId":12345},"Bool":{"aws:MultiFactorAuthPresent":true}}`), "account-principal medium"},
		"a number for an id":                      {token(arn(gh), `{"StringEquals":{"GH:aud":["x"],"GH:repository_id":[42],"GH:ref":"refs/heads/main"}}`), ""},
		"operators in another case":               {token(arn(gh), `{"stringEquals":{"GH:aud":"x"},"stringlike":{"GH:sub":"repo:a/*"}}`), "wildcard-subject high"},
		"operators in another case, for all":      {token(arn(gh), `{"forallvalues:stringequalsifexists":{"GH:aud":"x"},"STRINGEQUALS":{"GH:sub":"repo:a/b:ref:refs/heads/main"}}`), "for-all-values medium, if-exists medium"},
		"a project of CircleCI by its claim":      {token(arn("oidc.circleci.com/org/o"), `{"StringEquals":{"oidc.circleci.com/org/o:aud":"o","oidc.circleci.com/org/o:oidc.circleci.com/project-id":"p"}}`), "pull-requests medium"},
		"signed in users of Cognito":              {token(`"cognito-identity.amazonaws.com"`, `{"StringEquals":{"cognito-identity.amazonaws.com:aud":"x"},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}}`), "audience-only high"},
		"a subject of GitHub without a name":      {token(`"${oidc_provider_arn}"`, `{"StringEquals":{"GH:aud":"x","GH:sub":"repo:"}}`), "not-checked low, missing-subject high"},
		"everybody beside one who is named":       {token(arn(gh), `{"StringEquals":{"GH:aud":"x"},"StringLike":{"GH:sub":["repo:a/b:ref:refs/heads/main","*"]}}`), "wildcard-subject high"},
		"a list that holds one wildcard, exactly": {token(arn(gh), `{"StringEquals":{"GH:aud":"x","GH:sub":["repo:a/b:ref:refs/heads/main","repo:a/*"]}}`), "wildcard-character low"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantFindings(t, AWSDocument, test.document, test.want)
		})
	}
}

func wantFindings(t *testing.T, kind DocumentKind, document, want string) {
	t.Helper()
	findings, err := Lint(kind, document, Intent{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range findings {
		got = append(got, f.Rule+" "+string(f.Severity))
	}
	if text := strings.Join(got, ", "); text != want {
		t.Errorf("got %q, want %q for %s", text, want, document)
	}
}

// Conditions of Google: each way to meet one is looked at, and what hides a comparison is not a comparison.
func TestLintGoogleShapes(t *testing.T) {
	t.Parallel()
	provider := func(issuer, condition string) string {
		quoted, _ := marshalCompact(condition)
		return `{"attributeMapping":{"google.subject":"assertion.sub","attribute.namespace":"assertion['kubernetes.io']['namespace']"},"oidc":{"issuerUri":"` +
			issuer + `"},"attributeCondition":` + quoted + `}`
	}
	gh := func(condition string) string {
		return provider("https://token.actions.githubusercontent.com", condition)
	}
	gke := func(condition string) string {
		return provider("https://container.googleapis.com/v1/projects/p/locations/l/clusters/c", condition)
	}
	open := `{"attributeCondition":"true","oidc":{"issuerUri":"https://token.actions.githubusercontent.com"}}`
	for name, test := range map[string]struct{ document, want string }{
		"a comment":                   {gh("true // && assertion.sub == 'repo:a/b:ref:refs/heads/main'"), "audience-only high"},
		"a comment after":             {gh("assertion.sub == 'repo:a/b:ref:refs/heads/main' // main only"), ""},
		"a long string":               {gh("assertion.ref != ''' ' && assertion.sub == 'repo:a/b:ref:refs/heads/main' && ' '''"), "audience-only high"},
		"an escaped name":             {provider("https://api.pulumi.com/oidc/v2", `assertion.sub == 'pulumi:environments:org:acme:env:\x3cyaml\x3e'`), "anonymous-subject high"},
		"two ways, by other claims":   {gh("(assertion.repository == 'a/b' && assertion.ref == 'refs/heads/main') || assertion.sub == 'repo:a/c:environment:p'"), ""},
		"two ways, one of them wide":  {gh("assertion.sub == 'repo:a/c:environment:p' || assertion.repository_owner == 'a'"), "audience-only high"},
		"two ways, one of a pattern":  {gh("assertion.repository == 'a/b' || assertion.sub.startsWith('repo:a/')"), "pull-requests medium, wildcard-subject high"},
		"a way in a way":              {gh("assertion.repository_owner == 'a' && (assertion.repository == 'a/b' || assertion.repository == 'a/c')"), "pull-requests medium"},
		"a service account":           {gke("assertion['kubernetes.io']['namespace'] == 'a' && assertion['kubernetes.io']['serviceaccount']['name'] == 'b'"), ""},
		"a service account, by dots":  {gke("attribute.namespace == 'a' && assertion['kubernetes.io'].serviceaccount.name == 'b'"), ""},
		"a namespace":                 {gke("attribute.namespace == 'a'"), "audience-only high"},
		"in a map":                    {gh("{'k': true, 'l': false && assertion.sub == 'repo:a/b:ref:refs/heads/main' && true}['k']"), "audience-only high"},
		"two kinds":                   {`{"aws":{"accountId":"1"},` + open[1:], "invalid-document high"},
		"more than the list":          {`{"workloadIdentityPoolProviders":[],` + open[1:], "unknown-member high, unknown-member high"},
		"the first page":              {`{"workloadIdentityPoolProviders":[` + gh("assertion.repository == 'a/b'") + `],"nextPageToken":"x"}`, "unknown-member medium, pull-requests medium"},
		"the last page":               {`{"workloadIdentityPoolProviders":[` + gh("assertion.repository == 'a/b'") + `],"nextPageToken":""}`, "pull-requests medium"},
		"no CEL":                      {gh("assertion.repository = 'a/b'"), "invalid-document high"},
		"half a condition":            {gh("assertion.repository == 'a/b' &&"), "invalid-document high"},
		"YAML":                        {"attributeCondition: assertion.repository == 'a/b'\nname: x", "invalid-document high"},
		"a list":                      {"[" + open + "," + gh("assertion.repository == 'a/b'") + "]", "audience-only high, pull-requests medium"},
		"an answer of Google's API":   {`{"workloadIdentityPoolProviders":[` + open + `]}`, "audience-only high"},
		"a condition with attributes": {"attribute.repository == 'a/b' && attribute.ref == 'refs/heads/main'", "not-checked low"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantFindings(t, GoogleDocument, test.document, test.want)
		})
	}
	findings, err := Lint(GoogleDocument, `{"workloadIdentityPoolProviders":[`+gh("assertion.repository == 'a/b'")+`,`+open+`]}`, Intent{Subjects: []string{"repo:a/b:environment:p"}})
	if err != nil || len(findings) != 2 || findings[0].Rule != RulePullRequests || findings[1].Path != "workloadIdentityPoolProviders[1].attributeCondition" ||
		!strings.Contains(findings[1].Corrected, `"assertion.sub == 'repo:a/b:environment:p'"`) || !strings.Contains(findings[1].Corrected, `"assertion.repository == 'a/b'"`) {
		t.Errorf("%v, %+v", err, findings)
	}
}

// A correction keeps every way to meet a condition that names workloads.
func TestCorrectKeepsAlternatives(t *testing.T) {
	t.Parallel()
	document := `{"oidc":{"issuerUri":"https://token.actions.githubusercontent.com"},"attributeCondition":` +
		`"(assertion.repository == 'a/b' && assertion.ref == 'r') || assertion.sub == 'repo:a/c:environment:p' || assertion.repository_owner == 'a'"}`
	if corrected := Correct(GoogleDocument, document, Intent{}); corrected != "" {
		t.Errorf("what the repository a/b is admitted by was removed: %s", corrected)
	}
}

// Policies of an issuer and credentials of Azure are read in every spelling that tools print them in.
func TestLintJSONShapes(t *testing.T) {
	t.Parallel()
	exact := `"rules":{"aud":"urn:pulumi:org:acme","sub":"repo:a/b:ref:refs/heads/main"}`
	azure := `"name":"x","issuer":"https://token.actions.githubusercontent.com","audiences":["api://AzureADTokenExchange"]`
	for name, test := range map[string]struct {
		kind           DocumentKind
		document, want string
	}{
		"a pattern of teams, snake case": {PulumiDocument, `{"policies":[{"decision":"allow","token_type":"team","team_name":"*",` + exact + `}]}`, "wildcard-character medium"},
		"a pattern of teams, capitals":   {PulumiDocument, `{"Policies":[{"Decision":"allow","TokenType":"team","TeamName":"*",` + exact + `}]}`, "wildcard-character medium"},
		"policies beside the list":       {PulumiDocument, `{"policies":[],"decision":"allow","rules":{}}`, "unknown-member high, unknown-member high"},
		"an issuer's policies":           {PulumiDocument, `{"id":"1","version":2,"created":"x","modified":"x","policies":[{"decision":"allow","tokenType":"organization",` + exact + `}]}`, ""},
		"a credential beside the list":   {AzureDocument, `{"value":[],` + azure + `,"subject":"*"}`, "unknown-member high, unknown-member high, unknown-member high, unknown-member high"},
		"the first page":                 {AzureDocument, `{"@odata.context":"c","value":[],"@odata.nextLink":"https://graph.example"}`, "unknown-member high"},
		"audiences twice, nested":        {AzureDocument, `{"properties":{"issuer":"https://ci.example","subject":"a","audience":["a"],"audiences":["b"]}}`, "invalid-document high"},
		"a subject inside and outside":   {AzureDocument, `{"subject":"*","properties":{"issuer":"https://ci.example","subject":"a","audiences":["b"]}}`, "invalid-document high"},
		"a denial, capitals":             {PulumiDocument, `[{"DECISION":"deny","RULES":{}}]`, ""},
		"rules twice":                    {PulumiDocument, `[{"decision":"allow",` + exact + `,"Rules":{}}]`, "invalid-document high"},
		"the resource group":             {AzureDocument, `[{` + azure + `,"subject":"repo:a/b:environment:p","resourceGroup":"rg","systemData":null}]`, ""},
		"an expression without a value":  {AzureDocument, `{` + azure + `,"subject":"repo:a/b:environment:p","claimsMatchingExpression":{"expression":"x"}}`, "invalid-document high"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantFindings(t, test.kind, test.document, test.want)
		})
	}
	corrected := Correct(PulumiDocument, `{"policies":[{"decision":"allow","token_type":"team","team_name":"ci","Rules":{"aud":"urn:pulumi:org:acme"}}]}`, Intent{Subjects: []string{"repo:a/b"}})
	if !strings.Contains(corrected, `"sub": "repo:a/b"`) || strings.Contains(corrected, `"rules"`) {
		t.Errorf("corrected: %s", corrected)
	}
}

// What is wrong with a document is the same each time that it is read.
func TestLintDoesNotFlip(t *testing.T) {
	t.Parallel()
	for kind, document := range map[DocumentKind]string{
		AzureDocument:  `{"name":"x","issuer":1,"subject":2,"audiences":3,"claimsMatchingExpression":4}`,
		GoogleDocument: `{"attributeCondition":1,"attributeMapping":2,"oidc":{"issuerUri":3,"allowedAudiences":4}}`,
	} {
		first, err := Lint(kind, document, Intent{})
		if err != nil || len(first) == 0 {
			t.Fatalf("%s: %v, %v", kind, first, err)
		}
		for range 20 {
			if again, _ := Lint(kind, document, Intent{}); again[0].Message != first[0].Message {
				t.Fatalf("%s: %q, then %q", kind, first[0].Message, again[0].Message)
			}
		}
	}
}

// Findings that no input can fix do not ask for one.
func TestLintSaysWhatWouldHelp(t *testing.T) {
	t.Parallel()
	for _, document := range []string{
		`{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}}`,
		`{"Statement":{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:saml-provider/x"},"Action":"sts:AssumeRoleWithSAML"}}`,
	} {
		findings, err := Lint(AWSDocument, document, Intent{})
		if err != nil || len(findings) == 0 || slices.ContainsFunc(findings, func(f Finding) bool { return strings.Contains(f.Fix, "give `subjects`") }) {
			t.Errorf("%v, %+v", err, findings)
		}
	}
}

// What is asked for besides the audience bounds who gets in, and the finding does not say that everybody does.
func TestLintSaysWhoGetsIn(t *testing.T) {
	t.Parallel()
	findings, err := Lint(GoogleDocument, `{"oidc":{"issuerUri":"https://token.actions.githubusercontent.com"},"attributeCondition":"assertion.repository_owner == 'acme'"}`, Intent{})
	if err != nil || len(findings) != 1 || strings.Contains(findings[0].Message, "every repository on GitHub") || !strings.Contains(findings[0].Message, `"repository_owner"`) {
		t.Errorf("%v, %+v", err, findings)
	}
}

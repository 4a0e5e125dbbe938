package oidc

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// found is rule and severity of each finding of a document in testdata/trust.
func found(t *testing.T, name string, want Intent) (findings []Finding, rules []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "trust", name))
	if err != nil {
		t.Fatal(err)
	}
	kind := AWSDocument
	for word, other := range map[string]DocumentKind{"google": GoogleDocument, "azure": AzureDocument, "policy": PulumiDocument} {
		if strings.HasPrefix(name, word) {
			kind = other
		}
	}
	findings, err = Lint(kind, string(text), want)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		rules = append(rules, f.Rule+" "+string(f.Severity))
	}
	return findings, rules
}

// Documents that were once read wrongly: what is right for each.
func TestLintDocuments(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"for-all-values-on-issuer.json":         {"for-all-values medium"},
		"key-of-no-issuer.json":                 {"dead-key low"},
		"google-repository-id.txt":              nil,
		"policy-workflow-ref.json":              {"wildcard-character medium"},
		"github-audience-only.json":             {"audience-only high"},
		"for-all-values-on-audience.json":       {"for-all-values medium"},
		"no-audience.json":                      {"missing-audience medium"},
		"google-second-version.txt":             nil,
		"second-version-two-organizations.json": {"several-organizations high"},
		"audience-pattern.json":                 {"audience-like medium"},
		"audience-like-exact.json":              {"audience-like low"},
		"placeholder-account.json":              {"audience-only high"},
		"partition-eusc.json":                   {"audience-only high"},
		"anyone-assumes-role.json":              {"any-principal high"},
		"github-repository-id.json":             nil,
		"google-default-audience.txt":           nil,
		"google-snake-case.txt":                 nil,
		"azure-snake-case.json":                 nil,
		"exact-beside-pattern.json":             nil,
	} {
		if _, got := found(t, name, Intent{}); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	files, err := os.ReadDir(filepath.Join("testdata", "trust"))
	if err != nil || len(files) != 19 {
		t.Errorf("%d documents, %v", len(files), err)
	}
}

// What the corrections of these documents keep and change.
func TestLintDocumentsCorrected(t *testing.T) {
	t.Parallel()
	findings, _ := found(t, "for-all-values-on-issuer.json", Intent{})
	got := strings.Join(strings.Fields(findings[0].Corrected), "")
	want := `"Condition":{"ForAllValues:StringEquals":{"ci.example.com:iss":"https://ci.example.com"},"StringEquals":{"ci.example.com:aud":"x","ci.example.com:sub":"a"}}`
	if !strings.Contains(got, want) {
		t.Errorf("got %s", got)
	}
	findings, _ = found(t, "key-of-no-issuer.json", Intent{})
	if f := findings[0]; f.Corrected != "" || !strings.Contains(f.Message, "ci.exampel.com:aud") || !strings.Contains(f.Fix, "There is no corrected document") {
		t.Errorf("got %+v", f)
	}
	for _, document := range []string{"google-repository-id.txt", "policy-workflow-ref.json"} {
		findings, _ := found(t, document, Intent{Organization: "acme", Subjects: []string{"repo:acme/app:ref:refs/heads/main"}})
		for _, f := range findings {
			if f.Corrected != "" && !strings.Contains(f.Corrected, "repository_id") && !strings.Contains(f.Corrected, "job_workflow_ref") {
				t.Errorf("a pin is dropped: %s", f.Corrected)
			}
		}
	}
	findings, _ = found(t, "github-audience-only.json", Intent{})
	if f := findings[0]; !strings.Contains(f.Message, "every repository on GitHub gets in") || strings.Contains(f.Fix, "escSubjects") || !strings.Contains(f.Fix, "repo:OWNER/NAME") {
		t.Errorf("got %+v", f)
	}
	findings, _ = found(t, "second-version-two-organizations.json", Intent{})
	if f := findings[0]; !strings.Contains(f.Message, `"o1", "o2"`) {
		t.Errorf("got %+v", f)
	}
}

// Each kind of document in the spellings that people have it in, and each way in which it is wide or strange.
func TestLintSpellings(t *testing.T) {
	t.Parallel()
	const gh = "token.actions.githubusercontent.com"
	aws := func(federated, condition string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":` + federated + `},"Action":"sts:AssumeRoleWithWebIdentity","Condition":` + condition + `}]}`
	}
	onlyAudience := `{"StringEquals":{"ci.example.com:aud":"x"}}`
	exact := `"ci.example.com:aud":"x","ci.example.com:sub":"a:b"`
	github := func(condition string) string {
		return aws(`"arn:aws:iam::123456789012:oidc-provider/`+gh+`"`, strings.ReplaceAll(condition, "GH", gh))
	}
	statement := func(principal, action string) string {
		return `{"Statement":{"Effect":"Allow","Principal":` + principal + `,` + action + `}}`
	}
	aud := `"StringEquals":{"GH:aud":"sts.amazonaws.com"`
	for name, test := range map[string]struct {
		kind     DocumentKind
		document string
		want     string // rules and severities
	}{
		"an account's name":         {AWSDocument, aws(`"arn:aws:iam::ACCOUNT_ID:oidc-provider/ci.example.com"`, onlyAudience), "audience-only high"},
		"Terraform's account":       {AWSDocument, aws(`"arn:aws:iam::${var.account}:oidc-provider/ci.example.com"`, onlyAudience), "audience-only high"},
		"Terraform's partition":     {AWSDocument, aws(`"arn:${data.aws_partition.current.partition}:iam::1:oidc-provider/ci.example.com"`, onlyAudience), "audience-only high"},
		"no account":                {AWSDocument, aws(`"arn:aws:iam:::oidc-provider/ci.example.com"`, onlyAudience), "audience-only high"},
		"a slash at the end":        {AWSDocument, aws(`"arn:aws:iam::123456789012:oidc-provider/ci.example.com/"`, onlyAudience), "audience-only high"},
		"a slash in the keys too":   {AWSDocument, aws(`"arn:aws:iam::123456789012:oidc-provider/ci.example.com/"`, `{"StringEquals":{"ci.example.com/:aud":"x"}}`), "audience-only high"},
		"a slash, exact":            {AWSDocument, aws(`"arn:aws:iam::123456789012:oidc-provider/ci.example.com/"`, `{"StringEquals":{"ci.example.com/:aud":"x","ci.example.com/:sub":"a"}}`), ""},
		"China":                     {AWSDocument, aws(`"arn:aws-cn:iam::123456789012:oidc-provider/ci.example.com"`, onlyAudience), "audience-only high"},
		"an unknown partition":      {AWSDocument, aws(`"arn:aws-moon:iam::123456789012:oidc-provider/ci.example.com"`, onlyAudience), "audience-only high"},
		"a list":                    {AWSDocument, aws(`["arn:aws:iam::123456789012:oidc-provider/ci.example.com"]`, onlyAudience), "audience-only high"},
		"a list of two":             {AWSDocument, aws(`["arn:aws:iam::123456789012:oidc-provider/ci.example.com","arn:aws:iam::123456789012:oidc-provider/b.example"]`, `{"StringEqualsIfExists":{`+exact+`}}`), "if-exists medium, if-exists medium, missing-subject high, missing-audience medium"},
		"a reference":               {AWSDocument, aws(`"${aws_iam_openid_connect_provider.ci.arn}"`, onlyAudience), "not-checked low, audience-only high"},
		"a reference, no condition": {AWSDocument, aws(`"${aws_iam_openid_connect_provider.ci.arn}"`, `{}`), "not-checked low, missing-subject high, missing-audience medium"},
		"an empty provider":         {AWSDocument, aws(`""`, onlyAudience), "not-checked low, audience-only high"},
		"anybody federated":         {AWSDocument, aws(`"*"`, onlyAudience), "any-principal high"},
		"SAML":                      {AWSDocument, statement(`{"Federated":"arn:aws:iam::123456789012:saml-provider/okta"}`, `"Action":"sts:AssumeRoleWithSAML"`), "not-checked low"},
		"an account":                {AWSDocument, statement(`{"AWS":"arn:aws:iam::123456789012:root"}`, `"Action":"sts:AssumeRole"`), "account-principal medium"},
		"an account's id":           {AWSDocument, statement(`{"AWS":["123456789012"]}`, `"Action":"sts:AssumeRole"`), "account-principal medium"},
		"an account in China":       {AWSDocument, statement(`{"AWS":"arn:aws-cn:iam::123456789012:root"}`, `"Action":"sts:TagSession"`), "account-principal medium"},
		"a role":                    {AWSDocument, statement(`{"AWS":"arn:aws:iam::123456789012:role/x"}`, `"Action":"sts:AssumeRole"`), ""},
		"a pattern of roles":        {AWSDocument, statement(`{"AWS":"arn:aws:iam::123456789012:role/*"}`, `"Action":"sts:AssumeRole"`), "any-principal high"},
		"nobody known":              {AWSDocument, statement(`{"AWS":"${var.role}"}`, `"Action":"sts:AssumeRole"`), "not-checked medium"},
		"anyone, other action":      {AWSDocument, statement(`"*"`, `"Action":"sts:TagSession"`), "any-principal high"},
		"NotPrincipal":              {AWSDocument, `{"Statement":{"Effect":"Allow","NotPrincipal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}}`, "not-principal high"},
		"every action":              {AWSDocument, statement(`{"Federated":"arn:aws:iam::1:oidc-provider/ci.example.com"}`, `"Action":"*"`), "missing-subject high, missing-audience medium"},
		"NotAction":                 {AWSDocument, statement(`{"Federated":"arn:aws:iam::1:oidc-provider/ci.example.com"}`, `"NotAction":"iam:*"`), "missing-subject high, missing-audience medium"},
		"a misspelled action":       {AWSDocument, statement(`{"Federated":"arn:aws:iam::1:oidc-provider/ci.example.com"}`, `"Action":"sts:AssumeRole"`), "dead-statement low"},
		"tags of the session":       {AWSDocument, statement(`{"Federated":"arn:aws:iam::1:oidc-provider/ci.example.com"}`, `"Action":"sts:TagSession"`), ""},
		"Google":                    {AWSDocument, aws(`"accounts.google.com"`, `{"StringEquals":{"accounts.google.com:aud":"x"}}`), "audience-only high"},
		"Google, original audience": {AWSDocument, aws(`"accounts.google.com"`, `{"StringEquals":{"accounts.google.com:oaud":"x","accounts.google.com:sub":"1"}}`), ""},
		"Amazon":                    {AWSDocument, aws(`"www.amazon.com"`, `{"StringEquals":{"www.amazon.com:app_id":"x"}}`), "audience-only high"},
		"Amazon, exact":             {AWSDocument, aws(`"www.amazon.com"`, `{"StringEquals":{"www.amazon.com:app_id":"x","www.amazon.com:user_id":"u"}}`), ""},
		"Facebook":                  {AWSDocument, aws(`"graph.facebook.com"`, `{"StringEquals":{"graph.facebook.com:app_id":"x"}}`), "audience-only high"},
		"Cognito":                   {AWSDocument, aws(`"cognito-identity.amazonaws.com"`, `{"StringEquals":{"cognito-identity.amazonaws.com:aud":"p"},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}}`), "audience-only high"},
		"Cognito, nothing":          {AWSDocument, aws(`"cognito-identity.amazonaws.com"`, `{}`), "missing-subject high, missing-audience medium"},
		"keys in odd case":          {AWSDocument, aws(`"arn:aws:iam::1:oidc-provider/ci.example.com"`, `{"StringEquals":{"CI.Example.com:AUD":"x","Ci.example.com:Sub":"a"}}`), ""},
		"ignoring case":             {AWSDocument, aws(`"arn:aws:iam::1:oidc-provider/ci.example.com"`, `{"StringEqualsIgnoreCase":{`+exact+`}}`), "ignore-case medium"},
		"any value":                 {AWSDocument, aws(`"arn:aws:iam::1:oidc-provider/ci.example.com"`, `{"ForAnyValue:StringEquals":{`+exact+`}}`), ""},
		"any value, a pattern":      {AWSDocument, aws(`"arn:aws:iam::1:oidc-provider/ci.example.com"`, `{"ForAnyValue:StringLike":{"ci.example.com:sub":"a*"},"StringEquals":{"ci.example.com:aud":"x"}}`), "wildcard-subject high"},
		"all values":                {AWSDocument, aws(`"arn:aws:iam::1:oidc-provider/ci.example.com"`, `{"ForAllValues:StringEquals":{`+exact+`}}`), "for-all-values medium, for-all-values high"},
		"only there":                {AWSDocument, aws(`"arn:aws:iam::1:oidc-provider/ci.example.com"`, `{"Null":{"ci.example.com:sub":"false"},"StringEquals":{"ci.example.com:aud":"x"}}`), "audience-only high"},
		"a dead key that excludes":  {AWSDocument, aws(`"arn:aws:iam::1:oidc-provider/ci.example.com"`, `{"StringNotEquals":{"ci.exampel.com:sub":"b"},"StringEquals":{"ci.example.com:aud":"x"}}`), "dead-key low, audience-only high"},
		"a key without an issuer":   {AWSDocument, aws(`"arn:aws:iam::1:oidc-provider/ci.example.com"`, `{"StringEquals":{"sub":"b"}}`), "dead-key low"},
		"a policy variable":         {AWSDocument, aws(`"arn:aws:iam::1:oidc-provider/ci.example.com"`, `{"StringEquals":{"ci.example.com:sub":"${aws:username}","ci.example.com:aud":"x"}}`), "policy-variable high"},
		"a template's placeholder":  {AWSDocument, aws(`"arn:aws:iam::1:oidc-provider/ci.example.com"`, `{"StringEquals":{"ci.example.com:sub":"${var.subject}","ci.example.com:aud":"x"}}`), "policy-variable medium"},
		"a placeholder's pattern":   {AWSDocument, aws(`"arn:aws:iam::${NEW_ACCOUNT_ID}:oidc-provider/ci.example.com"`, `{"StringLike":{"ci.example.com:sub":"repo:${ORG}/*"}}`), "missing-audience medium, wildcard-subject high"},
		"a cluster's placeholder":   {AWSDocument, aws(`"arn:aws:iam::1:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/${OIDC_ID}"`, `{"StringEquals":{"oidc.eks.eu-west-1.amazonaws.com/id/${OIDC_ID}:sub":"system:serviceaccount:a:b","oidc.eks.eu-west-1.amazonaws.com/id/${OIDC_ID}:aud":"sts.amazonaws.com"}}`), ""},
		"a cluster, only audience":  {AWSDocument, aws(`"arn:aws:iam::1:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/${OIDC_ID}"`, `{"StringEquals":{"oidc.eks.eu-west-1.amazonaws.com/id/${OIDC_ID}:aud":"sts.amazonaws.com"}}`), "audience-only high"},
		"all in a namespace":        {AWSDocument, aws(`"arn:aws:iam::1:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/X"`, `{"StringLike":{"oidc.eks.eu-west-1.amazonaws.com/id/X:sub":"system:serviceaccount:edp:*"}}`), "missing-audience medium, wildcard-subject high"},
		"where from":                {AWSDocument, aws(`"arn:aws:iam::1:oidc-provider/ci.example.com"`, `{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"},"StringLike":{"sts:RoleSessionName":"*"}}`), "missing-subject high, missing-audience medium"},
		"an issuer's name pinned":   {AWSDocument, aws(`"arn:aws:iam::1:oidc-provider/ci.example.com"`, `{"StringEquals":{`+exact+`,"ci.example.com:iss":"https://ci.example.com"}}`), ""},
		"Terraform's statement":     {AWSDocument, `{"statement":[{"actions":["sts:AssumeRoleWithWebIdentity"]}]}`, "invalid-document high"},
		"a role in Terraform":       {AWSDocument, `{"assume_role_policy": "{}"}`, "invalid-document high"},
		"no statement":              {AWSDocument, `{}`, "invalid-document high"},
		"a repository and a branch": {AWSDocument, github(`{` + aud + `,"GH:repository":"acme/app","GH:ref":"refs/heads/main"}}`), ""},
		"an id beside a pattern":    {AWSDocument, github(`{` + aud + `,"GH:repository_id":"42"},"StringLike":{"GH:sub":"repo:acme/app:*"}}`), "pull-requests medium"},
		"only an owner":             {AWSDocument, github(`{` + aud + `,"GH:repository_owner":"acme"}}`), "audience-only high"},
		"only a branch":             {AWSDocument, github(`{` + aud + `,"GH:ref":"refs/heads/main"}}`), "audience-only high"},
		"an owner in the subject":   {AWSDocument, github(`{` + aud + `,"GH:sub":"repository_owner:acme"}}`), "missing-subject high"},
		"repositories of an owner":  {AWSDocument, github(`{` + aud + `},"StringLike":{"GH:repository":"acme/*"}}`), "audience-only high, wildcard-subject high"},
		"any repository":            {AWSDocument, github(`{` + aud + `},"StringLike":{"GH:sub":"repo:acme/*"}}`), "wildcard-subject high"},

		"Azure in Terraform":          {AzureDocument, `{"name":"x","resource_group_name":"g","parent_id":"/p","issuer":"https://ci.example.com","audience":["x"],"subject":"a"}`, ""},
		"Azure AD in Terraform":       {AzureDocument, `{"display_name":"x","application_id":"a","issuer":"https://ci.example.com","audiences":["x"],"subject":"a"}`, ""},
		"Azure, no audience":          {AzureDocument, `{"issuer":"https://ci.example.com","subject":"a"}`, "missing-audience medium"},
		"Azure, nothing known":        {AzureDocument, `{"resource":{"azurerm_federated_identity_credential":{}}}`, "unknown-member high"},
		"Azure, something unknown":    {AzureDocument, `{"issuer":"https://ci.example.com","audience":"x","subject":"a","subject_pattern":"*"}`, "unknown-member medium"},
		"Azure, a pattern":            {AzureDocument, `{"issuer":"https://token.actions.githubusercontent.com","audiences":["x"],"claimsMatchingExpression":{"value":"claims['sub'] matches 'repo:acme/*'","languageVersion":1}}`, "wildcard-subject high"},
		"Azure, a pattern of a claim": {AzureDocument, `{"issuer":"https://token.actions.githubusercontent.com","audiences":["x"],"claimsMatchingExpression":{"value":"claims['sub'] eq 'repo:acme/app:ref:refs/heads/main' and claims['job_workflow_ref'] matches 'acme/*'"}}`, ""},
		"Azure, not the subject":      {AzureDocument, `{"issuer":"https://token.actions.githubusercontent.com","audiences":["x"],"claimsMatchingExpression":{"value":"claims['job_workflow_ref'] eq 'acme/app/.github/workflows/a.yml@refs/heads/main'"}}`, "audience-only high"},
		"Azure, not understood":       {AzureDocument, `{"issuer":"https://ci.example.com","audiences":["x"],"claimsMatchingExpression":"claims['sub'] eq 'a' or true"}`, "not-checked high"},
		"Azure, an alternative":       {AzureDocument, `{"issuer":"https://token.actions.githubusercontent.com","audiences":["x"],"claimsMatchingExpression":"claims['sub'] matches 'repo:(acme|other)/app:ref:refs/heads/main'"}`, "wildcard-subject high"},
		"Azure, a null expression":    {AzureDocument, `{"name":"x","issuer":"https://token.actions.githubusercontent.com","audiences":["x"],"subject":"repo:acme/app:ref:refs/heads/main","claimsMatchingExpression":null}`, ""},
		"Azure, twice":                {AzureDocument, `{"issuer":"https://ci.example.com","Issuer":"https://b.example","audiences":["x"],"subject":"a"}`, "invalid-document high"},
		"Azure, both audiences":       {AzureDocument, `{"issuer":"https://ci.example.com","audience":"x","audiences":["y"],"subject":"a"}`, "invalid-document high"},
		"Azure, nothing":              {AzureDocument, `{}`, "missing-subject high, missing-audience medium"},
		"Azure, GitHub":               {AzureDocument, `{"issuer":"https://token.actions.githubusercontent.com","audiences":["api://AzureADTokenExchange"],"subject":"repo:acme/app:ref:refs/heads/main"}`, ""},

		"Google in Terraform":       {GoogleDocument, `{"workload_identity_pool_id":"p","workload_identity_pool_provider_id":"q","display_name":"d","disabled":false,"attribute_mapping":{"google.subject":"assertion.sub"},"attribute_condition":"assertion.sub == 'a'","oidc":[{"issuer_uri":"https://ci.example.com"}]}`, ""},
		"Google, HCL":               {GoogleDocument, `attribute_condition = "assertion.sub == 'a'"`, "invalid-document high"},
		"Google, AWS":               {GoogleDocument, `{"aws":{"accountId":"123456789012"},"attributeMapping":{"google.subject":"assertion.arn"}}`, "not-checked low"},
		"Google, AWS in Terraform":  {GoogleDocument, `{"aws":[{"account_id":"123456789012"}],"oidc":[],"attribute_condition":null}`, "not-checked low"},
		"Google, SAML":              {GoogleDocument, `{"saml":{"idpMetadataXml":"x"}}`, "not-checked low"},
		"Google, x509":              {GoogleDocument, `{"x509":{"trustStore":{}}}`, "not-checked low"},
		"Google, nothing known":     {GoogleDocument, `{"resource":{"google_iam_workload_identity_pool_provider":{}}}`, "unknown-member high"},
		"Google, something unknown": {GoogleDocument, `{"attributeCondition":"assertion.sub == 'a'","oidc":{"issuerUri":"https://ci.example.com"},"attributeFilter":"x"}`, "unknown-member medium"},
		"Google, no condition":      {GoogleDocument, `{"oidc":{"issuerUri":"https://token.actions.githubusercontent.com"},"attributeMapping":{"google.subject":"assertion.sub"}}`, "audience-only high"},
		"Google, an owner":          {GoogleDocument, `{"oidc":{"issuerUri":"https://token.actions.githubusercontent.com"},"attributeMapping":{"google.subject":"assertion.sub"},"attributeCondition":"assertion.repository_owner == 'acme'"}`, "audience-only high"},
		"Google, a repository":      {GoogleDocument, `{"oidc":{"issuerUri":"https://token.actions.githubusercontent.com"},"attributeMapping":{"google.subject":"assertion.sub","attribute.repository":"assertion.repository"},"attributeCondition":"attribute.repository == 'acme/app'"}`, "pull-requests medium"},
		"Google, another mapping":   {GoogleDocument, `{"oidc":{"issuerUri":"https://ci.example.com"},"attributeMapping":{"google.subject":"assertion.sub_kind"},"attributeCondition":"google.subject == 'a'"}`, "audience-only high"},
		"Google, subject or owner":  {GoogleDocument, `{"oidc":{"issuerUri":"https://ci.example.com"},"attributeMapping":{"google.subject":"assertion.sub"},"attributeCondition":"assertion.sub == 'a' || google.subject == 'b' || true"}`, "audience-only high"},
		"Google, a workspace":       {GoogleDocument, `{"oidc":{"issuer_uri":"${var.issuer_uri}"},"attribute_mapping":{"google.subject":"assertion.sub"},"attribute_condition":"assertion.terraform_workspace_id==\"ws-1\""}`, ""},
		"Google, an owner's branch": {GoogleDocument, `{"oidc":{"issuer_uri":"https://token.actions.githubusercontent.com"},"attribute_condition":"assertion.repository_owner == 'acme' && assertion.ref == 'refs/heads/main'"}`, "audience-only high"},
		"Google, two events":        {GoogleDocument, `{"oidc":{"issuer_uri":"https://token.actions.githubusercontent.com"},"attribute_condition":"assertion.repository == \"a/b\" && (assertion.ref == \"refs/heads/main\" || assertion.event_name == \"pull_request\")"}`, "pull-requests medium"},
		"Google, wrong mapping":     {GoogleDocument, `{"attributeMapping":[1]}`, "invalid-document high"},
		"Google, Pulumi, default":   {GoogleDocument, `{"oidc":{"issuerUri":"https://api.pulumi.com/oidc"},"attributeCondition":"assertion.sub == '` + prodLogin + `'"}`, "wrong-audience low"},
		"Google, version 2, prefix": {GoogleDocument, `{"oidc":{"issuerUri":"https://api.pulumi.com/oidc/v2","allowedAudiences":["x"]},"attributeCondition":"assertion.sub.startsWith('pulumi:org:o1:')"}`, "wildcard-subject high"},

		"Pulumi, the issuer's name": {PulumiDocument, `{"decision":"allow","rules":{"aud":"urn:pulumi:org:acme","iss":"https://token.actions.githubusercontent.com","repository_id":"42"}}`, "pull-requests medium"},
		"Pulumi, an owner":          {PulumiDocument, `{"decision":"allow","rules":{"aud":"urn:pulumi:org:acme","repository_owner":"acme"}}`, "missing-subject high"},
		"Pulumi, an id decides":     {PulumiDocument, `{"decision":"allow","rules":{"aud":"urn:pulumi:org:acme","repository_id":"42","sub":"repo:acme/app:*"}}`, "pull-requests medium"},
		"Pulumi, other members":     {PulumiDocument, `{"decision":"allow","claims":{"sub":"x"}}`, "unknown-member medium, missing-subject high, missing-audience medium"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			findings, err := Lint(test.kind, test.document, Intent{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range findings {
				got = append(got, f.Rule+" "+string(f.Severity))
			}
			if text := strings.Join(got, ", "); text != test.want {
				t.Errorf("got %q, want %q for %s", text, test.want, test.document)
			}
		})
	}
}

package oidc

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// awsTrust trusts an issuer for tokens that meet the conditions.
func awsTrust(issuer, conditions string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/` + issuer +
		`"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":` + strings.ReplaceAll(conditions, "ISS", issuer) + `}]}`
}

// Runs of pull requests that a document admits are said, in documents of every kind; what excludes them is not taken for them, and where the
// tokens do not tell, that is said.
func TestLintSaysPullRequests(t *testing.T) {
	t.Parallel()
	const github, terraform = "token.actions.githubusercontent.com", "app.terraform.io"
	sub := func(value string) string { return `{"StringEquals":{"ISS:aud":"x","ISS:sub":` + value + `}}` }
	plan, apply := `"organization:acme:project:p:workspace:w:run_phase:plan"`, `"organization:acme:project:p:workspace:w:run_phase:apply"`
	for name, test := range map[string]struct {
		kind     DocumentKind
		document string
		want     Severity
	}{
		"AWS, the subject":            {AWSDocument, awsTrust(github, sub(`"repo:acme/app:pull_request"`)), Medium},
		"AWS, one of several":         {AWSDocument, awsTrust(github, sub(`["repo:acme/app:ref:refs/heads/main","repo:acme/app:pull_request"]`)), Medium},
		"AWS, a branch":               {AWSDocument, awsTrust(github, sub(`"repo:acme/app:ref:refs/heads/main"`)), ""},
		"AWS, an environment":         {AWSDocument, awsTrust(github, sub(`"repo:acme/app:environment:prod"`)), ""},
		"AWS, the whole repository":   {AWSDocument, awsTrust(github, `{"StringEquals":{"ISS:aud":"x","ISS:repository_id":"42"}}`), Medium},
		"AWS, its main branch":        {AWSDocument, awsTrust(github, `{"StringEquals":{"ISS:aud":"x","ISS:repository_id":"42","ISS:ref":"refs/heads/main"}}`), ""},
		"AWS, GitLab's whole project": {AWSDocument, awsTrust("gitlab.com", `{"StringEquals":{"ISS:aud":"x","ISS:project_id":"7"}}`), Medium},
		"AWS, a branch of GitLab":     {AWSDocument, awsTrust("gitlab.com", sub(`"project_path:acme/app:ref_type:branch:ref:main"`)), ""},
		"AWS, plans":                  {AWSDocument, awsTrust(terraform, sub(plan)), Low},
		"AWS, plans and applies":      {AWSDocument, awsTrust(terraform, sub(`[`+plan+`,`+apply+`]`)), Low},
		"AWS, applies":                {AWSDocument, awsTrust(terraform, sub(apply)), ""},
		"AWS, a whole workspace":      {AWSDocument, awsTrust(terraform, `{"StringEquals":{"ISS:aud":"x","ISS:terraform_workspace_id":"ws-1"}}`), Low},
		"AWS, a workspace's applies":  {AWSDocument, awsTrust(terraform, `{"StringEquals":{"ISS:aud":"x","ISS:terraform_workspace_id":"ws-1","ISS:terraform_run_phase":"apply"}}`), ""},
		"AWS, a preview of Pulumi":    {AWSDocument, awsTrust("api.pulumi.com/oidc", strings.Replace(sub(`"pulumi:deploy:org:acme:project:p:stack:s:operation:preview:scope:write"`), `:"x"`, `:"aws:acme"`, 1)), ""},
		"Azure, the subject":          {AzureDocument, `{"issuer":"https://` + github + `","audiences":["x"],"subject":"repo:acme/app:pull_request"}`, Medium},
		"Azure, a branch":             {AzureDocument, `{"issuer":"https://` + github + `","audiences":["x"],"subject":"repo:acme/app:ref:refs/heads/main"}`, ""},
		"Azure, an expression":        {AzureDocument, `{"issuer":"https://` + github + `","audiences":["x"],"claimsMatchingExpression":{"value":"claims['sub'] eq 'repo:acme/app:pull_request'","languageVersion":1}}`, Medium},
		"Google, the event":           {GoogleDocument, `assertion.repository_id == '42' && assertion.event_name == 'pull_request'`, Medium},
		"Google, the subject":         {GoogleDocument, `assertion.sub == 'repo:acme/app:pull_request' && assertion.aud == 'x'`, Medium},
		"Pulumi, the subject":         {PulumiDocument, `{"decision":"allow","rules":{"aud":"urn:pulumi:org:acme","sub":"repo:acme/app:pull_request"}}`, Medium},
		"Pulumi, merge requests":      {PulumiDocument, `{"decision":"allow","rules":{"aud":"urn:pulumi:org:acme","project_id":"7","pipeline_source":"merge_request_event"}}`, Medium},
		"Pulumi, plans":               {PulumiDocument, `{"decision":"allow","rules":{"aud":"urn:pulumi:org:acme","iss":"https://app.terraform.io","terraform_workspace_id":"ws-1"}}`, Low},
		"Pulumi, a denial":            {PulumiDocument, `{"decision":"deny","rules":{"sub":"repo:acme/app:pull_request"}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			findings, err := Lint(test.kind, test.document, Intent{})
			if err != nil {
				t.Fatal(err)
			}
			at := slices.IndexFunc(findings, func(f Finding) bool { return f.Rule == RulePullRequests })
			switch {
			case at < 0 && test.want != "":
				t.Fatalf("nothing about pull requests in %+v for %s", findings, test.document)
			case at >= 0 && findings[at].Severity != test.want:
				t.Fatalf("got %+v, want severity %q, for %s", findings[at], test.want, test.document)
			case at >= 0 && findings[at].Corrected != "":
				t.Fatalf("what is meant is not known, and yet it is corrected: %s", findings[at].Corrected)
			}
		})
	}
}

// What lint says of an issuer's policy is what OidcIssuer refuses: both go by one rule.
func TestLintAndRefusalOfPullRequestsAgree(t *testing.T) {
	t.Parallel()
	for issuer, policies := range map[string][]map[string]string{
		"https://token.actions.githubusercontent.com": {
			{"sub": "repo:acme/app:pull_request"}, {"sub": "repo:acme/app:ref:refs/heads/main"}, {"repository_id": "42"},
			{"repository_id": "42", "ref": "refs/heads/main"}, {"repository_id": "42", "event_name": "pull_request_target"},
		},
		"https://gitlab.com": {{"project_id": "7"}, {"project_id": "7", "ref_path": "refs/heads/main"}, {"project_id": "7", "environment": "prod"}},
		"https://app.terraform.io": {
			{"terraform_workspace_id": "w", "terraform_run_phase": "plan"}, {"terraform_workspace_id": "w", "terraform_run_phase": "apply"},
		},
	} {
		for _, rules := range policies {
			rules["aud"], rules["iss"] = "urn:pulumi:org:acme", issuer
			document, err := json.Marshal(map[string]any{"decision": "allow", "rules": rules})
			if err != nil {
				t.Fatal(err)
			}
			findings, err := Lint(PulumiDocument, string(document), Intent{})
			if err != nil {
				t.Fatal(err)
			}
			said := slices.ContainsFunc(findings, func(f Finding) bool { return f.Rule == RulePullRequests })
			refused := IssuerPolicy{Decision: Allow, Rules: rules}.PullRequestsReason(WorkloadSystemOf(issuer), true) != ""
			if said != refused {
				t.Errorf("lint says %t, OidcIssuer refuses %t: %s", said, refused, document)
			}
		}
	}
}

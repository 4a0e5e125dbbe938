package oidc

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

func TestAzureFederatedCredentials(t *testing.T) {
	t.Parallel()
	got, err := AzureFederatedCredentials(AzureTrust{Subjects: []string{oneSub, otherSub, oneSub}, Audience: "acme"})
	if err != nil || len(got) != 2 {
		t.Fatalf("got %v, %v", got, err)
	}
	for i, want := range []AzureFederatedCredential{
		{Name: "pulumi-deploy-org-acme-project-payments-stack-dev-operation-update-scope-write-", Issuer: PulumiCloudIssuer, Subject: oneSub, Audiences: []string{"acme"}},
		{Name: "pulumi-deploy-org-acme-project-payments-stack-dev-operation-preview-scope-write-", Issuer: PulumiCloudIssuer, Subject: otherSub, Audiences: []string{"acme"}},
	} {
		if !strings.HasPrefix(got[i].Name, want.Name) || len(got[i].Name) != len(want.Name)+12 {
			t.Errorf("name %q does not start with %q and end in a hash", got[i].Name, want.Name)
		}
		want.Name = got[i].Name
		if fmt.Sprint(got[i]) != fmt.Sprint(want) {
			t.Errorf("got %v, want %v", got[i], want)
		}
	}
	elsewhere, err := AzureFederatedCredentials(AzureTrust{Subjects: []string{oneSub}, Audience: "acme", Issuer: "https://pulumi.acme.example/oidc/"})
	if err != nil || elsewhere[0].Issuer != "https://pulumi.acme.example/oidc" || elsewhere[0].Name != got[0].Name {
		t.Errorf("got %v, %v", elsewhere, err)
	}
}

func TestAzureFederatedCredentialsRefuse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		trust    AzureTrust
		property string
		reason   string
	}{
		"no subject":     {AzureTrust{Audience: "acme"}, "subjects", "at least one subject"},
		"empty subject":  {AzureTrust{Subjects: []string{"a", ""}, Audience: "acme"}, "subjects[1]", "empty"},
		"wildcard":       {AzureTrust{Subjects: []string{"pulumi:*"}, Audience: "acme"}, "subjects[0]", "wildcard"},
		"anonymous":      {AzureTrust{Subjects: []string{"env:<yaml>"}, Audience: "acme"}, "subjects[0]", "subjectAttributes"},
		"long subject":   {AzureTrust{Subjects: []string{strings.Repeat("s", 601)}, Audience: "acme"}, "subjects[0]", "601 characters; Azure allows 600"},
		"no audience":    {AzureTrust{Subjects: []string{"a"}}, "audience", "empty"},
		"long audience":  {AzureTrust{Subjects: []string{"a"}, Audience: strings.Repeat("a", 601)}, "audience", "600"},
		"issuer":         {AzureTrust{Subjects: []string{"a"}, Audience: "acme", Issuer: "pulumi"}, "issuer", "not a URL"},
		"issuer in HTTP": {AzureTrust{Subjects: []string{"a"}, Audience: "acme", Issuer: "http://pulumi.acme.example"}, "issuer", "https"},
		"too many":       {AzureTrust{Subjects: numbered(21), Audience: "acme"}, "subjects", "allows 20"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := AzureFederatedCredentials(test.trust)
			wantProblem(t, got, err, test.property, test.reason)
		})
	}
}

func wantProblem(t *testing.T, got any, err error, property, reason string) {
	t.Helper()
	problems := problem.Of(err)
	if len(problems) != 1 || problems[0].Path != property || !strings.Contains(problems[0].Reason, reason) {
		t.Errorf("got %v, %v; want a problem of %s about %q", got, err, property, reason)
	}
}

func numbered(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("subject:%d", i)
	}
	return all
}

func TestAzureLimitsAtTheirEdge(t *testing.T) {
	t.Parallel()
	// A duplicate needs no credential of its own.
	subjects := append(numbered(20), "subject:0")
	if got, err := AzureFederatedCredentials(AzureTrust{Subjects: subjects, Audience: "acme"}); err != nil || len(got) != 20 {
		t.Errorf("20 subjects: %d credentials, %v", len(got), err)
	}
	longest := strings.Repeat("s", MaxAzureSubject)
	got, err := AzureFederatedCredentials(AzureTrust{Subjects: []string{longest}, Audience: strings.Repeat("a", MaxAzureAudience)})
	if err != nil || got[0].Subject != longest || len(got[0].Name) != MaxAzureName {
		t.Errorf("got %v, %v", got, err)
	}
}

// Whatever the subjects, names are valid for Azure and unique in an identity without regard to case, and each
// credential is for one subject that was asked for.
func TestAzureCredentialsProperty(t *testing.T) {
	t.Parallel()
	valid := regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{2,119}$`)
	rapid.Check(t, func(t *rapid.T) {
		subjects := rapid.SliceOfN(rapid.StringMatching(`[aA.:/_-]{1,4}|[a-z:/.@+=_-]{1,300}`), 1, 20).Draw(t, "subjects")
		got, err := AzureFederatedCredentials(AzureTrust{Subjects: subjects, Audience: "azure:acme"})
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]string{}
		for _, credential := range got {
			name := strings.ToLower(credential.Name)
			if !valid.MatchString(credential.Name) || seen[name] != "" {
				t.Fatalf("name %q of %q and %q", credential.Name, credential.Subject, seen[name])
			}
			seen[name] = credential.Subject
			if !slices.Contains(subjects, credential.Subject) {
				t.Fatalf("%q was not asked for", credential.Subject)
			}
		}
		for _, subject := range subjects {
			if !slices.ContainsFunc(got, func(c AzureFederatedCredential) bool { return c.Subject == subject }) {
				t.Fatalf("%q has no credential", subject)
			}
		}
	})
}
